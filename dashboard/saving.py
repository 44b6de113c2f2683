"""What a person takes away: the whole view as one offline file, the scenario as a document."""

from typing import TYPE_CHECKING, Any

from dashboard.view import View

if TYPE_CHECKING:
    from dashboard.laboratory import Laboratory


def saved(laboratory: "Laboratory", session: str, view: View, what: str) -> dict[str, Any] | None:
    """Return a file for the browser to save, None if there is nothing to save yet.

    Parameters
    ----------
    what : ``dossier`` or ``document``.
    """
    draft = laboratory.draft(session, view.scenario)
    if draft.scenario is None:
        return None
    if what == "document":
        return _file(f"{draft.scenario.name}.yaml", laboratory.shelf.text(session, view.scenario), "text/yaml")
    from dashboard.dossier import dossier

    sight = laboratory.find(session, view, wait=60.0)
    if sight.found.result is None:
        return None
    return _file(f"quotalab-{draft.scenario.name}.html", dossier(view, sight.found, view.language), "text/html")


def _file(name: str, content: str, kind: str) -> dict[str, Any]:
    return {"filename": name, "content": content, "type": kind, "base64": False}
