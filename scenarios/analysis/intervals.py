"""How far a sensitivity measure is uncertain: through the points that were drawn and through the seeds."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from scenarios.analysis.replicates import Floats, Replicates

STEP = 1e-3
"""Part of a seed's errors by which means are moved to see what the seed does."""


def seed_errors(measure: Callable[[Floats], Floats], values: Replicates) -> Floats:
    """Return the standard error of a measure that comes from seeds.

    A bootstrap of seeds would mislead: variances and products are of second degree in the outcome, and with a handful
    of seeds the squares of what is drawn would swamp their linear effect. So it is linearised (infinitesimal jackknife,
    Jaeckel 1972): every mean is moved a little along its errors for one seed, that seed in all rows at once, and the
    squares of the changes of the measure are summed. What a seed does to many rows together, as common demand and
    weather do, stays together. What it does to one row alone is small in the sum over rows and is also part of the
    spread between rows, so intervals are a little too wide rather than too narrow.

    Parameters
    ----------
    measure : from means of rows to (…,) measures.
    """
    total: Floats = np.zeros_like(measure(values.means))
    for error in values.errors.T if values.replicated else ():
        ends = [measure(values.means + sign * STEP * error) for sign in (1.0, -1.0)]
        total += ((ends[0] - ends[1]) / (2.0 * STEP)) ** 2
    return np.sqrt(total)


def interval(
    value: Floats, by_unit: Floats, by_seed: Floats, units: npt.ArrayLike, seeds: int, confidence: float
) -> tuple[Floats, Floats]:
    """Return both ends of an interval of Student's t, with the degrees of freedom of Welch (1947) and Satterthwaite.

    Parameters
    ----------
    by_unit, by_seed : standard errors that come from the independent units of the design and from seeds.
    units, seeds : how many of each there are.
    """
    from scipy.stats import t

    number = np.asarray(units, dtype=np.float64)
    variance = by_unit**2 + by_seed**2
    with np.errstate(invalid="ignore", divide="ignore"):
        weights = by_unit**4 / np.maximum(number - 1.0, 1.0) + by_seed**4 / max(seeds - 1, 1)
        half = np.where(
            variance > 0.0, t.ppf(0.5 + 0.5 * confidence, variance**2 / weights) * np.sqrt(variance), variance
        )
    half = np.where(number > 1, half, np.nan)
    return value - half, value + half
