"""Runs: what is under way or waiting in this session, and what lies in its store."""

from typing import Any

from dash.development.base_component import Component

from dashboard import kit
from dashboard.found import Found
from dashboard.view import View
from dashboard.words import Words
from scenarios.problem_words import problem_line
from scenarios.schema import Scenario

needs_runs = False


def controls(view: View, words: Words, scenario: Scenario) -> Component | None:
    """Return nothing: there is nothing to choose."""
    return None


def content(view: View, words: Words, found: Found) -> Component:
    """Return the session's queue, and the runs and comparisons that it can open."""
    parts: list[Component] = []
    if found.queue:
        states = words.group("runs.states")
        rows: list[list[Any]] = [
            [run.name, str(run.seed), states[run.state], f"{run.done} / {run.total}" if run.total else "—"]
            for run in reversed(found.queue)
        ]
        columns = words.text("runs.queue_columns")
        told = words.text("runs.queue_told")
        parts.append(
            kit.table(words, "queue", words.text("runs.queue"), columns, rows, told, numeric=(1, 3), wide=True)
        )
    if found.folders:
        kinds = words.group("runs.kinds")
        rows = [[_opened(entry), kinds[entry.kind], _seeds(entry.seeds), entry.when, _wrong(entry, words)]
                for entry in found.folders]  # fmt: skip
        columns = words.text("runs.store_columns")
        told = words.text("runs.store_told")
        parts.append(kit.table(words, "store", words.text("runs.store"), columns, rows, told, wide=True))
    if not parts:
        return kit.empty(words.text("runs.nothing"), words.text("runs.nothing_told"))
    return kit.grid(parts)


def _opened(entry: Any) -> Component | str:
    """Return the name of a folder; of a run that can be opened, as a way to its scenario."""
    if entry.kind == "run":
        return kit.pick("base", f"run-{entry.folder}", entry.folder, go="scenario")
    if entry.kind in {"comparison", "sweep"}:
        return kit.pick("sweep", entry.folder, entry.folder, go="sweeps")
    return str(entry.folder)


def _seeds(seeds: tuple[int, ...]) -> str:
    if len(seeds) > 3 and seeds == tuple(range(seeds[0], seeds[0] + len(seeds))):
        return f"{seeds[0]}–{seeds[-1]}"
    return ", ".join(map(str, seeds))


def _wrong(entry: Any, words: Words) -> str:
    return problem_line(entry.problem, words.language) if entry.problem is not None else ""
