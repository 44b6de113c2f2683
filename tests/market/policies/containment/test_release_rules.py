"""Rules that release by past prices or by a table: the British trigger, the Beijing corridor, shifted supply."""

import math

import pytest
from pydantic import ValidationError

from market.policies.containment import (
    CorridorRelease,
    Pool,
    PricePath,
    PriceTrigger,
    PublicState,
    SupplyShift,
    offer,
    opening,
    reserve,
    settle,
)

AT = PricePath.constant
TRIGGER = PriceTrigger(release=10.0, stock=25.0, reference_periods=4, tested_periods=3)
CORRIDOR = CorridorRelease(lower=AT(20.0), upper=AT(150.0), window=2, stock=50.0, release=30.0, purchase=15.0)


@pytest.mark.parametrize(
    ("prices", "year", "triggered"),
    [
        ((10.0,) * 4 + (20.1, 21.0, 30.0), 2021, True),
        ((10.0,) * 4 + (20.0, 21.0, 30.0), 2021, False),
        ((10.0,) * 4 + (30.0, 30.0, 19.0), 2021, False),
        ((10.0,) * 4 + (20.1, 21.0, 30.0), 2022, False),
        ((10.0,) * 4 + (25.1, 26.0, 30.0), 2022, True),
        ((10.0,) * 4 + (30.1, 31.0, 32.0), 2030, True),
        ((10.0,) * 4 + (30.0, 31.0, 32.0), 2030, False),
        ((10.0,) * 4 + (90.0, 90.0, 90.0), 2020, False),
        ((10.0,) * 3 + (90.0, 90.0, 90.0), 2021, False),
        ((5.0, 15.0, math.nan, 10.0, 21.0, 22.0, 23.0), 2021, True),
        ((10.0,) * 4 + (90.0, math.nan, 90.0), 2021, False),
        ((1.0, 10.0, 10.0, 10.0, 10.0, 21.0, 21.0, 21.0), 2021, True),
    ],
)
def test_three_months_above_a_multiple_of_the_mean_before_them(prices, year, triggered):
    assert TRIGGER.triggered(prices, year) is triggered


def test_the_trigger_of_january_2022():
    """56.58 pounds is twice the mean of the 24 months before October 2021, whatever October to December cost."""
    rule = PriceTrigger(release=1.0, stock=1.0, earlier_prices=(20.0,) * 12 + (36.58,) * 12, multiples={2021: 2.0})
    assert rule.trigger_price((59.0, 61.0, 63.0), 2022) == pytest.approx(56.58)
    assert rule.triggered((59.0, 61.0, 63.0), 2022)
    assert not rule.triggered((56.5, 61.0, 63.0), 2022)
    assert math.isnan(rule.trigger_price((59.0, 61.0), 2022))


def test_releases_end_with_the_stock():
    rules, holdings, offered = (TRIGGER,), opening((TRIGGER,)), []
    prices = (10.0,) * 4 + (21.0,) * 3
    for period in range(4):
        supply, holdings = offer(rules, 100.0, PublicState(2021, period, 12, prices=prices), holdings)
        offered.append(supply.offered)
    assert offered == [110.0, 110.0, 105.0, 100.0]
    assert reserve(rules, holdings) == 0.0


def test_the_corridor_sells_above_and_buys_below():
    rules = (CORRIDOR,)
    above = PublicState(2015, 2, 12, prices=(10.0, 200.0, 140.0), volumes=(9.0, 1.0, 1.0))
    supply, holdings = offer(rules, 0.0, above, opening(rules))
    assert [(step.price, step.quantity, step.source) for step in supply.steps] == [(150.0, 30.0, Pool.RESERVE)]
    after = settle(rules, supply, [30.0], [], holdings)
    supply, _ = offer(rules, 0.0, above, after.holdings)
    assert supply.steps[0].quantity == 20.0
    below = PublicState(2015, 2, 12, prices=(30.0, 10.0), volumes=(1.0, 3.0))
    supply, holdings = offer(rules, 0.0, below, after.holdings)
    assert [(bid.price, bid.quantity) for bid in supply.bids] == [(20.0, 15.0)]
    assert settle(rules, supply, [], [15.0], holdings).holdings == ((35.0,),)


@pytest.mark.parametrize(
    ("prices", "volumes", "mean"),
    [
        ((100.0, 200.0), (1.0, 3.0), 175.0),
        ((100.0, 200.0), (), 150.0),
        ((1.0, 100.0, 200.0), (5.0, 1.0, 0.0), 100.0),
        ((100.0, math.nan), (2.0, 0.0), 100.0),
        ((math.nan, math.nan), (0.0, 0.0), math.nan),
        ((), (), math.nan),
    ],
)
def test_the_mean_is_weighted_by_volume(prices, volumes, mean):
    found = CORRIDOR.mean_price(PublicState(2015, prices=prices, volumes=volumes))
    assert found == pytest.approx(mean, nan_ok=True)
    supply, _ = offer((CORRIDOR,), 0.0, PublicState(2015, prices=prices, volumes=volumes), opening((CORRIDOR,)))
    assert bool(supply.steps) is (mean > 150.0)
    assert bool(supply.bids) is (mean < 20.0)


def test_what_is_withheld_comes_back_in_its_year():
    rules = (SupplyShift(changes={2014: -400.0, 2015: -300.0, 2019: 500.0}),)
    holdings, offered = opening(rules), []
    for year in range(2013, 2021):
        for period in range(4):
            supply, holdings = offer(rules, 250.0, PublicState(year, period, 4), holdings)
            offered.append(supply.offered)
    assert offered[4:12] == [150.0] * 4 + [175.0] * 4
    assert offered[24:28] == [375.0] * 4
    assert holdings == ((200.0,),)


def test_no_more_is_withheld_than_is_offered_nor_returned_than_is_held():
    rules = (SupplyShift(changes={2014: -400.0, 2015: 400.0}),)
    supply, holdings = offer(rules, 300.0, PublicState(2014), opening(rules))
    assert (supply.offered, holdings) == (0.0, ((300.0,),))
    supply, holdings = offer(rules, 300.0, PublicState(2015), holdings)
    assert (supply.offered, holdings) == (600.0, ((0.0,),))


def test_a_table_cannot_return_more_than_it_withheld():
    with pytest.raises(ValidationError, match="2020 returns 100 units more"):
        SupplyShift(changes={2019: -300.0, 2020: 400.0})
