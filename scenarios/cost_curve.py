"""The marginal abatement cost curve of a run: what its accounts would save in a year at each price of one right."""

from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from market.technology import Technology, best_response, flows
from scenarios.accounts import Accounts, technology
from scenarios.schema import Population, Scenario, SyntheticPopulation

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.results import RunResult

Floats = npt.NDArray[np.float64]

POINTS = 61
SEEN, BEYOND = 5.0, 1.5
"""The curve is drawn to the first multiple of the year's mean price, or to the price of most of what can be saved if
that is lower; but at least to the price of half of that, and to the second multiple of the mean price."""
HALF, MOST = 0.5, 0.9
"""Shares of what all measures can save, the cheapest first."""


def cost_curve(
    result: "RunResult", instrument: str, year: int, accounts: Collection[object] | None = None, points: int = POINTS
) -> "pd.DataFrame":
    """Return what accounts would save in one year at rising prices of one right.

    Every account minimises the cost of its measures and output cuts plus the value of its flows, at the year's activity
    and with the *other* rights at their mean prices of the year. The curve therefore begins with what those already
    bring about, and is not what a market of this right alone would give. An account that earns rights by output counts
    them as it earned them in that year, so that more output can be worth more at a higher price: only there can the
    curve turn back.

    Parameters
    ----------
    result : with the table `firms`.
    accounts : ids of the accounts that count; None for all.
    points : how many prices, from 0 upwards; the year's mean price is one more.

    Returns
    -------
    price : money per right; saved : rights a year, against the flow at the year's activity without measures.
    """
    import pandas as pd

    keys = list(result.scenario.instruments)
    rows = result.firms[result.firms["year"] == year]
    prices = np.array([mean_price(result, key, year) for key in keys])
    counted = np.ones(len(rows), dtype=np.bool_) if accounts is None else rows["account"].isin(accounts).to_numpy()
    rows = rows[counted]
    found = part(technology_of(result), np.flatnonzero(counted))
    k = keys.index(instrument)
    grid = np.union1d(np.linspace(0.0, _top(found, k, prices[k]), points), prices[k])
    credit = _credit(result.scenario, rows, keys)
    activity = rows["activity"].to_numpy(dtype=np.float64)
    before = float((activity * found.baseline[:, k]).sum())
    saved = np.empty(grid.size)
    for i, price in enumerate(grid):
        prices[k] = price
        x, cut = best_response(found, prices, credit)
        saved[i] = before - flows(found, x, cut, activity)[:, k].sum()
    frame = pd.DataFrame({"price": grid, "saved": saved})
    frame.attrs["units"] = {"price": "money/unit", "saved": "units"}
    return frame


def mean_price(result: "RunResult", instrument: str, year: int) -> float:
    """Return the mean price of a right in a year; the expected one where nothing was traded, 0 where there is none."""
    table = result.prices
    row = table[(table["instrument"] == instrument) & (table["year"] == year)]
    for name in ("mean_price", "mean_indicative"):
        if len(row) and np.isfinite(row[name].iloc[0]):
            return float(row[name].iloc[0])
    return 0.0


def technology_of(result: "RunResult") -> Technology:
    """Return the technology of a result's accounts, in the order of its table `firms`, from the files it was run on.

    The files are those in the result, so an edited table or a moved folder changes nothing. It is made once for each
    population: a synthetic one takes some tenths of a second.
    """
    scenario = result.scenario
    return _technology(scenario.population, tuple(scenario.instruments), tuple(sorted(result.inputs.items())))


@lru_cache(maxsize=4)
def _technology(
    population: Population, instruments: tuple[str, ...], inputs: tuple[tuple[str, bytes], ...]
) -> Technology:
    with TemporaryDirectory(prefix="quotalab-") as name:
        folder = Path(name)
        for inside, content in inputs:
            path = folder / inside
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        firms, measures = _frames(folder, population, instruments)
    none = np.zeros(0, dtype=np.int64)
    return technology(Accounts(firms, measures, (), ("firms", "measures"), none, none), instruments)


def _frames(folder: Path, population: Population, instruments: tuple[str, ...]) -> "tuple[pd.DataFrame, pd.DataFrame]":
    from scenarios.account_tables import firm_columns, measure_columns, read_table
    from scenarios.synthesis import load_tables, measures_of, synthesise

    if isinstance(population, SyntheticPopulation):
        tables = load_tables(folder)
        firms = synthesise(tables, population.seed, population.accounts)
        return firms, measures_of(firms, tables)
    firms, _ = read_table(folder / "firms.csv", "firms.csv", firm_columns(instruments))
    measures, _ = read_table(folder / "measures.csv", "measures.csv", measure_columns(instruments))
    return firms, measures


def part(whole: Technology, rows: npt.NDArray[np.int64]) -> Technology:
    """Return the technology of some accounts, by row."""
    names = ("baseline", "effect", "intercept", "slope", "limit", "group", "weight", "group_limit", "margin",
             "output_slope", "output_limit")  # fmt: skip
    return replace(whole, **{name: np.ascontiguousarray(getattr(whole, name)[rows]) for name in names})


def _credit(scenario: Scenario, rows: "pd.DataFrame", keys: list[str]) -> Floats:
    """Return the rights (n, K) that a unit of activity earned in the year; 0 where they do not follow output."""
    made = rows["activity"].to_numpy(dtype=np.float64) * (1.0 - rows["output_cut"].to_numpy(dtype=np.float64))
    credit = np.zeros((len(rows), len(keys)))
    for k, key in enumerate(keys):
        if scenario.instruments[key].allocation.kind == "output_benchmark":
            earned = rows[f"allocated_{key}"].to_numpy(dtype=np.float64)
            credit[:, k] = np.divide(earned, made, out=np.zeros_like(earned), where=made > 0)
    return credit


def _top(found: Technology, k: int, price: float) -> float:
    """Return the price up to which the curve is drawn."""
    cut = np.maximum(found.effect[:, :, k], 0.0)
    amount = (cut * found.limit).ravel()
    if not amount.any():
        return 2.0 * price or 1.0
    last = (found.intercept + found.slope * found.limit).ravel()[amount > 0] / cut.ravel()[amount > 0]
    order = np.argsort(last, kind="stable")
    share = np.cumsum(amount[amount > 0][order]) / amount.sum()
    half, dear = (float(last[order][np.searchsorted(share, most)]) for most in (HALF, MOST))
    return max(min(dear, SEEN * price), half, BEYOND * price) if price > 0 else dear or 1.0
