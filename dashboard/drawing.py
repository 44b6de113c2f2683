"""From a view to everything that the browser shows: one function, called for every change and every tick."""

import json
import logging
from collections.abc import Callable
from importlib import import_module
from secrets import token_hex
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from dash import html, no_update
from dash.development.base_component import Component

from dashboard import frame, kit
from dashboard.pages import Page
from dashboard.renewing import Renewal
from dashboard.status import failure_told, status
from dashboard.view import Choice, View
from dashboard.words import Words
from scenarios.problem_words import problem_line, problem_sentence

if TYPE_CHECKING:
    from dashboard.laboratory import Laboratory, Sight
    from scenarios.schema import Scenario

OUTPUTS = (
    ("frame", "children"), ("controls", "children"), ("content", "children"), ("status", "children"),
    ("notes", "children"), ("footer", "children"), ("work", "className"), ("address", "data"),
    ("drawn", "data"), ("problems", "data"), ("changes", "data"),
)  # fmt: skip
WAIT, AGAIN = 0.6, 0.25
"""Seconds that the first request of a view, and one that asks again, wait for runs: what is fast comes back at once."""
WITH_OWN = {"scenario", "settings"}
"""Pages whose controls also take the scenario before any change."""
log = logging.getLogger(__name__)
LAYOUTS = {"scenario": "work beside", "settings": "work halves"}


def draw(
    laboratory: "Laboratory", session: str, view: View, drawn: dict[str, Any], wish: str = "", wait: float = WAIT
) -> tuple[Any, ...]:
    """Return a value for every one of `OUTPUTS`; what is unchanged since ``drawn`` is not sent again.

    Parameters
    ----------
    drawn : signatures of what the browser shows, as this function returned them before.
    wait : seconds to wait for runs.
    wish : ``cancel`` or ``again``, if a person pressed that.
    """
    words = Words(view.language)
    drawn = _sound(drawn)
    draft = laboratory.draft(session, view.scenario)
    shown, problems = view, draft.problems
    if draft.scenario is None:
        shown = _last_valid(laboratory, session, view, drawn)
        draft = laboratory.draft(session, shown.scenario)
    page = cast("Page", import_module(f"dashboard.pages.{view.page}"))
    if wish == "cancel":
        laboratory.cancel(session, shown)
    asked = [[choice.text for choice in shown.arms], shown.seeds]
    # What was cancelled, or failed, is tried again for whoever asks for it anew: another page, scenario, or the button.
    again = wish == "again" or (wish != "cancel" and drawn.get("asked") != asked)
    window = str(drawn.get("window") or token_hex(4))[:16]
    if page.needs_runs:  # so that they are under way while the levers are made
        laboratory.find(session, shown, again=again, window=window)
    scenario = draft.scenario
    if scenario is None:  # not even the start can be read; `_last_valid` makes sure that this cannot be
        raise RuntimeError(f"{shown.scenario.base} cannot be read")
    now: dict[str, Any] = {
        "valid": {"base": shown.scenario.base, "changes": dict(shown.scenario.changes)},
        "asked": asked,
        "window": window,
        "here": [view.page, view.language, shown.scenario.base],
    }

    def fresh(name: str, *signature: object) -> bool:
        now[name] = json.dumps([view.url, *signature], default=str)
        return now[name] != drawn.get(name)

    renewal = Renewal.since(drawn.get("parts"))
    library = laboratory.shelf.titles(session, view.language, view.scenario.base)
    head = renewal.of("frame", frame.frame(shown, words, scenario, library)) if fresh("frame", library) else no_update
    controls: Any = no_update
    now["options"] = drawn.get("options", {})
    # What was typed and is wrong stays where it was typed; a page that is opened so shows what could be run.
    if (shown is view or drawn.get("here") != now["here"]) and fresh("controls"):
        inputs = _made(words, lambda: _controls(laboratory, session, shown, words, scenario))
        # Nothing at all would leave the inputs before in Dash's own list of what there is.
        controls = renewal.of("controls", [] if inputs is None else inputs)
        now["options"] = options_of([inputs, frame.chosen(shown, words, scenario, library)])
    sight = laboratory.find(session, shown, wait, run=page.needs_runs, window=window)
    stale = sight.found.underway and not sight.found.arm.results
    done = [len(arm.results) for arm in sight.found.arms]
    moving = [(run.key, run.state, run.done) for run in (*sight.runs, *sight.found.queue)]
    content: Any = no_update
    keep = stale and bool(drawn.get("content")) and drawn.get("page") == [view.page, view.language]
    checked = len(sight.found.outcomes), len(sight.found.unread), view.page == "validation" and sight.found.underway
    listed = moving if view.page == "runs" else (), len(sight.found.folders)
    if not keep and fresh("content", done, listed, checked):
        whole = _made(words, lambda: page.content(shown, words, sight.found))
        content = renewal.of("content", whole)
        now["options"] = {**now["options"], **options_of(whole)}
    now["page"] = [view.page, view.language] if "content" in renewal.parts else drawn.get("page")
    now.setdefault("content", drawn.get("content", ""))
    now["parts"] = renewal.remembered(now)
    told = notes(words, view, problems, sight)
    layout = LAYOUTS.get(view.page, "work") + (" stale" if keep else "")
    panel = _made(words, lambda: status(shown, words, sight.found, sight.runs, sight.finished, sight.wanted))
    fields = {problem.key.removeprefix("--set "): problem_sentence(problem, view.language) for problem in problems}
    return (
        head, controls, content, panel, told, frame.footer(words), layout, _address(view, words, sight), now, fields,
        renewal.changes or no_update,
    )  # fmt: skip


def _address(view: View, words: Words, sight: "Sight") -> dict[str, Any]:
    """Return what the browser's own script needs: address, language and theme of the view, and whether to ask again."""
    return {
        "underway": sight.found.underway, "at": monotonic(), "url": view.url,
        "language": view.language, "dark": view.dark,
        "title": f"{words.text(f'shell.pages.{view.page}')} · QuotaLab",
    }  # fmt: skip


def _controls(
    laboratory: "Laboratory", session: str, view: View, words: Words, scenario: "Scenario"
) -> Component | None:
    """Return the inputs of a page, with the scenario before any change where it shows what was changed."""
    page = cast("Page", import_module(f"dashboard.pages.{view.page}"))
    if view.page not in WITH_OWN:
        return page.controls(view, words, scenario)
    return page.controls(
        view, words, scenario, laboratory.draft(session, Choice(view.scenario.base)).scenario or scenario
    )


def notes(words: Words, view: View, problems: Any, sight: "Sight") -> Component:
    """Return what a person must know about the view beside its content: mistakes, refusals, what was not kept."""
    parts: list[Component] = []
    if view.unread:
        parts.append(kit.note(words.fill("shell.unread", parts="; ".join(view.unread)), "warning"))
    if problems:
        lines = [words.text("shell.problems"), *(problem_line(problem, view.language) for problem in problems)]
        parts.append(kit.note("\n".join(lines), "problem"))
    if sight.refusal is not None:
        code, values = sight.refusal
        parts.append(kit.note(words.fill(f"shell.refused.{code}", **values), "problem"))
    parts += [kit.note(failure_told(words, notice), "warning") for notice in sight.notices[-1:]]
    return html.Div(parts)


def options_of(parts: Any) -> dict[str, str]:
    """Return the values of all inputs that set options, as they are drawn."""
    found: dict[str, str] = {}
    stack = [parts]
    while stack:
        part = stack.pop()
        if isinstance(part, list | tuple):
            stack += part
        elif isinstance(part, Component):
            name = getattr(part, "id", None)
            if isinstance(name, dict) and name.get("type") == "option":
                value = getattr(part, "value", None)
                found[name["name"]] = "" if value is None else str(value)
            stack.append(getattr(part, "children", None))
    return found


def _made(words: Words, make: Callable[[], Component | None]) -> Component | None:
    """Return a part of the page, or a note in its place: a mistake in one part must not take the page with it."""
    try:
        return make()
    except Exception:  # whatever it was, the server has its log and the person the rest of the page
        log.exception("a part of the page could not be drawn")
        return kit.note(words.text("shell.part_failed"), "problem")


def _last_valid(laboratory: "Laboratory", session: str, view: View, drawn: dict[str, Any]) -> View:
    """Return the view with the last scenario that could be run in place of one that cannot."""
    from dataclasses import replace

    from dashboard.view import START

    tries = [Choice(view.scenario.base), Choice(START)]
    last = last_valid(drawn)
    if last is not None and last.base == view.scenario.base:
        tries.insert(0, last)
    for choice in tries:
        if laboratory.draft(session, choice).scenario is not None:
            return replace(view, scenario=choice)
    return replace(view, scenario=Choice(START))


def last_valid(drawn: Any) -> Choice | None:
    """Return the choice that the browser says it shows, None if it shows none; the browser is not trusted."""
    last = drawn.get("valid") if isinstance(drawn, dict) else None
    return View.of_data({"scenario": last}).scenario if isinstance(last, dict) and last else None


def _sound(drawn: Any) -> dict[str, Any]:
    """Return what a browser says it shows, as far as that can be."""
    if not isinstance(drawn, dict):
        return {}
    options = drawn.get("options")
    return {**drawn, "options": options if isinstance(options, dict) else {}}
