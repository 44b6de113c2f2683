"""Every mechanism in whole runs: nothing is lost, nobody's draws move, and what theory says of efficiency holds."""

from typing import Any

import numpy as np
import pytest

from agents.model import RightsMarketModel
from market.journal import replay
from market.matching import MECHANISMS
from scenarios import load, run
from scenarios.build import build

EXCHANGE = {"name": "exchange", "mechanism": {"kind": "call_auction"}}
WAYS: dict[str, Any] = {
    "call_auction": "call",
    "pay_as_bid": [{"name": "x", "mechanism": {"kind": "call_auction", "pricing": "pay_as_bid"}}],
    "order_book": "order_book",
    "persistent_book": [{"name": "x", "mechanism": {"kind": "order_book", "persistent": True, "rounds": 6}}],
    "book_of_one_round": [{"name": "x", "mechanism": {"kind": "order_book", "rounds": 1}}],
    "sealed_bid": "sealed_bid+call",
    "ascending_clock": "ascending_clock+call",
    "listed": "listed",
    "persistent_listing": [{"name": "x", "mechanism": {"kind": "listed", "persistent": True, "price_limit": None}}],
    "block": [EXCHANGE, {"name": "b", "mechanism": {"kind": "block", "minimum": 0.5}}],
    "one_way_auction": "one_way_auction",
    "bilateral": [{"name": "x", "mechanism": {"kind": "bilateral", "search_cost": 0.01, "broker_fee": 0.01}}],
    "k_double_auction": "k_double_auction",
    "posted": "posted",
    "hybrid": [{"name": "x", "mechanism": {"kind": "hybrid", "floor": 10.0, "ceiling": 18.0}}],
    "reserve_desk": [EXCHANGE, {"name": "d", "mechanism": {
        "kind": "reserve_desk", "buy_price": 12.0, "sell_price": 20.0, "opening_stock": 20.0, "budget": 500.0,
    }}],
    "market_maker": [{"name": "x", "mechanism": {
        "kind": "market_maker", "opening_stock": 100.0, "opening_price": 16.5,
    }}],
}  # fmt: skip


def market(name: str, venues: Any, seed: int = 1, **changes: Any) -> RightsMarketModel:
    settings = {"instruments.carbon.venues": venues, "recording.trades": True} | changes
    return RightsMarketModel(build(load(name, settings)), seed).run()


def test_every_mechanism_is_among_the_ways():
    kinds = set()
    for venues in WAYS.values():
        for venue in build(load("textbook-montgomery", {"instruments.carbon.venues": venues})).rules[0].venues:
            kinds.add(venue.mechanism.kind)
    assert kinds == set(MECHANISMS)


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_lost_and_nothing_stays_locked(way):
    model = market("textbook-banking", WAYS[way], **{"instruments.carbon.allocation.auction_share": 0.3,
                                                     "calendar.years": 3})  # fmt: skip
    registry = model.registry
    registry.check()
    again = replay(registry.journal, registry.products, registry.accounts)
    assert (again.balances == registry.balances).all()
    assert (again.cash == registry.cash).all()
    assert not registry.locked.any()
    assert not registry.cash_locked.any()
    volume = np.nansum(model.recorder.venues["volume"], axis=1)
    np.testing.assert_allclose(volume, np.nan_to_num(model.recorder.market["volume"]).sum(axis=1))


@pytest.mark.parametrize("way", ["order_book", "listed", "block", "bilateral", "posted", "market_maker"])
def test_the_same_seed_gives_the_same_tables(way):
    first, second = (market("textbook-montgomery", WAYS[way]) for _ in range(2))
    for name, column in first.recorder.venues.items():
        np.testing.assert_array_equal(column, second.recorder.venues[name])
    other = market("textbook-montgomery", WAYS[way], seed=2)
    assert (other.registry.cash != first.registry.cash).any()


@pytest.mark.parametrize(("way", "floor"), [
    ("call_auction", 0.999), ("pay_as_bid", 0.999), ("order_book", 0.998), ("listed", 0.998),
    ("one_way_auction", 0.995), ("book_of_one_round", 0.99), ("persistent_book", 0.99),
])  # fmt: skip
def test_rights_find_their_best_use(way, floor):
    result = run(load("textbook-montgomery", {"instruments.carbon.venues": WAYS[way]}), seed=3)
    assert result.kpis["efficiency"] > floor
    assert result.kpis["carbon.compliance_rate"] == pytest.approx(1.0, abs=1e-3)


def test_the_price_twin_is_worth_the_cap():
    result = run(load("textbook-montgomery", {"instruments.carbon.venues": "posted"}))
    assert result.kpis["carbon.flow_to_cap"] == pytest.approx(1.0, abs=1e-3)
    assert result.kpis["efficiency"] == pytest.approx(1.0, abs=1e-3)


def test_the_weather_is_the_same_under_every_mechanism():
    activity = []
    for venues in ("call", "order_book", "posted"):
        model = market("textbook-banking", venues, **{"calendar.years": 2, "world.activity_sd": 0.05})
        activity.append(model.activity_mean)
    np.testing.assert_array_equal(activity[0], activity[1])
    np.testing.assert_array_equal(activity[0], activity[2])


def test_a_venue_that_costs_more_loses_its_share():
    cost = {"buyer": {"share": 0.02}, "seller": {"share": 0.02}}
    both = [EXCHANGE, {"name": "other", "mechanism": {"kind": "call_auction"}}]
    dear = [EXCHANGE, both[1] | {"cost": cost}]
    share = []
    for venues in (both, dear):
        volume = np.nansum(market("textbook-banking", venues).recorder.venues["volume"], axis=0)
        share.append(volume[1] / volume.sum())
    assert 0.3 < share[0] < 0.7
    assert share[1] < 0.7 * share[0]


def test_what_trading_costs_is_paid_and_told():
    venue = EXCHANGE | {"cost": {"buyer": {"proportional": 1.0}, "seller": {"proportional": 0.5}}}
    model = market("textbook-montgomery", [venue])
    volume = model.recorder.market["volume"].sum()
    assert model.recorder.trading_cost.sum() == pytest.approx(1.5 * volume, rel=1e-6)
    assert np.nansum(model.recorder.venues["fees"]) == pytest.approx(1.5 * volume, rel=1e-6)


def test_single_trades_add_up_to_the_sessions():
    result = run(load("textbook-montgomery", {"instruments.carbon.venues": "order_book", "recording.trades": True}))
    trades, markets = result.tables["trades"], result.tables["markets"].set_index("period")
    by_period = trades.groupby("period")["amount"].sum()
    np.testing.assert_allclose(by_period, markets["volume"].loc[by_period.index], rtol=1e-9)
    worth = (trades["price"] * trades["amount"]).groupby(trades["period"]).sum()
    np.testing.assert_allclose(worth, markets["turnover"].loc[worth.index], rtol=1e-9)
    inside = trades.join(markets[["low", "high"]], on="period")
    assert ((inside["price"] >= inside["low"] - 1e-9) & (inside["price"] <= inside["high"] + 1e-9)).all()


def test_a_trade_ratio_cancels_what_does_not_arrive():
    model = market("textbook-montgomery", "call", **{"instruments.carbon.trade_ratio": 0.8})
    model.registry.check()
    cancelled = float(model.registry.cancelled.sum()) * model.spec.lots[0]
    volume = model.recorder.market["volume"].sum()
    assert cancelled == pytest.approx(0.2 * volume, rel=0.01)
    assert model.recorder.flow.sum() <= 240.0 - cancelled + 0.01
    assert model.recorder.deadlines["shortfall"].sum() < 0.1
