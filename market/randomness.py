"""Named streams of random numbers, and the hash that breaks ties.

Every draw belongs to a stream: a name ("demand"), a period, and where needed a round and a product. Equal streams of
equal seeds give equal draws, whatever else a run does. Draw for all ids ever issued and index by id, so that an exit
or an entry moves nobody else's draw:

>>> weather = Streams(7).at("weather", period=3)
>>> shocks = weather.generator().standard_normal(100)  # one for each id ever issued, not one for each firm alive
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from types import ModuleType

import numpy as np
import numpy.typing as npt
from numpy.random.bit_generator import ISeedSequence

MASK = (1 << 64) - 1
WORD = (1 << 32) - 1
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


@cache
def _compiled() -> ModuleType:
    """Return the compiled loops; they are loaded when first used, because that takes longer than a schema needs."""
    from market import seed_kernel

    return seed_kernel


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

    def normals(self, name: str, periods: range, size: int) -> npt.NDArray[np.float64]:
        """Return standard normal draws (periods, size): those of the generators of a stream's consecutive periods."""
        named = stable_hash(name)
        before, after = (np.array(_words(*parts), dtype=np.uint32) for parts in ((self.seed, named), (0, 0)))
        draws = np.empty((len(periods), size))
        seeds = _compiled().seed_words(before, periods.start, len(periods), after)
        for row, words in zip(draws, seeds, strict=True):
            np.random.Generator(np.random.PCG64(_Known(words))).standard_normal(out=row)  # type: ignore[arg-type]
        return draws


class _Known(ISeedSequence):
    """A seed sequence whose words are known already."""

    def __init__(self, words: npt.NDArray[np.uint64]) -> None:
        self._words = words

    def generate_state(
        self, n_words: int, dtype: npt.DTypeLike = np.uint64  # noqa: ARG002 (a generator asks for four of 64 bits)
    ) -> npt.NDArray[np.uint64]:  # fmt: skip
        """Return the words."""
        return self._words


def _words(*numbers: int) -> list[int]:
    """Return numbers in words of 32 bits, lowest first, as entropy is read."""
    words = []
    for number in numbers:
        left = number
        words.append(left & WORD)
        while left := left >> 32:
            words.append(left & WORD)
    return words


def tie_break(key: int, ids: npt.ArrayLike) -> npt.NDArray[np.uint64]:
    """Return a hash of (key, id) for each id; the larger goes first.

    The compiled twin is ``market.matching.tie_break_kernel.hash_of``.
    """
    z = np.asarray(ids).astype(np.uint64) * np.uint64(GOLDEN) + np.uint64(key)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(FIRST)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(SECOND)
    return z ^ (z >> np.uint64(31))
