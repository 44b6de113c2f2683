"""The random order in which the accounts of a batch arrive, compiled."""

import numpy as np
from numba import njit

from market.matching.tie_break_kernel import hash_of

INSERTION = 64
TOP_BIT = np.uint64(1 << 63)


@njit(cache=True)
def arrivals(account, side, price, lots, key):
    """Return the rows in the order in which they arrive: accounts by hash, the best order of an account first.

    The best buy is the highest, the best sell the lowest, the larger of two at one price goes first. A bit of the
    account's hash decides which side comes first.
    """
    n = account.shape[0]
    last, keys = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    order = np.arange(n)
    for i in range(n):
        last[i] = np.int64(~hash_of(key, account[i]) ^ TOP_BIT)  # unsigned order as signed: the largest hash first
    order_by(order, last)
    start = 0
    while start < n:
        stop = start + 1
        while stop < n and account[order[stop]] == account[order[start]]:
            stop += 1
        if stop - start > 1:
            best_first(order[start:stop], side, price, lots, 1 if last[order[start]] & 1 else -1, keys)
        start = stop
    return order


@njit(cache=True)
def best_first(rows, side, price, lots, first, keys):
    """Sort the rows of one account: the first side, then the better price, then more lots, then the earlier row.

    ``keys`` (n,) is room to work in.
    """
    n = rows.shape[0]
    if n > INSERTION:
        for i in rows:
            keys[i] = -lots[i]
        order_by(rows, keys)
        for i in rows:
            keys[i] = -side[i] * price[i]
        order_by(rows, keys)
        for i in rows:
            keys[i] = -side[i] * first
        order_by(rows, keys)
        return
    for j in range(1, n):
        row = rows[j]
        s, p, q = side[row], price[row] * side[row], lots[row]
        k = j
        while k > 0:
            o = rows[k - 1]
            if side[o] != s:
                earlier = s == first
            elif price[o] * s != p:
                earlier = p > price[o] * s
            else:
                earlier = q > lots[o]
            if not earlier:
                break
            rows[k] = o
            k -= 1
        rows[k] = row


@njit(cache=True)
def order_by(rows, keys):
    """Sort rows by their keys (n,) int64, rows of one key as they are: a merge of runs that double in length."""
    n = rows.shape[0]
    source, target = rows, np.empty(n, dtype=np.int64)
    run = 1
    while run < n:
        for start in range(0, n, 2 * run):
            middle, stop = min(start + run, n), min(start + 2 * run, n)
            a, b = start, middle
            for k in range(start, stop):
                if b >= stop or (a < middle and keys[source[a]] <= keys[source[b]]):
                    target[k] = source[a]
                    a += 1
                else:
                    target[k] = source[b]
                    b += 1
        source, target = target, source
        run *= 2
    for k in range(n):
        rows[k] = source[k]
