"""Compliers: when they trade follows from what is known, what a trade costs and what waiting risks."""

from math import erfc, sqrt

import numpy as np
import pytest

from agents.behaviours.complier import GapView, _tail, acts_now, orders
from agents.behaviours.declared import ComplierRule, PlannerRule
from agents.model import RightsMarketModel
from market.journal import Operation
from market.orders import BUY, SELL
from tests.agents import economies

RULE = ComplierRule(trade_cost=2000.0, flow_uncertainty=0.08, risk_aversion=1.0, price_risk=0.02)


def view(gap, **more):
    """Gaps of accounts with a flow of 10,000 a year at a price of 50, ten months before verification."""
    gap = np.asarray(gap, dtype=float)
    given = {
        "accounts": np.arange(gap.size), "gap": gap, "yearly": np.full(gap.size, 10_000.0),
        "free": np.full(gap.size, 100_000), "expected_price": 50.0, "unknown_share": 1.0, "months_to_know": 10,
        "last_chance": False, "worthless_after": False, "backstop": 400.0, "lot": 1.0, "tick": 0.01,
    }  # fmt: skip
    return GapView(**given | more)


def test_small_gaps_wait_for_verification_and_big_ones_do_not():
    """An error of 800 t · 50 = 40,000 makes a second trade nearly certain: waiting must cost more than 2,000."""
    threshold = 2000.0 * erfc(2000.0 / 40_000.0 / sqrt(2.0)) / (0.02 * sqrt(10.0)) / 50.0
    gaps = np.array([0.9, 1.1, -0.9, -1.1]) * threshold
    assert acts_now(RULE, view(gaps)).tolist() == [False, True, False, True]


def test_what_is_known_well_is_traded_early():
    gap = [500.0]
    assert not acts_now(RULE, view(gap, yearly=np.array([1e6])))[0]
    assert acts_now(RULE, view(gap, yearly=np.array([300.0])))[0]  # a second trade is unlikely
    assert acts_now(RULE, view(gap, unknown_share=0.04))[0]


def test_more_risk_makes_earlier_trades():
    gap = [300.0]
    assert not acts_now(RULE, view(gap))[0]
    assert acts_now(RULE.model_copy(update={"price_risk": 0.08}), view(gap))[0]
    assert acts_now(RULE.model_copy(update={"risk_aversion": 4.0}), view(gap))[0]
    assert acts_now(RULE.model_copy(update={"trade_cost": 400.0}), view(gap))[0]


def test_after_verification_needs_are_bought_and_only_worthwhile_surpluses_are_sold():
    known = view([0.5, -39.0, -41.0, 0.0], unknown_share=0.0)  # 40 t are worth the fixed cost of 2,000
    assert acts_now(RULE, known).tolist() == [True, False, True, False]


def test_a_gap_below_the_fixed_cost_is_left_alone_before_verification():
    tiny = view([39.0], yearly=np.array([0.0]))
    assert not acts_now(RULE, tiny)[0]


def test_the_last_chance_is_taken_by_everybody_with_a_gap():
    assert acts_now(RULE, view([0.1, -0.1, 0.0], last_chance=True)).tolist() == [True, True, False]


def test_the_normal_tail_is_accurate():
    for z in (0.0, 0.3, 1.0, 2.0, 3.5):
        assert _tail(np.array([z]))[0] == pytest.approx(erfc(z / sqrt(2.0)), abs=6e-4)
    assert _tail(np.array([np.inf]))[0] == 0.0


def test_orders_ask_for_whole_lots_at_bounded_prices():
    batch = orders(RULE, view([1000.5, -2000.5, -50_000.0], free=np.array([0, 9_999_999, 30_000])))
    assert batch.account.tolist() == [0, 1, 2]
    assert batch.side.tolist() == [BUY, SELL, SELL]
    assert batch.quantity.tolist() == [1001, 2000, 30_000]  # needs are rounded up, surpluses down
    assert batch.price.tolist() == [5300, 4700, 4700]  # 50 ± 3 · 2 %
    batch.validate()


def test_at_the_last_chance_a_buyer_bids_up_to_the_backstop_and_worthless_rights_are_sold_at_any_price():
    batch = orders(RULE, view([10.0, -10.0], last_chance=True, worthless_after=True))
    bids = batch.price[batch.side == BUY]
    assert bids.min() == 5300  # equal parts in geometric steps, because a flow can still be cut
    assert bids.max() == 40_000
    assert np.diff(np.log(bids)) == pytest.approx(np.log(40_000 / 5300) / 5, abs=1e-3)
    assert batch.quantity[batch.side == BUY].sum() == 10
    assert batch.quantity[batch.side == BUY].max() == 2
    assert batch.price[batch.side == SELL].tolist() == [1]
    kept = orders(RULE, view([-10.0], last_chance=True))
    assert kept.price.tolist() == [4700]
    bounded = orders(RULE, view([1000.0], unknown_share=0.0, backstop=51.0))
    assert bounded.price.tolist() == [5100]


def test_nobody_orders_who_has_nothing_to_trade():
    assert len(orders(RULE, view([0.0, 1.0]))) == 0
    assert len(orders(RULE, view([-5000.0], free=np.array([0])))) == 0


def market(true_up_after, deadline_after, trade_cost, *, share=(0.95, 0.85, 0.75), n=20):
    """Half planners and half compliers of one size; an error in a year's flow is worth more than a trade costs."""
    draw = np.random.default_rng(2)
    baseline = np.full((n, 1), 30.0)
    intercept = draw.uniform(0.0, 20.0, (n, 1))
    caps = np.array(share)[:, None] * baseline.sum()  # falling caps: a bank, so no deadline but the last is a squeeze
    dates = {"true_up_after": true_up_after, "deadline_after": deadline_after}
    rule = economies.instrument(caps[:, 0], lot=1e-3, tick=1e-3, compliance=dates)
    rules = (PlannerRule(horizon_years=3), ComplierRule(trade_cost=trade_cost, flow_uncertainty=0.15))
    spec = economies.economy(
        baseline, [[1.0]], intercept, 20.0 / baseline, 0.6 * baseline, caps, instruments={"right0": rule},
        behaviours=rules, behaviour=np.arange(n) % 2,
    )  # fmt: skip
    return RightsMarketModel(spec, 1).run()


def lots_by_period(model):
    """Lots traded by compliers in each period (P,)."""
    entries = model.registry.journal.columns()
    mine = model.population.behaviour == 1
    traded = (entries["operation"] == Operation.TRANSFER) & (entries["account"] < len(mine))
    rows = np.flatnonzero(traded)
    rows = rows[mine[entries["account"][rows]]]
    return np.bincount(
        entries["period"][rows], weights=np.abs(entries["amount"][rows]), minlength=model.spec.total_periods
    )


@pytest.mark.parametrize(("true_up_after", "deadline_after"), [(2, 4), (5, 7), (8, 11)])
def test_compliers_trade_between_verification_and_deadline_whenever_that_is(true_up_after, deadline_after):
    model = market(true_up_after, deadline_after, trade_cost=25.0)
    lots = lots_by_period(model)
    assert lots.sum() > 0
    window = np.zeros(lots.size, dtype=bool)
    for year in range(2):
        window[model.spec.true_up(0, year) : model.spec.deadline(0, year) + 1] = True
    early = lots[:36]  # in the last year there is no bank left, and a squeeze makes everybody hurry
    assert early.sum() > 0
    assert early[window[:36]].sum() > 0.95 * early.sum()
    # Flows have happened when gaps become known, so the last year can end a fraction short.
    assert model.recorder.deadlines["shortfall"].sum() < 1e-3 * model.flow.sum()


def test_in_a_squeeze_prices_stop_at_the_penalty_and_the_later_price():
    """The bound must not feed on prices that are at the bound themselves."""
    model = market(2, 4, trade_cost=25.0, share=(0.85, 0.85, 0.85))
    price = model.recorder.market["price"][:, 0]
    calm = price[price < 1000.0]
    assert np.nanmax(price) > 1000.0  # the penalty
    assert np.nanmax(price) <= 1000.0 + calm.max() + 0.002
    assert np.nanmax(model.recorder.market["backstop"][:, 0]) <= 1000.0 + calm.max() + 0.002


def test_without_a_fixed_cost_compliers_trade_early():
    lots = lots_by_period(market(5, 7, trade_cost=0.0))
    assert lots[:12].sum() > 0.2 * lots.sum()


def test_fixed_costs_are_paid_to_the_outside_world_and_recorded():
    model = market(2, 4, trade_cost=25.0)
    registry, spec = model.registry, model.spec
    paid = registry.cash[registry.outside] * spec.minor_unit
    assert paid > 0.0
    assert model.recorder.trading_cost.sum() == pytest.approx(paid, rel=1e-9)
    assert paid / 25.0 == pytest.approx(round(paid / 25.0))
