"""Containment rules in whole runs: each does what it says, and every right is accounted for."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.model import RightsMarketModel
from agents.trading_rules import Guard
from market.matching.order_book_state import LIMIT, MARKET, BookOrders
from market.policies.containment import PriceLimit
from market.registry import Registry
from scenarios import load
from scenarios.build import build
from scenarios.validation.planners import yearly_price
from tests.agents.test_venues import WAYS


def at(price: float, **more: Any) -> dict[str, Any]:
    return {"prices": {2025: price}, "rounding": 0.0} | more


def contained(rules: list[dict[str, Any]], share: float = 1.0, venues: Any = "call", years: int = 15, **changes: Any):
    settings = {
        "instruments.carbon.containment": rules,
        "instruments.carbon.allocation.auction_share": share,
        "instruments.carbon.venues": venues,
        "calendar.years": years,
    } | changes
    model = RightsMarketModel(build(load("textbook-banking", settings)), 1).run()
    model.registry.check()
    assert not model.registry.locked.any()
    return model


def lots(model: RightsMarketModel, name: str) -> float:
    return float(getattr(model.registry, name).sum()) * model.spec.lots[0]


def test_a_ceiling_is_never_passed_and_what_it_sells_is_issued():
    model = contained([{"kind": "collar", "ceiling": at(20.0)}], share=0.4)
    price = model.recorder.market["price"][:, 0]
    assert np.nanmax(price) <= 20.0 + 1e-9
    beyond = model.recorder.flow.sum() - model.regulator.cap[:, 0].sum()
    assert beyond > 50.0
    assert lots(model, "issued") - 800.0 == pytest.approx(beyond, abs=1.0)


def test_a_floor_is_never_passed():
    model = contained([{"kind": "collar", "floor": at(20.0)}])
    assert np.nanmin(model.recorder.market["price"][:, 0]) >= 20.0 - 1e-9
    assert lots(model, "cancelled") > 10.0


def test_a_reserve_price_leaves_volume_unsold():
    model = contained([{"kind": "reserve_price", "price": at(20.0)}])
    price, revenue = (model.recorder.venues[name][:, 0] for name in ("price", "revenue"))
    assert np.nanmin(price[revenue > 0.0]) >= 20.0 - 1e-9
    assert lots(model, "cancelled") > 10.0
    assert model.recorder.flow.sum() == pytest.approx(800.0 - lots(model, "cancelled"), abs=1.0)


def test_a_cost_containment_reserve_in_part_used_sets_the_price():
    tier = {"trigger": at(18.0), "amount": {"units": {2025: 200.0}}}
    model = contained([{"kind": "cost_containment_reserve", "tiers": [tier]}])
    late = yearly_price(model)[8:, 0]
    np.testing.assert_allclose(late, 18.0, atol=2e-3)
    office = model.exchange.offices[0]
    assert office.held_lots() > 0


def test_an_emissions_containment_reserve_cancels_what_it_withheld():
    model = contained([{"kind": "emissions_containment_reserve", "trigger": at(20.0), "amount": {"share": 0.1}}])
    plain = contained([])
    assert yearly_price(model)[0, 0] > yearly_price(plain)[0, 0] + 0.3
    assert lots(model, "cancelled") > 10.0


def test_shifted_supply_is_neutral_and_returns_to_the_lot():
    model = contained([{"kind": "supply_shift", "changes": {2025: -5.0, 2026: -5.0, 2027: -5.0, 2031: 15.0}}])
    np.testing.assert_allclose(yearly_price(model)[:, 0], yearly_price(contained([]))[:, 0], rtol=0.01)
    assert lots(model, "cancelled") < 0.1


def test_a_stability_reserve_takes_its_share_of_the_bank():
    rule = {
        "kind": "market_stability_reserve", "first_year": 2026, "upper": 20.0, "lower": 5.0,
        "intake_rate": {2025: 0.24}, "release": {2025: 5.0},
    }  # fmt: skip
    model = contained([rule])
    office = model.exchange.offices[0]
    taken = sum(m.quantity for period, m in office.movements if m.target == "reserve" and period < 24)
    bank = model.recorder.deadlines["carried"][0, 0]
    assert bank > 20.0
    assert taken == pytest.approx(0.24 * bank, rel=0.02)


def test_a_corridor_sells_above_and_buys_below():
    rule = {"kind": "corridor_release", "lower": at(15.0), "upper": at(18.0), "stock": 20.0, "release": 2.0}
    model = contained([rule])
    assert lots(model, "issued") == pytest.approx(820.0, abs=0.1)
    assert model.recorder.flow.sum() == pytest.approx(820.0, abs=1.0)


def test_closes_move_no_more_than_the_daily_limit():
    rule = {"kind": "price_limit", "band": 0.001, "outside": "hold"}
    model = contained([rule], share=0.0, venues=[{"name": "x", "mechanism": {"kind": "order_book"}}], years=3)
    high, low = (model.recorder.venues[name][:, 0] for name in ("high", "low"))
    assert np.nanmax(high) > np.nanmin(low)
    months = 1.001**20 + 2e-3 / 12.0  # twenty trading days of a tick at least
    ratio = high[1:] / np.fmax.accumulate(high)[:-1]
    assert np.nanmax(ratio) <= months


def test_a_halt_stops_rounds():
    rule = {"kind": "halt", "move": 0.001, "window": 3, "pause": 4}
    venues = [{"name": "x", "mechanism": {"kind": "order_book"}}]
    model = contained([rule], share=0.0, venues=venues, years=2)
    plain = contained([], share=0.0, venues=venues, years=2)
    halts = model.exchange.desks[0].venues[0].guard.halts[0]
    assert halts.resumes > 0
    assert (model.recorder.market["volume"] != plain.recorder.market["volume"]).any()


def test_nobody_comes_to_hold_more_than_the_limit():
    model = contained([{"kind": "holding_limit", "units": 6.0}], share=0.2, years=2)
    assert model.registry.balances[:, : model.registry.firms].max() * model.spec.lots[0] <= 6.0 + 1e-9


RULES = st.sampled_from([
    {"kind": "collar", "ceiling": at(24.0)}, {"kind": "collar", "floor": at(14.0), "ceiling": at(26.0), "stock": 30.0},
    {"kind": "reserve_price", "price": at(12.0)},
    {"kind": "cost_containment_reserve", "tiers": [{"trigger": at(19.0), "amount": {"units": {2025: 3.0}}}]},
    {"kind": "emissions_containment_reserve", "trigger": at(16.0), "amount": {"share": 0.1}},
    {"kind": "supply_shift", "changes": {2025: -4.0, 2026: 4.0}},
    {"kind": "price_limit", "band": 0.05}, {"kind": "halt", "move": 0.05}, {"kind": "holding_limit", "share": 0.5},
])  # fmt: skip


CLOSED = {"posted", "hybrid", "bilateral", "k_double_auction", "one_way_auction", "market_maker"}
"""Where the authority's orders cannot trade, or a price is set already: such stacks are refused before the run."""


@settings(max_examples=12)
@given(
    st.lists(RULES, max_size=3, unique_by=lambda rule: rule["kind"]),
    st.sampled_from(sorted(set(WAYS) - CLOSED)),
    st.sampled_from([0.1, 0.5, 1.0]),
    st.sampled_from([1, 4, 12]),
)
def test_any_stack_at_any_venue_keeps_the_balance(rules, way, share, periods):
    model = contained(rules, share, WAYS[way], years=2, **{"calendar.periods_per_year": periods})
    assert not model.registry.cash_locked.any()


def band_breaches(monkeypatch: pytest.MonkeyPatch, mechanism: dict[str, Any], **changes: Any) -> tuple[int, int]:
    """Return how many closes there were, and how many outside the band around the close before."""
    seen = [0, 0]
    watch = Guard.observe

    def observe(guard: Guard, close: int) -> None:
        low, high = guard.rules[0].bounds(guard.close, guard.days)
        seen[0] += close > 0
        seen[1] += close > 0 and not low <= close <= high
        watch(guard, close)

    monkeypatch.setattr(Guard, "observe", observe)
    rule = {"kind": "price_limit", "band": 0.002, "outside": "hold"}
    contained([rule], share=0.2, venues=[{"name": "x", "mechanism": mechanism}], years=2, **changes)
    return seen[0], seen[1]


@pytest.mark.parametrize("more", [
    {}, {"improve_only": True}, {"persistent": True, "rounds": 6}, {"rounds": 1, "persistent": True},
])  # fmt: skip
@pytest.mark.parametrize("kind", ["planner", "zero_intelligence"])
def test_what_rests_in_a_book_does_not_trade_outside_the_band(monkeypatch, more, kind):
    closes, outside = band_breaches(monkeypatch, {"kind": "order_book"} | more, behaviours=[{"kind": kind}])
    assert closes > 1
    assert outside == 0


def test_orders_for_immediate_trade_stay_so_behind_trading_rules():
    registry = Registry(3, 1, 1)
    orders = BookOrders(
        np.array([0, 1]), np.array([1, -1], dtype=np.int8), np.array([50, 200]), np.array([5, 6]),
        np.array([MARKET, LIMIT], dtype=np.int8), np.array([-1, -1]),
    )  # fmt: skip
    admitted, rows, _ = Guard((PriceLimit(band=0.1),), 1.0, 1, close=52).admit(orders, registry, 0)
    assert isinstance(admitted, BookOrders)
    assert admitted.kind.tolist() == [MARKET]
    assert rows.tolist() == [0]


def test_nothing_of_the_last_round_rests_in_a_book_with_trading_rules():
    """Who comes for the last time trades at once or not at all, so a persistent book is as full as without rules."""
    left = []
    for rules in ([], [{"kind": "holding_limit", "share": 1.0}]):
        venues = [{"name": "x", "mechanism": {"kind": "order_book", "persistent": True, "rounds": 6}}]
        model = contained(rules, 0.2, venues, years=1, **{"instruments.carbon.compliance.deadline_after": 12})
        left.append(model.recorder.venues["volume"])
    np.testing.assert_array_equal(left[0], left[1])


@pytest.mark.slow
@pytest.mark.parametrize("venues", ["order_book", "listed"])
def test_a_ceiling_holds_trade_by_trade(venues):
    model = contained([{"kind": "collar", "ceiling": at(24.0)}], share=0.4, venues=venues)
    assert np.nanmax(model.recorder.venues["high"]) <= 24.0 + 1e-9


def test_the_paid_share_is_sold_once_beside_rules_and_a_reserve_desk():
    desk = {"kind": "reserve_desk", "sell_price": 30.0, "opening_stock": 4.0}
    changes = {
        "instruments.carbon.containment": [{"kind": "collar", "ceiling": at(100.0), "stock": 9.0}],
        "instruments.carbon.venues": [{"name": "x", "mechanism": {"kind": "call_auction"}},
                                      {"name": "d", "mechanism": desk}],
        "instruments.carbon.allocation.paid_share": 0.2,
        "instruments.carbon.allocation.base_price": 1.0,
        "calendar.years": 2,
    }  # fmt: skip
    model = RightsMarketModel(build(load("textbook-banking", changes)), 1)
    registry, sold = model.registry, 0
    while not model.done:
        model.step()
        vintage = model.exchange.desks[0].venues[1].vintage
        if vintage >= 0:
            lots = int(model.regulator.for_sale[vintage, 0]) + model.exchange.offices[0].held_lots()
            stock = model.exchange.desks[0].venues[1].mechanism.stock(model.exchange.desks[0].venues[1].state)
            assert registry.balances[registry.product(0, vintage), registry.reserve] == lots + stock
            sold += int(model.regulator.for_sale[vintage, 0] == 0)
    assert sold > 0
    registry.check()
