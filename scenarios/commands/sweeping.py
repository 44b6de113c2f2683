"""The command `sweep`: begin a sweep or go on with one, show how it goes, and print what came out."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.commands.running import REPORT, Language, overrides
from scenarios.commands.screens import number, say, say_json, say_table, tell
from scenarios.errors import InputError, Problem

if TYPE_CHECKING:
    from scenarios.sweeps.engine import Progress, Watcher
    from scenarios.sweeps.executors import Engine
    from scenarios.sweeps.loading import SweepPlan
    from scenarios.sweeps.results import SweepResult

EVERY = 10.0
"""Seconds between two lines of progress where there is no terminal."""


def sweep(
    name: Path,
    settings: list[str],
    out: Path | None,
    language: Language,
    *,
    workers: int | None,
    engine: str,
    scheduler: str | None,
    retry_failed: bool,
    check: bool,
    as_json: bool,
) -> int:
    """Make the runs that are missing, write the report, print a summary; 1 if a run failed."""
    from scenarios.sweeps.engine import run_store
    from scenarios.sweeps.results import SweepResult

    chosen = _engine(engine, workers, scheduler)
    begun = (name / "manifest.json").exists()
    if begun and (settings or out is not None):
        message = "the folder holds a sweep that was begun, with all its settings"
        raise InputError([Problem(str(name), 0, "--set, --out", message, "Leave both out to go on with it.")])
    if check and begun:
        raise InputError(
            [Problem(str(name), 0, "--check", "a sweep that was begun is checked already", "Leave it out.")]
        )
    if begun:
        from scenarios.sweeps.store import open_to_go_on

        store = open_to_go_on(name)
    else:
        plan = _plan(name, settings)
        if check:
            return _say_plan(plan, as_json)
        from scenarios.sweeps.engine import prepared

        store = prepared(plan, out or Path("runs") / f"sweep-{plan.sweep.name}")
    with _shown(f"sweep {store.sweep.name}") as progress:
        run_store(store, chosen, progress, retry_failed)
    result = SweepResult.open(store.folder)
    report = write_report(result, language)
    if as_json:
        say_json(_document(result, report))
    else:
        print_summary(result, report)
    return 1 if len(result.failures) else 0


def _plan(name: Path, settings: list[str]) -> "SweepPlan":
    from scenarios.sweeps.loading import load_sweep
    from scenarios.sweeps.studies import study

    return load_sweep(study(name), overrides(settings))


def _engine(name: str, workers: int | None, scheduler: str | None) -> "Engine | None":
    from scenarios.sweeps import executors

    if scheduler is not None and name != "dask":
        message = "only Dask has a scheduler"
        raise InputError([Problem("command line", 0, "--scheduler", message, "Add --engine dask, or leave it out.")])
    if name == "dask":
        return executors.dask(scheduler, workers)
    if name == "mpi":
        return executors.mpi()
    return None if workers == 1 else executors.processes(workers)


def _say_plan(plan: "SweepPlan", as_json: bool) -> int:
    """Write what a sweep would be; nothing is run."""
    from scenarios.sweeps.size import bytes_of, chunk_size

    rows = [
        {
            "name": one.name, "role": one.role, "path": one.path, "kind": one.kind, "unit": one.unit,
            "values": list(one.values) or [one.low, one.high],
        }
        for one in plan.parameters
    ]  # fmt: skip
    size = {"points": len(plan.points), "runs": plan.most_runs, "bytes": bytes_of(plan), "chunk": chunk_size(plan)}
    if as_json:
        say_json({"name": plan.sweep.name, "parameters": rows, **size})
        return 0
    table = [
        (row["name"], row["role"], row["path"], row["unit"], _range(row["values"], bool(one.values)))
        for row, one in zip(rows, plan.parameters, strict=True)
    ]
    say_table(("parameter", "role", "path", "unit", "values"), table)
    most = "at most " if not isinstance(plan.sweep.seeds, int | list) else ""
    say(f"{size['points']:,} points, {most}{size['runs']:,} runs, about {size['bytes'] / 1e6:,.1f} MB; nothing was run")
    return 0


def _range(values: list[Any], listed: bool) -> str:
    shown = [number(value) if isinstance(value, int | float) else str(value) for value in values]
    return ", ".join(shown) if listed else " to ".join(shown)


def write_report(result: "SweepResult", language: Language) -> Path | None:
    """Write the report of a sweep into its folder; None where no run succeeded."""
    if not (result.runs["stage"] == "").any():
        return None
    from scenarios.sweep_report import write_sweep_report

    return write_sweep_report(result, result.store.folder / REPORT, language)


def print_summary(result: "SweepResult", report: Path | None) -> None:
    """Write runs and failures, and the main outcomes by policy, or over all points of a joint design."""
    from scenarios.sweep_choice import by_policy, crossed, levers_of, main_outcomes

    runs = result.runs
    failed = int((runs["stage"] != "").sum())
    if crossed(result):
        points = f"{runs['policy'].nunique():,} policies, {runs['world'].nunique():,} worlds"
    else:
        points = f"{runs['point'].nunique():,} points"
    say(f"{len(runs):,} runs: {points}; {failed:,} failed")
    names = main_outcomes(result)
    lead = levers_of(result) if by_policy(result) else []
    summary = result.summary(by=["policy", *lead] if by_policy(result) else [], outcomes=names)
    for kpi, part in summary.groupby("kpi", sort=False):
        unit = result.units.get(str(kpi), "")
        say(f"\n{kpi}" + (f" ({unit})" if unit else ""))
        rows = [
            (*(_cell(row[name]) for name in lead), *(number(row[c], 5) for c in ("mean", "q05", "median", "q95")),
             f"{row['n']:,}", f"{row['failed']:,}")
            for row in part.to_dict("records")
        ]  # fmt: skip
        columns = (*lead, "mean", "5 %", "median", "95 %", "runs", "failed")
        say_table(columns, rows, range(len(columns)))
    for row in result.failures.head(5).itertuples():
        tell(f"failed: run {row.run} (point {row.point}, seed {row.seed}), {row.stage}: {row.message}")
    if failed > 5:
        tell(f"... and {failed - 5:,} more: see the column message of the runs")
    say(f"runs: {result.store.folder}")
    if report is not None:
        say(f"report: {report}")


def _cell(value: Any) -> str:
    return number(float(value)) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _document(result: "SweepResult", report: Path | None) -> dict[str, Any]:
    runs = result.runs
    return {
        "name": result.name,
        "folder": str(result.store.folder),
        "report": None if report is None else str(report),
        "runs": len(runs),
        "failed": int((runs["stage"] != "").sum()),
        "units": result.units,
        "summary": result.summary().to_dict("records"),
        "failures": result.failures[["run", "point", "seed", "stage", "message"]].to_dict("records"),
    }


@contextmanager
def _shown(title: str) -> "Iterator[Watcher]":
    """Give a watcher that draws a bar with rate, time left and failures, or writes a line now and then."""
    if not sys.stderr.isatty():
        last = [time.monotonic()]

        def line(progress: "Progress") -> None:
            if time.monotonic() - last[0] >= EVERY or (progress.done == progress.total and progress.seconds > EVERY):
                last[0] = time.monotonic()
                tell(f"{title}: {progress.done:,} of {progress.total:,}{_pace(progress)}")

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None, told="")

        def draw(progress: "Progress") -> None:
            told = f"{progress.done:,}/{progress.total:,}{_pace(progress)}"
            bar.update(task, completed=progress.done, total=progress.total, told=told)

        yield draw


def _pace(progress: "Progress") -> str:
    """Return rate, time left and failures in words."""
    told = ""
    if progress.rate > 0.0:
        minutes, seconds = divmod(round(progress.seconds_left), 60)
        hours, minutes = divmod(minutes, 60)
        left = f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {seconds:02d} s"
        rate = f"{progress.rate:.1f}/s" if progress.rate >= 1.0 else f"{60.0 * progress.rate:.1f}/min"
        told = f", {rate}, {left} left"
    return told + (f", {progress.failed:,} failed" if progress.failed else "")
