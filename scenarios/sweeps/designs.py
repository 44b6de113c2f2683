"""Designs: from a declaration to points. Every design is a sample of the unit cube, or levels that are placed in it.

Sobol and Morris samples come from SALib in its own order, which its analyses expect; Latin hypercubes from
`scipy.stats.qmc`. The same declaration gives the same points on every machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from scenarios.errors import InputError, Problem
from scenarios.loading import Origin
from scenarios.sweeps.declared import (
    Crossed,
    Grid,
    LatinHypercube,
    Listed,
    Morris,
    Sobol,
    Sweep,
    Table,
)
from scenarios.sweeps.parameters import Parameter

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Values = list[tuple[Any, ...]]
UNIT_CUBE = "u."
"""Prefix of the columns that hold places in the unit cube."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Values (a tuple a point, in the order of the parameters) and their places in the unit cube (points, d)."""

    values: Values
    places: Floats


def points_of(sweep: Sweep, parameters: Sequence[Parameter], origin: Origin) -> "pd.DataFrame":
    """Return one row per point: numbers of policy and world, a column per parameter, and its place in the unit cube.

    Raises
    ------
    InputError : where a list or table of points does not fit the parameters, or SALib is needed and not there.
    """
    import pandas as pd

    design = sweep.design
    if isinstance(design, Crossed):
        levers = [one for one in parameters if one.role == "lever"]
        worlds = [one for one in parameters if one.role == "uncertainty"]
        left = sample(design.levers, levers, origin, "design.levers")
        right = sample(design.uncertainties, worlds, origin, "design.uncertainties")
        number = len(left.values), len(right.values)
        policy, world = np.divmod(np.arange(number[0] * number[1]), number[1])
        ordered = [*levers, *worlds]
        values = [(*left.values[p], *right.values[w]) for p, w in zip(policy, world, strict=True)]
        places = np.hstack([left.places[policy], right.places[world]])
    else:
        ordered = list(parameters)
        whole = sample(design, ordered, origin, "design")
        values, places = whole.values, whole.places
        policy = world = np.arange(len(values))
    columns: dict[str, Any] = {"point": np.arange(len(values)), "policy": policy, "world": world}
    for j, one in enumerate(ordered):
        columns[one.name] = _column(one, [row[j] for row in values])
    for j, one in enumerate(ordered):
        columns[f"{UNIT_CUBE}{one.name}"] = places[:, j]
    return pd.DataFrame(columns)


def size_of(sweep: Sweep, parameters: Sequence[Parameter]) -> int | None:
    """Return how many points a design has, without making them; None where a file has to be read first."""
    levers = [one for one in parameters if one.role == "lever"]
    worlds = [one for one in parameters if one.role == "uncertainty"]
    if isinstance(sweep.design, Crossed):
        sizes = [_size(sweep.design.levers, levers), _size(sweep.design.uncertainties, worlds)]
        return None if None in sizes else sizes[0] * sizes[1]  # type: ignore[operator]
    return _size(sweep.design, parameters)


def _size(design: Any, parameters: Sequence[Parameter]) -> int | None:
    if isinstance(design, Grid):
        number = 1
        for one in parameters:
            number *= len(one.values) or _count(design, one)
        return number
    if not parameters:
        return 1
    if isinstance(design, Sobol):
        return design.points * ((2 * len(parameters) if design.second_order else len(parameters)) + 2)
    if isinstance(design, Morris):
        return design.trajectories * (len(parameters) + 1)
    if isinstance(design, LatinHypercube):
        return design.points
    return len(design.rows) if isinstance(design, Listed) else None


def _count(design: Grid, one: Parameter) -> int:
    return design.points if isinstance(design.points, int) else design.points.get(one.name, 5)


def sample(design: Any, parameters: Sequence[Parameter], origin: Origin, key: str) -> Sample:
    """Return the points of one design; a design of no parameters is one empty point."""
    if isinstance(design, Grid):
        return _grid(design, parameters, origin, key)
    if isinstance(design, Listed):
        return _rows(design.rows, parameters, origin, f"{key}.rows")
    if isinstance(design, Table):
        return _rows(_table(design, origin, key), parameters, origin, f"{key}.file")
    if not parameters:
        return Sample([()], np.zeros((1, 0)))
    if isinstance(design, LatinHypercube):
        from scipy.stats import qmc

        places = qmc.LatinHypercube(len(parameters), rng=np.random.default_rng(design.seed)).random(design.points)
    else:
        places = _salib(design, parameters)
    values = [tuple(one.value(float(u)) for one, u in zip(parameters, row, strict=True)) for row in places]
    return Sample(values, places)


def salib_problem(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Return the parameters as a problem of SALib on the unit cube."""
    names = [one.name for one in parameters]
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}


def _salib(design: Sobol | Morris, parameters: Sequence[Parameter]) -> Floats:
    from SALib.sample import morris, sobol

    problem = salib_problem(parameters)
    if isinstance(design, Sobol):
        found = sobol.sample(problem, design.points, calc_second_order=design.second_order, seed=design.seed)
    else:
        found = morris.sample(problem, design.trajectories, num_levels=design.levels, seed=design.seed)
    return np.asarray(found, dtype=np.float64)


def missing(package: str, what: str, extra: str) -> InputError:
    """Return the error of a package that is not installed."""
    remedy = f'Install it: pip install "quotalab[{extra}]".'
    return InputError([Problem("quotalab", 0, package, f"{what} need the package {package}, which is missing", remedy)])


def _grid(design: Grid, parameters: Sequence[Parameter], origin: Origin, key: str) -> Sample:
    if isinstance(design.points, dict):
        unknown = [name for name in design.points if name not in {one.name for one in parameters}]
        if unknown:
            names = ", ".join(one.name for one in parameters)
            message = f"{unknown[0]!r} is no parameter of this design"
            raise InputError([origin.problem(f"{key}.points.{unknown[0]}", message, f"Choose among {names}.")])
    levels = [one.levels(_count(design, one)) for one in parameters]
    values = list(product(*levels))
    places = [
        [
            one.place(value) if one.values or one.kind == "integer" else min(max(one.place(value), 0.0), 1.0)
            for one, value in zip(parameters, row, strict=True)
        ]
        for row in values
    ]
    return Sample(values, np.array(places, dtype=np.float64).reshape(len(values), len(parameters)))


def _table(design: Table, origin: Origin, key: str) -> list[dict[str, Any]]:
    import csv

    from scenarios.documents import scalar_of

    path = origin.resolve(f"{key}.file", design.file)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    except (OSError, UnicodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 table"
        raise InputError(
            [origin.problem(f"{key}.file", f"{design.file} cannot be read ({reason})", "Check the path.")]
        ) from None
    if not rows:
        raise InputError([origin.problem(f"{key}.file", f"{design.file} has no rows", "Add one row a point.")])
    return [
        {str(name): scalar_of((text or "").strip()) for name, text in row.items() if name is not None} for row in rows
    ]


def _rows(rows: Sequence[dict[str, Any]], parameters: Sequence[Parameter], origin: Origin, key: str) -> Sample:
    names = [one.name for one in parameters]
    problems: list[Problem] = []
    values: Values = []
    for number, row in enumerate(rows):
        where = f"{key}.{number}" if key.endswith("rows") else key
        at = "" if key.endswith("rows") else f"row {number + 1}: "
        for name in [*(name for name in row if name not in names), *(name for name in names if name not in row)]:
            message = f"{at}{name!r} is no parameter" if name in row else f"{at}{name!r} is missing"
            problems.append(origin.problem(where, message, f"Each point gives {', '.join(names)}."))
        if set(row) == set(names):
            values.append(tuple(_valued(one, row[one.name], at, where, origin, problems) for one in parameters))
    if problems:
        raise InputError(problems)
    places = [[one.place(value) for one, value in zip(parameters, row, strict=True)] for row in values]
    return Sample(values, np.array(places, dtype=np.float64).reshape(len(values), len(parameters)))


def _valued(one: Parameter, value: Any, at: str, where: str, origin: Origin, problems: list[Problem]) -> Any:
    """Return a written value as the parameter has it; a problem where it is none of its values or out of its range."""
    if one.values:
        if value in one.values:
            return one.values[one.values.index(value)]
        known = ", ".join(map(str, one.values))
        problems.append(origin.problem(where, f"{at}{value!r} is no value of {one.name}", f"Its values: {known}."))
        return value
    low, high = one.ends
    if isinstance(value, bool) or not isinstance(value, int | float) or (one.kind == "integer" and value % 1):
        wanted = "a whole number" if one.kind == "integer" else "a number"
        problems.append(origin.problem(where, f"{at}{value!r} is not {wanted} for {one.name}", f"Write {wanted}."))
    elif not low <= value <= high:
        message = f"{at}{value:g} is outside the range of {one.name}, {low:g} to {high:g}"
        problems.append(origin.problem(where, message, "Change the value or the range."))
    else:
        return int(value) if one.kind == "integer" else float(value)
    return value


def _column(one: Parameter, values: list[Any]) -> Any:
    if one.kind == "integer":
        return np.array(values, dtype=np.int64)
    if one.kind == "continuous":
        return np.array(values, dtype=np.float64)
    return np.array(values, dtype=np.bool_) if one.kind == "switch" else [str(value) for value in values]
