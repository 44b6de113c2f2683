"""Obligations at a deadline in one pass over the accounts, compiled."""

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")  # a check of every division would keep the loop from being vectorised
def settle_obligations(flow, debt, held, lot, rate, rounding, obligation, surrendered, shortfall, penalty):
    """Fill obligations, surrenders and shortfalls (n,) in lots and penalties (n,) at ``rate`` a lot.

    Return the lots that all are short of. ``flow`` (n,) is in units, ``debt`` and ``held`` (n,) in lots; ``rounding``
    of a lot is what floating point may add to flows.
    """
    for i in range(flow.shape[0]):
        obligation[i] = np.int64(np.ceil(flow[i] / lot - rounding)) + debt[i]
    for i in range(flow.shape[0]):
        surrendered[i] = min(obligation[i], held[i])
    missing = 0
    for i in range(flow.shape[0]):
        shortfall[i] = obligation[i] - surrendered[i]
        missing += shortfall[i]
    for i in range(flow.shape[0]):
        penalty[i] = rate * shortfall[i]
    return missing
