"""Shocks to activity, period after period, compiled."""

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@njit(cache=True)
def persist(common: Floats, own: Floats, keep: Floats, fresh: Floats, sector: Ints, of_sector: float, of_own: float,
            bound: float, sd: float, shocks: Floats) -> None:  # fmt: skip
    """Turn draws into autoregressive states, in place, and fill the bounded shocks (p, n) that are mixed from them.

    Parameters
    ----------
    common, own : (p + 1, sectors) and (p + 1, n): the states before the first period, then draws of each period.
    keep, fresh : (p,) what is left of the state before, and the weight of the draw.
    sector : (n,) sector of each account; of_sector, of_own : weights of the two states.
    bound, sd : of the mixed state, in standard deviations, and one standard deviation.
    """
    for t in range(keep.shape[0]):
        for s in range(common.shape[1]):
            common[t + 1, s] = keep[t] * common[t, s] + fresh[t] * common[t + 1, s]
        for i in range(own.shape[1]):
            own[t + 1, i] = keep[t] * own[t, i] + fresh[t] * own[t + 1, i]
        for i in range(own.shape[1]):
            mixed = of_sector * common[t + 1, sector[i]] + of_own * own[t + 1, i]
            shocks[t, i] = sd * min(max(mixed, -bound), bound)
