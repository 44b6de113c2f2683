"""Makes everything that a dossier tells of: the base run, its alternatives, two sweeps, and what validation says.

A part that fails, for want of a package or because its runs cannot be made, is kept as a fault with its reason; the
others go on. Only the scenario itself, and what was asked for by name, must be right.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.dossier.alternatives import Alternative, alternatives_of
from scenarios.dossier.asked import Asked
from scenarios.dossier.failing import Failing, failings_of
from scenarios.dossier.ranges import Range, declared, default_ranges
from scenarios.dossier.validity import fast_suites, outcomes_here, outcomes_of
from scenarios.errors import InputError, Problem
from scenarios.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.comparison import Comparison
    from scenarios.results import RunResult
    from scenarios.sweeps.loading import SweepPlan
    from scenarios.sweeps.results import SweepResult
    from scenarios.validation.outcomes import Outcome

Progress = Callable[[int, int], None]
RANKING, WORLDS = "ranking", "worlds"
MOST_REASON = 600


@dataclass(slots=True, kw_only=True)
class Found:
    """What the runs of a dossier gave.

    Attributes
    ----------
    base : the first seed of the scenario, with all its tables.
    alternatives : the scenario as it is, and what it is compared with.
    left_out : default alternatives that the scenario does not allow.
    comparison : all seeds of all alternatives; the first arm is the base.
    ranges, fixed : factors of the sweeps, and those without a range.
    sweeps : by name: `RANKING`, whose sample ranks factors, and `WORLDS`, in which failures are looked for.
    runs : the frames of runs of the sweeps.
    failings : conditions of failure.
    validation : outcomes by suite; ``validated`` tells whether they come from a folder.
    faults : why a part could not be made, by its name.
    """

    asked: Asked
    scenario: Scenario
    base: "RunResult"
    alternatives: tuple[Alternative, ...]
    left_out: tuple[Problem, ...] = ()
    comparison: "Comparison | None" = None
    ranges: tuple[Range, ...] = ()
    fixed: tuple[str, ...] = ()
    sweeps: "dict[str, SweepResult]" = field(default_factory=dict)
    runs: "dict[str, pd.DataFrame]" = field(default_factory=dict)
    points: "dict[str, pd.DataFrame]" = field(default_factory=dict)
    failings: tuple[Failing, ...] = ()
    validation: "dict[str, Outcome]" = field(default_factory=dict)
    unread: tuple[Problem, ...] = ()
    faults: dict[str, str] = field(default_factory=dict)


def gather(asked: Asked, work: Path, progress: Progress | None = None) -> Found:
    """Make the runs of a dossier and return what they gave.

    Parameters
    ----------
    work : folder of the sweeps' stores; what an interrupted dossier left there is gone on with.
    progress : called with how many runs are done, and of how many.

    Raises
    ------
    InputError : with every mistake of what was asked for; nothing was run.
    """
    from scenarios.loading import load

    scenario = load(asked.name, asked.overrides)
    alternatives, left_out = alternatives_of(asked, scenario)
    failings_of(scenario, _no_kpis(), asked.conditions)  # mistakes are told before anything runs
    _check_folders(asked)
    plans, faults, ranges, fixed = _plans(asked, scenario)
    count = _Count(progress, _total(asked, alternatives, plans))
    found = Found(
        asked=asked, scenario=scenario, base=_base(scenario, count), alternatives=alternatives, left_out=left_out,
        ranges=ranges, fixed=fixed, faults=faults,
    )  # fmt: skip
    found.failings = failings_of(scenario, found.base.kpis, asked.conditions)
    found.comparison = _compared(asked, alternatives, count)
    for name, plan in plans.items():
        with _faults_of(found, name):
            found.sweeps[name] = _swept(plan, work / name, asked.workers, count)
            found.runs[name], found.points[name] = found.sweeps[name].runs, found.sweeps[name].points
    with _faults_of(found, "validation"):
        if asked.validation is None:
            found.validation = outcomes_here(lambda: count.add(1))
        else:
            found.validation, found.unread = outcomes_of(asked.validation)
    return found


def reason(error: BaseException) -> str:
    """Return why something could not be made, in a line or two."""
    if isinstance(error, InputError):
        return " ".join(str(problem) for problem in error.problems[:3])[:MOST_REASON]
    text = str(error).strip() or type(error).__name__
    return text[:MOST_REASON]


@contextmanager
def _faults_of(found: Found, part: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        found.faults[part] = reason(error)


class _Count:
    """Progress of several jobs as one."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0
        self.at(0)

    def at(self, done_here: int) -> None:
        """Tell how far the present job is."""
        if self.progress is not None:
            self.progress(min(self.done + done_here, self.total), self.total)

    def add(self, size: int) -> None:
        """Count a job as done."""
        self.done += size
        self.at(0)


def _total(asked: Asked, alternatives: tuple[Alternative, ...], plans: "dict[str, SweepPlan]") -> int:
    suites = len(fast_suites()) if asked.validation is None else 0
    return 1 + len(alternatives) * asked.effort.seeds + sum(plan.most_runs for plan in plans.values()) + suites


def _base(scenario: Scenario, count: _Count) -> "RunResult":
    from scenarios.runner import run

    result = run(scenario, 0, lambda done, total: count.at(0))  # noqa: ARG005 - so that Ctrl-C is heeded
    count.add(1)
    return result


def _compared(asked: Asked, alternatives: tuple[Alternative, ...], count: _Count) -> "Comparison":
    from scenarios.comparison import Comparison
    from scenarios.run_pool import run_all

    arms = [one.arm for one in alternatives]
    seeds = tuple(range(asked.effort.seeds))
    tasks = [(index, seed) for index in range(len(arms)) for seed in seeds]
    outcomes = run_all([arm.scenario for arm in arms], tasks, asked.workers, lambda done, total: count.at(done))  # noqa: ARG005
    count.add(len(tasks))
    return Comparison.of(asked.name, arms, seeds, asked.overrides, 0, outcomes)


def _plans(
    asked: Asked, scenario: Scenario
) -> "tuple[dict[str, SweepPlan], dict[str, str], tuple[Range, ...], tuple[str, ...]]":
    """Return the sweeps that can be made, why others cannot, the ranges, and the factors that have none."""
    from scenarios.accounts import accounts

    plans: dict[str, SweepPlan] = {}
    faults: dict[str, str] = {}
    ranges, fixed = default_ranges(scenario, accounts(scenario).firms)
    designs: dict[str, dict[str, Any]] = {
        RANKING: {"kind": "morris", "trajectories": asked.effort.trajectories},
        WORLDS: {"kind": "latin_hypercube", "points": asked.effort.points},
    }
    for name, design in designs.items():
        try:
            plans[name] = _plan(asked, scenario, ranges, name, design)
        except Exception as error:
            faults[name] = reason(error)
    return plans, faults, ranges, fixed


def _plan(
    asked: Asked, scenario: Scenario, ranges: tuple[Range, ...], name: str, design: dict[str, Any]
) -> "SweepPlan":
    from scenarios.loading import library, locate
    from scenarios.sweeps.loading import sweep_of

    known = asked.name in library()
    path = Path(asked.name) if known else locate(asked.name)
    given = {
        "name": f"{scenario.name}-{name}",
        "scenario": asked.name if known else path.name,
        "overrides": dict(asked.overrides),
        "levers": declared(ranges, "lever"),
        "uncertainties": declared(ranges, "uncertainty"),
        "design": design,
        "seeds": asked.effort.sweep_seeds,
    }
    return sweep_of(given, "." if known else path.parent)


def _swept(plan: "SweepPlan", folder: Path, workers: int | None, count: _Count) -> "SweepResult":
    from scenarios.sweeps.engine import sweep

    def watch(now: Any) -> None:
        count.at(now.done)

    try:
        result = sweep(plan, folder, workers=workers, progress=watch)
    except InputError:
        if not folder.exists():
            raise
        shutil.rmtree(folder)  # of another dossier of this name
        result = sweep(plan, folder, workers=workers, progress=watch)
    count.add(plan.most_runs)
    return result


def work_folder(out: Path) -> Path:
    """Return where the sweeps of a dossier are kept until it is whole."""
    return out.parent / f".{out.name}.sweeps"


def worded(found: Found, language: str) -> Found:
    """Return what was found with the alternatives called by their names in a language."""
    comparison = found.comparison
    if comparison is None:
        return found
    names = {one.label: getattr(one.name, language) for one in found.alternatives}
    tables = {
        name: frame.assign(arm=frame["arm"].map(names)) if len(frame) else frame
        for name, frame in comparison.tables.items()
    }
    arms = tuple(replace(arm, label=names[arm.label]) for arm in comparison.arms)
    return replace(found, comparison=replace(comparison, arms=arms, tables=tables))


def _check_folders(asked: Asked) -> None:
    """Refuse folders that hold no calibration or no outcomes of validation."""
    if asked.calibration is not None:
        from scenarios.calibration.results import CalibrationResult

        CalibrationResult.open(asked.calibration)
    if asked.validation is not None and not asked.validation.is_dir():
        remedy = "Give the folder that `quotalab validate --out` wrote."
        raise InputError([Problem("dossier", 0, "--validation", f"there is no folder {asked.validation}", remedy)])


def _no_kpis() -> "pd.Series[float]":
    import pandas as pd

    return pd.Series(dtype="float64")
