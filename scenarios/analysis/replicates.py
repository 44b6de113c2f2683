"""An outcome by row of a design: what its mean over seeds is, and how far seeds leave that mean open."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
MOST_TURNS = 100


@dataclass(frozen=True, slots=True)
class Replicates:
    """An outcome's mean over seeds in each row of a design, and the errors of these means.

    A seed is the same demand and weather in every row (common random numbers), so what it adds to all rows alike is
    taken out first; it moves no difference between rows. What is left of a seed in a row, less the row's mean and
    over √(R (R − 1)), is its part of the error: the products of two rows' parts sum to the covariance of their means,
    whether or not seeds move the two rows together, and the squares of one row's sum to the usual s²/R.

    Attributes
    ----------
    means : (rows,) NaN where no run has a value.
    errors : (rows, seeds) parts of the errors of the means; zero where a row has fewer than two values.
    failed : runs without a value: they failed, or the outcome is not defined in them.
    replicated : whether any row has two values, so that errors are known at all.
    """

    means: Floats
    errors: Floats
    failed: int
    replicated: bool

    def of(self, rows: npt.NDArray[np.int64]) -> "Replicates":
        """Return some rows."""
        return replace(self, means=self.means[rows], errors=self.errors[rows])

    @property
    def noise(self) -> float:
        """Mean over rows of the variance of their means that seeds cause; NaN without replication."""
        known = np.isfinite(self.means)
        return float((self.errors[known] ** 2).sum(axis=1).mean()) if self.replicated and known.any() else np.nan

    @property
    def noise_share(self) -> float:
        """Share of the variance between the means of rows that seeds cause; NaN without replication or variance."""
        known = self.means[np.isfinite(self.means)]
        variance = float(known.var(ddof=1)) if known.size > 1 else 0.0
        return self.noise / variance if variance > 0.0 else np.nan


def replicates(runs: "pd.DataFrame", outcome: str, rows: str = "point", count: int | None = None) -> Replicates:
    """Return an outcome by row of a design.

    Parameters
    ----------
    runs : the frame of runs.
    rows : the column that numbers rows of the design: ``point``, or ``world`` where one policy is looked at.
    count : how many rows the design has; by default as many as the runs name.
    """
    row = runs[rows].to_numpy(dtype=np.int64)
    _, seed = np.unique(runs["seed"].to_numpy(), return_inverse=True)
    height = count if count is not None else int(row.max(initial=-1)) + 1
    width = int(seed.max(initial=-1)) + 1
    value = runs[outcome].to_numpy(dtype=np.float64)
    usable = np.isfinite(value)
    sums, counts = np.zeros((height, width)), np.zeros((height, width))
    np.add.at(sums, (row[usable], seed[usable]), value[usable])
    np.add.at(counts, (row[usable], seed[usable]), 1.0)
    table = np.where(counts > 0, sums / np.maximum(counts, 1.0), np.nan)
    return summarised(table, int((~usable).sum()))


def summarised(table: Floats, failed: int = 0) -> Replicates:
    """Return means and errors of a table.

    Parameters
    ----------
    table : (rows, seeds) values, NaN where there is none.
    failed : how many runs have no value.
    """
    known = np.isfinite(table)
    filled = np.where(known, table, 0.0)
    means, seed_effect = _mean(filled, known), np.zeros(table.shape[1])
    # Least squares of row + seed by turns; the first turn is exact where no value is missing.
    for _ in range(MOST_TURNS):
        rest = np.where(known, filled - means[:, None], 0.0)
        found = np.nan_to_num(_mean(rest.T, known.T))
        found -= found.mean() if found.size else 0.0  # a row with every seed keeps its plain mean
        change = np.abs(found - seed_effect).max(initial=0.0)
        seed_effect = found
        means = _mean(np.where(known, filled - seed_effect, 0.0), known)
        if change <= 1e-12 * np.abs(filled).max(initial=0.0):
            break
    rest = np.where(known, filled - seed_effect - means[:, None], 0.0)
    number = known.sum(axis=1)
    scale = np.sqrt(np.maximum(number * (number - 1.0), 1.0))
    errors = np.where((number > 1)[:, None], rest / scale[:, None], 0.0)
    # Sums of equal values differ by rounding; what seeds do not change has no error.
    errors = np.where(np.abs(errors) <= 1e-13 * np.abs(filled).max(initial=0.0), 0.0, errors)
    return Replicates(means, errors, failed, bool((number > 1).any()))


def _mean(values: Floats, known: Bools) -> Floats:
    number = known.sum(axis=1)
    return np.where(number > 0, values.sum(axis=1) / np.maximum(number, 1), np.nan)
