"""Which parameters of a sweep matter, by the method that fits how its points were chosen."""

from typing import TYPE_CHECKING

import numpy as np

from scenarios.sweep_choice import crossed
from scenarios.sweeps.designs import UNIT_CUBE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from scenarios.sweeps.parameters import Parameter
    from scenarios.sweeps.results import SweepResult

SAMPLED = ("sobol", "morris")


def sensitivity_of(result: "SweepResult", outcomes: "Sequence[str]") -> "pd.DataFrame":
    """Return indices of every parameter that varies, as `scenarios.analysis.sensitivity.sensitivity` gives them.

    Where levers are crossed with a Sobol or Morris sample of worlds, the indices of uncertainties are those of the mean
    over the policies that have a run in every world, and levers have none; ``attrs["policies"]`` counts the policies.
    """
    from scenarios.analysis.sensitivity import sensitivity

    runs, parameters = result.runs, result.parameters
    roles = {one.role for one in parameters}
    design = result.design
    if not crossed(result):
        found = sensitivity(runs, parameters, outcomes, design.kind, _sample(result.points, parameters))
    elif len(roles) == 1:
        rule = (design.levers if roles == {"lever"} else design.uncertainties).kind
        found = sensitivity(runs, parameters, outcomes, rule, _sample(result.points, parameters))
    elif design.uncertainties.kind in SAMPLED and len(whole := _whole_policies(result)):
        worlds = [one for one in parameters if one.role == "uncertainty"]
        sample = _sample(result.points.drop_duplicates("world"), worlds)
        part = runs[runs["policy"].isin(whole)]
        part.attrs = dict(runs.attrs)
        found = sensitivity(part, worlds, outcomes, design.uncertainties.kind, sample, "world")
        found.attrs["policies"] = len(whole)
    else:
        found = sensitivity(runs, parameters, outcomes)
    return found


def _sample(points: "pd.DataFrame", parameters: "Sequence[Parameter]") -> "np.typing.NDArray[np.float64]":
    return points[[f"{UNIT_CUBE}{one.name}" for one in parameters]].to_numpy(dtype=np.float64)


def _whole_policies(result: "SweepResult") -> list[int]:
    """Return the policies that have a run without failure in every world."""
    runs = result.runs[result.runs["stage"] == ""]
    met = runs.groupby("policy")["world"].nunique()
    return [int(policy) for policy in met.index[met == result.points["world"].nunique()]]
