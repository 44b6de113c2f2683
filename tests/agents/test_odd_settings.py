"""Settings at the edge of what can be declared: every run ends, conserves, and says what is short."""

from dataclasses import replace

import numpy as np
import pytest

from agents.behaviours.declared import ComplierRule, PlannerRule
from agents.model import RightsMarketModel
from scenarios.reference_run import score
from tests.agents import economies
from tests.agents.mixed import province

TWO = {
    "baseline": [[100.0], [60.0]], "effect": [[1.0]], "intercept": [[0.0], [4.0]], "slope": [[0.5], [0.25]],
    "limit": [[90.0], [50.0]],
}  # fmt: skip


def ran(spec, seed=3):
    """Run with every identity checked after every step."""
    model = RightsMarketModel(spec, seed)
    while not model.done:
        model.step()
        model.registry.check()
        assert np.isfinite(model.exchange.prices).all()
        assert np.isfinite(model.period_flow).all()
    assert model.regulator.debt.min() >= 0
    return model


def test_one_period_a_year():
    model = ran(economies.economy(**TWO, permits=[[130.0], [110.0]], periods=1))
    ladder, _ = score(model)
    np.testing.assert_allclose(economies.yearly_price(model), ladder.plan.price, rtol=0.02)
    assert not model.recorder.deadlines["shortfall"].any()


def test_one_firm_has_nobody_to_trade_with():
    model = ran(economies.economy([[100.0]], [[1.0]], [[0.0]], [[0.5]], [[90.0]], [[80.0], [70.0]]))
    assert not np.nansum(model.recorder.market["volume"])
    assert np.all(model.flow.sum(axis=(0, 1)) <= 150.0 + 1e-6)
    np.testing.assert_allclose(model.flow.sum(), 150.0, atol=1e-3)


def test_a_cap_of_zero_makes_everybody_short_at_the_penalty():
    rules = {"right0": economies.instrument([0.0, 0.0], penalty={"kind": "flat", "rate": 30.0, "make_good": False})}
    model = ran(economies.economy(**TWO, permits=[[0.0], [0.0]], instruments=rules))
    assert model.registry.issued.sum() == 0
    # Marginal cost reaches the penalty of 30 at cuts of 60 and of all 50 that firm 2 can.
    np.testing.assert_allclose(model.flow[0, :, 0], [40.0, 10.0], rtol=1e-3)
    np.testing.assert_allclose(model.recorder.deadlines["shortfall"][:, 0], 50.0, rtol=1e-3)
    np.testing.assert_allclose(model.recorder.penalty, 1500.0, rtol=1e-3)


def test_rights_without_scarcity_are_free():
    model = ran(economies.economy(**TWO, permits=[[400.0], [400.0]]))
    assert np.nanmax(model.recorder.market["indicative"]) == 0.0
    np.testing.assert_allclose(model.flow[:, :, 0], [[100.0, 60.0]] * 2)
    assert not model.recorder.cost.any()


def test_a_firm_without_measures_buys_what_it_needs():
    spec = economies.economy(
        [[100.0], [60.0]], [[1.0]], [[0.0], [0.0]], [[0.5], [1.0]], [[90.0], [0.0]], [[130.0], [120.0]]
    )
    model = ran(spec)
    np.testing.assert_allclose(model.flow[:, 1, 0], 60.0)
    assert not model.recorder.deadlines["shortfall"].any()
    assert model.recorder.firms["net_purchase"][:, 1, 0].sum() == pytest.approx(120.0 - 250.0 * 60.0 / 160.0, abs=0.01)


def test_an_instrument_that_nobody_needs_or_trades():
    """The second right has no flow at all: no participants, no orders, no price."""
    spec = economies.economy(
        [[100.0, 0.0], [60.0, 0.0]], [[1.0, 0.0]], [[0.0], [4.0]], [[0.5], [0.25]], [[90.0], [50.0]],
        [[130.0, 0.0], [110.0, 0.0]],
    )  # fmt: skip
    model = ran(spec)
    assert not np.nansum(model.recorder.market["volume"][:, 1])
    assert np.isnan(model.recorder.market["price"][:, 1]).all()
    alone = ran(economies.economy(**TWO, permits=[[130.0], [110.0]]))
    np.testing.assert_allclose(model.flow[:, :, 0], alone.flow[:, :, 0], rtol=1e-3)


def test_a_horizon_of_one_year_does_not_bank_ahead():
    short = economies.economy(**TWO, permits=[[150.0], [80.0]], behaviours=(PlannerRule(horizon_years=1),))
    myopic, far = ran(short), ran(economies.economy(**TWO, permits=[[150.0], [80.0]]))
    cheap, dear = economies.yearly_price(myopic)[:, 0]
    assert dear / cheap > 1.5
    first, second = economies.yearly_price(far)[:, 0]
    assert second / first == pytest.approx(1.05, rel=0.02)


@pytest.mark.parametrize("rule", [PlannerRule(steps=1), PlannerRule(steps=64), PlannerRule(patience=1.0),
                                  PlannerRule(discount_rate=0.0), PlannerRule(horizon_years=100)])  # fmt: skip
def test_any_planner(rule):
    model = ran(economies.economy(**TWO, permits=[[140.0], [110.0], [90.0]], behaviours=(rule,)))
    assert model.recorder.deadlines["shortfall"].sum() <= 1e-2


@pytest.mark.parametrize("rule", [ComplierRule(trade_cost=0.0), ComplierRule(flow_uncertainty=0.0, price_risk=0.0),
                                  ComplierRule(trade_cost=1e9), ComplierRule(adaptation=0.0)])  # fmt: skip
def test_any_complier_alone(rule):
    model = ran(economies.economy(**TWO, permits=[[140.0], [110.0]], behaviours=(rule,)))
    assert (model.recorder.deadlines["surrendered"] <= model.recorder.deadlines["obligation"]).all()


@pytest.mark.parametrize("share", [{"auction_share": 1.0}, {"paid_share": 1.0, "base_price": 1.0},
                                   {"auction_share": 0.5, "paid_share": 0.5, "reserve_price": 999.0}])  # fmt: skip
def test_nothing_is_free(share):
    rules = {"right0": economies.instrument([130.0, 110.0], allocation={"kind": "grandfathering", **share})}
    model = ran(economies.economy(**TWO, permits=[[130.0], [110.0]], instruments=rules))
    assert model.registry.cash[model.registry.reserve] > 0
    if "reserve_price" not in share:
        assert model.recorder.deadlines["shortfall"].sum() <= 1e-3 * 240.0


def test_every_oddity_at_once():
    spec = province(n=3, years=1, periods=1)
    odd = {
        key: rule.model_copy(
            update={
                "compliance": rule.compliance.model_copy(update={"true_up_after": 0, "deadline_after": 12 * (k % 2)})
            }
        )
        for k, (key, rule) in enumerate(spec.instruments.items())
    }
    technology = replace(spec.technology, limit=spec.technology.limit * np.array([[0.0], [1.0], [1.0]]))
    for behaviour in ([0, 0, 0], [1, 1, 1], [0, 1, 0]):
        spec.population.behaviour[:] = behaviour
        for rounds in (0, 3):
            model = ran(replace(spec, instruments=odd, technology=technology, rounds=rounds))
            assert model.period == 2
            ladder, _ = score(model)
            assert np.isfinite(ladder.actual_cost)


@pytest.mark.parametrize("credit", [0.0, 50.0])
def test_accounts_without_money_fall_short_and_owe_no_more_than_they_can_pay(credit):
    auctioned = {"kind": "grandfathering", "auction_share": 0.3}
    rules = {"right0": economies.instrument([130.0, 100.0], allocation=auctioned)}
    spec = replace(economies.economy(**TWO, permits=[[130.0], [100.0]], instruments=rules), credit_limit=credit)
    model = ran(spec)
    assert model.recorder.deadlines["shortfall"].sum() > 1.0
    cash = model.registry.cash * spec.minor_unit
    assert np.all(cash[:2] >= -credit - 1e-9)
    collected = cash[model.registry.government] + cash[model.registry.reserve]
    assert collected <= 2 * credit + 1e-9
    assert model.recorder.penalty.sum() > collected
