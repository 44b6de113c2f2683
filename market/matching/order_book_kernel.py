"""The compiled order book: an array of price levels, a queue at each, a tree of bits over those that are occupied.

An order is a row of ``orders``, found by its slot, so that a cancellation costs the same whatever rests. A level's
queue is a ring of links, in order of arrival: ``queue[node]`` has the next and the previous node, the first nodes are
the levels themselves (a level that points to itself is empty) and those after them the slots. In a book that never
crosses all bids lie below all asks, so that one array of levels serves both sides. Levels count ticks where prices lie
close together and ranks of the prices that occur where they are far apart: `order_book_stream_kernel` chooses; nothing
here knows prices but through ``ladder``.

To drive a book directly: make the arrays with `new_book`, then `arrive`, `withdraw` and `clear_quotes`, with one free
slot for each order. ``top`` holds the level of the best bid (−1 if none), that of the best ask (the number of levels
if none), and the trades so far.
"""

import numpy as np
from numba import njit

from market.orders import Reason

LEFT, ACCOUNT, WORTH, REASON = range(4)
"""Columns of an order: LEFT is what has not traded, WORTH the ticks·lots paid or received, REASON why LEFT is left."""
NEXT, PREVIOUS = 0, 1
BEST_BID, BEST_ASK, TRADES = range(3)
BUYER, SELLER, PRICE, LOTS, AGGRESSOR = range(5)
"""Rows of a tape."""

FILLED, RESTING, CANCELLED = int(Reason.FILLED), int(Reason.RESTING), int(Reason.CANCELLED)
SELF_TRADE, NO_COUNTERPARTY = int(Reason.SELF_TRADE), int(Reason.NO_COUNTERPARTY)
NOT_BETTER = int(Reason.OUTSIDE_PRICE)
NONE = -1
FAN = 5  # a word of the tree covers 2**FAN words or levels below it


@njit(cache=True)
def words_of(levels):
    """Return how many words the tree of bits over some levels takes."""
    words, width = 0, levels
    while True:
        width = (width + 31) >> FAN
        words += width
        if width <= 1:
            return max(words, 1)


@njit(cache=True)
def new_book(slots, levels):
    """Return (orders, queue, bits, top) of an empty book."""
    orders = np.zeros((slots, 4), dtype=np.int64)
    queue = np.empty((levels + slots, 2), dtype=np.int32)
    for level in range(levels):
        queue[level, NEXT] = queue[level, PREVIOUS] = level
    bits = np.zeros(words_of(levels), dtype=np.int64)
    top = np.array([NONE, levels, 0], dtype=np.int64)
    return orders, queue, bits, top


@njit(cache=True, inline="always")
def lowest_bit(word):
    """Return the place of the lowest of 32 bits, one of which is set."""
    place = 0
    if word & 0xFFFF == 0:
        place, word = 16, word >> 16
    if word & 0xFF == 0:
        place, word = place + 8, word >> 8
    if word & 0xF == 0:
        place, word = place + 4, word >> 4
    if word & 3 == 0:
        place, word = place + 2, word >> 2
    return place + 1 - (word & 1)


@njit(cache=True, inline="always")
def highest_bit(word):
    """Return the place of the highest of 32 bits, one of which is set."""
    place = 0
    if word >> 16 != 0:
        place, word = 16, word >> 16
    if word >> 8 != 0:
        place, word = place + 8, word >> 8
    if word >> 4 != 0:
        place, word = place + 4, word >> 4
    if word >> 2 != 0:
        place, word = place + 2, word >> 2
    return place + (word >> 1)


@njit(cache=True, inline="always")
def mark(bits, levels, level):
    """Note that a level is occupied."""
    offset, width = 0, (levels + 31) >> FAN
    while True:
        word = offset + (level >> FAN)
        before = bits[word]
        bits[word] = before | (1 << (level & 31))
        if before != 0 or width <= 1:
            return
        level >>= FAN
        offset, width = offset + width, (width + 31) >> FAN


@njit(cache=True, inline="always")
def unmark(bits, levels, level):
    """Note that a level is empty."""
    offset, width = 0, (levels + 31) >> FAN
    while True:
        word = offset + (level >> FAN)
        bits[word] &= ~(1 << (level & 31))
        if bits[word] != 0 or width <= 1:
            return
        level >>= FAN
        offset, width = offset + width, (width + 31) >> FAN


@njit(cache=True, inline="always")
def occupied_above(bits, levels, level):
    """Return the lowest occupied level above one, or the number of levels."""
    offset, width, depth = 0, (levels + 31) >> FAN, 0
    while True:
        rest = bits[offset + (level >> FAN)] >> ((level & 31) + 1)
        if rest != 0:
            level += 1 + lowest_bit(rest)
            break
        if width <= 1:
            return levels
        level >>= FAN
        offset, width, depth = offset + width, (width + 31) >> FAN, depth + 1
    while depth > 0:
        shift = FAN * depth
        offset -= (levels + (1 << shift) - 1) >> shift
        level = (level << FAN) + lowest_bit(bits[offset + level])
        depth -= 1
    return level


@njit(cache=True, inline="always")
def occupied_below(bits, levels, level):
    """Return the highest occupied level below one, or −1."""
    offset, width, depth = 0, (levels + 31) >> FAN, 0
    while True:
        rest = bits[offset + (level >> FAN)] & ((1 << (level & 31)) - 1)
        if rest != 0:
            level = (level & ~31) + highest_bit(rest)
            break
        if width <= 1:
            return NONE
        level >>= FAN
        offset, width, depth = offset + width, (width + 31) >> FAN, depth + 1
    while depth > 0:
        shift = FAN * depth
        offset -= (levels + (1 << shift) - 1) >> shift
        level = (level << FAN) + highest_bit(bits[offset + level])
        depth -= 1
    return level


@njit(cache=True, inline="always")
def rest(orders, queue, bits, top, slot, side, level):
    """Append an order to its level's queue."""
    levels = queue.shape[0] - orders.shape[0]
    node, last = levels + slot, queue[level, PREVIOUS]
    orders[slot, REASON] = RESTING
    queue[node, NEXT], queue[node, PREVIOUS] = level, last
    queue[last, NEXT] = queue[level, PREVIOUS] = node
    if last == level:
        mark(bits, levels, level)
        if side > 0:
            top[BEST_BID] = max(top[BEST_BID], level)
        else:
            top[BEST_ASK] = min(top[BEST_ASK], level)


@njit(cache=True)
def withdraw(orders, queue, bits, top, slot, reason):
    """Take a resting order out of the book for a reason; it must rest."""
    levels = queue.shape[0] - orders.shape[0]
    following, last = queue[levels + slot, NEXT], queue[levels + slot, PREVIOUS]
    orders[slot, REASON] = reason
    queue[last, NEXT], queue[following, PREVIOUS] = following, last
    if following == last:  # both are the level: it is empty
        unmark(bits, levels, last)
        if last == top[BEST_BID]:
            top[BEST_BID] = occupied_below(bits, levels, last)
        elif last == top[BEST_ASK]:
            top[BEST_ASK] = occupied_above(bits, levels, last)


@njit(cache=True)
def clear_quotes(orders, queue, bits, top, reason):
    """Take every resting order out of the book for a reason."""
    levels = queue.shape[0] - orders.shape[0]
    while top[BEST_BID] != NONE:
        withdraw(orders, queue, bits, top, queue[top[BEST_BID], NEXT] - levels, reason)
    while top[BEST_ASK] != levels:
        withdraw(orders, queue, bits, top, queue[top[BEST_ASK], NEXT] - levels, reason)


@njit(cache=True, inline="always")
def arrive(
    orders, queue, bits, top, ladder, tape, slot, account, side, level, lots, rests, improve_only, clear_at_trade
):
    """Trade an arriving order with what rests, best level first, first come first served; return the lots left.

    Each trade is made at the price of the resting order, ``ladder[level]``, and written on the tape as far as that is
    long. What is left rests if ``rests``, and is returned for the reason in its row. A meeting with an order of the
    same account ends the arriving order (*cancel newest*). With ``improve_only`` what does not better the best quote
    of its own side does not rest; with ``clear_at_trade`` a trade ends everything that rests, and the arriving order.
    """
    levels = queue.shape[0] - orders.shape[0]
    opposite = BEST_ASK if side > 0 else BEST_BID
    best = top[opposite]
    left, worth, reason = lots, 0, RESTING
    while left > 0 and (level - best) * side >= 0:
        other = queue[best, NEXT] - levels
        if orders[other, ACCOUNT] == account:
            reason = SELF_TRADE
            break
        size = min(left, orders[other, LEFT])
        value = size * ladder[best]
        left -= size
        worth += value
        orders[other, LEFT] -= size
        orders[other, WORTH] += value
        trade = top[TRADES]
        if trade < tape.shape[1]:
            tape[BUYER, trade] = account if side > 0 else orders[other, ACCOUNT]
            tape[SELLER, trade] = orders[other, ACCOUNT] if side > 0 else account
            tape[PRICE, trade] = ladder[best]
            tape[LOTS, trade] = size
            tape[AGGRESSOR, trade] = side
        top[TRADES] = trade + 1
        if orders[other, LEFT] == 0:
            orders[other, REASON] = FILLED
            following = queue[levels + other, NEXT]
            queue[best, NEXT], queue[following, PREVIOUS] = following, best
            if following == best:
                unmark(bits, levels, best)
                best = occupied_above(bits, levels, best) if side > 0 else occupied_below(bits, levels, best)
                top[opposite] = best
        if clear_at_trade:
            clear_quotes(orders, queue, bits, top, CANCELLED)
            reason = CANCELLED
            break
    orders[slot, LEFT] = left
    orders[slot, ACCOUNT] = account
    orders[slot, WORTH] = worth
    if left == 0:
        orders[slot, REASON] = FILLED
    elif reason != RESTING:
        orders[slot, REASON] = reason
    elif not rests:
        orders[slot, REASON] = NO_COUNTERPARTY
    elif improve_only and (level <= top[BEST_BID] if side > 0 else level >= top[BEST_ASK]):
        orders[slot, REASON] = NOT_BETTER
    else:
        rest(orders, queue, bits, top, slot, side, level)
    return left
