"""The tie-breaking hash for use inside compiled loops; equal to ``market.randomness.tie_break`` bit for bit."""

import numpy as np
from numba import config, njit

from market.randomness import FIRST, GOLDEN, SECOND

_GOLDEN = np.uint64(GOLDEN)
_FIRST = np.uint64(FIRST)
_SECOND = np.uint64(SECOND)
_30, _27, _31 = np.uint64(30), np.uint64(27), np.uint64(31)


@njit(cache=True, inline="always")
def hash_of(key, identity):
    """Return the hash of a key (uint64) and an id (int64 of at least zero)."""
    z = np.uint64(identity) * _GOLDEN + key
    z = (z ^ (z >> _30)) * _FIRST
    z = (z ^ (z >> _27)) * _SECOND
    return z ^ (z >> _31)


if config.DISABLE_JIT:  # uncompiled, NumPy's scalars warn of products that wrap on purpose
    hash_of = np.errstate(over="ignore")(hash_of)
