"""How fast this machine is now: a fixed piece of work whose time scales the bounds that are stated in seconds.

The work is a third each of what the engine does: compiled loops over firms, NumPy passes over columns that leave the
cache, and sorting. The factor is 1.0 on a machine that does it in ``NOMINAL_SECONDS``.
"""

import time

import numpy as np
import numpy.typing as npt

NOMINAL_SECONDS = 0.1
_FIRMS = 400_000
_COMPILED_PASSES = 28
_COLUMN_PASSES = 88
_SORTS = 18


def _work(values: npt.NDArray[np.float64]) -> float:
    from benchmarks.calibration_kernel import respond_in_steps

    total = respond_in_steps(values, _COMPILED_PASSES)
    column = values
    for _ in range(_COLUMN_PASSES):
        column = np.maximum(column * 0.999, 0.001)
    for _ in range(_SORTS):
        total += float(np.sort(values)[_FIRMS // 2])
    return total + float(column.sum())


def calibration(repeats: int = 5) -> float:
    """Return the seconds of the fixed piece of work on this machine, the best of ``repeats``, compilation apart."""
    values = np.random.default_rng(20_250_101).random(_FIRMS)
    _work(values)
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        _work(values)
        best = min(best, time.perf_counter() - start)
    return best


def factor(repeats: int = 5) -> float:
    """Return how much slower than nominal this machine is: the multiplier of bounds in seconds."""
    return calibration(repeats) / NOMINAL_SECONDS
