"""Loads a sweep: a document or plain data, the scenario it names, what varies, the points; every mistake at once.

Nothing is run. A plan that is returned has passed every check that can be made before the first run: paths, units and
bounds, the values of each parameter one at a time in the scenario itself, a sample of the points as a whole, and the
names of outcomes.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scenarios.errors import InputError, Problem
from scenarios.loading import Origin
from scenarios.schema import Scenario
from scenarios.sweeps.base import Base
from scenarios.sweeps.declarations import StudyOrigin, Written, declared_in, in_file, in_python, scenario_of
from scenarios.sweeps.declared import MOST_RUNS, Sweep, Until
from scenarios.sweeps.designs import points_of, size_of
from scenarios.sweeps.parameters import Parameter, parameters_of

if TYPE_CHECKING:
    import pandas as pd

POINTS_CHECKED = 300
"""Points that are loaded and checked as a whole before the first run, evenly through the design."""
MOST_TOLD = 8


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """A sweep that can be run.

    Attributes
    ----------
    sweep : the declaration.
    base : the scenario that it varies, with the overrides that all runs share.
    parameters : what varies, settled.
    points : one row per point (`scenarios.sweeps.designs.points_of`).
    """

    sweep: Sweep
    base: Base
    parameters: tuple[Parameter, ...]
    points: "pd.DataFrame"

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds that every point may be run with, in order."""
        return seeds_of(self.sweep)

    @property
    def most_runs(self) -> int:
        """Number of runs, at most."""
        return len(self.points) * len(self.seeds)


def seeds_of(sweep: Sweep) -> tuple[int, ...]:
    """Return the seeds that every point may be run with, in order."""
    if isinstance(sweep.seeds, Until):
        return tuple(range(sweep.seeds.most))
    return tuple(range(sweep.seeds)) if isinstance(sweep.seeds, int) else tuple(sweep.seeds)


def load_sweep(path: str | os.PathLike[str], changes: Mapping[str, Any] | None = None) -> SweepPlan:
    """Return the plan of a sweep's file, with single values of it replaced by dotted path.

    Raises
    ------
    InputError : with every mistake, each with file, line, key and remedy.
    """
    return _planned(in_file("sweep", path, changes or {}))


def sweep_of(declared: Mapping[str, Any], folder: str | os.PathLike[str] = ".") -> SweepPlan:
    """Return the plan of a sweep declared as plain data; files are named relative to a folder.

    Raises
    ------
    InputError : with every mistake.
    """
    return _planned(in_python("sweep", declared, folder))


def _planned(written: Written) -> SweepPlan:
    declared, origin, problems = declared_in(written, Sweep, StudyOrigin)
    scenario = scenario_of(declared.scenario, declared.overrides, written.folder, origin, problems)
    return _settled(declared, scenario, origin, problems)


def _settled(declared: Sweep, scenario: Scenario, origin: Origin, problems: list[Problem]) -> SweepPlan:
    base = Base.of(scenario)
    parameters, more = parameters_of(declared, base.plain, origin)
    problems += more
    problems += _outcome_problems(declared, scenario, origin)
    problems += _series_problems(declared, origin)
    if not more:
        size = size_of(declared, parameters)
        if size is not None and size * len(seeds_of(declared)) > MOST_RUNS:
            message = f"{size:,} points with {len(seeds_of(declared)):,} seeds are more than {MOST_RUNS:,} runs"
            problems.append(origin.problem("design", message, "Ask for fewer points, values or seeds."))
            raise InputError(problems)
        problems += one_at_a_time(parameters, base, origin)
    points = None
    try:
        points = points_of(declared, parameters, origin) if not more else None
    except InputError as error:
        problems += error.problems
    if points is not None and not problems:
        problems += whole_points(points, parameters, base, origin)
    if problems or points is None:
        raise InputError(problems)
    return SweepPlan(declared, base, parameters, points)


def one_at_a_time(parameters: tuple[Parameter, ...], base: Base, origin: Origin) -> list[Problem]:
    """Return what the scenario has against the values of each parameter, the others as the scenario has them."""
    problems = []
    for one in parameters:
        section = f"{'levers' if one.role == 'lever' else 'uncertainties'}.{one.name}"
        for index, value in enumerate(one.values or (one.value(0.0), one.value(1.0))):
            key = f"{section}.values.{index}" if one.values else f"{section}.{('low', 'high')[index]}"
            found = base.draft([one], {one.name: value}).problems
            problems += [origin.problem(key, _told(problem), problem.remedy) for problem in found[:2]]
    return problems


def whole_points(
    points: "pd.DataFrame",
    parameters: tuple[Parameter, ...],
    base: Base,
    origin: Origin,
) -> list[Problem]:
    """Return what the scenario has against some of the points as a whole."""
    problems: list[Problem] = []
    step = max(1, len(points) // POINTS_CHECKED)
    for row in points.iloc[::step].to_dict("records"):
        for problem in base.draft(parameters, row).problems:
            values = ", ".join(f"{one.name} {row[one.name]}" for one in parameters[:6])
            message = f"point {row['point']} ({values}): {_told(problem)}"
            if not any(_same(message, known.message) for known in problems):
                problems.append(origin.problem("design", message, problem.remedy))
        if len(problems) >= MOST_TOLD:
            break
    return problems


def _told(problem: Problem) -> str:
    return f"{problem.key.removeprefix('--set ')}: {problem.message.rstrip('. ')}"


def _same(one: str, other: str) -> bool:
    return one.partition("): ")[2] == other.partition("): ")[2]


def _outcome_problems(declared: Sweep, scenario: Scenario, origin: Origin) -> Iterator[Problem]:
    from scenarios.messages import suggestion
    from scenarios.sweeps.outcomes import known_outcome, outcome_names

    wanted = [(f"outcomes.{place}", name) for place, name in enumerate(declared.outcomes or ())]
    if isinstance(declared.seeds, Until):
        wanted.append(("seeds.outcome", declared.seeds.outcome))
    for key, name in wanted:
        if not known_outcome(name, scenario):
            remedy = suggestion(name, list(outcome_names(scenario)), "Known indicators")
            yield origin.problem(key, f"no indicator is called {name!r}", remedy)
    for name in {*declared.levers, *declared.uncertainties} & set(outcome_names(scenario)):
        section = "levers" if name in declared.levers else "uncertainties"
        yield origin.problem(f"{section}.{name}", "an indicator has this name", "Choose another.")


def _series_problems(declared: Sweep, origin: Origin) -> Iterator[Problem]:
    from scenarios.messages import suggestion
    from scenarios.sweeps.outcomes import SERIES

    for place, name in enumerate(declared.series):
        if name not in SERIES:
            remedy = suggestion(name, list(SERIES), "Tables")
            yield origin.problem(f"series.{place}", f"no table of a run is called {name!r}", remedy)
