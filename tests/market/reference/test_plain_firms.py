"""Firms with one measure for one instrument take a short way through the dual: the long one gives the same bits."""

import numpy as np
import pytest

from market.reference.plan import PlanProblem, least_cost
from market.reference.plan_kernel import dual_pass, plain, primal_pass
from market.technology import Technology

BLOCKS, FIRMS = 4, 31


def firms(seed: int, *, idle: int = 0) -> Technology:
    """Firms of all kinds: steps, no measure, no effect, costs below zero; ``idle`` adds measures that nobody has."""
    draw = np.random.default_rng(seed)
    limit = draw.uniform(0.0, 5.0, (FIRMS, 1)) * (draw.random((FIRMS, 1)) < 0.9)
    slope = draw.uniform(0.1, 3.0, (FIRMS, 1)) * (draw.random((FIRMS, 1)) < 0.9)
    intercept = draw.uniform(-2.0, 8.0, (FIRMS, 1))
    effect = draw.uniform(0.2, 1.5, (FIRMS, 1, 1)) * (draw.random((FIRMS, 1, 1)) < 0.9)
    none = np.zeros((FIRMS, idle))
    return Technology.build(
        draw.uniform(8.0, 20.0, (FIRMS, 1)),
        np.concatenate([effect, np.ones((FIRMS, idle, 1))], axis=1),
        np.concatenate([intercept, none], axis=1),
        np.concatenate([slope, none + 1.0], axis=1),
        np.concatenate([limit, none], axis=1),
    )


def passed(technology: Technology, seed: int, rows: int) -> tuple[list[np.ndarray], bool]:
    """What the two passes give at random prices and activities."""
    draw = np.random.default_rng(seed)
    price = draw.uniform(0.0, 12.0, (BLOCKS, 1))
    activity = draw.uniform(0.5, 1.5, (BLOCKS, FIRMS)) * (draw.random((BLOCKS, FIRMS)) < 0.9)
    baseline = np.ascontiguousarray(technology.baseline[None] * draw.uniform(0.9, 1.1, (rows, 1, 1)))
    no_pull, centre = np.zeros(technology.limit.shape), np.zeros((BLOCKS, FIRMS, 0))
    cut_pull, cut = np.zeros(FIRMS), np.zeros((BLOCKS, FIRMS))
    value, flow, hessian = np.empty(BLOCKS), np.empty((BLOCKS, 1)), np.empty((BLOCKS, 1, 1))
    terms = (*technology.arrays(), no_pull, centre, cut_pull, cut)
    dual_pass(price, activity, baseline, *terms, True, value, flow, hessian)
    levels, cuts = primal_pass(price, baseline, *terms)
    short = plain(price, technology.intercept, technology.group_limit, technology.output_limit, centre)
    return [value, flow, hessian, levels[:, :, :1], cuts], short


@pytest.mark.parametrize("rows", [1, BLOCKS])
@pytest.mark.parametrize("seed", range(5))
def test_the_two_ways_give_the_same_bits(seed: int, rows: int) -> None:
    one, short = passed(firms(seed), seed, rows)
    other, long = passed(firms(seed, idle=2), seed, rows)
    assert (short, long) == (True, False)
    for mine, theirs in zip(one, other, strict=True):
        assert mine.tobytes() == np.ascontiguousarray(theirs).tobytes()
    assert one[2].any()


def test_a_plan_is_the_same_with_measures_that_nobody_has() -> None:
    plans = [
        least_cost(
            PlanProblem(
                Technology.build(
                    np.linspace(5.0, 30.0, FIRMS)[:, None], np.ones((1 + idle, 1)), np.zeros((FIRMS, 1 + idle)),
                    np.linspace(1.0, 4.0, FIRMS)[:, None] * np.ones(1 + idle),
                    np.linspace(5.0, 30.0, FIRMS)[:, None] * (np.arange(1 + idle) == 0),
                ),
                np.ones((BLOCKS, FIRMS)), np.array([[500.0], [450.0], [350.0], [200.0]]), 0.05,
            )
        )
        for idle in (0, 1)
    ]  # fmt: skip
    assert plans[0].price == pytest.approx(plans[1].price, rel=1e-12)
    assert plans[0].cost == pytest.approx(plans[1].cost, rel=1e-12)
    assert plans[0].price[0, 0] > 0.0
