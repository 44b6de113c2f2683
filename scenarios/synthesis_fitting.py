"""Fits drawn accounts to control totals: proportional fitting of cells (sector, city), then scaling within a cell."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scenarios.errors import Problem, TableError
from scenarios.synthesis_tables import SynthesisTables

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TOLERANCE = 0.005  # of a city's total; sectors are exact
FUEL = ("carbon", "energy", "so2", "nox")  # flows that follow the fuel, so the city's carbon


def residual_totals(tables: SynthesisTables) -> dict[str, Floats]:
    """Return what named plants leave of each sector's output and control totals."""
    sectors = tables.sectors.index
    named = (
        tables.plants.groupby("sector")[["output", *tables.instruments.index]].sum().reindex(sectors, fill_value=0.0)
    )
    left = {"output": tables.sectors["output"].to_numpy() - named["output"].to_numpy()}
    for instrument in tables.instruments.index:
        left[instrument] = control_totals(tables, "sector", instrument) - named[instrument].to_numpy()
    return {name: np.maximum(values, 0.0) for name, values in left.items()}


def control_totals(tables: SynthesisTables, level: str, instrument: str) -> Floats:
    """Return the control totals of an instrument by sector or city, in the tables' order; NaN where there is none."""
    controls = tables.controls
    rows = controls[(controls["level"] == level) & (controls["instrument"] == instrument)]
    keys = tables.sectors.index if level == "sector" else tables.cities.index
    return rows.set_index("key")["total"].reindex(keys).to_numpy(dtype=np.float64)


def proportional_fit(prior: Floats, rows: Floats, columns: Floats, iterations: int = 20_000) -> Floats:
    """Return the matrix nearest to ``prior`` (relative entropy) with the given row and column sums; rows are exact.

    Deming and Stephan (1940): scale columns and rows in turn until both fit. Cells that are zero stay zero; where that
    leaves no solution the columns keep a gap.
    """
    cells = prior.copy()
    scale = max(float(columns.max(initial=0.0)), 1e-300)
    for _ in range(iterations):
        cells = cells * ratio(columns, cells.sum(axis=0))
        cells = cells * ratio(rows, cells.sum(axis=1))[:, None]
        if float(np.abs(cells.sum(axis=0) - columns).max()) < 1e-12 * scale:
            break
    return cells


def ratio(wanted: Floats, found: Floats) -> Floats:
    """Return what scales ``found`` to ``wanted``; 0 where there is nothing to scale."""
    return np.divide(wanted, found, out=np.zeros_like(wanted), where=found > 0)


def _cells(tables: SynthesisTables, residual: dict[str, Floats], places: Ints, strict: bool) -> dict[str, Floats]:
    """Return each instrument's total, and the output, of the unnamed accounts of each cell (sector, city)."""
    support = np.where(places > 0, tables.locations.to_numpy(dtype=np.float64), 0.0)
    support = np.where((support.sum(axis=1) == 0)[:, None], places > 0, support).astype(np.float64)
    cities = tables.cities.index
    named = tables.plants.groupby("city")[list(tables.instruments.index)].sum().reindex(cities, fill_value=0.0)
    result: dict[str, Floats] = {}
    problems = []
    for instrument in sorted(tables.instruments.index, key=lambda name: name != "carbon"):
        rows = residual[instrument]
        prior = support
        if instrument in FUEL and "carbon" in result:
            fuel = result["carbon"]
            prior = np.where((fuel.sum(axis=1) > 0)[:, None], fuel, support)
        prior = prior * ratio(rows, prior.sum(axis=1))[:, None]
        control = control_totals(tables, "city", instrument)
        if np.isnan(control).any():
            result[instrument] = prior
            continue
        columns = np.maximum(control - named[instrument].to_numpy(), 0.0)
        result[instrument] = proportional_fit(prior, rows, columns)
        gap = np.abs(result[instrument].sum(axis=0) - columns) / np.maximum(control, 1e-300)
        problems += [
            Problem(
                str(tables.folder / "controls.csv"), 0, "total",
                f"{instrument} of {city} cannot be met within {TOLERANCE:.1%}: it misses by {miss:.2%}",
                "Change the city's total, its named plants or the table of locations.",
            )
            for city, miss in zip(cities, gap, strict=True) if miss > TOLERANCE
        ]  # fmt: skip
    if problems and strict:
        raise TableError(problems)
    result["size"] = support / support.sum(axis=1)[:, None].clip(min=1e-300) * residual["output"][:, None]
    if "carbon" in result:  # output stands where the carbon was found, so that its intensity is the sector's
        share = result["carbon"] * ratio(np.ones_like(rows), result["carbon"].sum(axis=1))[:, None]
        emits = share.sum(axis=1) > 0
        result["size"][emits] = share[emits] * residual["output"][emits, None]
    return result


def fit_accounts(
    tables: SynthesisTables, frame: "pd.DataFrame", residual: dict[str, Floats], places: Ints, strict: bool
) -> dict[str, Floats]:
    """Return flows and sizes of all accounts: named plants' own, the others' scaled to the totals of their cells."""
    cells = _cells(tables, residual, places, strict)
    sector = tables.sectors.index.get_indexer(frame["sector"])
    cell = sector * len(tables.cities) + tables.cities.index.get_indexer(frame["city"])
    drawn = (frame["kind"] == "synthetic").to_numpy()
    flows = {}
    for name, wanted in cells.items():
        values = frame[name].to_numpy(dtype=np.float64).copy()
        found = np.bincount(cell[drawn], weights=values[drawn], minlength=places.size)
        values[drawn] *= ratio(wanted.ravel(), found)[cell[drawn]]
        flows[name] = values
    return flows
