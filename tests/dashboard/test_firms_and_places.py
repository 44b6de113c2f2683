"""The pages about accounts, built without a browser: numbers in them, filters, both languages, nonsense, baselines."""

import base64
import re
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
from dash.development.base_component import Component

from dashboard.chosen import column
from dashboard.found import Arm, Found
from dashboard.pages import firms, places
from dashboard.view import Choice, View
from dashboard.words import Words, texts
from scenarios.display import Display
from scenarios.loading import load
from scenarios.results import RunResult
from scenarios.runner import run

LANGUAGES = ("en", "zh")
PAGES = {"firms": firms, "places": places}


def found_of(*results: RunResult, underway: bool = False) -> Found:
    arms = [Arm(Choice(r.scenario.name), r.scenario, f"arm {i}", (r,)) for i, r in enumerate(results)]
    return Found(tuple(arms), underway)


@pytest.fixture(scope="module")
def banking() -> Found:
    return found_of(run(load("textbook-banking", {"calendar.years": 3, "recording.trades": True}), 0))


@pytest.fixture(scope="module")
def jiangxi() -> Found:
    return found_of(run(load("jiangxi", {"calendar.years": 2}), 0))


def view(page: str, language: str = "en", right: str | None = None, **options: str) -> View:
    return View(language, page, Choice("textbook-banking"), right=right, options=options)


def build(seen: View, found: Found) -> Component:
    return PAGES[seen.page].content(seen, Words(seen.language), found)


def parts(node: object, kind: str) -> list[Component]:
    """Every component of a type within a page, in order."""
    if isinstance(node, (list, tuple)):
        return [one for child in node for one in parts(child, kind)]
    if not isinstance(node, Component):
        return []
    own = [node] if type(node).__name__ == kind else []
    return own + parts(getattr(node, "children", None), kind)


def said(node: object) -> str:
    if isinstance(node, (list, tuple)):
        return " ".join(said(child) for child in node)
    return said(getattr(node, "children", "")) if isinstance(node, Component) else str(node or "")


def picks(node: object) -> list[str]:
    marks = [button.to_plotly_json()["props"].get("data-pick") for button in parts(node, "Button")]
    return [mark for mark in marks if mark is not None]


def rows_of(page: Component, key: str) -> list[list[str]]:
    table = next(one for one in parts(page, "Table") if one.to_plotly_json()["props"].get("data-name") == key)
    return [[said(cell) for cell in parts(row, "Td")] for row in parts(table, "Tr")[1:]]


def charts(page: Component) -> dict[str, dict]:
    return {graph.id["key"]: plain(graph.figure) for graph in parts(page, "Graph")}


def plain(part: object) -> object:
    """A figure with lists where it packs numbers into bytes for the browser."""
    if isinstance(part, dict) and "bdata" in part:
        return np.frombuffer(base64.b64decode(part["bdata"]), dtype=part["dtype"]).tolist()
    if isinstance(part, dict):
        return {key: plain(value) for key, value in part.items()}
    return [plain(value) for value in part] if isinstance(part, (list, tuple)) else part


def number(text: str) -> float:
    return float(text.replace(",", "").replace("\u2212", "-"))


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_say_the_same_things(page: str) -> None:
    def keys(tree: dict, path: str = "") -> set[str]:
        return {
            key
            for name, value in tree.items()
            for key in (keys(value, f"{path}{name}.") if isinstance(value, dict) else {f"{path}{name}"})
        }

    def holes(tree: dict) -> set[str]:
        return {
            hole
            for value in tree.values()
            for hole in (holes(value) if isinstance(value, dict) else re.findall(r"{(\w+)}", str(value)))
        }

    english, chinese = texts(page, "en"), texts(page, "zh")
    assert keys(english) == keys(chinese)
    assert holes(english) == holes(chinese)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_built_in_both_languages(banking: Found, page: str, language: str) -> None:
    shown = build(view(page, language), banking)
    assert len(charts(shown)) >= 2
    assert not re.search(r"\bnan\b", said(shown))
    assert bool(re.search("[\u4e00-\u9fff]", said(shown))) == (language == "zh")
    controls = PAGES[page].controls(view(page, language), Words(language), banking.arm.scenario)
    names = {select.id["name"] for select in parts(controls, "Select")}
    assert ("firm" if page == "firms" else "shade") in names
    assert "right" not in names  # the frame above every page has it


def test_who_pays_most_is_there_at_once_and_adds_up(banking: Found) -> None:
    shown = build(view("firms", year="2026"), banking)
    rows = rows_of(shown, "firms-payers")
    assert len(rows) == 20
    totals = [number(row[7]) for row in rows]
    assert totals == sorted(totals, reverse=True)
    table = banking.result.firms.query("year == 2026")
    whole = (table["abatement_cost"] + table["payment_carbon"] + table["trading_cost"] + table["penalty"]).sum()
    assert sum(totals) == pytest.approx(whole, abs=0.2)
    for row in rows:
        assert sum(number(cell) for cell in row[3:7]) == pytest.approx(number(row[7]), abs=0.03)
    first = table.assign(total=table["abatement_cost"] + table["payment_carbon"]).sort_values("total").iloc[-1]
    assert picks(shown)[0] == f"firm={first['account']}"
    assert rows[0][0] == first["name_en"]


def test_bars_and_curve_have_the_sums_of_the_filtered_accounts(banking: Found) -> None:
    shown = charts(build(view("firms", year="2025", city="Northtown"), banking))
    rows = banking.result.firms.query("year == 2025 and city == 'Northtown'")
    allocated, flow = shown["firms-position"]["data"]
    assert sum(allocated["x"]) == pytest.approx(rows["allocated_carbon"].sum())
    assert sum(flow["x"]) == pytest.approx(rows["flow_carbon"].sum())
    saved = shown["firms-cost-curve"]["data"][2]["x"][0]
    assert saved == pytest.approx((rows["baseline_carbon"] - rows["flow_carbon"]).sum())
    points = [mark for trace in shown["firms-cost-sales"]["data"] for mark in trace["customdata"]]
    assert sorted(points) == sorted(f"pick:firm={account}" for account in rows["account"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_filters_that_leave_nobody_are_told_with_a_way_back(banking: Found, language: str) -> None:
    table = banking.result.firms.copy()
    table.loc[table["city"] == "Northtown", "sector"] = "trade"
    parted = found_of(replace(banking.result, tables={**banking.result.tables, "firms": table}))
    shown = build(view("firms", language, sector="trade", city="Southtown"), parted)
    assert Words(language).text("firms.nobody") in said(shown)
    assert picks(shown) == ["sector=", "city="]
    assert charts(shown) == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("account", ["2", "5"])
def test_a_firm_is_told_with_the_numbers_of_its_rows(banking: Found, language: str, account: str) -> None:
    shown = build(view("firms", language, firm=account, year="2026"), banking)
    display, text = banking.arm.display(language), said(shown)
    rows = banking.result.firms[banking.result.firms["account"] == int(account)]
    row = rows[rows["year"] == 2026].iloc[0]
    for amount in (row["flow_carbon"], row["allocated_carbon"], abs(row["net_purchase_carbon"])):
        assert display.amount("carbon", amount) in text
    assert display.money(row["abatement_cost"]) in text
    assert display.share(1.0 - row["flow_carbon"] / row["baseline_carbon"]) in text
    total = rows["abatement_cost"].sum() + rows["payment_carbon"].sum()
    assert display.money(abs(total)) in text
    assert row[f"name_{language}"] in text
    assert "firm=" in picks(shown)
    flow = charts(shown)["firm-flows"]["data"][3]
    assert list(flow["y"]) == pytest.approx(rows["flow_carbon"].tolist())
    assert len(rows_of(shown, "firm-years")) == 3


def test_a_sentence_reads_well(banking: Found) -> None:
    rows = banking.result.firms
    seller = rows.query("year == 2025 and net_purchase_carbon < 0").iloc[0]
    text = said(build(view("firms", firm=str(seller["account"]), year="2025"), banking))
    assert re.search(
        r"In 2025 it emitted [\d.]+\sunit, [\d.]+\s% less than without measures\. It got [\d.]+\sunit free of charge, "
        r"sold [\d.]+\sunit on balance and received [\d.]+\sunit of account for it\. "
        r"At the deadline nothing was missing\. Its measures and output cuts",
        text,
    )


def test_single_trades_are_listed_where_they_are_kept(banking: Found) -> None:
    assert "trades" in banking.result.tables
    text = said(build(view("firms", firm="2"), banking))
    assert Words("en").text("firms.story.no_trades") in text  # an auction has no single trades


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "options",
    [
        {"year": "²"}, {"year": "999999999999"}, {"year": "-1"}, {"year": ""}, {"size": "<script>", "sector": "nope"},
        {"city": "nowhere"}, {"firm": "<b>x"}, {"firm": "0"}, {"shade": "x", "year": "all"},
    ],
)  # fmt: skip
def test_nonsense_is_taken_as_not_given(banking: Found, page: str, options: dict[str, str]) -> None:
    seen = view(page, right="no-such-right", **options)
    shown = build(seen, banking)
    assert len(charts(shown)) >= 2
    assert PAGES[page].controls(seen, Words("en"), banking.arm.scenario) is not None
    for name in ("firm", "city"):
        if options.get(name) and (page, name) != ("firms", "city") and (page, name) != ("places", "firm"):
            assert options[name] in said(shown)  # the remark names what was not found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_without_a_result_the_page_says_why(banking: Found, page: str, language: str) -> None:
    none = Found((replace(banking.arm, results=()),))
    words = Words(language)
    assert words.text(f"{page}.nothing") in said(build(view(page, language), none))
    assert words.text(f"{page}.waiting") in said(build(view(page, language), replace(none, underway=True)))
    tables = {name: table for name, table in banking.result.tables.items() if name not in {"firms", "measures"}}
    bare = found_of(replace(banking.result, tables=tables))
    assert words.text(f"{page}.unrecorded") in said(build(view(page, language), bare))


def test_a_baseline_gives_paired_differences(banking: Found) -> None:
    table = banking.result.firms.copy()
    table["penalty"] += 7.0
    table["flow_carbon"] += 0.25
    worse = replace(banking.result, tables={**banking.result.tables, "firms": table})
    both = found_of(worse, banking.result)
    rows = rows_of(build(view("firms", year="2025"), both), "firms-payers")
    assert [number(row[-1]) for row in rows] == pytest.approx([7.0] * 20)
    rows = rows_of(build(view("firms", firm="3"), both), "firm-years")
    assert [number(row[-1]) for row in rows] == pytest.approx([0.25] * 3)
    rows = rows_of(build(view("places", year="2025"), both), "places-balance")
    assert [number(row[-1]) for row in rows] == pytest.approx([2.5, 2.5, 5.0])
    alone = rows_of(build(view("firms", year="2025"), found_of(worse)), "firms-payers")
    assert len(alone[0]) == len(rows_of(build(view("firms", year="2025"), both), "firms-payers")[0]) - 1


def test_cities_add_up_and_pay_each_other(banking: Found) -> None:
    shown = build(view("places", year="2025", city="Southtown"), banking)
    rows = rows_of(shown, "places-balance")
    table = banking.result.firms.query("year == 2025")
    assert number(rows[-1][2]) == pytest.approx(table["flow_carbon"].sum(), abs=0.01)
    assert number(rows[-1][4]) == pytest.approx(90.0, abs=0.01)  # the cap
    assert number(rows[0][7]) == pytest.approx(-number(rows[1][7]))
    assert number(rows[-1][7]) == 0.0
    assert set(charts(shown)) == {"places-bars", "places-position", "places-city"}
    assert {"city=", "city=Southtown"} <= set(picks(shown))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_province_has_a_map_and_its_pages_add_up(jiangxi: Found, language: str) -> None:
    result = jiangxi.result
    seen = View(language, "places", Choice("jiangxi"), right="water", options={"year": "2026", "shade": "gap"})
    shown = build(seen, jiangxi)
    circles = charts(shown)["places-map"]["data"][0]
    rows = result.firms.query("year == 2026")
    assert sum(circles["marker"]["size"]) == pytest.approx(rows["flow_water"].sum())
    assert len(circles["customdata"]) == 11
    assert ("Nanchang" if language == "en" else "南昌") in said(shown)

    for right in ("carbon", "cod"):
        seen = View(language, "firms", Choice("jiangxi"), right=right, options={"year": "2026"})
        figures = charts(build(seen, jiangxi))
        curve, price, mark = figures["firms-cost-curve"]["data"]
        assert (np.diff(curve["y"]) > 0).all()
        assert (np.diff(curve["x"]) >= -1e-9 * curve["x"][-1]).all()
        at_price = np.interp(price["y"][0], curve["y"], curve["x"])
        assert mark["x"][0] == pytest.approx(at_price, rel=0.2)  # expectations and knowledge differ from the mean price
    seen = View(language, "firms", Choice("jiangxi"), options={"firm": "power-fengcheng"})
    story = build(seen, jiangxi)
    assert ("Fengcheng" if language == "en" else "丰城") in said(story)
    assert len(rows_of(story, "firm-years")) == 2 * 7


def test_a_column_has_the_same_digits_in_every_row() -> None:
    display = Display.of(load("textbook-banking"), "en")
    assert column([1234.5, -2.0, np.nan, 0.0], 1.0, display) == ["1,234", "\u22122", "–", "0"]
    assert column([12.346, -0.0004], 1.0, display) == ["12.35", "0.00"]
    assert column([0.0, 0.0], 10.0, display) == ["0", "0"]
    assert column([], 1.0, display) == []


def test_pages_offer_what_the_shell_expects() -> None:
    for page in (firms, places):
        assert isinstance(page, ModuleType)
        assert page.needs_runs is True
        assert callable(page.controls)
        assert callable(page.content)
