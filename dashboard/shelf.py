"""The scenarios that a session can choose: the library's, its own documents, and those of runs in its store.

A run in the store was written by a run and is trusted; values that are changed in it come from a browser and are not.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashboard.library import Library, refused
from dashboard.settings import Settings
from dashboard.store import Store
from dashboard.view import Choice
from scenarios.confinement import bounded_overrides
from scenarios.display import Language
from scenarios.errors import InputError, Problem
from scenarios.loading import Draft, read
from scenarios.work import too_much

STORED = "run-"


class Shelf(Library):
    """What every session can choose, those of its stored runs included: they are called `run-FOLDER`."""

    def __init__(self, settings: Settings, store: Store) -> None:
        super().__init__(settings, store)
        self._runs = store

    def draft(self, session: str, base: str, overrides: Mapping[str, Any] | None = None) -> Draft:
        """Return what can be said about a chosen scenario; never raises InputError."""
        if not base.startswith(STORED):
            return super().draft(session, base, overrides)
        try:
            kept, problems = bounded_overrides(overrides or {}, base, {})
            if problems:
                return refused(base, *problems)
            draft = read(self._document(session, base), kept)
            if draft.scenario is not None:
                problems = too_much(draft.scenario, draft.origin, self._settings.most_work)
            return refused(base, *problems) if problems else draft
        except InputError as error:
            return refused(base[:80], *error.problems)

    def reference(self, session: str, base: str) -> str:
        """Return what a worker reads: the name of a library scenario, or the path of a document."""
        return str(self._document(session, base)) if base.startswith(STORED) else super().reference(session, base)

    def titles(self, session: str, language: Language, present: str = "") -> dict[str, str]:
        """Return the titles of all scenarios that a session can choose, by name; ``present`` is chosen already."""
        found = super().titles(session, language)
        return {**found, present: present.removeprefix(STORED)} if present.startswith(STORED) else found

    def text(self, session: str, choice: Choice) -> str:
        """Return a chosen scenario as a document; InputError if there is none of this name."""
        if not choice.base.startswith(STORED):
            return super().text(session, choice)
        text = self._document(session, choice.base).read_text(encoding="utf-8")
        return "".join(f"# changed here: {path}: {value!r}\n" for path, value in choice.changes.items()) + text

    def _document(self, session: str, base: str) -> Path:
        path = self._runs.path(session, base.removeprefix(STORED)) / "scenario.yaml"
        if not path.is_file():
            raise InputError([Problem(base[:80], 0, "run", "there is no such run", "Choose one on the page Runs.")])
        return path.absolute()
