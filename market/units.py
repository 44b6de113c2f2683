"""Between what people state (units, money) and what the market counts (lots, ticks, minor units).

A right is traded in lots of ``lot`` units, priced in ticks of ``tick`` money per unit, paid in minor units of
``minor`` money. Flows are real numbers; obligations are whole lots, rounded up. A quotient that floating point leaves
within one part in 10⁹ of a whole number is that number, so 0.3 / 0.1 is 3.
"""

from collections.abc import Iterable
from fractions import Fraction
from math import gcd

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LARGEST = float(1 << 61)
_SLACK = 1e-9


def _quotient(amount: npt.ArrayLike, step: float) -> Floats:
    if not step > 0:
        raise ValueError(f"a step is {step}; it must be positive")
    quotient = np.asarray(amount, dtype=np.float64) / step
    if not (np.abs(quotient) < LARGEST).all():
        raise ValueError("an amount is not finite or more than 2**61 steps")
    nearest = np.rint(quotient)
    return np.where(np.abs(quotient - nearest) <= _SLACK * np.maximum(1.0, np.abs(nearest)), nearest, quotient)


def steps_up(amount: npt.ArrayLike, step: float) -> Ints:
    """Return the fewest whole steps that cover an amount: lots of an obligation, ticks of the lowest fair ask."""
    return np.ceil(_quotient(amount, step)).astype(np.int64)


def steps_down(amount: npt.ArrayLike, step: float) -> Ints:
    """Return the most whole steps within an amount: lots of an entitlement, ticks of the highest fair bid."""
    return np.floor(_quotient(amount, step)).astype(np.int64)


def steps_nearest(amount: npt.ArrayLike, step: float) -> Ints:
    """Return the nearest whole number of steps, halves up."""
    return np.floor(_quotient(amount, step) + 0.5).astype(np.int64)


def exact(number: float) -> Fraction:
    """Return a declared number as it is written: 0.1 is one tenth."""
    return Fraction(repr(float(number)))


def money_per_lot_tick(lot: float, tick: float, minor: float) -> int:
    """Return what one lot at one tick is worth, in minor units of money.

    Raises
    ------
    ValueError
        Where it is not a whole number, so that payments would have to be rounded.
    """
    value = exact(lot) * exact(tick) / exact(minor)
    if value.denominator != 1 or value < 1:
        raise ValueError(
            f"a lot of {lot} at a tick of {tick} is worth {float(value)} minor units of {minor}; it must be a whole "
            "number of at least one: choose a smaller minor unit, or a coarser lot or tick"
        )
    return int(value)


def minor_unit(lots_and_ticks: Iterable[tuple[float, float]], coarsest: float = 0.01) -> Fraction:
    """Return the largest unit of money, at most ``coarsest``, that every lot at one tick is a whole number of."""
    unit = exact(coarsest)
    for lot, tick in lots_and_ticks:
        worth = exact(lot) * exact(tick)
        unit = Fraction(gcd(unit.numerator * worth.denominator, worth.numerator * unit.denominator),
                        unit.denominator * worth.denominator)  # fmt: skip
    return unit
