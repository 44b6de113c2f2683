"""What a person takes away: the whole view as one offline file, the scenario as a document."""

from typing import TYPE_CHECKING, Any

from dash.development.base_component import Component

from dashboard import kit
from dashboard.view import View
from dashboard.words import Words

if TYPE_CHECKING:
    from dashboard.laboratory import Laboratory


WAIT = 5.0
"""Seconds to wait for runs that are nearly done; it holds a thread of the server."""


def saved(
    laboratory: "Laboratory", session: str, view: View, what: str
) -> tuple[dict[str, Any] | None, Component | str]:
    """Return a file for the browser to save, and what is to be said where there is none.

    Parameters
    ----------
    what : ``dossier`` or ``document``.
    """
    words = Words(view.language)
    draft = laboratory.draft(session, view.scenario)
    if draft.scenario is None:
        return None, kit.note(words.text("shell.saving.invalid"), "problem")
    if what == "document":
        return _file(f"{draft.scenario.name}.yaml", laboratory.shelf.text(session, view.scenario), "text/yaml"), ""
    with laboratory.saving.place(session) as granted:  # it takes a second of the whole server
        if not granted:
            return None, kit.note(words.text("shell.saving.busy"), "warning")
        from dashboard.dossier import dossier

        sight = laboratory.find(session, view, wait=WAIT)
        if sight.found.result is None:
            return None, kit.note(words.text("shell.saving.nothing"), "warning")
        page = dossier(view, sight.found, view.language)
    return _file(f"quotalab-{draft.scenario.name}.html", page, "text/html"), ""


def _file(name: str, content: str, kind: str) -> dict[str, Any]:
    return {"filename": name, "content": content, "type": kind, "base64": False}
