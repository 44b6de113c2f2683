"""The composition root: from a scenario and its tables to the arrays that a model is built from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from agents.behaviours.declared import Selection
from agents.population import FirmPopulation
from agents.spec import MarketSpec
from market.technology import Technology
from scenarios.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.accounts import Accounts

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """What a specification takes from its accounts alone, whatever the rules are; shared, and never changed.

    Attributes
    ----------
    accounts : as every run starts with them, the behaviour apart.
    technology, measure_of, measure_names : what they can do.
    sector, weight : (n,) name of each account's sector, and its weight among all flows.
    growth : of a sector, where the tables give one.
    """

    accounts: FirmPopulation
    technology: Technology
    measure_of: Ints
    measure_names: tuple[str, ...]
    sector: npt.NDArray[np.str_]
    weight: Floats
    growth: dict[str, float]


def build(scenario: Scenario) -> MarketSpec:
    """Return the model's specification of a scenario; raises InputError where its tables are wrong.

    Scenarios with the same accounts and other rules share what follows from the accounts (`layout`).
    """
    from scenarios.accounts import accounts

    given = layout(accounts(scenario), tuple(scenario.instruments))
    names = given.accounts.sectors
    population = given.accounts.started(0)
    population.behaviour[:] = assign([rule.select for rule in scenario.behaviours], given.sector, given.weight)
    return MarketSpec(
        instruments=dict(scenario.instruments),
        technology=given.technology,
        population=population,
        start_year=scenario.calendar.start_year,
        years=scenario.calendar.years,
        periods=scenario.calendar.periods_per_year,
        behaviours=scenario.behaviours,
        world=scenario.world,
        sector_growth=sector_growth(scenario, names, given.growth),
        minor_unit=scenario.money.minor_unit,
        credit_limit=scenario.money.credit_limit,
        social_discount_rate=scenario.money.social_discount_rate,
        rounds=scenario.rounds,
        record_firms=scenario.recording.firms,
        record_journal=scenario.recording.journal,
        record_quality=scenario.recording.quality,
        record_trades=scenario.recording.trades,
        record_sessions=scenario.recording.sessions,
        measure_names=given.measure_names,
        measure_of=given.measure_of,
    )


@lru_cache(maxsize=4)
def layout(given: "Accounts", keys: tuple[str, ...]) -> Layout:
    """Return accounts laid out for the instruments of a scenario, once for the same accounts."""
    from scenarios.accounts import measure_index, technology

    firms = given.firms
    measure_of, measure_names = measure_index(given)
    sector_names, sector = _codes(firms["sector"])
    city_names, city = _codes(firms["city"])
    revenue = firms["revenue"].to_numpy(dtype=np.float64) if "revenue" in firms else np.zeros(len(firms))
    population = FirmPopulation(
        firms["id"].tolist(),
        {"sector": sector, "city": city, "size": firms["size"].to_numpy(dtype=np.float64), "revenue": revenue},
        sector_names,
        city_names,
        {name: firms[name].astype(str).tolist() for name in ("name_en", "name_zh", "kind") if name in firms},
    )
    return Layout(
        population, technology(given, keys), measure_of, measure_names, np.array(sector_names)[sector],
        _importance(firms, keys), _table_growth(firms),
    )  # fmt: skip


def sector_growth(scenario: Scenario, sectors: Sequence[str], table: Mapping[str, float]) -> Floats:
    """Return the yearly growth of each sector: the scenario's word first, then the tables', then the default."""
    world = scenario.world
    return np.array([world.growth.get(name, table.get(name, world.default_growth)) for name in sectors])


def assign(selections: Sequence[Selection], sectors: "Sequence[str] | npt.NDArray[np.str_]", weight: Floats) -> Ints:
    """Return the index of the first selection that takes each account (n,), −1 where none does.

    A selection by rank takes the share of the accounts *of its sectors* that is largest or smallest by weight; ties go
    to the lower row.
    """
    taken = np.full(len(sectors), -1, dtype=np.int64)
    names = np.asarray(sectors)
    for index, selection in enumerate(selections):
        rows = np.arange(names.size)
        if selection.sectors is not None:
            rows = np.flatnonzero(np.isin(names, np.array(selection.sectors)))
        if selection.ranked != "all":
            sign = -1.0 if selection.ranked == "largest" else 1.0
            order = rows[np.argsort(sign * weight[rows], kind="stable")]
            rows = order[: round(selection.share * rows.size)]
        rows = rows[taken[rows] < 0]
        taken[rows] = index
    return taken


def _table_growth(firms: "pd.DataFrame") -> dict[str, float]:
    """Return the growth that the tables give by sector (the first account of a sector speaks for it)."""
    if "growth" not in firms:
        return {}
    return {str(sector): float(rate) for sector, rate in firms.groupby("sector", sort=False)["growth"].first().items()}


def _codes(column: "pd.Series[str]") -> tuple[list[str], Ints]:
    names = list(dict.fromkeys(column.tolist()))
    lookup = {name: code for code, name in enumerate(names)}
    return names, np.array([lookup[name] for name in column], dtype=np.int64)


def _importance(firms: "pd.DataFrame", keys: Sequence[str]) -> Floats:
    """Return how much of all flows each account has (n,): the sum of its shares in the instruments' totals."""
    flows = firms[list(keys)].to_numpy(dtype=np.float64)
    totals = flows.sum(axis=0)
    return np.divide(flows, totals, out=np.zeros_like(flows), where=totals > 0).sum(axis=1)
