"""What follows from moving a lever: the values of the scenario, by dotted path, that its new value stands for."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from market.rules import Rule
from scenarios.changes import value_at
from scenarios.field_specs import fields_of, tag
from scenarios.form_changes import MARKS, rebuilt
from scenarios.forms import form_of
from scenarios.schema import Scenario
from scenarios.short_forms import MECHANISM
from scenarios.starting_values import anchor, starting_value, starting_venue

PRIMARY = {"sealed_bid", "ascending_clock"}
AUCTION_SHARE = 0.1
"""Share of the cap that is auctioned once a primary auction is chosen, where nothing was."""


def plain(scenario: Scenario | Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a scenario as plain data by the keys of documents."""
    return scenario if isinstance(scenario, Mapping) else scenario.model_dump(mode="json", by_alias=True)


def changed(
    scenario: Scenario | Mapping[str, Any],
    name: str,
    new: Any,
    reference: Scenario | Mapping[str, Any] | None = None,
    from_year: int | None = None,
) -> dict[str, Any]:
    """Return the values by dotted path that a lever's new value stands for, as overrides of `load`.

    Parameters
    ----------
    scenario : the scenario with the changes made so far.
    name : name of a lever or uncertainty.
    reference : the scenario before any change, of which a cap scale is a percentage; by default the scenario itself.
    from_year : first year whose cap is scaled, where the cap is given by year; earlier years stay. By default all.

    Raises
    ------
    KeyError : where there is no such lever.
    """
    value = plain(scenario)
    key, _, what = name.partition(".")
    if key not in value["instruments"] or what not in _SPECIAL:
        return _of_path(value, name, new)
    where = f"instruments.{key}"
    if what == "cap_scale":
        own = plain(reference) if reference is not None else value
        return scaled_cap(own["instruments"][key]["cap"], float(new) / 100.0, f"{where}.cap", from_year)
    if what == "cap":
        return _of_table(f"{where}.cap.values", new)
    if what == "mechanism":
        return _venues(value, key, str(new))
    if what == "carry_over":
        return {f"{where}.banking": _banking(value, key, str(new))}
    return {f"{where}.containment": _with_collar(value, key, what, new)}


_SPECIAL = {"cap_scale", "cap", "mechanism", "floor", "ceiling", "carry_over"}


def scaled_cap(cap: Mapping[str, Any], scale: float, path: str, from_year: int | None = None) -> dict[str, Any]:
    """Return the values of a cap that is scaled, by dotted path; between given years it stays a straight line.

    With ``from_year`` the years before it keep their level: the year before it and the year itself become points.
    """
    if cap["kind"] == "table":
        return {
            f"{path}.values.{year}": level for year, level in _scaled_table(cap["values"], scale, from_year).items()
        }
    if cap["kind"] == "water_share":
        total = {} if cap.get("total") is None else {f"{path}.total": clean(cap["total"] * scale)}
        return {f"{path}.share": clean(cap["share"] * scale), **total}
    return {f"{path}.initial": clean(cap["initial"] * scale)}


def _scaled_table(given: Mapping[Any, Any], scale: float, from_year: int | None) -> dict[int, float]:
    """Return the points of a table that change or are added."""
    values = {int(year): float(level) for year, level in given.items()}
    if from_year is None or from_year <= min(values):
        return {year: clean(level * scale) for year, level in values.items()}
    from numpy import interp

    years = sorted(values)
    before, at = interp([from_year - 1, from_year], years, [values[year] for year in years]).tolist()
    later = {year: clean(level * scale) for year, level in values.items() if year > from_year}
    held = {} if from_year - 1 in values else {from_year - 1: clean(before)}
    return {**held, from_year: clean(at * scale), **later}


def _collar(value: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    rules = value["instruments"][key]["containment"]
    return next((rule for rule in rules if rule["kind"] == "collar"), None)


def collar_level(value: Mapping[str, Any], key: str, bound: str) -> float | None:
    """Return the price of a floor or ceiling in the first year in which it has one."""
    from market.policies.containment import PricePath

    rule = _collar(value, key)
    if rule is None or rule.get(bound) is None:
        return None
    try:
        path = PricePath.model_validate(rule[bound])
    except ValidationError:
        return None
    return path.level(max(path.first_year, anchor(value, key).first_year))


def _with_collar(value: Mapping[str, Any], key: str, bound: str, price: float | None) -> list[Any]:
    """Return the containment rules with a floor or ceiling set or, with None, removed; other rules stay as they are.

    A path of several years keeps its shape; a collar without floor and ceiling is removed.
    """
    rules = [dict(rule) for rule in value["instruments"][key]["containment"]]
    collar = next((rule for rule in rules if rule["kind"] == "collar"), None)
    if collar is None:
        if price is None:
            return rules
        rules.append(collar := {"kind": "collar"})
    collar[bound] = None if price is None else _path(value, key, collar.get(bound), bound, price)
    if collar.get("floor") is None and collar.get("ceiling") is None:
        rules.remove(collar)
    return rules


def _path(value: Mapping[str, Any], key: str, present: Any, bound: str, price: float) -> dict[str, Any]:
    first = anchor(value, key).first_year
    level = collar_level(value, key, bound)
    if present is None or not level:
        return {"prices": {str(first): price}}
    scale = price / level
    return {**present, "prices": {str(year): clean(one * scale) for year, one in present["prices"].items()}}


def _of_path(value: Mapping[str, Any], name: str, new: Any) -> dict[str, Any]:
    """Return the change of a single field, or of what the form consists of."""
    if name.rpartition(".")[2] in MARKS:
        return rebuilt(value, name, new)
    if not name or (value_at(value, name) is None and not _declared(value, name)):
        raise KeyError(name)
    return _of_table(name, new) if isinstance(new, Mapping) else {name: new}


def _of_table(path: str, new: Mapping[Any, Any]) -> dict[str, Any]:
    return {f"{path}.{key}": value for key, value in new.items()}


def _declared(value: Mapping[str, Any], path: str) -> bool:
    try:
        form_of(value, path)
    except KeyError:
        return False
    return True


def _venues(value: Mapping[str, Any], key: str, short: str) -> dict[str, Any]:
    """Return the venues of mechanisms in short; one that the right has already keeps its rules."""
    rule, at = value["instruments"][key], anchor(value, key)
    classes = {tag(one): one for one in mechanisms()}
    present = list(rule["venues"]) if not isinstance(rule["venues"], str) else []
    venues: list[Any] = []
    for kind in kinds_in_short(short):
        kept = next((venue for venue in present if venue["mechanism"]["kind"] == kind and venue not in venues), None)
        names = tuple(venue["name"] for venue in venues)
        venues.append(kept if kept is not None else starting_venue(classes[kind], at, names))
    result: dict[str, Any] = {f"instruments.{key}.venues": venues}
    if PRIMARY & set(kinds_in_short(short)) and not at.auctioned:
        result[f"instruments.{key}.allocation.auction_share"] = AUCTION_SHARE
    return result


def _banking(value: Mapping[str, Any], key: str, kind: str) -> dict[str, Any]:
    present = value["instruments"][key]["banking"]
    if kind == present["kind"]:
        return dict(present)
    if kind != "limited":
        return {"kind": kind}
    limit = fields_of(_class("banking"))["limits"].shape.item
    return {"kind": kind, "limits": [starting_value(limit.rules[0], anchor(value, key))]}  # type: ignore[union-attr]


def _class(name: str) -> type[Rule]:
    instrument = fields_of(Scenario)["instruments"].shape.item
    return fields_of(instrument.rules[0])[name].shape.rules[0]  # type: ignore[union-attr]


def mechanisms() -> tuple[type[Rule], ...]:
    """Return the classes of mechanisms, in the order of the schema."""
    instrument = fields_of(Scenario)["instruments"].shape.item
    venue = fields_of(instrument.rules[0])["venues"].shape.item  # type: ignore[union-attr]
    return fields_of(venue.rules[0])["mechanism"].shape.rules  # type: ignore[union-attr]


def kinds_in_short(short: str) -> list[str]:
    """Return the kinds of mechanisms that are named in short, as in ``listed+block``."""
    return [MECHANISM.get(word.strip(), word.strip()) for word in short.split("+")]


def clean(value: float) -> float:
    """Return a number without the last digits of a multiplication, 12 that count."""
    return float(f"{value:.12g}")
