"""Named streams of random numbers, and the hash that breaks ties.

Every draw belongs to a stream: a name ("demand"), a period, and where needed a round and a product. Equal streams of
equal seeds give equal draws, whatever else a run does. Draw for all ids ever issued and index by id, so that an exit
or an entry moves nobody else's draw:

>>> weather = Streams(7).at("weather", period=3)
>>> shocks = weather.generator().standard_normal(100)  # one for each id ever issued, not one for each firm alive
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
FIRST = 0xBF58476D1CE4E5B9
SECOND = 0x94D049BB133111EB


def splitmix64(value: int) -> int:
    """Return the 64-bit mix of Steele, Lea and Flood (2014); a bijection of the 64-bit integers."""
    z = (value + GOLDEN) & MASK
    z = ((z ^ (z >> 30)) * FIRST) & MASK
    z = ((z ^ (z >> 27)) * SECOND) & MASK
    return z ^ (z >> 31)


@lru_cache(maxsize=1024)
def stable_hash(text: str) -> int:
    """Return a 64-bit hash of a text that is the same in every process and on every machine."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream: ``key`` (64 bits) for ties, ``generator()`` for draws."""

    key: int
    entropy: tuple[int, ...]

    def generator(self) -> np.random.Generator:
        """Return a fresh generator; every call starts the same sequence again."""
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.entropy)))


class Streams:
    """All streams of one run."""

    __slots__ = ("_named", "_start", "seed")

    def __init__(self, seed: int) -> None:
        if seed < 0:
            raise ValueError(f"seed is {seed}; it must be zero or a positive integer")
        self.seed = int(seed)
        self._start = stable_hash(f"seed {self.seed}")
        self._named: dict[str, tuple[int, int]] = {}

    def key(self, name: str, period: int, round: int = 0, product: int = 0) -> int:  # noqa: A002 (the field's word)
        """Return the key of a stream, where no draws are wanted."""
        if name not in self._named:
            named = stable_hash(name)
            self._named[name] = named, splitmix64(self._start ^ named)
        key = self._named[name][1]
        for part in (period, round, product):  # `splitmix64` of key ^ part, in place: this is called for every clearing
            z = ((key ^ part) + GOLDEN) & MASK
            z = ((z ^ (z >> 30)) * FIRST) & MASK
            z = ((z ^ (z >> 27)) * SECOND) & MASK
            key = z ^ (z >> 31)
        return key

    def at(self, name: str, period: int, round: int = 0, product: int = 0) -> Stream:  # noqa: A002 (the field's word)
        """Return the stream of a name in a period, a round of trading and a product (each zero or positive)."""
        key = self.key(name, period, round, product)
        named = self._named[name][0]
        return Stream(key, (self.seed, named, period, round, product))


def tie_break(key: int, ids: npt.ArrayLike) -> npt.NDArray[np.uint64]:
    """Return a hash of (key, id) for each id; the larger goes first.

    The compiled twin is ``market.matching.tie_break_kernel.hash_of``.
    """
    z = np.asarray(ids).astype(np.uint64) * np.uint64(GOLDEN) + np.uint64(key)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(FIRST)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(SECOND)
    return z ^ (z >> np.uint64(31))
