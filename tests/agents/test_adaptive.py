"""Adaptive accounts: the rule of the module's text in plain Python, orders against it, learning, and whole runs."""

from dataclasses import replace
from math import ceil, floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.behaviours import adaptive
from agents.behaviours.declared import AdaptiveRule, ComplierRule, PlannerRule
from agents.expectations import learn
from agents.model import RightsMarketModel
from benchmarks.permit_market import specification
from market.net_demand_kernel import Firms
from market.orders import BUY, SELL
from market.technology import Technology, best_response, flows
from scenarios.loading import load
from tests.agents import economies
from tests.agents.mixed import fingerprint, province

BOUND, LOT, TICK = 200.0, 1.0, 0.01
LINEAR = {
    "baseline": [[100.0], [60.0], [40.0]], "effect": [[1.0]], "intercept": [[0.0]] * 3,
    "slope": [[1.0], [2.0], [2.5]], "limit": [[100.0], [60.0], [40.0]],
}  # fmt: skip


def flow_of(technology, i, k, price):
    """The flow a year of one account, from the best response of `market.technology`."""
    x, cut = best_response(technology, np.tile(price, (technology.firms, 1)))
    return float(np.maximum(flows(technology, x, cut), 0.0)[i, k])


def slow_order(technology, i, k, belief, owed, known, years, free):
    """The order of one account as the module's text has it: (side, ticks, lots), or None; the price by bisection."""

    def need(p):
        price = belief.copy()
        price[k] = p
        return owed + years * flow_of(technology, i, k, price)

    if known > 0.0 or need(BOUND) > 0.0:
        value = BOUND
    elif need(0.0) <= 0.0:
        value = 0.0
    else:
        low, high = 0.0, BOUND
        for _ in range(50):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if need(middle) > 0.0 else (low, middle)
        value = 0.5 * (low + high)
    ticks = max(1, floor((value + belief[k]) / 2.0 / TICK + 0.5))
    wanted = max(known, need(ticks * TICK))
    if value > belief[k]:
        return BUY, ticks, max(1, ceil(wanted / LOT - 1e-9)), value
    lots = min(free, max(1, floor(-wanted / LOT + 1e-9)))
    return (SELL, ticks, lots, value) if lots > 0 else None


def batch_of(technology, k, belief, fixed, years, free, pending=0):
    """The orders of all accounts of a technology as one group of adaptive accounts."""
    n, instruments = technology.baseline.shape
    spec = replace(economies.economy(**LINEAR, permits=[[100.0]]), technology=technology, behaviours=(AdaptiveRule(),))
    who = adaptive.traders(spec, k, np.arange(n), np.zeros(n, dtype=np.int64))
    firms = Firms(technology.baseline, np.zeros((n, instruments)), *technology.arrays())
    made = adaptive.orders(
        who,
        firms,
        np.asarray(fixed),
        np.ones((1, n)),
        free,
        np.zeros_like(free),
        belief,
        (len(fixed), pending, years),
        BOUND,
        LOT,
        TICK,
    )
    rows = zip(made.account.tolist(), made.side.tolist(), made.price.tolist(), made.quantity.tolist(), strict=True)
    return {account: rest for account, *rest in rows}, who


def compare(technology, k, belief, fixed, years, free, pending=0):
    """Hold every order against the slow one; a search may end a tick away, and lots then differ by what that moves."""
    got, who = batch_of(technology, k, belief, fixed, years, free, pending)
    for i in range(technology.firms):
        sums = np.cumsum([row[i] for row in fixed])
        known = sums[:pending].max() if pending else -np.inf
        wanted = slow_order(technology, i, k, belief[i], sums[-1], known, years, int(free[i]))
        if wanted is None:
            assert i not in got
            continue
        side, ticks, lots = got[i]
        if abs(wanted[3] - belief[i, k]) > TICK:
            assert side == wanted[0]
            assert abs(ticks - wanted[1]) <= 1
            if ticks == wanted[1]:
                assert abs(lots - wanted[2]) <= (0 if i in who.straight[3] else 1)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), months=st.integers(1, 12))
def test_one_linear_measure_is_as_the_text_says(seed, months):
    draw = np.random.default_rng(seed)
    n = 20
    baseline = draw.lognormal(4.0, 1.0, (n, 1))
    limit = baseline * draw.uniform(0.2, 1.0, (n, 1)) * (draw.random((n, 1)) < 0.9)
    effect = draw.uniform(0.5, 1.0, (n, 1, 1))
    firms = Technology.build(baseline, effect, draw.uniform(0, 20, (n, 1)), draw.uniform(0.1, 5, (n, 1)), limit)
    years = months / 12.0
    fixed = -baseline[:, 0] * years * draw.uniform(0.3, 1.3, n)
    compare(firms, 0, draw.uniform(1, 60, (n, 1)), [fixed], years, draw.integers(0, 40, n))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(0, 3), pending=st.booleans())
def test_several_measures_and_instruments_are_as_the_text_says(seed, k, pending):
    firms = economies.random_economy(seed, n=6, measures=4).technology
    draw = np.random.default_rng(seed)
    belief = draw.uniform(1, 60, firms.baseline.shape)
    fixed = [-firms.baseline[:, k] * draw.uniform(0.3, 1.2, 6)]
    if pending:
        fixed = [draw.normal(0, 5, 6), *fixed]
    compare(firms, k, belief, fixed, 0.75, draw.integers(0, 40, 6), pending=int(pending))


def test_output_cuts_and_full_overlap_groups_are_worked_out():
    firms = province(n=24).technology
    assert (firms.output_limit > 0).any()
    group = np.full(firms.group.shape, -1)
    group[:, :2] = 0
    firms = replace(firms, group=group, group_limit=0.5 * firms.limit[:, :2].sum(axis=1, keepdims=True))
    draw = np.random.default_rng(1)
    for k in range(firms.instruments):
        belief = draw.uniform(1, 150, firms.baseline.shape)
        fixed = [-firms.baseline[:, k] * draw.uniform(0.5, 1.1, 24)]
        compare(firms, k, belief, fixed, 0.5, draw.integers(0, 40, 24))


def test_the_closed_form_of_one_firm():
    """MAC 1·(100 − e), 35 rights for half a year: a rate of 70 is allowed, worth 30. It expects 20 and bids 25 for
    what it needs there: 0.5·75 − 35 = 2.5, hence 3 lots. At 40 it asks 35 for 0.5·65 − 35 = −2.5, hence 2."""
    firms = Technology.build([[100.0]], [[1.0]], [[0.0]], [[1.0]], [[100.0]])
    got, _ = batch_of(firms, 0, np.array([[20.0]]), [[-35.0]], 0.5, np.array([35]))
    assert got == {0: [BUY, 2500, 3]}
    got, _ = batch_of(firms, 0, np.array([[40.0]]), [[-35.0]], 0.5, np.array([35]))
    assert got == {0: [SELL, 3500, 2]}


def test_nobody_sells_what_is_not_free_and_debts_are_wanted_at_the_bound():
    firms = Technology.build(np.full((3, 1), 100.0), [[1.0]], np.zeros((3, 1)), np.ones((3, 1)), np.full((3, 1), 100.0))
    belief = np.full((3, 1), 20.0)
    fixed = [[-5.0, 4.0, -90.0], [-60.0, -90.0, -20.0]]
    got, _ = batch_of(firms, 0, belief, fixed, 0.5, np.array([0, 0, 3]), pending=1)
    assert 0 not in got
    assert got[1] == [BUY, 11_000, 4]  # (200 + 20)/2, and no more than last year lacks
    assert got[2][0] == SELL
    assert got[2][2] == 3


def test_learning_moves_towards_the_price_and_leaves_quiet_markets_alone():
    expected = np.array([[10.0, 5.0], [20.0, 5.0]])
    learn(expected, np.array([0.3, 0.0]), np.array([30.0, np.nan]))
    np.testing.assert_allclose(expected, [[16.0, 5.0], [20.0, 5.0]])


def economy(years=4, **more):
    """Three linear firms under a cap of 150 a year, unit lots, as adaptive accounts."""
    caps = [[150.0]] * years
    rule = economies.instrument(np.ravel(caps), lot=0.01, tick=0.01, penalty={"kind": "flat", "rate": 200.0})
    given_ = {"behaviours": (AdaptiveRule(first_prices={"right0": 15.0}),), "instruments": {"right0": rule}}
    return economies.economy(**LINEAR, permits=caps, **(given_ | more))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_run_finds_the_competitive_price(seed):
    """Marginal costs c·(baseline − e) and a cap of 80 %: p = 0.2·Σ baseline / Σ 1/c; banking lets it move a little."""
    draw = np.random.default_rng(seed)
    baseline = draw.lognormal(4.0, 0.8, (100, 1))
    slope = draw.uniform(50.0, 150.0, (100, 1)) / baseline
    caps = np.full((6, 1), 0.8 * baseline.sum())
    rule = economies.instrument(caps[:, 0], lot=0.01, tick=0.01, penalty={"kind": "flat", "rate": 200.0})
    spec = economies.economy(
        baseline, [[1.0]], np.zeros((100, 1)), slope, baseline, caps, instruments={"right0": rule},
        behaviours=(AdaptiveRule(first_prices={"right0": 10.0}),),
    )  # fmt: skip
    model = RightsMarketModel(spec, seed).run()
    model.registry.check()
    expected = 0.2 * baseline.sum() / (1.0 / slope).sum()
    np.testing.assert_allclose(economies.yearly_price(model)[2:, 0], expected, rtol=0.05)  # two years to learn
    assert model.recorder.flow.sum() == pytest.approx(caps.sum(), rel=0.01)


def test_first_expectations_are_declared_prices_with_own_errors_or_the_price_that_would_clear():
    model = RightsMarketModel(economy(behaviours=(AdaptiveRule(first_prices={"right0": 15.0}, first_error=0.2),)), 4)
    model.exchange.prices[0] = 26.0
    model.exchange.adaptives.begin(model.exchange.prices)
    first = model.population.expected_price[:, 0]
    assert np.all((first >= 12.0) & (first <= 18.0))
    assert np.unique(first).size == 3
    model = RightsMarketModel(economy(behaviours=(AdaptiveRule(first_error=0.0, adaptation=0.0),)), 4)
    model.step()
    clearing = 50.0 / 1.9
    np.testing.assert_allclose(model.population.expected_price[:, 0], clearing, rtol=0.05)
    assert model.agents[0].expected_price == (model.population.expected_price[0, 0],)


def test_accounts_work_at_their_own_expectation_to_the_end_of_the_year():
    model = RightsMarketModel(economy(), 2)
    for _ in range(12):
        model.step()
        cut = LINEAR["baseline"][0][0] - 12.0 * model.period_flow[0, 0]
        assert cut == pytest.approx(model.population.expected_price[0, 0], rel=1e-9)


@pytest.mark.parametrize(
    "others", [(PlannerRule(horizon_years=3), ComplierRule()), (PlannerRule(),), (ComplierRule(),)]
)
def test_all_kinds_trade_together_in_four_markets(others):
    rules = (*others, AdaptiveRule())
    spec = province(n=24, years=3)
    columns = {name: spec.population.column(name) for name in ("sector", "city", "size", "revenue")}
    start = type(spec.population)(
        spec.population.ids, columns | {"behaviour": np.arange(24) % len(rules)}, spec.population.sectors,
        spec.population.cities,
    )  # fmt: skip
    model = RightsMarketModel(replace(spec, behaviours=rules, population=start), 7)
    who = np.arange(24) % len(rules) == len(rules) - 1
    traded = np.zeros(24, dtype=bool)
    while not model.done:
        before = model.registry.cash[:24].copy()
        model.step()
        model.registry.check()
        traded |= model.registry.cash[:24] != before
    assert traded[who].mean() > 0.8
    assert (model.population.expected_price[who] > 0.0).all()


def test_the_same_seed_gives_the_same_run():
    spec = replace(province(n=24, years=2), behaviours=(AdaptiveRule(), AdaptiveRule(adaptation=0.1)))
    assert fingerprint(RightsMarketModel(spec, 7).run()) == fingerprint(RightsMarketModel(spec, 7).run())
    assert fingerprint(RightsMarketModel(spec, 7).run()) != fingerprint(RightsMarketModel(spec, 8).run())


@pytest.mark.parametrize("n", [3, 60])
def test_the_short_way_through_a_plain_market_does_what_the_long_way_does(n):
    spec = replace(specification(n, 3), record_firms=True, record_journal=True)
    short, long = RightsMarketModel(spec, 1), RightsMarketModel(spec, 1)
    assert short.exchange.plain == [True]
    long.exchange.plain = [False]
    short.run()
    assert fingerprint(short) == fingerprint(long.run())
    assert len(short.registry.journal) == len(long.registry.journal)
    np.testing.assert_array_equal(short.population.expected_price, long.population.expected_price)


def test_a_scenario_file_takes_them():
    scenario = load("textbook-montgomery", {"behaviours": [{"kind": "adaptive", "first_prices": {"carbon": 12}}]})
    assert scenario.behaviours == (AdaptiveRule(first_prices={"carbon": 12.0}),)
