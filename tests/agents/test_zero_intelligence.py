"""Zero-intelligence accounts: what they may quote, from what they draw, and whole runs that conserve."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agents.behaviours.declared import PlannerRule, ZeroIntelligenceRule
from agents.behaviours.zero_intelligence import ValueView, draws, look, orders
from agents.model import RightsMarketModel
from market.orders import BUY, SELL
from market.randomness import Streams
from tests.agents import economies
from tests.agents.mixed import province

LOT, TICK, BACKSTOP = 0.5, 0.01, 100.0


def view(value, slope, free):
    """Accounts whose net demand falls by ``slope`` units for each unit of money, through zero at ``value``."""
    value, slope, free = np.broadcast_arrays(np.asarray(value, float), np.asarray(slope, float), np.asarray(free))
    return ValueView(
        np.arange(value.size), value.copy(), free.astype(np.int64), lambda price: slope * (value - price), BACKSTOP,
        LOT, TICK,
    )  # fmt: skip


def drawn(rule, seen, seed=1):
    return orders(rule, seen, draws(rule, Streams(seed).at("zero intelligence", 0), seen.accounts.size))


@given(st.integers(0, 2**32), st.integers(1, 4), st.integers(1, 50), st.sampled_from([None, 60.0]))
def test_the_constrained_never_quote_at_a_loss_nor_beyond_what_they_need_or_hold(seed, count, largest, highest):
    generator = np.random.default_rng(seed)
    value, slope = generator.uniform(0.0, BACKSTOP, 30), generator.uniform(0.0, 3.0, 30)
    free = generator.integers(0, 40, 30)
    rule = ZeroIntelligenceRule(orders=count, largest=largest, lowest=1.5, highest=highest)
    batch = drawn(rule, view(value, slope, free), seed)
    batch.validate()
    own, price = value[batch.account], batch.price * TICK
    buys = batch.side == BUY
    assert (price[buys] <= own[buys] + 1e-9).all()
    assert (price[~buys] >= own[~buys] - 1e-9).all()
    assert ((price >= 1.5) & (price <= (highest or BACKSTOP))).all()
    assert (batch.quantity <= largest).all()
    for i in range(30):
        for side, most in ((BUY, np.inf), (SELL, free[i])):
            rows = np.flatnonzero((batch.account == i) & (batch.side == side))
            sizes = batch.quantity[rows]
            assert sizes.sum() <= most
            # Of several orders the last one leaves the least room: what it asks for is still lacking, or spare, there.
            if rows.size:
                at = slope[i] * (value[i] - price[rows]) * side / LOT
                assert (np.cumsum(sizes) <= np.ceil(at - 1e-9)).all()


@given(st.integers(0, 2**32), st.integers(1, 5))
def test_the_unconstrained_offer_no_more_than_they_hold(seed, count):
    free = np.random.default_rng(seed).integers(0, 40, 20)
    rule = ZeroIntelligenceRule(constrained=False, orders=count, largest=30, highest=50.0)
    batch = drawn(rule, view(10.0, 1.0, np.resize(free, 20)), seed)
    batch.validate()
    sells = batch.side == SELL
    assert (np.bincount(batch.account[sells], weights=batch.quantity[sells], minlength=20) <= free).all()
    assert (batch.price <= 5000).all()
    assert len(batch) == 20 * count  # who holds nothing can still buy


def test_sides_prices_and_lots_are_uniform():
    """20,000 accounts with a value of 40 in 0 … 100: means within four standard errors of the uniform's."""
    n = 20_000
    rule = ZeroIntelligenceRule(largest=9)
    batch = drawn(rule, view(np.full(n, 40.0), 1e3, np.full(n, 1_000)), 3)
    buys = batch.side == BUY
    assert abs(buys.sum() - 0.5 * n) < 4 * np.sqrt(n / 4)
    for price, low, high in ((batch.price[buys], 0.0, 40.0), (batch.price[~buys], 40.0, 100.0)):
        error = (high - low) / np.sqrt(12 * price.size)
        assert price.mean() * TICK == pytest.approx(0.5 * (low + high), abs=4 * error)
        assert price.min() * TICK < low + 0.05
        assert price.max() * TICK > high - 0.05
    sizes = np.bincount(batch.quantity, minlength=10)[1:]
    away = batch.price != 4000  # nobody lacks or spares anything at its own value
    assert sizes.sum() == len(batch) == away.sum()
    assert np.abs(sizes - len(batch) / 9).max() < 5 * np.sqrt(len(batch) / 9)


def test_who_has_only_one_side_open_takes_it():
    short, long = view([BACKSTOP] * 50, 1.0, 0), view([0.0] * 50, 1.0, 10)
    rule = ZeroIntelligenceRule(lowest=0.01)
    assert (drawn(rule, short).side == BUY).all()
    sold = drawn(rule, long)
    assert (sold.side == SELL).all()
    assert len(sold) == 50
    assert len(drawn(rule, view([0.0] * 5, 1.0, 0))) == 0  # nothing to sell, and nothing is worth buying


def test_draws_belong_to_an_account_whoever_else_there_is():
    rule = ZeroIntelligenceRule(orders=3)
    stream = Streams(4).at("zero intelligence", 7)
    few, many = draws(rule, stream, 10), draws(rule, stream, 25)
    assert (few == many[:10]).all()
    seen = view(np.linspace(10, 90, 10), 1.0, 20)
    order = np.array([4, 1, 9, 0, 3])
    part = replace(
        seen, accounts=seen.accounts[order], value=seen.value[order], free=seen.free[order],
        need_at=lambda price: seen.value[order] - price,
    )  # fmt: skip
    whole, some = orders(rule, seen, few), orders(rule, part, few[order])

    def rows(batch, account):
        found = batch.take(np.flatnonzero(batch.account == account))
        return found.side.tolist(), found.price.tolist(), found.quantity.tolist()

    assert all(rows(whole, account) == rows(some, account) for account in order.tolist())


def test_a_range_without_prices_is_refused():
    with pytest.raises(ValidationError, match="give a highest price above the lowest"):
        ZeroIntelligenceRule(lowest=5.0, highest=5.0)


def now(model, members):
    """What some accounts know at the first desk, and the market's quote, before they trade."""
    exchange, desk = model.exchange, model.exchange.desks[0]
    horizon = desk.horizon_at(model.period)
    exchange._observe(desk, horizon, model.period, model.flow, model.world, model.regulator)
    quote = exchange._quote(desk, horizon, model.period, model.regulator, model.outlook)
    free = model.registry.free(model.registry.product(0, horizon.front))
    return look(desk, quote, exchange.firms, np.asarray(members), free), quote


@pytest.mark.parametrize("rate", [0.0, 0.08])
def test_the_value_of_a_right_is_marginal_cost_at_the_present_position(rate):
    """After a month: MAC = 0.5·(100 − e) and 4 + 0.25·(60 − e), at most 90 and 50 cut, on average of 11 months."""
    spec = economies.economy(
        [[100.0], [60.0]], [[1.0]], [[0.0], [4.0]], [[0.5], [0.25]], [[90.0], [50.0]], [[130.0]],
        behaviours=(ZeroIntelligenceRule(discount_rate=rate),),
    )  # fmt: skip
    model = RightsMarketModel(spec, 1)
    model.step()
    seen, quote = now(model, [0, 1])
    flow, left = model.flow[0, :, 0], 11.0 / 12.0
    held = model.registry.balances[0, :2] * spec.lots[0]
    growth = np.mean((1.0 + rate) ** (np.arange(11) / 12.0))
    for i, (baseline, intercept, slope, most) in enumerate(((100.0, 0.0, 0.5, 90.0), (60.0, 4.0, 0.25, 50.0))):
        cut = baseline - (held[i] - flow[i]) / left  # a year's cut that rights in hand ask for
        assert 0.0 < cut < most
        assert seen.value[i] == pytest.approx((intercept + slope * cut) / growth, abs=0.02 * spec.ticks[0])
        level = min(max((12.0 * growth - intercept) / slope, 0.0), most)
        expected = left * (baseline - level) + flow[i] - held[i]
        assert seen.need_at(np.full(2, 12.0))[i] == pytest.approx(expected, abs=1e-9)
    assert seen.accounts.tolist() == [0, 1]
    alone, _ = now(model, [1])
    assert alone.accounts.tolist() == [1]
    assert alone.value[0] == seen.value[1]
    assert seen.backstop == quote.backstop


def market(rule, *others, n=20, share=(0.9, 0.8, 0.7), **more):
    """A market of 20 firms with falling caps; behaviours take turns."""
    draw = np.random.default_rng(2)
    baseline = np.full((n, 1), 300.0)
    caps = np.array(share)[:, None] * baseline.sum()
    rights = {"right0": economies.instrument(caps[:, 0], lot=0.1, tick=0.01, **more)}
    return economies.economy(
        baseline, [[1.0]], draw.uniform(0.0, 20.0, (n, 1)), 20.0 / baseline, 0.6 * baseline, caps, instruments=rights,
        behaviours=(rule, *others), behaviour=np.arange(n) % (1 + len(others)),
    )  # fmt: skip


@pytest.mark.parametrize("others", [(), (PlannerRule(horizon_years=3),)])
@pytest.mark.parametrize("rule", [
    ZeroIntelligenceRule(), ZeroIntelligenceRule(orders=4, highest=60.0),
    ZeroIntelligenceRule(constrained=False, orders=2, highest=60.0, largest=200),
])  # fmt: skip
def test_runs_trade_conserve_and_end_compliant_or_short_with_penalties(rule, others):
    model = RightsMarketModel(market(rule, *others), 1)
    while not model.done:
        model.step()
        model.registry.check()
    deadlines, registry = model.recorder.deadlines, model.registry
    assert np.nansum(model.recorder.market["volume"]) > 0
    assert registry.cash.sum() == 0
    assert (registry.balances >= 0).all()
    assert deadlines["surrendered"] + deadlines["shortfall"] == pytest.approx(deadlines["obligation"])
    np.testing.assert_allclose(model.recorder.penalty.sum(), 1000.0 * deadlines["shortfall"].sum(), rtol=1e-9)


def test_constraint_lowers_cost():
    """The budget constraint alone, not skill, keeps rights with those who need them."""
    cost = []
    for constrained in (True, False):
        rule = ZeroIntelligenceRule(constrained=constrained, orders=4, highest=60.0)
        model = RightsMarketModel(market(rule), 1).run()
        cost.append(model.recorder.cost.sum() + model.recorder.penalty.sum())
    assert cost[0] < 0.7 * cost[1]


def test_the_same_seed_gives_the_same_run():
    spec = market(ZeroIntelligenceRule(orders=2, highest=60.0), PlannerRule(horizon_years=3))
    first, again, other = (RightsMarketModel(spec, seed).run().recorder.market["price"] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other, equal_nan=True)


def test_a_province_with_several_rights():
    spec = province(n=40, years=2)
    rules = (*spec.behaviours, ZeroIntelligenceRule(orders=2))
    spec.population.behaviour[::3] = 2
    model = RightsMarketModel(replace(spec, behaviours=rules), 5)
    while not model.done:
        model.step()
        model.registry.check()
        assert np.isfinite(model.exchange.prices).all()
    assert (np.nansum(model.recorder.market["volume"], axis=0) > 0).all()


def test_rights_that_nobody_can_carry_over_are_offered_at_any_price():
    """After the year only open obligations count: a surplus is worth nothing to its holder, a gap the bound."""
    rule = ZeroIntelligenceRule(highest=60.0, largest=10_000)
    model = RightsMarketModel(market(rule, banking="none", compliance={"true_up_after": 2, "deadline_after": 4}), 1)
    for _ in range(13):
        model.step()
    seen, quote = now(model, np.arange(20))
    assert model.exchange.desks[0].horizon_at(model.period).pending == 1
    short = model.flow[0, :, 0] > seen.free * 0.1
    assert 0 < short.sum() < 20
    assert (seen.value == np.where(short, quote.backstop, 0.0)).all()
