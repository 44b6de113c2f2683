"""Loads a calibration: a document or plain data, its scenario, parameters and observations; every mistake at once."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from scenarios.calibration.declared import Calibration
from scenarios.calibration.observations import read_observations, spread, tables_needed
from scenarios.documents import Node, as_json, node_of, read_document
from scenarios.errors import InputError, Problem
from scenarios.layers import collect, replaced
from scenarios.loading import Origin, shown
from scenarios.search.loading import Values, scenario_of, sweep_of_rows, translated
from scenarios.sweeps.base import Base
from scenarios.sweeps.designs import points_of
from scenarios.sweeps.loading import SweepPlan, one_at_a_time
from scenarios.sweeps.parameters import Parameter, parameters_of

if TYPE_CHECKING:
    import pandas as pd


class CalibrationOrigin(Origin):
    """Where the keys of a calibration are written, asked for by the keys that a sweep has for the same things."""

    def place(self, key: str) -> tuple[str, int]:
        """Return the file label and line of a key of the sweep or of the calibration."""
        return super().place(self.own(key))

    def problem(self, key: str, message: str, remedy: str) -> Problem:
        """Return a problem at a key of the sweep, by the key of the calibration."""
        return super().problem(self.own(key), message, remedy)

    @staticmethod
    def own(key: str) -> str:
        """Return the key of the calibration for one of a sweep."""
        return f"parameters{key.removeprefix('levers')}" if key.partition(".")[0] == "levers" else key


@dataclass(frozen=True)
class CalibrationPlan:
    """A calibration that can be run.

    Attributes
    ----------
    calibration : the declaration.
    base : the scenario, with the overrides that all runs share.
    parameters : what is fitted.
    observed : one row an observation: instrument, variable, year, month, value, sd, scale, held_out.
    """

    calibration: Calibration
    base: Base
    parameters: tuple[Parameter, ...]
    observed: "pd.DataFrame"
    origin: Origin

    def batch(self, rows: Sequence[Values], number: int = 0) -> SweepPlan:
        """Return the sweep of some sets of parameters."""
        name = f"{self.calibration.name[:56]}-{number:05d}"
        series = tables_needed(self.observed)
        declared = self.calibration
        sweep = sweep_of_rows(declared, rows, name, declared.parameters, declared.worlds, series)
        return SweepPlan(sweep, self.base, self.parameters, points_of(sweep, self.parameters, self.origin))


def load_calibration(path: str | os.PathLike[str], changes: Mapping[str, Any] | None = None) -> CalibrationPlan:
    """Return the plan of a calibration's file, with single values of it replaced by dotted path.

    Raises
    ------
    InputError : with every mistake, each with file, line, key and remedy.
    """
    file = Path(path)
    label = shown(file)
    tree, problems = read_document(file, label)
    return _planned(tree, problems, label, file.parent, changes or {})


def calibration_of(declared: Mapping[str, Any], folder: str | os.PathLike[str] = ".") -> CalibrationPlan:
    """Return the plan of a calibration declared as plain data; files are named relative to a folder."""
    try:
        tree = node_of({"calibration": 1, **declared}, "calibration")
    except TypeError as error:
        message = f"a value of type {error} is no plain data"
        problem = Problem("calibration", 0, "calibration", message, "Give numbers, text, lists and mappings.")
        raise InputError([problem]) from None
    return _planned(tree, [], "calibration", Path(folder), {})


def _planned(
    tree: Node, problems: list[Problem], label: str, folder: Path, changes: Mapping[str, Any]
) -> CalibrationPlan:
    problems = list(problems)
    for key, value in changes.items():
        tree = replaced(tree, key, value, problems, label)
    places: dict[str, tuple[str, int]] = {}
    collect(tree, "", places)
    origin = CalibrationOrigin(label, places, {label: folder, "": folder})
    if "calibration" not in tree.children:
        message, remedy = "the key is missing", "Add `calibration: 1` as the first line."
        problems.append(Problem(label, 0, "calibration", message, remedy))
        tree = Node({"calibration": Node(1, label, 0), **tree.children}, label, tree.line)
    try:
        declared = Calibration.model_validate_json(as_json(tree), strict=True)
    except ValidationError as error:
        raise InputError([*problems, *translated(error, tree, origin, Calibration)]) from None
    scenario = scenario_of(declared.scenario, declared.overrides, folder, origin, problems)
    base = Base.of(scenario)
    sweep = sweep_of_rows(declared, [], "sets", declared.parameters, declared.worlds)
    parameters, more = parameters_of(sweep, base.plain, origin)
    problems += more
    problems += one_at_a_time(parameters, base, origin) if not more else []
    observed = None
    try:
        observed = read_observations(origin.resolve("observations.file", declared.observations.file), scenario)
    except InputError as error:
        problems += error.problems
    if observed is not None:
        first = declared.observations.hold_out_from
        observed = spread(observed, declared.observations.relative_sd).assign(held_out=observed["year"] >= first)
        if observed["held_out"].all() or not observed["held_out"].any():
            message = f"with a first year held out of {first}, nothing is left to {_missing(observed)}"
            remedy = "Choose a year inside the observations."
            problems.append(origin.problem("observations.hold_out_from", message, remedy))
    if problems or observed is None:
        raise InputError(problems)
    return CalibrationPlan(declared, base, parameters, observed, origin)


def _missing(observed: "pd.DataFrame") -> str:
    return "fit" if observed["held_out"].all() else "predict"
