"""The best response against a general solver, overlap groups, output cuts, and a tradable performance standard (A6)."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize

from market.technology import Technology, best_response, flows, operating_cost


def random_firm(seed, *, groups=True, output=True):
    """One firm with up to five measures on three rights, some in an overlap group."""
    draw = np.random.default_rng(seed)
    m, k = int(draw.integers(1, 6)), 3
    effect = draw.uniform(-0.1, 1.0, (1, m, k))
    limit = draw.uniform(0.2, 2.0, (1, m))
    baseline = 0.5 + (np.maximum(effect, 0.0) * limit[:, :, None]).sum(axis=1)
    group = np.where(draw.random((1, m)) < 0.6, 0, -1) if groups else np.full((1, m), -1)
    technology = Technology.build(
        baseline, effect, draw.uniform(-2.0, 10.0, (1, m)), draw.uniform(1.0, 30.0, (1, m)), limit,
        margin=float(draw.uniform(0.0, 30.0)), output_slope=float(draw.uniform(5.0, 60.0)),
        output_limit=float(draw.uniform(0.1, 1.0)) if output else 0.0,
    )  # fmt: skip
    weight = draw.uniform(0.5, 2.0, (1, m))
    full = float((weight * limit * (group == 0)).sum())
    technology = replace(
        technology, group=group.astype(np.int64), weight=weight, group_limit=np.array([[draw.uniform(0.1, 1.0) * full]])
    )
    credit = baseline * draw.uniform(0.0, 0.9, (1, k))
    return technology, draw.uniform(0.0, 30.0, k), credit


def solved(technology, price, credit):
    """Levels and output cut of the one firm by SLSQP, which knows nothing of closed forms."""
    effect, baseline = technology.effect[0], technology.baseline[0]
    intercept, slope = technology.intercept[0], technology.slope[0]
    inside = technology.group[0] == 0
    weight = np.where(inside, technology.weight[0], 0.0)
    benefit = effect @ price - intercept

    def worth(x):
        return float(0.5 * slope @ (x * x) - benefit @ x)

    room = technology.group_limit[0, 0]
    found = minimize(
        worth, 0.1 * technology.limit[0], jac=lambda x: slope * x - benefit, method="SLSQP",
        bounds=[(0.0, float(limit)) for limit in technology.limit[0]],
        constraints=[{"type": "ineq", "fun": lambda x: room - weight @ x, "jac": lambda x: -weight}],
        options={"ftol": 1e-14, "maxiter": 500},
    )  # fmt: skip
    net = found.fun + price @ (baseline - credit[0]) - technology.margin[0]
    cut = np.clip(net / technology.output_slope[0], 0.0, technology.output_limit[0])
    return found.x, cut


@settings(max_examples=60)
@given(st.integers(0, 2**31))
def test_best_response_is_what_a_general_solver_finds(seed):
    technology, price, credit = random_firm(seed)
    x, cut = best_response(technology, price, credit)
    expected, expected_cut = solved(technology, price, credit)
    np.testing.assert_allclose(x[0], expected, atol=2e-5)
    assert cut[0] == pytest.approx(expected_cut, abs=1e-4)


@settings(max_examples=100)
@given(st.integers(0, 2**31))
def test_nothing_feasible_is_cheaper(seed):
    """What a firm pays in all, for measures, lost output and rights, is least at its best response."""
    technology, price, credit = random_firm(seed)
    draw = np.random.default_rng(seed + 1)

    def bill(x, cut):
        paid = flows(technology, x, cut) - (1.0 - cut[:, None]) * credit
        return float(operating_cost(technology, x, cut)[0] + paid[0] @ price)

    x, cut = best_response(technology, price, credit)
    assert np.all((x >= 0.0) & (x <= technology.limit))
    used = float((technology.weight * x * (technology.group == 0)).sum())
    assert used <= technology.group_limit[0, 0] * (1.0 + 1e-9) + 1e-12
    least = bill(x, cut)
    for _ in range(40):
        other = draw.random(x.shape) * technology.limit
        if draw.random() < 0.5:
            other = np.clip(x + 0.02 * draw.standard_normal(x.shape) * technology.limit, 0.0, technology.limit)
        used = float((technology.weight * other * (technology.group == 0)).sum())
        if used > technology.group_limit[0, 0]:
            other *= technology.group_limit[0, 0] / used
        share = draw.random(1) * technology.output_limit
        assert bill(other, share) >= least - 1e-9 * (1.0 + abs(least))


def test_a_step_measure_is_used_whole_or_not_at_all():
    technology = Technology.build([[10.0]], [[1.0]], [[5.0]], [[0.0]], [[4.0]])
    assert [best_response(technology, [p])[0][0, 0] for p in (4.99, 5.01)] == [0.0, 4.0]


def test_without_an_overlap_group_the_formula_of_the_textbook_holds():
    technology, price, _ = random_firm(4, groups=False, output=False)
    x, cut = best_response(technology, price)
    formula = np.clip((technology.effect[0] @ price - technology.intercept[0]) / technology.slope[0], 0.0, None)
    np.testing.assert_allclose(x[0], np.minimum(formula, technology.limit[0]), rtol=1e-12)
    assert cut[0] == 0.0


def test_flows_and_costs_grow_with_activity_and_fall_with_output():
    technology, price, _ = random_firm(2)
    x, _ = best_response(technology, price)
    cut = np.array([0.25])
    np.testing.assert_allclose(flows(technology, x, cut, 2.0), 2.0 * flows(technology, x, cut))
    np.testing.assert_allclose(flows(technology, x, cut), 0.75 * flows(technology, x, 0.0 * cut))
    measures = operating_cost(technology, x, 0.0 * cut)[0]
    lost = technology.margin[0] * 0.25 + 0.5 * technology.output_slope[0] * 0.25**2
    assert operating_cost(technology, x, cut, 3.0)[0] == pytest.approx(3.0 * (0.75 * measures + lost))


def test_the_lowest_flow_respects_overlap_groups():
    effect = np.array([[[1.0], [2.0]]])
    technology = Technology.build([[10.0]], effect, [[0.0, 0.0]], [[1.0, 1.0]], [[6.0, 4.0]])
    assert technology.lowest_flow()[0, 0] == pytest.approx(-4.0)  # 10 − 6 − 8
    grouped = replace(
        technology, group=np.zeros((1, 2), dtype=np.int64), weight=np.ones((1, 2)), group_limit=np.array([[5.0]])
    )
    assert grouped.lowest_flow()[0, 0] == pytest.approx(1.0)  # 4 of the second, 1 of the first


# A6: demand P = 100 − Q, unit cost 20 + 30 x², intensity 1 − x, 80 units of output without policy.

OUTPUT, SLOPE = 80.0, 60.0


def industry():
    """A6 as one firm: a level X = 80 x costs ½·(60/80)·X² a year; lost output costs ½·80²·y² of surplus."""
    return Technology.build(
        [[OUTPUT]], [[1.0]], [[0.0]], [[SLOPE / OUTPUT]], [[OUTPUT]], margin=0.0, output_slope=OUTPUT**2,
        output_limit=1.0,
    )  # fmt: skip


def outcome(price, benchmark=0.0):
    """Intensity cut x, product price P, output Q and emissions E at a price of rights."""
    technology = industry()
    level, cut = best_response(technology, [price], [[benchmark * OUTPUT]])
    quantity = OUTPUT * (1.0 - float(cut[0]))
    return float(level[0, 0]) / OUTPUT, 100.0 - quantity, quantity, float(flows(technology, level, cut)[0, 0])


def surplus(quantity, x):
    """Consumers' and producers' surplus: the area under demand less unit costs."""
    return 100.0 * quantity - 0.5 * quantity**2 - (20.0 + 30.0 * x * x) * quantity


def test_cap_and_trade_of_a6():
    price = brentq(lambda p: outcome(p)[3] - 56.0, 0.0, 60.0, xtol=1e-12)
    assert price == pytest.approx(11.644535, abs=1e-6)
    np.testing.assert_allclose(outcome(price), [0.194076, 30.514575, 69.485425, 56.0], atol=1e-6)
    x, _, quantity, _ = outcome(price)
    assert surplus(quantity, x) == pytest.approx(3066.206102, abs=1e-5)


def test_tradable_performance_standard_of_a6_subsidises_output():
    benchmark = 0.721041
    price = brentq(lambda p: outcome(p, benchmark)[3] - benchmark * outcome(p, benchmark)[2], 1.0, 60.0)
    assert price == pytest.approx(16.737525, abs=2e-4)
    x, product, quantity, emissions = outcome(price, benchmark)
    np.testing.assert_allclose([x, product, quantity], [0.278959, 22.334540, 77.665460], atol=1e-4)
    assert emissions == pytest.approx(56.0, abs=1e-3)
    assert price * benchmark == pytest.approx(12.068446, abs=2e-4)
    assert surplus(quantity, x) == pytest.approx(3015.961865, abs=1e-2)


def test_the_benchmark_of_cap_and_trade_keeps_the_price_and_lets_emissions_rise():
    benchmark = 0.805924
    price = brentq(lambda p: outcome(p, benchmark)[3] - benchmark * outcome(p, benchmark)[2], 1.0, 60.0)
    assert price == pytest.approx(11.644535, abs=1e-4)
    np.testing.assert_allclose(outcome(price, benchmark)[2:], [78.870040, 63.563291], atol=1e-3)
