"""Indicators of a finished run without its tables: only those that are wanted, and only what they need.

Values are those of `scenarios.kpis.kpis_of`, to the bit: the same functions read the same columns, which come from the
recorder instead of from frames. The least-cost plan is solved only where an indicator asks for it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from agents.recorder import DEADLINE, STATE
from market.errors import QuotaLabError
from scenarios.indicator_rows import InstrumentRows, RunRows
from scenarios.kpis import Indicator, indicators
from scenarios.rows import NO_ROWS, Array, Rows
from scenarios.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from agents.model import RightsMarketModel
    from market.reference.ladder import EfficiencyLadder

WHEN = ("period", "year", "month")
MARKETS = (*WHEN, "round", "venue", "instrument", "vintage", "zone")
PRICES = ("year", "mean_price", "mean_indicative", "reference_price", "flow", "reference_flow", "cap")
FIRMS = ("activity", "output_cut", "abatement_cost", "trading_cost", "penalty")


def outcomes_of(model: "RightsMarketModel", scenario: Scenario, names: Sequence[str] | None = None) -> dict[str, float]:
    """Return indicators of a finished run by name, in the order of their declaration.

    Parameters
    ----------
    model : that has run to its last deadline.
    scenario : what it was built from.
    names : which are wanted; all that `kpis_of` gives where none are named. One of a venue that held no session is NaN.

    Raises
    ------
    QuotaLabError : where the scenario has no indicator of a name.
    """
    run = FinishedRun(model, scenario)
    wanted = None if names is None else set(names)
    values = {one.name: one.value_in(run.whole, run.instruments) for one in _among(run.indicators(), wanted)}
    if wanted is not None and len(values) < len(wanted):
        known = outcome_names(scenario)
        if unknown := sorted(wanted - known.keys()):
            raise QuotaLabError(f"the scenario {scenario.name} has no indicator {', '.join(unknown)}")
        values = {name: values.get(name, np.nan) for name in known if name in wanted}
    return values


def outcome_names(scenario: Scenario) -> dict[str, str]:
    """Return the units, by name, of the indicators that runs of a scenario have, without running it."""
    venues = {key: tuple(venue.name for venue in rule.venues) for key, rule in scenario.instruments.items()}
    return {one.name: one.unit_in(scenario) for one in indicators(scenario, venues)}


def _among(given: Iterator[Indicator], wanted: Collection[str] | None) -> Iterator[Indicator]:
    return given if wanted is None else (one for one in given if one.name in wanted)


@dataclass(frozen=True)
class FinishedRun:
    """What indicators read of a finished run; everything is made when it is first asked for."""

    model: "RightsMarketModel"
    scenario: Scenario

    def indicators(self) -> Iterator[Indicator]:
        """Give every indicator of the run."""
        return indicators(self.scenario, {key: one.venues for key, one in self.instruments.items()})

    @cached_property
    def whole(self) -> RunRows:
        """Accounts, deadlines and the efficiency ladder."""
        return RunRows(
            self._firms(), self._compliance(slice(None)), lambda name: float(getattr(self.ladder, name)), self._frame,
            self.model.spec.keys, self.scenario.money.social_discount_rate,
        )  # fmt: skip

    @cached_property
    def ladder(self) -> "EfficiencyLadder":
        """The run scored against the least-cost plan."""
        from scenarios.reference_run import score

        return score(self.model)[0]

    @cached_property
    def instruments(self) -> Mapping[str, InstrumentRows]:
        """The rows of each instrument."""
        spec, first = self.model.spec, 0
        found = {}
        for k, (key, rule) in enumerate(spec.instruments.items()):
            last = first + len(rule.venues)
            markets, venues = self._markets(first, [venue.name for venue in rule.venues])
            found[key] = InstrumentRows(
                markets, self._instruments(k), self._compliance(k), self._prices(k), spec.periods, spec.years,
                rule.compliance.deadline_after, spec.start_year, venues,
            )  # fmt: skip
            first = last
        return found

    def _markets(self, first: int, names: Sequence[str]) -> tuple[Rows, tuple[str, ...]]:
        """Return the sessions of the venues of an instrument, and which of them held any, in order of the first."""
        recorder, spec = self.model.recorder, self.model.spec
        vintage = recorder.session_vintage[:, first : first + len(names)]
        period, v = np.nonzero(vintage >= 0)

        def column(name: str) -> Array:
            if name in WHEN:
                return self._when(name, period)
            if name == "venue":
                return np.array(names, dtype=object)[v]
            if name == "vintage":
                return spec.start_year + vintage[period, v]
            values: Array = recorder.venues[name][period, first + v]
            return values.astype(np.int64) if name == "traders" else values

        held = tuple(dict.fromkeys(names[j] for j in v.tolist())) if len(names) > 1 else tuple(names)
        return Rows({*MARKETS, *recorder.venues}, period.size, column), held

    def _instruments(self, k: int) -> Rows:
        state, period = self.model.recorder.state, np.arange(self.model.spec.total_periods)

        def column(name: str) -> Array:
            return self._when(name, period) if name in WHEN else state[name][:, k]

        return Rows({*WHEN, "instrument", *STATE}, period.size, column)

    def _compliance(self, k: int | slice) -> Rows:
        """Return what was due at the deadlines of one instrument, or of all."""
        spec, deadlines = self.model.spec, self.model.recorder.deadlines
        each = len(spec.keys) if isinstance(k, slice) else 1

        def column(name: str) -> Array:
            return np.repeat(spec.calendar_years, each) if name == "year" else deadlines[name][:, k].ravel()

        return Rows({"year", "instrument", *DEADLINE}, spec.years * each, column)

    def _prices(self, k: int) -> Rows:
        model = self.model

        def column(name: str) -> Array:
            made = {
                "year": lambda: model.spec.calendar_years,
                "mean_price": lambda: self._mean_prices[:, k],
                "reference_price": lambda: self.ladder.plan.price[:, k],
                "flow": lambda: model.recorder.flow[:, k],
                "reference_flow": lambda: self.ladder.plan.flows[:, k],
                "cap": lambda: model.regulator.cap[:, k],
            }
            return made[name]()

        return Rows(PRICES, model.spec.years, column)

    def _firms(self) -> Rows:
        spec, recorded = self.model.spec, self.model.recorder.firms
        if not spec.record_firms:
            return NO_ROWS
        n = len(spec.population)

        def column(name: str) -> Array:
            return np.repeat(spec.calendar_years, n) if name == "year" else recorded[name].ravel()

        return Rows({"year", *FIRMS}, spec.years * n, column)

    def _frame(self, name: str) -> "pd.DataFrame | None":
        """Return a table as `scenarios.tables` makes it."""
        from scenarios import tables

        money = self.scenario.money.currency.en
        if name == "prices":
            return tables.prices(self.model, self.ladder.plan, money)
        return tables.firms(self.model, money) if name == "firms" and self.model.spec.record_firms else None

    def _when(self, name: str, period: Array) -> Array:
        spec = self.model.spec
        return {
            "period": period,
            "year": spec.start_year + period // spec.periods,
            "month": period % spec.periods + 1,
        }[name]

    @cached_property
    def _mean_prices(self) -> Array:
        from scenarios.tables import mean_prices

        return mean_prices(self.model)
