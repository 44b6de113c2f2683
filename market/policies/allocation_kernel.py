"""Rounding to lots by largest remainder, compiled."""

import numpy as np
from numba import njit

HAIR = 1e-9  # of a lot: what floating point may take from a whole number of lots


@njit(cache=True, error_model="numpy")  # a check of every division would keep the loop from being vectorised
def share_out(amounts, lot, total, lots):
    """Fill ``lots`` (n,) with amounts rounded down, and hand out what is missing to ``total``; return what is too much.

    Only the last remainder to get a lot matters, so nothing is sorted; ties go to the lower row.
    """
    whole_lots = 0
    exact = np.empty(amounts.shape[0])
    for i in range(amounts.shape[0]):
        exact[i] = amounts[i] / lot
    for i in range(amounts.shape[0]):
        lots[i] = np.int64(np.floor(exact[i] + HAIR))
        whole_lots += lots[i]
    missing = total - whole_lots
    if missing <= 0:
        return -missing
    remainder = np.empty(amounts.shape[0])
    rows = 0
    for i in range(amounts.shape[0]):
        remainder[rows] = exact[i] - lots[i]
        rows += 1 if exact[i] > 0.0 else 0
    if rows == 0:
        return 0
    whole, rest = missing // rows, missing % rows
    least = np.partition(remainder[:rows], rows - rest)[rows - rest] if rest > 0 else np.inf
    above = 0
    for j in range(rows):
        above += 1 if remainder[j] > least else 0
    tied = rest - above
    for i in range(amounts.shape[0]):
        if exact[i] > 0.0:
            over = exact[i] - lots[i]
            lots[i] += whole
            if over > least:
                lots[i] += 1
            elif over == least and tied > 0:
                lots[i] += 1
                tied -= 1
    return 0
