"""What the scenario schema says about each field, in a shape from which forms are made: kind, bounds, unit, default.

Read from the rule classes once and kept; nothing here is written down a second time.
"""

from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from market.instruments import Text
from market.rules import Rule
from scenarios.schema import Scenario

Kind = Literal[
    "number", "whole", "switch", "choice", "text", "bilingual", "year_table", "table", "list", "union", "group", "named"
]
"""What a value is: ``table`` is numbers by name, ``named`` rules by name (the instruments), ``union`` one of kinds."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the greatest value of a number, or of the items of a list or table; open ends are not reached."""

    lower: float | None = None
    upper: float | None = None
    lower_open: bool = False
    upper_open: bool = False
    fewest: int = 0
    most: int | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """The form of a value.

    Attributes
    ----------
    kind : what the value is.
    optional : whether it may be none.
    rules : classes that it may have: one for a group, several for a union, each by its ``kind``.
    item : shape of what a list or a table holds.
    options : values of a choice.
    by_year : whether a number may also be given by year (a posted price).
    """

    kind: Kind
    bounds: Bounds = Bounds()
    optional: bool = False
    rules: tuple[type[Rule], ...] = ()
    item: "Shape | None" = None
    options: tuple[str, ...] = ()
    by_year: bool = False


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field as its class declares it; ``key`` names it in the fixed texts, ``default`` is plain data."""

    owner: str
    name: str
    shape: Shape
    description: str
    unit: str
    required: bool
    default: Any

    @property
    def key(self) -> str:
        """The name of the field's words, such as ``TableCap.values``."""
        return f"{self.owner}.{self.name}"


@cache
def fields_of(rule: type[Rule]) -> dict[str, FieldSpec]:
    """Return the fields of a class by the keys of a document, without the tag that names its kind."""
    found = {}
    for name, declared in rule.model_fields.items():
        if not is_tag(name, declared):
            spec = _spec(rule, declared.alias or name, declared)
            found[spec.name] = spec
    return found


@cache
def rules_reached(top: type[Rule] = Scenario) -> tuple[type[Rule], ...]:
    """Return every class that a scenario is made of, each once."""
    found: dict[type[Rule], None] = {}

    def visit(rule: type[Rule]) -> None:
        if rule not in found:
            found[rule] = None
            for spec in fields_of(rule).values():
                for shape in (spec.shape, spec.shape.item):
                    for inner in shape.rules if shape else ():
                        visit(inner)

    visit(top)
    return tuple(found)


@cache
def tag(rule: type[Rule]) -> str:
    """Return the kind by which a document names a class of a union, or nothing where it has none."""
    declared = rule.model_fields.get("kind")
    return str(declared.default) if declared is not None and is_tag("kind", declared) else ""


def is_tag(name: str, declared: FieldInfo) -> bool:
    """Return whether a field names its class (``kind``) or the format's version: it can have one value only."""
    single = get_origin(declared.annotation) is Literal and len(get_args(declared.annotation)) == 1
    return single and name in {"kind", "schema_version"}


def rule_of(shape: Shape, value: Any) -> type[Rule] | None:
    """Return the class of a value: the only one, or the one that the value's ``kind`` names."""
    if len(shape.rules) < 2:
        return shape.rules[0] if shape.rules else None
    kind = value.get("kind") if isinstance(value, dict) else None
    return next((rule for rule in shape.rules if tag(rule) == kind), None)


def _spec(rule: type[Rule], name: str, declared: FieldInfo) -> FieldSpec:
    extra = declared.json_schema_extra
    default = None if declared.is_required() else declared.get_default(call_default_factory=True)
    return FieldSpec(
        owner=rule.__name__,
        name=name,
        shape=_shape(declared.annotation, list(declared.metadata)),
        description=declared.description or "",
        unit=str(extra.get("unit", "")) if isinstance(extra, dict) else "",
        required=declared.is_required(),
        default=to_jsonable_python(default, by_alias=True),
    )


def _shape(annotation: Any, marks: list[Any], *, optional: bool = False) -> Shape:
    annotation, marks = _bare(annotation, marks)
    origin, inner = get_origin(annotation), get_args(annotation)
    bounds = _bounds(marks)
    if origin in {Union, UnionType}:
        return _union([one for one in inner if one is not NoneType], marks, optional=NoneType in inner or optional)
    if origin is Literal:
        return Shape("choice", optional=optional, options=tuple(map(str, inner)))
    if origin is tuple:
        return Shape("list", bounds, optional, item=_shape(inner[0], []))
    if origin is dict:
        item = _shape(inner[1], [])
        kind: Kind = "named" if item.rules else "year_table" if inner[0] is int else "table"
        return Shape(kind, bounds, optional, item=item)
    if isinstance(annotation, type) and issubclass(annotation, Rule):
        kind = "bilingual" if annotation is Text else "group"
        return Shape(kind, optional=optional, rules=(annotation,))
    kinds: dict[Any, Kind] = {bool: "switch", int: "whole", float: "number", str: "text"}
    return Shape(kinds[annotation], bounds, optional)


def _union(inner: list[Any], marks: list[Any], *, optional: bool) -> Shape:
    if len(inner) == 1:
        return _shape(inner[0], marks, optional=optional)
    bare = [_bare(one, [])[0] for one in inner]
    if all(isinstance(one, type) and issubclass(one, Rule) for one in bare):
        return Shape("union", optional=optional, rules=tuple(bare))
    number = next(_shape(one, marks) for one, what in zip(inner, bare, strict=True) if what is float)
    return Shape("number", number.bounds, optional, item=number, by_year=True)


def _bare(annotation: Any, marks: list[Any]) -> tuple[Any, list[Any]]:
    """Return an annotation without its marks, and the marks."""
    while get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        for mark in more:
            marks = [*marks, *(mark.metadata if isinstance(mark, FieldInfo) else [mark])]
    return annotation, marks


def _bounds(marks: list[Any]) -> Bounds:
    found: dict[str, Any] = {}
    for mark in marks:
        if isinstance(mark, Ge | Gt):
            lower = mark.gt if isinstance(mark, Gt) else mark.ge
            found |= {"lower": float(lower), "lower_open": isinstance(mark, Gt)}
        elif isinstance(mark, Le | Lt):
            upper = mark.lt if isinstance(mark, Lt) else mark.le
            found |= {"upper": float(upper), "upper_open": isinstance(mark, Lt)}
        elif isinstance(mark, MinLen):
            found["fewest"] = mark.min_length
        elif isinstance(mark, MaxLen):
            found["most"] = mark.max_length
        elif getattr(mark, "pattern", None):
            found["pattern"] = str(mark.pattern)
    return Bounds(**found)
