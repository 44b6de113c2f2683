"""A batch of orders through the compiled order book: what rests, arrivals, messages, results, and what rests then."""

import numpy as np
from numba import njit

from market.matching.arrival_kernel import arrivals
from market.matching.order_book_kernel import LEFT, LOTS, NONE, PRICE, REASON, RESTING, WORTH
from market.matching.order_book_state import CANCEL, LIMIT
from market.matching.order_book_stream_kernel import STANDING, play_books, range_of, rank_of
from market.orders import LARGEST_ACCOUNT, LARGEST_PRICE, LARGEST_TOTAL, NO_PRICE

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
    messages, replace_own, improve_only, clear_at_trade, orders, queue, tape,
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

    orders = orders[: r + n]
    trades = play_books(
        np.array([0, r + n]), all_account, all_side, all_price, all_lots, all_kind, all_target, improve_only,
        clear_at_trade, orders, queue, tape,
    )  # fmt: skip
    tape = tape[:, : trades[1]]
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
