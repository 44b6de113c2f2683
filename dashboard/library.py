"""Scenarios that a person can choose: those that ship, and the session's own documents, which are data and no more.

An own document is called ``own-HASH`` after what it says and lies in a file of that name in a folder of the session;
nothing else that a browser sends becomes part of a path.
"""

import hashlib
import json
import os
import re
import secrets
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.checks import Parts
from scenarios.confinement import MOST_TEXT
from scenarios.display import Language
from scenarios.documents import parse
from scenarios.documents import read_text as file_text
from scenarios.errors import InputError, Problem
from scenarios.layers import replaced
from scenarios.loading import Draft, Origin, library, read, read_text

if TYPE_CHECKING:
    from dashboard.settings import Settings
    from dashboard.store import Store
    from dashboard.view import Choice

OWN = re.compile(r"own-[0-9a-f]{12}")
FOLDER = ".documents"
LABEL = "document"


class Documents:
    """The own documents of one session.

    Parameters
    ----------
    folder : where they lie; it is made with the first one.
    most : how many are kept; the one used longest ago leaves first.
    most_bytes : largest document, in bytes.
    most_work : largest run that a document may ask for (`scenarios.work`).
    """

    def __init__(
        self, folder: Path, most: int = 40, most_bytes: int = MOST_TEXT, most_work: float | None = None
    ) -> None:
        self._folder, self._most, self._most_bytes, self._most_work = Path(folder), most, most_bytes, most_work
        self._lock = threading.Lock()

    def read(self, text: str) -> Draft:
        """Return what can be said about a text; it is not kept."""
        if len(text) > self._most_bytes or len(text.encode("utf-8", "surrogatepass")) > self._most_bytes:
            message = f"the document has more than {self._most_bytes:,} bytes"
            return refused(LABEL, Problem(LABEL, 0, "file", message, "A scenario is a short YAML file."))
        try:
            return read_text(text, LABEL, most_work=self._most_work)
        except InputError as error:
            return refused(LABEL, *error.problems)

    def add(self, text: str) -> tuple[str, Draft]:
        """Return the name of a document and what can be said about it; it is kept only if nothing is wrong with it."""
        name = name_of(text)
        draft = self.read(text)
        if draft.scenario is None:
            return name, draft
        path = self.path(name)
        try:
            with self._lock:
                self._write(path, text)
        except OSError as error:  # a full disk, a folder that cannot be written
            what = f"the document could not be kept on the server ({error.strerror})"
            return name, refused(LABEL, Problem(LABEL, 0, "file", what, "Save it on your computer; try again later."))
        return name, draft

    def draft(self, base: str, overrides: Mapping[str, Any] | None = None) -> Draft:
        """Return what can be said about a library scenario or an own document with values changed."""
        try:
            if base in library():
                return read(base, overrides, confined=True, most_work=self._most_work)
            return read_text(self.text(base), LABEL, overrides, most_work=self._most_work)
        except InputError as error:
            return refused(base[:80], *error.problems)

    def text(self, name: str) -> str:
        """Return a document as it was brought in; InputError if the session has none of this name."""
        path = self.path(name)
        if path.is_symlink() or not path.is_file():
            raise InputError([_absent(name)])
        with suppress(OSError):  # it may be read and not written
            os.utime(path)
        return file_text(path, LABEL, self._most_bytes)

    def path(self, name: str) -> Path:
        """Return the file of a document; InputError if the name is not that of one."""
        if not OWN.fullmatch(name):
            raise InputError([_absent(name)])
        return self._folder / f"{name}.yaml"

    def names(self) -> list[str]:
        """Return the names of all documents, the one used last first."""
        return [path.stem for path in self._by_use()]

    def _write(self, path: Path, text: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._folder / f".{path.stem}-{secrets.token_hex(4)}"
        try:
            partial.write_text(text, encoding="utf-8", newline="")
            os.replace(partial, path)  # noqa: PTH105 - a reader sees the whole document or none
        finally:
            partial.unlink(missing_ok=True)
        for old in self._by_use()[self._most :]:
            old.unlink(missing_ok=True)

    def _by_use(self) -> list[Path]:
        found: list[tuple[int, Path]] = []
        for path in self._folder.glob("own-*.yaml") if self._folder.is_dir() else ():
            try:
                if OWN.fullmatch(path.stem):
                    found.append((path.stat().st_mtime_ns, path))
            except OSError:
                continue  # another window has just removed it
        return [path for _, path in sorted(found, reverse=True)]


class Library:
    """What every session can choose: library scenarios and its own documents."""

    def __init__(self, settings: "Settings", store: "Store") -> None:
        self._settings, self._store = settings, store
        self.shipped: Mapping[str, Path] = library()

    def documents(self, session: str) -> Documents:
        """Return the documents of a session."""
        settings = self._settings
        folder = self._store.folder(session) / FOLDER
        return Documents(folder, settings.documents, settings.upload_bytes, settings.most_work)

    def read(self, text: str) -> Draft:
        """Return what can be said about a text; it is not kept."""
        return Documents(Path(), 0, self._settings.upload_bytes, self._settings.most_work).read(text)

    def add(self, session: str, text: str) -> str:
        """Keep a document and return its name; InputError with everything that is wrong with it."""
        name, draft = self.documents(session).add(text)
        if draft.scenario is None:
            raise InputError(draft.problems)
        return name

    def draft(self, session: str, base: str, overrides: Mapping[str, Any] | None = None) -> Draft:
        """Return what can be said about a chosen scenario; never raises InputError."""
        return self.documents(session).draft(base, overrides)

    def reference(self, session: str, base: str) -> str:
        """Return what a worker reads: the name of a library scenario, or the path of an own document."""
        return base if base in self.shipped else str(self.documents(session).path(base).absolute())

    def titles(self, session: str, language: Language) -> dict[str, str]:
        """Return the titles of all scenarios that a session can choose, by name."""
        documents = self.documents(session)
        found: dict[str, str] = {}
        for name in [*self.shipped, *documents.names()]:
            scenario = (_shipped(name) if name in self.shipped else documents.draft(name)).scenario
            if scenario is not None:
                found[name] = str(getattr(scenario.title, language))
        return found

    def text(self, session: str, choice: "Choice") -> str:
        """Return a chosen scenario as a document; InputError if there is none of this name."""
        if choice.base in self.shipped:
            from scenarios.overlay import overlay_text

            return overlay_text(choice.base, choice.changes)
        text = self.documents(session).text(choice.base)
        if not choice.changes:
            return text
        problems: list[Problem] = []
        tree, _ = parse(text, LABEL)
        for key, value in choice.changes.items():
            tree = replaced(tree, key, value, problems, LABEL)
        return json.dumps(tree.plain(), ensure_ascii=False, indent=2) + "\n"  # JSON is YAML


def name_of(text: str) -> str:
    """Return what an own document is called."""
    return f"own-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def refused(label: str, *problems: Problem) -> Draft:
    """Return the draft of something that could not be read at all."""
    return Draft(None, Parts(), Origin(label), problems)


@lru_cache(maxsize=64)
def _shipped(name: str) -> Draft:
    return read(name, confined=True, most_work=float("inf"))


def _absent(name: str) -> Problem:
    what = "there is no scenario of this name here"
    return Problem(name[:80], 0, "scenario", what, "Choose one from the list, or bring the document in again.")
