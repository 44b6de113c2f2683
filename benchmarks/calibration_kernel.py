"""The compiled part of the calibration: clipped linear responses with a running sum, like a pass over firms."""

import numpy as np
from numba import njit


@njit(cache=True)
def respond_in_steps(values, steps):
    """Return the sum over steps and rows of a clipped response to a price that follows the sum."""
    price = 0.5
    total = 0.0
    for _ in range(steps):
        used = 0.0
        for i in range(values.shape[0]):
            x = (price - 0.3 * values[i]) / (0.2 + values[i])
            x = min(max(x, 0.0), 1.0)
            used += np.sqrt(x) * values[i]
        total += used
        price += 0.01 * (used / values.shape[0] - price)
    return total
