"""Loads scenarios: YAML text to a checked `Scenario`, with every mistake at once by file, line, key and remedy."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr, ValidationError

from scenarios.checks import Parts, check_parts
from scenarios.confinement import MOST_NODES as FEWER_NODES
from scenarios.confinement import (
    MOST_TEXT,
    PATHS,
    bounded_overrides,
    bounded_problems,
    bounded_text,
    without_paths,
)
from scenarios.documents import MOST_NODES, Node, as_json, parse, read_document
from scenarios.documents import read_text as file_text
from scenarios.errors import InputError, Problem
from scenarios.layers import collect, merged, replaced
from scenarios.messages import explain
from scenarios.schema import Scenario
from scenarios.short_forms import written_out

PROJECT = Path(__file__).resolve().parent
LIBRARY = PROJECT / "library"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a scenario's keys are written: file label and line by dotted key, and the folder of each file label.

    All origins compare equal, so that two scenarios are equal if they say the same.
    """

    label: str = field(compare=False)
    places: dict[str, tuple[str, int]] = field(default_factory=dict, compare=False)
    folders: dict[str, Path] = field(default_factory=dict, compare=False)

    def place(self, key: str) -> tuple[str, int]:
        """Return the file label and line of a key, or of the nearest key above it."""
        while key:
            if key in self.places:
                return self.places[key]
            key = key.rpartition(".")[0]
        return self.label, 0

    def problem(self, key: str, message: str, remedy: str) -> Problem:
        """Return a problem at a key; a key that came from the command line is named as it was given there."""
        file, line = self.place(key)
        if file.startswith("--set"):
            return Problem(self.label, 0, f"--set {key}", message, remedy)
        return Problem(file, line, key, message, remedy)

    def blamed(self, *keys: str) -> str:
        """Return the first of several keys that is written in the scenario itself, not in the one it extends."""
        own = (key for key in keys if key in self.places and self.place(key)[0] in {self.label, f"--set {key}"})
        return next(own, keys[0])

    def resolve(self, key: str, written: str) -> Path:
        """Return the path that a key names: relative to the file in which the key is written."""
        folder = self.folders.get(self.place(key)[0], Path())
        return Path(os.path.normpath(folder / written))


class LoadedScenario(Scenario):
    """A scenario that remembers where its keys are written."""

    _origin: Origin = PrivateAttr(default_factory=lambda: Origin("scenario"))

    @property
    def origin(self) -> Origin:
        """Files and lines of the keys."""
        return self._origin


@dataclass(frozen=True, slots=True)
class Draft:
    """What could be read: the scenario if it is whole, the parts that are, and every problem and warning."""

    scenario: LoadedScenario | None
    parts: Parts
    origin: Origin
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()


def load(
    name_or_path: str | os.PathLike[str],
    overrides: Mapping[str, Any] | None = None,
    *,
    confined: bool = False,
    most_work: float | None = None,
) -> Scenario:
    """Return the scenario of a library name or a file, with single values replaced by ``overrides``.

    Parameters
    ----------
    name_or_path : a name that `library` lists, or the path of a YAML file.
    overrides : values by dotted key, such as ``{"instruments.carbon.cap.initial": 100, "behaviours.0.steps": 4}``.
    confined, most_work : as for `read`.

    Raises
    ------
    InputError : with every mistake, each with file, line, key and remedy.
    """
    draft = read(name_or_path, overrides, confined=confined, most_work=most_work)
    if draft.scenario is None:
        raise InputError(draft.problems)
    return draft.scenario


def library() -> dict[str, Path]:
    """Return the scenarios that ship, by name."""
    return {path.stem: path for path in sorted(LIBRARY.glob("*.yaml"))}


def origin_of(scenario: Scenario) -> Origin:
    """Return where a scenario was written; one made in Python has no lines, and its paths start here."""
    return scenario.origin if isinstance(scenario, LoadedScenario) else Origin(f"scenario {scenario.name}")


def read(
    name_or_path: str | os.PathLike[str],
    overrides: Mapping[str, Any] | None = None,
    *,
    confined: bool = False,
    most_work: float | None = None,
) -> Draft:
    """Return everything that can be said about a scenario file; raise InputError where it cannot be read at all.

    Parameters
    ----------
    name_or_path, overrides : as for `load`.
    confined : whether name and values come from somebody who is not trusted (`scenarios.confinement`): then text is
        the name of a library scenario only, and a file, which must be given as a `Path`, is read by `read_text`.
    most_work : when confined, the largest run that may be asked for; `scenarios.work.MOST_WORK` if not given.
    """
    if confined and not isinstance(name_or_path, Path) and os.fspath(name_or_path) not in library():
        raise InputError([_unknown(os.fspath(name_or_path)[:80], "Library names")])
    path = locate(name_or_path)
    if confined and path not in library().values():
        text = file_text(path, path.name, MOST_TEXT)
        return read_text(text, path.name, overrides, most_work=most_work)
    folders = {"": Path()}
    label = path.name if confined else shown(path)  # who is not trusted is told no folder of this computer
    tree, problems = _document(path, label, folders)
    return _draft(tree, problems, _Source(label, path, confined, most_work), folders, overrides)


def read_text(
    text: str,
    label: str = "text",
    overrides: Mapping[str, Any] | None = None,
    *,
    confined: bool = True,
    most_work: float | None = None,
) -> Draft:
    """Return everything that can be said about a scenario's text, which messages name by a label; see `read`.

    Confined, the text is data: it extends library scenarios only, names no file of its own and is bounded in size.
    """
    if confined:
        bounded_text(text, label)
    try:
        tree, problems = _begun(*parse(text, label, FEWER_NODES if confined else MOST_NODES), label)
    except InputError as error:
        if not confined:
            raise
        raise InputError(bounded_problems(error.problems)) from None
    if confined:
        tree, more = without_paths(tree, _library_paths())
        problems += more
    folders = {"": Path(), label: LIBRARY if confined else Path()}
    return _draft(
        tree, problems, _Source(label, None if confined else Path(label), confined, most_work), folders, overrides
    )


def read_node(tree: Node, label: str, folders: dict[str, Path], overrides: Mapping[str, Any] | None = None) -> Draft:
    """Return everything that can be said about a whole document that is a tree already; see `read`.

    Parameters
    ----------
    folders : what relative paths are relative to, by the label of the file that writes them.
    """
    tree, problems = _begun(tree, [], label)
    return _draft(tree, problems, _Source(label, Path(label)), dict(folders), overrides)


def load_text(
    text: str,
    label: str = "text",
    overrides: Mapping[str, Any] | None = None,
    *,
    confined: bool = True,
    most_work: float | None = None,
) -> Scenario:
    """Return the scenario of a text; raises InputError with every mistake."""
    draft = read_text(text, label, overrides, confined=confined, most_work=most_work)
    if draft.scenario is None:
        raise InputError(draft.problems)
    return draft.scenario


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a document comes from and how far it is trusted; the path is None where `extends` may name no file."""

    label: str
    path: Path | None
    confined: bool = False
    most_work: float | None = None


def _draft(
    tree: Node,
    problems: list[Problem],
    source: _Source,
    folders: dict[str, Path],
    overrides: Mapping[str, Any] | None,
) -> Draft:
    """Return what a document says once it is laid over what it extends and single values are replaced."""
    refused = {problem.key for problem in problems if problem.key in PATHS}
    tree, more = _extended(tree, source.path, folders)
    alone = not any(problem.key == "extends" for problem in more)
    problems += more
    if source.confined:
        overrides, more = bounded_overrides(overrides or {}, source.label, _library_paths())
        problems += more
        folders |= {f"--set {key}": LIBRARY for key in overrides}
    for key, value in (overrides or {}).items():
        tree = replaced(tree, key, value, problems, source.label)
    tree = written_out(tree)
    places: dict[str, tuple[str, int]] = {}
    collect(tree, "", places)
    origin = Origin(source.label, places, folders)
    scenario: LoadedScenario | None = None
    try:
        scenario = LoadedScenario.model_validate_json(as_json(tree), strict=True)
        parts = Parts.of(scenario)
    except ValidationError as error:
        said = {(problem.file, problem.line, problem.key) for problem in problems}
        found = _translated(error, tree, origin, missing=alone)
        found = [problem for problem in found if problem.key not in refused]
        problems += [problem for problem in found if (problem.file, problem.line, problem.key) not in said]
        parts = Parts.salvaged(tree)
    errors, warnings = check_parts(parts, origin)
    problems = _unique([*problems, *errors])
    if scenario is not None:
        scenario._origin = origin  # noqa: SLF001 - a private attribute cannot be given to the constructor
        if source.confined and not problems:
            from scenarios.work import MOST_WORK, too_much

            problems += too_much(scenario, origin, source.most_work or MOST_WORK)
    if scenario is None or problems:
        found = tuple(problems)
        return Draft(None, parts, origin, bounded_problems(found) if source.confined else found, tuple(warnings))
    return Draft(scenario, parts, origin, (), tuple(warnings))


@cache
def _library_paths() -> dict[str, frozenset[str]]:
    """Return the paths that library files name, by key."""
    found: dict[str, set[str]] = {key: set() for key in PATHS}
    for path in library().values():
        tree, _ = read_document(path, path.name)
        for name, node in tree.children.get("population", tree).children.items():
            if isinstance(node.value, str) and f"population.{name}" in found:
                found[f"population.{name}"].add(node.value)
    return {key: frozenset(values) for key, values in found.items()}


def locate(name_or_path: str | os.PathLike[str]) -> Path:
    """Return the file of a library name or a path."""
    text = os.fspath(name_or_path)
    known = library()
    if text in known:
        return known[text]
    path = Path(text)
    if path.suffix in {".yaml", ".yml"} or path.exists() or len(path.parts) > 1:
        if not path.exists():
            raise InputError(
                [Problem(text, 0, "file", "there is no such file", "Check the path; `quotalab list` shows names.")]
            )
        return path
    raise InputError([_unknown(text, "Known names", "; or give the path of a file")])


def _unknown(name: str, known: str, more: str = "") -> Problem:
    names = library()
    close = get_close_matches(name, names, n=1)
    remedy = f"Did you mean {close[0]}?" if close else f"{known}: {', '.join(names)}{more}."
    return Problem(name, 0, "name", "no scenario of this name ships", remedy)


def shown(path: Path) -> str:
    """Return a path as messages name it: relative to the current folder where it lies inside."""
    full = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
    return str(full.relative_to(Path.cwd())) if full.is_relative_to(Path.cwd()) else str(full)


def _document(path: Path, label: str, folders: dict[str, Path]) -> tuple[Node, list[Problem]]:
    folders[label] = path.parent
    return _begun(*read_document(path, label), label)


def _begun(tree: Node, problems: list[Problem], label: str) -> tuple[Node, list[Problem]]:
    """Return a document with the version of its format, which is a problem where it is missing."""
    if "schema" not in tree.children:
        problems.append(Problem(label, 0, "schema", "the key is missing", "Add `schema: 1` as the first line."))
        tree = Node({"schema": Node(1, label, 0), **tree.children}, label, tree.line)
    return tree, problems


def _extended(tree: Node, path: Path | None, folders: dict[str, Path]) -> tuple[Node, list[Problem]]:
    """Return the tree laid over the one that it extends: of the library, or of a file beside the path."""
    named = tree.children.get("extends")
    own = {key: child for key, child in tree.children.items() if key != "extends"}
    if named is None:
        return tree, []

    def refuse(message: str, remedy: str) -> tuple[Node, list[Problem]]:
        return Node(own, tree.file, tree.line), [Problem(named.file, named.line, "extends", message, remedy)]

    if not isinstance(named.value, str) or not named.value.strip():
        return refuse("the value must be text", "Give a library name or the path of one file.")
    base_path = library().get(named.value) or (path and path.parent / named.value)
    if base_path is None or not base_path.is_file():
        close = get_close_matches(named.value, library(), n=1)
        remedy = f"Did you mean {close[0]}?" if close else f"Library names: {', '.join(library())}."
        beside = " or beside this file" if path else ""
        return refuse(f"there is no scenario {named.value!r} in the library{beside}", remedy)
    if path is not None and base_path.resolve() == path.resolve():
        return refuse("the scenario extends itself", "Name another scenario, or remove the key.")
    base, problems = _document(base_path, shown(base_path) if path else base_path.name, folders)
    if "extends" in base.children:
        second = base.children["extends"].value
        target = library().get(str(second)) or base_path.parent / str(second)
        circle = path is not None and target.resolve() == path.resolve()
        what = "each of the two extends the other" if circle else f"{named.value} itself extends {second!r}"
        return refuse(f"{what}; one level is allowed", "Extend a scenario that stands on its own.")
    whole = merged(base, Node(own, tree.file, tree.line))
    if "name" not in own:
        problems.append(
            Problem(tree.file, named.line, "name", "an extended scenario needs a name of its own", "Add `name: …`.")
        )
    return whole, problems


def _translated(error: ValidationError, tree: Node, origin: Origin, *, missing: bool) -> list[Problem]:
    """Return pydantic's findings as problems; without what is missing where the scenario beneath could not be read."""
    found: list[Problem] = []
    for detail in error.errors(include_url=False):
        if detail["type"] == "too_short" and detail["input"]:
            continue  # the list is not empty: its items failed, which is reported for each
        if detail["type"] == "missing" and not missing:
            continue
        path, message, remedy = explain(detail, tree)
        found.append(origin.problem(".".join(map(str, path)) or "file", message, remedy))
    return found


def _unique(problems: list[Problem]) -> list[Problem]:
    """Return the problems by file and line, one for each key and message."""
    seen = {(p.file, p.line, p.key, p.message): p for p in problems}
    return sorted(seen.values(), key=lambda problem: (problem.file, problem.line))
