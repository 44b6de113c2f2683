"""Whole batches through compiled order books: levels chosen, messages played, results gathered, many books in one call.

The levels of a book count ticks where its prices lie close together (`DENSE` levels for each message at most, or
`FEWEST` in all), otherwise the ranks of the prices that occur in it, so that no price is too far away.
"""

import numpy as np
from numba import njit

from market.matching.order_book_kernel import (
    ACCOUNT,
    CANCELLED,
    LEFT,
    LEVEL,
    LOTS,
    NEXT,
    NONE,
    PREVIOUS,
    PRICE,
    REASON,
    RESTING,
    TRADES,
    WORTH,
    arrive,
    rest,
    withdraw,
    words_of,
)
from market.matching.tie_break_kernel import hash_of
from market.orders import LARGEST_ACCOUNT, LARGEST_PRICE, LARGEST_TOTAL, NO_PRICE, Reason

LIMIT, MARKET, CANCEL, REPLACE, STANDING = range(5)
"""Kinds of message; STANDING is an order that rests when the book opens and is not matched."""
UNKNOWN_ORDER = int(Reason.UNKNOWN_ORDER)
DENSE, FEWEST = 4, 8192
INSERTION = 64
TOP_BIT = np.uint64(1 << 63)
LARGEST_WORTH = float(1 << 62)


@njit(cache=True)
def readable(account, side, price, lots):
    """Return whether the values of all columns are those of orders."""
    n = account.shape[0]
    odd, signs, most, highest, last = 0, 0, 0, 0, 0
    for i in range(n):
        s = np.int64(side[i])
        odd |= (s * s) ^ 1
        signs |= account[i] | price[i] | lots[i] | (lots[i] - 1)  # negative if one is
        most, highest, last = max(most, lots[i]), max(highest, price[i]), max(last, account[i])
    small = n == 0 or most <= LARGEST_TOTAL // n
    return odd == 0 and signs >= 0 and small and highest <= LARGEST_PRICE and last <= LARGEST_ACCOUNT


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
def range_of(price, kind, start, stop):
    """Return (lowest, highest) price of the orders of a book that can rest; (0, 0) if there are none."""
    low, high = LARGEST_PRICE + 1, -1
    for i in range(start, stop):
        if kind[i] != MARKET and kind[i] != CANCEL:
            low, high = min(low, price[i]), max(high, price[i])
    if high < 0:
        return 0, 0
    return low, high


@njit(cache=True)
def ranks_of(price, kind, start, stop):
    """Return the sorted prices that occur among the orders of a book that can rest."""
    kept = np.empty(stop - start, dtype=np.int64)
    n = 0
    for i in range(start, stop):
        if kind[i] != MARKET and kind[i] != CANCEL:
            kept[n] = price[i]
            n += 1
    order = np.arange(n)
    order_by(order, kept)
    ladder = np.empty(n, dtype=np.int64)
    levels = 0
    for k in order:
        if levels == 0 or ladder[levels - 1] != kept[k]:
            ladder[levels] = kept[k]
            levels += 1
    return ladder[:levels]


@njit(cache=True)
def rank_of(ladder, price, side):
    """Return the level of a price: of the highest price not above it for a buy, of the lowest not below for a sell."""
    low, high = 0, ladder.shape[0]
    while low < high:
        middle = (low + high) >> 1
        if ladder[middle] < price:
            low = middle + 1
        else:
            high = middle
    if side > 0 and (low == ladder.shape[0] or ladder[low] > price):
        return low - 1
    return low


@njit(cache=True, _nrt=False)
def play(
    orders, queue, bits, top, ladder, low, tape, first, account, side, price, lots, kind, target, improve_only,
    clear_at_trade,
):  # fmt: skip
    """Play the messages of one book, ``first`` on; levels are ticks from ``low``, or ranks if that is −1."""
    levels = queue.shape[0] - orders.shape[0]
    for i in range(account.shape[0]):
        what = kind[i]
        if what in (CANCEL, REPLACE):
            old = target[i] - first
            if old < 0 or old >= i or orders[old, REASON] != RESTING or orders[old, ACCOUNT] != account[i]:
                ended(orders, i, account[i], lots[i], UNKNOWN_ORDER)
                continue
            withdraw(orders, queue, bits, top, old, CANCELLED)
            if what == CANCEL:
                ended(orders, i, account[i], lots[i], CANCELLED)
                continue
        s = np.int64(side[i])
        level = price[i] - low if low >= 0 else rank_of(ladder, price[i], s)
        if what == MARKET:
            level = max(-1, min(level, levels - 1)) if s > 0 else max(0, min(level, levels))
        if what == STANDING:
            orders[i, LEVEL], orders[i, LEFT] = level, lots[i]
            orders[i, ACCOUNT], orders[i, WORTH] = account[i], 0
            rest(orders, queue, bits, top, i, s, level)
        else:
            arrive(
                orders, queue, bits, top, ladder, tape, i, account[i], s, level, lots[i], what != MARKET,
                improve_only, clear_at_trade,
            )  # fmt: skip


@njit(cache=True)
def ended(orders, slot, account, lots, reason):
    """Write the row of a message that is no order, or not one any more."""
    orders[slot, LEVEL], orders[slot, LEFT] = NONE, lots
    orders[slot, ACCOUNT], orders[slot, WORTH], orders[slot, REASON] = account, 0, reason


@njit(cache=True)
def clear_books(starts, account, side, price, lots, kind, target, improve_only, clear_at_trade, taped):
    """Play many books, each its own messages, one after another.

    Parameters
    ----------
    starts : (b + 1,) the first message of each book, and the number of messages.
    account, side, price, lots, kind, target : (n,) the messages; a target is the row of an earlier one.
    improve_only, clear_at_trade : the rules of the books.
    taped : whether trades are written down; what orders got is always.

    Returns
    -------
    orders : (n, 5) the messages' rows of the book, see `market.matching.order_book_kernel`.
    tape : (5, m) trades, buyers, sellers, prices, lots and aggressors.
    trades : (b + 1,) the first trade of each book, and the number of trades; all zero without a tape.
    """
    n, books = account.shape[0], starts.shape[0] - 1
    lows, spans = np.empty(books, dtype=np.int64), np.empty(books, dtype=np.int64)
    widest = longest = 1
    for b in range(books):
        low, high = range_of(price, kind, starts[b], starts[b + 1])
        messages = starts[b + 1] - starts[b]
        ticks = high - low < DENSE * messages + FEWEST
        lows[b] = low if ticks else -1
        spans[b] = high - low + 1 if ticks else messages
        widest, longest = max(widest, spans[b]), max(longest, messages)
    orders = np.empty((n, 5), dtype=np.int64)
    tape = np.empty((5, n if taped else 0), dtype=np.int64)  # every trade ends an order at least
    trades = np.zeros(books + 1, dtype=np.int64)
    queue = np.empty((widest + longest, 2), dtype=np.int64)
    bits = np.zeros(words_of(widest), dtype=np.int64)
    ticks = np.empty(widest, dtype=np.int64)
    top = np.zeros(3, dtype=np.int64)
    for b in range(books):
        start, stop, low = starts[b], starts[b + 1], lows[b]
        if low >= 0:
            ladder = ticks[: spans[b]]
            for level in range(spans[b]):
                ladder[level] = low + level
        else:
            ladder = ranks_of(price, kind, start, stop)
        levels = ladder.shape[0]
        for level in range(levels):
            queue[level, NEXT] = queue[level, PREVIOUS] = level
        bits[: words_of(levels)] = 0
        top[0], top[1] = NONE, levels
        play(
            orders[start:stop], queue[: levels + stop - start], bits, top, ladder, low, tape, start,
            account[start:stop], side[start:stop], price[start:stop], lots[start:stop], kind[start:stop],
            target[start:stop], improve_only, clear_at_trade,
        )  # fmt: skip
        trades[b + 1] = top[TRADES] if taped else 0
    return orders, tape[:, : trades[books]], trades


@njit(cache=True)
def of_others(account, others):
    """Return the rows of accounts that are not among ``others``."""
    top = 0
    for i in range(others.shape[0]):
        top = max(top, others[i])
    among = np.zeros(top + 1, dtype=np.bool_)
    for i in range(others.shape[0]):
        among[others[i]] = True
    rows = np.empty(account.shape[0], dtype=np.int64)
    n = 0
    for i in range(account.shape[0]):
        if account[i] > top or not among[account[i]]:
            rows[n] = i
            n += 1
    return rows[:n]


@njit(cache=True)
def buys_worth(side, price, lots, kind):
    """Return what all buys are worth at their limits (float): no more can be paid, nor be received."""
    _, high = range_of(price, kind, 0, price.shape[0])
    worth = 0.0
    for i in range(side.shape[0]):
        if side[i] > 0:
            worth += float(min(price[i], high)) * float(lots[i])
    return worth


@njit(cache=True)
def gather(orders, standing, order, lots, filled, reason, worth):
    """Fill the results of the batch's rows; return the slots that rest now, in order of arrival."""
    for j in range(order.shape[0]):
        row, slot = order[j], standing + j
        filled[row] = lots[row] - orders[slot, LEFT]
        reason[row] = orders[slot, REASON]
        worth[row] = orders[slot, WORTH]
    slots = np.empty(orders.shape[0], dtype=np.int64)
    n = 0
    for slot in range(orders.shape[0]):
        if orders[slot, REASON] == RESTING:
            slots[n] = slot
            n += 1
    return slots[:n]


@njit(cache=True)
def mean_price(tape):
    """Return (price, volume, value): the volume-weighted mean, rounded half up; NO_PRICE without a trade."""
    volume, value = 0, 0
    for t in range(tape.shape[1]):
        volume += tape[LOTS, t]
        value += tape[LOTS, t] * tape[PRICE, t]
    if volume == 0:
        return NO_PRICE, 0, 0
    whole = value // volume
    return whole + (2 * (value - whole * volume) >= volume), volume, value


@njit(cache=True)
def interest(side, price, lots, kind, at):
    """Return (lots bid at a price or more, lots offered at it or less) among all orders."""
    demand, supply = 0, 0
    for i in range(side.shape[0]):
        if kind[i] != CANCEL and (price[i] - at) * side[i] >= 0:
            if side[i] > 0:
                demand += lots[i]
            else:
                supply += lots[i]
    return demand, supply


@njit(cache=True)
def clear_batch(
    number, owner, way, limit, left, account, side, price, lots, kind, target, key, next_number,
    messages, replace_own, improve_only, clear_at_trade,
):  # fmt: skip
    """Clear a batch against what rests (the first five columns, in order of arrival).

    Returns (status, price, volume, demand, supply, filled, reason, worth, tape, and the five columns of what rests).
    With ``messages`` rows arrive as they come and targets are numbers of orders; otherwise accounts arrive by hash.
    """
    n = account.shape[0]
    filled, worth, reason = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int8)
    status = 0 if readable(account, side, price, lots) else 1
    if status == 0 and replace_own and n > 0 and number.shape[0] > 0:
        rows = of_others(owner, account)
        number, owner, way, limit, left = number[rows], owner[rows], way[rows], limit[rows], left[rows]
    r = number.shape[0]
    order = np.arange(n) if messages or status else arrivals(account, side, price, lots, key)
    all_account, all_side = np.concatenate((owner, account[order])), np.concatenate((way, side[order]))
    all_price, all_lots = np.concatenate((limit, price[order])), np.concatenate((left, lots[order]))
    all_kind = np.empty(r + n, np.int8)
    all_kind[:r] = STANDING
    all_target = np.full(r + n, NONE, np.int64)
    if messages:
        all_kind[r:] = kind
        for i in range(n):
            wanted = target[i] - next_number
            if wanted >= 0:
                all_target[r + i] = r + wanted
            else:
                place = rank_of(number, target[i], -1)
                if place < r and number[place] == target[i]:
                    all_target[r + i] = place
    else:
        all_kind[r:] = LIMIT
    if status == 0 and buys_worth(all_side, all_price, all_lots, all_kind) > LARGEST_WORTH:
        status = 2
    if status == 0 and not readable(all_account, all_side, all_price, all_lots):
        status = 2
    if status:
        empty = np.empty((5, 0), np.int64)
        return status, NO_PRICE, 0, 0, 0, filled, reason, worth, empty, number, owner, way, limit, left

    orders, tape, _ = clear_books(
        np.array([0, r + n]), all_account, all_side, all_price, all_lots, all_kind, all_target, improve_only,
        clear_at_trade, True,
    )  # fmt: skip
    slots = gather(orders, r, order, lots, filled, reason, worth)
    paid, volume, _ = mean_price(tape)
    demand, supply = interest(all_side, all_price, all_lots, all_kind, paid) if volume else (0, 0)
    numbers = np.empty(slots.shape[0], np.int64)
    remains = np.empty(slots.shape[0], np.int64)
    for j in range(slots.shape[0]):
        slot = slots[j]
        numbers[j] = number[slot] if slot < r else next_number + slot - r
        remains[j] = orders[slot, LEFT]
    return (
        status, paid, volume, demand, supply, filled, reason, worth, tape,
        numbers, all_account[slots], all_side[slots], all_price[slots], remains,
    )  # fmt: skip
