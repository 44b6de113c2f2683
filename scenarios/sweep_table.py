"""The tidy table that figures of sweeps take: what every arm varies, and the indicators that came of it."""

from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.comparison_arms import written

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.comparison import Comparison


def sweep_table(found: "Comparison") -> "pd.DataFrame":
    """Return one row per arm and indicator: `arm`, a column for each varied path, `kpi`, `value`, `low`, `high`, `n`.

    The value is the mean over seeds. The ends are the 95 % interval of the paired difference from the baseline, put
    around the value: what the seeds do to all arms alike is not part of it. The baseline itself has none, and with one
    seed nothing has. A path whose values are all numbers keeps them; other values are text, as ``--vary`` reads it.
    """
    summary = found.summary.rename(columns={"mean": "value"}).drop(columns=["low", "high"])
    differences = found.differences
    for end in ("low", "high"):
        differences[end] -= differences["difference"]
    summary = summary.merge(differences[["arm", "kpi", "low", "high"]], on=["arm", "kpi"], how="left")
    for end in ("low", "high"):
        summary[end] += summary["value"]
    varied = {arm.label: arm.values for arm in found.arms}
    table = summary[["arm"]].copy()
    for path in paths_of(found):
        values = [varied[arm][path] for arm in found.labels]
        if all(_is_number(value) for value in values):
            table[path] = np.array([float(varied[arm][path]) for arm in summary["arm"]])
        else:
            table[path] = [written(varied[arm][path]) for arm in summary["arm"]]
    for column in ("kpi", "value", "low", "high", "n"):
        table[column] = summary[column].to_numpy()
    return table


def paths_of(found: "Comparison") -> list[str]:
    """Return the paths in which the arms of a comparison differ, in order."""
    return [path for path in found.arms[0].values if len({written(arm.values[path]) for arm in found.arms}) > 1]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
