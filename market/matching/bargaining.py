"""Two who meet: who meets whom, and the price on which they agree."""

import numpy as np

from market.matching.deals import Deals, arrival
from market.matching.price_limits import PARTS
from market.orders import BUY, SELL, Bytes, Ints, OrderBatch, Reason
from market.randomness import splitmix64


def split_price(bid: Ints, ask: Ints, seller_weight: float) -> Ints:
    """Return ``ask + weight · (bid − ask)`` in ticks, rounded half up.

    This is the Nash (1950) solution ``argmax (bid − p)^(1−w) (p − ask)^w`` of two who lose nothing by disagreeing.
    The weight counts in millionths, and no product can overflow.
    """
    weight = round(seller_weight * PARTS)
    whole, rest = np.divmod(bid - ask, PARTS)
    return ask + whole * weight + (2 * rest * weight + PARTS) // (2 * PARTS)


def split_price_after_fees(bid: Ints, ask: Ints, seller_weight: float, half_fee: float) -> Ints:
    """Return the Nash price where each side pays ``half_fee`` of the value, in ticks, rounded half up.

    ``argmax (bid − p(1+h))^(1−w) (p(1−h) − ask)^w = w·bid/(1+h) + (1−w)·ask/(1−h)``, never beyond a limit.
    """
    if not half_fee:
        return split_price(bid, ask, seller_weight)
    price = seller_weight * bid / (1 + half_fee) + (1 - seller_weight) * ask / (1 - half_fee)
    return np.clip(np.floor(price + 0.5).astype(np.int64), ask, bid)


def pairs_at_random(orders: OrderBatch, rows: Ints, key: int) -> tuple[Ints, Ints]:
    """Return the buys and the sells among ``rows`` that meet, pair by pair: each side in an order of its own.

    The longer side's last ones meet nobody, and who would meet itself meets nobody either.
    """
    some = orders.take(rows)
    buys = rows[np.flatnonzero(some.side == BUY)]
    sells = rows[np.flatnonzero(some.side == SELL)]
    buys = buys[arrival(orders.take(buys), key)]
    sells = sells[arrival(orders.take(sells), splitmix64(key))]
    pairs = min(buys.size, sells.size)
    buys, sells = buys[:pairs], sells[:pairs]
    others = orders.account[buys] != orders.account[sells]
    return buys[others], sells[others]


def deals_of_pairs(
    orders: OrderBatch, left: Ints, buys: Ints, sells: Ints, seller_weight: float, low: int, high: int
) -> Deals:
    """Return one deal for each pair whose bid is at least the ask: as many lots as both want, within the band."""
    agreed = orders.price[buys] >= orders.price[sells]
    buys, sells = buys[agreed], sells[agreed]
    price = np.clip(split_price(orders.price[buys], orders.price[sells], seller_weight), low, high)
    return Deals(buys, sells, price, np.minimum(left[buys], left[sells]), np.zeros(buys.size, dtype=np.int8))


def reasons_of_pairs(orders: OrderBatch, buys: Ints, sells: Ints, deals: Deals) -> Bytes:
    """Return (n,) a reason for every order of a single round of meetings."""
    reason = np.full(len(orders), Reason.NO_PARTNER, dtype=np.int8)
    for met, dealt in ((buys, deals.buy), (sells, deals.sell)):
        reason[met] = Reason.OUTSIDE_PRICE
        whole = deals.lots == orders.quantity[dealt]
        reason[dealt] = np.where(whole, Reason.FILLED, Reason.PARTLY_FILLED_AT_MARGIN)
    return reason
