"""What a dossier is asked for: the scenario, its alternatives, how many runs, and what counts as a failure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Effort:
    """How many runs are made.

    Attributes
    ----------
    seeds : of the base run and of every alternative.
    trajectories : of the sample that ranks the factors, of one more run each than there are factors.
    points : of the sample in which conditions of failure are looked for.
    sweep_seeds : seeds of each point of both samples.
    """

    name: str
    seeds: int
    trajectories: int
    points: int
    sweep_seeds: int = 1


QUICK = Effort("quick", seeds=3, trajectories=3, points=60)
FULL = Effort("full", seeds=10, trajectories=8, points=300, sweep_seeds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A dossier that is asked for.

    Attributes
    ----------
    name : library name or path of the scenario.
    overrides : values by dotted path, of the base run and of all alternatives.
    alternatives : file that names the alternatives; by default a few of the right in ``right``.
    vary : values by dotted path instead: every combination is an alternative.
    right : the right that default alternatives change; the scenario's first if not given.
    conditions : conditions of failure, such as ``carbon.mean_price > 150``; by default some that any scenario has.
    calibration : folder of a calibration.
    validation : folder of outcomes of `quotalab validate --out`; the fast suites are run if not given.
    workers : number of processes, one a processor if not given.
    """

    name: str
    overrides: Mapping[str, Any] = field(default_factory=dict)
    alternatives: Path | None = None
    vary: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    right: str | None = None
    conditions: tuple[str, ...] = ()
    calibration: Path | None = None
    validation: Path | None = None
    effort: Effort = FULL
    workers: int | None = None
