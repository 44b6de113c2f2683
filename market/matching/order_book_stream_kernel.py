"""Streams of messages through compiled order books, many books in one call.

The levels of a book count ticks where its prices lie close together (`DENSE` levels for each message and `FEWEST`),
otherwise the ranks of the prices that occur in it, so that no price is too far away.
"""

from typing import Any

import numpy as np
from numba import njit

from market.matching.arrival_kernel import order_by
from market.matching.order_book_kernel import (
    ACCOUNT,
    CANCELLED,
    LEFT,
    NEXT,
    NONE,
    PREVIOUS,
    REASON,
    RESTING,
    TRADES,
    WORTH,
    arrive,
    rest,
    withdraw,
    words_of,
)
from market.matching.order_book_state import CANCEL, MARKET, REPLACE
from market.orders import LARGEST_PRICE, Reason

STANDING = 4
"""A kind of message besides those of `BookOrders`: an order that rests when the book opens and is not matched."""
UNKNOWN_ORDER = int(Reason.UNKNOWN_ORDER)
DENSE, FEWEST = 4, 8192


def room_for(messages: int, longest: int, taped: bool) -> tuple[Any, Any, Any]:
    """Return (orders, queue, tape) for so many messages, and so many in the longest of the books.

    NumPy rather than compiled code asks for them: it takes large pages, which is most of the cost of large arrays.
    """
    orders = np.empty((messages, 4), dtype=np.int64)
    queue = np.empty(((DENSE + 1) * longest + FEWEST, 2), dtype=np.int32)
    tape = np.empty((5, messages if taped else 0), dtype=np.int64)  # every trade ends an order at least
    return orders, queue, tape


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


# Without NRT, numba's counting of references to arrays, which took most of the time: nothing is allocated here.
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
            orders[i, LEFT], orders[i, ACCOUNT], orders[i, WORTH] = lots[i], account[i], 0
            rest(orders, queue, bits, top, i, s, level)
        else:
            arrive(
                orders, queue, bits, top, ladder, tape, i, account[i], s, level, lots[i], what != MARKET,
                improve_only, clear_at_trade,
            )  # fmt: skip


@njit(cache=True, _nrt=False)
def ended(orders, slot, account, lots, reason):
    """Write the row of a message that is no order, or not one any more."""
    orders[slot, LEFT], orders[slot, ACCOUNT], orders[slot, WORTH], orders[slot, REASON] = lots, account, 0, reason


@njit(cache=True)
def play_books(starts, account, side, price, lots, kind, target, improve_only, clear_at_trade, orders, queue, tape):
    """Play many books, each its own messages, one after another; return the first trade of each, and their number.

    ``starts`` (b + 1,) has the first message of each book, and the number of messages; a target is the row of an
    earlier message. ``orders``, ``queue`` and ``tape`` are room, see `room_for`.
    """
    books = starts.shape[0] - 1
    lows, spans = np.empty(books, dtype=np.int64), np.empty(books, dtype=np.int64)
    widest = 1
    for b in range(books):
        low, high = range_of(price, kind, starts[b], starts[b + 1])
        messages = starts[b + 1] - starts[b]
        ticks = high - low < DENSE * messages + FEWEST
        lows[b] = low if ticks else -1
        spans[b] = high - low + 1 if ticks else messages
        widest = max(widest, spans[b])
    trades = np.zeros(books + 1, dtype=np.int64)
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
        trades[b + 1] = top[TRADES]
    return trades
