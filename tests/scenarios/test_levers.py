"""Levers: their values are the scenario's, and what they change gives the market that their words promise."""

from typing import Any

import numpy as np
import pytest

from market.policies.cap import CapContext
from scenarios import load
from scenarios.changes import applied
from scenarios.lever_changes import changed, plain
from scenarios.levers import Lever, levers, scale_of, uncertainties
from scenarios.loading import library, read
from scenarios.schema import Scenario

NAMES = tuple(library())


@pytest.fixture(scope="module")
def jiangxi() -> dict[str, Any]:
    return load("jiangxi").model_dump(mode="json", by_alias=True)


def named(found: tuple[Lever, ...], name: str) -> Lever:
    return next(lever for lever in found if lever.name == name)


def caps(scenario: Any, key: str) -> np.ndarray:
    years = np.arange(scenario.calendar.start_year, scenario.calendar.start_year + scenario.calendar.years)
    ones = np.ones(len(years))
    return scenario.instruments[key].cap.levels(CapContext(years, 1.05 ** np.arange(len(years)), ones))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_lever_at_its_value_changes_nothing(name: str, language: str) -> None:
    scenario = load(name)
    for lever in (*levers(scenario, language), *uncertainties(scenario, language)):
        assert lever.label, lever.name
        assert lever.help, lever.name
        if lever.kind == "choice":
            assert lever.value in {choice.value for choice in lever.choices}
        after = applied(plain(scenario), changed(scenario, lever.name, lever.value))
        assert Scenario.model_validate(after).model_dump() == scenario.model_dump(), lever.name


def test_about_ten_levers_a_right_and_names_are_unique(jiangxi: dict[str, Any]) -> None:
    found = (*levers(jiangxi), *uncertainties(jiangxi))
    assert len({lever.name for lever in found}) == len(found)
    for key in jiangxi["instruments"]:
        assert 7 <= sum(lever.group == key for lever in found) <= 11


@pytest.mark.parametrize("key", ["carbon", "so2", "water", "energy"])
def test_half_a_cap_is_half_in_every_year(key: str, jiangxi: dict[str, Any]) -> None:
    half = load("jiangxi", changed(jiangxi, f"{key}.cap_scale", 50))
    np.testing.assert_allclose(caps(half, key), caps(load("jiangxi"), key) / 2, rtol=1e-11)
    after = half.model_dump(mode="json", by_alias=True)
    assert named(levers(after, reference=jiangxi), f"{key}.cap_scale").value == 50
    assert named(levers(after), f"{key}.cap_scale").value == 100
    again = changed(after, f"{key}.cap_scale", 100, reference=jiangxi)
    np.testing.assert_allclose(caps(load("jiangxi", again), key), caps(load("jiangxi"), key))


@pytest.mark.parametrize(
    "cap", [{"kind": "linear", "initial": 90.0, "factor": 0.02}, {"kind": "growth", "initial": 90.0}]
)
def test_caps_by_formula_are_scaled_by_their_first_year(cap: dict[str, Any], jiangxi: dict[str, Any]) -> None:
    before = applied(jiangxi, {"instruments.so2.cap": cap})
    path = "instruments.so2.cap"
    changes = changed(before, "so2.cap_scale", 120)
    one, other = load("jiangxi", {path: cap}), load("jiangxi", {path: cap, **changes})
    np.testing.assert_allclose(caps(other, "so2"), 1.2 * caps(one, "so2"), rtol=1e-11)


def test_a_cap_scaled_from_a_year_keeps_the_years_before(jiangxi: dict[str, Any]) -> None:
    before = caps(load("jiangxi"), "so2")
    for year in (2025, 2026, 2028, 2030, 2031):
        after = caps(load("jiangxi", changed(jiangxi, "so2.cap_scale", 50, from_year=year)), "so2")
        expected = np.where(np.arange(2025, 2036) < year, before, before / 2)
        np.testing.assert_allclose(after, expected, rtol=1e-11)


def test_points_of_a_cap(jiangxi: dict[str, Any]) -> None:
    cap = named(levers(jiangxi), "so2.cap")
    assert cap.value == {2025: 84000.0, 2030: 82000.0, 2035: 79000.0}
    changes = changed(jiangxi, "so2.cap", {2030: 41000})
    assert changes == {"instruments.so2.cap.values.2030": 41000}
    after = applied(jiangxi, changes)
    assert named(levers(after, reference=jiangxi), "so2.cap_scale").value is None
    assert scale_of({"kind": "linear", "initial": 1.0}, jiangxi["instruments"]["so2"]["cap"]) is None


def test_every_mechanism_that_is_offered_can_be_chosen(jiangxi: dict[str, Any]) -> None:
    for choice in named(levers(jiangxi), "so2.mechanism").choices:
        changes = changed(jiangxi, "so2.mechanism", choice.value)
        draft = read("jiangxi", changes)
        assert draft.problems == (), choice.value
        assert named(levers(draft.scenario), "so2.mechanism").value == choice.value
    both = load("jiangxi", changed(jiangxi, "so2.mechanism", "listed+block")).instruments["so2"].venues
    assert [venue.mechanism.kind for venue in both] == ["listed", "block"]
    assert both[1].mechanism.minimum == 84.0  # a thousandth of the first cap


def test_a_venue_that_stays_keeps_its_rules(jiangxi: dict[str, Any]) -> None:
    own = {"name": "hall", "mechanism": {"kind": "call_auction", "pricing": "pay_as_bid"}, "cost": None}
    before = applied(jiangxi, {"instruments.so2.venues": [own]})
    venues = changed(before, "so2.mechanism", "sealed_bid+call")["instruments.so2.venues"]
    assert venues[1] == own
    assert changed(before, "so2.mechanism", "sealed_bid+call")["instruments.so2.allocation.auction_share"] == 0.1
    held = applied(before, {"instruments.so2.allocation.auction_share": 0.4})
    assert set(changed(held, "so2.mechanism", "sealed_bid+call")) == {"instruments.so2.venues"}


def test_a_floor_is_added_changed_and_removed_beside_other_rules(jiangxi: dict[str, Any]) -> None:
    path, halt = "instruments.so2.containment", {"kind": "halt", "move": 0.2}
    value = applied(jiangxi, {path: [halt]})
    value = applied(value, changed(value, "so2.floor", 300.0))
    assert value["instruments"]["so2"]["containment"] == [
        halt,
        {"kind": "collar", "floor": {"prices": {"2025": 300.0}}},
    ]
    value = applied(value, changed(value, "so2.ceiling", 900.0))
    assert [named(levers(value), f"so2.{bound}").value for bound in ("floor", "ceiling")] == [300.0, 900.0]
    load("jiangxi", {path: value["instruments"]["so2"]["containment"]})
    value = applied(value, changed(value, "so2.floor", None))
    assert named(levers(value), "so2.floor").value is None
    assert named(levers(value), "so2.ceiling").value == 900.0
    assert changed(value, "so2.ceiling", None) == {path: [halt]}
    assert changed(jiangxi, "so2.floor", None) == {path: []}


def test_a_floor_of_several_years_keeps_its_shape(jiangxi: dict[str, Any]) -> None:
    collar = {"kind": "collar", "floor": {"prices": {"2020": 100.0, "2030": 400.0}, "growth": 0.1, "rounding": 0.0}}
    value = applied(jiangxi, {"instruments.so2.containment": [collar]})
    level = 100.0 * 1.1**5  # in 2025, the first year of the scenario
    assert named(levers(value), "so2.floor").value == pytest.approx(level)
    prices = changed(value, "so2.floor", 2 * level)["instruments.so2.containment"][0]["floor"]
    assert prices == {"prices": {"2020": 200.0, "2030": 800.0}, "growth": 0.1, "rounding": 0.0}


def test_carry_over(jiangxi: dict[str, Any]) -> None:
    assert changed(jiangxi, "carbon.carry_over", "full") == {"instruments.carbon.banking": {"kind": "full"}}
    limits = load("jiangxi", changed(jiangxi, "so2.carry_over", "limited")).instruments["so2"].banking.limits
    assert [(limit.through, limit.base) for limit in limits] == [(2035, 0.0)]


def test_uncertainties_reach_into_behaviours_and_tables(jiangxi: dict[str, Any]) -> None:
    found = uncertainties(jiangxi, "zh")
    assert named(found, "behaviours.0.select.share").label == "履约型：主体份额"
    assert changed(jiangxi, "world.water", {2027: 0.5}) == {"world.water.2027": 0.5}
    assert changed(jiangxi, "world.growth", {"steel": 0.01}) == {"world.growth.steel": 0.01}
    after = load("jiangxi", changed(jiangxi, "behaviours.0.select.share", 0.5))
    assert after.behaviours[0].select.share == 0.5
    outside = uncertainties(load("jiangxi-open"))
    assert named(outside, "instruments.carbon.outside.price").value[2030] == 83.5


@pytest.mark.parametrize("name", ["gold.cap_scale", "so2.colour", "world.moon", ""])
def test_a_lever_that_is_not_there_is_refused(name: str, jiangxi: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        changed(jiangxi, name, 1)
