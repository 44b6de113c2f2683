"""The few values of a scenario that are moved first: levers, which policy sets, and uncertainties of the world.

A lever may stand for several values (a cap scaled as a whole, a floor inside a containment rule); `changed` tells which
values of the scenario follow from its new value, as overrides of `load`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor, isclose, log10
from typing import Any, Literal

from scenarios.display import Language, texts
from scenarios.field_specs import tag
from scenarios.field_words import field_texts, rule_label
from scenarios.forms import Choice, FormField, form_of
from scenarios.lever_changes import clean, collar_level, kinds_in_short, mechanisms, plain
from scenarios.schema import Scenario
from scenarios.short_forms import MECHANISM
from scenarios.starting_values import anchor, first_cap

LeverKind = Literal["number", "whole", "choice", "year_table", "table"]
MECHANISMS_OFFERED = (
    "call", "order_book", "listed+block", "sealed_bid+call", "ascending_clock+call", "posted", "hybrid",
    "call+reserve_desk", "call+market_maker", "one_way_auction", "bilateral", "k_double_auction",
)  # fmt: skip
"""Mechanisms in short, as `load` takes them, by which a right may be traded; more can be made in its form."""
CAP_FIELDS = {
    "table": (),
    "linear": ("initial", "factor"),
    "growth": ("initial", "elasticity", "tightening"),
    "water_share": ("share", "total", "tightening"),
}
LARGEST_SCALE = 200.0


@dataclass(frozen=True, slots=True)
class Lever:
    """A value that can be moved.

    Attributes
    ----------
    name : stable name, such as ``so2.cap_scale``; of a single field its path.
    group : key of the instrument, or nothing for the scenario as a whole.
    path : dotted key of the value, or of what it is a part of.
    kind : what kind of input it is.
    optional : whether it may be none.
    value : present value; None also for a cap that is no longer a multiple of the scenario's own.
    step : a sensible step of a number.
    """

    name: str
    label: str
    help: str
    unit: str
    path: str
    kind: LeverKind
    group: str = ""
    group_label: str = ""
    lower: float | None = None
    upper: float | None = None
    lower_open: bool = False
    upper_open: bool = False
    step: float | None = None
    optional: bool = False
    value: Any = None
    choices: tuple[Choice, ...] = ()


def levers(
    scenario: Scenario | Mapping[str, Any],
    language: Language = "en",
    reference: Scenario | Mapping[str, Any] | None = None,
) -> tuple[Lever, ...]:
    """Return what policy sets, by instrument, and then for the scenario as a whole.

    Parameters
    ----------
    reference : the scenario before any change, of which caps are a percentage; by default the scenario itself.
    """
    value = plain(scenario)
    own = plain(reference) if reference is not None else value
    found = [lever for key in value["instruments"] for lever in _of_instrument(value, own, key, language)]
    return (*found, _of_field("rounds", form_of(value, "rounds", language)))


def uncertainties(scenario: Scenario | Mapping[str, Any], language: Language = "en") -> tuple[Lever, ...]:
    """Return what the world and those who trade bring: demand, water, behaviour, prices outside."""
    value = plain(scenario)
    found = [
        _of_field(f"world.{name}", form_of(value, f"world.{name}", language))
        for name in ("default_growth", "growth", "activity_sd", "persistence", "common_share", "water_sd", "water")
    ]
    for place, behaviour in enumerate(value["behaviours"]):
        found += _of_behaviour(value, f"behaviours.{place}", behaviour, language)
    for key, rule in value["instruments"].items():
        for name in ("price", "slope") if rule.get("outside") else ():
            path = f"instruments.{key}.outside.{name}"
            found.append(_of_field(path, form_of(value, path, language), key, _title(rule, key, language)))
    return tuple(found)


def scale_of(cap: Mapping[str, Any], own: Mapping[str, Any]) -> float | None:
    """Return in % by how much a cap is the scenario's own scaled, or None where it is another path."""
    before = _levels(own)
    after = _levels(cap)
    if cap["kind"] != own["kind"] or before.keys() != after.keys():
        return None
    scales = [after[key] / level for key, level in before.items() if level]
    if not scales or any(not isclose(one, scales[0], rel_tol=1e-9) for one in scales):
        return None
    return clean(100.0 * scales[0])


def _levels(cap: Mapping[str, Any]) -> dict[str, float]:
    if cap["kind"] == "table":
        return {str(year): float(level) for year, level in cap["values"].items()}
    names = ("share", "total") if cap["kind"] == "water_share" else ("initial",)
    return {name: float(cap[name]) for name in names if cap.get(name) is not None}


def _of_instrument(value: Mapping[str, Any], own: Mapping[str, Any], key: str, language: Language) -> list[Lever]:
    rule, where = value["instruments"][key], f"instruments.{key}"
    title = _title(rule, key, language)
    cap, before = rule["cap"], own["instruments"].get(key, rule)["cap"]
    largest = LARGEST_SCALE
    if before["kind"] == "water_share" and before["share"] > 0.0:
        largest = min(largest, 100.0 / before["share"])
    words = _words(language)
    found = [
        Lever(
            f"{key}.cap_scale", *words["cap_scale"], "%", f"{where}.cap", "number", key, title,
            lower=0.0, upper=largest, step=1.0, value=scale_of(cap, before),
        )
    ]  # fmt: skip
    if cap["kind"] == "table":
        field = form_of(value, f"{where}.cap.values", language)
        step = _step(first_cap(rule))
        found.append(
            Lever(
                f"{key}.cap", *words["cap"], field.unit, field.path, "year_table", key, title,
                lower=0.0, step=step, value=field.value,
            )
        )  # fmt: skip
    names = [f"cap.{name}" for name in CAP_FIELDS[cap["kind"]]]
    found += [_inside(value, f"{where}.{name}", key, title, language) for name in names]
    found.append(_mechanism(rule, key, title, language))
    price_unit = form_of(value, f"{where}.tick", language).unit
    for bound in ("floor", "ceiling"):
        level = collar_level(value, key, bound)
        step = _step(level or anchor(value, key).price)
        found.append(
            Lever(
                f"{key}.{bound}", *words[bound], price_unit, f"{where}.containment", "number", key, title,
                lower=0.0, step=step, optional=True, value=level,
            )
        )  # fmt: skip
    found.append(_inside(value, f"{where}.allocation.auction_share", key, title, language))
    carried = form_of(value, f"{where}.banking.kind", language)
    found.append(
        Lever(
            f"{key}.carry_over", *words["carry_over"], "", f"{where}.banking", "choice", key, title,
            value=rule["banking"]["kind"], choices=carried.choices,
        )
    )  # fmt: skip
    penalty = ("rate",) if rule["penalty"]["kind"] == "flat" else ("multiple", "ceiling")
    return found + [_inside(value, f"{where}.penalty.{name}", key, title, language) for name in penalty]


def _of_behaviour(
    value: Mapping[str, Any], where: str, behaviour: Mapping[str, Any], language: Language
) -> list[Lever]:
    whole = form_of(value, where, language)
    colon = str(texts(language)["numbers"]["colon"])
    names = ["discount_rate", "horizon_years", "trade_cost", "flow_uncertainty", "risk_aversion", "first_prices"]
    if behaviour["select"]["ranked"] != "all":
        names.insert(0, "select.share")
    fields = [field for name in names if (field := whole.at(f"{where}.{name}")) is not None]
    return [_of_field(field.path, field, label=f"{whole.label}{colon}{field.label}") for field in fields]


def _inside(value: Mapping[str, Any], path: str, key: str, title: str, language: Language) -> Lever:
    return _of_field(path, form_of(value, path, language), key, title)


def _of_field(name: str, field: FormField, group: str = "", title: str = "", label: str = "") -> Lever:
    kinds: dict[str, LeverKind] = {"whole": "whole", "year_table": "year_table", "table": "table", "choice": "choice"}
    kind = kinds.get(field.kind, "number")
    number = field.value if isinstance(field.value, int | float) else 0.0
    within_one = field.upper is not None and field.upper <= 1.0
    return Lever(
        name=name,
        label=label or field.label,
        help=field.help,
        unit=field.unit,
        path=field.path,
        kind=kind,
        group=group,
        group_label=title,
        lower=field.lower,
        upper=field.upper,
        lower_open=field.lower_open,
        upper_open=field.upper_open,
        step=1.0 if kind == "whole" else 0.01 if within_one and number >= 0.1 else _step(number),
        optional=field.optional,
        value=field.value,
        choices=field.choices,
    )


def _mechanism(rule: Mapping[str, Any], key: str, title: str, language: Language) -> Lever:
    present = in_short(rule["venues"])
    offered = MECHANISMS_OFFERED if present in MECHANISMS_OFFERED else (present, *MECHANISMS_OFFERED)
    choices = tuple(Choice(short, mechanisms_named(short, language)) for short in offered)
    words = _words(language)["mechanism"]
    path = f"instruments.{key}.venues"
    return Lever(f"{key}.mechanism", *words, "", path, "choice", key, title, value=present, choices=choices)


def in_short(venues: Any) -> str:
    """Return the mechanisms of venues in short, such as ``listed+block``."""
    if isinstance(venues, str):
        return venues
    short = {kind: word for word, kind in MECHANISM.items()}
    kinds = [str(venue["mechanism"]["kind"]) for venue in venues]
    return "+".join(short.get(kind, kind) for kind in kinds)


def mechanisms_named(short: str, language: Language) -> str:
    """Return what mechanisms in short are called."""
    classes = {tag(rule): rule for rule in mechanisms()}
    return " + ".join(rule_label(classes[kind], language) for kind in kinds_in_short(short))


def _words(language: Language) -> Mapping[str, tuple[str, str]]:
    return {name: (str(label), str(told)) for name, (label, told) in field_texts(language)["levers"].items()}


def _title(rule: Mapping[str, Any], key: str, language: Language) -> str:
    return str((rule.get("title") or {}).get(language) or key)


def _step(value: float) -> float:
    """Return a step of a tenth of the value's power of ten: 84,000 moves by 1,000, and 0.05 by 0.001."""
    return float(f"{10.0 ** (floor(log10(abs(value))) - 1):.1g}") if value else 0.01
