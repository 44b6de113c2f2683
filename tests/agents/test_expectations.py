"""Growth of expected prices, adaptive beliefs, and the outlook of planners."""

import numpy as np
import pytest

from agents.behaviours.declared import ComplierRule, PlannerRule
from agents.expectations import Outlook, growth_factors, outside_supply
from agents.model import RightsMarketModel
from market.reference import joint_equilibrium
from tests.agents import economies
from tests.agents.mixed import province


def test_growth_averages_the_price_path_over_each_block():
    month = 1.05 ** (1 / 12)
    found = growth_factors(0.05, 12, 5, 3)
    expected = [np.mean([month**m for m in range(start, end)]) for start, end in ((0, 5), (5, 17), (17, 29))]
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    np.testing.assert_allclose(growth_factors(0.0, 12, 5, 3), 1.0)
    np.testing.assert_allclose(growth_factors(0.1, 1, 1, 3), [1.0, 1.1, 1.21])
    assert growth_factors(0.05, 12, 5, 0).size == 0


def test_beliefs_move_towards_prices_by_their_adaptation():
    spec = economies.economy(
        [[10.0, 5.0]], [[1.0, 0.5]], [[1.0]], [[1.0]], [[2.0]], np.full((2, 2), 9.0),
        behaviours=(PlannerRule(), ComplierRule(adaptation=0.25)),
    )  # fmt: skip
    outlook = Outlook(spec)
    outlook.learn(np.array([8.0, np.nan]))
    np.testing.assert_allclose(outlook.belief, [[8.0, 0.0], [2.0, 0.0]])
    outlook.learn(np.array([4.0, 6.0]))
    np.testing.assert_allclose(outlook.belief, [[4.0, 6.0], [2.5, 1.5]])
    for _ in range(60):
        outlook.learn(np.array([4.0, 6.0]))
    np.testing.assert_allclose(outlook.belief, [[4.0, 6.0], [4.0, 6.0]], rtol=1e-6)


def test_the_outlook_is_the_least_cost_plan_of_what_is_announced():
    model = RightsMarketModel(economies.a11_economy())
    model.step()
    expected = joint_equilibrium(**economies.A11, permits=economies.a11(), discount_rate=0.05)
    np.testing.assert_allclose(model.outlook.path, expected.price, rtol=1e-4)


def test_in_a_world_without_surprise_the_outlook_hardly_changes():
    model = RightsMarketModel(economies.a11_economy())
    first = None
    while model.year < 6:
        model.step()
        first = model.outlook.path.copy() if first is None else first
    np.testing.assert_allclose(model.outlook.path, first, rtol=5e-3)


def test_outside_markets_enter_the_outlook_as_priced_supply():
    spec = province()
    supply = outside_supply(spec, 1)
    carbon = spec.instruments["carbon"].outside
    np.testing.assert_allclose(supply.price[:, 0], [35.0, 40.0, 45.0])
    np.testing.assert_allclose(supply.slope[:, 0], carbon.slope)
    np.testing.assert_allclose(supply.import_limit[:, 0], carbon.import_limit)
    np.testing.assert_allclose(supply.export_limit[:, 0], carbon.export_limit)
    assert not supply.import_limit[:, 1:].any()
    assert not supply.export_limit[:, 1:].any()
    closed = economies.economy([[1.0]], [[1.0]], [[1.0]], [[1.0]], [[0.5]], [[0.9]])
    assert outside_supply(closed, 0) is None


def test_bounds_on_prices_are_never_below_two_ticks():
    model = RightsMarketModel(economies.a11_economy())
    assert all(model.exchange.backstop(k) == pytest.approx(1000.0) for k in range(3))
