"""Which policy holds up when nobody knows which world will come: regret, worst case, mean and spread, satisficing.

The value of a policy in a world is its mean over seeds. Policies are compared over the seeds and worlds in which all of
them have a value, so that none looks good because its bad worlds are missing; worlds left out are counted, and so are
failed runs. Definitions: Savage (1951) for regret, Wald (1950) for the worst case, Simon (1956) for satisficing, as
compared by McPhail et al. (2018).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from scenarios.analysis.conditions import Condition, shares
from scenarios.analysis.replicates import Floats
from scenarios.pareto import Direction, pareto_front
from scenarios.statistics import CONFIDENCE

if TYPE_CHECKING:
    import pandas as pd

METRICS = ("mean", "deviation", "mean_variance", "worst", "regret_mean", "regret_90", "regret_max")
LESS_IS_BETTER = ("deviation", "regret_mean", "regret_90", "regret_max")
"""Metrics of which less is better, whatever the outcome's direction."""


def robustness(runs: "pd.DataFrame", directions: Mapping[str, Direction], caution: float = 1.0) -> "pd.DataFrame":
    """Return robustness metrics of every policy.

    Parameters
    ----------
    runs : the frame of runs of a design in which policies are crossed with worlds.
    directions : the outcomes, and whether lower or higher is better.
    caution : by how many standard deviations over worlds ``mean_variance`` moves the mean to the worse side.

    Returns
    -------
    A row per policy, outcome and metric, in the outcome's unit. ``mean`` and ``deviation`` (standard deviation) over
    worlds; ``mean_variance``, see above; ``worst``, the worst world (its best policy is the minimax or maximin choice);
    ``regret_mean``, ``regret_90`` (90 % quantile) and ``regret_max`` of the distance to the best policy in each world.
    ``best`` marks the best policy of each metric; ``n`` worlds are used, ``left_out`` are not, ``failed`` counts the
    policy's runs without a value.
    """
    import pandas as pd

    rows = []
    for outcome, direction in directions.items():
        tables, left_out, failed = by_world(runs, [outcome])
        values = tables[outcome].to_numpy()
        sign = 1.0 if direction == "lower" else -1.0
        found = _metrics(sign * values, sign, caution)
        for metric, numbers in found.items():
            losses = numbers if metric in LESS_IS_BETTER else sign * numbers
            best = losses <= np.nanmin(losses) if np.isfinite(losses).any() else np.zeros(len(losses), dtype=bool)
            rows += [
                (int(policy), outcome, metric, numbers[i], bool(best[i]), len(values), left_out, failed[policy])
                for i, policy in enumerate(tables[outcome].columns)
            ]
    names = ["policy", "outcome", "metric", "value", "best", "n", "left_out", "failed"]
    result = pd.DataFrame(rows, columns=names)
    units = runs.attrs.get("units", {})
    result.attrs["units"] = {outcome: units[outcome] for outcome in directions if outcome in units}
    return result


def regret(runs: "pd.DataFrame", outcome: str, direction: Direction) -> "pd.DataFrame":
    """Return the regret of each policy in each world: how much worse it is than the best policy there.

    Returns
    -------
    One row a world in which all policies have a value, one column a policy.
    """
    table = by_world(runs, [outcome])[0][outcome]
    best = table.min(axis=1) if direction == "lower" else table.max(axis=1)
    return table.sub(best, axis=0).abs()


def satisficing(
    runs: "pd.DataFrame", conditions: Sequence[Condition], share: float = 0.5, confidence: float = CONFIDENCE
) -> "pd.DataFrame":
    """Return in which share of worlds each policy meets all conditions.

    Parameters
    ----------
    conditions : what has to be met.
    share : a world meets them if more than this share of its runs do; runs that cannot be judged are left out.

    Returns
    -------
    A row a policy: ``value`` with its Wilson (1927) interval ``low`` to ``high`` over worlds, ``n`` worlds,
    ``left_out`` worlds of which no run can be judged, ``failed`` runs that cannot.
    """
    import pandas as pd
    from scipy.stats import binomtest

    judged = shares(runs, conditions, ["policy", "world"])
    rows = []
    for policy, worlds in judged.groupby("policy"):
        known = worlds[worlds["n"] > 0]
        met, number = int((known["share"] > share).sum()), len(known)
        ends = binomtest(met, number).proportion_ci(confidence, "wilson") if number else (np.nan, np.nan)
        value = met / number if number else np.nan
        rows.append((int(policy), value, *ends, number, len(worlds) - number, int(worlds["failed"].sum())))
    return pd.DataFrame(rows, columns=["policy", "value", "low", "high", "n", "left_out", "failed"])


def policy_front(
    runs: "pd.DataFrame", directions: Mapping[str, Direction], tolerance: float | Sequence[float] = 0.0
) -> "pd.DataFrame":
    """Return the mean of each outcome by policy, and which policies no other one beats in all of them.

    Parameters
    ----------
    tolerance : by how much, in the outcomes' units, a policy may be worse before it counts as beaten.

    Returns
    -------
    A row a policy: ``policy``, a column an outcome (mean over the worlds in which all policies have all outcomes),
    ``front``, ``n`` worlds, ``left_out`` ones, ``failed`` runs.
    """
    import pandas as pd

    tables, left_out, failed = by_world(runs, list(directions))
    means = pd.DataFrame({outcome: table.mean() for outcome, table in tables.items()})
    front = pareto_front(means.to_numpy(), list(directions.values()), tolerance)
    worlds = len(next(iter(tables.values())))
    found = means.assign(front=front, n=worlds, left_out=left_out, failed=failed)
    found = found.rename_axis("policy").reset_index()
    units = runs.attrs.get("units", {})
    found.attrs["units"] = {outcome: units[outcome] for outcome in directions if outcome in units}
    return found


def by_world(runs: "pd.DataFrame", outcomes: Sequence[str]) -> "tuple[dict[str, pd.DataFrame], int, pd.Series[int]]":
    """Return means over the seeds in which all policies have all outcomes.

    Returns
    -------
    By outcome a table with a row a world and a column a policy; how many worlds have no such seed; and by policy the
    runs that lack an outcome.
    """
    import pandas as pd

    usable = np.isfinite(runs[list(outcomes)].to_numpy(dtype=np.float64)).all(axis=1)
    failed = runs[["policy"]].assign(failed=~usable).groupby("policy")["failed"].sum().astype("int64")
    kept = runs[usable]
    together = kept.groupby(["world", "seed"])["policy"].transform("nunique") == len(failed)
    means = kept[together].groupby(["world", "policy"])
    policies = pd.Index(failed.index, name="policy")
    tables = {outcome: means[outcome].mean().unstack("policy").reindex(columns=policies) for outcome in outcomes}
    return tables, runs["world"].nunique() - len(next(iter(tables.values()))), failed


def _metrics(losses: Floats, sign: float, caution: float) -> dict[str, Floats]:
    """Return metrics by name; losses (worlds, policies) are outcomes of which less is better."""
    if not len(losses):
        return dict.fromkeys(METRICS, np.full(losses.shape[1], np.nan))
    mean = losses.mean(axis=0)
    deviation = losses.std(axis=0, ddof=1) if len(losses) > 1 else np.full_like(mean, np.nan)
    apart = losses - losses.min(axis=1, keepdims=True)
    found = (
        sign * mean, deviation, sign * (mean + caution * deviation), sign * losses.max(axis=0), apart.mean(axis=0),
        np.quantile(apart, 0.9, axis=0), apart.max(axis=0),
    )  # fmt: skip
    return dict(zip(METRICS, found, strict=True))
