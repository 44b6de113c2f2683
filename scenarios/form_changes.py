"""Changes of what a form consists of: another kind of rule, a rule switched on or off, items added and removed.

An input for such a change has the path of what it changes and a mark after it, as in ``instruments.so2.cap.kind``:

* ``kind``: the kind of a union; the new rule starts from its least valid value;
* ``present``: whether an optional rule is there;
* ``add``: a kind that is added to a list, a year to a table by year, a name to a table by name;
* ``by_year``: whether a number is given by year instead.
"""

from collections.abc import Mapping
from typing import Any

from scenarios.changes import value_at
from scenarios.forms import FormField, form_of

MARKS = frozenset({"kind", "present", "add", "by_year"})


def rebuilt(scenario: Mapping[str, Any], name: str, new: Any) -> dict[str, Any]:
    """Return the values by dotted path that follow from an input with a mark; nothing where all is so already.

    Raises
    ------
    KeyError : where the schema has nothing at the path, or the choice is not one that the form offers.
    """
    path, _, mark = name.rpartition(".")
    field = form_of(scenario, path)
    present = value_at(scenario, path)
    if mark == "kind" and field.kind != "union":
        return {} if present and present.get("kind") == new else {name: new}  # a field like another, as of carry-over
    if mark == "kind":
        return {} if field.selected == new else {path: _start(field, str(new))}
    if mark == "present":
        if bool(new) == (present is not None):
            return {}
        return {path: field.choices[0].start if new else None}
    if mark == "by_year":
        return _by_year(scenario, path, present, wanted=bool(new))
    return {} if new in {None, ""} else added(scenario, path, new)


def added(scenario: Mapping[str, Any], path: str, what: Any = "") -> dict[str, Any]:
    """Return the change that adds to a list a kind (or one more of the same), to a table a year or a name."""
    field = form_of(scenario, path)
    present = value_at(scenario, path)
    if field.kind == "list":
        return {
            path: [*(present or ()), _start(field, str(what)) if field.choices[0].value else field.choices[0].start]
        }
    if str(what) in (present or {}):
        return {}
    if field.kind == "year_table":
        return {f"{path}.{int(what)}": _between(field.value, int(what), field.lower or 0.0)}
    if field.kind == "table":
        return {f"{path}.{str(what).strip()}": max(0.0, field.lower or 0.0)}
    raise KeyError(path)


def removed(scenario: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return the change that takes an item out of a list or table; nothing where it is not there."""
    above, _, key = path.rpartition(".")
    present = value_at(scenario, above)
    if isinstance(present, list | tuple) and key.isdecimal() and int(key) < len(present):
        return {above: [one for place, one in enumerate(present) if place != int(key)]}
    if isinstance(present, Mapping) and key in present:
        return {above: {name: one for name, one in present.items() if name != key}}
    return {}


def _start(field: FormField, kind: str) -> Any:
    start = next((choice.start for choice in field.choices if choice.value == kind), None)
    if start is None:
        raise KeyError(f"{field.path}: {kind}")
    return start


def _between(table: Mapping[int, float], year: int, lowest: float) -> float:
    """Return what a table says of a year that it does not name: a straight line between, the nearest outside."""
    if not table:
        return max(lowest, 1.0)
    from numpy import interp

    return float(f"{float(interp(year, list(table), list(table.values()))):.12g}")


def _by_year(scenario: Mapping[str, Any], path: str, present: Any, *, wanted: bool) -> dict[str, Any]:
    if wanted == isinstance(present, Mapping):
        return {}
    if wanted:
        first = value_at(scenario, "calendar.start_year")
        return {path: {str(first): present or 0.0}}
    table = dict(present or {})
    return {path: table[min(table, key=int)] if table else None}
