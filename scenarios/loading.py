"""Loads scenarios: YAML text to a checked `Scenario`, with every mistake at once by file, line, key and remedy."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr, ValidationError

from scenarios.checks import Parts, check_parts
from scenarios.documents import Node, as_json, node_of, read_document
from scenarios.errors import InputError, Problem
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


def load(name_or_path: str | os.PathLike[str], overrides: Mapping[str, Any] | None = None) -> Scenario:
    """Return the scenario of a library name or a file, with single values replaced by ``overrides``.

    Parameters
    ----------
    name_or_path : a name that `library` lists, or the path of a YAML file.
    overrides : values by dotted key, such as ``{"instruments.carbon.cap.initial": 100, "behaviours.0.steps": 4}``.

    Raises
    ------
    InputError : with every mistake, each with file, line, key and remedy.
    """
    draft = read(name_or_path, overrides)
    if draft.scenario is None:
        raise InputError(draft.problems)
    return draft.scenario


def library() -> dict[str, Path]:
    """Return the scenarios that ship, by name."""
    return {path.stem: path for path in sorted(LIBRARY.glob("*.yaml"))}


def origin_of(scenario: Scenario) -> Origin:
    """Return where a scenario was written; one made in Python has no lines, and its paths start here."""
    return scenario.origin if isinstance(scenario, LoadedScenario) else Origin(f"scenario {scenario.name}")


def read(name_or_path: str | os.PathLike[str], overrides: Mapping[str, Any] | None = None) -> Draft:
    """Return everything that can be said about a scenario file; raise InputError where it cannot be read at all."""
    path = locate(name_or_path)
    folders = {"": Path()}
    tree, problems = _document(path, folders)
    tree, more = _extended(tree, path, folders)
    alone = not any(problem.key == "extends" for problem in more)
    problems += more
    for key, value in (overrides or {}).items():
        tree = _replaced(tree, key, value, problems, shown(path))
    tree = written_out(tree)
    places: dict[str, tuple[str, int]] = {}
    _collect(tree, "", places)
    origin = Origin(shown(path), places, folders)
    scenario: LoadedScenario | None = None
    try:
        scenario = LoadedScenario.model_validate_json(as_json(tree), strict=True)
        parts = Parts.of(scenario)
    except ValidationError as error:
        said = {(problem.file, problem.line, problem.key) for problem in problems}
        found = _translated(error, tree, origin, missing=alone)
        problems += [problem for problem in found if (problem.file, problem.line, problem.key) not in said]
        parts = Parts.salvaged(tree)
    errors, warnings = check_parts(parts, origin)
    problems = _unique([*problems, *errors])
    if scenario is None or problems:
        return Draft(None, parts, origin, tuple(problems), tuple(warnings))
    scenario._origin = origin  # noqa: SLF001 - a private attribute cannot be given to the constructor
    return Draft(scenario, parts, origin, (), tuple(warnings))


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
    close = get_close_matches(text, known, n=1)
    remedy = f"Did you mean {close[0]}?" if close else f"Known names: {', '.join(known)}; or give the path of a file."
    raise InputError([Problem(text, 0, "name", "no scenario of this name ships", remedy)])


def shown(path: Path) -> str:
    """Return a path as messages name it: relative to the current folder where it lies inside."""
    full = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
    return str(full.relative_to(Path.cwd())) if full.is_relative_to(Path.cwd()) else str(full)


def _document(path: Path, folders: dict[str, Path]) -> tuple[Node, list[Problem]]:
    label = shown(path)
    folders[label] = path.parent
    tree, problems = read_document(path, label)
    if "schema" not in tree.children:
        problems.append(Problem(label, 0, "schema", "the key is missing", "Add `schema: 1` as the first line."))
        tree = Node({"schema": Node(1, label, 0), **tree.children}, label, tree.line)
    return tree, problems


def _extended(tree: Node, path: Path, folders: dict[str, Path]) -> tuple[Node, list[Problem]]:
    """Return the tree laid over the one that it extends."""
    named = tree.children.get("extends")
    own = {key: child for key, child in tree.children.items() if key != "extends"}
    if named is None:
        return tree, []

    def refuse(message: str, remedy: str) -> tuple[Node, list[Problem]]:
        return Node(own, tree.file, tree.line), [Problem(named.file, named.line, "extends", message, remedy)]

    if not isinstance(named.value, str) or not named.value.strip():
        return refuse("the value must be text", "Give a library name or the path of one file.")
    base_path = library().get(named.value) or path.parent / named.value
    if not base_path.is_file():
        close = get_close_matches(named.value, library(), n=1)
        remedy = f"Did you mean {close[0]}?" if close else f"Library names: {', '.join(library())}."
        return refuse(f"there is no scenario {named.value!r} in the library or beside this file", remedy)
    if base_path.resolve() == path.resolve():
        return refuse("the scenario extends itself", "Name another scenario, or remove the key.")
    base, problems = _document(base_path, folders)
    if "extends" in base.children:
        second = base.children["extends"].value
        target = library().get(str(second)) or base_path.parent / str(second)
        circle = target.resolve() == path.resolve()
        what = "each of the two extends the other" if circle else f"{named.value} itself extends {second!r}"
        return refuse(f"{what}; one level is allowed", "Extend a scenario that stands on its own.")
    merged = _merged(base, Node(own, tree.file, tree.line))
    if "name" not in own:
        problems.append(
            Problem(tree.file, named.line, "name", "an extended scenario needs a name of its own", "Add `name: …`.")
        )
    return merged, problems


def _merged(base: Node, over: Node) -> Node:
    """Return ``over`` laid on ``base``: mappings merge, a null removes a key, anything else replaces."""
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    kind, other = base.value.get("kind"), over.value.get("kind")
    if kind is not None and other is not None and other.value not in (None, kind.value):
        return over  # another kind of rule has other keys
    result = dict(base.value)
    for key, child in over.value.items():
        if child.value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result[key], child) if key in result else child
    return Node(result, over.file, over.line)


def _replaced(tree: Node, key: str, value: Any, problems: list[Problem], label: str) -> Node:
    """Return the tree with one value replaced; a path through something without parts is a problem."""
    steps = key.split(".")

    def refuse(message: str, remedy: str) -> Node:
        problems.append(Problem(label, 0, f"--set {key}", message, remedy))
        return tree

    if "" in steps:
        return refuse("the path has an empty part", "Join the keys by single dots, as in instruments.carbon.lot.")
    try:
        replacement = node_of(value, f"--set {key}")
    except TypeError as error:
        return refuse(f"a value of type {error} is no plain data", "Give a number, text, list or mapping.")

    def place(node: Node, position: int) -> Node:
        if position == len(steps):
            return replacement
        step = steps[position]
        if isinstance(node.value, dict):
            child = node.value.get(step, Node({}, f"--set {key}", 0))
            return Node({**node.value, step: place(child, position + 1)}, node.file, node.line)
        if isinstance(node.value, list) and step.isdecimal() and int(step) < len(node.value):
            index = int(step)
            items = [place(item, position + 1) if i == index else item for i, item in enumerate(node.value)]
            return Node(items, node.file, node.line)
        above = ".".join(steps[:position])
        if isinstance(node.value, list):
            message = f"{above} is a list of {len(node.value)}, so {step!r} names no item of it"
            remedy = f"Items are numbered from 0: {above}.0 is the first."
        else:
            message, remedy = f"{above} is a single value without keys", f"Set {above} itself."
        refuse(message, remedy)
        return node

    return place(tree, 0)


def _collect(node: Node, key: str, places: dict[str, tuple[str, int]]) -> None:
    if key:
        places[key] = (node.file, node.line)
    if isinstance(node.value, dict):
        for name, child in node.value.items():
            _collect(child, f"{key}.{name}" if key else name, places)
    elif isinstance(node.value, list):
        for index, child in enumerate(node.value):
            _collect(child, f"{key}.{index}", places)


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
