"""The scenarios that a session can choose: the library's, its own documents, and those of runs in its store.

Whatever a browser sends is data (`scenarios.confinement`): a document extends library scenarios only, and neither it
nor a changed value names a file. A run in the store was written by a run and is trusted; values changed in it are not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.library import Documents
from dashboard.settings import Settings
from dashboard.store import Store
from dashboard.view import Choice
from scenarios.confinement import PATHS
from scenarios.display import Language, say
from scenarios.errors import InputError, Problem
from scenarios.loading import Draft, Origin, library, load, read, read_text
from scenarios.overlay import overlay_text

OWN, STORED = "own-", "run-"


@dataclass(frozen=True, slots=True)
class Shelf:
    """What can be chosen, by session.

    Parameters
    ----------
    settings : limits of a session's documents.
    store : where documents and runs of a session lie.
    """

    settings: Settings
    store: Store

    def documents(self, session: str) -> Documents:
        """Return the documents of a session."""
        folder = self.store.folder(session) / ".documents"
        return Documents(folder, self.settings.documents, self.settings.upload_bytes)

    def titles(self, session: str, language: Language, present: str = "") -> dict[str, str]:
        """Return what the scenarios that can be chosen are called, by base."""
        found = {name: say(load(name).title, language) for name in library()}
        found |= self.documents(session).titles(language)
        if present.startswith(STORED):
            found[present] = present.removeprefix(STORED)
        return found

    def draft(self, session: str, base: str, changes: Mapping[str, Any]) -> Draft:
        """Return what can be said about a chosen scenario; what cannot be read at all is a problem of the draft."""
        try:
            if base.startswith(STORED):
                _refuse_paths(base, changes)
                return read(self._stored(session, base), changes)
            if base.startswith(OWN):
                return self.documents(session).draft(base, changes)
            return read(base, changes, confined=True)
        except InputError as error:
            return _unread(base, error)

    def reference(self, session: str, base: str) -> tuple[str, bool]:
        """Return what a worker reads a base by, and whether it must not trust it."""
        if base.startswith(STORED):
            return str(self._stored(session, base)), False
        if base.startswith(OWN):
            return str(self.documents(session).path(base)), True
        return base, True

    def text(self, session: str, choice: Choice) -> str:
        """Return a chosen scenario as a document that the command line runs, or as near to one as there is."""
        if choice.base.startswith(STORED):
            text = self._stored(session, choice.base).read_text(encoding="utf-8")
        elif choice.base.startswith(OWN):
            text = self.documents(session).path(choice.base).read_text(encoding="utf-8")
        else:
            return overlay_text(choice.base, choice.changes)
        changed = "".join(f"# changed here: {path}={value!r}\n" for path, value in choice.changes.items())
        return changed + text

    def add(self, session: str, text: str) -> str:
        """Keep a document in the session and return the base that chooses it; InputError with all its mistakes."""
        name, draft = self.documents(session).add(text)
        if draft.scenario is None:
            raise InputError(draft.problems)
        return name

    def read(self, text: str) -> Draft:
        """Return what can be said about a document that somebody wrote or sent."""
        try:
            return read_text(text, "document")
        except InputError as error:
            return _unread("document", error)

    def _stored(self, session: str, base: str) -> Path:
        path = self.store.path(session, base.removeprefix(STORED)) / "scenario.yaml"
        if not path.is_file():
            raise InputError([Problem(base, 0, "run", "there is no such run", "Choose one on the page Runs.")])
        return path


def _refuse_paths(base: str, changes: Mapping[str, Any]) -> None:
    problems = [
        Problem(base, 0, f"--set {path}", "a file or folder of the server cannot be named here", "Leave it as it is.")
        for path in changes
        if path in PATHS or path == "population"
    ]
    if problems:
        raise InputError(problems)


def _unread(label: str, error: InputError) -> Draft:
    from scenarios.checks import Parts

    return Draft(None, Parts(), Origin(label), error.problems)
