"""Effects, bands, robustness and fronts of policies: numbers by hand, intervals by their formula, failures counted."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from scenarios.analysis.bands import outcome_bands, series_bands
from scenarios.analysis.conditions import parse_conditions
from scenarios.analysis.effects import lever_effects, policy_effects
from scenarios.analysis.robustness import policy_front, regret, robustness, satisficing
from scenarios.pareto import pareto_front
from tests.scenarios.analysis.made_runs import crossed_runs, fail

# Three policies in four worlds, less is better.
COST = np.array([[10.0, 20.0, 30.0, 40.0], [12.0, 18.0, 33.0, 50.0], [25.0, 25.0, 25.0, 26.0]])


def cost_runs(seeds: int = 2) -> pd.DataFrame:
    """Seeds move the cost by −1 and +1 in all policies alike."""
    return crossed_runs(
        {"lever": [0.0, 1.0, 2.0]},
        {"growth": [0.0, 0.1, 0.2, 0.3]},
        seeds,
        {
            "cost": lambda c, s: COST[c["policy"], c["world"]] + np.where(s % 2, 1.0, -1.0),
            "gain": lambda c, s: -COST[c["policy"], c["world"]],
        },
    )


def metric(table: pd.DataFrame, outcome: str, name: str) -> list[float]:
    return table.loc[(table["outcome"] == outcome) & (table["metric"] == name), "value"].tolist()


# Robustness ----------------------------------------------------------------------------------------------------------


def test_metrics_by_hand():
    table = robustness(cost_runs(), {"cost": "lower", "gain": "higher"})
    # Best in each world: 10, 18, 25, 26.
    apart = np.array([[0, 2, 5, 14], [2, 0, 8, 24], [15, 7, 0, 0]])
    assert metric(table, "cost", "regret_max") == [14, 24, 15]
    assert metric(table, "cost", "regret_mean") == pytest.approx([5.25, 8.5, 5.5])
    # The 90 % quantile of 4 values lies 0.7 of the way from the third to the fourth.
    assert metric(table, "cost", "regret_90") == pytest.approx([5 + 0.7 * 9, 8 + 0.7 * 16, 7 + 0.7 * 8])
    assert metric(table, "cost", "worst") == [40, 50, 26]
    assert metric(table, "cost", "mean") == pytest.approx([25, 28.25, 25.25])
    deviation = np.sqrt(500 / 3)  # 15² + 5² + 5² + 15² over 3
    assert metric(table, "cost", "deviation")[0] == pytest.approx(deviation)
    assert metric(table, "cost", "mean_variance")[0] == pytest.approx(25 + deviation)
    for name in ("regret_max", "regret_mean", "regret_90", "deviation"):
        assert metric(table, "gain", name) == pytest.approx(metric(table, "cost", name))
    for name in ("worst", "mean", "mean_variance"):
        assert metric(table, "gain", name) == pytest.approx([-value for value in metric(table, "cost", name)])
    best = table[table["best"]].set_index(["outcome", "metric"])["policy"]
    assert best["cost", "regret_max"] == best["gain", "regret_max"] == 0
    assert best["cost", "worst"] == best["gain", "worst"] == 2
    assert best["cost", "mean"] == best["gain", "mean"] == 0
    assert set(table["n"]) == {4}
    assert table.attrs["units"] == {"cost": "yuan/tCO2", "gain": "yuan/tCO2"}
    assert regret(cost_runs(), "cost", "lower").to_numpy() == pytest.approx(apart.T)


def test_worlds_without_a_value_of_every_policy_are_left_out_and_seeds_are_shared():
    # Policy 2 loses world 3 (run 2·8 + 3·2 and the next); policy 0 loses seed 1 of world 0.
    runs = fail(cost_runs(), [22, 23, 1], ["cost", "gain"])
    table = robustness(runs, {"cost": "lower"})
    assert set(table["n"]) == {3}
    assert set(table["left_out"]) == {1}
    assert table[table["metric"] == "mean"]["failed"].tolist() == [1, 0, 2]
    # World 0 is seed 0 alone, in all three policies: 1 less.
    assert metric(table, "cost", "mean") == pytest.approx([(9 + 20 + 30) / 3, (11 + 18 + 33) / 3, (24 + 25 + 25) / 3])
    assert metric(table, "cost", "regret_max") == [5, 8, 15]


def test_one_policy_has_no_regret_and_policies_that_share_no_world_cannot_be_compared():
    runs = cost_runs()
    assert metric(robustness(runs[runs["policy"] == 1], {"cost": "lower"}), "cost", "regret_max") == [0.0]
    joint = runs[runs["policy"] == runs["world"]]
    table = robustness(joint, {"cost": "lower"})
    assert table["value"].isna().all()
    assert not table["best"].any()


@given(st.integers(1, 5), st.integers(2, 6), st.integers(0, 10_000))
@settings(max_examples=30)
def test_the_best_in_every_world_has_no_regret_and_regret_does_not_feel_what_moves_all_policies(policies, worlds, seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 50, (policies, worlds)).astype(float)
    shift = rng.integers(-50, 50, worlds)
    levers, grown = {"lever": list(range(policies))}, {"w": list(range(worlds))}
    runs = crossed_runs(levers, grown, 1, {"y": lambda c, s: values[c["policy"], c["world"]]})
    moved = crossed_runs(levers, grown, 1, {"y": lambda c, s: values[c["policy"], c["world"]] + shift[c["world"]]})
    for direction in ("lower", "higher"):
        apart = regret(runs, "y", direction).to_numpy()
        assert (apart >= 0).all()
        assert (apart.min(axis=1) == 0).all()
        assert regret(moved, "y", direction).to_numpy() == pytest.approx(apart)


def test_satisficing_counts_worlds_that_meet_all_conditions():
    runs = cost_runs(3)  # seeds −1, +1, −1
    table = satisficing(runs, parse_conditions("cost < 30"))
    # Worlds: 9, 19 | 29, 31, 29: two of three runs; 39. Policy 1: 12, 18, 33, 50. Policy 2: all.
    assert table["value"].tolist() == [0.75, 0.5, 1.0]
    strict = satisficing(runs, parse_conditions("cost < 30"), share=0.7)
    assert strict["value"].tolist() == [0.5, 0.5, 1.0]
    both = satisficing(runs, parse_conditions("cost < 30 and gain <= -20"))
    assert both["value"].tolist() == [0.5, 0.0, 1.0]
    # Wilson 1927 for 3 of 4: centre (p + z²/2n)/(1 + z²/n).
    z = stats.norm.ppf(0.975)
    half = z * np.sqrt(0.75 * 0.25 / 4 + z**2 / 64) / (1 + z**2 / 4)
    assert table["low"][0] == pytest.approx((0.75 + z**2 / 8) / (1 + z**2 / 4) - half)
    broken = satisficing(fail(runs, [0, 1, 2, 4], ["cost", "gain"]), parse_conditions("cost < 30"))
    assert broken.loc[0, ["value", "n", "left_out", "failed"]].tolist() == pytest.approx([2 / 3, 3, 1, 4])


def test_the_front_of_policies_and_its_tolerance():
    runs = crossed_runs(
        {"lever": [0, 1, 2, 3]},
        {"growth": [0.0, 1.0]},
        1,
        {
            "cost": lambda c, s: np.array([10.0, 20.0, 20.0, 10.5])[c["policy"]] + c["growth"],
            "saved": lambda c, s: np.array([1.0, 2.0, 1.5, 1.0])[c["policy"]],
        },
    )
    directions = {"cost": "lower", "saved": "higher"}
    table = policy_front(runs, directions)
    assert table["front"].tolist() == [True, True, False, False]
    assert table["cost"].tolist() == [10.5, 20.5, 20.5, 11.0]
    assert policy_front(runs, directions, [0.6, 0.1])["front"].tolist() == [True, True, False, True]
    assert policy_front(runs, directions, [0.6, 0.6])["front"].tolist() == [True, True, True, True]
    broken = policy_front(fail(runs, [1], ["saved"]), directions)
    assert (set(broken["n"]), set(broken["left_out"]), broken["failed"].tolist()) == ({1}, {1}, [1, 0, 0, 0])
    assert broken["cost"].tolist() == [10.0, 20.0, 20.0, 10.5]


@given(st.integers(0, 1000), st.floats(0, 3))
def test_a_tolerance_only_adds_to_the_front(seed, tolerance):
    values = np.random.default_rng(seed).integers(0, 6, (12, 2)).astype(float)
    front = pareto_front(values, ["lower", "higher"])
    assert (pareto_front(values, ["lower", "higher"], tolerance) >= front).all()


# Effects -------------------------------------------------------------------------------------------------------------


def factorial(seeds: int = 3) -> pd.DataFrame:
    """y = 2 a + (3 with b = "on") + a b w, worlds w, and a noise of seeds that policy does not change."""
    grid = [(a, b) for a in (0.0, 1.0, 2.0) for b in ("off", "on")]
    noise = np.random.default_rng(1).standard_normal(100)
    return crossed_runs(
        {"a": [a for a, _ in grid], "b": [b for _, b in grid]},
        {"w": [0.0, 1.0, 2.0, 5.0]},
        seeds,
        {
            "y": lambda c, s: 2 * c["a"] + 3 * (c["b"] == "on") + c["a"] * (c["b"] == "on") * c["w"]
            + 10 * noise[c["world"] * 7 + s]
        },
    )  # fmt: skip


def test_effects_of_policies_are_paired_by_world_and_seed():
    runs = factorial()
    table = policy_effects(runs, ["y"], {"a": 0.0, "b": "off"})
    assert table["policy"].tolist() == [1, 2, 3, 4, 5]
    assert table["value"].tolist() == pytest.approx([3, 2, 2 + 3 + 2, 4, 4 + 3 + 4])  # mean of w is 2
    assert table["low"].tolist()[:2] == pytest.approx([3, 2])  # the noise is the same in both arms
    differences = 2 + 3 + np.array([0.0, 1.0, 2.0, 5.0])
    half = stats.t.ppf(0.975, 3) * differences.std(ddof=1) / 2
    assert table.loc[2, ["low", "high"]].tolist() == pytest.approx([7 - half, 7 + half])
    assert table["n"].tolist() == [4] * 5
    assert set(table["unit"]) == {"world"}
    assert table["baseline"].tolist() == pytest.approx([runs.loc[runs["policy"] == 0, "y"].mean()] * 5)
    assert table.attrs["units"] == {"y": "yuan/tCO2"}


def test_effects_of_levels_are_means_over_the_other_levers():
    table = lever_effects(factorial(), ["a", "b"], ["y"], 0).set_index(["lever", "level"])
    # From a = 0 to 1: 2 without b, 2 + w with it; b on: 3 + a w over a = 0, 1, 2.
    assert table.loc[("a", 1.0), "value"] == pytest.approx(2 + 0.5 * 2)
    assert table.loc[("a", 2.0), "value"] == pytest.approx(4 + 2)
    assert table.loc[("b", "on"), "value"] == pytest.approx(3 + 2)
    by_world = 3 + np.array([0.0, 1.0, 2.0, 5.0])
    assert table.loc[("b", "on"), "high"] == pytest.approx(5 + stats.t.ppf(0.975, 3) * by_world.std(ddof=1) / 2)
    assert list(table.index) == [("a", 1.0), ("a", 2.0), ("b", "on")]


def test_failed_runs_break_their_pair_only_and_are_counted():
    runs = factorial()
    lost = runs[(runs["policy"] == 0) & (runs["world"] == 1)]["run"].tolist()  # a whole world of the baseline
    lost += runs[(runs["policy"] == 1) & (runs["world"] == 2)]["run"].tolist()[:1]
    table = policy_effects(fail(runs, lost, ["y"]), ["y"], 0)
    assert table["failed"].tolist() == [4, 3, 3, 3, 3]
    assert table["n"].tolist() == [3] * 5
    assert table["value"].tolist()[:3] == pytest.approx([3, 2, 5 + 7 / 3])


def test_in_one_world_seeds_are_the_unit_and_an_unknown_baseline_is_refused():
    runs = factorial(5)
    table = policy_effects(runs[runs["world"] == 3], ["y"], 0)
    assert set(table["unit"]) == {"seed"}
    assert table["n"].tolist() == [5] * 5
    with pytest.raises(ValueError, match="0 policies match"):
        policy_effects(runs, ["y"], {"a": 9.0, "b": "on"})
    with pytest.raises(ValueError, match="3 policies match"):
        policy_effects(runs, ["y"], {"b": "on"})


# Bands ---------------------------------------------------------------------------------------------------------------


def test_bands_are_quantiles_of_runs_with_a_value():
    worlds = {"w": list(range(101))}
    runs = crossed_runs({"lever": [0, 1]}, worlds, 1, {"y": lambda c, s: c["w"] + 1000.0 * c["policy"]})
    table = outcome_bands(fail(runs, [100, 101], ["y"]), ["y"])
    first = table[table["policy"] == 0]
    assert first["value"].tolist() == pytest.approx([4.95, 24.75, 49.5, 74.25, 94.05])  # 0 … 99
    assert set(first["n"]) == {100}
    assert set(first["failed"]) == {1}
    second = table[table["policy"] == 1]
    assert second["value"].tolist() == pytest.approx([1005.95, 1025.75, 1050.5, 1075.25, 1095.05])  # 1 … 100


def test_bands_of_series_count_runs_without_a_row():
    runs = crossed_runs({"lever": [0, 1]}, {"w": [0.0, 1.0, 2.0]}, 1, {"y": lambda c, s: c["w"]})
    rows = [(run, year, run * 10.0 + year) for run in range(6) for year in (2025, 2026)]
    series = pd.DataFrame([row for row in rows if row[:2] != (2, 2026)], columns=["run", "year", "price"])
    series.attrs["units"] = {"price": "yuan/tCO2"}
    table = series_bands(series, runs, ["price"], quantiles=(0.0, 0.5, 1.0))
    assert list(table.columns) == ["policy", "year", "outcome", "quantile", "value", "n", "failed"]
    last = table[(table["policy"] == 0) & (table["year"] == 2026)]
    assert last["value"].tolist() == pytest.approx([2026, 2031, 2036])
    assert (set(last["n"]), set(last["failed"])) == ({2}, {1})
    other = table[(table["policy"] == 1) & (table["year"] == 2026)]
    assert other["value"].tolist() == pytest.approx([2056, 2066, 2076])
    assert table.attrs["units"] == {"price": "yuan/tCO2"}
