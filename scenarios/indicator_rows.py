"""What indicators are worked out from: the rows of each instrument in every table of a run, and those of the whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scenarios.rows import NO_ROWS, Array, Rows, of_frame, sums_by
from scenarios.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class InstrumentRows:
    """The rows of one instrument in every table, and the calendar that they are counted by.

    Attributes
    ----------
    markets : every month; prices are judged by ``priced`` only, the months of compliance years: in the months after the
        last of them rights are worth nothing beyond the last deadline, and their prices measure no scarcity.
    instruments, compliance, prices : a row a period, a deadline and a year.
    periods, years, start_year : periods a year, compliance years, and the first of them.
    deadline_after : months from a compliance year's end to its surrender deadline.
    venues : that held a session, in the order of their first.
    whole : the instrument with all its venues, where this is one of them.
    """

    markets: Rows
    instruments: Rows
    compliance: Rows
    prices: Rows
    periods: int
    years: int
    deadline_after: int = 0
    start_year: int = 0
    venues: tuple[str, ...] = ()
    whole: "InstrumentRows | None" = None

    @cached_property
    def priced(self) -> Rows:
        """The market's rows in compliance years."""
        if not len(self.markets):
            return self.markets
        return self.markets.where(self.markets["period"] < self.years * self.periods)

    @cached_property
    def by_period(self) -> tuple[Array, Floats, Floats]:
        """The periods of compliance years with the turnover and the volume of all venues in each."""
        rows = self.priced
        period, turnover = sums_by(rows["period"], rows.numbers("turnover"))
        return period, turnover, sums_by(rows["period"], rows.numbers("volume"))[1]

    @cached_property
    def by_venue(self) -> "dict[str, InstrumentRows]":
        """The same of each venue by its name."""
        markets = self.markets
        return {
            name: replace(self, markets=markets.where(markets["venue"] == name), whole=self) for name in self.venues
        }


@dataclass(frozen=True, slots=True)
class RunRows:
    """What indicators of the whole run read.

    Attributes
    ----------
    firms, compliance : rows of all accounts and of all deadlines.
    rung : returns a rung of the efficiency ladder, NaN if it is not there.
    frame : returns a table by its name, None where it was not kept.
    keys, discount_rate : instruments and social discount rate.
    """

    firms: Rows
    compliance: Rows
    rung: Callable[[str], float]
    frame: "Callable[[str], pd.DataFrame | None]"
    keys: tuple[str, ...]
    discount_rate: float

    def present_value(self, rows: Rows, column: str) -> float:
        """Return the sum of a column, discounted from the first year there; NaN if it is not there."""
        if column not in rows or not len(rows):
            return np.nan
        age = np.asarray(rows["year"] - rows["year"].min(), dtype=np.float64)
        return float(np.nansum(rows.numbers(column) * (1.0 + self.discount_rate) ** -age))


def of_tables(tables: "Mapping[str, pd.DataFrame]", scenario: Scenario) -> tuple[RunRows, dict[str, InstrumentRows]]:
    """Return what a run's tables hold, as a whole and by instrument."""
    whole = {name: of_frame(frame) for name, frame in tables.items()}
    owner = {
        name: tables[name]["instrument"].to_numpy(dtype=object)
        for name in ("markets", "instruments", "compliance", "prices")
        if name in tables
    }

    def rows(table: str, key: str) -> Rows:
        return whole[table].where(owner[table] == key) if table in owner else NO_ROWS

    calendar = scenario.calendar
    found = {}
    for key, rule in scenario.instruments.items():
        markets = rows("markets", key)
        found[key] = InstrumentRows(
            markets, rows("instruments", key), rows("compliance", key), rows("prices", key),
            calendar.periods_per_year, calendar.years, rule.compliance.deadline_after, calendar.start_year,
            tuple(dict.fromkeys(markets["venue"].tolist())) if "venue" in markets else (),
        )  # fmt: skip

    def rung(name: str) -> float:
        if "ladder" not in tables:
            return np.nan
        values = whole["ladder"]["value"][tables["ladder"]["rung"].to_numpy(dtype=object) == name]
        return float(values[0]) if values.size else np.nan

    run = RunRows(
        whole.get("firms", NO_ROWS), whole.get("compliance", NO_ROWS), rung, tables.get, tuple(scenario.instruments),
        scenario.money.social_discount_rate,
    )  # fmt: skip
    return run, found
