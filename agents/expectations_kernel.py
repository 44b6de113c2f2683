"""How expectations follow prices, compiled."""

import numpy as np
from numba import njit


@njit(cache=True)
def learn(expected, weight, price):
    """Move expectations (n, K) towards the newest prices (K,) by ``weight`` (n,); a NaN leaves expectations alone."""
    if price.shape[0] == 1:
        column = expected.reshape(-1)
        if not np.isnan(price[0]):
            for i in range(weight.shape[0]):
                column[i] += weight[i] * (price[0] - column[i])
        return
    for k in range(price.shape[0]):
        if not np.isnan(price[k]):
            for i in range(weight.shape[0]):
                expected[i, k] += weight[i] * (price[k] - expected[i, k])
