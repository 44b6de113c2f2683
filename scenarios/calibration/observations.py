"""Observed series: read from a table, checked against the scenario, and found again in the tables of runs."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scenarios.errors import InputError, Problem
from scenarios.loading import shown
from scenarios.messages import suggestion
from scenarios.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

NEEDED = ("instrument", "variable", "year", "value")
MAY = ("month", "sd")
VARIABLES = ("price", "flow")
YEARLY, MONTHLY = {"price": "prices", "flow": "prices"}, {"price": "markets", "flow": "instruments"}
"""Tables of a run that have a variable by year and by month."""
KEY = ["instrument", "variable"]


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the table of observations, with its place."""

    place: str
    number: int
    cells: Mapping[str, str]

    def problem(self, key: str, message: str, remedy: str) -> Problem:
        return Problem(self.place, self.number, key, message, remedy)


def read_observations(path: Path, scenario: Scenario) -> "pd.DataFrame":
    """Return the observations of a table: instrument, variable, year, month (0: the whole year), value, sd (or NaN).

    Raises
    ------
    InputError : with every mistake, each with its line.
    """
    import pandas as pd

    label = shown(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 table"
        raise InputError([Problem(label, 0, "file", f"the file cannot be read: {reason}", "Check the path.")]) from None
    numbered = [(number, row) for number, row in enumerate(rows, 1) if row and not row[0].startswith("#")]
    if len(numbered) < 2:
        raise InputError([Problem(label, 0, "file", "it has no observations", "Add one row an observation.")])
    names = [name.strip() for name in numbered[0][1]]
    problems = [
        Problem(label, numbered[0][0], name, "the column is missing", f"The columns are {', '.join((*NEEDED, *MAY))}.")
        for name in NEEDED
        if name not in names
    ]
    if problems:
        raise InputError(problems)
    found = []
    for number, row in numbered[1:]:
        line = _Line(label, number, {name: cell.strip() for name, cell in zip(names, row, strict=False)})
        found.append(_observation(line, scenario, problems))
    table = pd.DataFrame([one for one in found if one is not None])
    if len(table):
        twice = table[table.duplicated([*KEY, "year", "month"])]
        for one in twice.itertuples():
            what = f"{one.instrument} {one.variable} {one.year}" + (f"-{one.month:02d}" if one.month else "")
            problems.append(Problem(label, 0, "observations", f"{what} is observed twice", "Remove one."))
    if problems:
        raise InputError(problems)
    return table


def _observation(line: _Line, scenario: Scenario, problems: list[Problem]) -> dict[str, object] | None:
    before = len(problems)
    cells, calendar = line.cells, scenario.calendar
    key, variable = cells.get("instrument", ""), cells.get("variable", "")
    if key not in scenario.instruments:
        remedy = suggestion(key, list(scenario.instruments), "Known here")
        problems.append(line.problem("instrument", f"there is no instrument {key!r}", remedy))
    if variable not in VARIABLES:
        problems.append(line.problem("variable", f"{variable!r} is neither price nor flow", "Write price or flow."))
    year = _number(line, "year", problems)
    month = _number(line, "month", problems, optional=True)
    value = _number(line, "value", problems)
    sd = _number(line, "sd", problems, optional=True)
    last = calendar.start_year + calendar.years - 1
    if math.isfinite(year) and not calendar.start_year <= year <= last:
        message = f"{year:g} is outside the run, {calendar.start_year} to {last}"
        problems.append(line.problem("year", message, "Remove the row, or change the calendar under overrides."))
    if math.isfinite(month) and not (1 <= month <= calendar.periods_per_year and month % 1 == 0):
        message = f"{month:g} is no period of a year of {calendar.periods_per_year}"
        problems.append(line.problem("month", message, "Count the periods of a year from 1."))
    if math.isfinite(sd) and sd <= 0.0:
        problems.append(line.problem("sd", "a standard deviation is above zero", "Leave the cell empty if unknown."))
    if len(problems) > before:
        return None
    whole = int(month) if math.isfinite(month) else 0
    return {"instrument": key, "variable": variable, "year": int(year), "month": whole, "value": value, "sd": sd}


def _number(line: _Line, name: str, problems: list[Problem], *, optional: bool = False) -> float:
    """Return the number in a cell; NaN where it is empty and may be."""
    text = line.cells.get(name, "")
    if not text and optional:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        problems.append(line.problem(name, f"{text!r} is not a number", "Write digits only."))
    return value


def spread(observed: "pd.DataFrame", relative: float) -> "pd.DataFrame":
    """Return the observations with ``scale``, the mean size of their series, and ``sd`` where none was given."""
    scale = observed["value"].abs().groupby([observed[name] for name in KEY]).transform("mean")
    scale = scale.where(scale > 0.0, 1.0)
    return observed.assign(scale=scale, sd=observed["sd"].fillna(relative * scale))


def tables_needed(observed: "pd.DataFrame") -> list[str]:
    """Return the tables of a run in which the observed quantities are."""
    wanted = {
        (MONTHLY if month else YEARLY)[variable]
        for variable, month in zip(observed["variable"], observed["month"], strict=True)
    }
    return sorted(wanted)


def simulated(observed: "pd.DataFrame", series: "Mapping[str, pd.DataFrame]", runs: Sequence[int]) -> Floats:
    """Return what the runs have in place of the observations, (runs, observations); NaN where a run has no value.

    A price is the mean of trades weighted by volume; a flow is what accounts emitted or took in.

    Parameters
    ----------
    series : tables of many runs, with a column ``run``.
    """
    import pandas as pd

    found = np.full((len(runs), len(observed)), np.nan)
    place = {run: i for i, run in enumerate(runs)}
    rows = observed.reset_index(drop=True)
    for (variable, monthly), wanted in rows.groupby(["variable", rows["month"] > 0]):
        table = series.get((MONTHLY if monthly else YEARLY)[variable])
        if table is None or table.empty:
            continue
        by = ["run", "instrument", "year", *(["month"] if monthly else [])]
        if variable == "price" and monthly:
            sums = table.groupby(by)[["turnover", "volume"]].sum()
            values = sums["turnover"] / sums["volume"].where(sums["volume"] > 0.0)
        else:
            values = table.groupby(by)["mean_price" if variable == "price" else "flow"].sum(min_count=1)
        keys = wanted[by[1:]]
        for run in values.index.get_level_values("run").unique():
            if run in place:
                own = values.xs(run, level="run")
                found[place[run], wanted.index] = own.reindex(pd.MultiIndex.from_frame(keys)).to_numpy()
    return found
