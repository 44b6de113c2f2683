"""Penalties and the bound that they put on prices, with the numbers of real rulings."""

import pytest

from market.policies.penalty import FlatPenalty, MultiplePenalty, willingness_to_pay

FIVE_TIMES = MultiplePenalty(multiple=5.0, floor=50.0, ceiling=1000.0)


def test_the_ningxia_case():
    """865,300 t missing at five times a month's mean of 98.00 yuan: 423,997,000 yuan."""
    assert FIVE_TIMES.per_unit(98.00) * 865_300 == pytest.approx(423_997_000.0)


def test_a_multiple_lies_between_its_floor_and_its_ceiling():
    assert FIVE_TIMES.per_unit(0.0) == 50.0
    assert FIVE_TIMES.per_unit(11.0) == 55.0
    assert FIVE_TIMES.per_unit(500.0) == 1000.0


def test_a_flat_penalty_does_not_ask_for_a_price():
    assert FlatPenalty(rate=100.0).per_unit(0.0) == FlatPenalty(rate=100.0).per_unit(1e6) == 100.0


def test_nobody_pays_more_than_the_penalty_and_what_is_owed_later():
    assert willingness_to_pay(FlatPenalty(rate=100.0), 30.0, 40.0) == 140.0
    assert willingness_to_pay(FlatPenalty(rate=100.0, make_good=False), 30.0, 40.0) == 100.0
    assert willingness_to_pay(FIVE_TIMES, 30.0, 40.0) == 190.0
    assert willingness_to_pay(FIVE_TIMES.model_copy(update={"make_good": False}), 30.0, 40.0) == 150.0
    assert willingness_to_pay(FIVE_TIMES, 900.0, 40.0) == 1040.0


def test_a_multiple_does_not_feed_on_the_newest_price():
    """The penalty follows last month's mean; with the mean held, a higher newest price raises the bound one for one."""
    bounds = [willingness_to_pay(FIVE_TIMES, 30.0, newest) for newest in (30.0, 180.0)]
    assert bounds[1] - bounds[0] == pytest.approx(150.0)
