"""Loads a calibration: a document or plain data, its scenario, parameters and observations; every mistake at once."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scenarios.calibration.declared import Calibration
from scenarios.calibration.observations import read_observations, spread, tables_needed
from scenarios.errors import InputError
from scenarios.loading import Origin
from scenarios.search.loading import Values, sweep_of_rows
from scenarios.sweeps.base import Base
from scenarios.sweeps.declarations import StudyOrigin, Written, declared_in, in_file, in_python, scenario_of
from scenarios.sweeps.designs import points_of
from scenarios.sweeps.loading import SweepPlan, one_at_a_time
from scenarios.sweeps.parameters import Parameter, parameters_of

if TYPE_CHECKING:
    import pandas as pd


class CalibrationOrigin(StudyOrigin):
    """Where the keys of a calibration are written."""

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
    return _planned(in_file("calibration", path, changes or {}))


def calibration_of(declared: Mapping[str, Any], folder: str | os.PathLike[str] = ".") -> CalibrationPlan:
    """Return the plan of a calibration declared as plain data; files are named relative to a folder."""
    return _planned(in_python("calibration", declared, folder))


def _planned(written: Written) -> CalibrationPlan:
    declared, origin, problems = declared_in(written, Calibration, CalibrationOrigin)
    scenario = scenario_of(declared.scenario, declared.overrides, written.folder, origin, problems)
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
