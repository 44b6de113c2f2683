"""Indexed prices, against the published series of RGGI, and yearly amounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from market.policies.containment import PricePath, YearlyAmount


@pytest.mark.parametrize(
    ("path", "first", "prices"),
    [
        (PricePath(prices={2014: 4.0, 2015: 6.0, 2016: 8.0, 2017: 10.0}, growth=0.025), 2014,
         [4.0, 6.0, 8.0, 10.0, 10.25, 10.51, 10.77]),
        (PricePath(prices={2021: 13.0}, growth=0.07), 2021, [13.0, 13.91, 14.88, 15.92, 17.03]),
        (PricePath(prices={2021: 6.0}, growth=0.07), 2021, [6.0, 6.42, 6.87, 7.35, 7.86]),
    ],
)  # fmt: skip
def test_rggi_triggers_to_the_cent(path, first, prices):
    """RGGI Model Rules of 2013 and 2017: each year's price is rounded before the next is derived from it."""
    assert [path.level(first + index) for index in range(len(prices))] == prices


def test_growth_and_inflation_add():
    """5 % real and 2.1 % inflation make 7.1 %, not 7.205 %; the last inflation holds."""
    floor = PricePath(prices={2012: 10.0}, growth=0.05, inflation={2013: 0.021, 2014: 0.01})
    assert [floor.level(year) for year in (2012, 2013, 2014, 2015)] == [10.0, 10.71, 11.35, 12.03]


def test_no_price_before_the_first_year_and_none_invented():
    path = PricePath(prices={2020: 5.0, 2022: 9.0}, growth=0.1)
    assert [path.level(year) for year in (2019, 2020, 2021, 2022, 2023)] == [None, 5.0, 5.5, 9.0, 9.9]


def test_without_rounding_it_compounds():
    assert PricePath(prices={2000: 1.0}, growth=0.07, rounding=0.0).level(2050) == pytest.approx(1.07**50)


@given(st.floats(0.01, 1000), st.floats(0.0, 0.2), st.integers(0, 40))
def test_a_price_that_does_not_shrink_never_falls(price, growth, years):
    path = PricePath(prices={2000: round(price, 2)}, growth=growth)
    levels = [path.level(2000 + year) for year in range(years + 1)]
    assert levels == sorted(levels)
    assert all(level * 100 == pytest.approx(round(level * 100), abs=1e-6) for level in levels)


@pytest.mark.parametrize("wrong", [{"prices": {}}, {"prices": {20: 1.0}}, {"prices": {2020: -1.0}}])
def test_impossible_paths_are_refused(wrong):
    with pytest.raises(ValidationError):
        PricePath(**wrong)


def test_an_amount_is_units_or_a_share():
    assert YearlyAmount(units={2014: 5e6, 2015: 10e6}).of(2013, 1e8) == 0.0
    assert YearlyAmount(units={2014: 5e6, 2015: 10e6}).of(2014, 1e8) == 5e6
    assert YearlyAmount(units={2014: 5e6, 2015: 10e6}).of(2019, 1e8) == 10e6
    assert YearlyAmount(share=0.1).of(2021, 75_147_784.0) == pytest.approx(7_514_778.4)
    for wrong in ({}, {"units": {2020: 1.0}, "share": 0.1}):
        with pytest.raises(ValidationError, match="not both"):
            YearlyAmount(**wrong)
