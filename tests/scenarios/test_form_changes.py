"""Inputs that change what a form consists of: kinds, optional rules, items, years."""

from typing import Any

import pytest

from scenarios import load
from scenarios.changes import applied, settled
from scenarios.field_specs import fields_of, rules_reached
from scenarios.form_changes import MARKS, added, rebuilt, removed
from scenarios.lever_changes import changed

SO2 = "instruments.so2"


@pytest.fixture(scope="module")
def jiangxi() -> dict[str, Any]:
    return load("jiangxi").model_dump(mode="json", by_alias=True)


def test_marks_are_no_fields_but_kind() -> None:
    names = {name for rule in rules_reached() for name in fields_of(rule)}
    assert names & MARKS == {"kind"}


@pytest.mark.parametrize(
    ("name", "same"),
    [
        (f"{SO2}.cap.kind", "table"),
        (f"{SO2}.banking.kind", "none"),
        (f"{SO2}.outside.present", False),
        (f"{SO2}.containment.add", None),
        (f"{SO2}.containment.add", ""),
        (f"{SO2}.cap.values.add", 2030),
        (f"{SO2}.venues.0.cost.present", False),
    ],
)
def test_an_input_as_it_is_drawn_changes_nothing(name: str, same: Any, jiangxi: dict[str, Any]) -> None:
    assert rebuilt(jiangxi, name, same) == {}


def test_another_kind_starts_from_the_level_that_is_there(jiangxi: dict[str, Any]) -> None:
    assert changed(jiangxi, f"{SO2}.cap.kind", "linear") == {f"{SO2}.cap": {"kind": "linear", "initial": 84000.0}}
    assert changed(jiangxi, f"{SO2}.banking.kind", "full") == {f"{SO2}.banking.kind": "full"}
    book = changed(jiangxi, f"{SO2}.venues.0.mechanism.kind", "order_book")
    assert load("jiangxi", settled(jiangxi, book)).instruments["so2"].venues[0].mechanism.kind == "order_book"
    with pytest.raises(KeyError):
        rebuilt(jiangxi, f"{SO2}.cap.kind", "unheard")


def test_an_optional_rule_is_switched_on_and_off(jiangxi: dict[str, Any]) -> None:
    on = changed(jiangxi, f"{SO2}.outside.present", True)
    assert load("jiangxi", on).instruments["so2"].outside.price == {2025: 389.0}
    after = applied(jiangxi, on)
    assert changed(after, f"{SO2}.outside.present", True) == {}
    assert changed(after, f"{SO2}.outside.present", False) == {f"{SO2}.outside": None}


def test_items_are_added_and_removed(jiangxi: dict[str, Any]) -> None:
    after = applied(jiangxi, changed(jiangxi, f"{SO2}.containment.add", "collar"))
    after = applied(after, changed(after, f"{SO2}.containment.add", "halt"))
    assert [rule["kind"] for rule in after["instruments"]["so2"]["containment"]] == ["collar", "halt"]
    load("jiangxi", {f"{SO2}.containment": after["instruments"]["so2"]["containment"]})
    left = removed(after, f"{SO2}.containment.0")
    assert [rule["kind"] for rule in left[f"{SO2}.containment"]] == ["halt"]
    assert removed(after, f"{SO2}.containment.2") == {}
    limits = "instruments.carbon.banking.limits"
    assert len(load("jiangxi", added(jiangxi, limits)).instruments["carbon"].banking.limits) == 2
    sectors = "behaviours.0.select.sectors"
    assert added(jiangxi, sectors) == {sectors: [""]}


def test_years_and_names_are_added_to_tables_and_removed(jiangxi: dict[str, Any]) -> None:
    assert changed(jiangxi, f"{SO2}.cap.values.add", 2028) == {f"{SO2}.cap.values.2028": 84000 - 3 * 400}
    assert changed(jiangxi, f"{SO2}.cap.values.add", 2040) == {f"{SO2}.cap.values.2040": 79000}
    assert changed(jiangxi, "world.water.add", 2026) == {"world.water.2026": 1.0}
    assert changed(jiangxi, "world.growth.add", " steel ") == {"world.growth.steel": 0.0}
    assert removed(jiangxi, f"{SO2}.cap.values.2030") == {f"{SO2}.cap.values": {"2025": 84000.0, "2035": 79000.0}}


def test_a_price_by_year_and_back(jiangxi: dict[str, Any]) -> None:
    path = f"{SO2}.venues.0.mechanism"
    posted = applied(jiangxi, {path: {"kind": "posted", "price": 400.0}})
    table = changed(posted, f"{path}.price.by_year", True)
    assert table == {f"{path}.price": {"2025": 400.0}}
    assert changed(applied(posted, table), f"{path}.price.by_year", False) == {f"{path}.price": 400.0}
    assert changed(posted, f"{path}.price.by_year", False) == {}
