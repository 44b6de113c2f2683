"""What counts as a failure of the policy, and where in the sampled worlds it happens.

Without conditions of one's own: a right of which less than 98 % of what is due is surrendered; a price near the most
that anybody would pay (the ceiling or the penalty), or half as high again as in the base run; a cost a fifth above it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.analysis.conditions import Condition, holds, parse_conditions
from scenarios.schema import Scenario
from scenarios.sweeps.outcomes import outcome_names

if TYPE_CHECKING:
    import pandas as pd

LEAST_COMPLIANCE = 0.98
NEAR = 0.9
DEAR, COSTLY = 1.5, 1.2
FEWEST_CASES = 5
"""With fewer runs on one side than this nothing can be said about where a failure happens."""


@dataclass(frozen=True, slots=True)
class Failing:
    """A condition that counts as a failure.

    Attributes
    ----------
    kind : compliance, price, dear, cost, or given by the user.
    reference : what the bound was taken from, such as the ceiling; NaN where nothing was.
    """

    condition: Condition
    kind: str
    reference: float = np.nan

    @property
    def right(self) -> str:
        """The right that it is about, empty for the whole run."""
        return self.condition.outcome.rpartition(".")[0].partition(".")[0]


def failings_of(scenario: Scenario, kpis: "pd.Series[float]", given: Sequence[str] = ()) -> tuple[Failing, ...]:
    """Return the conditions of failure: those that are given, or by default some that any scenario has.

    Parameters
    ----------
    kpis : of the base run.

    Raises
    ------
    InputError : where a given condition cannot be read.
    """
    if given:
        read = parse_conditions(tuple(given), outcome_names(scenario), "dossier")
        return tuple(Failing(condition, "given") for condition in read)
    found: list[Failing] = []
    for key, rule in scenario.instruments.items():
        found.append(Failing(Condition(f"{key}.compliance_rate", "<", LEAST_COMPLIANCE), "compliance"))
        top = highest_price(rule)
        base = float(kpis.get(f"{key}.mean_price", np.nan))
        if top is not None:
            found.append(Failing(Condition(f"{key}.last_price", ">=", _clean(NEAR * top)), "price", top))
        if np.isfinite(base) and base > 0.0:
            found.append(Failing(Condition(f"{key}.mean_price", ">", _clean(DEAR * base)), "dear", base))
    cost = float(kpis.get("actual_cost", np.nan))
    if np.isfinite(cost) and cost > 0.0:
        found.append(Failing(Condition("actual_cost", ">", _clean(COSTLY * cost)), "cost", cost))
    return tuple(found)


def highest_price(rule: Any) -> float | None:
    """Return the price of a right that nobody would exceed: a fixed ceiling, or the penalty; None without either."""
    ceilings = [
        max(ceiling.prices.values())
        for one in rule.containment
        if one.kind == "collar" and (ceiling := getattr(one, "ceiling", None)) is not None
    ]
    if ceilings:
        return float(max(ceilings))
    penalty = rule.penalty
    level = penalty.rate if penalty.kind == "flat" else penalty.ceiling
    return float(level) if level else None


def counted(runs: "pd.DataFrame", failings: Sequence[Failing]) -> "pd.DataFrame":
    """Return in how many of the runs each condition holds: condition, kind, n judged, cases, share, failed."""
    import pandas as pd

    rows = []
    for one in failings:
        found = holds(runs, [one.condition]) if one.condition.outcome in runs else np.full(len(runs), np.nan)
        judged = int(np.isfinite(found).sum())
        cases = int(np.nansum(found))
        rows.append(
            {
                "condition": str(one.condition), "kind": one.kind, "outcome": one.condition.outcome,
                "operator": one.condition.operator, "bound": one.condition.bound, "cases": cases, "n": judged,
                "share": cases / judged if judged else np.nan, "without_value": len(runs) - judged,
            }
        )  # fmt: skip
    columns = ["condition", "kind", "outcome", "operator", "bound", "cases", "n", "share", "without_value"]
    return pd.DataFrame(rows, columns=columns)


def searchable(row: Mapping[Any, Any]) -> bool:
    """Return whether a condition holds in enough runs, and fails to in enough, for a search of where it does."""
    return bool(row["cases"] >= FEWEST_CASES and row["n"] - row["cases"] >= FEWEST_CASES)


def _clean(value: float) -> float:
    return float(f"{value:.4g}")
