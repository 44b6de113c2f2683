"""Loads a search: a document or plain data, its scenario, decisions, worlds, constraints; every mistake at once.

Decisions and worlds are checked as the levers and uncertainties of a sweep are, before anything runs.
"""

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scenarios.errors import InputError, Problem
from scenarios.loading import Origin
from scenarios.messages import suggestion
from scenarios.schema import Scenario
from scenarios.search.constraints import Constraint, constraint_of
from scenarios.search.declared import Search, Worlds
from scenarios.sweeps.base import Base
from scenarios.sweeps.declarations import StudyOrigin, Written, declared_in, in_file, in_python, scenario_of
from scenarios.sweeps.declared import Crossed, Listed, Sweep, Varied
from scenarios.sweeps.designs import points_of
from scenarios.sweeps.loading import SweepPlan, one_at_a_time, whole_points
from scenarios.sweeps.outcomes import known_outcome, outcome_names
from scenarios.sweeps.parameters import Parameter, parameters_of

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.calibration.declared import Calibration

Values = dict[str, Any]
Function = Callable[["pd.DataFrame"], float]
"""From the runs of one policy to a number that is to be low."""
WHOLE_CAP = 100.0


class SearchOrigin(StudyOrigin):
    """Where the keys of a search are written."""

    @staticmethod
    def own(key: str) -> str:
        """Return the key of the search for one of a sweep."""
        for theirs, ours in (
            ("levers", "decisions"), ("design.uncertainties", "worlds.design"), ("design", "worlds.design"),
            ("uncertainties", "worlds.uncertainties"), ("seeds", "worlds.seeds"),
        ):  # fmt: skip
            if key == theirs or key.startswith(f"{theirs}."):
                return f"{ours}{key[len(theirs) :]}"
        return key


@dataclass(frozen=True)
class SearchPlan:
    """A search that can be run.

    Attributes
    ----------
    search : the declaration.
    base : the scenario, with the overrides that all runs share.
    parameters : decisions, then what the worlds bring.
    constraints : those that every policy has to keep.
    cap_constraints : those of a right's tightest cap, by instrument.
    functions : objectives that are functions of a policy's runs, by name; lower is better.
    """

    search: Search
    base: Base
    parameters: tuple[Parameter, ...]
    constraints: tuple[Constraint, ...]
    origin: Origin
    cap_constraints: Mapping[str, tuple[Constraint, ...]] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)

    @property
    def decisions(self) -> tuple[Parameter, ...]:
        """What policy decides."""
        return tuple(one for one in self.parameters if one.role == "lever")

    @property
    def objectives(self) -> tuple[str, ...]:
        """Names of the objectives."""
        return (*(one.name for one in self.search.objectives), *self.functions)

    @property
    def directions(self) -> tuple[str, ...]:
        """Whether lower or higher is better, by objective."""
        return (*(one.direction for one in self.search.objectives), *("lower" for _ in self.functions))

    def batch(self, rows: Sequence[Values], number: int = 0) -> SweepPlan:
        """Return the sweep of some policies through all worlds."""
        sweep = sweep_of_search(self.search, rows, f"{self.search.name[:56]}-{number:05d}")
        return SweepPlan(sweep, self.base, self.parameters, points_of(sweep, self.parameters, self.origin))


def sweep_of_search(search: Search, rows: Sequence[Values], name: str = "policies") -> Sweep:
    """Return the declaration of the sweep of some policies through the worlds of a search."""
    return sweep_of_rows(search, rows, name, decisions_of(search), search.worlds)


def sweep_of_rows(
    declared: "Search | Calibration",
    rows: Sequence[Values],
    name: str,
    levers: Mapping[str, Varied],
    worlds: Worlds,
    series: Sequence[str] = (),
) -> Sweep:
    """Return the declaration of a sweep of some values of its levers through all worlds."""
    listed = Listed(kind="list", rows=[dict(row) for row in rows] or [{}])
    return Sweep.model_validate(
        {
            "sweep": 1,
            "name": name,
            "scenario": declared.scenario,
            "overrides": declared.overrides,
            "levers": dict(levers),
            "uncertainties": worlds.uncertainties,
            "design": Crossed(kind="crossed", levers=listed, uncertainties=worlds.design),
            "seeds": worlds.seeds,
            "series": list(series),
        }
    )


def decisions_of(search: Search) -> dict[str, Varied]:
    """Return what is decided: as declared, or the scales of the caps whose tightest is wanted."""
    if not search.tightest_cap:
        return dict(search.decisions)
    return {
        f"{one.instrument}.cap_scale": Varied(low=min(one.low, WHOLE_CAP), high=max(one.high, WHOLE_CAP + 1e-6))
        for one in search.tightest_cap
    }


def load_search(
    path: str | os.PathLike[str],
    changes: Mapping[str, Any] | None = None,
    objectives: Mapping[str, Function] | None = None,
) -> SearchPlan:
    """Return the plan of a search's file, with single values of it replaced by dotted path.

    Parameters
    ----------
    objectives : functions from the runs of one policy (`docs/decisions/0011-sweeps.md`) to a number that is to be low,
        by name, beside those of the file.

    Raises
    ------
    InputError : with every mistake, each with file, line, key and remedy.
    """
    return _planned(in_file("search", path, changes or {}), objectives or {})


def search_of(
    declared: Mapping[str, Any],
    folder: str | os.PathLike[str] = ".",
    objectives: Mapping[str, Function] | None = None,
) -> SearchPlan:
    """Return the plan of a search declared as plain data; files are named relative to a folder. See `load_search`."""
    return _planned(in_python("search", declared, folder), objectives or {})


def _planned(written: Written, functions: Mapping[str, Function]) -> SearchPlan:
    declared, origin, problems = declared_in(written, Search, SearchOrigin)
    if not declared.tightest_cap and not declared.objectives and not functions:
        problems.append(origin.problem("objectives", "nothing is to be low or high", "Give objectives."))
    scenario = scenario_of(declared.scenario, declared.overrides, written.folder, origin, problems)
    return _settled(declared, scenario, origin, problems, functions)


def _settled(
    declared: Search,
    scenario: Scenario,
    origin: SearchOrigin,
    problems: list[Problem],
    functions: Mapping[str, Function],
) -> SearchPlan:
    base = Base.of(scenario)
    for place, one in enumerate(declared.tightest_cap):
        if one.instrument not in scenario.instruments:
            remedy = suggestion(one.instrument, list(scenario.instruments), "Known here")
            message = f"there is no instrument {one.instrument!r}"
            problems.append(origin.problem(f"tightest_cap.{place}.instrument", message, remedy))
            raise InputError(problems)
    names = list(outcome_names(scenario))
    problems += _outcome_problems(declared, scenario, names, origin)
    constraints = _constraints("constraints", declared.constraints, names, origin, problems)
    of_caps = {
        one.instrument: (
            *constraints,
            *_constraints(f"tightest_cap.{place}.constraints", one.constraints, names, origin, problems),
        )
        for place, one in enumerate(declared.tightest_cap)
    }
    template = sweep_of_search(declared, [])
    parameters, more = parameters_of(template, base.plain, origin)
    more = list(more)
    problems += more
    problems += [
        origin.problem(name, "an indicator has this name", "Choose another.")
        for one in parameters
        if (name := one.name) in names
    ]
    if not more:
        problems += one_at_a_time(parameters, base, origin)
    if not more and not problems:
        problems += _world_problems(template, parameters, base, origin)
    if problems:
        raise InputError(problems)
    return SearchPlan(declared, base, parameters, constraints, origin, of_caps, dict(functions))


def _world_problems(template: Sweep, parameters: Sequence[Parameter], base: Base, origin: Origin) -> list[Problem]:
    """Return what the scenario has against the worlds, each with the scenario's own policy."""
    worlds = tuple(one for one in parameters if one.role == "uncertainty")
    alone = template.model_copy(update={"levers": {}, "design": Crossed(kind="crossed",
                                uncertainties=template.design.uncertainties)})  # type: ignore[union-attr]  # fmt: skip
    try:
        points = points_of(alone, worlds, origin)
    except InputError as error:
        return list(error.problems)
    return whole_points(points, worlds, base, origin) if worlds else []


def _outcome_problems(declared: Search, scenario: Scenario, names: Sequence[str], origin: Origin) -> Iterator[Problem]:
    for place, one in enumerate(declared.objectives):
        if not known_outcome(one.outcome, scenario):
            remedy = suggestion(one.outcome, list(names), "Known indicators")
            yield origin.problem(f"objectives.{place}.outcome", f"no indicator is called {one.outcome!r}", remedy)


def _constraints(
    key: str, texts: Sequence[str], names: Collection[str], origin: Origin, problems: list[Problem]
) -> tuple[Constraint, ...]:
    found = []
    for place, text in enumerate(texts):
        try:
            found.append(constraint_of(text, names))
        except InputError as error:
            problems += [origin.problem(f"{key}.{place}", one.message, one.remedy) for one in error.problems]
    return tuple(found)
