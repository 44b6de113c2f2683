"""Sensitivities: published and derived indices, exact effects, SALib's own numbers, noise of seeds, failed runs."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from SALib.analyze import morris as salib_morris
from SALib.analyze import sobol as salib_sobol
from SALib.sample import morris as sample_morris
from SALib.sample import sobol as sample_sobol

from scenarios.analysis.correlation_ratio import classes_of
from scenarios.analysis.replicates import replicates, summarised
from scenarios.analysis.sensitivity import ranking, sensitivity
from scenarios.loading import Origin, load
from scenarios.sweep_sensitivity import sensitivity_of
from scenarios.sweeps import sweep, sweep_of
from scenarios.sweeps.designs import points_of
from scenarios.validation.curves import equilibrium_price
from tests.scenarios.analysis.made_runs import Parameter, crossed_runs, fail, joint_runs, parameters

# Ishigami and Homma (1990) with a = 7, b = 0.1: V = a²/8 + bπ⁴/5 + b²π⁸/18 + 1/2, parts by hand.
ISHIGAMI_FIRST = (0.3139, 0.4424, 0.0)
ISHIGAMI_TOTAL = (0.5576, 0.4424, 0.2437)
ISHIGAMI_SECOND = {("x1", "x2"): 0.0, ("x1", "x3"): 0.2437, ("x2", "x3"): 0.0}
NAMES = ("x1", "x2", "x3")


def ishigami(sample: np.ndarray) -> np.ndarray:
    x = -np.pi + 2.0 * np.pi * sample
    return np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def cube(columns: int) -> dict:
    return {"num_vars": columns, "names": [f"x{i}" for i in range(columns)], "bounds": [[0.0, 1.0]] * columns}


def saltelli(columns: int, base: int, second: bool = False, seed: int = 3) -> np.ndarray:
    return sample_sobol.sample(cube(columns), base, calc_second_order=second, seed=seed)


def of(table: pd.DataFrame, index: str, column: str = "value") -> np.ndarray:
    return table.loc[table["index"] == index, column].to_numpy()


def assert_covers(table: pd.DataFrame, index: str, expected, widest: float) -> None:
    low, high = of(table, index, "low"), of(table, index, "high")
    assert (low <= np.asarray(expected)).all(), (low, expected)
    assert (np.asarray(expected) <= high).all(), (high, expected)
    assert (high - low).max() < widest


# Sobol ---------------------------------------------------------------------------------------------------------------


def test_ishigami_is_within_its_intervals():
    sample = saltelli(3, 1024, second=True)
    runs = joint_runs(sample, NAMES, {"y": ishigami(sample)[:, None]})
    table = sensitivity(runs, parameters(NAMES), ["y"], "sobol", sample)
    assert_covers(table, "first", ISHIGAMI_FIRST, 0.2)
    assert_covers(table, "total", ISHIGAMI_TOTAL, 0.2)
    assert_covers(table, "second", list(ISHIGAMI_SECOND.values()), 0.3)
    assert of(table, "total") == pytest.approx(ISHIGAMI_TOTAL, abs=0.03)
    assert list(zip(of(table, "second", "parameter"), of(table, "second", "other"), strict=True)) == list(
        ISHIGAMI_SECOND
    )
    assert set(table["n"]) == {1024}
    assert set(table["left_out"]) == set(table["failed"]) == {0}
    assert table["noise_share"].isna().all()
    assert table.attrs == {"method": "sobol", "units": {"y": "yuan/tCO2"}}


@pytest.mark.parametrize("second", [False, True])
def test_without_noise_the_indices_are_those_of_salib(second):
    sample = saltelli(4, 64, second)
    y = np.exp(sample @ [0.3, 2.0, -1.0, 0.1]) + sample[:, 0] * sample[:, 1]
    for seeds in (1, 3):
        names = ("a", "b", "c", "d")
        runs = joint_runs(sample, names, {"y": np.repeat(y[:, None], seeds, axis=1)})
        table = sensitivity(runs, parameters(names), ["y"], "sobol", sample, resamples=20)
        expected = salib_sobol.analyze(cube(4), y, calc_second_order=second, num_resamples=4, seed=1)
        assert of(table, "first") == pytest.approx(expected["S1"], abs=1e-9)
        assert of(table, "total") == pytest.approx(expected["ST"], abs=1e-9)
        pairs = expected["S2"][np.triu_indices(4, 1)] if second else np.empty(0)
        assert of(table, "second") == pytest.approx(pairs, abs=1e-9)


@pytest.mark.parametrize("seeds", [3, 6])
def test_noise_of_seeds_is_taken_out_and_told(seeds):
    # A standard deviation of 3 a run: of the variance between means over three seeds it is 3 of 3 + 13.845.
    sample = saltelli(3, 512)
    noise = 3.0 * np.random.default_rng(8).standard_normal((len(sample), seeds))
    runs = joint_runs(sample, NAMES, {"y": ishigami(sample)[:, None] + noise})
    table = sensitivity(runs, parameters(NAMES), ["y"], "sobol", sample)
    assert_covers(table, "first", ISHIGAMI_FIRST, 0.4)
    assert_covers(table, "total", ISHIGAMI_TOTAL, 0.5)
    assert table["noise_share"].iloc[0] == pytest.approx(9.0 / seeds / (9.0 / seeds + 13.845), rel=0.05)
    # SALib on the means takes noise for interaction of all parameters: far above the published total order of x3.
    plain = salib_sobol.analyze(cube(3), runs.groupby("point")["y"].mean().to_numpy(), calc_second_order=False, seed=1)
    assert plain["ST"][2] > of(table, "total")[2] + 0.5 * table["noise_share"].iloc[0] * (1 - ISHIGAMI_TOTAL[2])
    assert of(table, "total")[2] == pytest.approx(ISHIGAMI_TOTAL[2], abs=0.06)


def test_intervals_hold_what_they_say_with_noise_that_seeds_bring_to_all_points_together():
    # Demand of a seed shifts every point, and weather of a seed tilts the response to x3, smoothly over all points.
    true = np.array([*ISHIGAMI_FIRST, *ISHIGAMI_TOTAL])
    hits = []
    for trial in range(40):
        rng = np.random.default_rng(trial)
        sample = saltelli(3, 128, seed=trial)
        shift, tilt = rng.standard_normal((2, 6))
        own = rng.standard_normal((len(sample), 6))
        y = ishigami(sample)[:, None] + 20.0 * shift + 4.0 * (sample[:, [2]] - 0.5) * tilt + own
        runs = joint_runs(sample, NAMES, {"y": y})
        table = sensitivity(runs, parameters(NAMES), ["y"], "sobol", sample, resamples=60)
        hits.append((table["low"].to_numpy() <= true) & (true <= table["high"].to_numpy()))
    assert np.mean(hits) > 0.93
    assert np.mean(hits, axis=0).min() > 0.85


@pytest.mark.parametrize("seed", [1, 2])
def test_a_permit_market_in_closed_form(seed):
    # Firms with marginal costs s·a each abate alike: p = s (E − C) with slope s, flow without measures E and cap C.
    # With D = E − C: V = (μs² + vs)(μD² + vD) − μs² μD²; S of s = vs μD²/V; of E = vE μs²/V, total vE (μs² + vs)/V.
    low, high = np.array([0.2, 900.0, 700.0]), np.array([0.6, 1100.0, 850.0])
    mean, var = (low + high) / 2, (high - low) ** 2 / 12
    gap, spread = mean[1] - mean[2], var[1] + var[2]
    square = mean[0] ** 2 + var[0]
    variance = square * (gap**2 + spread) - mean[0] ** 2 * gap**2
    first = np.array([var[0] * gap**2, var[1] * mean[0] ** 2, var[2] * mean[0] ** 2]) / variance
    total = np.array([var[0] * (gap**2 + spread), var[1] * square, var[2] * square]) / variance
    assert first.sum() + var[0] * spread / variance == pytest.approx(1.0)
    sample = saltelli(3, 512, second=True, seed=seed)
    slope, flow, cap = (low + (high - low) * sample).T
    price = (slope * (flow - cap))[:, None] + 2.0 * np.random.default_rng(seed).standard_normal((len(sample), 4))
    names = ("slope", "flow", "cap")
    table = sensitivity(joint_runs(sample, names, {"p": price}), parameters(names), ["p"], "sobol", sample)
    assert_covers(table, "first", first, 0.3)
    assert_covers(table, "total", total, 0.3)
    assert_covers(table, "second", np.array([var[0] * var[1], var[0] * var[2], 0.0]) / variance, 0.4)
    assert list(ranking(table)["parameter"]) == [names[i] for i in np.argsort(-total)]


def test_base_samples_with_a_point_that_never_ran_are_left_out_and_failed_runs_counted():
    sample = saltelli(3, 64)
    y = np.repeat(ishigami(sample)[:, None], 2, axis=1)
    y[7, :] = np.nan  # a point of the second base sample has no run at all
    y[20, 1] = np.nan  # this one still has a run
    table = sensitivity(joint_runs(sample, NAMES, {"y": y}), parameters(NAMES), ["y"], "sobol", sample, resamples=20)
    assert set(table["n"]) == {63}
    assert set(table["left_out"]) == {1}
    assert set(table["failed"]) == {3}
    expected = salib_sobol.analyze(cube(3), np.delete(y[:, 0], range(5, 10)), calc_second_order=False, seed=1)
    assert of(table, "total") == pytest.approx(expected["ST"], abs=1e-9)


def test_worlds_of_one_policy_are_rows_of_the_sample_and_unfinished_ones_are_left_out():
    sample = saltelli(3, 64)
    runs = joint_runs(sample, NAMES, {"y": ishigami(sample)[:, None]}).assign(policy=4)
    runs["point"] = 4 * len(sample) + runs["world"]
    table = sensitivity(runs, parameters(NAMES), ["y"], "sobol", sample, rows="world", resamples=5)
    half = sensitivity(runs[runs["world"] < 163], parameters(NAMES), ["y"], "sobol", sample, rows="world", resamples=5)
    assert (set(table["n"]), set(half["n"]), set(half["left_out"])) == ({64}, {32}, {32})


def test_what_does_not_vary_has_no_index_and_what_only_seeds_move_has_none_either():
    sample = saltelli(3, 16)
    noise = np.random.default_rng(0).standard_normal((len(sample), 2))
    y = {"flat": np.full((len(sample), 2), 7.1), "seeds": np.repeat(noise[:1], len(sample), axis=0)}
    table = sensitivity(
        joint_runs(sample, NAMES, y), parameters(NAMES), ["flat", "seeds"], "sobol", sample, resamples=5
    )
    assert table["value"].isna().all()
    assert table["low"].isna().all()


def test_a_sample_in_another_order_is_refused():
    sample = saltelli(3, 16)
    runs = joint_runs(sample, NAMES, {"y": ishigami(sample)[:, None]})
    with pytest.raises(ValueError, match="not a Sobol sample"):
        sensitivity(runs, parameters(NAMES), ["y"], "sobol", sample[::-1])
    with pytest.raises(ValueError, match="not a Morris sample"):
        sensitivity(runs, parameters(NAMES), ["y"], "morris", sample)


# Morris --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("levels", [4, 6, 8])
def test_effects_of_a_linear_function_are_its_coefficients(levels):
    names = ("a", "b", "c", "d")
    sample = sample_morris.sample(cube(4), 10, num_levels=levels, seed=5)
    slopes = np.array([30.0, -4.0, 0.0, 0.5])
    shift = np.array([[0.0, 50.0, -8.0]])  # what a seed does to every point changes no effect
    runs = joint_runs(sample, names, {"y": (7.0 + sample @ slopes)[:, None] + shift})
    table = sensitivity(runs, parameters(names), ["y"], "morris", sample)
    assert of(table, "mu") == pytest.approx(slopes, abs=1e-10)
    assert of(table, "mu_star") == pytest.approx(np.abs(slopes), abs=1e-10)
    assert of(table, "sigma") == pytest.approx(np.zeros(4), abs=1e-10)
    assert of(table, "noise") == pytest.approx(np.zeros(4), abs=1e-10)
    for index in ("mu", "mu_star", "sigma"):
        assert of(table, index, "low") == pytest.approx(of(table, index, "high"), abs=1e-9)
    assert list(ranking(table)["parameter"]) == ["a", "b", "d", "c"]
    assert set(table["n"]) == {10}


def test_effects_are_those_of_salib_and_trajectories_without_a_value_are_left_out():
    sample = sample_morris.sample(cube(3), 20, num_levels=4, seed=5)
    y = ishigami(sample)
    table = sensitivity(joint_runs(sample, NAMES, {"y": y[:, None]}), parameters(NAMES), ["y"], "morris", sample)
    expected = salib_morris.analyze(cube(3), sample, y, num_levels=4, seed=1)
    for index in ("mu", "mu_star", "sigma"):
        assert of(table, index) == pytest.approx(np.asarray(expected[index]))
    assert (of(table, "mu_star", "high") - of(table, "mu_star", "low") > 0).all()
    y = y.copy()
    y[[4, 11]] = np.nan  # of the second and the third trajectory
    table = sensitivity(joint_runs(sample, NAMES, {"y": y[:, None]}), parameters(NAMES), ["y"], "morris", sample)
    used = np.r_[0:4, 12:80]
    expected = salib_morris.analyze(cube(3), sample[used], y[used], num_levels=4, seed=1)
    assert of(table, "mu_star") == pytest.approx(np.asarray(expected["mu_star"]))
    assert (set(table["n"]), set(table["left_out"]), set(table["failed"])) == ({18}, {2}, {2})


def test_what_seeds_alone_do_to_effects_is_told():
    # Two points with means over 4 seeds of standard deviation 2 differ by noise of 2 √2 / √4; a step is 2/3 long.
    sample = sample_morris.sample(cube(3), 200, num_levels=4, seed=5)
    noise = 2.0 * np.random.default_rng(4).standard_normal((len(sample), 4))
    runs = joint_runs(sample, NAMES, {"y": 3.0 * sample[:, [0]] + noise})
    table = sensitivity(runs, parameters(NAMES), ["y"], "morris", sample)
    expected = 2.0 * np.sqrt(2.0) / 2.0 * 1.5
    assert of(table, "noise") == pytest.approx(np.full(3, expected), rel=0.05)
    assert of(table, "sigma")[1:] == pytest.approx(np.full(2, expected), rel=0.1)
    assert of(table, "mu_star")[1:] == pytest.approx(np.full(2, expected * np.sqrt(2 / np.pi)), rel=0.1)
    assert of(table, "mu", "low")[0] < 3.0 < of(table, "mu", "high")[0]


# Any sample ----------------------------------------------------------------------------------------------------------


def test_any_sample_gives_first_order_indices():
    sample = np.random.default_rng(2).random((800, 4))
    noise = 2.0 * np.random.default_rng(3).standard_normal((800, 3))
    names = (*NAMES, "nothing")
    runs = joint_runs(sample, names, {"y": ishigami(sample)[:, None] + noise})
    table = sensitivity(runs, parameters(names), ["y"], "latin_hypercube")
    assert_covers(table, "first", (*ISHIGAMI_FIRST, 0.0), 0.3)
    assert list(ranking(table)["parameter"][:2]) == ["x2", "x1"]
    assert set(table["n"]) == {800}


def test_levers_crossed_with_worlds_have_their_own_units():
    # y = L/2 + 3 a + L (b − 1/2)/2, L in 0 … 3 alike, a and b uniform: E y² parts by hand.
    rng = np.random.default_rng(5)
    worlds = {"a": rng.random(300), "b": rng.random(300)}
    levers = {"level": [0.0, 1.0, 2.0, 3.0]}
    runs = crossed_runs(
        levers, worlds, 2, {"y": lambda c, _: 0.5 * c["level"] + 3 * c["a"] + 0.5 * c["level"] * (c["b"] - 0.5)}
    )
    variance = 0.25 * 1.25 + 9 / 12 + 0.25 * (1.25 + 2.25) / 12
    expected = np.array([0.25 * 1.25, 9 / 12, 0.25 * 2.25 / 12]) / variance
    declared = (Parameter("level", "lever"), Parameter("a"), Parameter("b"), Parameter("constant"))
    table = sensitivity(runs.assign(constant=1.0), declared, ["y"], "grid")
    assert of(table, "first") == pytest.approx(expected, abs=0.05)
    assert list(table["parameter"]) == ["level", "a", "b"]
    assert list(table["n"]) == [4, 300, 300]
    assert table["low"].isna().tolist() == [True, False, False]
    assert (table["low"][1:] <= expected[1:]).all()
    assert (expected[1:] <= table["high"][1:]).all()
    broken = sensitivity(fail(runs, range(0, 2400, 97), ["y"]), declared[:3], ["y"], "grid")
    assert of(broken, "first") == pytest.approx(of(table, "first"), abs=0.03)
    assert set(broken["failed"]) == {25}


def test_categories_are_taken_as_they_are():
    word = np.array(["call", "listed", "auction"] * 60)
    runs = joint_runs(np.random.default_rng(1).random((180, 1)), ["x"], {"y": np.zeros((180, 1))})
    runs = runs.assign(word=word, y=np.where(word == "listed", 3.0, 0.0))
    table = sensitivity(runs, (Parameter("word", kind="categorical"), Parameter("x")), ["y"])
    assert table["value"][0] == pytest.approx(1.0)
    assert abs(table["value"][1]) < 0.15


@given(st.lists(st.integers(0, 30), min_size=1, max_size=200))
def test_equal_values_are_in_one_class_and_classes_keep_the_order(values):
    classes = classes_of(values)
    by_value = dict(zip(values, classes.tolist(), strict=True))
    assert [by_value[value] for value in values] == classes.tolist()
    ordered = [by_value[value] for value in sorted(by_value)]
    assert ordered == sorted(ordered)
    assert set(ordered) == set(range(len(set(ordered))))


# Sweeps --------------------------------------------------------------------------------------------------------------


def planned(**design):
    """A sweep of two levers and two uncertainties whose outcome is worked out here: no run of the model is needed."""
    between = {"low": 0.0, "high": 0.1}
    plan = sweep_of({
        "sweep": 1, "name": "t", "scenario": "textbook-montgomery",
        "levers": {"cap": {"path": "carbon.cap_scale", "low": 60, "high": 90}},
        "uncertainties": {
            "activity": {"path": "world.activity_sd", **between},
            "rate": {"path": "money.social_discount_rate", **between},
        },
        "design": design,
    })  # fmt: skip
    points = points_of(plan.sweep, plan.parameters, Origin("sweep"))
    runs = points[["point", "policy", "world", "cap", "activity", "rate"]].assign(seed=0, stage="", message="")
    runs["y"] = runs["cap"] + 200.0 * runs["activity"]
    return SimpleNamespace(runs=runs, points=points, parameters=plan.parameters, design=plan.sweep.design)


def test_a_sweep_is_judged_by_the_method_of_its_design():
    found = sensitivity_of(planned(kind="sobol", points=64), ["y"])
    assert found.attrs["method"] == "sobol"
    # 30²/12 of the cap beside 20²/12 of activity.
    assert of(found, "total") == pytest.approx([900 / 1300, 400 / 1300, 0.0], abs=0.05)
    found = sensitivity_of(planned(kind="morris", trajectories=6), ["y"])
    assert of(found, "mu") == pytest.approx([30.0, 20.0, 0.0])
    found = sensitivity_of(planned(kind="latin_hypercube", points=400), ["y"])
    assert found.attrs["method"] == "first_order"
    assert of(found, "first") == pytest.approx([900 / 1300, 400 / 1300, 0.0], abs=0.05)


def test_uncertainties_are_judged_by_their_own_design_under_one_policy():
    worlds = {"kind": "sobol", "points": 64}
    crossed = planned(kind="crossed", levers={"kind": "grid", "points": 3}, uncertainties=worlds)
    worlds = crossed.parameters[1:]
    sample = crossed.points.drop_duplicates("world")[["u.activity", "u.rate"]].to_numpy()
    one = crossed.runs[crossed.runs["policy"] == 1]
    found = sensitivity(one, worlds, ["y"], "sobol", sample, "world", resamples=20)
    assert found.attrs["method"] == "sobol"
    assert list(found["parameter"]) == ["activity", "rate"] * 2
    assert of(found, "total") == pytest.approx([1.0, 0.0], abs=0.03)
    # All policies together: their mean is another constant beside the same worlds.
    together = sensitivity_of(crossed, ["y"])
    assert of(together, "total") == pytest.approx(of(found, "total"))
    both = sensitivity(crossed.runs, crossed.parameters, ["y"], "crossed", resamples=20)
    assert both.attrs["method"] == "first_order"
    # Caps of 60, 75 and 90 have a variance of 150.
    assert of(both, "first") == pytest.approx([150 / (150 + 400 / 12), 400 / 12 / (150 + 400 / 12), 0.0], abs=0.03)


def test_a_sweep_that_has_not_begun_has_no_numbers():
    for design in ({"kind": "sobol", "points": 4}, {"kind": "morris", "trajectories": 3}):
        empty = planned(**design)
        empty.runs = empty.runs[:0]
        found = sensitivity_of(empty, ["y"])
        assert found["value"].isna().all()
        assert (found["n"] == 0).all()
    empty = planned(kind="latin_hypercube", points=5)
    empty.runs = empty.runs[:0]
    assert len(sensitivity_of(empty, ["y"])) == 0


@pytest.mark.slow
def test_the_cap_of_a_real_market_explains_its_price(tmp_path):
    plan = sweep_of({
        "sweep": 1, "name": "t", "scenario": "textbook-montgomery",
        "levers": {"cap": {"path": "carbon.cap_scale", "low": 60, "high": 90}},
        "uncertainties": {"rate": {"path": "money.social_discount_rate", "low": 0.0, "high": 0.1}},
        "design": {"kind": "morris", "trajectories": 4, "levels": 4}, "outcomes": ["carbon.mean_price"],
    })  # fmt: skip
    found = sensitivity_of(sweep(plan, tmp_path / "sweep", workers=1), ["carbon.mean_price"])
    # Five firms with linear marginal costs: the caps of 60 and 90 % (of 240) are cleared at prices of closed form.
    prices = [equilibrium_price(load("textbook-montgomery"), share * 240.0) for share in (0.6, 0.9)]
    assert of(found, "mu")[0] == pytest.approx(prices[1] - prices[0], rel=0.02)
    assert of(found, "mu")[1] == pytest.approx(0.0, abs=1e-9)
    assert set(found["failed"]) == {0}


# Replicates ----------------------------------------------------------------------------------------------------------


@given(st.integers(2, 5), st.integers(2, 6), st.integers(0, 1000))
@settings(max_examples=40)
def test_errors_are_the_usual_ones_and_what_a_seed_does_to_all_rows_is_none_of_them(rows, seeds, seed):
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(rows, seeds))
    plain = summarised(table)
    assert plain.means == pytest.approx(table.mean(axis=1))
    shifted = summarised(table + rng.normal(size=seeds) * 100)
    assert shifted.errors == pytest.approx(plain.errors, abs=1e-9)
    centred = table - table.mean(axis=0)
    assert (plain.errors**2).sum(axis=1) == pytest.approx(centred.var(axis=1, ddof=1) / seeds)
    expected = np.cov(centred)[0, 1] / seeds
    assert plain.errors[0] @ plain.errors[1] == pytest.approx(expected)


def test_a_missing_run_does_not_pass_its_seed_on_to_its_point():
    # Seed 2 adds 100 everywhere; the point that lacks it keeps its mean of 1 beside the others' 2 and 3.
    table = np.array([[1.0, 1.0, np.nan], [2.0, 2.0, 102.0], [3.0, 3.0, 103.0]])
    means = summarised(table).means
    assert means - means[0] == pytest.approx([0.0, 1.0, 2.0], abs=1e-6)
    assert means[1:] == pytest.approx([106 / 3, 109 / 3], abs=1e-6)


def test_runs_become_a_table_in_any_order():
    sample = np.zeros((3, 1))
    runs = joint_runs(sample, ["x"], {"y": np.array([[1.0, 3.0], [np.nan, 4.0], [np.nan, np.nan]])})
    made = replicates(runs.sample(frac=1.0, random_state=1), "y", count=4)
    assert np.isnan(made.means[2:]).all()
    assert made.failed == 3
    assert made.means[0] == pytest.approx(2.0)
