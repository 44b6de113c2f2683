"""Orders of sessions by price: exact where it matters, few steps, and nothing else of a run changes."""

import numpy as np
import pytest

from agents.session_orders import CLOSE, stepped
from scenarios import load, run
from scenarios.results import RunResult

MECHANISMS = {
    "call": "call_auction",
    "book": "order_book",
    "hybrid": "hybrid",
    "one-way": "one_way_auction",
    "sealed": [{"name": "sealed", "mechanism": {"kind": "sealed_bid", "reserve_price": 5.0}}, "call_auction"],
    "clock": [{"name": "clock", "mechanism": {"kind": "ascending_clock"}}, "call_auction"],
    "pay-as-bid": [{"name": "paid", "mechanism": {"kind": "call_auction", "pricing": "pay_as_bid"}}],
}
AUCTIONED = {"one-way", "sealed", "clock"}


def traded(name, **more):
    changes = {"instruments.carbon.venues": MECHANISMS[name], "calendar.years": 3} | more
    if name in AUCTIONED:
        changes["instruments.carbon.allocation.auction_share"] = 0.5
    return run(load("textbook-banking", changes))


def curve(price, lots, side, at):
    """What is bid for at a price or higher, or offered at it or lower."""
    return lots[(price - at) * side >= -1e-9].sum()


def test_few_prices_are_kept_as_they_are():
    price, quantity, refused, filled = stepped(
        np.array([10, 12, 10, 11]), 1, [np.array([1, 2, 3, 4]), np.array([0, 0, 1, 0]), np.array([0, 2, 0, 4])], np.nan
    )
    assert price.tolist() == [12, 11, 10]
    assert (quantity.tolist(), refused.tolist(), filled.tolist()) == ([2, 4, 4], [0, 0, 1], [2, 4, 0])
    price, quantity, *_ = stepped(np.array([10, 12, 10]), -1, [np.array([1, 2, 3])] * 3, np.nan)
    assert (price.tolist(), quantity.tolist()) == ([10, 12], [4, 2])


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("keep", [float("nan"), 431.5, 0.0, 10_000.0])
def test_merged_prices_are_exact_where_they_are_kept_and_close_elsewhere(side, keep):
    rng = np.random.default_rng(3)
    given, lots = rng.integers(1, 900, 5_000), rng.integers(1, 50, 5_000)
    few = np.where(np.arange(5_000) < 200, lots, 0)
    price, quantity, refused, filled = stepped(given, side, [lots, lots // 2, few], keep, most=40)
    assert price.size <= 43
    assert price[0] == (given * side).max() * side
    assert np.all(np.diff(-side * price) > 0)
    assert (quantity.sum(), refused.sum(), filled.sum()) == (lots.sum(), (lots // 2).sum(), few.sum())
    for at in price:
        assert curve(price, quantity, side, at) == curve(given, lots, side, at)
    largest = np.bincount(given, weights=lots).max()
    true = np.array([curve(given, lots, side, at) for at in range(901)])
    gaps = true - [curve(price, quantity, side, at) for at in range(901)]
    assert gaps.min() >= 0
    assert gaps.max() <= lots.sum() / 20 + largest
    close = true <= CLOSE * few.sum()
    assert gaps[close].max() <= CLOSE * few.sum() / 20 + largest < lots.sum() / 20
    if np.isfinite(keep):
        assert curve(price, quantity, side, keep) == curve(given, lots, side, keep)


def test_a_book_is_told_most_exactly_at_its_best_price():
    rng = np.random.default_rng(4)
    given, lots = rng.integers(1, 5_000, 20_000), rng.integers(1, 50, 20_000)
    nothing = np.zeros_like(lots)
    price, quantity, *_ = stepped(given, 1, [lots, nothing, nothing], np.nan, most=60)
    assert price.size <= 63
    share = (lots.sum() / lots[given == given.max()].sum()) ** (1 / 60)
    for at in range(1, 5_001):
        true = curve(given, lots, 1, at)
        told = curve(price, quantity, 1, at)
        assert told <= true <= told * share + 500  # a price has some 100 lots


@pytest.mark.parametrize("name", ["call", "hybrid", "one-way", "sealed", "clock"])
def test_curves_cross_at_the_volume_and_price_of_the_session(name):
    result = traded(name, **{"recording.sessions": True})
    orders, seen = result.tables["orders"], 0
    for _, row in result.markets[result.markets["volume"] > 0].iterrows():
        own = orders[(orders["period"] == row["period"]) & (orders["venue"] == row["venue"])]
        lots = (own["quantity"] - own["refused"]).to_numpy()
        bids = (own["side"] == 1).to_numpy()
        price = own["price"].to_numpy()
        most = min(curve(price[part], lots[part], side, row["price"]) for side, part in ((1, bids), (-1, ~bids)))
        assert most == pytest.approx(row["volume"], rel=1e-9)
        assert own.loc[bids, "filled"].sum() == pytest.approx(row["volume"])
        assert (own["filled"] + own["refused"] <= own["quantity"] + 1e-9).all()
        seen += 1
    assert seen > 20


def test_pay_as_bid_shows_what_was_bid_and_not_what_it_was_worth():
    result = traded("pay-as-bid", **{"recording.sessions": True})
    orders, row = result.tables["orders"], result.markets.iloc[0]
    own = orders[orders["period"] == 0]
    bids, asks = own[own["side"] == 1], own[own["side"] == -1]
    at = np.unique(own["price"])
    most = max(min(bids.loc[bids["price"] >= p, "quantity"].sum(), asks.loc[asks["price"] <= p, "quantity"].sum())
               for p in at)  # fmt: skip
    assert most == pytest.approx(row["volume"])


def test_the_book_is_that_of_the_quotes():
    result = traded("book", **{"recording.sessions": True})
    resting = result.tables["orders"].query("stage == 'resting'")
    markets = result.markets.set_index("period")
    best_bid = resting[resting["side"] == 1].groupby("period")["price"].max()
    best_ask = resting[resting["side"] == -1].groupby("period")["price"].min()
    assert len(best_bid) > 20
    np.testing.assert_allclose(best_bid, markets.loc[best_bid.index, "best_bid"])
    np.testing.assert_allclose(best_ask, markets.loc[best_ask.index, "best_ask"])
    middle = (best_bid + best_ask) / 2
    near = resting[(resting["price"] - resting["period"].map(middle)).abs() <= 0.05 * resting["period"].map(middle)]
    depth = near.groupby("period")["quantity"].sum()
    np.testing.assert_allclose(depth, markets.loc[depth.index, "depth"])


def test_trades_of_numbered_accounts_with_the_authority_are_saved(tmp_path):
    changes = {"recording.trades": True, "recording.sessions": True, "calendar.years": 8}
    result = traded("book", **changes, **{"instruments.carbon.allocation.auction_share": 0.1})
    trades = result.tables["trades"]
    assert {"reserve"} < set(trades["seller"]) | set(trades["buyer"])
    assert all(isinstance(one, str) for one in trades["seller"])
    opened = RunResult.open(result.save(tmp_path / "run"))
    assert opened.tables["trades"].equals(trades)
    assert opened.tables["orders"].equals(result.tables["orders"])


@pytest.mark.parametrize("name", ["call", "book", "sealed"])
def test_no_other_table_changes(name):
    plain, kept = traded(name), traded(name, **{"recording.sessions": True, "recording.trades": True})
    assert set(kept.tables) - set(plain.tables) == {"orders", "trades"}
    for table, frame in plain.tables.items():
        assert frame.equals(kept.tables[table]), table
    units = kept.tables["orders"].attrs["units"]
    assert units["price"].endswith("/unit")
    assert units["quantity"] == units["filled"] == "units"
