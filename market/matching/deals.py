"""What mechanisms that trade one by one have in common: who comes first, and what single deals add up to."""

from dataclasses import dataclass

import numpy as np

from market.orders import BUY, NO_PRICE, SELL, Bytes, ClearingResult, Ints, OrderBatch, Trades
from market.randomness import tie_break


@dataclass(frozen=True, slots=True)
class Deals:
    """Single deals between two rows of a batch, in the order in which they were made.

    Attributes
    ----------
    buy, sell : (m,) int64 rows of the two orders.
    price : (m,) int64 ticks.
    lots : (m,) int64, positive.
    aggressor : (m,) int8 side of the order that came second, 0 where neither did.
    """

    buy: Ints
    sell: Ints
    price: Ints
    lots: Ints
    aggressor: Bytes


def arrival(orders: OrderBatch, key: int) -> Ints:
    """Return (n,) the rows in their order of arrival: by hash of the account, an account's most eager order first.

    Which row an order stands in does not matter: only equal orders of one account could swap places.
    """
    hashes = ~tie_break(key, orders.account)  # the largest hash comes first
    eagerness = -orders.price * orders.side
    return np.lexsort((orders.quantity, eagerness, orders.side, orders.account, hashes))


def mean_price(price: Ints, lots: Ints) -> int:
    """Return the volume-weighted mean in ticks, rounded half up; NO_PRICE without lots."""
    volume = int(lots.sum())
    if not volume:
        return NO_PRICE
    return (2 * int((price * lots).sum()) + volume) // (2 * volume)


def result_of(orders: OrderBatch, deals: Deals, reason: Bytes, earlier: int = 0) -> ClearingResult:
    """Return what the deals make of a batch, whose first ``earlier`` rows are orders of batches before.

    Parameters
    ----------
    reason : (n,) int8 for the rows after the earlier ones.
    """
    filled, value = np.zeros(len(orders), dtype=np.int64), np.zeros(len(orders), dtype=np.int64)
    for rows in (deals.buy, deals.sell):
        np.add.at(filled, rows, deals.lots)
        np.add.at(value, rows, deals.lots * deals.price)
    price = mean_price(deals.price, deals.lots)
    demand = supply = 0
    if price != NO_PRICE:
        demand = int(orders.quantity[(orders.side == BUY) & (orders.price >= price)].sum())
        supply = int(orders.quantity[(orders.side == SELL) & (orders.price <= price)].sum())
    trades = Trades(orders.account[deals.buy], orders.account[deals.sell], deals.price, deals.lots, deals.aggressor)
    return ClearingResult(
        price, int(deals.lots.sum()), filled[earlier:], reason, demand, supply, value=value[earlier:], trades=trades
    )
