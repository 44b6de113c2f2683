"""Runs: what is under way or waiting in this session, and what lies in its store."""

from dash import html
from dash.development.base_component import Component

from dashboard import kit
from dashboard.found import Found
from dashboard.view import View
from dashboard.words import Words
from scenarios.schema import Scenario

needs_runs = False


def controls(view: View, words: Words, scenario: Scenario) -> Component | None:
    """Return nothing: there is nothing to choose."""
    return None


def content(view: View, words: Words, found: Found) -> Component:
    """Return the session's queue and the runs and comparisons that it can open."""
    parts: list[Component] = []
    states = words.group("runs.states")
    if found.queue:
        rows = [
            [run.name, str(run.seed), states[run.state], _share(run.done, run.total)] for run in found.queue
        ]
        parts.append(kit.table(words, "queue", words.text("runs.queue"), words.text("runs.queue_columns"), rows,
                               words.text("runs.queue_told"), numeric=(1, 3), wide=True))  # fmt: skip
    if found.folders:
        rows = [[_opened(entry), words.text(f"runs.kinds.{entry.kind}"), *_told(entry)] for entry in found.folders]
        parts.append(kit.table(words, "store", words.text("runs.store"), words.text("runs.store_columns"), rows,
                               words.text("runs.store_told"), numeric=(2,), wide=True))  # fmt: skip
    if not parts:
        return kit.empty(words.text("runs.nothing"), words.text("runs.nothing_told"))
    return kit.grid(parts)
