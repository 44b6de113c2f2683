"""The compiled pool: orders one by one along the curve, in whole numbers of up to 124 bits.

A wide number is a pair (high, low) of digits below 2**62 and stands for ``high · 2**62 + low``; all of it fits int64.
"""

from numba import njit

from market.orders import Reason

FILLED, PARTLY = int(Reason.FILLED), int(Reason.PARTLY_FILLED_AT_MARGIN)
OUTSIDE, NO_STOCK = int(Reason.OUTSIDE_PRICE), int(Reason.NO_STOCK)
HALF = (1 << 31) - 1
MOST = 1 << 61


@njit(cache=True, inline="always")
def wide_product(a, b):
    """Return a·b as a wide number; 0 <= a, b < 2**62."""
    a_high, a_low, b_high, b_low = a >> 31, a & HALF, b >> 31, b & HALF
    low = a_low * b_low
    middle = a_high * b_low + a_low * b_high + (low >> 31)
    return a_high * b_high + (middle >> 31), ((middle & HALF) << 31) | (low & HALF)


@njit(cache=True, inline="always")
def at_most(high, low, other_high, other_low):
    """Return whether one wide number is at most another."""
    return high < other_high or (high == other_high and low <= other_low)


@njit(cache=True)
def wide_divided(high, low, divisor):
    """Return quotient (wide) and remainder of a wide number by 0 < divisor < 2**62."""
    if high == 0:
        return 0, low // divisor, low % divisor
    first, rest = high // divisor, high % divisor
    second = 0
    for bit in range(61, -1, -1):
        rest = 2 * rest + ((low >> bit) & 1)
        second *= 2
        if rest >= divisor:
            rest -= divisor
            second += 1
    return first, second, rest


@njit(cache=True)
def fewest_left(high, low, limit, least, lots):
    """Return the fewest lots m in [least, lots] with ``(high, low) <= limit · m·(m + 1)``, lots if there are none."""
    if limit == 0:
        return lots
    t_high, t_low, rest = wide_divided(high, low, limit)
    if rest > 0:  # rounded up
        t_low += 1
        t_high, t_low = t_high + (t_low >> 62), t_low & ((1 << 62) - 1)
    below, above = least - 1, lots
    while above - below > 1:
        m = below + (above - below) // 2
        p_high, p_low = wide_product(m, m + 1)
        if at_most(t_high, t_low, p_high, p_low):
            above = m
        else:
            below = m
    return above


@njit(cache=True)
def most_held(high, low, limit, lots, most):
    """Return the most lots m in [lots, most] with ``limit · m·(m − 1) <= (high, low)``, lots if there are none."""
    if limit == 0:
        return most
    t_high, t_low, _ = wide_divided(high, low, limit)
    below, above = lots, most + 1
    while above - below > 1:
        m = below + (above - below) // 2
        p_high, p_low = wide_product(m, m - 1)
        if at_most(p_high, p_low, t_high, t_low):
            below = m
        else:
            above = m
    return below


@njit(cache=True)
def difference(high, low, fewer, more):
    """Return ``(high, low)/fewer − (high, low)/more`` rounded down, and whether it is a whole number."""
    _, larger, larger_rest = wide_divided(high, low, fewer)
    _, smaller, smaller_rest = wide_divided(high, low, more)
    a_high, a_low = wide_product(larger_rest, more)
    b_high, b_low = wide_product(smaller_rest, fewer)
    whole = larger - smaller
    if not at_most(b_high, b_low, a_high, a_low):
        whole -= 1
    return whole, a_high == b_high and a_low == b_low


@njit(cache=True)
def trade_along(rows, side, price, quantity, lots, least, ask_high, ask_low, bid_high, bid_low, filled, value, reason):
    """Trade the orders ``rows`` one after the other and return the lots left in the pool."""
    for i in rows:
        if side[i] > 0:
            reach = fewest_left(ask_high, ask_low, price[i], max(least, lots - quantity[i]), lots)
            traded = lots - reach
            emptied = reach == least
            if traded > 0:
                whole, exact = difference(ask_high, ask_low, lots - traded, lots)
                value[i] = whole if exact else whole + 1
                lots -= traded
        else:
            reach = most_held(bid_high, bid_low, price[i], lots, min(MOST, lots + quantity[i]))
            traded = reach - lots
            emptied = reach == MOST
            if traded > 0:
                value[i], _ = difference(bid_high, bid_low, lots, lots + traded)
                lots += traded
        filled[i] = traded
        if traded == quantity[i]:
            reason[i] = FILLED
        elif emptied:
            reason[i] = NO_STOCK
        else:
            reason[i] = PARTLY if traded > 0 else OUTSIDE
    return lots
