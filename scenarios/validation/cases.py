"""A validation case: what a source says, what the simulator gives, and how far apart they may be."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """One number held against its source.

    Attributes
    ----------
    name : suite, sub-case and quantity, as in ``A2b.price.year0``.
    source : author and year, and how the number was obtained.
    expected, got : in ``unit``.
    tolerance : allowed ``|got − expected|``, relative to the larger of ``|expected|`` and 1.
    message : what went wrong when the case could not be computed; empty otherwise.
    """

    name: str
    source: str
    expected: float
    got: float
    tolerance: float
    unit: str = "1"
    message: str = ""

    @property
    def deviation(self) -> float:
        """``|got − expected|`` relative to the larger of ``|expected|`` and 1."""
        return abs(self.got - self.expected) / max(abs(self.expected), 1.0)

    @property
    def passed(self) -> bool:
        """Whether the case could be computed and lies within its tolerance."""
        return not self.message and math.isfinite(self.got) and self.deviation <= self.tolerance


Suite = Callable[[], list[Case]]


def interval(name: str, source: str, low: float, high: float, got: float, unit: str) -> Case:
    """Return the case that ``got`` lies in [low, high]: the middle is expected, half the width is allowed."""
    middle = 0.5 * (low + high)
    tolerance = (0.5 * (high - low) + 1e-9) / max(abs(middle), 1.0)
    return Case(f"{name} in [{low:g}, {high:g}]", source, middle, got, tolerance, unit)


def series(
    name: str,
    source: str,
    expected: Iterable[float],
    got: Iterable[float],
    tolerance: float,
    unit: str,
    item: str,
) -> list[Case]:
    """Return one case for each number of a series; ``item`` says what is counted (year, firm)."""
    pairs = zip(expected, got, strict=True)
    return [
        Case(f"{name}.{item}{index}", source, float(wanted), float(found), tolerance, unit)
        for index, (wanted, found) in enumerate(pairs)
    ]


def failed(name: str, error: Exception) -> Case:
    """Return the failed case of a suite that raised ``error``."""
    return Case(name, "", math.nan, math.nan, 0.0, message=f"{type(error).__name__}: {error}")
