"""Reads what sweeps, searches and calibrations are declared in: a document or plain data, and the scenario it names.

The three have the same form: a first key that names the kind and its version, rules that pydantic checks, the name of a
scenario with overrides. Mistakes are collected, so that all of them are told at once.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from market.rules import Rule
from scenarios.documents import Node, as_json, node_of, read_document
from scenarios.errors import InputError, Problem
from scenarios.layers import collect, replaced
from scenarios.loading import Origin, library, read, shown
from scenarios.messages import explain, suggestion
from scenarios.schema import Scenario

Declared = TypeVar("Declared", bound=Rule)
AnOrigin = TypeVar("AnOrigin", bound=Origin)


class StudyOrigin(Origin):
    """Where the keys of a study are written, asked for by the keys that a sweep has for the same things."""

    def place(self, key: str) -> tuple[str, int]:
        """Return the file label and line of a key."""
        return super().place(self.own(key))

    def problem(self, key: str, message: str, remedy: str) -> Problem:
        """Return a problem at a key, by the study's own name of it."""
        return super().problem(self.own(key), message, remedy)

    @staticmethod
    def own(key: str) -> str:
        """Return what the study calls a key of a sweep."""
        return key


@dataclass(frozen=True, slots=True)
class Written:
    """A declaration as it was written.

    Attributes
    ----------
    kind : its first key: sweep, search or calibration.
    label : how messages name it.
    folder : what files that it names are relative to.
    problems : with its text and with the values that were replaced.
    """

    kind: str
    tree: Node
    label: str
    folder: Path
    problems: tuple[Problem, ...] = ()


def in_file(kind: str, path: str | os.PathLike[str], changes: Mapping[str, Any]) -> Written:
    """Return the declaration of a file, with single values replaced by dotted path; InputError if it is no document."""
    file = Path(path)
    label = shown(file)
    tree, problems = read_document(file, label)
    for key, value in changes.items():
        tree = replaced(tree, key, value, problems, label)
    return Written(kind, tree, label, file.parent, tuple(problems))


def in_python(kind: str, declared: Mapping[str, Any], folder: str | os.PathLike[str]) -> Written:
    """Return a declaration made of plain data; InputError if it holds anything else."""
    try:
        tree = node_of({kind: 1, **declared}, kind)
    except TypeError as error:
        message = f"a value of type {error} is no plain data"
        raise InputError([Problem(kind, 0, kind, message, "Give numbers, text, lists and mappings.")]) from None
    return Written(kind, tree, kind, Path(folder))


def declared_in(
    written: Written, rule: type[Declared], origin_class: type[AnOrigin]
) -> tuple[Declared, AnOrigin, list[Problem]]:
    """Return the rule that a declaration fills in, where its keys are written, and what is wrong so far.

    Raises
    ------
    InputError : where it does not fill in the rule, with everything that is wrong.
    """
    tree, label, kind = written.tree, written.label, written.kind
    problems = list(written.problems)
    places: dict[str, tuple[str, int]] = {}
    collect(tree, "", places)
    origin = origin_class(label, places, {label: written.folder, "": written.folder})
    if kind not in tree.children:
        problems.append(Problem(label, 0, kind, "the key is missing", f"Add `{kind}: 1` as the first line."))
        tree = Node({kind: Node(1, label, 0), **tree.children}, label, tree.line)
    try:
        return rule.model_validate_json(as_json(tree), strict=True), origin, problems
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            path, message, remedy = explain(detail, tree, rule)
            problems.append(origin.problem(".".join(map(str, path)) or kind, message, remedy))
        raise InputError(problems) from None


def scenario_of(
    name: str, overrides: Mapping[str, Any], folder: Path, origin: Origin, problems: list[Problem]
) -> Scenario:
    """Return the scenario that a declaration names: of the library, or of a file beside it; InputError with all."""
    path: str | Path = name
    if name not in library():
        path = folder / name
        if not path.exists():
            message = f"there is no scenario {name!r} in the library or beside this file"
            remedy = suggestion(name, list(library()), "Library names")
            raise InputError([*problems, origin.problem("scenario", message, remedy)])
    draft = read(path, overrides)
    problems += draft.problems
    if draft.scenario is None:
        raise InputError(problems)
    return draft.scenario
