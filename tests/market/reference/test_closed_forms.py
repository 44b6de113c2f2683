"""The equilibria against formulas, and their edges: no cap, nothing allowed, steps, backstops, one of everything."""

import numpy as np
import pytest

from market.errors import SolverError
from market.reference import competitive_equilibrium, intertemporal_equilibrium, joint_equilibrium


def test_competitive_price_of_linear_costs_is_required_abatement_over_the_sum_of_inverse_slopes() -> None:
    found = competitive_equilibrium([0, 0, 0], [0.5, 1, 2], [100, 100, 100], 240)
    price = 60 / (1 / 0.5 + 1 + 1 / 2)
    assert found.price == pytest.approx(price, rel=1e-12)
    assert found.emissions == pytest.approx(100 - price / np.array([0.5, 1, 2]), rel=1e-12)
    assert found.cost == pytest.approx(0.5 * price * 60, rel=1e-12)


@pytest.mark.parametrize(("required", "low", "high"), [(10, 5, 12), (25, 12, 12), (30, 12, 20), (75, 35, 60)])
def test_competitive_price_of_steps_lies_in_the_interval_of_equilibria(
    required: float, low: float, high: float
) -> None:
    price, size = [5, 12, 20, 35, 60], np.array([10.0, 20, 15, 30, 25])
    found = competitive_equilibrium(price, 0, size, size.sum() - required)
    assert low <= found.price <= high
    assert size.sum() - found.emissions.sum() == pytest.approx(required, abs=1e-12)


def test_competitive_edges() -> None:
    assert competitive_equilibrium([3], [1], [10], 10).price == 0
    assert competitive_equilibrium([3], [1], [10], 99).emissions == pytest.approx([10])
    nothing = competitive_equilibrium([3], [1], [10], 0)
    assert nothing.price == pytest.approx(13)
    assert nothing.emissions == pytest.approx([0])
    assert nothing.cost == pytest.approx(3 * 10 + 50)
    profitable = competitive_equilibrium([-2], [1], [10], 10)
    assert (profitable.price, profitable.emissions[0], profitable.cost) == (0, 8, -2)
    assert competitive_equilibrium(0.0, 1.0, [4.0, 6.0], 6.0).price == pytest.approx(2)


def test_competitive_does_not_change_its_arguments() -> None:
    baseline = np.array([1.0, 2.0])
    competitive_equilibrium(np.zeros(2), np.ones(2), baseline, 1.0)
    assert baseline.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"slope": [-1, 1]}, "slope"),
        ({"intercept": [np.nan, 1]}, "intercept"),
        ({"baseline": [-1, 1]}, "baseline"),
        ({"permits": -1}, "permits"),
        ({"permits": np.nan}, "permits"),
        ({"intercept": [1, 2, 3]}, "intercept"),
        ({"slope": "steep"}, "slope"),
        ({"baseline": [[1, 2], [3, 4]]}, "baseline"),
    ],
)
def test_competitive_bad_input_is_named(changes: dict[str, object], name: str) -> None:
    given: dict[str, object] = {"intercept": [0, 0], "slope": [1, 1], "baseline": [5, 5], "permits": 5}
    with pytest.raises(ValueError, match=name):
        competitive_equilibrium(**(given | changes))  # type: ignore[arg-type]


def test_intertemporal_bank_of_one_firm_rises_and_falls() -> None:
    found = intertemporal_equilibrium(0, 0.5, 100, 95 - 6 * np.arange(10), 0.05)
    # One window: cumulative 0.5 (100 − e) = p0 1.05^t, sum e = sum L.
    first = 0.5 * (1000 - (95 - 6 * np.arange(10)).sum()) / (1.05 ** np.arange(10)).sum()
    assert found.price == pytest.approx(first * 1.05 ** np.arange(10), rel=1e-12)
    assert found.bank.max() == pytest.approx(55.580148, abs=1e-6)
    assert found.bank[-1] == 0
    assert found.emissions.shape == (10, 1)


def test_intertemporal_backstop_is_a_planned_shortfall() -> None:
    found = intertemporal_equilibrium([0], [1], [10], [2.0], 0.05, backstop=5.0)
    assert found.price == pytest.approx([5])
    assert found.emissions[0] == pytest.approx([5])  # abates until 5, the other 3 are short
    assert found.cost == pytest.approx(12.5 + 3 * 5)
    assert found.bank == pytest.approx([0])


def test_intertemporal_slack_and_single_year() -> None:
    slack = intertemporal_equilibrium([1, 2], [1, 1], [5, 5], [4, 20], 0.05, initial_bank=6)
    assert slack.price == pytest.approx([0, 0])
    assert slack.bank == pytest.approx([0, 10])
    assert slack.cost == 0
    one = intertemporal_equilibrium([1, 2], [1, 1], [5, 5], [6], 0.1)
    assert one.price[0] == pytest.approx(competitive_equilibrium([1, 2], [1, 1], [5, 5], 6).price)


def test_intertemporal_baseline_by_year() -> None:
    found = intertemporal_equilibrium(0, 1, [[10], [20]], [10, 10], 0.0)
    assert found.price == pytest.approx([5, 5])
    assert found.bank == pytest.approx([5, 0])
    falling = intertemporal_equilibrium(0, 1, [[20], [10]], [10, 10], 0.0)
    assert falling.price == pytest.approx([10, 0])
    borrowed = intertemporal_equilibrium(0, 1, [[20], [10]], [10, 10], 0.0, borrowing=True)
    assert borrowed.price == pytest.approx([5, 5])
    assert borrowed.bank == pytest.approx([-5, 0])


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"permits": [1, -1]}, "permits"),
        ({"permits": [[1, 1]]}, "permits"),
        ({"baseline": [[1, 2], [1, 2], [1, 2]]}, "baseline"),
        ({"initial_bank": -1}, "initial_bank"),
        ({"discount_rate": np.nan}, "discount_rate"),
        ({"discount_rate": -1.5}, "discount_rate"),
        ({"backstop": -3}, "backstop"),
        ({"slope": [1, -1]}, "slope"),
    ],
)
def test_intertemporal_bad_input_is_named(changes: dict[str, object], name: str) -> None:
    given: dict[str, object] = {
        "intercept": [0, 0], "slope": [1, 1], "baseline": [5, 5], "permits": [5, 5], "discount_rate": 0.05,
    }  # fmt: skip
    with pytest.raises(ValueError, match=name):
        intertemporal_equilibrium(**(given | changes))  # type: ignore[arg-type]


def one_measure(permits: object, **changes: object) -> dict[str, object]:
    return {
        "baseline": [[10.0]], "effect": [[1.0]], "intercept": [[1.0]], "slope": [[2.0]], "limit": [[10.0]],
        "permits": permits, "discount_rate": 0.05,
    } | changes  # fmt: skip


def test_joint_edges() -> None:
    assert joint_equilibrium(**one_measure([[4.0]])).price == pytest.approx(np.array([[1 + 2 * 6]]))  # type: ignore[arg-type]
    nothing = joint_equilibrium(**one_measure([[0.0]]))  # type: ignore[arg-type]
    assert nothing.flows == pytest.approx(np.array([[0.0]]), abs=1e-7)
    assert nothing.cost == pytest.approx(10 + 100, rel=1e-7)
    assert joint_equilibrium(**one_measure([[10.0], [11.0]])).price.tolist() == [[0.0], [0.0]]  # type: ignore[arg-type]
    step = joint_equilibrium(**one_measure([[4.0]], slope=[[0.0]]))  # type: ignore[arg-type]
    assert step.price == pytest.approx(np.array([[1.0]]), rel=1e-8)
    assert step.flows == pytest.approx(np.array([[4.0]]), rel=1e-8)
    short = joint_equilibrium(**one_measure([[4.0]], backstop=5.0))  # type: ignore[arg-type]
    assert short.price == pytest.approx(np.array([[5.0]]), rel=1e-8)
    assert short.flows == pytest.approx(np.array([[8.0]]), rel=1e-8)
    assert short.cost == pytest.approx(2 + 4 + 5 * 4, rel=1e-8)
    assert short.bank == pytest.approx(np.array([[0.0]]), abs=1e-8)


def test_joint_impossible_caps_are_refused_with_a_remedy() -> None:
    with pytest.raises(SolverError, match="backstop"):
        joint_equilibrium(**one_measure([[4.0]], limit=[[5.0]]))  # type: ignore[arg-type]
    with pytest.raises(SolverError, match="instrument 0"):
        joint_equilibrium(**one_measure([[4.0], [4.0]], effect=[[-1.0]]))  # type: ignore[arg-type]


def test_joint_accepts_every_documented_shape() -> None:
    base, effect = np.full((2, 1), 10.0), np.ones((1, 1))
    plain = joint_equilibrium(
        base, effect, np.ones((2, 1)), 2 * np.ones((2, 1)), 10 * np.ones((2, 1)), [[8], [6]], 0.05
    )
    wide = joint_equilibrium(
        np.broadcast_to(base, (2, 2, 1)), np.ones((2, 1, 1)), [[1], [1]], [[2], [2]], [[10], [10]], [[8], [6]], 0.05,
        banking=[True], initial_bank=[0.0], backstop=[1e9],
    )  # fmt: skip
    assert wide.price == pytest.approx(plain.price, rel=1e-9)
    assert plain.price.shape == plain.flows.shape == plain.bank.shape == (2, 1)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"permits": [4.0]}, "permits"),
        ({"permits": [[4.0, 4.0]]}, "baseline"),
        ({"permits": [[-4.0]]}, "permits"),
        ({"permits": [[np.nan]]}, "permits"),
        ({"effect": [[1.0, 2.0]]}, "effect"),
        ({"effect": 1.0}, "effect"),
        ({"slope": [[-2.0]]}, "slope"),
        ({"limit": [[-2.0]]}, "limit"),
        ({"limit": [[np.inf]]}, "limit"),
        ({"intercept": [[1.0], [2.0]]}, "intercept"),
        ({"baseline": [[-1.0]]}, "baseline"),
        ({"baseline": [[[1.0]], [[1.0]]]}, "baseline"),
        ({"backstop": np.nan}, "backstop"),
        ({"initial_bank": [-1.0]}, "initial_bank"),
        ({"discount_rate": "five"}, "discount_rate"),
    ],
)
def test_joint_bad_input_is_named(changes: dict[str, object], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        joint_equilibrium(**(one_measure([[4.0]]) | changes))  # type: ignore[arg-type]
