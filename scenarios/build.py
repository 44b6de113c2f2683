"""The composition root: from a scenario and its tables to the arrays that a model is built from."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from agents.behaviours.declared import Selection
from agents.population import FirmPopulation
from agents.spec import MarketSpec
from scenarios.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def build(scenario: Scenario) -> MarketSpec:
    """Return the model's specification of a scenario; raises InputError where its tables are wrong."""
    from scenarios.accounts import accounts, measure_index, technology

    given = accounts(scenario)
    firms = given.firms
    keys = tuple(scenario.instruments)
    measure_of, measure_names = measure_index(given)
    sector_names, sector = _codes(firms["sector"])
    city_names, city = _codes(firms["city"])
    weight = _importance(firms, keys)
    behaviour = assign([rule.select for rule in scenario.behaviours], [sector_names[s] for s in sector], weight)
    revenue = firms["revenue"].to_numpy(dtype=np.float64) if "revenue" in firms else np.zeros(len(firms))
    population = FirmPopulation(
        firms["id"].tolist(),
        {
            "sector": sector,
            "city": city,
            "size": firms["size"].to_numpy(dtype=np.float64),
            "revenue": revenue,
            "behaviour": behaviour,
        },
        sector_names,
        city_names,
        {name: firms[name].astype(str).tolist() for name in ("name_en", "name_zh", "kind") if name in firms},
    )
    return MarketSpec(
        instruments=dict(scenario.instruments),
        technology=technology(given, keys),
        population=population,
        start_year=scenario.calendar.start_year,
        years=scenario.calendar.years,
        periods=scenario.calendar.periods_per_year,
        behaviours=scenario.behaviours,
        world=scenario.world,
        sector_growth=sector_growth(scenario, sector_names, _table_growth(firms)),
        minor_unit=scenario.money.minor_unit,
        credit_limit=scenario.money.credit_limit,
        social_discount_rate=scenario.money.social_discount_rate,
        rounds=scenario.rounds,
        record_firms=scenario.recording.firms,
        record_journal=scenario.recording.journal,
        record_quality=scenario.recording.quality,
        record_trades=scenario.recording.trades,
        record_sessions=scenario.recording.sessions,
        measure_names=measure_names,
        measure_of=measure_of,
    )


def sector_growth(scenario: Scenario, sectors: Sequence[str], table: Mapping[str, float]) -> Floats:
    """Return the yearly growth of each sector: the scenario's word first, then the tables', then the default."""
    world = scenario.world
    return np.array([world.growth.get(name, table.get(name, world.default_growth)) for name in sectors])


def assign(selections: Sequence[Selection], sectors: Sequence[str], weight: Floats) -> Ints:
    """Return the index of the first selection that takes each account (n,), −1 where none does.

    A selection by rank takes the share of the accounts *of its sectors* that is largest or smallest by weight; ties go
    to the lower row.
    """
    taken = np.full(len(sectors), -1, dtype=np.int64)
    names = np.array(sectors)
    for index, selection in enumerate(selections):
        eligible = np.ones(names.size, dtype=np.bool_)
        if selection.sectors is not None:
            eligible = np.isin(names, np.array(selection.sectors))
        rows = np.flatnonzero(eligible)
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
