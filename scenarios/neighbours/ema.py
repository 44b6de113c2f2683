"""A sweep as a model of the EMA Workbench: uncertainties, levers and outcomes as the sweep declares them.

    experiments, outcomes = SequentialEvaluator(ema_model(plan)).perform_experiments(scenarios=100, policies=4)

Outcomes that are better low are minimised in its searches, those that are better high maximised; where a run fails
they are NaN.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scenarios.neighbours.point_function import PointFunction
from scenarios.sweeps.designs import missing
from scenarios.sweeps.loading import SweepPlan
from scenarios.sweeps.parameters import Parameter

if TYPE_CHECKING:
    from ema_workbench import Model


def ema_model(plan: SweepPlan, *, outcomes: Sequence[str] | None = None, seeds: Sequence[int] | None = None) -> "Model":
    """Return a sweep as a model of the EMA Workbench.

    Parameters
    ----------
    plan : as `load_sweep` or `sweep_of` return it; its design is not used, the Workbench samples itself.
    outcomes, seeds : others than those of the sweep. Outcomes are means over the seeds.

    Notes
    -----
    The Workbench samples evenly between low and high; on a logarithmic scale too, by a distribution of its own.

    Raises
    ------
    InputError : where the EMA Workbench is not installed.
    """
    try:
        from ema_workbench import Constant, Model, ScalarOutcome
    except ImportError:
        raise missing("ema_workbench", "models of the EMA Workbench", "analysis") from None
    function = PointFunction.of(plan, outcomes, seeds)
    model = Model(re.sub(r"[^0-9A-Za-z]", "", plan.sweep.name), function=function)
    varied = [one for one in plan.parameters if len(one.values) != 1]
    model.uncertainties = [_parameter(one) for one in varied if one.role == "uncertainty"]
    model.levers = [_parameter(one) for one in varied if one.role == "lever"]
    model.constants = [Constant(one.name, one.values[0]) for one in plan.parameters if one not in varied]
    kinds = {"lower": ScalarOutcome.MINIMIZE, "higher": ScalarOutcome.MAXIMIZE, "neutral": ScalarOutcome.INFO}
    model.outcomes = [ScalarOutcome(name, kinds[direction_of(name)]) for name in function.outcomes]
    return model


def direction_of(outcome: str) -> str:
    """Return whether an indicator is better low or high, or neither."""
    from scenarios.kpis import declared

    key, *inner = outcome.split(".")
    return declared(outcome if len(inner) < 2 else f"{key}.{inner[-1]}").direction


def _parameter(one: Parameter) -> Any:
    from ema_workbench import BooleanParameter, CategoricalParameter, IntegerParameter, RealParameter

    if one.kind == "switch":
        return BooleanParameter(one.name)
    if one.values:
        return CategoricalParameter(one.name, list(one.values))
    low, high = one.ends
    if one.kind == "integer":
        return IntegerParameter(one.name, int(low), int(high))
    if one.scale == "log":
        from scipy.stats import loguniform

        return RealParameter.from_dist(one.name, loguniform(low, high), pff=False)
    return RealParameter(one.name, low, high)
