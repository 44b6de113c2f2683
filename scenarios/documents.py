"""Reads YAML text into a tree of nodes that know their file and line, with guards against hostile or broken files.

Scalars follow the core schema of YAML 1.2: ``no`` and ``2025-01-01`` are text, ``1e3`` is a number, ``010`` is ten.
Tags and several documents are refused; aliases are allowed as long as the expanded document stays small.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from scenarios.errors import InputError, Problem

LARGEST_FILE = 1_000_000
DEEPEST = 20
MOST_ALIASES = 50
MOST_NODES = 50_000

Value = dict[str, "Node"] | list["Node"] | str | int | float | bool | None

_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER = re.compile(r"[-+]?[0-9]{1,40}")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a document with the file and the line where its key, or the list item, is written."""

    value: Value
    file: str
    line: int

    @property
    def children(self) -> dict[str, "Node"]:
        """The values of a mapping by key; empty for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    def plain(self) -> Any:
        """Return the value as plain dictionaries, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value


def node_of(value: Any, file: str) -> Node:
    """Return a Python value as a node without a line; TypeError if it holds anything but plain data."""
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        value = value.item()  # a NumPy number
    if isinstance(value, dict):
        return Node({str(key): node_of(child, file) for key, child in value.items()}, file, 0)
    if isinstance(value, list | tuple):
        return Node([node_of(child, file) for child in value], file, 0)
    if value is not None and not isinstance(value, str | int | float):
        raise TypeError(type(value).__name__)
    return Node(value, file, 0)


def scalar_of(text: str) -> str | int | float | bool | None:
    """Return what an unquoted YAML scalar stands for."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    if _NOT_FINITE.fullmatch(text):
        return float(text.lower().replace(".", ""))
    return text


def read_text(path: Path, label: str, largest: int | None = None) -> str:
    """Return a UTF-8 file's text without a byte order mark; refuse what is missing, too large or encoded otherwise."""
    try:
        if largest is not None and path.is_file() and path.stat().st_size > largest:
            raise InputError(
                [
                    Problem(
                        label, 0, "file", f"the file is larger than {largest:,} bytes", "Move data into tables (CSV)."
                    )
                ]
            )
        raw = path.read_bytes()
    except FileNotFoundError:
        raise InputError(
            [Problem(label, 0, "file", "there is no such file", "Check the spelling of the path.")]
        ) from None
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise InputError(
            [Problem(label, 0, "file", f"the file cannot be read: {reason}", "Name a readable text file.")]
        ) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"byte {raw[error.start]:#04x} at position {error.start} is not UTF-8"
        raise InputError([Problem(label, line, "file", message, "Save the file in the UTF-8 encoding.")]) from None


def read_document(path: Path, label: str) -> tuple[Node, list[Problem]]:
    """Return a file's tree and what is wrong with its keys and scalars; raise InputError where there is no tree."""
    tree, problems = _parsed(read_text(path, label, LARGEST_FILE), label)
    return tree, list(problems)


@lru_cache(maxsize=16)
def _parsed(text: str, label: str) -> tuple[Node, tuple[Problem, ...]]:
    """Return the same; trees are never changed, and the same document is read again with other values laid over it."""
    tree, problems = parse(text, label)
    return tree, tuple(problems)


def parse(text: str, label: str, most_nodes: int = MOST_NODES) -> tuple[Node, list[Problem]]:
    """Return the tree of YAML text and the problems of its keys and scalars."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    reader = _Reader(label, most_nodes)
    try:
        tree = reader.document(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        unclosed = "stream end" in str(error.problem) or "end of stream" in str(error.problem)
        mark = (error.context_mark if unclosed else None) or error.problem_mark or error.context_mark
        raise reader.refuse(mark.line + 1 if mark else 0, *_syntax(error.problem or error.context or "")) from None
    except YAMLError as error:
        position = getattr(error, "position", None)
        line = text.count("\n", 0, position) + 1 if isinstance(position, int) else 0
        raise reader.refuse(line, "the file holds a control character", "Remove it; use plain text.") from None
    if not isinstance(tree.value, dict):
        found = "is empty" if tree.value is None else f"holds {_kind(tree.value)}"
        raise reader.refuse(tree.line, f"the file {found} where `key: value` lines belong", "Start with `schema: 1`.")
    return tree, reader.problems


def _syntax(problem: str) -> tuple[str, str]:
    if "'\\t'" in problem:
        return "a tab stands where YAML wants spaces", "Replace tabs by spaces."
    if "undefined alias" in problem:
        return "an alias (*) names no anchor (&) before it", "Write the value out."
    remedy = "Check the indentation, colons, brackets and quotes on this line and the one above."
    return f"this is not valid YAML: {problem or 'it cannot be read'}", remedy


def _kind(value: Value) -> str:
    return "a list" if isinstance(value, list) else "a single value"


@dataclass(slots=True)
class _Reader:
    label: str
    most_nodes: int = MOST_NODES
    problems: list[Problem] = field(default_factory=list)
    anchors: dict[str, tuple[Node, int]] = field(default_factory=dict)
    aliases: int = 0
    nodes: int = 0

    def refuse(self, line: int, message: str, remedy: str) -> InputError:
        return InputError([*self.problems, Problem(self.label, line, "file", message, remedy)])

    def document(self, events: Iterator[Any]) -> Node:
        tree: Node | None = None
        for event in events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent" and tree is not None:
                line = event.start_mark.line + 1
                raise self.refuse(line, "a second document starts here", "Keep one scenario in a file.")
            if kind not in {"StreamStartEvent", "DocumentStartEvent", "DocumentEndEvent", "StreamEndEvent"}:
                tree = self.node(event, events, 0, ())
        return tree if tree is not None else Node(None, self.label, 1)

    def node(self, event: Any, events: Iterator[Any], depth: int, path: tuple[str, ...]) -> Node:
        line = event.start_mark.line + 1
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self.alias(event.anchor, line)
        self.count(1, line)
        before = self.nodes
        if event.ctag is not None and str(event.ctag) not in {"", "!", "None"}:
            self.problem(line, path, f"the tag {event.ctag} is not used here", "Remove the tag.")
        if kind == "ScalarEvent":
            result = Node(self.scalar(event, line, path), self.label, line)
        elif depth >= DEEPEST:
            raise self.refuse(line, f"values are nested more than {DEEPEST} deep", "Flatten the file.")
        elif kind == "MappingStartEvent":
            result = Node(self.mapping(events, depth, path), self.label, line)
        else:
            items: list[Node] = []
            while type(inner := next(events)).__name__ != "SequenceEndEvent":
                items.append(self.node(inner, events, depth + 1, (*path, str(len(items)))))
            result = Node(items, self.label, line)
        if event.anchor:
            self.anchors[event.anchor] = (result, self.nodes - before + 1)
        return result

    def alias(self, anchor: str, line: int) -> Node:
        self.aliases += 1
        if self.aliases > MOST_ALIASES:
            raise self.refuse(line, f"the file uses more than {MOST_ALIASES} aliases (*)", "Write the values out.")
        if anchor not in self.anchors:
            raise self.refuse(line, f"the alias *{anchor} names no complete anchor before it", "Write the value out.")
        found, size = self.anchors[anchor]
        self.count(size, line)
        return Node(found.value, self.label, line)

    def count(self, nodes: int, line: int) -> None:
        self.nodes += nodes
        if self.nodes > self.most_nodes:
            message = f"the file expands to more than {self.most_nodes:,} values"
            raise self.refuse(line, message, "Remove repeated aliases (*) and move data into tables (CSV).")

    def mapping(self, events: Iterator[Any], depth: int, path: tuple[str, ...]) -> dict[str, Node]:
        children: dict[str, Node] = {}
        while type(event := next(events)).__name__ != "MappingEndEvent":
            line = event.start_mark.line + 1
            key = self.key(event, events, depth, path)
            value = self.node(next(events), events, depth + 1, (*path, key))
            if key in children:
                first = children[key].line
                self.problem(line, (*path, key), f"the key is given twice (first on line {first})", "Remove one.")
            else:
                children[key] = Node(value.value, value.file, line)
        return children

    def key(self, event: Any, events: Iterator[Any], depth: int, path: tuple[str, ...]) -> str:
        line = event.start_mark.line + 1
        if type(event).__name__ != "ScalarEvent":
            self.node(event, events, depth + 1, path)
            self.problem(line, path, "a list, mapping or alias stands as a key", "Use a plain word as the key.")
            return "?"
        if event.implicit[0] and type(scalar_of(event.value)) not in {str, int}:
            message = f"the key {event.value or 'null'} is not a word"
            self.problem(line, (*path, event.value), message, "Use a plain word as the key.")
        return str(event.value)

    def scalar(self, event: Any, line: int, path: tuple[str, ...]) -> str | int | float | bool | None:
        if not event.implicit[0]:
            return str(event.value)
        value = scalar_of(event.value)
        if isinstance(value, float) and not -1e308 <= value <= 1e308:
            self.problem(line, path, f"{event.value} is not a finite number", "Write a finite number.")
            return 0.0
        return value

    def problem(self, line: int, path: tuple[str, ...], message: str, remedy: str) -> None:
        self.problems.append(Problem(self.label, line, ".".join(path) or "file", message, remedy))


def as_json(node: Node) -> str:
    """Return the tree as JSON, in which pydantic is strict about types but takes lists for tuples."""
    return json.dumps(node.plain(), ensure_ascii=True)
