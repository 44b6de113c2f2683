"""The compiled listed agreement: each order takes the best listings that it accepts, or becomes one."""

import numpy as np
from numba import njit

from market.matching.tie_break_kernel import hash_of


@njit(cache=True)
def chosen_listing(account, side, price, left, took, taker, low, high, whole, taste):
    """Return the row of the listing that a taker takes next, −1 where it accepts none.

    The best price first, then the largest hash of taker and lister, then the larger listing.
    """
    best = -1
    most, liking = 0, np.uint64(0)
    for i in range(taker):
        if side[i] == side[taker] or left[i] == 0 or took[i] or price[i] < low or price[i] > high:
            continue
        gain = (price[taker] - price[i]) * side[taker]
        if gain < 0 or (whole and left[i] > left[taker]):
            continue
        if best >= 0 and gain < most:
            continue
        here = hash_of(taste, account[i])
        if best < 0 or gain > most or here > liking or (here == liking and left[i] > left[best]):
            best, most, liking = i, gain, here
    return best


@njit(cache=True)
def take_listings(account, side, price, quantity, waiting, low, high, whole, key):
    """Return (lots left, whether it took) of each row and the deals' buys, sells, prices, lots and aggressors.

    The first ``waiting`` rows are listings of earlier days, the others arrive in the order of their rows. Each deal
    uses up a listing or a taker, so that there are no more deals than rows.
    """
    n = account.shape[0]
    left = quantity.copy()
    took = np.zeros(n, dtype=np.bool_)
    buy, sell = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    at, lots = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    aggressor = np.empty(n, dtype=np.int8)
    deals = 0
    for taker in range(waiting, n):
        taste = hash_of(key, account[taker])
        while left[taker] > 0:
            i = chosen_listing(account, side, price, left, took, taker, low, high, whole, taste)
            if i < 0:
                break
            dealt = min(left[i], left[taker])
            left[i] -= dealt
            left[taker] -= dealt
            took[taker] = True
            buy[deals] = taker if side[taker] > 0 else i
            sell[deals] = i if side[taker] > 0 else taker
            at[deals], lots[deals], aggressor[deals] = price[i], dealt, side[taker]
            deals += 1
    return left, took, buy[:deals], sell[:deals], at[:deals], lots[:deals], aggressor[:deals]
