"""The short way through the trade step, for a plain market: adaptive accounts alone in one uniform call auction.

Nobody else brings orders there (no authority, outside market, containment rule or desk of a venue), trade costs nothing
beside the price and no guard stands before the venue. What the long way (`agents.trading`) looks for without finding
is then left out, and so are net sales, which only limits on carry-over ask for; orders, clearing, settlement and what
is remembered are the same, and so is the result. Where anything is out of the ordinary, the long way is taken.
"""

from typing import TYPE_CHECKING

import numpy as np

from agents.desk import Desk, Horizon, Quote, Trade
from agents.venues import Session, turn_to
from market.settlement import trade_at_once

if TYPE_CHECKING:
    from agents.trading import Exchange


def is_plain(exchange: "Exchange", desk: Desk) -> bool:
    """Return whether the short way is open to a desk, for a whole run."""
    rule, venue = desk.rule, desk.venues[0]
    closed = (
        not exchange.adaptives.alone(desk.k)
        or len(desk.venues) > 1
        or exchange.offices[desk.k] is not None
        or exchange.trading_costs.any
        or desk.rule.trade_ratio != 1.0
        or rule.outside is not None
        or rule.allocation.auction_share > 0.0
        or rule.allocation.paid_share > 0.0
        or rule.banking.kind == "limited"
        or venue.guard is not None
        or venue.house is not None
        or not getattr(venue.mechanism, "settles_at_once", False)
    )
    return not closed


def trade_plainly(exchange: "Exchange", desk: Desk, horizon: Horizon, period: int) -> Trade | None:
    """Collect orders, clear and settle, and let the cleared price become the newest; None where nothing was done."""
    k, registry, venue, adaptives = desk.k, exchange.registry, desk.venues[0], exchange.adaptives
    product = registry.product(k, horizon.front)
    if venue.vintage != horizon.front:
        year = int(exchange.spec.start_year + horizon.front)
        turn_to(venue, horizon.front, year, desk.rule, registry, product, period)
    bound, expected, tick = exchange.backstop(k), float(exchange.prices[k]), desk.rule.tick
    orders = adaptives.orders(desk, horizon, exchange.firms, bound, registry)
    tie_key = exchange.streams.key("clearing", period, venue.position << 16, product)
    worth = exchange.spec.money_per_lot_tick[k]
    traded = trade_at_once(registry, product, orders, tie_key, worth, period)
    if traded is None:
        return None
    price, volume, _, _, _, _, filled, reason, lots, money = traded
    value, ticks, newest = 0, np.nan, expected
    if volume:
        ticks, value = float(price), volume * price
        newest = ticks * tick
        exchange.operating[k] = exchange.prices[k] = adaptives.seen[k] = desk.last_price = newest
    desk.learn_bound(newest, bound)
    venue.held = 0
    session = Session(
        venue, orders, filled, None, reason, ticks, ticks, ticks, ticks, volume, value, lots, money,
        worth, expected=expected / tick,
    )  # fmt: skip
    return Trade(horizon.front, Quote(expected, 0, expected, bound, None), [session], ticks, volume, value, lots, money)
