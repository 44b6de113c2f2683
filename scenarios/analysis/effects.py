"""What policy changes: paired differences from a baseline policy, in the same worlds with the same seeds.

The unit of replication is the world: the seeds of a world share its parameters, so the difference of a world is its
mean over seeds, and the interval is that of the mean over worlds (Student's t). With one world only it is the seed.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.statistics import CONFIDENCE, estimate

if TYPE_CHECKING:
    import pandas as pd

MEASURES = ("outcome", "value", "low", "high", "baseline", "n", "unit", "failed")


def policy_effects(
    runs: "pd.DataFrame", outcomes: Sequence[str], baseline: int | Mapping[str, Any] = 0,
    confidence: float = CONFIDENCE,
) -> "pd.DataFrame":  # fmt: skip
    """Return what every other policy changes against a baseline.

    Parameters
    ----------
    runs : the frame of runs of a design in which policies are crossed with worlds.
    baseline : number of the baseline policy, or the values of its levers.

    Returns
    -------
    A row per policy and outcome: ``value`` is the mean difference with its interval ``low`` to ``high``, ``baseline``
    the baseline's mean over the same pairs, ``n`` the units (``unit``: ``world`` or ``seed``) that have a pair,
    ``failed`` the pairs of which a run has no value. ``attrs["units"]`` has the units by outcome.
    """
    number = baseline_number(runs, baseline)
    rows = []
    others = [int(policy) for policy in np.unique(runs["policy"]) if policy != number]
    for policy in others:
        pairs = _pairs(runs[runs["policy"] == policy], runs[runs["policy"] == number], [], outcomes)
        rows += [{"policy": policy, **_effect(pairs, outcome, confidence)} for outcome in outcomes]
    return _table(rows, ("policy",), runs)


def lever_effects(
    runs: "pd.DataFrame", levers: Sequence[str], outcomes: Sequence[str], baseline: int | Mapping[str, Any] = 0,
    confidence: float = CONFIDENCE,
) -> "pd.DataFrame":  # fmt: skip
    """Return what each level of each lever changes against the baseline's level, all other levers being the same.

    Every policy with the level is paired with the policy that differs from it in this lever alone and there has the
    baseline's level; a world's difference is the mean over such pairs and seeds. In a grid of levers these are main
    effects; a level without such a pair of policies has no row.

    Parameters
    ----------
    levers : names of the levers, all of them.
    baseline : see `policy_effects`.

    Returns
    -------
    As `policy_effects`, with ``lever`` and ``level`` in place of the policy.
    """
    number = baseline_number(runs, baseline)
    own = runs.loc[runs["policy"] == number, list(levers)].iloc[0]
    rows = []
    for lever in levers:
        others = [name for name in levers if name != lever]
        start = runs[runs[lever] == own[lever]]
        for level in np.unique(runs[lever].to_numpy()):
            if level == own[lever]:
                continue
            pairs = _pairs(runs[runs[lever] == level], start, others, outcomes)
            if len(pairs):
                rows += [
                    {"lever": lever, "level": level, **_effect(pairs, outcome, confidence)} for outcome in outcomes
                ]
    return _table(rows, ("lever", "level"), runs)


def baseline_number(runs: "pd.DataFrame", baseline: int | Mapping[str, Any]) -> int:
    """Return the number of the baseline policy; raises ValueError where there is none with these lever values."""
    if not isinstance(baseline, Mapping):
        matching = runs["policy"] == baseline
    else:
        matching = runs["policy"] == runs["policy"]
        for name, value in baseline.items():
            matching &= runs[name] == value
    found = np.unique(runs.loc[matching, "policy"])
    if len(found) != 1:
        raise ValueError(f"{len(found)} policies match the baseline {baseline}; give the number of one policy")
    return int(found[0])


def _pairs(
    changed: "pd.DataFrame", start: "pd.DataFrame", others: Sequence[str], outcomes: Sequence[str]
) -> "pd.DataFrame":
    """Return one row a pair of runs that differ in policy alone, outcomes with suffixes ``:changed`` and ``:start``."""
    keys = [*others, "world", "seed"]
    columns = [*keys, *outcomes]
    return changed[columns].merge(start[columns], on=keys, suffixes=(":changed", ":start"))


def _effect(pairs: "pd.DataFrame", outcome: str, confidence: float) -> dict[str, Any]:
    start = pairs[f"{outcome}:start"]
    table = pairs[["world", "seed"]].assign(difference=pairs[f"{outcome}:changed"] - start, start=start)
    usable = table[np.isfinite(table["difference"])]
    unit = "world" if pairs["world"].nunique() > 1 else "seed"
    by_unit = usable.groupby(unit)[["difference", "start"]].mean()
    found = estimate(by_unit["difference"].to_numpy(), confidence)
    return {
        "outcome": outcome, "value": found.mean, "low": found.low, "high": found.high,
        "baseline": float(by_unit["start"].mean()), "n": found.n, "unit": unit, "failed": len(table) - len(usable),
    }  # fmt: skip


def _table(rows: list[dict[str, Any]], first: Sequence[str], runs: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    table = pd.DataFrame(rows, columns=[*first, *MEASURES])
    units = runs.attrs.get("units", {})
    table.attrs["units"] = {outcome: units[outcome] for outcome in table["outcome"].unique() if outcome in units}
    return table
