"""Figures of sweeps: the tidy table, the Pareto front against brute force, and what each figure shows of both."""

import numpy as np
import pandas as pd
import pytest

from scenarios import compare
from scenarios.comparison import Comparison
from scenarios.display import Display
from scenarios.figures.sweeps import axis_of, heat_map, parallel, pareto, response
from scenarios.pareto import pareto_front
from scenarios.statistics import paired_difference
from scenarios.sweep_table import paths_of, sweep_table
from tests.scenarios.fake_run import scenario

CAP, VENUES = "instruments.carbon.cap.initial", "instruments.carbon.venues"


@pytest.fixture(scope="module")
def found() -> Comparison:
    vary = {CAP: [260, 240], VENUES: ["call", "listed"], "rounds": [1]}
    return compare("textbook-montgomery", vary, 3, {"world.activity_sd": 0.1}, workers=1)


def table(kpis: tuple[str, ...] = ("carbon.mean_price", "actual_cost")) -> pd.DataFrame:
    """Caps 1, 2 and 3 by two words; the first indicator is cap times 10 plus 0 or 5, the second falls with the cap."""
    rows = [
        {"arm": f"{cap}{word}", "a.cap": float(cap), "a.word": word, "kpi": kpi, "value": value, "low": np.nan,
         "high": np.nan, "n": 1}
        for cap in (3, 1, 2)
        for word in ("x", "y")
        for kpi, value in zip(kpis, (10.0 * cap + 5.0 * (word == "y"), 1e6 / cap), strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def display() -> Display:
    return Display.of(scenario(), "en")


# The front -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_front_is_that_of_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 6, size=(40, 3)).astype(float)
    values[rng.random(values.shape) < 0.03] = np.nan
    directions = ["lower", "higher", "lower"]
    expected = []
    for own in values:
        beaten = False
        for other in values:
            worse = [not (o <= v if d == "lower" else o >= v) for o, v, d in zip(other, own, directions, strict=True)]
            beaten = beaten or (not any(worse) and not np.array_equal(other, own))
        expected.append(not beaten and not np.isnan(own).any())
    assert pareto_front(values, directions).tolist() == expected
    order = rng.permutation(len(values))
    assert pareto_front(values[order], directions).tolist() == np.array(expected)[order].tolist()


def test_front_of_one_and_of_twins() -> None:
    assert pareto_front([[1.0, 2.0]], ["lower", "lower"]).tolist() == [True]
    assert pareto_front([[1.0, 2.0], [1.0, 2.0], [1.0, 3.0]], ["lower", "lower"]).tolist() == [True, True, False]
    assert pareto_front([[np.nan, 2.0]], ["lower", "lower"]).tolist() == [False]


# The table -----------------------------------------------------------------------------------------------------------


def test_table_has_means_and_paired_intervals(found: Comparison) -> None:
    tidy = sweep_table(found)
    assert paths_of(found) == [CAP, VENUES]
    assert tidy[CAP].dtype == np.float64
    assert set(tidy[VENUES]) == {"call", "listed"}
    assert len(tidy) == len(found.arms) * len(found.units)
    cost = tidy[tidy["kpi"] == "actual_cost"].set_index("arm")
    kpis = found.kpis[found.kpis["kpi"] == "actual_cost"].pivot_table(index="arm", columns="seed", values="value")
    base = found.labels[0]
    for arm in found.labels:
        assert cost.loc[arm, "value"] == pytest.approx(kpis.loc[arm].mean())
        if arm == base:
            assert np.isnan(cost.loc[arm, "low"])
            continue
        one = paired_difference(kpis.loc[arm], kpis.loc[base])
        assert cost.loc[arm, "high"] - cost.loc[arm, "low"] == pytest.approx(one.high - one.low)
        assert cost.loc[arm, "value"] - cost.loc[arm, "low"] == pytest.approx(one.mean - one.low)


# The figures ---------------------------------------------------------------------------------------------------------


def test_axis_has_the_unit_of_the_indicator(display: Display) -> None:
    assert axis_of(display, "carbon.mean_price", [5.0]) == (1.0, "Carbon allowance: Mean price (yuan/tCO₂)")
    factor, heading = axis_of(display, "actual_cost", [2.5e9])
    assert factor * 2.5e9 == pytest.approx(2.5)
    assert heading.endswith("(billion yuan)")
    assert axis_of(display, "efficiency", [0.9])[0] == 100.0
    factor, heading = axis_of(display, "water.volume", [7.0])  # rights of 1000 m3
    assert factor == 1000.0
    assert heading.endswith("(m³)")


def test_heat_map_has_a_cell_a_pair_and_marks_single_arms(display: Display) -> None:
    figure = heat_map(table(), "a.cap", "a.word", "carbon.mean_price", {"2y": "here"}, display)
    (trace,) = figure.data
    assert np.asarray(trace.z).tolist() == [[10.0, 20.0, 30.0], [15.0, 25.0, 35.0]]
    assert (list(trace.x), list(trace.y)) == (["1", "2", "3"], ["x", "y"])
    assert [list(row) for row in trace.customdata] == [["", "", ""], ["", "here", ""]]
    several = table()
    several = pd.concat([several, several.assign(arm=several["arm"] + "z", value=several["value"] + 2.0)])
    (trace,) = heat_map(several, "a.cap", "a.word", "carbon.mean_price", {"2y": "here"}, display).data
    assert np.asarray(trace.z)[0].tolist() == [11.0, 21.0, 31.0]
    assert all(mark == "" for row in trace.customdata for mark in row)


def test_response_is_a_line_over_numbers_and_bars_over_words(display: Display) -> None:
    one = table()[lambda rows: rows["a.word"] == "x"]
    line, points = response(one, "a.cap", "carbon.mean_price", {"1x": "here"}, display).data
    assert list(line.y) == [10.0, 20.0, 30.0]
    assert list(points.customdata) == ["here", "", ""]
    words = table()[lambda rows: rows["a.cap"] == 2.0]
    (bars,) = response(words, "a.word", "carbon.mean_price", {}, display).data
    assert (bars.type, list(bars.x), list(bars.y)) == ("bar", ["x", "y"], [20.0, 25.0])
    mean, points = response(table(), "a.word", "carbon.mean_price", {}, display).data
    assert list(mean.y) == [20.0, 25.0]
    assert len(points.y) == 6


def test_parallel_has_a_line_an_arm_from_lowest_to_highest(display: Display) -> None:
    kpis = ["carbon.mean_price", "actual_cost"]
    figure = parallel(table(), ["a.cap", "a.word"], kpis, "2x", {"2x": "here"}, display)
    lines = {trace.name: trace for trace in figure.data}
    assert list(lines["1x"].y) == [0.0, 0.0, 0.0, 1.0]
    assert list(lines["3y"].y) == [1.0, 1.0, 1.0, 0.0]
    assert lines["2x"].y[0] == 0.5
    assert lines["2x"].line.width > lines["1x"].line.width
    assert figure.data[-1].name == "2x"
    assert set(lines["2x"].customdata) == {"here"}


def test_pareto_marks_the_front(display: Display) -> None:
    kpis = ("carbon.shortfall", "actual_cost")
    figure = pareto(table(kpis), *kpis, None, {}, display)
    named = {trace.name: set(trace.text) for trace in figure.data if trace.text is not None}
    assert named[display.text("sweeps.on_front")] == {"1x", "2x", "3x"}
    assert named[display.text("sweeps.off_front")] == {"1y", "2y", "3y"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_figures_without_values_say_so(language: str) -> None:
    display = Display.of(scenario(), language)
    nothing = table().assign(value=np.nan)
    kpi, other = "actual_cost", "carbon.shortfall"
    made = [
        heat_map(nothing, "a.cap", "a.word", kpi, {}, display),
        response(nothing, "a.cap", kpi, {}, display),
        pareto(nothing, kpi, other, None, {}, display),
    ]
    for figure in made:
        assert display.text("figures.no_data") in [note.text for note in figure.layout.annotations]
