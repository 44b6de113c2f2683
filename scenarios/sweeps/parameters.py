"""What varies, settled against the scenario: kind, unit and bounds of every parameter, and values from [0, 1].

A parameter maps the unit interval onto its values, so that every design is a sample of the unit cube: u → low + u
(high − low), or low (high/low)^u on a logarithmic scale; whole numbers and categories take equal parts of [0, 1] each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, log
from typing import Any, Literal

from scenarios.comparison_arms import written
from scenarios.lever_changes import changed
from scenarios.loading import Origin
from scenarios.sweeps.declared import Sweep, Varied

Role = Literal["lever", "uncertainty"]
Kind = Literal["continuous", "integer", "categorical", "switch"]
RESERVED = ("run", "point", "policy", "world", "seed", "stage", "message")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value of the scenario that varies.

    Attributes
    ----------
    name : column of every table of the sweep.
    path : dotted path of the value, or name of a lever.
    kind : continuous, integer, categorical or switch.
    low, high : ends of a range, in ``unit``; of given numbers the smallest and largest.
    values : given values as tables show them: numbers, or the labels of categories; empty for a range.
    data : what the scenario takes for each of them.
    """

    name: str
    role: Role
    path: str
    kind: Kind
    low: float | None = None
    high: float | None = None
    scale: Literal["linear", "log"] = "linear"
    values: tuple[Any, ...] = ()
    data: tuple[Any, ...] = ()
    unit: str = ""

    def value(self, place: float) -> Any:
        """Return the value at a place in [0, 1]."""
        if self.values:
            return self.values[min(int(place * len(self.values)), len(self.values) - 1)]
        low, high = self.ends
        if self.kind == "integer":
            return min(floor(low + place * (high - low + 1.0)), int(high))
        if place <= 0.0 or place >= 1.0:
            return low if place <= 0.0 else high  # both ends exactly
        if self.scale == "log":
            return low * (high / low) ** place
        return low + place * (high - low)

    def place(self, value: Any) -> float:
        """Return the place in [0, 1] of a value: the middle of its part for whole numbers and categories."""
        if self.values:
            return (self.values.index(value) + 0.5) / len(self.values)
        low, high = self.ends
        if self.kind == "integer":
            return (value - low + 0.5) / (high - low + 1.0)
        if self.scale == "log":
            return log(value / low) / log(high / low)
        return float((value - low) / (high - low))

    def levels(self, count: int) -> list[Any]:
        """Return the given values, or so many evenly spaced ones from low to high (whole ones once each)."""
        if self.values:
            return list(self.values)
        if count == 1:
            return [self.value(0.5)]
        low, high = self.ends
        if self.kind == "integer":
            return sorted({round(low + (high - low) * i / (count - 1)) for i in range(count)})
        return [self.value(i / (count - 1)) for i in range(count)]

    def given(self, value: Any) -> Any:
        """Return what the scenario takes for a value."""
        return self.data[self.values.index(value)] if self.values else value

    @property
    def ends(self) -> tuple[float, float]:
        """Both ends of a range."""
        assert self.low is not None and self.high is not None  # noqa: S101, PT018 - a range has both
        return self.low, self.high


def parameters_of(sweep: Sweep, plain: Mapping[str, Any], origin: Origin) -> tuple[tuple[Parameter, ...], list[Any]]:
    """Return the parameters of a sweep of a scenario (as plain data), and every problem with them."""
    found: list[Parameter] = []
    problems: list[Any] = []
    sides: tuple[tuple[Role, str, Mapping[str, Varied]], ...] = (
        ("lever", "levers", sweep.levers),
        ("uncertainty", "uncertainties", sweep.uncertainties),
    )
    for role, section, varied in sides:
        for name, one in varied.items():
            key = f"{section}.{name}"
            if name in RESERVED or name.startswith("u."):
                problems.append(origin.problem(key, "the name is that of a column of the results", "Choose another."))
                continue
            found += _parameter(name, role, one, plain, origin, key, problems)
    paths: dict[str, str] = {}
    for one in found:
        if one.path in paths:
            message = f"it varies the same value as {paths[one.path]}"
            problems.append(origin.problem(_section(one), message, "Remove one of the two."))
        paths.setdefault(one.path, one.name)
    return tuple(found), problems


def _section(one: Parameter) -> str:
    return f"{'levers' if one.role == 'lever' else 'uncertainties'}.{one.name}"


def _parameter(
    name: str, role: Role, varied: Varied, plain: Mapping[str, Any], origin: Origin, key: str, problems: list[Any]
) -> list[Parameter]:
    path = varied.path or name
    where = f"{key}.path" if varied.path else key
    field = field_at(plain, path)
    if field is None:
        problems.append(origin.problem(where, f"the scenario has no value at {path!r}", _near(plain, path)))
        return []
    kind, unit = field
    if varied.values is None:
        if kind not in {"number", "whole"}:
            message = f"{path} is no number, so it has no low and high"
            problems.append(origin.problem(where, message, "Give its values instead."))
            return []
        whole = kind == "whole"
        assert varied.low is not None and varied.high is not None  # noqa: S101, PT018 - the rule says so
        if whole and (varied.low % 1 or varied.high % 1):
            message = f"{path} takes whole numbers, not {varied.low:g} to {varied.high:g}"
            problems.append(origin.problem(key, message, "Give whole numbers."))
            return []
        number: Kind = "integer" if whole else "continuous"
        return [Parameter(name, role, path, number, varied.low, varied.high, varied.scale, unit=unit)]
    return _given(name, role, path, varied.values, unit, origin, key, problems)


def _given(
    name: str, role: Role, path: str, values: Any, unit: str, origin: Origin, key: str, problems: list[Any]
) -> list[Parameter]:
    """Return the parameter of given values: numbers stay numbers, anything else goes by its label."""
    data = tuple(values.values()) if isinstance(values, Mapping) else tuple(values)
    numbers = not isinstance(values, Mapping) and all(_is_number(one) for one in data)
    switch = not isinstance(values, Mapping) and all(isinstance(one, bool) for one in data)
    labels: tuple[Any, ...]
    if numbers or switch:
        labels = data
    else:
        labels = tuple(values) if isinstance(values, Mapping) else tuple(_label(one) for one in data)
    twice = sorted({written(one) for one in labels if labels.count(one) > 1})
    if twice:
        message = f"the value {', '.join(twice)} is given twice"
        problems.append(origin.problem(f"{key}.values", message, "Remove one."))
        return []
    if not numbers:
        return [Parameter(name, role, path, "switch" if switch else "categorical", values=labels, data=data, unit="")]
    kind: Kind = "integer" if all(isinstance(one, int) for one in data) else "continuous"
    if kind == "continuous":
        labels = tuple(float(one) for one in labels)
    return [Parameter(name, role, path, kind, float(min(data)), float(max(data)), "linear", labels, data, unit)]


def _label(value: Any) -> str:
    return value if isinstance(value, str) else written(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def field_at(plain: Mapping[str, Any], path: str) -> tuple[str, str] | None:
    """Return the kind of input at a path or of a lever, and its unit; None where the scenario has neither."""
    from scenarios.forms import form_of
    from scenarios.levers import levers

    for lever in levers(plain):
        if lever.name == path:
            return lever.kind, lever.unit
    try:
        field = form_of(plain, path)
    except KeyError:
        above, _, last = path.rpartition(".")
        try:
            table = form_of(plain, above) if above else None
        except KeyError:
            return None
        if table is not None and table.kind in {"year_table", "table"} and last:
            return "number", table.unit
        return None
    return ("number" if field.by_year and field.kind == "year_table" else field.kind), field.unit


def _near(plain: Mapping[str, Any], path: str) -> str:
    """Return a remedy: the closest path or lever there is."""
    from difflib import get_close_matches

    from scenarios.forms import form_of
    from scenarios.levers import levers

    known = [leaf.path for leaf in form_of(plain).leaves()] + [lever.name for lever in levers(plain)]
    close = get_close_matches(path, known, n=1, cutoff=0.6)
    return f"Did you mean {close[0]}?" if close else "`quotalab schema` and `quotalab show NAME` list the values."


def overrides_of(
    parameters: Sequence[Parameter], values: Mapping[str, Any], plain: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values by dotted path that a point sets, as overrides of `load`.

    A lever such as ``carbon.cap_scale`` is worked out on the scenario as the levers before it have left it; scales are
    always of the scenario's own cap.
    """
    from scenarios.changes import applied

    found: dict[str, Any] = {}
    now = plain
    for one in parameters:
        data = one.given(values[one.name])
        key, _, what = one.path.partition(".")
        if key in plain["instruments"] and what:  # a lever of an instrument
            more = changed(now, one.path, data, plain)
            now = applied(now, more)
            found |= more
        else:
            found[one.path] = data
    return found
