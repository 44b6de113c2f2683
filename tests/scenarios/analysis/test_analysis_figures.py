"""Figures and words of the analysis show the numbers of the tables, with units, in both languages."""

import re

import numpy as np
import pandas as pd
import pytest

from scenarios.analysis.bands import outcome_bands, series_bands
from scenarios.analysis.boxes import Box, Limit
from scenarios.analysis.conditions import parse_conditions
from scenarios.analysis.discovery import Discovery, discover
from scenarios.analysis.robustness import robustness, satisficing
from scenarios.analysis.sensitivity import sensitivity
from scenarios.analysis.words import (
    box_sentence,
    discovery_note,
    limit_words,
    parameter_value,
    policy_names,
    sensitivity_note,
)
from scenarios.display import Display, texts
from scenarios.figures.discovery import box_limits, peeling
from scenarios.figures.robustness import fan, regret_bars, satisficing_bars, spread
from scenarios.figures.sensitivity import ranking_bars
from tests.scenarios.analysis.made_runs import DECLARED, Parameter, crossed_runs, fail, joint_runs, parameters, planted
from tests.scenarios.analysis.test_sensitivity import cube, saltelli, sample_morris
from tests.scenarios.fake_run import scenario

PRICE = "carbon.mean_price"
NAMES = ("cap", "growth", "nothing")
GROWTH, FIRMS, VENUE, BANKING, COST = DECLARED
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(params=["en", "zh"])
def display(request) -> Display:
    return Display.of(scenario(), request.param)


@pytest.fixture
def english() -> Display:
    return Display.of(scenario(), "en")


def drawn(figure, name: str):
    return next(trace for trace in figure.data if trace.name == name)


def titled(figure) -> str:
    return figure.layout.xaxis.title.text


def priced(sample: np.ndarray, seeds: int) -> np.ndarray:
    noise = np.random.default_rng(1).normal(size=(len(sample), seeds))
    return (100 - 50 * sample[:, 0] + 20 * sample[:, 1])[:, None] + noise


def sobol_table() -> pd.DataFrame:
    sample = saltelli(3, 64)
    price = priced(sample, 3)
    price[5, 2] = np.nan
    return sensitivity(joint_runs(sample, NAMES, {PRICE: price}), parameters(NAMES), [PRICE], "sobol", sample)


def policies(seeds: int = 2) -> pd.DataFrame:
    worlds = np.linspace(0.0, 1.0, 20)
    return crossed_runs(
        {"floor": [0.0, 30.0, 60.0]}, {"demand": worlds}, seeds,
        {PRICE: lambda c, s: np.maximum(20.0 + 60.0 * c["demand"], c["floor"]) + s},
    )  # fmt: skip


# Sensitivities -------------------------------------------------------------------------------------------------------


def test_bars_are_the_indices_in_percent_largest_first(display):
    table = sobol_table()
    figure = ranking_bars(table, PRICE, {"cap": "Cap <scale>"}, display)
    total = drawn(figure, display.text("analysis.total"))
    rows = table[table["index"] == "total"].set_index("parameter")
    assert list(total.y) == ["Cap &lt;scale&gt;", "growth", "nothing"]
    assert list(total.x) == pytest.approx(100 * rows["value"].reindex(["cap", "growth", "nothing"]))
    assert list(total.error_x.array) == pytest.approx(100 * (rows["high"] - rows["value"]))
    assert drawn(figure, display.text("analysis.first")).x[0] == pytest.approx(100 * table["value"][0])
    assert titled(figure).endswith("%")
    assert "<br>" in titled(figure)


def test_effects_carry_the_unit_of_the_outcome_and_their_direction(display):
    sample = sample_morris.sample(cube(3), 8, num_levels=4, seed=5)
    price = priced(sample, 2)
    table = sensitivity(joint_runs(sample, NAMES, {PRICE: price}), parameters(NAMES), [PRICE], "morris", sample)
    figure = ranking_bars(table, PRICE, {}, display)
    assert "cap" in drawn(figure, display.text("analysis.lowers")).y
    assert "growth" in drawn(figure, display.text("analysis.raises")).y
    assert display.price_unit("carbon") in titled(figure)
    noise = table[table["index"] == "noise"].set_index("parameter")["value"]
    alone = drawn(figure, display.text("analysis.seeds_alone"))
    assert alone.x[0] == pytest.approx(np.sqrt(2 / np.pi) * noise["cap"])
    low = table.loc[table["index"].isin(["mu_star", "sigma"]), "low"]
    assert (low >= 0.0).all()


def test_what_the_indices_are_and_what_is_left_out_is_told(display):
    table = sobol_table()
    said = sensitivity_note(display, table, PRICE)
    assert display.share(table["noise_share"][0]) in said
    assert "64" in said
    assert display.fill("analysis.missing", failed=1, left_out=0) in said
    single = sensitivity(
        joint_runs(saltelli(3, 8), NAMES, {PRICE: saltelli(3, 8)[:, :1]}), parameters(NAMES), [PRICE], "", None
    )
    assert display.text("analysis.noise.unknown") in sensitivity_note(display, single, PRICE)


def test_what_does_not_vary_says_so_and_unknown_outcomes_go_by_their_name(display):
    sample = saltelli(3, 8)
    runs = joint_runs(sample, NAMES, {"odd": np.ones((len(sample), 1))})
    table = sensitivity(runs, parameters(NAMES), ["odd"], "sobol", sample, resamples=3)
    figure = ranking_bars(table, "odd", {}, display)
    assert figure.layout.annotations[0].text == display.text("figures.no_data")
    assert titled(figure).startswith("odd")


# Boxes ---------------------------------------------------------------------------------------------------------------


def test_limits_in_words(english):
    names = {"growth": "Growth"}
    assert limit_words(english, Limit("growth", low=0.06012), GROWTH, names) == "Growth ≥ 0.0601\u00a0per year"
    assert limit_words(english, Limit("cost", high=400.0), COST, {}) == "cost ≤ 400\u00a0yuan/t"
    assert limit_words(english, Limit("firms", low=5, high=12), FIRMS, {}) == "firms from 5 to 12"
    assert limit_words(english, Limit("venue", values=("call", "auction")), VENUE, {}) == "venue = call or auction"
    assert limit_words(english, Limit("banking", values=(False,)), BANKING, {}) == "banking = off"
    floor = Parameter("floor", path="carbon.floor", unit="money/unit")
    assert parameter_value(english, floor, 40.0) == "40\u00a0yuan/tCO₂"


def test_a_box_in_a_sentence(english):
    limits = (Limit("growth", low=0.06), Limit("banking", values=(False,)))
    box = Box(limits, coverage=0.8, density=0.9, mass=0.1, points=100, failing=90)
    found = Discovery("prim", parse_conditions(f"{PRICE} > 150"), 0.5, (box,), (), pd.DataFrame(), 1000, 112, 1, 7)
    assert box_sentence(english, found, box, DECLARED) == (
        "Carbon allowance: Mean price > 150\u00a0yuan/tCO₂ in 90.0\u00a0% of the points with growth ≥ 0.06\u00a0per "
        "year and banking = off (90 of 100; 11.2\u00a0% of all points). "
        "These are 80.0\u00a0% of all points where it does."
    )
    assert discovery_note(english, found) == (
        "Carbon allowance: Mean price > 150\u00a0yuan/tCO₂: in 112 of 1000 points (11.2\u00a0%). Runs that cannot be "
        "judged (failed, or without such a value): 7; points left out because they have no other run: 1."
    )


def test_every_outcome_of_a_search_for_boxes_has_words_in_chinese():
    chinese = Display.of(scenario(), "zh")
    runs = planted(300)
    for bound in (0, 150, 1000):
        found = discover(fail(runs, [3], [PRICE]), DECLARED, f"{PRICE} > {bound}")
        assert CHINESE.search(discovery_note(chinese, found))
        for box in found.boxes:
            said = box_sentence(chinese, found, box, DECLARED)
            assert CHINESE.search(said)
            assert chinese.share(box.density) in said
    assert set(texts("zh")["analysis"]) == set(texts("en")["analysis"])


def test_a_box_stands_where_its_limits_are_in_what_was_tried(display):
    limits = (Limit("growth", low=0.06), Limit("firms", low=5, high=12), Limit("venue", values=("call", "auction")))
    box = Box(limits, coverage=0.8, density=0.9, mass=0.1)
    figure = box_limits(box, DECLARED, {"growth": "Growth"}, display)
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    assert list(lines[1].x) == pytest.approx([0.6, 1.0])
    assert list(lines[3].x) == pytest.approx([4 / 19, 11 / 19])
    dots = next(trace for trace in figure.data if trace.mode == "markers")
    assert [colour != "white" for colour in dots.marker.color] == [True, False, True, False]
    assert list(figure.layout.yaxis.ticktext) == ["Growth", "firms", "venue"]
    said = " ".join(note.text for note in figure.layout.annotations)
    assert f"≥\u00a0{parameter_value(display, GROWTH, 0.06)}" in said
    for share in (0.8, 0.9, 0.1):
        assert display.share(share) in said


def test_a_logarithmic_range_is_drawn_on_its_scale(english):
    cost = Parameter("cost", low=10.0, high=1000.0, unit="yuan/t")
    object.__setattr__(cost, "scale", "log")
    figure = box_limits(Box((Limit("cost", low=100.0),), 1.0, 1.0, 0.5), (cost,), {}, english)
    assert list(figure.data[1].x) == pytest.approx([0.5, 1.0])


def test_no_box_shows_words_instead(display):
    assert box_limits(None, DECLARED, {}, display).layout.annotations[0].text == display.text("figures.no_data")


def test_the_peeling_marks_what_was_chosen(display):
    found = discover(planted(1000), DECLARED, f"{PRICE} > 150")
    figure = peeling(found, display)
    steps = found.trajectory[found.trajectory["box"] == 0]
    assert list(figure.data[0].x) == pytest.approx(100 * steps["coverage"])
    own = steps[steps["chosen"]].iloc[0]
    mark = drawn(figure, display.text("analysis.chosen"))
    assert (mark.x[0], mark.y[0]) == pytest.approx((100 * own["coverage"], 100 * own["density"]))
    empty = discover(planted(100), DECLARED, f"{PRICE} > 9999")
    assert peeling(empty, display).layout.annotations[0].text == display.text("figures.no_data")


# Policies ------------------------------------------------------------------------------------------------------------


def test_policies_are_called_by_their_levers(english):
    levers = (Parameter("floor", "lever", "carbon.floor", unit="money/unit"), Parameter("demand"))
    assert policy_names(english, policies(), levers) == {
        number: f"floor = {floor}\u00a0yuan/tCO₂" for number, floor in enumerate((0, 30, 60))
    }


def test_regret_is_drawn_most_robust_first(display):
    table = robustness(policies(), {PRICE: "lower"})
    figure = regret_bars(table, PRICE, {0: "none", 1: "thirty", 2: "sixty"}, display)
    mean = drawn(figure, display.text("analysis.regret_mean"))
    assert list(mean.y) == ["none", "thirty", "sixty"]
    by_metric = table.pivot_table(index="policy", columns="metric", values="value")
    assert list(mean.x) == pytest.approx(by_metric["regret_mean"])
    assert list(drawn(figure, display.text("analysis.regret_max")).x) == pytest.approx([0.0, 10.0, 40.0])
    assert display.price_unit("carbon") in titled(figure)


def test_shares_of_worlds_have_their_intervals_and_conditions(display):
    conditions = parse_conditions(f"{PRICE} < 70 and {PRICE} > 25")
    table = satisficing(policies(), conditions)
    figure = satisficing_bars(table, conditions, {0: "none", 1: "thirty", 2: "sixty"}, display)
    bar = figure.data[0]
    best = table.sort_values("value", ascending=False, kind="stable")
    assert list(bar.x) == pytest.approx(100 * best["value"])
    assert list(bar.error_x.arrayminus) == pytest.approx(100 * (best["value"] - best["low"]))
    assert "70" in figure.layout.annotations[0].text
    assert display.price_unit("carbon") in figure.layout.annotations[0].text


def test_spread_shows_quantiles_and_the_fan_a_panel_a_policy(display):
    runs = policies()
    bands = outcome_bands(runs, [PRICE])
    figure = spread(bands, PRICE, {0: "none", 1: "thirty", 2: "sixty"}, display)
    median = drawn(figure, display.text("analysis.median"))
    assert list(median.x) == pytest.approx(bands.loc[bands["quantile"] == 0.5, "value"])
    outer = drawn(figure, display.fill("analysis.quantiles", low="5", high="95"))
    assert list(outer.x[:2]) == pytest.approx(bands["value"].iloc[[0, 4]])
    series = pd.concat([runs[["run"]].assign(year=2025 + k, price=runs[PRICE] + k) for k in range(3)])
    figure = fan(series_bands(series, runs, ["price"]), "Price (yuan/tCO₂)", {0: "none", 2: "sixty"}, display)
    lines = [trace for trace in figure.data if trace.mode == "lines+markers"]
    assert [line.name for line in lines] == ["none", "sixty"]
    assert [line.xaxis for line in lines] == ["x", "x2"]
    assert list(lines[0].x) == [2025, 2026, 2027]
    expected = runs.loc[runs["policy"] == 0, PRICE].median()
    assert list(lines[0].y) == pytest.approx([expected, expected + 1, expected + 2])
    assert figure.layout.yaxis.title.text == "Price (yuan/tCO₂)"
    assert figure.layout.xaxis2.domain[0] == pytest.approx(0.5)


def test_tables_without_a_number_show_words(display):
    runs = policies()
    broken = fail(runs, runs["run"].tolist(), [PRICE])
    conditions = parse_conditions(f"{PRICE} > 1")
    made = [
        regret_bars(robustness(broken, {PRICE: "lower"}), PRICE, {}, display),
        spread(outcome_bands(broken, [PRICE]), PRICE, {}, display),
        satisficing_bars(satisficing(broken, conditions), conditions, {}, display),
    ]
    for figure in made:
        assert display.text("figures.no_data") in [note.text for note in figure.layout.annotations]
