"""How unequal shares are."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def gini(values: Floats) -> float:
    """Return Σ_i Σ_j |x_i − x_j| / (2 n Σ|x|); NaN where nothing is to be divided."""
    finite = np.sort(values[np.isfinite(values)])
    total = float(np.abs(finite).sum())
    if finite.size == 0 or total == 0.0:
        return np.nan
    n = finite.size
    pairs = 2.0 * float(finite @ (2.0 * np.arange(n) - (n - 1)))
    return pairs / (2.0 * n * total)
