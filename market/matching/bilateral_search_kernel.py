"""The compiled meetings of bilateral search."""

import numpy as np
from numba import njit

from market.matching.price_limits import PARTS

MET, AGREED = 1, 2


@njit(cache=True)
def meet_acquaintances(first, second, accounts):
    """Return who meets whom: link after link, those two who have not met anybody yet."""
    free = np.ones(accounts, dtype=np.bool_)
    one, other = np.empty(first.shape[0], dtype=np.int64), np.empty(first.shape[0], dtype=np.int64)
    found = 0
    for i in range(first.shape[0]):
        if free[first[i]] and free[second[i]]:
            free[first[i]] = free[second[i]] = False
            one[found], other[found] = first[i], second[i]
            found += 1
    return one[:found], other[:found]


@njit(cache=True)
def both_gain(bid, ask, half_fee):
    """Return whether ``bid (1 − h) >= ask (1 + h)``, h in millionths: exactly, and without overflow."""
    gap, total = bid - ask, bid + ask
    return gap >= total // PARTS * half_fee + -(-(total % PARTS) * half_fee // PARTS)


@njit(cache=True)
def bargain(one, other, ends, runs, side, price, left, luck, half_fee, whole):
    """Let each pair trade; reduce ``left``, raise ``luck`` and return the deals' buys, sells and lots.

    ``runs[ends[a]:ends[a + 1]]`` are the rows of account a, sells before buys, the most eager first. Each deal uses up
    an order, so that there are no more deals than rows.
    """
    n = left.shape[0]
    buy, sell, lots = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    deals = 0
    for pair in range(2 * one.shape[0]):
        buyer, seller = one[pair // 2], other[pair // 2]
        if pair % 2:
            buyer, seller = seller, buyer
        for i in runs[ends[buyer] : ends[buyer + 1]]:
            if side[i] < 0 or left[i] == 0:
                continue
            for j in runs[ends[seller] : ends[seller + 1]]:
                if side[j] > 0:
                    break
                if left[j] == 0:
                    continue
                luck[i], luck[j] = max(luck[i], MET), max(luck[j], MET)
                if not both_gain(price[i], price[j], half_fee):
                    continue
                luck[i], luck[j] = AGREED, AGREED
                if left[i] == 0 or (whole and left[j] > left[i]):
                    continue
                dealt = min(left[i], left[j])
                left[i] -= dealt
                left[j] -= dealt
                buy[deals], sell[deals], lots[deals] = i, j, dealt
                deals += 1
    return buy[:deals], sell[:deals], lots[:deals]
