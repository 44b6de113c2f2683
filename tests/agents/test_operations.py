"""What firms do at given prices, and those that hold too few or too many rights."""

import numpy as np
import pytest
from scipy.optimize import brentq

from agents.model import RightsMarketModel
from agents.operations_kernel import fit_to_rights, operate
from market.technology import Technology, best_response, flows, operating_cost
from tests.agents import economies

MONTH = 1.0 / 12.0


def worked(technology, price, activity=1.0, part=MONTH):
    """Operate at prices (K,) and return levels, cuts, flows, costs."""
    n, m, k = technology.effect.shape
    out = np.zeros((n, m)), np.zeros(n), np.zeros((n, k)), np.zeros(n)
    operate(
        np.asarray(price, dtype=float)[None, :], np.zeros(n, dtype=np.int64), np.full(n, activity), part,
        technology.baseline, np.zeros((n, k)), *technology.arrays(), *out,
    )  # fmt: skip
    return out


def fitted(technology, price, allowed, *, both_ways=False, ceiling=1e3, tolerance=0.0, part=MONTH):
    """Operate, then fit the flow of the first right; return the shadow prices and flows of it."""
    n, _, k = technology.effect.shape
    out = worked(technology, price, part=part)
    shadow = np.tile(np.asarray(price, dtype=float), (n, 1))
    fit_to_rights(
        0, np.arange(n), np.asarray(allowed, dtype=float), tolerance, both_ways, ceiling, np.ones(n), part, shadow,
        technology.baseline, np.zeros((n, k)), *technology.arrays(), *out,
    )  # fmt: skip
    return shadow[:, 0], out[2][:, 0], out[3]


def one(slope=2.0, limit=120.0, **more):
    """A firm of 120 a year with marginal cost ``slope`` per unit cut."""
    return Technology.build([[120.0]], [[1.0]], [[0.0]], [[slope]], [[limit]], **more)


def test_a_month_is_a_twelfth_of_the_year_at_the_same_levels():
    draw = np.random.default_rng(3)
    technology = Technology.build(
        draw.uniform(8, 20, (6, 3)), draw.uniform(0, 1, (6, 4, 3)), draw.uniform(0, 9, (6, 4)),
        draw.uniform(1, 9, (6, 4)), draw.uniform(0.2, 1.5, (6, 4)), margin=30.0, output_slope=20.0, output_limit=0.7,
    )  # fmt: skip
    price = [4.0, 3.0, 5.0]
    levels, cut, flow, cost = worked(technology, price, activity=1.3)
    x, y = best_response(technology, price)
    assert (y > 0).any()
    np.testing.assert_allclose(levels, x, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(cut, y, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(flow, flows(technology, x, y, 1.3) / 12.0, rtol=1e-9)
    np.testing.assert_allclose(cost, operating_cost(technology, x, y, 1.3) / 12.0, rtol=1e-9)


def test_a_firm_without_enough_rights_cuts_to_what_it_holds():
    shadow, flow, cost = fitted(one(), [10.0], [4.0])
    assert flow[0] == pytest.approx(4.0, rel=1e-9)
    assert flow[0] <= 4.0
    assert shadow[0] == pytest.approx(2.0 * (120.0 - 12 * 4.0))  # marginal cost of the cut
    assert cost[0] == pytest.approx(0.5 * 2.0 * 72.0**2 / 12.0)


def test_nobody_pays_more_than_the_ceiling():
    shadow, flow, _ = fitted(one(), [10.0], [4.0], ceiling=100.0)
    assert shadow[0] == pytest.approx(100.0)
    assert flow[0] == pytest.approx((120.0 - 50.0) / 12.0)


def test_what_cannot_be_cut_is_not_cut():
    shadow, flow, _ = fitted(one(limit=60.0), [10.0], [4.0])
    assert flow[0] == pytest.approx(5.0)
    assert shadow[0] == pytest.approx(1e3)


def test_output_is_the_last_resort():
    technology = one(limit=60.0, margin=6000.0, output_slope=2000.0, output_limit=1.0)
    shadow, flow, _ = fitted(technology, [10.0], [4.0])
    assert flow[0] == pytest.approx(4.0, rel=1e-9)

    def yearly_flow(p):  # measures cut p/2; output follows what a unit of it then costs in rights and measures
        cut = (p * (120.0 - p / 2.0) + (p / 2.0) ** 2 - 6000.0) / 2000.0
        return (120.0 - p / 2.0) * (1.0 - cut)

    assert shadow[0] == pytest.approx(brentq(lambda p: yearly_flow(p) - 48.0, 55.0, 80.0), rel=1e-6)


def test_rights_to_spare_are_used_only_where_they_would_be_worthless():
    shadow, flow, _ = fitted(one(), [60.0], [9.0])
    assert (shadow[0], flow[0]) == (60.0, pytest.approx(7.5))
    shadow, flow, _ = fitted(one(), [60.0], [9.0], both_ways=True)
    assert flow[0] == pytest.approx(9.0, rel=1e-9)
    assert shadow[0] == pytest.approx(24.0)
    shadow, flow, _ = fitted(one(), [60.0], [11.0], both_ways=True)
    assert (shadow[0], flow[0]) == (pytest.approx(0.0, abs=1e-9), pytest.approx(10.0))


def test_a_step_measure_is_taken_when_it_must_be():
    technology = Technology.build([[120.0]], [[1.0]], [[30.0]], [[0.0]], [[60.0]])
    shadow, flow, _ = fitted(technology, [10.0], [8.0])
    assert flow[0] == pytest.approx(5.0)
    assert shadow[0] == pytest.approx(30.0, rel=1e-6)


def test_in_a_run_a_firm_that_nobody_sells_to_stays_within_its_rights():
    """Two equal firms under a cap that only a squeeze can meet: no trade helps, each works at its own shadow price."""
    economy = economies.economy(
        [[120.0], [120.0]], [[1.0]], [[0.0], [0.0]], [[1.0], [1.0]], [[120.0], [120.0]], [[150.0]], banking="none",
    )  # fmt: skip
    model = RightsMarketModel(economy).run()
    np.testing.assert_allclose(model.flow[0, :, 0], 75.0, atol=2e-4)
    assert not model.recorder.deadlines["shortfall"].any()


def test_beyond_the_bound_a_shortfall_is_planned():
    """Marginal cost reaches the penalty of 20 before the cap is met: the rest is missing and fined."""
    rule = economies.instrument([100.0], banking="none", penalty={"kind": "flat", "rate": 20.0, "make_good": False})
    economy = economies.economy(
        [[100.0], [100.0]], [[1.0]], [[0.0], [0.0]], [[0.5], [0.5]], [[100.0], [100.0]], [[100.0]],
        instruments={"right0": rule},
    )  # fmt: skip
    model = RightsMarketModel(economy).run()
    np.testing.assert_allclose(model.flow[0, :, 0], 60.0, rtol=5e-3)
    assert model.recorder.deadlines["shortfall"][0, 0] == pytest.approx(20.0, rel=2e-2)
    fined = model.recorder.deadlines["penalty"][0, 0]
    assert fined == pytest.approx(20.0 * model.recorder.deadlines["shortfall"][0, 0], rel=1e-9)
    registry = model.registry
    assert registry.cash[registry.government] * model.spec.minor_unit == pytest.approx(fined, rel=1e-9)


def test_a_tradable_performance_standard_runs_at_the_price_of_a6():
    """Two firms of fixed output 60 and 40, intensities 1.1 and 0.8, benchmark 0.9: firm 2 sells 6.461538."""
    size = np.array([60.0, 40.0])
    baseline = (size * [1.1, 0.8])[:, None]
    slope = (np.array([60.0, 90.0]) / size)[:, None]
    mean = baseline.sum() / size.sum()
    rule = economies.instrument(
        [1000.0], banking="none",
        cap={"kind": "linear", "initial": 1000.0, "absolute_from": 2100},
        allocation={"kind": "output_benchmark", "factor": 0.9 / mean, "preallocation": 0.7},
        compliance={"true_up_after": 1, "deadline_after": 3},
    )  # fmt: skip
    spec = economies.economy(
        baseline, [[1.0]], [[0.0], [0.0]], slope, 0.9 * baseline, [[90.0]], instruments={"right0": rule}
    )
    spec.population.size[:] = size
    model = RightsMarketModel(spec).run()
    assert economies.yearly_price(model)[0, 0] == pytest.approx(5.538462, rel=0.02)
    intensity = model.flow[0, :, 0] / size
    np.testing.assert_allclose(intensity, [1.007692, 0.738462], rtol=2e-3)
    assert model.regulator.issued[0, :, 0] == pytest.approx(0.9 * size, abs=2e-4)
    assert model.recorder.firms["net_purchase"][0, 1, 0] == pytest.approx(-6.461538, rel=0.02)


@pytest.mark.parametrize("rate", [7.0, 12.0])
def test_a_low_penalty_with_make_good_does_not_pay(rate):
    """The cap needs a price of 56/6: with a penalty below it, a missing right would still be owed next year."""
    rule = economies.instrument([120.0] * 3, banking="none", penalty={"kind": "flat", "rate": rate})
    economy = economies.economy(
        [[100.0], [60.0]], [[1.0]], [[0.0], [4.0]], [[0.5], [0.25]], [[90.0], [50.0]], [[120.0]] * 3,
        instruments={"right0": rule},
    )  # fmt: skip
    model = RightsMarketModel(economy).run()
    np.testing.assert_allclose(economies.yearly_price(model)[:, 0], 56.0 / 6.0, rtol=0.05)
    assert model.recorder.deadlines["shortfall"][-1, 0] < 1e-3 * 120.0
