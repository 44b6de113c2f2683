"""Scenarios from people who are not trusted: documents and changed values are data, and never name a file.

What is written here may extend a library scenario and nothing else; it names the tables of a library scenario or none;
and its size is bounded, so that reading it takes a second at most. `scenarios.work` bounds the run that it asks for.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from scenarios.documents import DEEPEST, Node, node_of
from scenarios.errors import InputError, Problem

MOST_TEXT = 1 << 20
MOST_NODES = 6_000
LONGEST_LINE = 10_000
MOST_OVERRIDES = 1_000
MOST_PROBLEMS = 100
LONGEST_MESSAGE = 400

PATHS = ("population.folder", "population.firms", "population.measures")
"""Every key of a scenario whose value names a file or a folder."""

_REMEDY = "Remove the key and extend a library scenario, as in `extends: jiangxi`; its tables are used then."


def bounded_text(text: str, label: str) -> None:
    """Raise InputError where a text is too long to be read for somebody else."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MOST_TEXT:
        raise InputError([Problem(label, 0, "file", f"the text has {size:,} bytes", f"Keep below {MOST_TEXT:,}.")])
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > LONGEST_LINE:
            message = f"the line has {len(line):,} characters"
            raise InputError([Problem(label, number, "file", message, f"Break it below {LONGEST_LINE:,}.")])
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InputError([Problem(label, 0, "file", "the text is not UTF-8", "Save the file in the UTF-8 encoding.")])


def without_paths(tree: Node, allowed: Mapping[str, frozenset[str]]) -> tuple[Node, list[Problem]]:
    """Return a document without the paths that it may not name, and a problem for each.

    A path that a library file gives for the same key is allowed, so that a copy of a library scenario can be read.
    """
    population = tree.children.get("population")
    problems: list[Problem] = []
    kept: dict[str, Node] = {}
    for name, node in (population.children if population is not None else {}).items():
        key = f"population.{name}"
        if key in PATHS and node.value is not None and node.plain() not in list(allowed.get(key, ())):
            message = "a file or folder of the server cannot be named here"
            problems.append(Problem(node.file, node.line, key, message, _REMEDY))
        else:
            kept[name] = node
    if population is None or not problems:
        return tree, problems
    inner = Node(kept, population.file, population.line)
    return Node({**tree.children, "population": inner}, tree.file, tree.line), problems


def bounded_overrides(
    overrides: Mapping[str, Any], label: str, allowed: Mapping[str, frozenset[str]]
) -> tuple[dict[str, Any], list[Problem]]:
    """Return the changed values that may be used, and a problem for each that may not; paths as in `without_paths`."""
    kept: dict[str, Any] = {}
    problems: list[Problem] = []

    def refuse(key: str, message: str, remedy: str) -> None:
        problems.append(Problem(label, 0, f"--set {key[:200]}", message, remedy))

    if len(overrides) > MOST_OVERRIDES:
        refuse("", f"{len(overrides):,} values are changed", f"Change {MOST_OVERRIDES:,} at most, or write a file.")
        return {}, problems
    nodes = size = 0
    for key, value in overrides.items():
        fault, weight, length = _weighed(value, nodes)
        nodes, size = nodes + weight, size + length + len(key)
        if key.count(".") >= DEEPEST or fault:
            refuse(key, fault or "the path has too many parts", "Give a plain number, text, list or mapping.")
        elif size > MOST_TEXT or nodes > MOST_NODES:
            refuse(key, "the changed values are too many or too long", "Change fewer values, or write a file.")
            return kept, problems
        elif _names_a_path(key, value, allowed):
            refuse(key, "a file or folder of the server cannot be named here", "Leave the key as it is.")
        else:
            kept[key] = value
    return kept, problems


def bounded_problems(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Return problems short and few enough to be shown; what they quote may be as long as the document."""
    shown = [
        replace(
            problem,
            key=_cut(problem.key),
            message=_cut(problem.message),
            remedy=_cut(problem.remedy),
        )
        for problem in problems[:MOST_PROBLEMS]
    ]
    if len(problems) > MOST_PROBLEMS:
        last = problems[MOST_PROBLEMS]
        message = f"{len(problems) - MOST_PROBLEMS:,} more mistakes follow"
        shown.append(Problem(last.file, last.line, "file", message, "Mend the ones above first."))
    return tuple(shown)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]}…"


def _names_a_path(key: str, value: Any, allowed: Mapping[str, frozenset[str]]) -> bool:
    """Return whether an override gives a key that names a path another value than a library file does."""
    for path in PATHS:
        head, _, last = path.partition(".")
        if key == path:
            written = value
        elif key == head and isinstance(value, Mapping) and value.get(last) is not None:
            written = value[last]
        elif key.startswith(f"{path}."):
            return True
        else:
            continue
        if not isinstance(written, str) or written not in allowed.get(path, frozenset()):
            return True
    return False


def _weighed(value: Any, before: int) -> tuple[str, int, int]:
    """Return what is wrong with a value's shape ("" for nothing), how many values it holds, and its length in text."""
    waiting: list[tuple[Any, int]] = [(value, 0)]
    count = length = 0
    while waiting:
        item, depth = waiting.pop()
        count += 1
        if depth > DEEPEST or before + count > MOST_NODES:
            return "the value is nested too deep or holds too many values", count, length
        if isinstance(item, Mapping):
            waiting += [(child, depth + 1) for child in item.values()]
            length += sum(len(str(name)) for name in item)
        elif isinstance(item, list | tuple):
            waiting += [(child, depth + 1) for child in item]
        elif isinstance(item, str):
            length += len(item)
            if any("\ud800" <= character <= "\udfff" for character in item):
                return "the text is broken", count, length
        elif isinstance(item, int) and abs(item) >= 10**40:
            return "the number has too many digits", count, length
    try:
        node_of(value, "")
    except TypeError as error:
        return f"a value of type {error} is no plain data", count, length
    return "", count, length
