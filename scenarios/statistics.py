"""Means over seeds with their intervals, and paired differences: pure functions of arrays, one value a seed."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its interval.

    Attributes
    ----------
    mean : of the values that are numbers; NaN if there is none.
    error : standard error of the mean, s/√n; NaN below two values.
    low, high : the interval mean ∓ t·s/√n with n − 1 degrees of freedom (Student 1908); NaN below two values.
    n : how many values are numbers.
    """

    mean: float
    error: float
    low: float
    high: float
    n: int

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of zero; False where there is no interval."""
        return self.low > 0.0 or self.high < 0.0


def estimate(values: npt.ArrayLike, confidence: float = CONFIDENCE) -> Estimate:
    """Return the mean over seeds and its interval.

    Parameters
    ----------
    values : (seeds,) one value a seed; NaN where an indicator could not be worked out, which is left out and counted.
    confidence : share of samples whose interval holds the true mean, if means are about normal.
    """
    given = np.asarray(values, dtype=np.float64)
    used = given[np.isfinite(given)]
    n = int(used.size)
    if n == 0:
        return Estimate(np.nan, np.nan, np.nan, np.nan, 0)
    if (used == used[0]).all():  # what does not vary has no error, and none from rounding either
        mean, error = float(used[0]), 0.0 if n > 1 else np.nan
    else:
        mean, error = float(used.mean()), float(used.std(ddof=1)) / float(np.sqrt(n))
    half = error * _quantile(n - 1, confidence) if n > 1 else np.nan
    return Estimate(mean, error, mean - half, mean + half, n)


def paired_difference(arm: npt.ArrayLike, baseline: npt.ArrayLike, confidence: float = CONFIDENCE) -> Estimate:
    """Return the mean of arm − baseline over the seeds that both have, and its interval.

    What a seed does to both arms alike (its demand, its weather) drops out, so that the interval is narrower than that
    of two independent samples wherever the arms move together.

    Parameters
    ----------
    arm, baseline : (seeds,) one value a seed, seeds in the same order.
    """
    return estimate(np.asarray(arm, dtype=np.float64) - np.asarray(baseline, dtype=np.float64), confidence)


def paired_baseline(arm: npt.ArrayLike, baseline: npt.ArrayLike) -> float:
    """Return the baseline's mean over the seeds that both arms have: what a relative difference is relative to."""
    both = np.isfinite(np.asarray(arm, dtype=np.float64)) & np.isfinite(np.asarray(baseline, dtype=np.float64))
    return estimate(np.where(both, baseline, np.nan)).mean


@lru_cache(maxsize=1024)
def _quantile(degrees: int, confidence: float) -> float:
    from scipy.stats import t

    return float(t.ppf(0.5 + 0.5 * confidence, degrees))
