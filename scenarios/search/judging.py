"""From the runs of policies to their objectives, constraints, feasibility and the front."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.pareto import pareto_front
from scenarios.search.constraints import Constraint, Judged, judged
from scenarios.search.declared import Objective
from scenarios.search.loading import SearchPlan

if TYPE_CHECKING:
    import pandas as pd

MOST_FAILED = 0.05
"""Share of a policy's runs that may fail; beyond it no constraint and no objective can be trusted."""


@dataclass(frozen=True)
class Policy:
    """A policy that went through the worlds.

    Attributes
    ----------
    trial : its number.
    values : of the decisions, by name.
    objectives : by name; regret is left to `with_regret`, as it depends on the other policies.
    by_world : mean over seeds of each objective that is a regret, a row a world.
    judged : how it stands to each constraint, by text.
    """

    trial: int
    values: Mapping[str, Any]
    objectives: Mapping[str, float]
    by_world: "pd.DataFrame"
    judged: Mapping[str, Judged]
    runs: int
    failed: int

    @property
    def sound(self) -> bool:
        """Whether so few runs failed that the rest speaks for the policy."""
        return self.failed <= MOST_FAILED * self.runs

    @property
    def feasible(self) -> bool:
        """Whether it keeps every constraint and hardly a run failed."""
        return self.sound and all(one.kept for one in self.judged.values())

    @property
    def violations(self) -> dict[str, float]:
        """How far each constraint is missed, at most 0 where it is kept; too many failed runs are one more."""
        found = {text: one.violation for text, one in self.judged.items()}
        return found | {"failed runs": self.failed / self.runs - MOST_FAILED}


def policy_of(
    trial: int, values: Mapping[str, Any], runs: "pd.DataFrame", plan: SearchPlan, constraints: Sequence[Constraint]
) -> Policy:
    """Return how the runs of one policy fared."""
    succeeded = runs[runs["stage"] == ""]
    objectives = {one.name: statistic(one, succeeded) for one in plan.search.objectives}
    objectives |= {
        name: float(function(succeeded)) if len(succeeded) else np.nan for name, function in plan.functions.items()
    }
    wanted = sorted({one.outcome for one in plan.search.objectives if one.statistic == "regret"})
    by_world = succeeded.groupby("world")[wanted].mean() if wanted else succeeded[[]].iloc[:0]
    kept = {one.text: judged(one, runs) for one in constraints}
    return Policy(trial, dict(values), objectives, by_world, kept, len(runs), len(runs) - len(succeeded))


def statistic(one: Objective, runs: "pd.DataFrame") -> float:
    """Return a statistic of the runs that succeeded; NaN where there is none, and of a regret."""
    values = runs[one.outcome].to_numpy(dtype=np.float64)
    values = values[np.isfinite(values)]
    if not values.size or one.statistic == "regret":
        return np.nan
    if one.statistic.startswith("quantile"):
        return float(np.quantile(values, float(one.statistic.split()[1])))
    of = {"mean": np.mean, "median": np.median, "max": np.max, "min": np.min}
    return float(of[one.statistic](values))


def with_regret(policies: Sequence[Policy], plan: SearchPlan) -> list[dict[str, float]]:
    """Return the objectives of every policy, regrets among all of them included.

    In a world the loss of a policy is how much worse it does, in the mean over seeds, than the best sound policy there;
    its regret is the largest loss over worlds, and NaN where it has no value in one of them.
    """
    import pandas as pd

    found = [dict(one.objectives) for one in policies]
    for one in plan.search.objectives:
        if one.statistic != "regret":
            continue
        table = pd.DataFrame({policy.trial: policy.by_world[one.outcome] for policy in policies})
        best = table[[policy.trial for policy in policies if policy.sound]]
        loss = table.sub(best.min(axis=1), axis=0) if one.direction == "lower" else -table.sub(best.max(axis=1), axis=0)
        regret = loss.max(axis=0).where(loss.notna().all(axis=0))
        for row, policy in zip(found, policies, strict=True):
            row[one.name] = float(regret[policy.trial])
    return found


def policies_table(policies: Sequence[Policy], plan: SearchPlan) -> "pd.DataFrame":
    """Return one row per policy: trial, decisions, objectives, probabilities with their intervals, feasible, front."""
    import pandas as pd

    objectives = with_regret(policies, plan)
    rows = []
    for policy, values in zip(policies, objectives, strict=True):
        row: dict[str, Any] = {"trial": policy.trial, **policy.values, **values}
        for text, one in policy.judged.items():
            row |= {text: one.value, f"{text} | low": one.low, f"{text} | high": one.high}
        rows.append(row | {"runs": policy.runs, "failed": policy.failed, "feasible": policy.feasible})
    table = pd.DataFrame(rows)
    front = np.zeros(len(table), dtype=np.bool_)
    if plan.objectives and len(table):
        ways: Any = plan.directions
        feasible = table["feasible"].to_numpy(dtype=np.bool_)
        front[feasible] = pareto_front(table.loc[feasible, list(plan.objectives)], ways) if feasible.any() else False
    table["front"] = front
    table.attrs["units"] = {}
    return table


def constraints_table(policies: Sequence[Policy]) -> "pd.DataFrame":
    """Return one row per policy and constraint: the probability or statistic, its interval, whether it is kept."""
    import pandas as pd

    columns = ["trial", "constraint", "value", "low", "high", "kept", "runs", "failed", "unknown"]
    rows = [
        (policy.trial, text, one.value, one.low, one.high, one.kept, one.runs, one.failed, one.unknown)
        for policy in policies
        for text, one in policy.judged.items()
    ]
    return pd.DataFrame(rows, columns=columns)
