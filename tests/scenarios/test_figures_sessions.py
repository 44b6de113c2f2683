"""Curves, books, trades and networks show the numbers of their tables, all of them, in both languages."""

import json

import numpy as np
import pandas as pd
import pytest

from scenarios.display import Display
from scenarios.figures import liquidity, network, sessions, tape
from tests.scenarios.fake_run import fake, firms, scenario
from tests.scenarios.test_market_quality import two_venues

LANGUAGES = ("en", "zh")
COLUMNS = ("side", "price", "quantity", "refused", "filled")


def words(language: str = "en") -> Display:
    return Display.of(scenario(), language)


def orders() -> pd.DataFrame:
    """Bids of 3 at 14, 2 at 12 and 4 at 8, of which 1 was refused; offers of 4 at 9 and 6 at 13: 4 clear at 12."""
    rows = [(1, 14, 3, 0, 3), (1, 12, 2, 0, 1), (1, 8, 4, 1, 0), (-1, 9, 4, 0, 4), (-1, 13, 6, 0, 0)]
    return pd.DataFrame(rows, columns=COLUMNS).astype(float)


def session(**more: float) -> "pd.Series[float]":
    return pd.Series({"volume": 4.0, "price": 12.0, "indicative": 11.0} | more)


def trades(count: int, **columns: object) -> pd.DataFrame:
    """Trades spread over three years of four quarters at prices from 10 up."""
    period = np.sort(np.arange(count) % 12)
    plain = {
        "period": period, "year": 2025 + period // 4, "month": period % 4 + 1, "venue": "exchange",
        "instrument": "carbon", "price": 10.0 + np.arange(count) % 97, "amount": 1.0 + np.arange(count) % 5,
        "buyer": "north", "seller": "east", "aggressor": np.arange(count) % 2 * 2 - 1,
    }  # fmt: skip
    return pd.DataFrame(plain | columns)


def test_curves_step_at_every_price_and_the_dot_lies_where_it_cleared() -> None:
    bids, offers, _, dot = sessions.curves(orders(), session(), "carbon", words()).data
    assert (bids.name, offers.name) == ("Bid for, in all", "Offered, in all")
    assert (list(bids.x), list(bids.y)) == ([0, 3, 5, 8], [14, 14, 12, 8])  # a refused lot is in no curve
    assert (list(offers.x), list(offers.y)) == ([0, 4, 10], [9, 9, 13])
    assert bids.line.shape == offers.line.shape == "vh"  # at 14 up to 3, then down to 12
    assert (list(dot.x), list(dot.y)) == ([4.0], [12.0])
    assert dot.name == "Cleared: 4\u00a0tCO₂ at 12\u00a0yuan/tCO₂"


def test_amounts_of_curves_are_in_the_unit_of_the_right() -> None:
    figure = sessions.curves(orders(), session(), "water", words("zh"))
    assert figure.layout.xaxis.title.text == "求购量与供给量 (万立方米)"
    assert max(figure.data[0].x) == 0.8
    assert figure.data[3].x[0] == 0.4


def test_a_few_limits_far_away_do_not_decide_what_is_seen() -> None:
    far = pd.concat([orders(), pd.DataFrame([(1, 5000, 1, 0, 1), (1, 1, 900, 0, 0)], columns=COLUMNS)])
    figure = sessions.curves(far, session(), "carbon", words())
    low, high = figure.layout.yaxis.range
    assert low <= 8.0 < 14.0 < high < 60.0
    assert 4.0 < figure.layout.xaxis.range[1] <= 4.0 * sessions.SEEN * 1.02
    assert max(figure.data[0].x) == 909.0  # all there, for who zooms out


def test_without_trade_the_curves_say_so() -> None:
    figure = sessions.curves(orders(), session(volume=0.0, price=np.nan), "carbon", words())
    assert [one.name for one in figure.data] == ["Bid for, in all", "Offered, in all"]
    assert figure.layout.annotations[0].text == "Nothing was traded"
    nothing = sessions.curves(orders().iloc[:0], session(volume=0.0, price=np.nan), "carbon", words("zh"))
    assert nothing.layout.annotations[0].text == "无数据"


def test_the_book_grows_from_the_best_price_outwards() -> None:
    rows = [(1, 10, 3, 0, 0), (1, 8, 2, 0, 0), (-1, 11, 1, 0, 0), (-1, 12, 6, 0, 0)]
    bids, asks = sessions.book(pd.DataFrame(rows, columns=COLUMNS), "carbon", words()).data
    assert (list(bids.x), list(bids.y)) == ([10, 10, 8], [0, 3, 5])
    assert (list(asks.x), list(asks.y)) == ([11, 11, 12], [0, 1, 7])


def test_trades_of_a_period_stand_in_their_order_within_it() -> None:
    rows = trades(3, period=[4, 4, 5], year=2026, month=[1, 1, 2])
    assert tape.moments(rows, 4) == pytest.approx([2026 + 0.25 / 4, 2026 + 0.75 / 4, 2026 + 1.5 / 4])


@pytest.mark.parametrize("count", [30, tape.POINTS])
def test_every_trade_is_a_point_in_the_colour_of_who_made_it(count: int) -> None:
    given = trades(count)
    figure = tape.every_trade(given, "carbon", words(), 4)
    assert {one.type for one in figure.data} == {"scatter"}
    assert [one.name for one in figure.data] == ["A buyer took an offer", "A seller took a bid"]
    for one, side in zip(figure.data, (1, -1), strict=True):
        assert list(one.y) == given.loc[given["aggressor"] == side, "price"].tolist()
    assert sum(float(np.sum(one.customdata)) for one in figure.data) == given["amount"].sum()


def test_a_hundred_thousand_trades_are_counted_without_losing_one() -> None:
    given = trades(100_000)
    given.loc[:9, "price"] = 10_000.0
    figure = tape.every_trade(given, "carbon", words(), 4)
    counts, beyond = figure.data
    assert (counts.type, beyond.type) == ("heatmap", "scatter")
    assert int(np.nansum(counts.customdata)) + len(beyond.x) == 100_000
    assert 10 <= len(beyond.x) <= 2 * tape.TAIL * 100_000 + 10
    filled = np.asarray(counts.customdata) > 0
    assert np.nanmax(counts.z) == pytest.approx(np.log10(np.max(counts.customdata)))
    assert np.isnan(np.asarray(counts.z)[~filled]).all()
    # In each quarter of the picture stands what the table has there.
    time, price = tape.moments(given, 4), given["price"].to_numpy()
    left = np.asarray(counts.x) < 2026
    drawn = np.asarray(counts.customdata)[:, left].sum() + sum(x < 2026 for x in beyond.x)
    assert drawn == (time < 2026).sum()
    assert min(counts.y) >= price.min()
    assert len(figure.to_json()) < 3e6


def test_trades_of_a_period_stand_one_after_the_other() -> None:
    figure = tape.in_order(trades(9, aggressor=0), "carbon", words("zh"))
    (points,) = figure.data
    assert points.name == "双方商定"
    assert list(points.x) == list(range(1, 10))
    assert list(points.y) == list(range(10, 19))
    many = tape.in_order(trades(tape.POINTS + 1), "carbon", words())
    assert np.asarray(many.data[0].customdata).sum() + sum(len(one.x) for one in many.data[1:]) == tape.POINTS + 1


def test_the_chosen_period_is_shaded() -> None:
    shade = tape.band(tape.every_trade(trades(5), "carbon", words(), 4), 2025.25, 2025.5).layout.shapes[0]
    assert (shade.x0, shade.x1) == (2025.25, 2025.5)


def test_who_sold_to_whom_adds_up_and_leads_from_seller_to_buyer() -> None:
    given = trades(6, seller=["east", "east", "north", "east", "reserve", "north"],
                   buyer=["north", "north", "east", "south", "north", "north"], amount=[1, 2, 3, 4, 5, 6],
                   price=[10, 20, 10, 10, 10, 10])  # fmt: skip
    names, sectors = network.names_of(firms(), words())
    table, many = network.flows_between(given, names, sectors, words())
    assert not many
    flows = table.set_index(["seller", "buyer"])["amount"].to_dict()
    assert flows == {
        ("Reserve", "north works"): 5, ("east works", "north works"): 3, ("east works", "south works"): 4,
        ("north works", "east works"): 3, ("north works", "north works"): 6,
    }  # fmt: skip
    figure = network.network(given, "carbon", names, sectors, words())
    arrows = next(one for one in figure.data if one.marker.symbol == "arrow")
    assert len(arrows.x) == 4  # what an account sold to itself is no arrow
    assert f"east works → north works: 3\u00a0tCO₂ at a mean of {words().price('carbon', 50 / 3)}" in list(arrows.text)
    nodes = {text: one.name for one in figure.data if one.mode == "markers+text" for text in one.text}
    assert nodes == {
        "north works": "Bought more than sold", "south works": "Bought more than sold",
        "Reserve": "Sold more than bought", "east works": "Sold more than bought",
    }  # fmt: skip
    told = [text for one in figure.data if one.mode == "markers+text" for text in one.customdata]
    assert "north works: bought 14\u00a0tCO₂, sold 9\u00a0tCO₂; 6\u00a0tCO₂ of it within" in told


def test_arrows_point_the_way_of_the_rights() -> None:
    given = trades(1, seller="east", buyer="north")
    figure = network.network(given, "carbon", {}, {}, words())
    arrow = next(one for one in figure.data if one.marker.symbol == "arrow")
    # Two nodes: the net seller first, at the top; the arrow leads down, 180 degrees from up.
    assert abs(float(arrow.marker.angle[0])) == pytest.approx(180.0)


def test_many_accounts_are_told_by_sector() -> None:
    count = network.MOST_NODES + 1
    accounts = [f"firm-{i}" for i in range(count)]
    given = trades(count, seller=accounts, buyer=accounts[1:] + accounts[:1])
    sectors = {name: "even" if i % 2 == 0 else "odd" for i, name in enumerate(accounts)}
    table, many = network.flows_between(given, {}, sectors, words())
    assert many
    assert set(table["seller"]) == {"even", "odd"}
    assert table["amount"].sum() == given["amount"].sum()
    assert len(network.flows_between(given, {}, {}, words())[0]) == count  # sectors unknown: accounts as they are


def test_spread_and_depth_are_those_of_the_quotes() -> None:
    markets = two_venues()
    assert liquidity.quoted(markets, "carbon", "exchange")
    assert not liquidity.quoted(markets, "carbon", "block")
    assert not liquidity.quoted(fake().tables["markets"], "carbon", "exchange")
    line = liquidity.spread(markets, "carbon", "exchange", words()).data[0]
    assert list(line.y[:2]) == [2.0, 2.0]
    assert np.isnan(line.y[2])
    assert list(line.customdata[:2]) == pytest.approx([20.0, 100 / 6])
    assert list(liquidity.depth(markets, "carbon", "exchange", words()).data[0].y) == [5.0, 7.0, 0.0]


def test_the_market_so_far_stands_on_the_time_axis_of_the_whole_run() -> None:
    table = pd.DataFrame({"year": [2025, 2025], "month": [1, 2], "instrument": "water", "price": [1.0, 2.0],
                          "volume": [3.0, 4.0]})  # fmt: skip
    figure = liquidity.so_far(table, "volume", "water", (2025, 2027), 4, words())
    assert list(figure.layout.xaxis.range) == [2025, 2028]
    assert list(figure.data[0].y) == [3000.0, 4000.0]
    assert liquidity.so_far(table, "price", "carbon", (2025, 2027), 4, words()).layout.annotations


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_has_axes_with_units_and_is_no_page_of_its_own(language: str) -> None:
    display = words(language)
    figures = {
        "curves": sessions.curves(orders(), session(), "carbon", display),
        "book": sessions.book(orders(), "carbon", display),
        "trades": tape.every_trade(trades(20), "carbon", display, 4),
        "spread": liquidity.spread(two_venues(), "carbon", "exchange", display),
        "depth": liquidity.depth(two_venues(), "carbon", "exchange", display),
    }
    for name, figure in figures.items():
        json.loads(figure.to_json())
        axes = figure.layout.xaxis.title.text, figure.layout.yaxis.title.text
        assert all(axes), name
        assert any("(" in axis for axis in axes), name
        if language == "zh":
            assert not any("Price" in axis or "Year" in axis for axis in axes), name
    assert network.network(trades(0), "carbon", {}, {}, display).layout.annotations[0].text == display.text(
        "figures.no_data"
    )
