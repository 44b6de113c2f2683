"""The compiled clock: on which of its prices it stops, and the excess demand that it passes on the way."""

import numpy as np
from numba import njit

from market.matching.call_auction_kernel import quantile


@njit(cache=True)
def on_the_clock(side, price, opening, increment):
    """Return (n,) the last tick of the clock at which a bid still stands, the first at which an offer does.

    A bid below the opening price stands at none: −1.
    """
    n = price.shape[0]
    tick = np.empty(n, dtype=np.int64)
    for i in range(n):
        gap = price[i] - opening
        if side[i] > 0:
            tick[i] = gap // increment if gap >= 0 else -1
        else:
            tick[i] = (gap + increment - 1) // increment
    return tick


@njit(cache=True)
def stopping_tick(side, tick, quantity):
    """Return (the first tick of at least 0 at which supply covers demand, demand there)."""
    n = tick.shape[0]
    key = np.empty(n, dtype=np.int64)
    bid = 0
    for i in range(n):
        key[i] = tick[i] + 1 if side[i] > 0 else tick[i]
        if side[i] > 0:
            bid += quantity[i]
    stop = max(0, quantile(key, quantity, key.min(), key.max(), bid))
    demand = 0
    for i in range(n):
        if side[i] > 0 and tick[i] >= stop:
            demand += quantity[i]
    return stop, demand


@njit(cache=True)
def excess_on_the_way(side, tick, quantity, ascending, stop):
    """Return the ticks 0 ... ``stop`` at which excess demand differs from that before, and the excess demand there.

    ``ascending`` are the rows by tick; a bid leaves at the tick after its last, an offer comes at its own.
    """
    n = tick.shape[0]
    ticks, excess = np.empty(n + 1, dtype=np.int64), np.empty(n + 1, dtype=np.int64)
    now = 0
    for i in range(n):
        if side[i] > 0 and tick[i] >= 0:
            now += quantity[i]
    found = 0
    i = 0
    at = 0
    while i < n or found == 0:
        while i < n and (tick[ascending[i]] + (1 if side[ascending[i]] > 0 else 0)) <= at:
            row = ascending[i]
            if tick[row] >= 0:
                now -= quantity[row]
            i += 1
        ticks[found], excess[found] = at, now
        found += 1
        if i == n:
            break
        row = ascending[i]
        at = tick[row] + (1 if side[row] > 0 else 0)
        if at > stop:
            break
    return ticks[:found], excess[:found]
