"""The compiled service of a reserve desk: level by level from the best limit, until lots or money run out."""

from numba import njit

from market.matching.call_auction_kernel import ration
from market.orders import Reason

FILLED, NO_STOCK = int(Reason.FILLED), int(Reason.NO_STOCK)
FAR = 1 << 62


@njit(cache=True)
def serve(rows, account, price, quantity, base, lots, money, tie_key, filled, reason):
    """Fill the orders ``rows``, which lie in order of their limits, best first; equal limits share pro rata.

    Parameters
    ----------
    base : ticks at which every lot trades; negative: each at its own limit.
    lots : the most lots in all. money : the most ticks·lots in all; negative: no limit.
    """
    start = 0
    while start < rows.shape[0]:
        limit = price[rows[start]]
        total = 0
        stop = start
        while stop < rows.shape[0] and price[rows[stop]] == limit:
            total += quantity[rows[stop]]
            stop += 1
        unit = limit if base < 0 else base
        room = min(lots, total)
        if money >= 0 and unit > 0:
            room = min(room, money // unit)
            money -= room * unit
        lots -= room
        if room == total:
            for i in rows[start:stop]:
                filled[i] = quantity[i]
        elif room > 0:
            ration(rows[start:stop], account, quantity, room, total, tie_key, filled, reason)
        start = stop
    for i in rows:
        reason[i] = FILLED if filled[i] == quantity[i] else NO_STOCK
