"""A sweep as a problem of SALib and the function that it is about.

    problem, evaluate = salib_problem(plan.parameters), salib_function(plan, "carbon.mean_price")
    sobol.analyze(problem, evaluate(sample(problem, 64)))

Numbers between two ends are themselves. A whole number, and the place of a value among those that are given (0 is the
first), count by their whole part, so that every one of them has an equal share of the range.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from math import floor
from typing import Any

import numpy as np
import numpy.typing as npt

from scenarios.neighbours.point_function import PointFunction
from scenarios.sweeps.loading import SweepPlan
from scenarios.sweeps.parameters import Parameter

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]


def salib_problem(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Return parameters as a problem of SALib, in their own units.

    A logarithmic scale is SALib's ``logunif``. (On the unit cube, as designs of sweeps have it, it is
    `scenarios.sweeps.designs.salib_problem`.)
    """
    log = [not one.values and one.kind == "continuous" and one.scale == "log" for one in parameters]
    return {
        "num_vars": len(parameters),
        "names": [one.name for one in parameters],
        "bounds": [_bounds(one) for one in parameters],
        "dists": ["logunif" if one else "unif" for one in log],
    }


def salib_function(
    plan: SweepPlan,
    outcomes: str | Sequence[str],
    *,
    seeds: Sequence[int] | None = None,
    executor: Executor | None = None,
) -> Callable[[npt.ArrayLike], Floats]:
    """Return the function that evaluates a sample of SALib.

    Parameters
    ----------
    plan : as `load_sweep` or `sweep_of` return it; its design is not used.
    outcomes : one indicator, or several.
    seeds : others than those of the sweep. Outcomes are means over the seeds.
    executor : of the standard library's interface; by default everything runs in this process.

    Returns
    -------
    Function of a matrix (points, parameters) in the order of ``plan.parameters``; it returns (points,) for one outcome
    and (points, outcomes) for several; ValueError where the matrix does not fit. A value is NaN where a run failed or
    has none, which the log says: SALib's Sobol analysis answers one NaN with indices of zero, silently.
    """
    names = [outcomes] if isinstance(outcomes, str) else list(outcomes)
    row = _Row(PointFunction.of(plan, names, seeds))
    low, high = np.array([_bounds(one) for one in plan.parameters]).T
    slack = 1e-12 * np.maximum(np.abs(low), np.abs(high))  # what samples lose in the last digit

    def evaluate(matrix: npt.ArrayLike) -> Floats:
        sample = np.atleast_2d(np.asarray(matrix, dtype=np.float64))
        if sample.shape[1] != len(plan.parameters):
            raise ValueError(
                f"the sample has {sample.shape[1]} columns and the sweep {len(plan.parameters)} parameters"
            )
        outside = np.flatnonzero(((sample < low - slack) | (sample > high + slack)).any(axis=0))
        if outside.size:
            raise ValueError(f"the sample leaves the range of {plan.parameters[outside[0]].name}")
        found = np.array(list((executor.map if executor else map)(row, sample.tolist())), dtype=np.float64)
        unknown = int(np.isnan(found).any(axis=1).sum())
        if unknown:
            log.warning("%d of %d points have no value; analyses of SALib need one everywhere", unknown, len(found))
        return found[:, 0] if isinstance(outcomes, str) else found

    return evaluate


@dataclass(frozen=True, slots=True)
class _Row:
    """The function of one row of a sample; an object, so that it can be sent to other processes."""

    function: PointFunction

    def __call__(self, row: list[float]) -> list[float]:
        parameters = self.function.parameters
        values = {one.name: _value(one, number) for one, number in zip(parameters, row, strict=True)}
        return list(self.function(**values).values())


def _bounds(one: Parameter) -> list[float]:
    if one.values:
        return [0.0, float(len(one.values))]
    low, high = one.ends
    return [low, high + 1.0] if one.kind == "integer" else [low, high]


def _value(one: Parameter, number: float) -> Any:
    if one.values:
        return one.values[min(max(floor(number), 0), len(one.values) - 1)]
    low, high = one.ends
    return min(max(floor(number), int(low)), int(high)) if one.kind == "integer" else number
