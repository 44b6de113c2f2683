"""Figures of accounts and cities show the sums of their tables, escape names, and say when there is nothing."""

import csv

import numpy as np
import pandas as pd
import pytest

from scenarios.city_layout import layout, layout_of
from scenarios.display import Display
from scenarios.figures import firms as shown
from scenarios.figures.places import city_bars, city_map, ratio
from scenarios.firm_tables import accounts_in, groups, history
from scenarios.loading import PROJECT
from tests.scenarios.fake_run import KEYS, scenario
from tests.scenarios.test_firm_tables import changed

LANGUAGES = ("en", "zh")


def words(language: str = "en") -> Display:
    return Display.of(scenario(), language)


def cities() -> pd.DataFrame:
    table = changed().assign(city=["nanchang", "jian", "jian", "ganzhou"] * 3)
    return groups(accounts_in(table, KEYS, "carbon", 2025), "city")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_curve_stands_on_amounts_with_units_and_marks_what_was_saved(language: str) -> None:
    curve = pd.DataFrame({"price": [0.0, 10.0, 20.0], "saved": [0.0, 2e9, 4e9]})
    figure = shown.cost_curve(curve, 10.0, 1.9e9, "water", words(language))
    factor = 1e12 / (1e9 if language == "en" else 1e8)  # water rights are 1,000 m3 each
    assert figure.data[0].x[-1] == pytest.approx(4.0 * factor)
    assert figure.data[2].x[0] == pytest.approx(1.9 * factor)
    assert figure.data[2].y[0] == 10.0
    assert set(figure.data[1].y) == {10.0}
    assert ("m³" if language == "en" else "立方米") in figure.layout.xaxis.title.text
    assert "yuan/1,000 m³" in figure.layout.yaxis.title.text or language == "zh"


def test_circles_stand_at_net_sales_and_burden_and_lead_to_their_firm() -> None:
    figure = shown.burden(accounts_in(changed(), KEYS, "carbon", 2025), "carbon", words(), lambda key: f"go {key}")
    power, paper = figure.data
    assert power.name == "power"
    assert list(power.x) == [-10.0, 10.0]
    assert list(power.y) == pytest.approx([111.0, -78.0])
    assert list(power.customdata) == ["go north", "go south"]
    assert list(paper.customdata) == ["go east"]  # west has no flow and does not trade
    assert figure.layout.yaxis.title.text == "Cost as share of revenue (%)"


def test_cost_stands_in_money_where_nobody_has_revenue_and_names_are_escaped() -> None:
    table = accounts_in(changed().assign(revenue=0.0, name_en="<b>&"), KEYS, "carbon", 2025)
    figure = shown.burden(table, "carbon", words())
    assert figure.layout.yaxis.title.text == "Cost (yuan)"
    assert list(figure.data[0].y) == [111.0, -78.0]
    assert figure.data[0].text[0].startswith("<b>&lt;b&gt;&amp;</b>")


def test_many_firms_are_drawn_by_the_graphics_card_and_small_sectors_together() -> None:
    rows = accounts_in(changed(), KEYS, "carbon", 2025).iloc[:3]
    many = pd.concat([rows.assign(sector=f"s{i}") for i in range(10)], ignore_index=True)
    figure = shown.burden(many, "carbon", words())
    assert len(figure.data) == shown.SHOWN_SECTORS + 1
    assert sum(len(trace.x) for trace in figure.data) == 30
    assert {trace.type for trace in figure.data} == {"scatter"}
    more = pd.concat([many] * 80, ignore_index=True)
    assert {trace.type for trace in shown.burden(more, "carbon", words()).data} == {"scattergl"}


def test_bars_add_up_to_the_table() -> None:
    table = accounts_in(changed(), KEYS, "carbon", 2025)
    figure = shown.allocation_by(groups(table, "sector"), "sector", "carbon", words(), lambda key: f"go {key}")
    allocated, flow = figure.data
    assert sum(allocated.x) == pytest.approx(table["allocated"].sum())
    assert sum(flow.x) == pytest.approx(table["flow"].sum())
    assert list(flow.text) == ["+0 %", "+0 %"]
    assert list(flow.customdata) == ["go power", "go paper"]
    hot = shown.allocation_by(cities(), "city", "carbon", words())
    assert list(hot.data[1].text) == ["\u221217 %", "+33 %"]  # 50 against 60, 40 against 30


def test_a_firm_over_time_shows_its_rows() -> None:
    rows = history(changed(), "south", scenario())
    figure = shown.firm_flows(rows[rows["instrument"] == "carbon"], "carbon", words())
    named = {trace.name: list(trace.y) for trace in figure.data}
    assert named["Allocated free of charge"] == [40.0] * 3
    assert named["Net purchases"] == [-10.0] * 3
    assert named["Flow"] == [30.0] * 3
    mine = changed()[lambda table: table["account"] == "south"]
    costs = {trace.name: list(trace.y) for trace in shown.firm_costs(mine, KEYS, words()).data}
    assert costs["Net payments for rights"] == [-98.0] * 3
    assert sum(map(sum, costs.values())) == pytest.approx(3 * (20.0 - 98.0))


@pytest.mark.parametrize("shade", ["change", "gap"])
def test_the_map_has_a_circle_for_each_city_with_area_by_flow(shade: str) -> None:
    table = cities()
    place = layout_of(table["city"])
    figure = city_map(table, place, shade, "carbon", words(), lambda key: f"go {key}", "jian")
    circles = figure.data[0]
    assert list(circles.marker.size) == table["flow"].tolist()
    assert circles.marker.sizemode == "area"
    assert list(circles.customdata) == [f"go {key}" for key in table["city"]]
    assert [(x, y) for x, y in zip(circles.x, circles.y, strict=True)] == [place.cities[key] for key in table["city"]]
    expected = np.nan_to_num(100.0 * ratio(table, shade).to_numpy())
    assert list(circles.marker.color) == pytest.approx(expected.tolist())
    edges = dict(zip(table["city"], circles.marker.line.width, strict=True))
    assert edges["jian"] > edges["nanchang"]


def test_cities_without_a_map_are_ranked() -> None:
    table = groups(accounts_in(changed(), KEYS, "carbon", 2025), "city")
    assert layout_of(table["city"]) is None
    assert layout_of([]) is None
    figure = city_bars(table, "gap", "carbon", words(), lambda key: f"go {key}")
    assert list(figure.data[0].x) == [60.0, 30.0]
    assert list(figure.data[0].customdata) == ["go Uptown", "go Downtown"]


def test_the_map_knows_every_city_of_jiangxi_once_and_keeps_them_apart() -> None:
    with (PROJECT / "data" / "jiangxi" / "cities.csv").open(encoding="utf-8") as file:
        known = [row["id"] for row in csv.DictReader(file)]
    place = layout("jiangxi")
    assert sorted(place.cities) == sorted(known)
    points = np.array(list(place.cities.values()))
    apart = np.hypot(*(points[:, None, :] - points[None, :, :]).transpose(2, 0, 1))
    assert apart[np.triu_indices(len(points), 1)].min() > 1.0
    # Order along the Gan, from its source to the lake, and the lake north of Nanchang's latitude.
    assert (
        place.cities["ganzhou"][1] < place.cities["jian"][1] < place.cities["nanchang"][1] < place.cities["jiujiang"][1]
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_said_in_words(language: str) -> None:
    display = words(language)
    none = accounts_in(changed(), KEYS, "carbon", 2025).iloc[:0]
    empty = pd.DataFrame({"price": [0.0], "saved": [0.0]})
    made = [
        shown.cost_curve(empty, 0.0, 0.0, "carbon", display),
        shown.burden(none, "carbon", display),
        shown.allocation_by(groups(none, "sector"), "sector", "carbon", display),
        shown.firm_flows(history(changed(), "west", scenario()).iloc[:0], "carbon", display),
        shown.firm_costs(changed().iloc[:0], KEYS, display),
        city_map(cities().iloc[:0], layout("jiangxi"), "gap", "carbon", display),
        city_bars(cities().iloc[:0], "gap", "carbon", display),
    ]
    for figure in made:
        assert display.text("figures.no_data") in [note.text for note in figure.layout.annotations]
