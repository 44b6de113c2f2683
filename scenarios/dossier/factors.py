"""Which factors move an outcome most, read from the sweeps of a dossier."""

from typing import TYPE_CHECKING

import numpy as np

from scenarios.dossier.gathering import RANKING, WORLDS, Found

if TYPE_CHECKING:
    import pandas as pd

MIXED = 0.5
"""With a mean effect below this share of the mean size a factor raises the outcome here and lowers it there."""
RUN_OUTCOMES = ("actual_cost", "accounts_short", "burden_gini")


def outcomes_of(found: Found, runs: "pd.DataFrame") -> list[str]:
    """Return the outcomes that factors are ranked for: the mean price of each right, cost, shortfalls, inequality."""
    names = [*(f"{key}.mean_price" for key in found.scenario.instruments), *RUN_OUTCOMES]
    return [name for name in names if name in runs and np.isfinite(runs[name]).any()]


def indices(found: Found) -> "pd.DataFrame":
    """Return the sensitivities of all outcomes: elementary effects, or first-order indices where these are missing.

    Raises
    ------
    InputError : where a package is missing.
    """
    from scenarios.analysis.sensitivity import sensitivity

    name, rule = (RANKING, "morris") if RANKING in found.runs else (WORLDS, "")
    runs, parameters = found.runs[name], found.sweeps[name].parameters
    outcomes = outcomes_of(found, runs)
    if rule == "morris":
        sample = found.points[name][[f"u.{one.name}" for one in parameters]].to_numpy(dtype=np.float64)
        return sensitivity(runs, parameters, outcomes, rule, sample)
    return sensitivity(runs, parameters, outcomes)


def ranked(table: "pd.DataFrame", outcome: str) -> "pd.DataFrame":
    """Return the factors of an outcome, the most important first: value, low, high, raises (None where neither).

    Factors that move nothing are left out.
    """
    import pandas as pd

    own = table[table["outcome"] == outcome]
    index = "mu_star" if (own["index"] == "mu_star").any() else "first"
    size = own[own["index"] == index].set_index("parameter")
    mean = own[own["index"] == "mu"].set_index("parameter")["value"]
    rows = []
    for name in size.index:
        value = float(size.loc[name, "value"])
        if not np.isfinite(value) or value <= 0.0:
            continue
        signed = float(mean.get(name, np.nan))
        raises = None if not abs(signed) >= MIXED * value else signed > 0.0
        rows.append({"parameter": name, "value": value, "low": float(size.loc[name, "low"]),
                     "high": float(size.loc[name, "high"]), "raises": raises})  # fmt: skip
    frame = pd.DataFrame(rows, columns=["parameter", "value", "low", "high", "raises"])
    frame["raises"] = frame["raises"].astype(object)
    return frame.sort_values("value", ascending=False, kind="stable", ignore_index=True)


def is_morris(table: "pd.DataFrame") -> bool:
    """Return whether a table has elementary effects."""
    return bool((table["index"] == "mu_star").any())
