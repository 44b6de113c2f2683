"""How many rights each kind of cap issues, from the formulas."""

import numpy as np
import pytest
from pydantic import ValidationError

from market.policies.cap import CapContext, GrowthCap, LinearCap, TableCap, WaterShareCap


def context(years=4, output=None, water=None):
    one = np.ones(years)
    return CapContext(2025 + np.arange(years), one if output is None else np.array(output),
                      one if water is None else np.array(water))  # fmt: skip


def test_a_linear_cap_falls_by_the_same_number_and_stops_at_zero():
    assert LinearCap(initial=200.0, factor=0.4).levels(context()).tolist() == [200.0, 120.0, pytest.approx(40.0), 0.0]
    assert LinearCap(initial=200.0).levels(context()).tolist() == [200.0] * 4
    rising = LinearCap(initial=100.0, factor=-0.1).levels(context())
    np.testing.assert_allclose(rising, [100.0, 110.0, 120.0, 130.0])


def test_the_eu_factor_is_a_share_of_the_first_cap_every_year():
    levels = LinearCap(initial=1000.0, factor=0.022).levels(context(3))
    np.testing.assert_allclose(np.diff(levels), [-22.0, -22.0])


def test_a_table_is_interpolated_between_its_years_and_held_outside():
    cap = TableCap(values={2028: 40.0, 2026: 100.0})
    assert list(cap.values) == [2026, 2028]
    assert cap.levels(context(6)).tolist() == [100.0, 100.0, 70.0, 40.0, 40.0, 40.0]
    assert TableCap(values={2030: 5.0}).levels(context(2)).tolist() == [5.0, 5.0]


def test_a_growth_cap_follows_output():
    cap = GrowthCap(initial=100.0, elasticity=0.5, tightening=0.1)
    levels = cap.levels(context(3, output=[1.0, 1.21, 1.44]))
    np.testing.assert_allclose(levels, [100.0, 100.0 * 1.1 * 0.9, 100.0 * 1.2 * 0.81])


def test_a_dry_year_cuts_water_pro_rata_and_a_wet_one_does_not_raise_it():
    cap = WaterShareCap(volume=1000.0, share=0.4)
    np.testing.assert_allclose(cap.levels(context(3, water=[1.0, 0.7, 1.5])), [400.0, 280.0, 400.0])
    limited = WaterShareCap(volume=1000.0, share=0.4, total=300.0)
    np.testing.assert_allclose(limited.levels(context(3, water=[1.0, 0.7, 1.5])), [300.0, 280.0, 300.0])
    tighter = WaterShareCap(volume=1000.0, share=0.4, tightening=0.1)
    np.testing.assert_allclose(tighter.levels(context(3)), [400.0, 360.0, 324.0])


def test_a_cap_may_become_absolute_later():
    years = np.arange(2025, 2029)
    assert LinearCap(initial=1.0).binds(years).all()
    assert LinearCap(initial=1.0, absolute_from=2027).binds(years).tolist() == [False, False, True, True]


@pytest.mark.parametrize(
    ("cap", "values"),
    [
        (LinearCap, {"initial": -1.0}),
        (LinearCap, {"initial": float("nan")}),
        (LinearCap, {"initial": 1.0, "factr": 0.1}),
        (TableCap, {"values": {}}),
        (TableCap, {"values": {2025: -1.0}}),
        (TableCap, {"values": {25: 1.0}}),
        (WaterShareCap, {"volume": 1.0, "share": 1.1}),
    ],
)
def test_impossible_caps_are_refused(cap, values):
    with pytest.raises(ValidationError):
        cap(**values)
