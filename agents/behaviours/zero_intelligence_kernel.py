"""Net demand at a price of each account's own, and the price at which it is zero, compiled."""

import numpy as np
from numba import njit

from market.net_demand_kernel import BLOCK, needs_at

HALVINGS = 60


@njit(cache=True)
def front_needs_at(prices, firms, rows, ahead, need):
    """Fill ``need`` (r,) with the net demand up to the front deadline of each row at its own price ``prices`` (r,)."""
    scratch, parts = np.empty((3, BLOCK)), np.empty((1, BLOCK))
    own = scratch[2]
    for first in range(0, need.shape[0], BLOCK):
        last = min(first + BLOCK, need.shape[0])
        own[: last - first] = prices[first:last]
        needs_at(first, last, own, 1, firms, rows, ahead, scratch, parts)
        need[first:last] = parts[0, : last - first]


@njit(cache=True)
def front_values(top, tolerance, firms, rows, ahead, value):
    """Fill ``value`` (r,) with the price in [0, top] at which each row's net demand up to the front deadline is zero.

    Net demand falls with the price, in steps where a measure has one cost: there the value is the price of the step.
    It is 0 for a row that has rights to spare even at a price of 0, and ``top`` for one that lacks them even at it.
    """
    count = value.shape[0]
    low, high = np.zeros(count), np.full(count, top)
    need = np.empty(count)
    front_needs_at(low, firms, rows, ahead, need)
    for j in range(count):
        if need[j] <= 0.0:
            high[j] = 0.0
    front_needs_at(np.full(count, top), firms, rows, ahead, need)
    for j in range(count):
        if need[j] > 0.0:
            low[j] = top
    for _ in range(HALVINGS):
        widest = 0.0
        for j in range(count):
            widest = max(widest, high[j] - low[j])
            value[j] = 0.5 * (low[j] + high[j])
        if widest <= tolerance:
            break
        front_needs_at(value, firms, rows, ahead, need)
        for j in range(count):
            if low[j] == high[j]:
                continue
            if need[j] > 0.0:
                low[j] = value[j]
            else:
                high[j] = value[j]
