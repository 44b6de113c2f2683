"""The commands `search` and `calibrate`: begin or go on, show how it goes, print what was found in plain tables."""

import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.commands.running import Language, overrides
from scenarios.commands.screens import number, say, say_json, say_table, say_wide_table, tell
from scenarios.display import texts

if TYPE_CHECKING:
    from scenarios.calibration.results import CalibrationResult
    from scenarios.search.results import SearchResult
    from scenarios.search.running import SearchProgress

EVERY = 10.0
"""Seconds between two lines of progress where there is no terminal."""
MOST_SHOWN = 20
STOPPED = 130
"""What a command returns that was stopped by Ctrl-C."""


def search(
    file: Path,
    out: Path | None,
    workers: int | None,
    language: Language,
    *,
    as_json: bool,
    settings: Sequence[str] = (),
) -> int:
    """Search the best policies, or how tight caps can be, and print them; 1 if no policy keeps its constraints."""
    from scenarios.search.loading import load_search
    from scenarios.search.results import SearchResult
    from scenarios.search.running import search as run_search
    from scenarios.sweeps.studies import study

    plan = load_search(study(file), overrides(list(settings)))
    folder = out or Path("runs") / f"search-{plan.search.name}"
    try:
        with shown_progress(f"search {plan.search.name}") as progress:
            result = run_search(plan, folder, workers=workers, progress=progress)
    except KeyboardInterrupt:
        return _stopped(folder, language, lambda: len(SearchResult.open(folder).policies))
    if as_json:
        say_json(search_document(result))
    elif result.search.tightest_cap:
        print_caps(result, language)
    else:
        print_front(result, language)
    if result.search.tightest_cap:
        return 0 if (result.caps["answer"] != "none").all() else 1
    return 0 if result.policies["feasible"].any() else 1


def calibrate(
    file: Path,
    out: Path | None,
    workers: int | None,
    language: Language,
    *,
    as_json: bool,
    settings: Sequence[str] = (),
) -> int:
    """Fit the parameters of a calibration and print them with their errors; 1 if every set is ruled out."""
    from scenarios.calibration.fitting import calibrate as fit
    from scenarios.calibration.loading import load_calibration
    from scenarios.calibration.results import CalibrationResult
    from scenarios.sweeps.studies import study

    plan = load_calibration(study(file), overrides(list(settings)))
    folder = out or Path("runs") / f"calibration-{plan.calibration.name}"
    try:
        with shown_progress(f"calibrate {plan.calibration.name}") as progress:
            result = fit(plan, folder, workers=workers, progress=progress)
    except KeyboardInterrupt:
        return _stopped(folder, language, lambda: len(CalibrationResult.open(folder).sets))
    if as_json:
        say_json(calibration_document(result))
    else:
        print_calibration(result, language)
    return 0 if result.sets["plausible"].any() else 1


def _stopped(folder: Path, language: Language, count: Callable[[], int]) -> int:
    """Say what is kept and how to go on."""
    from scenarios.errors import InputError

    try:
        tried = count()
    except InputError:
        tried = 0
    tell(f"\nquotalab: {texts(language)['searching']['stopped'].format(number=tried)} ({folder}).")
    return STOPPED


def print_front(result: "SearchResult", language: Language) -> None:
    """Write how many policies were tried, and those on the front with their objectives and probabilities."""
    words = texts(language)["searching"]
    policies, front = result.policies, result.front
    kept = int(policies["feasible"].sum())
    runs = int(policies["runs"].iloc[0])
    say(words["policies"].format(number=f"{len(policies):,}", runs=f"{runs:,}", kept=f"{kept:,}", front=len(front)))
    _say_failed(int(policies["failed"].sum()), words)
    if front.empty:
        say(f"\n{words['none_kept']}:")
        missed = result.constraints.assign(broken=~result.constraints["kept"].astype(bool))
        least = missed.groupby("trial")["broken"].sum().idxmin()
        front = policies[policies["trial"] == least]
    else:
        say(f"\n{words['on_front']}:")
        front = front.sort_values(result.objectives[0], kind="stable")
    decisions, texts_of = list(result.search.decisions), list(dict.fromkeys(result.constraints["constraint"]))
    columns = [*decisions, *result.objectives, *texts_of]
    rows = [
        (str(row["trial"]), *(_cell(row[name]) for name in columns[: len(columns) - len(texts_of)]),
         *(_with_interval(row, text) for text in texts_of))
        for row in front.head(MOST_SHOWN).to_dict("records")
    ]  # fmt: skip
    say_wide_table(words["policy"], columns, rows)
    if len(front) > MOST_SHOWN:
        say(words["more"].format(number=len(front) - MOST_SHOWN))
    if any(math.isfinite(float(row[f"{text} | low"])) for row in front.to_dict("records") for text in texts_of):
        say(words["interval"])
    _say_end(result.search.notes, words, result.folder.path, len(result.files))


def print_caps(result: "SearchResult", language: Language) -> None:
    """Write the tightest scale of each right and the constraint that breaks below it."""
    words = texts(language)["searching"]
    say(words["caps"].format(number=f"{int(result.policies['runs'].iloc[0]):,}"))
    _say_failed(int(result.policies["failed"].sum()), words)
    rows = [
        (one.instrument, _cell(one.scale), _cell(one.too_tight), "; ".join(one.binding) or "-")
        for one in result.cap_answers
    ]
    say_table((words["right"], words["scale"], words["too_tight"], words["binding"]), rows, (1, 2))
    for one in result.cap_answers:
        if one.answer != "found":
            say(words[one.answer].format(right=one.instrument))
        if not one.monotone:
            say(words["not_monotone"].format(right=one.instrument))
    _say_end(result.search.notes, words, result.folder.path, len(result.files))


def print_calibration(result: "CalibrationResult", language: Language) -> None:
    """Write the best parameters with what is plausible, and errors in and out of sample."""
    words = texts(language)["searching"]
    sets = result.sets
    plausible = int(sets["plausible"].sum())
    said = words["sets"].format(
        number=f"{len(sets):,}", plausible=f"{plausible:,}", threshold=number(result.calibration.threshold),
        loss=number(float(result.best["loss"]), 3),
    )  # fmt: skip
    say(said)
    _say_failed(int(sets["failed"].sum()), words)
    if not plausible:
        say(words["ruled_out"])
    rows = [
        (
            f"{row['parameter']} ({row['unit']})" if row["unit"] else str(row["parameter"]),
            _cell(row["best"]),
            _range(row["low"], row["high"]),
            _range(row["searched_low"], row["searched_high"]),
        )
        for row in result.parameters.to_dict("records")
    ]
    say_table((words["parameter"], words["best"], words["plausible"], words["searched"]), rows, (1, 2, 3))
    rows = [
        (
            f"{row['instrument']} {row['variable']}", words["held_out" if row["held_out"] else "fitted"],
            f"{row['n']:,}", number(row["rmse"], 4), number(row["naive_rmse"], 4), number(row["skill"], 3),
        )
        for row in result.errors.to_dict("records")
    ]  # fmt: skip
    columns = tuple(words[name] for name in ("series", "years", "number", "rmse", "naive", "skill"))
    say_table(columns, rows, (2, 3, 4, 5))
    for note in result.calibration.notes:
        say(f"{words['note']}: {note}")
    say(f"{words['folder']}: {result.folder.path}")
    say(f"{words['calibrated']}: {result.scenario_file}")


def search_document(result: "SearchResult") -> dict[str, Any]:
    """Return what was found as one document."""
    return {
        "name": result.name,
        "folder": str(result.folder.path),
        "finished": result.finished,
        "policies": len(result.policies),
        "failed": int(result.policies["failed"].sum()),
        "front": result.front.to_dict("records"),
        "caps": result.caps.to_dict("records"),
        "files": [str(path) for path in result.files],
        "notes": list(result.search.notes),
    }


def calibration_document(result: "CalibrationResult") -> dict[str, Any]:
    """Return what was found as one document."""
    return {
        "name": result.name,
        "folder": str(result.folder.path),
        "finished": result.finished,
        "sets": len(result.sets),
        "plausible": int(result.sets["plausible"].sum()),
        "best": dict(result.best),
        "parameters": result.parameters.to_dict("records"),
        "errors": result.errors.to_dict("records"),
        "scenario": str(result.scenario_file),
        "notes": list(result.calibration.notes),
    }


def _say_failed(failed: int, words: Mapping[str, str]) -> None:
    if failed:
        say(words["failed"].format(number=f"{failed:,}"))


def _say_end(notes: Sequence[str], words: Mapping[str, str], folder: Path, files: int) -> None:
    for note in notes:
        say(f"{words['note']}: {note}")
    say(f"{words['folder']}: {folder}")
    if files:
        say(f"{words['files']}: {folder / 'front'} ({files:,})")


def _with_interval(row: Mapping[str, Any], text: str) -> str:
    low, high = float(row[f"{text} | low"]), float(row[f"{text} | high"])
    value = number(float(row[text]), 4)
    return f"{value} ({number(low, 2)} to {number(high, 2)})" if math.isfinite(low) else value


def _range(low: float | None, high: float | None) -> str:
    if low is None or high is None or not math.isfinite(low):
        return "-"
    return f"{number(float(low), 4)} to {number(float(high), 4)}"


def _cell(value: Any) -> str:
    return number(float(value), 5) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


@contextmanager
def shown_progress(title: str) -> "Iterator[Callable[[SearchProgress], None]]":
    """Give a watcher that draws a bar of policies with the runs of the present batch, or writes a line now and then."""
    if not sys.stderr.isatty():
        last = [time.monotonic()]

        def line(progress: "SearchProgress") -> None:
            if time.monotonic() - last[0] >= EVERY:
                last[0] = time.monotonic()
                tell(f"{title}: {_told(progress)}")

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None, told="")

        def draw(progress: "SearchProgress") -> None:
            bar.update(task, completed=_done(progress), total=progress.total, told=_told(progress))

        yield draw


def _done(progress: "SearchProgress") -> float:
    """Return policies that are done, the present batch by the share of its runs."""
    part = progress.runs / progress.runs_total if progress.runs < progress.runs_total else 0.0
    return min(progress.policies + part * progress.batch, progress.total)


def _told(progress: "SearchProgress") -> str:
    done = _done(progress)
    told = (
        f"{progress.policies:,}/{progress.total:,} policies, {progress.runs:,}/{progress.runs_total:,} runs of a batch"
    )
    if done > progress.begun and progress.seconds > 0.0:
        left = (progress.total - done) * progress.seconds / (done - progress.begun)
        minutes, seconds = divmod(round(left), 60)
        told += f", {minutes} min {seconds:02d} s left"
    return told + (f", {progress.failed:,} failed" if progress.failed else "")
