"""Elementary effects of Morris trajectories."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scenarios.analysis.replicates import Floats

Ints = npt.NDArray[np.int64]


class Trajectories(NamedTuple):
    """Where each parameter changes: rows (T, D) before and after, and by how much it changes there (T, D)."""

    before: Ints
    after: Ints
    change: Floats
    levels: int

    def of(self, chosen: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "Trajectories":
        """Return some of the trajectories."""
        return Trajectories(self.before[chosen], self.after[chosen], self.change[chosen], self.levels)


def trajectories_of(sample: Floats) -> Trajectories | None:
    """Return the steps of a Morris sample in SALib's order; None where the sample is none.

    A trajectory has D + 1 rows; from each to the next one column changes, by L / (2 (L − 1)) of its range with L
    levels, and every column changes once.
    """
    rows, columns = sample.shape
    if rows == 0 or rows % (columns + 1):
        return None
    starts = np.arange(0, rows, columns + 1)
    steps = np.diff(sample.reshape(len(starts), columns + 1, columns), axis=1)
    moved = np.abs(steps) > 1e-9
    once = (moved.sum(axis=1) == 1).all() and (moved.sum(axis=2) == 1).all()
    size = np.abs(steps[moved])
    if not once or np.ptp(size) > 1e-9 or size[0] <= 0.5:
        return None
    at = moved.argmax(axis=1)  # the step at which each column changes
    change = np.take_along_axis(steps, at[:, None, :], axis=1)[:, 0, :]
    before = starts[:, None] + at
    return Trajectories(before, before + 1, change, round(2.0 * size[0] / (2.0 * size[0] - 1.0)))


def effects(means: Floats, steps: Trajectories) -> Floats:
    """Return the elementary effects (T, D, …): change of outcome over change of parameter in its range."""
    apart = means[steps.after] - means[steps.before]
    return apart / steps.change.reshape(steps.change.shape + (1,) * (apart.ndim - 2))


def measures(elementary: Floats) -> Floats:
    """Return mean, mean size and standard deviation (3, D) of elementary effects (T, D), as SALib has them."""
    spread = elementary.std(axis=0, ddof=1) if len(elementary) > 1 else np.full(elementary.shape[1], np.nan)
    return np.stack([elementary.mean(axis=0), np.abs(elementary).mean(axis=0), spread])


def by_salib(sample: Floats, means: Floats, levels: int) -> Floats:
    """Return the measures (3, D) that SALib gives for whole trajectories."""
    from SALib.analyze import morris

    columns = sample.shape[1]
    problem = {"num_vars": columns, "names": [str(i) for i in range(columns)], "bounds": [[0.0, 1.0]] * columns}
    found = morris.analyze(problem, sample, means, num_levels=levels, num_resamples=2, seed=0)
    return np.array([np.asarray(found[name], dtype=np.float64) for name in ("mu", "mu_star", "sigma")])


def measure_errors(elementary: Floats, resamples: int, rng: np.random.Generator) -> Floats:
    """Return the standard errors (3, D) that come from trajectories, which are drawn with replacement."""
    number = len(elementary)
    drawn = [measures(elementary[rng.integers(number, size=number)]) for _ in range(resamples)]
    return np.std(drawn, axis=0, ddof=1)
