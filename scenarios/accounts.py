"""The accounts of a scenario and what they can do: read from tables or synthesised, checked, and laid out as arrays."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from market.technology import NO_GROUP, Technology
from scenarios.account_tables import firm_columns, measure_columns, read_table
from scenarios.checks import Parts
from scenarios.errors import InputError, Problem
from scenarios.loading import Origin, origin_of, shown
from scenarios.schema import Scenario, SyntheticPopulation

if TYPE_CHECKING:
    import pandas as pd

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Accounts:
    """Accounts and measures, a row each; frames are shared between callers and never changed in place.

    Equal only to itself, so that what follows from it alone can be kept: `checked`, `scenarios.build.layout`.

    Attributes
    ----------
    firms : columns of `scenarios.account_tables.firm_columns`, one row an account.
    measures : columns of `scenarios.account_tables.measure_columns`, one row a measure of an account.
    sources : files that the accounts come from.
    labels : how messages name the two tables.
    firm_lines, measure_lines : line of each row in its file; 0 for a synthetic row.
    warnings : what is odd without being a mistake.
    """

    firms: "pd.DataFrame"
    measures: "pd.DataFrame"
    sources: tuple[Path, ...]
    labels: tuple[str, str]
    firm_lines: Ints
    measure_lines: Ints
    warnings: tuple[Problem, ...] = ()


def accounts(scenario: Scenario) -> Accounts:
    """Return the accounts of a scenario, checked; unchanged tables are read once in a process.

    Raises
    ------
    InputError : with every mistake in the tables and every reference to an account or sector that is not there.
    """
    found, errors = read_accounts(Parts.of(scenario), origin_of(scenario))
    if found is None or errors:
        raise InputError(errors)
    return found


def read_accounts(parts: Parts, origin: Origin) -> tuple[Accounts | None, list[Problem]]:
    """Return the accounts, None where the tables cannot be used, and every mistake in them."""
    from scenarios.account_checks import check_accounts

    population = parts.population
    try:
        if isinstance(population, SyntheticPopulation):
            folder = origin.resolve("population.folder", population.folder)
            if not folder.is_dir():
                message = f"there is no folder {shown(folder)}"
                return None, [origin.problem("population.folder", message, "Check the path.")]
            files = _stamps(sorted(path for path in folder.rglob("*") if path.is_file()))
            found = _synthetic(folder, files, population.seed, population.accounts)
        else:
            written = {"population.firms": population.firms, "population.measures": population.measures}
            paths = {key: origin.resolve(key, value) for key, value in written.items()}
            missing = [
                origin.problem(key, f"there is no file {shown(path)}", "Check the path.")
                for key, path in paths.items()
                if not path.is_file()
            ]
            if missing:
                return None, missing
            found = _tables(_stamps(paths.values()), parts.instrument_keys)
    except InputError as error:
        return None, list(error.problems)
    return check_accounts(found, parts, origin)


def technology(accounts: Accounts, instruments: Iterable[str]) -> Technology:
    """Return baselines (n, K) and measures (n, M) as arrays, padded with measures of limit 0; rows as in ``firms``."""
    keys = list(instruments)
    firms, measures = accounts.firms, accounts.measures
    row, slot, width = _slots(accounts)
    n = len(firms)

    def column(name: str, fill: float) -> npt.NDArray[np.float64]:
        result = np.full((n, width), fill)
        if name in measures:
            result[row, slot] = measures[name].to_numpy(dtype=np.float64)
        return result

    group, group_limit = _groups(accounts, row, slot, (n, width))
    return Technology(
        baseline=np.ascontiguousarray(firms[keys].to_numpy(dtype=np.float64)),
        effect=np.ascontiguousarray(np.stack([column(f"effect_{key}", 0.0) for key in keys], axis=-1)),
        intercept=column("intercept", 0.0),
        slope=column("slope", 1.0),
        limit=column("limit", 0.0),
        group=group,
        weight=column("weight", 1.0) if "weight" in measures else np.ones((n, width)),
        group_limit=group_limit,
        margin=_column(firms, "margin"),
        output_slope=_column(firms, "output_slope"),
        output_limit=_column(firms, "output_limit"),
    )


def measure_index(accounts: Accounts) -> tuple[Ints, tuple[str, ...]]:
    """Return which measure stands in each slot (n, M), as an index into the sorted names beside it; −1 for none."""
    row, slot, width = _slots(accounts)
    names, codes = np.unique(accounts.measures["measure"].to_numpy(dtype=object).astype(str), return_inverse=True)
    index = np.full((len(accounts.firms), width), -1, dtype=np.int64)
    index[row, slot] = codes
    return index, tuple(str(name) for name in names)


def _column(firms: "pd.DataFrame", name: str) -> npt.NDArray[np.float64]:
    return firms[name].to_numpy(dtype=np.float64).copy() if name in firms else np.zeros(len(firms))


def _slots(accounts: Accounts) -> tuple[Ints, Ints, int]:
    """Return the account row and the slot of each measure, in table order, and the number of slots."""
    import pandas as pd

    row = pd.Index(accounts.firms["id"]).get_indexer(accounts.measures["firm"]).astype(np.int64)
    order = np.argsort(row, kind="stable")
    first = np.searchsorted(row[order], row[order])
    slot = np.empty_like(row)
    slot[order] = np.arange(row.size) - first
    return row, slot, int(slot.max(initial=-1)) + 1


def _groups(accounts: Accounts, row: Ints, slot: Ints, shape: tuple[int, int]) -> tuple[Ints, npt.NDArray[np.float64]]:
    """Return the overlap group of each slot, numbered within its account, and the limits (n, G)."""
    measures = accounts.measures
    group = np.full(shape, NO_GROUP, dtype=np.int64)
    names = measures["group"].to_numpy(dtype=object).astype(str) if "group" in measures else np.full(row.size, "")
    members = np.flatnonzero(names != "")
    if members.size == 0:
        return group, np.zeros((shape[0], 0))
    _, code = np.unique(names[members], return_inverse=True)
    pairs, which = np.unique(np.column_stack([row[members], code]), axis=0, return_inverse=True)
    number = np.arange(len(pairs)) - np.searchsorted(pairs[:, 0], pairs[:, 0])
    group[row[members], slot[members]] = number[which]
    limits = np.zeros((shape[0], int(number.max()) + 1))
    limits[row[members], number[which]] = measures["group_limit"].to_numpy(dtype=np.float64)[members]
    return group, limits


def _stamps(paths: Iterable[Path]) -> tuple[tuple[Path, int], ...]:
    """Return files with their times of change, so that a table that has been edited is read again."""
    return tuple((path, path.stat().st_mtime_ns) for path in paths)


@lru_cache(maxsize=4)
def _tables(files: tuple[tuple[Path, int], ...], instruments: tuple[str, ...]) -> Accounts:
    (firms_file, _), (measures_file, _) = files
    labels = shown(firms_file), shown(measures_file)
    problems: list[Problem] = []
    frames = []
    for path, label, columns in zip(
        (firms_file, measures_file), labels, (firm_columns(instruments), measure_columns(instruments)), strict=True
    ):
        try:
            frames.append(read_table(path, label, columns))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    (firms, firm_lines), (measures, measure_lines) = frames
    return Accounts(firms, measures, (firms_file, measures_file), labels, firm_lines, measure_lines)


@lru_cache(maxsize=4)
def _synthetic(folder: Path, files: tuple[tuple[Path, int], ...], seed: int, count: int | None) -> Accounts:
    from scenarios.synthesis import load_tables, measures_of, synthesise

    tables = load_tables(folder)
    firms = synthesise(tables, seed, count)
    measures = measures_of(firms, tables)
    label = shown(folder)
    lines = np.zeros(len(firms), dtype=np.int64), np.zeros(len(measures), dtype=np.int64)
    return Accounts(firms, measures, tuple(path for path, _ in files), (label, label), *lines)
