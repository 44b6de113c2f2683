"""The tables of a comparison: from the outcomes of its runs, and from those means and paired differences."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from scenarios.comparison_arms import Arm
from scenarios.run_pool import Outcome
from scenarios.statistics import estimate, paired_baseline, paired_difference

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]


def tables_of_outcomes(arms: Sequence[Arm], outcomes: Sequence[Outcome]) -> "dict[str, pd.DataFrame]":
    """Return the tables `kpis`, `prices`, `failures` and `warnings` of a comparison's runs."""
    import pandas as pd

    kpis: dict[str, list[Any]] = {"arm": [], "seed": [], "kpi": [], "value": []}
    prices: list[pd.DataFrame] = []
    failures: list[tuple[str, int, str, str]] = []
    warnings: list[tuple[str, int, str]] = []
    for outcome in outcomes:
        arm = arms[outcome.scenario].label
        if outcome.failed or outcome.prices is None:
            failures.append((arm, outcome.seed, outcome.stage, outcome.message))
            continue
        kpis["arm"] += [arm] * len(outcome.kpis)
        kpis["seed"] += [outcome.seed] * len(outcome.kpis)
        kpis["kpi"] += list(outcome.kpis)
        kpis["value"] += list(outcome.kpis.values())
        prices.append(outcome.prices.assign(arm=arm, seed=outcome.seed))
        warnings += [(arm, outcome.seed, text) for text in outcome.warnings]
    columns = ["arm", "seed", "period", "year", "month", "instrument", "venue", "price", "volume"]
    money = arms[0].scenario.money.currency.en
    tables = {
        "kpis": pd.DataFrame(kpis).astype({"seed": "int64", "value": "float64"}),
        "prices": pd.concat(prices, ignore_index=True)[columns] if prices else pd.DataFrame(columns=columns),
        "failures": pd.DataFrame(failures, columns=["arm", "seed", "stage", "message"]),
        "warnings": pd.DataFrame(warnings, columns=["arm", "seed", "warning"]),
    }
    tables["prices"].attrs["units"] = {"price": f"{money}/unit", "volume": "units"}
    return tables


def summary_of(
    kpis: "pd.DataFrame", arms: Sequence[str], seeds: Sequence[int], units: Mapping[str, str]
) -> "pd.DataFrame":
    """Return one row per arm and indicator: mean over seeds, its interval, and how many seeds have the indicator."""
    rows = [
        {"arm": arm, "kpi": kpi, "mean": one.mean, "low": one.low, "high": one.high, "n": one.n}
        for arm, by_kpi in _values(kpis, arms, seeds, units).items()
        for kpi, values in by_kpi.items()
        for one in (estimate(values),)
    ]
    return _frame(rows, ("arm", "kpi", "mean", "low", "high", "n"), units)


def differences_of(
    kpis: "pd.DataFrame", arms: Sequence[str], seeds: Sequence[int], units: Mapping[str, str], baseline: str
) -> "pd.DataFrame":
    """Return one row per other arm and indicator: mean paired difference, its interval, n, and all three relative."""
    values = _values(kpis, arms, seeds, units)
    rows = []
    for arm in arms:
        if arm == baseline:
            continue
        for kpi, own in values[arm].items():
            base = values[baseline][kpi]
            one = paired_difference(own, base)
            size = abs(paired_baseline(own, base))
            row = {"arm": arm, "kpi": kpi, "difference": one.mean, "low": one.low, "high": one.high, "n": one.n}
            ends = {"relative": one.mean, "relative_low": one.low, "relative_high": one.high}
            rows.append(row | {name: end / size if size > 0 else np.nan for name, end in ends.items()})
    columns = ("arm", "kpi", "difference", "low", "high", "n", "relative", "relative_low", "relative_high")
    return _frame(rows, columns, units)


def _values(
    kpis: "pd.DataFrame", arms: Sequence[str], seeds: Sequence[int], units: Iterable[str]
) -> dict[str, dict[str, Floats]]:
    """Return the values (seeds,) of every arm and indicator; NaN where a run failed or has no such indicator."""
    column = {seed: index for index, seed in enumerate(seeds)}
    found = {arm: {kpi: np.full(len(seeds), np.nan) for kpi in units} for arm in arms}
    for arm, seed, kpi, value in kpis[["arm", "seed", "kpi", "value"]].itertuples(index=False):
        found[arm][kpi][column[seed]] = value
    return found


def _frame(rows: list[dict[str, Any]], columns: Sequence[str], units: Mapping[str, str]) -> "pd.DataFrame":
    import pandas as pd

    frame = pd.DataFrame(rows, columns=list(columns))
    frame["unit"] = [units[kpi] for kpi in frame["kpi"]]
    return frame
