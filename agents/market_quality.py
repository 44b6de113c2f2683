"""How well a venue worked in one period: spread, depth, cost of trading, concentration, gains of trade.

Every figure is in money and units, NaN where a session says nothing about it. *Gains* are what accounts gained at the
limits that they had given, ``Σ (limit − price)`` over lots bought and ``Σ (price − limit)`` over lots sold; an
account's best limits are filled first. *Possible gains* are the most that the same orders allowed, those of a call
auction of all of them; they are not known where the venue itself trades, whose limit is in no order. *Effective cost*
is the volume-weighted mean of ``|price − mean price| / mean price``. *Failed* lots are those that did not trade
although their limits were as good as the session's mean price (without trade: as the price that was expected). *Limit
hits* are orders shown at the edge of a price limit because of it. The *block discount* is by how much a negotiated
price lies below the mean price of the open venues; *revenue* is what the authority earned by sales, *fees* what trading
cost accounts beside the price. Concentration is the Herfindahl-Hirschman index ``Σ share²`` of net buyers and of net
sellers (1: one account).
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from market.matching.call_auction import CallAuction
from market.matching.posted_price import PostedPrice
from market.orders import BUY, HOUSE, SELL, OrderBatch
from market.randomness import Stream

if TYPE_CHECKING:
    from agents.venues import Session
    from market.instruments import Instrument
    from market.registry import Registry

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

QUALITY = ("best_bid", "best_ask", "depth", "effective_cost", "high", "low", "limit_hits", "failed", "hhi_buyers",
           "hhi_sellers", "gains", "gains_possible", "block_discount", "revenue", "fees")  # fmt: skip
NEAR = 0.05
"""How far from the middle an order may rest to count as depth, as a share of the middle."""

_ANY = Stream(0, (0,))
_AUCTION = CallAuction()


def open_price(sessions: "list[Session]") -> float:
    """Return the mean price in ticks of the venues at which nobody bargains; NaN without trade there."""
    told = [s for s in sessions if s.volume and not s.venue.mechanism.negotiated]
    return sum(s.value for s in told) / sum(s.volume for s in told) if told else np.nan


def quality(
    session: "Session", rule: "Instrument", minor_unit: float, registry: "Registry", elsewhere: float
) -> Floats:
    """Return the figures of QUALITY (15,) of a session.

    Parameters
    ----------
    elsewhere : mean price of the open venues of the same period, ticks; NaN without trade there.
    """
    outside = registry.firms
    orders, tick, worth_of_one = session.orders, rule.tick, rule.lot * rule.tick
    bid, ask, depth = session.quotes
    traded = session.net[:outside]
    if session.paid is None and not session.trades:  # all at one price, and every fill is known by its order
        price = int(session.price) if session.volume else 0
        gains = int(((orders.price - price) * session.filled) @ orders.side)
    else:
        bought, sold, paid, received = by_account(session)
        gains = of_side(orders, BUY, bought) - paid.sum() + received.sum() - of_side(orders, SELL, sold)
    # What the venue itself would have paid or asked is in no order, so the most that was possible is not known then.
    possible = np.nan if traded_with_house(session) else possible_gains(orders)
    return np.array([
        bid * tick, ask * tick, depth * rule.lot, effective_cost(session), session.high * tick, session.low * tick,
        float(session.venue.held),
        untraded(session, outside) * rule.lot,
        concentration(traded), concentration(-traded), gains * worth_of_one, possible * worth_of_one,
        1.0 - session.price / elsewhere if session.venue.mechanism.negotiated else np.nan,
        max(0.0, float(session.money[registry.reserve]) * minor_unit), session.fees,
    ])  # fmt: skip


def untraded(session: "Session", firms: int) -> int:
    """Return firms' lots that did not trade although their limits were as good as the mean or the expected price."""
    price = session.price if session.volume else session.expected
    orders = session.orders
    if not price > 0.0:
        return 0
    meant = ((orders.price - price) * orders.side >= 0.0) & (orders.account < firms)
    return int((orders.quantity - session.filled)[meant].sum())


def by_account(session: "Session") -> tuple[Ints, Ints, Ints, Ints]:
    """Return the lots that each account bought and sold, and the ticks·lots that it paid and received, (A,) each."""
    accounts = session.net.size
    found = [np.zeros(accounts, dtype=np.int64) for _ in range(4)]
    if not session.trades:
        for side, lots, money in ((BUY, found[0], found[2]), (SELL, found[1], found[3])):
            rows = (session.orders.side == side) & (session.filled > 0)
            np.add.at(lots, session.orders.account[rows], session.filled[rows])
            np.add.at(money, session.orders.account[rows], session.worth[rows])
    for _, trades in session.trades:
        worth = trades.price * trades.lots
        for lots, money, account in ((found[0], found[2], trades.buyer), (found[1], found[3], trades.seller)):
            own = account != HOUSE
            np.add.at(lots, account[own], trades.lots[own])
            np.add.at(money, account[own], worth[own])
    return found[0], found[1], found[2], found[3]


def traded_with_house(session: "Session") -> bool:
    """Whether the venue itself, through the account that it has for that, was a side of some trade."""
    house = session.venue.house
    if house is None or not session.volume:
        return False
    if isinstance(session.venue.mechanism, PostedPrice):
        return True  # every trade is with it, also where as much was sold to it as was bought
    own = [HOUSE, house]
    sides = (side for _, trades in session.trades for side in (trades.buyer, trades.seller))
    return bool(session.net[house]) or any(np.isin(side, own).any() for side in sides)


def of_side(orders: OrderBatch, side: int, filled: Ints) -> int:
    """Return ``Σ limit · lots`` in ticks·lots of what accounts traded on one side, each at its best limits first."""
    rows = np.flatnonzero(orders.side == side)
    rows = rows[np.lexsort((-side * orders.price[rows], orders.account[rows]))]
    if not rows.size:
        return 0
    account, lots = orders.account[rows], orders.quantity[rows]
    before = np.cumsum(lots) - lots
    first = np.r_[True, account[1:] != account[:-1]]
    before -= np.maximum.accumulate(np.where(first, before, 0))
    here = np.clip(filled[account] - before, 0, lots)
    return int((here * orders.price[rows]).sum())


def possible_gains(orders: OrderBatch) -> int:
    """Return the most gains of trade, in ticks·lots, that a batch of orders allows."""
    if not len(orders):
        return 0
    _, best = _AUCTION.clear(None, orders, _ANY)
    return int((orders.price * best.filled * orders.side).sum())


def effective_cost(session: "Session") -> float:
    """Return the volume-weighted mean distance of prices from their mean, as a share of it; NaN without trade."""
    if not session.volume or not session.price > 0.0:
        return np.nan
    if not session.trades:
        buys = session.orders.side == BUY
        rows = (session.filled > 0) & (buys if session.filled[buys].any() else ~buys)
        lots, each = session.filled[rows], session.worth[rows] / session.filled[rows]
    else:
        lots = np.concatenate([trades.lots for _, trades in session.trades])
        each = np.concatenate([trades.price for _, trades in session.trades]).astype(np.float64)
    return float((np.abs(each - session.price) * lots).sum() / lots.sum() / session.price)


def concentration(net: Ints) -> float:
    """Return the Herfindahl-Hirschman index of the positive entries; NaN where there are none."""
    own = net[net > 0].astype(np.float64)
    total = own.sum()
    return float(((own / total) ** 2).sum()) if total > 0 else np.nan
