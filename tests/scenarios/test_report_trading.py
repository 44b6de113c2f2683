"""The section on trading: venues in words, what a mechanism does not have left out, rules' deeds by year."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scenarios import figures, load, run
from scenarios.comparison_words import in_words
from scenarios.display import Display, texts
from scenarios.figures.trading import rule_prices
from scenarios.kpis import kpis_of
from scenarios.report_sections import Page, about
from scenarios.report_sentences import instrument_sentences
from scenarios.report_tables import instrument_indicators
from scenarios.report_trading import rule_years, trading, venue_table
from scenarios.reports import report
from scenarios.results import RunResult
from tests.scenarios.fake_run import fake, scenario
from tests.scenarios.test_comparison_report import made_up
from tests.scenarios.test_market_quality import two_venues
from tests.scenarios.test_reports import LATIN_WORD, NOT_WORDS
from tests.scenarios.test_reports import Page as Read

LANGUAGES = ("en", "zh")
STEEP = {"prices": {2025: 20.0}}
RULES = [
    {"kind": "collar", "floor": {"prices": {2025: 9.0}}, "ceiling": STEEP, "stock": 50.0, "bought": "reserve"},
    {"kind": "emissions_containment_reserve", "trigger": {"prices": {2026: 11.0}}, "amount": {"share": 0.1}},
    {"kind": "price_limit", "band": 0.1},
]


def deeds() -> pd.DataFrame:
    """The collar starts with 50, sells 6 of it at 13 and 4 at 14, and buys 5 back at 18; the other withholds 2."""
    rows = [
        (0, "collar", "issued", "reserve", 50.0, 50.0, np.nan),
        (1, "auction", "offer", "sold", 30.0, np.nan, 330.0),
        (3, "collar", "reserve", "sold", 6.0, 44.0, 78.0),
        (4, "collar", "reserve", "sold", 4.0, 40.0, 56.0),
        (5, "emissions_containment_reserve", "offer", "cancelled", 2.0, 0.0, np.nan),
        (8, "collar", "sold", "reserve", 5.0, 45.0, 90.0),
        (9, "emissions_containment_reserve", "offer", "sold", 3.0, 0.0, 57.0),
    ]
    frame = pd.DataFrame(rows, columns=["period", "rule", "source", "target", "units", "reserve", "value"])
    return frame.assign(year=2025 + frame["period"] // 4, month=frame["period"] % 4 + 1, instrument="carbon")


def contained(**more: Any) -> RunResult:
    rights = scenario().model_dump(by_alias=True, mode="json")["instruments"]
    rights["carbon"] |= {"containment": RULES} | more
    made = fake()
    made.tables["containment"] = deeds()
    return made.result(instruments=rights)


def several() -> RunResult:
    """Carbon at a listing and in blocks, as in the tables of venues."""
    rights = scenario().model_dump(by_alias=True, mode="json")["instruments"]
    names = two_venues()["venue"].unique()
    kinds = ("order_book", "block")
    rights["carbon"]["venues"] = [
        {"name": str(name), "mechanism": {"kind": kind}} for name, kind in zip(names, kinds, strict=True)
    ]
    made = fake()
    water = made.tables["markets"][made.tables["markets"]["instrument"] == "water"]
    made.tables["markets"] = pd.concat([two_venues(), water], ignore_index=True)
    return made.result(instruments=rights)


def page(result: RunResult, language: Any) -> Page:
    return Page(display=Display.of_result(result, language), result=result)


def test_what_rules_did_is_added_up_by_year() -> None:
    found = rule_years(contained(), "carbon")
    assert found is not None
    rows = found.set_index(["year", "rule"])
    first, second, third = (rows.loc[(year, "collar")] for year in (2025, 2026, 2027))
    assert (first["released"], first["sold_for"], first["stock"]) == (6.0, 78.0, 44.0)
    assert (second["released"], second["sold_for"], second["kept"]) == (4.0, 56.0, 0.0)
    assert (third["kept"], third["bought_for"], third["stock"]) == (5.0, 90.0, 45.0)
    assert rows.loc[(2026, "emissions_containment_reserve"), "cancelled"] == 2.0
    # What was sold out of the offer, and what the auction did, are no deeds of a rule.
    assert (2027, "emissions_containment_reserve") not in rows.index
    assert len(rows) == 4


def test_the_main_results_say_what_each_rule_did() -> None:
    result = contained()
    said = " ".join(instrument_sentences(result, Display.of_result(result, "en"), "carbon"))
    assert (
        "The price collar brought 10\u00a0tCO₂ to the market. The price collar took 5\u00a0tCO₂ off the market." in said
    )
    assert said.endswith("The emissions containment reserve took 2\u00a0tCO₂ off the market.")
    result.tables["containment"] = deeds()[:2]
    said = " ".join(instrument_sentences(result, Display.of_result(result, "en"), "carbon"))
    assert said.endswith("The price collar moved no rights.")


def test_amounts_count_in_the_unit_of_their_column() -> None:
    result = fake().result()
    shown = instrument_indicators(result, Display.of_result(result, "en"))
    assert "1,000 m³" in shown
    row = re.search(r"<tr><th[^>]*>Volume traded</th>(.*?)</tr>", shown)
    assert row is not None
    assert re.findall(r">([\d,.]+)<", row[1]) == ["120", "12"]  # 12 of 1,000 m³, not 12,000 of them


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_of_deeds_has_units_and_leaves_out_what_nothing_moved(language: str) -> None:
    read = Read(trading(page(contained(), language)))
    words = texts(language)["trading"]
    heads = [text for tag, text in read.words if tag == "th"]
    shown = ("released", "kept", "cancelled", "sold_for", "bought_for", "stock")
    assert all(words[name] in heads for name in shown)
    unit, money = ("tCO₂", "yuan") if language == "en" else ("吨CO₂", "元")
    assert any(unit in text and money in text for tag, text in read.words if tag == "caption")
    result = contained()
    result.tables["containment"] = deeds()[:3]
    heads = [text for tag, text in Read(trading(page(result, language))).words if tag == "th"]
    assert words["kept"] not in heads
    assert words["stock"] in heads


def test_prices_show_where_rules_act_and_when_they_did() -> None:
    result = contained()
    rules, display = result.scenario.instruments["carbon"].containment, Display.of_result(result, "en")
    assert [(line, name) for line, name, _ in rule_prices(rules)] == [
        ("floor", "collar"), ("ceiling", "collar"), ("withhold", "emissions_containment_reserve"),
    ]  # fmt: skip
    figure = figures.prices(result.markets, result.prices, "carbon", display, rules, deeds())
    traces = {trace.name: trace for trace in figure.data}
    assert list(traces["Price floor"].x) == [2025, 2026, 2027, 2028]
    assert set(traces["Price ceiling"].y) == {20.0}
    assert list(traces["Trigger: emissions containment reserve"].x) == [2026, 2027, 2028]  # none before its first year
    released, taken = traces["A rule released rights"], traces["A rule took rights in"]
    assert list(released.y) == [13.0, 14.0]  # the price of periods 3 and 4
    assert list(released.x) == pytest.approx([2025.875, 2026.125])
    assert list(taken.x) == pytest.approx([2026.375, 2027.125])
    assert "6\u00a0tCO₂" in released.text
    assert released.marker.symbol != taken.marker.symbol
    assert figure.layout.yaxis.range[1] >= 20.0
    assert figure.layout.yaxis.title.text == "Traded price (yuan/tCO₂)"


def test_a_rule_far_above_all_prices_does_not_flatten_them() -> None:
    result = contained(containment=[{"kind": "collar", "ceiling": {"prices": {2025: 500.0}}}])
    rules = result.scenario.instruments["carbon"].containment
    figure = figures.prices(result.markets, result.prices, "carbon", Display.of_result(result, "en"), rules)
    assert "Price ceiling" not in [trace.name for trace in figure.data]
    assert figure.layout.yaxis.range[1] < 100.0


@pytest.mark.parametrize("language", LANGUAGES)
def test_venues_are_compared_in_words(language: str) -> None:
    result = several()
    sheet = page(result, language)
    read = Read(trading(sheet))
    heads = [text for tag, text in read.words if tag == "th"]
    mechanisms = texts(language)["rules"]["mechanisms"]
    for kind in ("order_book", "block"):
        assert any(mechanisms[kind] in head for head in heads)
    assert texts(language)["trading"]["all_venues"] in heads
    assert {"figure-venues-carbon", "figure-quotes-carbon-0"} <= set(sheet.figures)
    stacked = sheet.figures["figure-venues-carbon"]
    assert stacked.layout.barmode == "stack"
    volume = two_venues().groupby("venue", sort=False)["volume"].sum()
    assert [sum(trace.y) for trace in stacked.data] == pytest.approx(volume.tolist())
    assert stacked.layout.xaxis.title.text
    assert stacked.layout.yaxis.title.text.endswith(")") or "（" in stacked.layout.yaxis.title.text


def test_what_no_venue_has_is_left_out() -> None:
    result = several()
    display = Display.of_result(result, "en")
    block = [(f"carbon.{two_venues()['venue'].unique()[1]}", "carbon", "block")]
    shown = venue_table(result, display, block)
    assert "Bid-ask spread" not in shown
    assert "Discount of block trades" in shown
    assert "Depth near the mid (tCO₂)" not in shown
    assert "Mean price (yuan/tCO₂)" in shown
    result.kpis = kpis_of(fake().tables, scenario())
    assert "Fees" not in venue_table(result, display, [("carbon", "carbon", "call auction")])


def test_the_book_shows_bid_and_offer_with_a_band() -> None:
    result = several()
    venue = str(two_venues()["venue"].unique()[0])
    figure = figures.quotes(result.markets, "carbon", venue, Display.of_result(result, "en"))
    ask, bid, mean = figure.data
    assert (ask.name, bid.name, mean.name) == ("Best offer", "Best bid", "Mean price of the period")
    assert bid.fill == "tonexty"
    assert list(bid.y[:2]) == [9.0, 11.0]
    assert list(ask.y[:2]) == [11.0, 13.0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_run_is_names_venues_and_rules_once(language: str) -> None:
    told = about(page(contained(), language))
    words = texts(language)
    assert told.count(f"<dt>{words['about']['venues']}</dt>") == 1  # both rights at one call auction
    assert told.count(f"<dt>{words['about']['containment']}</dt>") == len(RULES)
    assert "20\u00a0yuan/tCO₂" in told if language == "en" else "20元/吨CO₂" in told


def test_the_chinese_report_of_a_run_with_rules_and_venues_is_chinese() -> None:
    for result in (contained(), several()):
        read = Read(report(result, "zh"))
        body = " ".join(word for tag, word in read.words if tag not in {"script", "style", "code"})
        for word in [*result.manifest["versions"], *two_venues()["venue"].unique()]:
            body = body.replace(word, "")
        assert set(LATIN_WORD.findall(body)) <= NOT_WORDS


def test_arms_are_called_by_their_mechanisms() -> None:
    found = made_up(seeds=2, arms={"call": 0.0, "listed+block": 1.0, "mine": 2.0})
    named = in_words(found, Display.of(found.scenario, "zh"))
    assert named.labels == ["集合竞价", "挂牌协议 + 大宗协议", "mine"]
    assert set(named.kpis["arm"]) == set(named.prices["arm"]) == set(named.labels)
    assert found.labels == ["call", "listed+block", "mine"]
    before, after = (one.differences.drop(columns="arm") for one in (found, named))
    pd.testing.assert_frame_equal(before, after)
    alike = in_words(made_up(seeds=1, arms={"call": 0.0, "call_auction": 1.0}), Display.of(found.scenario, "en"))
    assert alike.labels == ["call auction (call)", "call auction (call_auction)"]


def test_possible_gains_are_unknown_where_the_venue_itself_trades() -> None:
    changes = {"instruments.carbon.venues": "posted", "calendar.years": 4}
    result = run(load("textbook-banking", changes))
    assert np.isnan(result.kpis["carbon.gains_share"])
    traded = result.markets["volume"] > 0
    assert result.markets.loc[traded, "gains_possible"].isna().all()
