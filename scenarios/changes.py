"""Values that differ from a scenario's, by dotted path: how they are laid on plain data, and how lists take them."""

from collections.abc import Mapping
from typing import Any

Plain = Any
Changes = Mapping[str, Any]


def value_at(plain: Plain, path: str) -> Any:
    """Return the value at a dotted path of plain data, or None where there is nothing."""
    for step in path.split("."):
        if isinstance(plain, Mapping):
            plain = plain.get(step)
        elif isinstance(plain, list | tuple) and step.isdecimal() and int(step) < len(plain):
            plain = plain[int(step)]
        else:
            return None
    return plain


def applied(plain: Plain, changes: Changes) -> dict[str, Any]:
    """Return plain data with values replaced by dotted path, in the given order, as `load` does with its overrides.

    Raises
    ------
    KeyError : where a path runs through a single value, or to an item that a list does not have.
    """
    for path, value in changes.items():
        plain = _placed(plain, path.split("."), value, path)
    result: dict[str, Any] = plain
    return result


def settled(plain: Plain, changes: Changes) -> dict[str, Any]:
    """Return changes that `load` takes whatever the scenario's file spells out: no path runs through a list.

    A path such as ``instruments.so2.venues.0.mechanism.rounds`` names an item of a list, which a file may leave to its
    default and a file that extends another can only give as a whole. It becomes the whole list, changed.

    Parameters
    ----------
    plain : the whole scenario before the changes, with every default.
    changes : values by dotted path; a later one is laid on what earlier ones made.
    """
    result: dict[str, Any] = {}
    whole = plain
    for path, value in changes.items():
        whole = applied(whole, {path: value})
        top = _list_above(whole, path)
        key = top or path
        result = {one: kept for one, kept in result.items() if one != key and not one.startswith(f"{key}.")}
        result[key] = value_at(whole, top) if top else value
    return result


def _list_above(plain: Plain, path: str) -> str:
    """Return the path of the outermost list that a path runs through, or nothing."""
    steps = path.split(".")
    for length in range(1, len(steps)):
        above = ".".join(steps[:length])
        if isinstance(value_at(plain, above), list | tuple):
            return above
    return ""


def _placed(plain: Plain, steps: list[str], value: Any, path: str) -> Plain:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(plain, Mapping):
        return {**plain, step: _placed(plain.get(step) if rest else None, rest, value, path)}
    if isinstance(plain, list | tuple) and step.isdecimal() and int(step) < len(plain):
        return [_placed(one, rest, value, path) if place == int(step) else one for place, one in enumerate(plain)]
    if plain is None:
        return {step: _placed(None, rest, value, path)}
    raise KeyError(path)
