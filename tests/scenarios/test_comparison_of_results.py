"""A comparison of results that are there: the numbers of `compare`, arms named apart, nothing unlike subtracted."""

import pandas as pd
import pytest

from scenarios import compare, load, run
from scenarios.comparison import Comparison
from scenarios.comparison_arms import Arm, arms_of
from scenarios.comparison_of_results import (
    NOT_SET,
    arms_that_differ,
    comparison_of_results,
    is_product,
    unlike,
    value_at,
)
from tests.scenarios.fake_run import fake, scenario

CAP = "instruments.carbon.cap.initial"
SHOCKS = {"world.activity_sd": 0.1}


@pytest.fixture(scope="module")
def both() -> tuple[Comparison, Comparison]:
    arms = arms_of("textbook-montgomery", {CAP: [240, 260]}, SHOCKS)
    results = [[run(arm.scenario, seed) for seed in range(3)] for arm in arms]
    return compare("textbook-montgomery", {CAP: [240, 260]}, 3, SHOCKS, workers=1), comparison_of_results(
        "textbook-montgomery", arms, results
    )


def test_tables_are_those_of_compare(both: tuple[Comparison, Comparison]) -> None:
    ran, made = both
    assert made.manifest["content_hash"] == ran.manifest["content_hash"]
    for name in ("kpis", "prices", "warnings", "failures"):
        pd.testing.assert_frame_equal(made.tables[name], ran.tables[name])
    pd.testing.assert_frame_equal(made.summary, ran.summary)
    pd.testing.assert_frame_equal(made.differences, ran.differences)
    assert (made.seeds, made.labels, made.units) == (ran.seeds, ran.labels, ran.units)


def test_a_missing_seed_counts_for_means_only() -> None:
    plain = load("textbook-montgomery", SHOCKS)
    results = [run(plain, seed) for seed in range(3)]
    arms = [Arm("a", {}, plain), Arm("b", {}, plain)]
    found = comparison_of_results("textbook-montgomery", arms, [results, results[:2]])
    counts = found.summary[found.summary["kpi"] == "actual_cost"].set_index("arm")["n"]
    assert dict(counts) == {"a": 3, "b": 2}
    difference = found.differences.set_index("kpi").loc["actual_cost"]
    assert difference["n"] == 2
    assert difference["difference"] == 0.0


def test_arms_name_every_key_in_which_they_differ() -> None:
    base, changed = load("textbook-montgomery", SHOCKS), load("textbook-montgomery", {CAP: 260, **SHOCKS})
    name = "textbook-montgomery"
    arms, shared = arms_that_differ(["x", "x"], [base, changed], [SHOCKS, {CAP: 260, **SHOCKS}], [name, name])
    assert [arm.label for arm in arms] == ["x", "x (2)"]
    assert [arm.values for arm in arms] == [{CAP: 240.0}, {CAP: 260}]
    assert shared == SHOCKS
    others, shared = arms_that_differ(["x", "y"], [base, changed], [{}, {"a.b": 1}], [name, "other"])
    assert [arm.values for arm in others] == [{"scenario": name, "a.b": NOT_SET}, {"scenario": "other", "a.b": 1}]
    assert shared == {}


def test_a_value_that_is_set_to_what_it_is_makes_no_difference() -> None:
    base = load("textbook-montgomery")
    arms, shared = arms_that_differ(["x", "y"], [base, base], [{}, {CAP: 240}], ["a", "a"])
    assert [arm.values for arm in arms] == [{}, {}]
    assert shared == {CAP: 240.0}


def test_value_at_a_path() -> None:
    document = {"a": [{"b": 3}], "c": {"2030": 1}}
    assert value_at(document, "a.0.b") == 3
    assert value_at(document, "c.2030") == 1
    assert [value_at(document, path) for path in ("a.1", "a.b", "c.x.y")] == [NOT_SET] * 3


def test_what_has_nothing_to_subtract_is_named() -> None:
    one = scenario()
    assert unlike(one, scenario(name="another")) == ()
    money = {"currency": {"en": "dollar", "zh": "美元"}, "social_discount_rate": 0.05}
    rights = {key: rule.model_dump(by_alias=True) for key, rule in one.instruments.items()}
    rights["water"]["unit"] = "m3"
    assert unlike(one, scenario(money=money, instruments=rights)) == ("money", "water")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([{"a": 1}, {"a": 2}], True),
        ([{"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 1}, {"a": 2, "b": 2}], True),
        ([{"a": 1, "b": 1}, {"a": 2, "b": 2}], False),
        ([{"a": 1}, {"a": NOT_SET}], False),
        ([{"a": 1}, {"a": 1}], False),
    ],
)
def test_which_arms_one_command_can_make(values: list[dict[str, object]], expected: bool) -> None:
    result = fake().result()
    arms = [Arm(f"arm {i}", own, result.scenario) for i, own in enumerate(values)]
    assert is_product(comparison_of_results("fake", arms, [[result]] * len(arms))) is expected
