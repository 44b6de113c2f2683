"""First-order indices from any sample: the share of variance between classes of a parameter (Pearson 1905, McKay 1997).

The first-order index is Var(E[Y | X]) / Var(Y). With the units of a sample sorted into M classes by X, the variance
of unit values less their variance within classes, MST − MSW, estimates Var(E[Y | X]) without the bias of sorting
(Kelley 1935): a parameter that does nothing has zero on average. It needs no special design, holds for effects that are
not monotone, and takes categories as they are; it does not see interactions.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scenarios.analysis.replicates import Floats, Replicates

Ints = npt.NDArray[np.int64]
MOST_CLASSES = 20
UNITS_A_CLASS = 10


def classes_of(values: npt.ArrayLike, apart: bool = False) -> Ints:
    """Return the class of each value: values that occur are classes of their own, many numbers make equal classes.

    Parameters
    ----------
    values : (units,) numbers or words.
    apart : whether each value is a class of its own, however many there are.
    """
    given = np.asarray(values)
    levels, own = np.unique(given, return_inverse=True)
    number = int(np.clip(given.size // UNITS_A_CLASS, 2, MOST_CLASSES))
    if apart or len(levels) <= number or not np.issubdtype(given.dtype, np.number):
        return own.astype(np.int64)
    # Equal values stay together: the class is that of their middle rank.
    counts = np.bincount(own)
    middle = np.cumsum(counts) - 0.5 * counts
    return np.unique((middle * number / given.size).astype(np.int64)[own], return_inverse=True)[1].astype(np.int64)


def between(means: Floats, classes: Ints) -> float:
    """Return MST − MSW, the variance of what the class leads one to expect; NaN below two units.

    Where every unit is a class of its own, the classes are all there is and nothing is left to judge chance by: it is
    the plain variance between them.
    """
    number = means.size
    if number < 2:
        return np.nan
    total = float(means.var(ddof=1))
    counts = np.bincount(classes)
    sums = np.bincount(classes, weights=means)
    left = means - (sums / np.maximum(counts, 1))[classes]
    degrees = number - int((counts > 0).sum())
    return total - float(left @ left) / degrees if degrees > 0 else float(means.var())


class Units(NamedTuple):
    """The independent units of a sample: unit and, where units are crossed with others, other of each point; classes.

    ``other`` holds zeros where every point is a unit.
    """

    unit: Ints
    other: Ints
    classes: Ints

    @property
    def number(self) -> int:
        """How many units there are."""
        return len(self.classes)


def units_of(parameter: npt.ArrayLike, unit: npt.ArrayLike, other: npt.ArrayLike | None, alone: bool = False) -> Units:
    """Return the units of a sample.

    Parameters
    ----------
    parameter : (points,) value of the parameter, the same in all points of a unit.
    unit, other : (points,) number of the unit, and of what it is crossed with, if it is.
    alone : whether the units differ in nothing but this parameter, so that each of its values is a class.
    """
    _, first, own = np.unique(np.asarray(unit), return_index=True, return_inverse=True)
    crossed = np.zeros(own.size) if other is None else np.asarray(other)
    others = np.unique(crossed, return_inverse=True)[1]
    return Units(own.astype(np.int64), others.astype(np.int64), classes_of(np.asarray(parameter)[first], alone))


def share(means: Floats, noise: Floats, units: Units, drawn: Ints | None = None) -> Floats:
    """Return the first-order index of a parameter as an array without axes; NaN where there is no variance.

    The value of a unit is its mean over what it is crossed with, each of these less its own mean first, so that a point
    without a value does not pass its policy's or its world's level on to the unit. The variance is that between points
    less the noise of seeds.

    Parameters
    ----------
    means, noise : of the points, and the variance of these means that seeds cause.
    drawn : the units to use, some more than once; by default each once.
    """
    chosen = np.arange(units.number) if drawn is None else drawn
    level = np.bincount(units.other, weights=means) / np.bincount(units.other)
    crossed = len(level) > 1
    centred = means - level[units.other] if crossed else means
    of_unit = np.bincount(units.unit, weights=centred) / np.bincount(units.unit)
    weight = np.bincount(chosen, minlength=units.number)[units.unit].astype(np.float64)
    number = weight.sum()
    apart = means - weight @ means / number
    variance = float(weight @ apart**2) / max(number - 1.0, 1.0)
    left = variance - float(weight @ noise) / number
    if variance <= (1e-12 * np.abs(means).max(initial=0.0)) ** 2 or left <= 0.0:
        return np.array(np.nan)
    return np.array(between(of_unit[chosen], units.classes[chosen]) / left)


def share_and_error(values: Replicates, units: Units, resamples: int, rng: np.random.Generator) -> tuple[float, float]:
    """Return the first-order index and its standard error, from units drawn with replacement.

    There is none where every unit is a class of its own.
    """
    if units.number == 0:
        return np.nan, np.nan
    noise = (values.errors**2).sum(axis=1)
    value = float(share(values.means, noise, units))
    if len(np.unique(units.classes)) == units.number:
        return value, np.nan
    drawn = [share(values.means, noise, units, rng.integers(units.number, size=units.number)) for _ in range(resamples)]
    return value, float(np.std(drawn, ddof=1))
