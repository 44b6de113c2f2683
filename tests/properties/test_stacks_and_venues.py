"""Any venues of any right, with any behaviour and any rules that hold a price: runs end, and nothing is lost."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.behaviours.declared import AdaptiveRule, PlannerRule, ZeroIntelligenceRule
from agents.model import RightsMarketModel
from market.instruments import Instrument
from tests.agents.mixed import COMPLIER, PLANNER, province
from tests.properties.test_runs import check_journal

MECHANISMS: list[dict[str, Any]] = [
    {"kind": "call_auction"}, {"kind": "call_auction", "pricing": "pay_as_bid"}, {"kind": "order_book"},
    {"kind": "order_book", "persistent": True, "rounds": 6}, {"kind": "order_book", "persistent": True, "rounds": 1},
    {"kind": "sealed_bid", "pricing": "discriminatory"}, {"kind": "ascending_clock"}, {"kind": "listed"},
    {"kind": "listed", "persistent": True, "whole_lots": True}, {"kind": "block", "minimum": 0.5},
    {"kind": "one_way_auction", "side": "buy", "whole_lots": True}, {"kind": "k_double_auction"},
    {"kind": "bilateral", "search_cost": 0.01, "broker_fee": 0.01, "rounds": 4},
    {"kind": "posted", "price": {2025: 15.0, 2026: 18.0}, "yearly_stock": 30.0, "buys": False},
    {"kind": "hybrid", "ceiling": 18.0, "ceiling_stock": 5.0},
    {"kind": "reserve_desk", "buy_price": 10.0, "sell_price": 14.0, "opening_stock": 20.0, "budget": 100.0},
    {"kind": "market_maker", "opening_stock": 5.0, "budget": 50.0},
]  # fmt: skip
RULES: list[dict[str, Any]] = [
    {"kind": "collar", "ceiling": {"prices": {2025: 24.0}}},
    {"kind": "collar", "floor": {"prices": {2025: 8.0}}, "ceiling": {"prices": {2025: 26.0}}, "stock": 30.0,
     "bought": "reserve"},
    {"kind": "corridor_release", "lower": {"prices": {2025: 9.0}}, "upper": {"prices": {2025: 17.0}}, "stock": 20.0,
     "release": 2.0, "purchase": 1.0},
    {"kind": "price_limit", "band": 0.02, "outside": "hold"}, {"kind": "halt", "move": 0.05},
    {"kind": "holding_limit", "share": 0.3},
]  # fmt: skip
COSTS = [None, {"buyer": {"share": 0.02}, "seller": {"fixed": 1.0, "proportional": 0.3}}]
BEHAVIOURS = [
    (PLANNER, COMPLIER), (PlannerRule(horizon_years=3), ZeroIntelligenceRule()),
    (PlannerRule(horizon_years=3), AdaptiveRule()),
]  # fmt: skip


def with_any_venues(seed: int) -> RightsMarketModel:
    """A small province in which each of four rights has one to three venues, and up to two rules, drawn at random."""
    draw = np.random.default_rng(seed)
    periods = int(draw.choice([1, 4, 12]))
    spec = province(
        n=int(draw.integers(4, 20)), years=int(draw.integers(1, 4)), periods=periods, seed=seed,
        behaviours=BEHAVIOURS[int(draw.integers(len(BEHAVIOURS)))], rounds=int(draw.integers(0, 3)),
    )  # fmt: skip
    changed = {}
    for key, rule in spec.instruments.items():
        venues = []
        for number in range(int(draw.integers(1, 4))):
            mechanism, cost = MECHANISMS[int(draw.integers(len(MECHANISMS)))], COSTS[int(draw.integers(2))]
            venues.append({"name": f"venue {number}", "mechanism": mechanism} | ({"cost": cost} if cost else {}))
        picked = [RULES[int(index)] for index in draw.integers(0, len(RULES), int(draw.integers(0, 3)))]
        stack = list({item["kind"]: item for item in picked}.values())
        deadline = int(draw.integers(0, periods + 1)) * 12 // periods
        dates = {"true_up_after": deadline, "deadline_after": deadline}
        changed[key] = Instrument.model_validate(
            rule.model_dump() | {"venues": venues, "containment": stack, "compliance": dates}
        )
    return RightsMarketModel(replace(spec, instruments=changed), seed)


@settings(max_examples=12)
@pytest.mark.slow
@given(st.integers(0, 2**31))
def test_nothing_is_lost_at_any_venues_under_any_rules(seed):
    model = with_any_venues(seed).run()
    registry, regulator = model.registry, model.regulator
    registry.check()
    check_journal(model)
    assert not registry.locked.any()
    assert not registry.cash_locked.any()
    assert registry.balances.min() >= 0
    assert regulator.for_auction.min() >= 0
    assert regulator.for_sale.min() >= 0
    volume = np.nansum(model.recorder.venues["volume"])
    assert volume == pytest.approx(np.nansum(model.recorder.market["volume"]))


@pytest.mark.parametrize("seed", [3, 11])
def test_any_venues_give_the_same_run_twice(seed):
    first, second = (with_any_venues(seed).run() for _ in range(2))
    np.testing.assert_array_equal(first.registry.balances, second.registry.balances)
    np.testing.assert_array_equal(first.registry.cash, second.registry.cash)
