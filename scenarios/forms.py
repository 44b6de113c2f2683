"""A scenario as a form: a tree of fields with words, units, bounds, present values and what could be chosen instead.

Made from the schema and a scenario as plain data, ``scenario.model_dump(mode="json", by_alias=True)``; pure, and of no
screen. The value need not be valid: a form also shows what a user is still mending.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from market.policies.containment import Collar
from market.policies.containment.conflicts import STACKABLE
from market.rules import Rule
from scenarios.display import Language
from scenarios.field_specs import FieldSpec, Shape, fields_of, rule_of, tag
from scenarios.field_words import choice_of, help_of, label_of, right_unit, rule_help, rule_label, unit_of
from scenarios.schema import Scenario
from scenarios.starting_values import Anchor, anchor, is_venue, starting_value, starting_venue

FormKind = Literal[
    "number", "whole", "switch", "choice", "text", "bilingual", "year_table", "table", "list", "union", "group"
]


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that may be chosen: a value of a choice, a kind of a union, or what may be added to a list.

    ``start`` is the value to write then: the least that is valid; None where only a person can give it.
    """

    value: str
    label: str
    help: str = ""
    start: Any = None


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form, or a section of it.

    Attributes
    ----------
    path : dotted key of the value, as `load` takes it in its overrides.
    kind : what kind of input it is; a section (group, union, list) has ``children``.
    unit : unit of the number, or of each number of a table, in words.
    lower, upper, lower_open, upper_open : bounds of a number; an open bound is not itself allowed.
    fewest, most : how many items a list or table may have.
    pattern : regular expression of a text.
    optional : whether the value may be none; ``choices[0].start`` is then what to switch on.
    required : whether the schema has no default.
    selected : the chosen kind of a union.
    by_year : whether a number may be replaced by a table by year.
    """

    path: str
    kind: FormKind
    label: str
    help: str = ""
    unit: str = ""
    lower: float | None = None
    upper: float | None = None
    lower_open: bool = False
    upper_open: bool = False
    fewest: int = 0
    most: int | None = None
    pattern: str | None = None
    optional: bool = False
    required: bool = False
    default: Any = None
    value: Any = None
    selected: str = ""
    by_year: bool = False
    choices: tuple[Choice, ...] = ()
    children: tuple["FormField", ...] = ()

    def at(self, path: str) -> "FormField | None":
        """Return the field with a path below this one."""
        if path == self.path:
            return self
        below = (child for child in self.children if path == child.path or path.startswith(f"{child.path}."))
        return next((found for child in below if (found := child.at(path)) is not None), None)

    def leaves(self) -> tuple["FormField", ...]:
        """Return the fields below this one that are inputs themselves."""
        if self.kind in {"group", "union", "list"}:
            return tuple(leaf for child in self.children for leaf in child.leaves())
        return (self,)


@dataclass(frozen=True, slots=True)
class _Setting:
    """Where in the scenario a field is: its words and units depend on the instrument."""

    language: Language
    money: str
    scenario: Mapping[str, Any]
    at: Anchor
    right: str = ""

    @classmethod
    def of(cls, scenario: Mapping[str, Any], language: Language) -> "_Setting":
        return cls(language, currency_of(scenario, language), scenario, anchor(scenario))

    def inside(self, instrument: str, rule: Any) -> "_Setting":
        key = rule.get("unit", "") if isinstance(rule, Mapping) else ""
        at = anchor(self.scenario, instrument)
        return replace(self, at=at, right=right_unit(str(key), self.language))


def currency_of(scenario: Mapping[str, Any], language: Language) -> str:
    """Return the name of a scenario's currency."""
    currency = (scenario.get("money") or {}).get("currency") or {}
    return str(currency.get(language) or ("money" if language == "en" else "货币"))


def form_of(scenario: Mapping[str, Any], path: str = "", language: Language = "en") -> FormField:
    """Return the form of a scenario, or of the part with a dotted path, without making the rest.

    Raises
    ------
    KeyError : where the schema has nothing at the path.
    """
    setting = _Setting.of(scenario, language)
    top = FieldSpec("", "", Shape("group", rules=(Scenario,)), "", "", required=True, default=None)
    spec: FieldSpec = top
    here, shape, value, walked = "", top.shape, scenario, ""
    label = rule_label(Scenario, language)
    for step in path.split(".") if path else ():
        walked = f"{walked}.{step}" if walked else step
        owner = shape
        if shape.kind in {"group", "union"}:
            rule = rule_of(shape, value)
            if rule is None or step not in fields_of(rule):
                raise KeyError(walked)
            spec = fields_of(rule)[step]
            shape, label = spec.shape, label_of(spec, language)
            value = value.get(step, spec.default) if isinstance(value, Mapping) else spec.default
        elif shape.item is not None and shape.kind in {"list", "named"}:
            value = _item(value, step, walked)
            shape = shape.item
            label = _item_label(shape, value, step, setting)
        else:
            raise KeyError(walked)
        if owner.kind == "named":
            setting = setting.inside(step, value)
        here = walked
    return _field(here, label, spec, shape, value, setting)


def _item(value: Any, step: str, walked: str) -> Any:
    if isinstance(value, Mapping) and step in value:
        return value[step]
    if isinstance(value, list | tuple) and step.isdecimal() and int(step) < len(value):
        return value[int(step)]
    raise KeyError(walked)


def _field(path: str, label: str, spec: FieldSpec, shape: Shape, value: Any, setting: _Setting) -> FormField:
    bounds = shape.item.bounds if shape.item is not None and shape.kind != "list" else shape.bounds
    kind: FormKind = "group" if shape.kind == "named" else shape.kind
    if shape.by_year and isinstance(value, Mapping):
        kind = "year_table"
    own = spec.shape is shape
    made = FormField(
        path=path,
        kind=kind,
        label=label,
        help=help_of(spec, setting.language) if own and spec.name else "",
        unit=unit_of(spec.unit, setting.language, setting.money, setting.right),
        lower=bounds.lower,
        upper=bounds.upper,
        lower_open=bounds.lower_open,
        upper_open=bounds.upper_open,
        fewest=shape.bounds.fewest,
        most=shape.bounds.most,
        pattern=shape.bounds.pattern,
        optional=shape.optional,
        required=spec.required and own,
        default=spec.default if own else None,
        value=_tidy(kind, value),
        by_year=shape.by_year,
    )
    if shape.kind in {"group", "union"}:
        return _rule_field(made, shape, value, setting)
    if shape.kind == "choice":
        options = tuple(Choice(one, choice_of(spec, one, setting.language)) for one in shape.options)
        return replace(made, choices=options)
    if shape.kind == "named":
        items = [
            _named(f"{path}.{key}", key, spec, shape.item, one, setting.inside(key, one))
            for key, one in (value or {}).items()
        ]
        return replace(made, value=None, children=tuple(items))
    if shape.kind == "list":
        return _list_field(made, spec, shape, value, setting)
    return made


def _named(path: str, key: str, spec: FieldSpec, shape: Shape, value: Any, setting: _Setting) -> FormField:
    return _field(path, _item_label(shape, value, key, setting), spec, shape, value, setting)


def _rule_field(made: FormField, shape: Shape, value: Any, setting: _Setting) -> FormField:
    """Return a section with the fields of a rule, and what may be chosen instead of it."""
    rule = rule_of(shape, value)
    choices: tuple[Choice, ...] = ()
    if shape.kind == "union":
        choices = tuple(_kind(one, setting, rule, value) for one in shape.rules)
    elif shape.optional:
        choices = (_kind(shape.rules[0], setting, rule if value is not None else None, value),)
    if rule is None or not isinstance(value, Mapping):
        return replace(made, choices=choices)
    children = []
    for spec in fields_of(rule).values():
        path = f"{made.path}.{spec.name}" if made.path else spec.name
        inner = value.get(spec.name, spec.default)
        children.append(_field(path, label_of(spec, setting.language), spec, spec.shape, inner, setting))
    return replace(made, selected=tag(rule), choices=choices, children=tuple(children))


def _kind(rule: type[Rule], setting: _Setting, present: type[Rule] | None = None, value: Any = None) -> Choice:
    """Return a kind of rule with its words and the value that it starts from; the present kind keeps its value."""
    start = value if present is rule else starting_value(rule, setting.at)
    if start is not None and present is not rule:
        start = {**_kept(rule, present, value), **start}
    return Choice(tag(rule), rule_label(rule, setting.language), rule_help(rule, setting.language), start)


def _kept(rule: type[Rule], present: type[Rule] | None, value: Any) -> dict[str, Any]:
    """Return what another kind of rule keeps of the present one: fields that both declare alike, if not at default."""
    if present is None or present is rule or not isinstance(value, Mapping):
        return {}
    before, after = fields_of(present), fields_of(rule)
    return {
        name: value[name]
        for name, spec in after.items()
        if name in before
        and (before[name].shape, before[name].description) == (spec.shape, spec.description)
        and value.get(name, spec.default) != spec.default
    }


def _list_field(made: FormField, spec: FieldSpec, shape: Shape, value: Any, setting: _Setting) -> FormField:
    item = shape.item
    items = list(value) if isinstance(value, list | tuple) else []
    children = [_named(f"{made.path}.{place}", str(place), spec, item, one, setting) for place, one in enumerate(items)]
    return replace(made, value=None, choices=_additions(item, items, setting), children=tuple(children))


def _additions(item: Shape, items: list[Any], setting: _Setting) -> tuple[Choice, ...]:
    """Return what may be added to a list: kinds of a union, venues by their mechanism, or one more of the same.

    A containment rule of which there can only be one is not offered a second time.
    """
    if item.rules and is_venue(item.rules[0]):
        taken = tuple(str(one.get("name", "")) for one in items if isinstance(one, Mapping))
        mechanisms = fields_of(item.rules[0])["mechanism"].shape.rules
        kinds = [_kind(one, setting) for one in mechanisms]
        return tuple(
            replace(kind, start=starting_venue(one, setting.at, taken))
            for kind, one in zip(kinds, mechanisms, strict=True)
        )
    if item.rules:
        present = {str(one.get("kind")) for one in items if isinstance(one, Mapping)}
        full = present - STACKABLE if Collar in item.rules else set()
        return tuple(_kind(one, setting) for one in item.rules if tag(one) not in full)
    return (Choice("", "", start="" if item.kind == "text" else item.bounds.lower or 0.0),)


def _item_label(shape: Shape | None, value: Any, step: str, setting: _Setting) -> str:
    """Return what an item of a list or an instrument is called."""
    if shape is None or not shape.rules:
        return str(int(step) + 1) if step.isdecimal() else step
    rule = rule_of(shape, value)
    title = value.get("title") if isinstance(value, Mapping) else None
    if isinstance(title, Mapping) and title.get(setting.language):
        return str(title[setting.language])
    if rule is None:
        return step
    if is_venue(rule) and isinstance(value, Mapping):
        mechanism = rule_of(fields_of(rule)["mechanism"].shape, value.get("mechanism"))
        return rule_label(mechanism, setting.language) if mechanism else str(value.get("name", step))
    return rule_label(rule, setting.language)


def _tidy(kind: str, value: Any) -> Any:
    """Return a value as inputs take it: years as numbers in order; sections have no value of their own."""
    if kind == "year_table":
        table = value if isinstance(value, Mapping) else {}
        return {int(year): table[year] for year in sorted(table, key=int)}
    return None if kind in {"group", "union", "list"} else value
