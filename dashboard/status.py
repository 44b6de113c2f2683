"""What is under way for a view: a bar of progress, the market so far, a way to stop; and what went wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard import kit
from dashboard.found import Found, right_of
from dashboard.view import View
from dashboard.words import Words
from scenarios.errors import Problem
from scenarios.figures import overview
from scenarios.problem_words import problem_line, warning_told


@dataclass(frozen=True, slots=True)
class Underway:
    """A run that is not done: where it stands, or why it failed.

    Attributes
    ----------
    state : waiting, running, failed, cancelled.
    code, values, problems : why it failed, in the terms of `dashboard.tasks.Failure`.
    """

    key: str
    name: str
    seed: int
    state: str
    done: int = 0
    total: int = 0
    place: int = 0
    code: str = ""
    values: tuple[tuple[str, Any], ...] = ()
    problems: tuple[Problem, ...] = ()


def status(view: View, words: Words, found: Found, runs: Sequence[Underway], finished: int, wanted: int) -> Component:
    """Return the panel above the page; empty when everything is done.

    Parameters
    ----------
    finished, wanted : runs of the view that are done, and all of them.
    """
    parts: list[Component] = []
    active = [run for run in runs if run.state in {"running", "waiting"}]
    if active:
        parts.append(_progress(words, active, finished, wanted))
        if found.arm.sofar is not None and len(found.arm.sofar) and not found.arm.results:
            parts.append(_live(view, words, found))
    parts += [kit.note(failure_told(words, run), "problem") for run in runs if run.state == "failed"]
    if not active and runs:
        again = html.Button(words.text("shell.again"), id={"type": "again", "what": "runs"}, type="button",
                            className="action", n_clicks=0)  # fmt: skip
        stopped = any(run.state == "cancelled" for run in runs)
        told = words.text("shell.status.cancelled" if stopped else "shell.status.failed")
        parts.append(html.Div([html.Span(told), again], className="progress"))
    return html.Div(parts) if parts else html.Div()


def _progress(words: Words, active: Sequence[Underway], finished: int, wanted: int) -> Component:
    first = next((run for run in active if run.state == "running"), active[0])
    if first.state == "running":
        text = words.fill("shell.status.running", done=first.done, total=first.total or "…")
    else:
        text = words.fill("shell.status.waiting", place=first.place)
    whole = [run.done / run.total for run in active if run.total]
    share = (finished + sum(whole)) / max(wanted, 1)
    if wanted > 1:
        text = f"{words.fill('shell.status.seeds', done=finished, total=wanted)} · {text}"
    bar = html.Div(
        html.Span(style={"width": f"{100 * share:.0f}%"}), className="bar", role="progressbar",
        **{"aria-valuenow": f"{100 * share:.0f}", "aria-valuemin": "0", "aria-valuemax": "100", "aria-label": text},
    )  # fmt: skip
    cancel = html.Button(
        words.text("shell.cancel"), id={"type": "cancel", "what": "runs"}, type="button", className="tool", n_clicks=0
    )
    return html.Div([html.Span(text), bar, cancel], className="progress")


def _live(view: View, words: Words, found: Found) -> Component:
    calendar, key = found.arm.scenario.calendar, right_of(view, found.arm.scenario)
    years = (calendar.start_year, calendar.start_year + calendar.years - 1)
    figure = overview.sofar(found.arm.sofar, key, found.arm.display(view.language), years)
    return kit.chart(
        view, words, f"live-{key}", words.text("shell.status.live"), figure, words.text("shell.status.live_told")
    )


def failure_told(words: Words, run: Underway) -> str:
    """Return why a run failed, in words, with everything that can be done about it."""
    known = words.group("shell.failures")
    values = {"stage": "", "message": "", **dict(run.values)}
    values["message"] = warning_told(str(values["message"]), words.language)
    text = known.get(run.code, known["error"]).format_map(values)
    more = [problem_line(problem, words.language) for problem in run.problems]
    return "\n".join([words.fill("shell.failed", name=run.name, seed=run.seed, why=text), *more])
