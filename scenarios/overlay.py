"""Changed values as a document of their own: a scenario that extends one of the library, there and back.

In such a document a mapping is laid over that of the base, a list replaces it, and a null removes a key, so that its
default holds (`scenarios.loading`). As overrides of `load` every value replaces what was there. The two are turned into
each other so that both give the same scenario.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from scenarios.changes import Changes, applied, settled
from scenarios.documents import parse, read_document, scalar_of
from scenarios.errors import InputError, Problem
from scenarios.field_specs import fields_of
from scenarios.loading import library, load
from scenarios.schema import Scenario

LONGEST_NAME = 64
OWN = {"schema", "extends"}
_PLAIN_WORD = re.compile(r"[A-Za-z0-9_\u3400-\u9fff][\w /-]*")


def overlay_text(base: str, changes: Changes) -> str:
    """Return a scenario document that extends ``base`` by the changes, as `quotalab run` takes it.

    Its name is that of the changes, or that of the base with ``-changed``. Where the base itself extends another
    scenario, the document extends that one and holds what the base changes too, since one level is allowed.

    Raises
    ------
    InputError : where the library has no such base.
    KeyError : where a path leads nowhere.
    """
    ground, below, own = _base(base)
    whole = _whole(base)
    spelled = _merged(below, own)
    target = applied(spelled, settled(whole, changes))
    name = changes.get("name") or f"{base[: LONGEST_NAME - len('-changed')]}-changed"
    target = {**target, "name": name}
    body = _difference({key: value for key, value in below.items() if key not in OWN}, target)
    document = {"schema": 1, "extends": ground, "name": body.pop("name", name), **body}
    return "\n".join(_lines(document, 0)) + "\n"


def changes_of(text: str, label: str = "document") -> tuple[str, dict[str, Any]]:
    """Return the library scenario that a document extends, and its values by dotted path, as overrides of `load`.

    A key that the document removes by a null is told by the whole mapping without it, and so is a rule of another kind
    than the base's. The values themselves are not checked here: `load` does that.

    Raises
    ------
    InputError : where the text is no document, or extends no library scenario that stands on its own.
    """
    tree, problems = parse(text, label)
    named = tree.children.get("extends")
    base = named.value if named is not None else None
    if not isinstance(base, str) or base not in library():
        line = named.line if named is not None else 0
        remedy = f"Write `extends:` with one of {', '.join(library())}."
        problems.append(Problem(label, line, "extends", "the document extends no scenario of the library", remedy))
    elif "extends" in _plain(base):
        message = f"{base} itself extends {_plain(base)['extends']!r}; one level is allowed"
        problems.append(Problem(label, named.line if named else 0, "extends", message, "Extend that scenario."))
    if problems:
        raise InputError(problems)
    document = {key: value for key, value in tree.plain().items() if key not in OWN}
    removed = [key for key, value in document.items() if value is None]
    known = fields_of(Scenario)
    document |= {key: known[key].default for key in removed if key in known}  # a key is removed: its default holds
    return str(base), _flat(_plain(str(base)), document, "")


def _base(name: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Return the scenario at the bottom of a library scenario, its document, and what the named one lays over it."""
    if name not in library():
        remedy = f"Library names: {', '.join(library())}."
        raise InputError([Problem(name, 0, "extends", "the library has no scenario of this name", remedy)])
    document = _plain(name)
    ground = document.get("extends")
    if ground is None:
        return name, document, {}
    return str(ground), _plain(str(ground)), document


@lru_cache(maxsize=16)
def _whole(name: str) -> dict[str, Any]:
    """Return a library scenario with every default; it does not change while the program runs."""
    return load(name).model_dump(mode="json", by_alias=True)


@lru_cache(maxsize=16)
def _plain(name: str) -> dict[str, Any]:
    tree, _ = read_document(library()[name], name)
    plain: dict[str, Any] = tree.plain()
    return plain


def _merged(base: Any, over: Any) -> Any:
    """Return ``over`` laid on ``base``, by the same rules as documents are."""
    if not isinstance(base, Mapping) or not isinstance(over, Mapping) or _kinds_differ(base, over):
        return over
    result = dict(base)
    for key, value in over.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result[key], value) if key in result else value
    return result


def _difference(base: Mapping[str, Any], target: Mapping[str, Any]) -> dict[str, Any]:
    """Return what has to be laid on ``base`` to get ``target``; a key to be removed is null."""
    found: dict[str, Any] = {}
    for key, value in target.items():
        before = base.get(key)  # none is what an absent key stands for
        if key in OWN or _same(before, value):
            continue
        if isinstance(before, Mapping) and isinstance(value, Mapping) and not _kinds_differ(before, value):
            inner = _difference(before, value)
            found |= {key: inner} if inner else {}
        else:
            found[key] = value
    return {**found, **dict.fromkeys(key for key in base if key not in target)}


def _flat(base: Any, over: Mapping[str, Any], path: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in over.items():
        here = f"{path}.{key}" if path else key
        before = base.get(key) if isinstance(base, Mapping) else None
        if not isinstance(value, Mapping) or not value:
            if not (isinstance(value, Mapping) and isinstance(before, Mapping)):
                found[here] = value
        elif before is not None and (not isinstance(before, Mapping) or _kinds_differ(before, value)):
            found[here] = value
        elif isinstance(before, Mapping) and any(one is None for one in value.values()):
            found[here] = _merged(before, value)
        else:
            found |= _flat(before, value, here)
    return found


def _kinds_differ(base: Mapping[str, Any], over: Mapping[str, Any]) -> bool:
    kind, other = base.get("kind"), over.get("kind")
    return kind is not None and other is not None and other != kind


def _same(one: Any, other: Any) -> bool:
    """Return whether two values are the same in a document, where 1 and true and 1.0 and 1 are written differently."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _lines(value: Mapping[str, Any], depth: int) -> list[str]:
    """Return a mapping as lines of YAML; what holds scalars only stands on one line."""
    lines: list[str] = []
    indent = "  " * depth
    for key, one in value.items():
        if isinstance(one, Mapping) and one and not _flow(one):
            lines += [f"{indent}{_key(key)}:", *_lines(one, depth + 1)]
        elif isinstance(one, list | tuple) and one and not _flow(one):
            lines += [f"{indent}{_key(key)}:", *_items(one, depth + 1)]
        else:
            lines.append(f"{indent}{_key(key)}: {_inline(one)}")
    return lines


def _items(values: Any, depth: int) -> list[str]:
    lines: list[str] = []
    indent = "  " * depth
    for one in values:
        if isinstance(one, Mapping) and one and not _flow(one):
            first, *rest = _lines(one, depth + 1)
            lines += [f"{indent}- {first.lstrip()}", *rest]
        else:
            lines.append(f"{indent}- {_inline(one)}")
    return lines


def _flow(value: Any) -> bool:
    inner = value.values() if isinstance(value, Mapping) else value
    return all(not isinstance(one, Mapping | list | tuple) for one in inner) and len(_inline(value)) <= 90  # a line


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)}: {_inline(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_inline(one) for one in value) + "]"
    return _scalar(value)


def _key(key: Any) -> str:
    return str(key) if re.fullmatch(r"[0-9]+", str(key)) else _scalar(str(key))


def _scalar(value: Any) -> str:
    """Return a scalar as it is read back the same: a text in quotes unless it is a plain word."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = str(value)
    if _PLAIN_WORD.fullmatch(text) and text == text.strip() and scalar_of(text) == text:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in quoted)
