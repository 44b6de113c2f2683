"""Price-taking planners who know everything land on the intertemporal equilibrium through the call auction."""

import numpy as np
import pytest

from agents.model import RightsMarketModel
from market.compliance import ROUNDING
from market.reference import competitive_equilibrium, intertemporal_equilibrium, joint_equilibrium
from scenarios import load
from scenarios.build import build
from scenarios.reference_run import score
from tests.agents import economies

WORTHLESS = 1e-6
PRICE_TOLERANCE = 0.02
COST_TOLERANCE = 0.01
CAPS = 90.0, 80.0, 70.0, 60.0, 50.0, *[45.0] * 10
CYCLES = 60.0, 90.0, 90.0, 50.0, 50.0, 95.0


def left_at_end(model):
    """Lots (K, n) of the last vintage that no account surrendered."""
    spec = model.spec
    rows = [model.registry.product(k, spec.years - 1) for k in range(len(spec.keys))]
    return model.registry.balances[rows, : len(spec.population)]


def check_run(model):
    """Prices within 2 %, cost within 1 %, caps kept, rights used, ladder's signs; return the ladder."""
    ladder, notes = score(model)
    assert notes == []
    price, reference = economies.yearly_price(model), ladder.plan.price
    worth = reference > WORTHLESS
    # One measure saves several rights, so a right that is nearly free inherits the errors of the dear ones in money.
    scale = np.maximum(reference, 0.2 * reference.mean())
    deviation = np.abs(price - reference) / np.where(worth, scale, 1.0)
    assert np.all(deviation[worth] <= PRICE_TOLERANCE), (price, reference)
    slack = ~worth & ~np.isnan(price)
    assert np.all(price[slack] <= 0.01 * reference.max()), (price, reference)
    assert ladder.actual_cost == pytest.approx(ladder.least_cost, rel=COST_TOLERANCE)

    cost = ladder.least_cost
    assert ladder.identity_error <= 1e-12
    assert ladder.misallocation >= -1e-6 * cost
    assert ladder.mistiming >= -1e-6 * cost
    assert ladder.least_cost + sum(ladder.rungs().values()) == pytest.approx(ladder.actual_cost, rel=1e-12)

    spec, registry = model.spec, model.registry
    registry.check()
    assert not model.recorder.deadlines["shortfall"].any()
    cap, flow = model.regulator.cap, model.flow.sum(axis=1)
    bank = np.array([rule.initial_bank for rule in spec.rules])
    banked = np.array([rule.banked for rule in spec.rules])
    excess = np.where(banked, np.cumsum(flow - cap, axis=0) - bank, flow - cap)
    forgiven = ROUNDING * spec.lots * spec.years * len(spec.population)  # where a lot more would be due for rounding
    assert np.all(excess <= forgiven)
    np.testing.assert_allclose(flow, model.recorder.flow, rtol=1e-12)
    rounding = spec.lots * (spec.years + 1) * len(spec.population)  # obligations are whole lots every year
    assert np.all((excess[-1] >= -rounding)[worth[-1]])  # rights with a price are used up
    return ladder


def run_scenario(name):
    return RightsMarketModel(build(load(name))).run()


@pytest.mark.parametrize(("name", "caps"), [("textbook-banking", CAPS), ("textbook-banking-cycles", CYCLES)])
def test_textbook_banking(name, caps):
    model = run_scenario(name)
    check_run(model)
    expected = intertemporal_equilibrium(0.0, 0.5, 100.0, caps, 0.05)
    price = economies.yearly_price(model)[:, 0]
    np.testing.assert_allclose(price, expected.price, rtol=PRICE_TOLERANCE)
    np.testing.assert_allclose(model.recorder.flow[:, 0], expected.emissions[:, 0], rtol=PRICE_TOLERANCE)
    discounted = float((model.recorder.cost * 1.05 ** -np.arange(len(caps))).sum())
    assert discounted == pytest.approx(expected.cost, rel=COST_TOLERANCE)
    assert np.all(left_at_end(model) <= 1)


def test_montgomery_price_and_flows():
    model = run_scenario("textbook-montgomery")
    check_run(model)
    expected = competitive_equilibrium(
        [0.0, 5.0, 10.0, 40.0, 2.0], [0.8, 0.5, 0.25, 0.5, 0.1], [50.0, 80.0, 120.0, 60.0, 90.0], 240.0
    )
    assert economies.yearly_price(model)[0, 0] == pytest.approx(16.551724, rel=2e-3)
    np.testing.assert_allclose(model.flow[0, :, 0], expected.emissions, atol=0.05)
    assert model.recorder.cost[0] == pytest.approx(1353.103448, rel=1e-3)
    assert np.all(left_at_end(model) <= 1)


@pytest.mark.parametrize("case", ["a", "b", "c"])
def test_coupled_instruments_of_a11(case):
    model = RightsMarketModel(economies.a11_economy(case)).run()
    check_run(model)
    expected = joint_equilibrium(**economies.A11, permits=economies.a11(case), discount_rate=0.05)
    first = {
        "a": (2.676919, 17.624172, 5.860397),
        "b": (8.461318, 0.0, 4.475750),
        "c": (0.0, 26.373610, 6.347208),
    }[case]
    np.testing.assert_allclose(expected.price[0], first, atol=1e-4)
    price = np.nan_to_num(economies.yearly_price(model))
    np.testing.assert_allclose(price, expected.price, rtol=PRICE_TOLERANCE, atol=0.02)
    assert model.recorder.cost @ 1.05 ** -np.arange(6) == pytest.approx(expected.cost, rel=COST_TOLERANCE)
    used = expected.price[-1] > WORTHLESS
    assert np.all(left_at_end(model)[used] <= 1)


@pytest.mark.parametrize("seed", range(8))
def test_random_coupled_economies(seed):
    model = RightsMarketModel(economies.random_economy(seed)).run()
    ladder = check_run(model)
    used = ladder.plan.price[-1] > WORTHLESS
    assert used.sum() >= 2  # the caps were meant to bind
    left = left_at_end(model)[used]
    # An account whose other rights bind so hard that its own shadow price of this one is 0 keeps what whole lots leave.
    assert np.mean(left <= 1) >= 0.95
    assert np.all(left <= 3)


def test_without_banking_every_year_has_its_own_price():
    economy = economies.economy(
        [[100.0], [60.0]], [[1.0]], [[0.0], [4.0]], [[0.5], [0.25]], [[90.0], [50.0]],
        [[150.0], [140.0], [120.0]], banking="none",
    )  # fmt: skip
    model = RightsMarketModel(economy).run()
    # Cuts a, b with 0.5 a = 4 + 0.25 b = p: a + b = 2 p + 4 (p − 4)+.
    cuts = np.array([10.0, 20.0, 40.0])
    by_hand = np.where(cuts <= 8.0, cuts / 2.0, (cuts + 16.0) / 6.0)
    np.testing.assert_allclose(economies.yearly_price(model)[:, 0], by_hand, rtol=PRICE_TOLERANCE)
    check_run(model)


def test_an_initial_bank_lowers_the_price():
    economy = economies.economy(
        [[60.0], [40.0]], [[1.0]], [[0.0], [0.0]], [[1.0], [1.0]], [[60.0], [40.0]], np.full((4, 1), 80.0),
        instruments={"right0": economies.instrument([80.0] * 4, initial_bank=20.0)},
    )  # fmt: skip
    model = RightsMarketModel(economy).run()
    ladder = check_run(model)
    expected = intertemporal_equilibrium(0.0, 0.5, 100.0, [80.0] * 4, 0.05, initial_bank=20.0)
    np.testing.assert_allclose(ladder.plan.price[:, 0], expected.price, rtol=1e-5)
    assert expected.price[0] < 9.0  # 10 without the bank
    assert np.all(left_at_end(model) <= 1)


def test_orders_lie_on_both_sides_at_growing_distances():
    from agents.behaviours.declared import PlannerRule
    from agents.behaviours.planner import CLOSEST, WIDEST, order_offsets

    offsets = order_offsets(PlannerRule(steps=8))
    np.testing.assert_allclose(offsets, -offsets[::-1])
    assert offsets[4] == pytest.approx(CLOSEST)
    assert offsets[-1] == pytest.approx(WIDEST)
    np.testing.assert_allclose(np.diff(np.log(offsets[4:])), np.log(WIDEST / CLOSEST) / 3.0)
    odd = order_offsets(PlannerRule(steps=5))
    assert (odd < 0).sum() == 2
    assert (odd > 0).sum() == 3
    assert order_offsets(PlannerRule(steps=1)).tolist() == [CLOSEST]
