"""What the server and its workers say to each other: runs to do, progress, results, failures. Plain data, no code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scenarios.errors import Problem

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.results import RunResult


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRef:
    """One run: a reference to its scenario, a seed, and where its result is kept.

    Attributes
    ----------
    base : name of a library scenario, or the path of a session's own document.
    overrides : values by dotted path, as `scenarios.load` takes them.
    confined : whether the document came from a browser, so that it may name no file outside its own folder.
    seed : seed of the run.
    key : what the run is, as `dashboard.store.run_key` gives it.
    scenario_key : what its scenario is, as `dashboard.store.scenario_key` gives it.
    name : the scenario's name, for lists of jobs.
    folder : where the worker writes the result, after it has sent it; nowhere if empty.
    """

    base: str
    overrides: Mapping[str, Any] = field(default_factory=dict)
    confined: bool = False
    seed: int = 0
    key: str
    scenario_key: str
    name: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker waits for its next run; its resident memory, in bytes."""

    resident: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Periods done and their number, and the market so far (see `scenarios.watching.MarketSoFar.frame`)."""

    done: int
    total: int
    frame: "pd.DataFrame | None" = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The whole result; it may still have to be written to disk."""

    result: "RunResult"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run came to nothing: a code that texts have words for, and the values in them.

    Codes: ``input`` (the problems say what), ``changed`` (the document is another than when the run was ordered),
    ``error`` (values stage and message), ``died`` (twice; probably out of memory), ``memory`` (value
    bytes), ``seconds`` (value seconds), ``no_worker`` (no process could be started); of a result that is shown:
    ``not_kept`` (the problems say why), ``not_kept_died``.
    """

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """Where the result was written; or why it can be shown but was not kept."""

    folder: str = ""
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The run was told to stop and has stopped."""


Message = Ready | Progress | Finished | Kept | Failure | Cancelled
