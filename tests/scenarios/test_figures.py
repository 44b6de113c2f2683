"""Figures show the numbers of the tables, with units on their axes, in both languages."""

import json

import numpy as np
import pytest

from scenarios import figures
from scenarios.display import Display
from scenarios.figures.burden import costs
from tests.scenarios.fake_run import KEYS, fake, scenario

LANGUAGES = ("en", "zh")


def words(language: str, **changes: object) -> Display:
    return Display.of(scenario(**changes), language)


def every(made, display: Display) -> dict[str, object]:
    tables = made.tables
    found = {
        "compliance": figures.compliance(tables["compliance"], display),
        "sector": figures.cost_by(tables["firms"], "sector", list(KEYS), display),
        "city": figures.cost_by(tables["firms"], "city", list(KEYS), display),
        "ladder": figures.ladder(tables["ladder"], display),
    }
    for key in KEYS:
        found |= {
            f"prices-{key}": figures.prices(tables["markets"], tables["prices"], key, display),
            f"volumes-{key}": figures.volumes(tables["markets"], key, display),
            f"flows-{key}": figures.flows(tables["prices"], tables["instruments"], key, display),
            f"bank-{key}": figures.bank(tables["compliance"], key, display),
            f"abatement-{key}": figures.abatement(tables["measures"], key, display),
        }
    return found


def trace(figure, name: str):
    return next(one for one in figure.data if one.name == name)


def test_prices_show_what_traded_beside_the_plan() -> None:
    figure = every(fake(), words("en"))["prices-carbon"]
    assert list(trace(figure, "Traded price").y) == list(np.arange(10.0, 22.0))
    assert trace(figure, "Traded price").x[0] == pytest.approx(2025.125)
    plan = trace(figure, "Least-cost plan")
    assert list(plan.x) == [2025, 2026, 2027, 2028]
    assert set(plan.y) == {13.0}
    assert figure.layout.yaxis.title.text == "Traded price (yuan/tCO₂)"
    # 21 of a bound of 30 is near; water's 200 of 10,000 is not.
    assert "Most that anybody would pay" in [one.name for one in figure.data]
    water = every(fake(), words("en"))["prices-water"]
    assert "Most that anybody would pay" not in [one.name for one in water.data]


def test_peaks_at_the_bound_are_cut_off_and_told_and_settlement_is_shaded() -> None:
    made = fake()
    markets = made.tables["markets"]
    peak = (markets["instrument"] == "carbon") & (markets["period"] == 3)
    markets.loc[peak, ["price", "backstop"]] = 20_000.0
    markets.loc[~peak, "backstop"] = 20_000.0
    figure = figures.prices(markets, made.tables["prices"], "carbon", words("en"))
    assert figure.layout.yaxis.range[1] < 50.0
    assert [one.text for one in figure.layout.annotations] == ["Peaks cut off: 1, up to 20,000\u00a0yuan/tCO₂"]
    assert not figure.layout.shapes
    late = markets.assign(year=markets["year"] + 1)
    shade = figures.prices(late, made.tables["prices"], "carbon", words("en")).layout.shapes[0]
    assert (shade.x0, shade.x1) == (2028, 2029)


def test_amounts_are_stated_in_the_unit_of_the_right() -> None:
    # Water counts in thousands of m3: 4 rights are 4,000 m3.
    figure = every(fake(), words("en"))["volumes-water"]
    assert figure.layout.yaxis.title.text == "Volume (m³)"
    assert max(figure.data[0].y) == 4000.0
    assert every(fake(), words("zh"))["flows-water"].layout.yaxis.title.text == "实际量 (万立方米)"
    flows = every(fake(), words("zh"))["flows-water"]
    assert trace(flows, "总量目标").y[0] == pytest.approx(10.0)
    assert trace(flows, "不采取措施").y[0] == pytest.approx(4 * 30 * 1000 / 1e4)


def test_banks_are_what_was_carried_over() -> None:
    bank = every(fake(), words("en"))["bank-carbon"].data[0]
    assert list(bank.x) == [2025, 2026, 2027]
    assert list(bank.y) == [4.0, 4.0, 4.0]


def test_small_measures_are_shown_together_and_nothing_is_lost() -> None:
    figure = every(fake(), words("en"))["abatement-carbon"]
    assert len(figure.data) == 8
    assert sum(one.y[0] for one in figure.data) == pytest.approx(45.0)
    assert figure.data[0].name == "power: measure-9"
    negative = every(fake(), words("en"))["abatement-water"].data[0]
    assert list(negative.y) == [-2000.0] * 3


def test_costs_add_up_by_sector_and_by_city() -> None:
    firms = fake().tables["firms"]
    for column in ("sector", "city"):
        table = costs(firms, column, list(KEYS))
        assert table["abatement_cost"].sum() == pytest.approx(300.0)
    assert costs(firms, "sector", list(KEYS)).loc["paper", "abatement_cost"] == pytest.approx(210.0)


def test_the_ladder_goes_from_least_cost_to_actual_cost() -> None:
    waterfall = every(fake(), words("en"))["ladder"].data[0]
    assert list(waterfall.measure) == ["absolute", "relative", "relative", "relative", "relative", "total"]
    assert sum(waterfall.x[:-1]) == pytest.approx(waterfall.x[-1])
    assert "does not start at zero" in every(fake(), words("en"))["ladder"].layout.xaxis.title.text
    assert every(fake(), words("en"))["ladder"].layout.xaxis.range[0] > 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_has_axes_with_titles_and_nothing_from_outside(language: str) -> None:
    for name, figure in every(fake(), words(language)).items():
        text = figure.to_json()
        assert "http" not in text, name
        axes = figure.layout.xaxis.title.text, figure.layout.yaxis.title.text
        assert any(axes), name
        if name.partition("-")[0] in {"prices", "volumes", "flows", "bank", "abatement"}:
            assert all(axes), name
            assert "(" in axes[1], name
        if language == "zh":
            assert not any("Year" in str(axis) for axis in axes), name
    assert figures.CONFIG["showSendToCloud"] is False


@pytest.mark.parametrize("language", LANGUAGES)
def test_empty_and_missing_values_give_a_figure_that_says_so(language: str) -> None:
    made = fake()
    for name, frame in made.tables.items():
        numbers = [column for column in frame if frame[column].dtype.kind == "f"]
        made.tables[name] = frame.assign(**dict.fromkeys(numbers, np.nan))
    for name, figure in every(made, words(language)).items():
        json.loads(figure.to_json())
        if name.startswith(("prices", "volumes", "bank", "compliance", "ladder")):
            assert figure.layout.annotations[0].text == words(language).text("figures.no_data"), name
    made = fake()
    made.tables = {name: frame.iloc[:0] for name, frame in made.tables.items()}
    for figure in every(made, words(language)).values():
        json.loads(figure.to_json())


def test_tables_are_not_changed() -> None:
    made, untouched = fake(), fake()
    every(made, words("en"))
    for name, frame in made.tables.items():
        assert frame.equals(untouched.tables[name])


@pytest.mark.parametrize(
    ("value", "en", "zh"),
    [
        (0.0, "0", "0"),
        (71.2345, "71.23", "71.23"),
        (-0.5, "−0.5", "−0.5"),
        (12_345.6, "12,346", "1.235万"),
        (2.5e6, "2.5 million", "250万"),
        (3.25e9, "3.25 billion", "32.5亿"),
        (float("nan"), "–", "–"),
    ],
)
def test_numbers_are_worded_as_each_language_counts(value: float, en: str, zh: str) -> None:
    assert words("en").number(value) == en
    assert words("zh").number(value) == zh


def test_shares_never_round_to_all_or_none() -> None:
    display = words("en")
    given = [0.0, 1e-6, 0.0004, 0.5, 0.9996, 0.999999, 1.0, -0.25, 3.5]
    assert [display.share(value).replace("\u00a0", "") for value in given] == [
        "0.0%", "< 0.01%", "0.04%", "50.0%", "99.96%", "> 99.99%", "100.0%", "−25.0%", "350.0%",
    ]  # fmt: skip
