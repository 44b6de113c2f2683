"""The compiled call auction: no sort, a few passes over the orders.

Loops are kept simple so that the compiler vectorises them; unsigned indices spare it the check for negative ones.

Write D(p) for the lots bid at p or more, S(p) for the lots offered at p or less. D falls and S rises in p, so all
turns on one tick, the *pivot*: the first at which S(p) >= D(p). From there up volume is D and falls, below it volume
is S and rises, hence

    volume = max(D(pivot), S(pivot − 1)),

buys at the pivot or above and sells below it fill whole, and the only orders to be rationed are buys
at pivot − 1 or sells at the pivot: each side has its own marginal tick. With ``key = price + 1`` for buys and
``key = price`` for sells the pivot is a weighted quantile of the keys (the first p with Σ_{key <= p} quantity >= all
lots bid), marginal orders are those with ``key = pivot``, and no branch on the side is needed anywhere.
"""

import numpy as np
from numba import njit

from market.matching.tie_break_kernel import hash_of
from market.orders import LARGEST_ACCOUNT, LARGEST_PRICE, LARGEST_TOTAL, NO_PRICE, Reason

FILLED, PARTLY = int(Reason.FILLED), int(Reason.PARTLY_FILLED_AT_MARGIN)
OUTSIDE, RATIONED = int(Reason.OUTSIDE_PRICE), int(Reason.RATIONED_OUT)
NO_COUNTERPARTY = int(Reason.NO_COUNTERPARTY)

CLEARED, UNREADABLE, SELF_CROSSING = 0, 1, 2
FAR = 1 << 62
BLOCK = 64
FEWEST_BUCKETS, MOST_BUCKETS = 64, 4096


@njit(cache=True)
def quantile(key, weight, low, high, target):
    """Return the smallest p in [low, high] with Σ_{key <= p} weight >= target; keys lie in [low, high].

    A histogram of the keys' leading bits finds a bucket, another one within it the next bits: one pass where prices
    lie close together, log(range) / log(buckets) at worst. Buckets follow the number of keys, so that clearing them
    never dominates.
    """
    n = key.shape[0]
    buckets = FEWEST_BUCKETS
    while buckets < n and buckets < MOST_BUCKETS:
        buckets *= 2
    histogram = np.empty(buckets, dtype=np.int64)
    below = 0
    everything = True
    while True:
        shift = 0
        while (high - low) >> shift >= buckets:
            shift += 1
        used = ((high - low) >> shift) + 1
        histogram[:used] = 0
        for i in range(n):
            if everything or low <= key[i] <= high:
                histogram[np.uint64((key[i] - low) >> shift)] += weight[i]
        b = 0
        while b < used - 1 and below + histogram[b] < target:
            below += histogram[b]
            b += 1
        low += b << shift
        if shift == 0:
            return low
        high = min(high, low + (1 << shift) - 1)
        everything = False


@njit(cache=True)
def share(quantity, room, total):
    """Return floor(quantity · room / total) for 0 <= room < total <= 2**61, without overflow."""
    if room == 0 or quantity <= FAR // room:
        return quantity * room // total
    whole = 0
    rest = 0
    for bit in range(61, -1, -1):
        whole *= 2
        rest *= 2
        if (quantity >> bit) & 1:
            rest += room
        while rest >= total:
            rest -= total
            whole += 1
    return whole


@njit(cache=True)
def one_each(rows, rank, left, filled):
    """Give a lot to each row of a rank below that of the ``left``-th; return the rows tied there and the lots left."""
    last = quantile(rank, np.ones(rank.shape[0], dtype=np.int64), rank.min(), rank.max(), left)
    for j in range(rows.shape[0]):
        if rank[j] < last:
            filled[rows[j]] += 1
            left -= 1
    return rows[rank == last], left


@njit(cache=True)
def ration(rows, account, quantity, room, total, tie_key, filled, reason):
    """Share ``room`` lots among the marginal orders ``rows``: pro rata, then one lot each by the largest hash.

    Orders of one account share its hash: the larger goes first, and equal ones cannot be told apart.
    """
    left = room
    rank = np.empty(rows.shape[0], dtype=np.int64)
    for j in range(rows.shape[0]):
        i = rows[j]
        filled[i] = share(quantity[i], room, total)
        left -= filled[i]
        # The complement without its last two bits: the largest hash has the smallest rank, far from the end of int64.
        rank[j] = np.int64(~hash_of(tie_key, account[i]) >> np.uint64(2))
    if left > 0:
        tied, left = one_each(rows, rank, left, filled)
        tied, left = one_each(tied, -quantity[tied], left, filled)
        for j in range(left):
            filled[tied[j]] += 1
    for i in rows:
        if filled[i] == quantity[i]:
            reason[i] = FILLED
        else:
            reason[i] = PARTLY if filled[i] > 0 else RATIONED


@njit(cache=True)
def survey(account, side, price, quantity, key):
    """Fill ``key`` and return (readable, lowest key, highest key, lots bid, highest account)."""
    n = account.shape[0]
    low, high = price[0], price[0]
    most, last = quantity[0], account[0]
    bid, odd, signs = 0, 0, 0
    for i in range(n):
        s = np.int64(side[i])
        odd |= (s * s) ^ 1
        signs |= account[i] | price[i] | quantity[i] | (quantity[i] - 1)  # negative if one is
        buy = (s + 1) >> 1
        key[i] = price[i] + buy
        bid += buy * quantity[i]
        low, high = min(low, price[i]), max(high, price[i])
        most, last = max(most, quantity[i]), max(last, account[i])
    small = high <= LARGEST_PRICE and most <= LARGEST_TOTAL // n and last <= LARGEST_ACCOUNT
    return odd == 0 and signs >= 0 and small, low, high + 1, bid, last


@njit(cache=True)
def rising(account):
    """Return whether each account is larger than the one before, so that none has two orders; block by block."""
    last = account.shape[0] - 1
    for start in range(0, last, BLOCK):
        here, after = account[start : min(start + BLOCK, last)], account[start + 1 : min(start + BLOCK, last) + 1]
        falls = 0
        for i in range(here.shape[0]):
            falls |= after[i] - here[i] - 1
        if falls < 0:
            return False
    return True


@njit(cache=True)
def on_both_sides(account, side, highest):
    """Return whether an account has both buys and sells."""
    seen = np.zeros(highest + 1, dtype=np.int8)
    for i in range(account.shape[0]):
        seen[np.uint64(account[i])] |= (side[i] + 3) >> 1  # bit 0 for a sell, bit 1 for a buy
    most = np.int8(0)
    for a in range(highest + 1):
        most = max(most, seen[a])
    return most == 3


@njit(cache=True)
def crosses_itself(account, side, price, highest):
    """Return whether an account bids at least what it asks itself."""
    best_bid = np.full(highest + 1, -1, dtype=np.int64)
    best_ask = np.full(highest + 1, FAR, dtype=np.int64)
    crossed = False
    for i in range(account.shape[0]):
        a = account[i]
        if side[i] > 0:
            best_bid[a] = max(best_bid[a], price[i])
        else:
            best_ask[a] = min(best_ask[a], price[i])
        crossed |= best_bid[a] >= best_ask[a]
    return crossed


@njit(cache=True)
def fill_whole(side, quantity, key, pivot, reason):
    """Replace each key by the lots filled: all on the better side of the pivot. One loop would not be vectorised."""
    for i in range(key.shape[0]):
        key[i] = quantity[i] if side[i] * (key[i] - pivot) > 0 else 0
    for i in range(key.shape[0]):
        reason[i] = OUTSIDE if key[i] == 0 else FILLED


@njit(cache=True)
def around(price, quantity, key, pivot):
    """Return the book around the pivot; without a branch, so that it is vectorised.

    Lots bid above and offered below it, lots bid and offered at it; the lowest bid and ask with keys above it and the
    highest bid and ask with keys below it.
    """
    bid_above, asked_below, bid_at, asked_at = 0, 0, 0, 0
    lowest_bid, lowest_ask, highest_bid, highest_ask = FAR, FAR, -FAR, -FAR
    for i in range(key.shape[0]):
        buy = key[i] != price[i]
        above, below = key[i] > pivot, key[i] < pivot
        bid = quantity[i] if buy else 0
        asked = quantity[i] - bid
        bid_above += bid if above else 0
        asked_below += asked if below else 0
        bid_at += 0 if above | below else bid
        asked_at += 0 if above | below else asked
        lowest_bid = min(lowest_bid, price[i] if above & buy else FAR)
        lowest_ask = min(lowest_ask, price[i] if above & (not buy) else FAR)
        highest_bid = max(highest_bid, price[i] if below & buy else -FAR)
        highest_ask = max(highest_ask, price[i] if below & (not buy) else -FAR)
    return bid_above, asked_below, bid_at, asked_at, lowest_bid, lowest_ask, highest_bid, highest_ask


@njit(cache=True)
def rows_at(key, pivot, most):
    """Return the rows, at most ``most``, whose key is the pivot; blocks are counted first, which is vectorised."""
    rows = np.empty(most, dtype=np.int64)
    found = 0
    for start in range(0, key.shape[0], BLOCK):
        block = key[start : start + BLOCK]
        here = 0
        for i in range(block.shape[0]):
            here += 1 if block[i] == pivot else 0
        if here > 0:
            for i in range(block.shape[0]):
                if block[i] == pivot:
                    rows[found] = start + i
                    found += 1
    return rows[:found]


@njit(cache=True)
def ration_margin(rows, account, side, price, quantity, clearing, room, long_side, tie_key, filled, reason):
    """Share ``room`` lots among the long side's orders at the pivot ``rows``; the others there get nothing."""
    total = 0
    sharing = np.zeros(rows.shape[0], dtype=np.bool_)
    for j in range(rows.shape[0]):
        i = rows[j]
        if room > 0 and side[i] == long_side:
            sharing[j] = True
            total += quantity[i]
        elif (price[i] - clearing) * side[i] >= 0:
            reason[i] = RATIONED
    if total > 0:
        ration(rows[sharing], account, quantity, room, total, tie_key, filled, reason)


@njit(cache=True)
def clear_book(account, side, price, quantity, tie_key):
    """Return (status, price, volume, demand, supply, first, last, filled, reason)."""
    n = account.shape[0]
    filled = np.empty(n, dtype=np.int64)
    reason = np.empty(n, dtype=np.int8)
    if n == 0:
        return CLEARED, NO_PRICE, 0, 0, 0, NO_PRICE, NO_PRICE, filled, reason
    key = filled  # the same memory: keys until the pivot is known, fills after
    readable, low, high, bid, highest = survey(account, side, price, quantity, key)
    if not readable:
        return UNREADABLE, NO_PRICE, 0, 0, 0, NO_PRICE, NO_PRICE, filled, reason
    several = not rising(account)
    if several and on_both_sides(account, side, highest) and crosses_itself(account, side, price, highest):
        return SELF_CROSSING, NO_PRICE, 0, 0, 0, NO_PRICE, NO_PRICE, filled, reason

    pivot = quantile(key, quantity, low, high, bid)
    bid_above, asked_below, bid_at, asked_at, lowest_bid, lowest_ask, highest_bid, highest_ask = around(
        price, quantity, key, pivot
    )
    volume = max(bid_above, asked_below)
    if volume == 0:
        filled[:] = 0
        reason[:] = NO_COUNTERPARTY
        return CLEARED, NO_PRICE, 0, 0, 0, NO_PRICE, NO_PRICE, filled, reason

    # From the pivot up demand is bid_above and falls, below it supply is asked_below and falls: see the top.
    upper, lower = bid_above == volume, asked_below == volume
    first = highest_ask if lower else pivot
    last = lowest_bid if upper else pivot - 1
    if upper and lower:
        excess, lack = asked_at, bid_at  # |demand - supply| at the pivot, and just below it
        upper, lower = excess <= lack, lack <= excess
    left = max(highest_ask, highest_bid + 1) if lower else pivot
    right = min(lowest_bid, lowest_ask - 1) if upper else pivot - 1
    clearing = (left + right + 1) // 2
    if clearing >= pivot:
        demand, supply = bid_above, asked_below + asked_at
    else:
        demand, supply = bid_above + bid_at, asked_below

    rows = rows_at(key, pivot, min(n, bid_at + asked_at))  # an order has a lot at least
    fill_whole(side, quantity, key, pivot, reason)
    if rows.size > 0:
        room = volume - min(bid_above, asked_below)
        long_side = 1 if bid_above < volume else -1
        ration_margin(rows, account, side, price, quantity, clearing, room, long_side, tie_key, filled, reason)
    return CLEARED, clearing, volume, demand, supply, first, last, filled, reason
