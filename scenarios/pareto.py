"""Which alternatives no other one beats: the Pareto front."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

Direction = Literal["lower", "higher"]


def pareto_front(
    values: npt.ArrayLike, directions: Sequence[Direction], tolerance: npt.ArrayLike = 0.0
) -> npt.NDArray[np.bool_]:
    """Return which rows are not dominated: no other row is at least as good in every column and better in one.

    Parameters
    ----------
    values : (rows, columns); a row with a value that is no number is neither on the front nor beats any other.
    directions : whether lower or higher is better, one a column.
    tolerance : for all columns or one a column: a row stays on the front if none that is no worse anywhere is better by
        more than this somewhere.
    """
    given = np.atleast_2d(np.asarray(values, dtype=np.float64))
    sign = np.array([1.0 if direction == "lower" else -1.0 for direction in directions])
    losses = given * sign
    usable = np.isfinite(losses).all(axis=1)
    front = usable.copy()
    for row in np.flatnonzero(usable):
        others = losses[usable]
        no_worse = (others <= losses[row]).all(axis=1)
        better = (others < losses[row] - np.asarray(tolerance)).any(axis=1)
        front[row] = not (no_worse & better).any()
    return front
