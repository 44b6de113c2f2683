"""Starting words of many generators at once, compiled: those that NumPy's `SeedSequence` gives, without its objects.

The algorithm (O'Neill 2015, "Developing a seed_seq alternative") and its constants are promised not to change:
https://numpy.org/neps/nep-0019-rng-policy.html
"""

import numpy as np
import numpy.typing as npt
from numba import njit

Words = npt.NDArray[np.uint32]

POOL = 4
SHIFT = np.uint32(16)
INIT_A, MULT_A = np.uint32(0x43B0D7E5), np.uint32(0x931E8875)
INIT_B, MULT_B = np.uint32(0x8B51F9DD), np.uint32(0x58F38DED)
MIX_LEFT, MIX_RIGHT = np.uint32(0xCA01F9DD), np.uint32(0x4973F715)


@njit(cache=True)
def seed_words(before: Words, first: int, count: int, after: Words) -> npt.NDArray[np.uint64]:
    """Return (count, 4) words of the seed sequences of the entropies (*before, first + i, *after), i = 0 … count − 1.

    Parameters
    ----------
    before, after : the parts of the entropy around the number that counts up, each number in words, lowest first.
    first, count : the number that counts up stays below 2**32.
    """
    entropy = np.concatenate((before, np.zeros(1, dtype=np.uint32), after))
    pool, halves = np.empty(POOL, dtype=np.uint32), np.empty(8, dtype=np.uint32)
    found = np.empty((count, 4), dtype=np.uint64)
    for row in range(count):
        entropy[before.shape[0]] = np.uint32(first + row)
        constant = INIT_A
        for i in range(POOL):
            value = entropy[i] if i < entropy.shape[0] else np.uint32(0)
            value, constant = hashed(value, constant)
            pool[i] = value
        for source in range(POOL):
            for target in range(POOL):
                if source != target:
                    value, constant = hashed(pool[source], constant)
                    pool[target] = mixed(pool[target], value)
        for source in range(POOL, entropy.shape[0]):
            for target in range(POOL):
                value, constant = hashed(entropy[source], constant)
                pool[target] = mixed(pool[target], value)
        constant = INIT_B
        for i in range(8):
            value = pool[i % POOL] ^ constant
            constant = np.uint32(constant * MULT_B)
            value = np.uint32(value * constant)
            halves[i] = value ^ (value >> SHIFT)
        for i in range(4):
            found[row, i] = np.uint64(halves[2 * i]) | (np.uint64(halves[2 * i + 1]) << np.uint64(32))
    return found


@njit(cache=True)
def hashed(value: np.uint32, constant: np.uint32) -> tuple[np.uint32, np.uint32]:
    """Return the hash of a word, and the constant of the next."""
    value ^= constant
    constant = np.uint32(constant * MULT_A)
    value = np.uint32(value * constant)
    return value ^ (value >> SHIFT), constant


@njit(cache=True)
def mixed(one: np.uint32, other: np.uint32) -> np.uint32:
    """Return the mix of two words."""
    value = np.uint32(np.uint32(MIX_LEFT * one) - np.uint32(MIX_RIGHT * other))
    return value ^ (value >> SHIFT)
