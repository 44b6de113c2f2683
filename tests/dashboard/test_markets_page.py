"""The page of markets is built for every kind of venue, in both languages, and for views that make no sense."""

import base64
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from dash import dcc
from dash.development.base_component import Component

from dashboard.found import Arm, Found
from dashboard.pages import markets
from dashboard.view import Choice, View
from dashboard.words import Words, texts
from scenarios import load, run

LANGUAGES = ("en", "zh")
KEPT = {"recording.trades": True, "recording.sessions": True, "calendar.years": 2}
VENUES: dict[str, Any] = {
    "call": "call_auction",
    "book": "order_book",
    "bilateral": "bilateral",
    "sealed": [{"name": "sealed", "mechanism": {"kind": "sealed_bid"}}, "call_auction"],
}
OPEN = {"price", "volume", "flow", "bank"}
SHOWN = {
    "call": OPEN | {"curves"},
    "book": OPEN | {"wanted", "book", "quotes", "spread", "depth", "trades", "month", "network"},
    "bilateral": OPEN | {"wanted", "trades", "month", "network"},
    "sealed": OPEN - {"volume"} | {"venues", "curves"},
}


@cache
def arm(name: str, seeds: int = 1, **more: Any) -> Arm:
    changes = {"instruments.carbon.venues": VENUES[name], **KEPT, **more}
    if name == "sealed":
        changes["instruments.carbon.allocation.auction_share"] = 0.5
    scenario = load("textbook-banking", changes)
    results = tuple(run(scenario, seed) for seed in range(seeds))
    return Arm(Choice("textbook-banking", changes), scenario, f"{name} {seeds}", results)


def view(language: Any = "en", **options: str) -> View:
    return View(language, "markets", Choice("textbook-banking"), options=options)


def content(seen: View, found: Found) -> Component:
    markets.controls(seen, Words(seen.language), found.arm.scenario)
    return markets.content(seen, Words(seen.language), found)


def parts(component: Any) -> list[Any]:
    """Return everything in a component, with itself."""
    if isinstance(component, (list, tuple)):
        return [one for part in component for one in parts(part)]
    if isinstance(component, Component):
        return [component, *parts(getattr(component, "children", None))]
    return [component]


def charts(component: Component) -> dict[str, go.Figure]:
    """Return the figures of a page by name, without the right's."""
    graphs = [one for one in parts(component) if isinstance(one, dcc.Graph)]
    return {one.id["key"].rpartition("-")[0]: go.Figure(decoded(one.figure)) for one in graphs}


def decoded(part: Any) -> Any:
    """Return a figure with its arrays as numbers, which go to the browser as bytes."""
    if isinstance(part, dict) and "bdata" in part:
        shape = [int(n) for n in str(part["shape"]).split(",")] if "shape" in part else -1
        return np.frombuffer(base64.b64decode(part["bdata"]), part["dtype"]).reshape(shape)
    if isinstance(part, dict):
        return {key: decoded(value) for key, value in part.items()}
    return [decoded(one) for one in part] if isinstance(part, (list, tuple)) else part


def told(component: Component) -> str:
    return " ".join(one for one in parts(component) if isinstance(one, str))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", VENUES)
def test_the_page_shows_what_the_venue_has(name: str, language: str) -> None:
    found = content(view(language), Found((arm(name),)))
    assert set(charts(found)) == SHOWN[name]
    assert "{" not in told(found)
    if name == "call":
        assert texts("markets", language)["one_price"] in told(found)


def test_the_session_shown_is_that_of_the_chosen_month() -> None:
    one = arm("call")
    rows = one.results[0].markets
    for month in ("3", "11"):
        drawn = charts(content(view(year="2026", month=month), Found((one,))))["curves"]
        row = rows[(rows["year"] == 2026) & (rows["month"] == int(month))].iloc[0]
        dot = drawn.data[-1]
        assert (dot.x[0], dot.y[0]) == (pytest.approx(row["volume"]), pytest.approx(row["price"]))


def test_the_span_of_the_network_is_chosen() -> None:
    one = arm("book")
    traded = one.results[0].tables["trades"]
    sizes = {}
    for span in markets.SPANS:
        page = content(view(span=span, month="5"), Found((one,)))
        nodes = [trace for trace in charts(page)["network"].data if trace.mode == "markers+text"]
        sizes[span] = sum(len(trace.x) for trace in nodes)
    month = traded[traded["period"] == 4]
    points = charts(page)["month"].data
    assert sum(len(trace.x) for trace in points) == len(month)
    assert sizes["month"] == len(set(month["buyer"]) | set(month["seller"]))
    assert sizes["month"] <= sizes["year"] <= sizes["run"]


def test_the_baseline_stands_beside_where_it_differs() -> None:
    base = replace(arm("bilateral"), label="the <baseline>")
    page = content(view(), Found((arm("call"), base)))
    drawn = charts(page)
    price = next(one for one in drawn["price"].data if one.name == "the &lt;baseline&gt;")
    expected = base.results[0].markets["price"]
    assert list(price.y) == pytest.approx(list(expected), nan_ok=True)
    for name in ("volume", "flow", "bank"):
        assert "the &lt;baseline&gt;" in [one.name for one in drawn[name].data], name
    assert "the <baseline>" in told(page)


def test_several_seeds_add_a_mean_with_a_band() -> None:
    drawn = charts(content(view(), Found((arm("call", 5, **{"world.activity_sd": 0.05}),))))
    assert any(trace.fill == "toself" for trace in drawn["seeds"].data)
    assert "seeds" not in charts(content(view(), Found((arm("call"),))))


@pytest.mark.parametrize("options", [
    {"year": "9999", "month": "0", "venue": "nowhere", "span": "century"},
    {"year": "", "month": "-3", "venue": "", "span": ""},
    {"year": "२०२५", "month": "1e9", "venue": "\x00", "span": "[]"},
    {"year": "²", "month": "9" * 4000},
])  # fmt: skip
def test_values_without_sense_count_as_not_given(options: dict[str, str]) -> None:
    seen = replace(view(**options), right="no such right")
    assert set(charts(content(seen, Found((arm("call"),))))) == SHOWN["call"]
    assert markets.moment(seen, arm("call").scenario) == (2025, 12)
    assert markets.venue_of(seen, arm("sealed").scenario) == "sealed"


def test_what_was_not_kept_is_said_with_its_remedy() -> None:
    scenario = load("textbook-banking", {"calendar.years": 2})
    plain = Arm(Choice("textbook-banking"), scenario, "plain", (run(scenario),))
    page = content(view(), Found((plain,)))
    assert set(charts(page)) == OPEN
    assert "recording.trades" in told(page)
    assert "recording.sessions" in told(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_result_the_page_says_what_to_do_or_shows_the_market_so_far(language: str) -> None:
    bare = replace(arm("call"), results=())
    words = texts("markets", language)
    assert words["what_to_do"] in told(content(view(language), Found((bare,))))
    assert words["please_wait"] in told(content(view(language), Found((bare,), underway=True)))
    sofar = pd.DataFrame(
        {"period": [0, 1], "year": 2025, "month": [1, 2], "instrument": "carbon", "price": [11.0, 12.0],
         "volume": [1.0, 2.0], "flow": [5.0, 6.0], "bank": [0.0, 1.0]}
    )  # fmt: skip
    page = content(view(language), Found((replace(bare, sofar=sofar),), underway=True))
    drawn = charts(page)
    assert set(drawn) == {"sofar-price", "sofar-volume", "sofar-flow", "sofar-bank"}
    assert list(drawn["sofar-price"].data[0].y) == [11.0, 12.0]
    assert words["so_far_told"] in told(page)


def test_both_languages_have_the_same_texts_and_chinese_is_chinese() -> None:
    def leaves(tree: Any, path: str = "") -> dict[str, str]:
        if isinstance(tree, dict):
            return {k: v for key, part in tree.items() for k, v in leaves(part, f"{path}.{key}").items()}
        if isinstance(tree, list):
            return {k: v for i, part in enumerate(tree) for k, v in leaves(part, f"{path}.{i}").items()}
        return {path: str(tree)}

    en, zh = leaves(texts("markets", "en")), leaves(texts("markets", "zh"))
    assert en.keys() == zh.keys()
    for key, text in zh.items():
        assert any("\u4e00" <= letter <= "\u9fff" for letter in text), key
        assert {part.partition("}")[0] for part in text.split("{")[1:]} == {
            part.partition("}")[0] for part in en[key].split("{")[1:]
        }, key


def test_the_controls_offer_what_the_scenario_has_and_no_more() -> None:
    def offered(name: str) -> dict[str, Any]:
        controls = parts(markets.controls(view(), Words("en"), arm(name).scenario))
        inputs = [one for one in controls if isinstance(getattr(one, "id", None), dict)]
        return {one.id["name"]: one for one in inputs}

    call, sealed = offered("call"), offered("sealed")
    assert set(call) == {"year", "month", "span"}  # the right is chosen above, for all pages
    assert set(sealed) == {"venue", "year", "month", "span"}
    assert [one["value"] for one in sealed["venue"].data] == ["sealed", "call_auction"]
    assert [one["value"] for one in call["month"].data] == [str(n) for n in range(1, 13)]
    assert (call["year"].value, call["month"].value) == ("2025", "12")
