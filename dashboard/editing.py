"""From what a person changed in inputs, dragged or wrote, to the next view; nothing is run or drawn here."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dash import html
from dash.development.base_component import Component

from dashboard import kit
from dashboard.drawing import last_valid
from dashboard.view import Choice, View, sound
from dashboard.words import Words
from scenarios.changes import settled, value_at
from scenarios.errors import InputError, Problem
from scenarios.figures.cap_path import dragged
from scenarios.form_changes import MARKS, added, rebuilt, removed
from scenarios.forms import form_of
from scenarios.lever_changes import changed, plain
from scenarios.levers import levers
from scenarios.overlay import changes_of
from scenarios.problem_words import problem_line

if TYPE_CHECKING:
    from dashboard.laboratory import Laboratory

PREFIX = ";base64,"
LONGEST_LINK = 16_000
"""Characters of a link that a document may take; a longer document is kept instead."""


def edited(
    laboratory: "Laboratory",
    session: str,
    view: View,
    drawn: Mapping[str, Any],
    values: Sequence[tuple[str, Any]],
    triggered: Sequence[Mapping[str, Any]],
) -> View | None:
    """Return the view after a change of inputs, None if nothing differs from what is there.

    Parameters
    ----------
    drawn : what the browser shows; ``drawn["valid"]`` is the last choice that could be run. Inputs are compared with
        that one, so that a mistake that stands in one input is kept while another is changed.
    values : path or name of every lever that is drawn, and its present value.
    triggered : the browser's properties that changed, each with ``prop_id`` and ``value``.
    """
    choice, last = view.scenario, last_valid(drawn)
    if last is not None and last.base == choice.base:
        choice = last
    scenario = laboratory.draft(session, choice).scenario
    own = laboratory.draft(session, Choice(choice.base)).scenario
    if scenario is None or own is None:
        return None
    now, reference = plain(scenario), plain(own)
    known = {lever.name: lever.value for lever in levers(now, view.language, reference)}
    changes: dict[str, Any] = {}
    for name, value in values:
        try:
            changes |= _of_input(now, reference, known, name, value)
        except KeyError:
            continue  # the input was drawn for another scenario than the one that is chosen by now
        except (AttributeError, TypeError, ValueError, ArithmeticError):
            changes[str(name)] = value  # reading the scenario says what is wrong with it
    changes |= _structural(now, triggered)
    if not changes:
        return None
    try:
        merged = settled(reference, {**choice.changes, **changes})
        merged = {path: value for path, value in merged.items() if _differs(value, value_at(reference, path))}
        following = replace(view, scenario=sound(Choice(choice.base, merged)), unread=())
        changed_at_all = following.scenario.text != view.scenario.text
    except (KeyError, ValueError, ArithmeticError, RecursionError):
        return None  # no browser sends this: a value that cannot be written down, or one for a place that is none
    return following if changed_at_all else None


def _of_input(now: Any, reference: Any, known: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    """Return what the present value of one input changes; nothing where it is the one that was drawn."""
    if name.rpartition(".")[2] in MARKS and name not in known:
        return rebuilt(now, name, value)
    before = known[name] if name in known else value_at(now, name)
    given = None if value == "" else value
    if given is None and not _may_be_none(now, name, before):
        return {}
    return changed(now, name, given, reference) if _differs(given, before) else {}


def taken(
    laboratory: "Laboratory", session: str, view: View, upload: str | None, text: str | None
) -> tuple[View | None, Component]:
    """Return the view of a document that was uploaded or written, and what is to be said about it.

    A document that lays changes over a library scenario becomes those changes; any other is kept in the session.
    """
    words = Words(view.language)
    try:
        written = _decoded(upload, laboratory.settings.upload_bytes) if upload is not None else str(text or "")
        choice = _choice(laboratory, session, written)
    except InputError as error:
        lines = [words.fill("settings.refused", count=len(error.problems))]
        lines += [problem_line(problem, view.language) for problem in error.problems]
        return None, kit.note("\n".join(lines), "problem")
    said = html.P(words.text("settings.taken"), className="remark", role="status")
    return replace(view, scenario=choice, right=None, unread=()), said


def _choice(laboratory: "Laboratory", session: str, text: str) -> Choice:
    """Return what a document chooses; InputError with everything that is wrong with it."""
    draft = laboratory.shelf.read(text)
    if draft.scenario is None:
        raise InputError(draft.problems)
    try:
        choice = sound(Choice(*changes_of(text)))
        short = len(quote(choice.text)) <= LONGEST_LINK
    except (InputError, ValueError, RecursionError):
        short = False
    return choice if short else Choice(laboratory.shelf.add(session, text))


def _decoded(upload: str, most: int) -> str:
    """Return the text of an uploaded file."""

    def refuse(message: str, remedy: str) -> InputError:
        return InputError([Problem("upload", 0, "file", message, remedy)])

    _, mark, encoded = str(upload).partition(PREFIX)
    if len(encoded) * 3 // 4 > most:
        raise refuse(f"it has more than {most:,} bytes", "A scenario is a short YAML file; bring in that.")
    if not mark:
        raise refuse("it has not arrived whole", "Choose the file again.")
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8-sig")
    except (binascii.Error, UnicodeDecodeError):
        raise refuse("it is no text in UTF-8", "Save it as UTF-8 YAML.") from None


def _structural(now: Mapping[str, Any], triggered: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what dragged points and pressed buttons change: points of a path, items of a list."""
    changes: dict[str, Any] = {}
    for one in triggered:
        name, _, prop = str(one.get("prop_id", "")).rpartition(".")
        if not name.startswith("{") or not one.get("value"):
            continue
        try:
            changes |= _of_mark(now, json.loads(name), prop, one["value"])
        except (KeyError, AttributeError, TypeError, ValueError, ArithmeticError):
            continue  # what was pressed is not of this scenario any more
    return changes


def _of_mark(now: Mapping[str, Any], what: Mapping[str, Any], prop: str, value: Any) -> dict[str, Any]:
    path = what["path"]
    if what["type"] == "drag" and prop == "relayoutData":
        return {f"{path}.{year}": level for year, level in dragged(value, value_at(now, path) or {}).items()}
    if what["type"] == "remove":
        return removed(now, path)
    return added(now, path) if what["type"] == "add" else {}


def _may_be_none(now: Mapping[str, Any], name: str, before: Any) -> bool:
    """Return whether an emptied input means none: a floor that is taken away, an optional value."""
    if name.endswith((".floor", ".ceiling")) and name.count(".") == 1:
        return True
    if before is None:
        return True
    try:
        return form_of(now, name).optional
    except KeyError:
        return False


def _differs(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is not other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) > 1e-9 * max(abs(one), abs(other))
    return bool(one != other)
