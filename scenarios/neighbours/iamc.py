"""Export in the long format of the IAMC, which `pyam` and the scenario explorers of IIASA read.

One row per model, scenario, region, variable, unit and year; levels of a variable are parted by ``|`` (Huppmann et al.
2021). The least-cost plan is a scenario of its own, beside the run that it is the reference of: as a level below
``Emissions|CO2`` it would be taken for a part of it.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.errors import InputError, Problem
from scenarios.kpis import declared
from scenarios.result_files import versions
from scenarios.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.results import RunResult
    from scenarios.sweeps.results import SweepResult

INDEX = ("model", "scenario", "region", "variable", "unit", "year")
COLUMNS = (*INDEX, "value")
REGION = "World"
"""Region of everything that is not split by region, as pyam has it."""
LEAST_COST = "least cost"


@dataclass(frozen=True, slots=True)
class Words:
    """What a right is called in variables: the right itself, and the flow that it allows."""

    right: str
    flow: str


WORDS = {
    "carbon": Words("Carbon", "Emissions|CO2"),
    "so2": Words("Sulfur", "Emissions|Sulfur"),
    "nox": Words("NOx", "Emissions|NOx"),
    "cod": Words("COD", "Discharge|COD"),
    "nh3n": Words("NH3-N", "Discharge|NH3-N"),
    "water": Words("Water", "Water Withdrawal"),
    "energy": Words("Energy", "Energy Use"),
}
"""The IAMC's own words where it has any; other rights go by their key."""


def iamc_of_run(
    result: "RunResult",
    *,
    model: str | None = None,
    scenario: str | None = None,
    region: str = REGION,
    least_cost: bool = True,
) -> "pd.DataFrame":
    """Return the yearly figures of a run in the long format.

    Parameters
    ----------
    result : as `scenarios.run` returns it.
    model : name of the model; by default QuotaLab with its version.
    scenario : name of the scenario; by default its own and the seed.
    region : name of the region that the scenario is about.
    least_cost : whether to add the least-cost plan, as a scenario with "least cost" after its name.

    Returns
    -------
    DataFrame with the columns model, scenario, region, variable, unit, year, value: one row each, sorted, no NaN.
    """
    name = scenario if scenario is not None else f"{result.scenario.name} seed {result.seed}"
    rows = [(name, *row) for row in _yearly(result.tables, result.scenario)]
    if least_cost:
        rows += [(f"{name} {LEAST_COST}", *row) for row in _planned(result.tables, result.scenario)]
    return _long(model, region, rows)


def iamc_of_runs(
    runs: "pd.DataFrame",
    scenario: Scenario,
    *,
    model: str | None = None,
    name: str | None = None,
    region: str = REGION,
) -> "pd.DataFrame":
    """Return the outcomes of a sweep in the long format: a scenario a run, the last compliance year as the year.

    Parameters
    ----------
    runs : the frame of runs of a sweep; rows that failed are left out.
    scenario : what the sweep varies.
    model, region : as for `iamc_of_run`.
    name : what the scenarios' names begin with; by default the scenario's own. Point and seed follow.

    Notes
    -----
    What was varied is no variable of the format: `iamc_meta` has it.
    """
    units = runs.attrs.get("units", {})
    year = scenario.calendar.start_year + scenario.calendar.years - 1
    columns = list(runs.columns)
    outcomes = columns[columns.index("message") + 1 :]
    names = {outcome: variable_of(outcome) for outcome in outcomes}
    labels = _labels(runs, name or scenario.name)
    rows = [
        (label, names[outcome], str(units.get(outcome) or ""), year, value)
        for outcome in outcomes
        for label, value in zip(labels, runs[outcome].tolist(), strict=True)
    ]
    return _long(model, region, rows)


def iamc_of_sweep(
    result: "SweepResult", *, model: str | None = None, name: str | None = None, region: str = REGION
) -> "pd.DataFrame":
    """Return a sweep in the long format: outcomes in the last compliance year, and the yearly figures of kept tables.

    Parameters
    ----------
    result : of a sweep, finished or not.
    model, region : as for `iamc_of_run`.
    name : what the scenarios' names begin with; by default the name of the sweep. Point and seed follow.
    """
    import pandas as pd

    base, runs, name = result.store.base.scenario, result.runs, name or result.name
    frames = [iamc_of_runs(runs, base, model=model, name=name, region=region)]
    labels = dict(zip(runs["run"].tolist(), _labels(runs, name), strict=True))
    tables: dict[int, dict[str, pd.DataFrame]] = {}
    for table in result.store.sweep.series:
        kept = result.series(table)
        for run, part in kept.groupby("run", sort=False) if len(kept) else ():
            tables.setdefault(int(run), {})[table] = part
    rows = [(labels[run], *row) for run, found in tables.items() for row in _yearly(found, base)]
    frames.append(_long(model, region, rows))
    return pd.concat(frames).sort_values(list(INDEX), kind="stable", ignore_index=True)


def iamc_meta(
    runs: "pd.DataFrame", scenario: Scenario, *, model: str | None = None, name: str | None = None
) -> "pd.DataFrame":
    """Return what was varied, a row a run, indexed by model and scenario: ``pyam.IamDataFrame(data, meta=...)``."""
    columns = list(runs.columns)
    varied = columns[columns.index("seed") : columns.index("stage")]
    found = runs[["point", "policy", "world", *varied]].copy()
    found.attrs = {}
    found.insert(0, "model", _model(model))
    found.insert(1, "scenario", _labels(runs, name or scenario.name))
    return found.set_index(["model", "scenario"])


def iamc_wide(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return a long table with a column a year; what has no value in a year is empty there."""
    wide = frame.pivot(index=list(INDEX[:-1]), columns="year", values="value").reset_index()
    wide.columns.name = None
    return wide


def write_iamc(frame: "pd.DataFrame", path: str | os.PathLike[str], *, wide: bool = False) -> Path:
    """Write a long table as CSV in UTF-8, long or with a column a year, and return the file; it replaces none.

    Raises
    ------
    InputError : where the file exists already or cannot be written.
    """
    file = Path(path)
    table = iamc_wide(frame) if wide else frame
    try:
        with file.open("x", encoding="utf-8", newline="") as stream:
            table.to_csv(stream, index=False, lineterminator="\n")
    except FileExistsError:
        raise InputError([Problem(str(file), 0, "file", "it exists already", "Name a new file.")]) from None
    except OSError as error:
        reason = error.strerror or "it cannot be written"
        raise InputError([Problem(str(file), 0, "file", f"{reason}", "Name a file in a folder that exists.")]) from None
    return file


def variable_of(outcome: str) -> str:
    """Return the variable of an indicator: what it tells, and below it the right and the venue that it tells it of.

    >>> variable_of("carbon.mean_price"), variable_of("carbon.block.volume"), variable_of("actual_cost")
    ('Mean price|Carbon', 'Volume traded|Carbon|block', 'Actual cost')
    """
    key, *inner = outcome.split(".")
    text = declared(outcome if len(inner) < 2 else f"{key}.{inner[-1]}").text.en
    return "|".join([text, *([_words(key).right] if inner else []), *inner[:-1]])


def _words(key: str) -> Words:
    plain = key.replace("_", " ").title()
    return WORDS.get(key, Words(plain, f"Flow|{plain}"))


def _yearly(tables: "Mapping[str, pd.DataFrame]", scenario: Scenario) -> Iterator[tuple[str, str, int, float]]:
    """Return variable, unit, year and value of what happened, as far as the tables are there."""
    money, last_month = scenario.money.currency.en, scenario.calendar.periods_per_year
    for key, rule in scenario.instruments.items():
        right, unit = _words(key).right, rule.unit
        by_year, rights, cash = f"{unit}/yr", ("obligation", "surrendered", "shortfall"), f"{money}/yr"
        if "prices" in tables:
            prices = _of(tables["prices"], key).set_index("year")
            yield from _series(f"Price|{right}", f"{money}/{unit}", prices["mean_price"])
            yield from _series(_words(key).flow, by_year, prices["flow"])
            yield from _series(f"Cap|{right}", by_year, prices["cap"])
        if "compliance" in tables:
            deadlines = _of(tables["compliance"], key).set_index("year")
            for column in rights:
                yield from _series(f"{column.capitalize()}|{right}", by_year, deadlines[column])
            yield from _series(f"Penalties|{right}", cash, deadlines["penalty"])
        if "instruments" in tables:
            state = _of(tables["instruments"], key)
            yield from _series(f"Bank|{right}", unit, state[state["month"] == last_month].set_index("year")["bank"])
        if "markets" in tables:
            sums = _of(tables["markets"], key).groupby("year")[["volume", "turnover"]].sum()
            yield from _series(f"Trade|Volume|{right}", by_year, sums["volume"])
            yield from _series(f"Trade|Value|{right}", cash, sums["turnover"])
    if "firms" in tables:
        costs = _bare(tables["firms"]).groupby("year")[["abatement_cost", "trading_cost"]].sum()
        yield from _series("Policy Cost|Abatement", f"{money}/yr", costs["abatement_cost"])
        yield from _series("Policy Cost|Trading", f"{money}/yr", costs["trading_cost"])


def _planned(tables: "Mapping[str, pd.DataFrame]", scenario: Scenario) -> Iterator[tuple[str, str, int, float]]:
    """Return variable, unit, year and value of the least-cost plan."""
    money = scenario.money.currency.en
    for key, rule in scenario.instruments.items():
        words, prices = _words(key), _of(tables["prices"], key).set_index("year")
        yield from _series(f"Price|{words.right}", f"{money}/{rule.unit}", prices["reference_price"])
        yield from _series(words.flow, f"{rule.unit}/yr", prices["reference_flow"])
        yield from _series(f"Cap|{words.right}", f"{rule.unit}/yr", prices["cap"])


def _bare(frame: "pd.DataFrame") -> "pd.DataFrame":
    bare = frame.copy(deep=False)
    bare.attrs = {}
    return bare


def _of(frame: "pd.DataFrame", key: str) -> "pd.DataFrame":
    bare = _bare(frame)
    return bare[bare["instrument"] == key]


def _series(variable: str, unit: str, values: "pd.Series[float]") -> Iterator[tuple[str, str, int, float]]:
    for year, value in zip(values.index.tolist(), values.tolist(), strict=True):
        yield variable, unit, int(year), float(value)


def _labels(runs: "pd.DataFrame", name: str) -> list[str]:
    return [f"{name} point {p} seed {s}" for p, s in zip(runs["point"].tolist(), runs["seed"].tolist(), strict=True)]


def _model(model: str | None) -> str:
    return model if model is not None else f"QuotaLab {versions()['quotalab']}"


def _long(model: str | None, region: str, rows: list[tuple[Any, ...]]) -> "pd.DataFrame":
    import pandas as pd

    frame = pd.DataFrame(rows, columns=["scenario", "variable", "unit", "year", "value"])
    frame = frame[frame["value"].notna()]
    frame.insert(0, "model", _model(model))
    frame.insert(2, "region", region)
    return frame.sort_values(list(INDEX), kind="stable").reset_index(drop=True)
