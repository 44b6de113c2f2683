"""The stability reserve: thresholds, buffer, limits, whole allowances, months, invalidation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from market.policies.containment import MarketStabilityReserve, Pool, PublicState, offer

EU_2018, EU_2023 = MarketStabilityReserve.eu_2018(1.0, inflow={}), MarketStabilityReserve.eu_2023(1.0, inflow={})


@pytest.mark.parametrize(
    ("rule", "year", "bank", "decision"),
    [
        (EU_2018, 2019, 832.9, 0.0),
        (EU_2018, 2019, 833.0, 199.92),
        (EU_2018, 2023, 1000.0, 240.0),
        (EU_2018, 2024, 1000.0, 120.0),
        (EU_2018, 2023, 399.9, -200.0),
        (EU_2018, 2024, 399.9, -100.0),
        (EU_2018, 2024, 400.0, 0.0),
        (EU_2023, 2023, 1000.0, 240.0),
        (EU_2023, 2024, 833.0, 0.0),
        (EU_2023, 2024, 1000.0, 167.0),
        (EU_2023, 2024, 1096.0, 263.0),
        (EU_2023, 2024, 1100.0, 264.0),
        (EU_2023, 2030, 1500.0, 360.0),
        (EU_2023, 2031, 1500.0, 180.0),
        (EU_2023, 2030, 399.0, -200.0),
        (EU_2023, 2031, 399.0, -100.0),
    ],
)
def test_decisions_at_the_thresholds(rule, year, bank, decision):
    assert rule.decision(year, bank) == pytest.approx(decision, abs=1e-9)


@pytest.mark.parametrize(
    ("bank", "intake"),
    [
        (1_654_909_824, 397_178_358),
        (1_385_496_166, 332_519_080),
        (1_449_214_182, 347_811_404),
        (1_693_904_897, 406_537_175),
    ],
)
def test_whole_allowances_halves_up(bank, intake):
    """0.24 of a bank ends on .76, .84, .68 and .28: the first three rise, the last falls."""
    assert MarketStabilityReserve.eu_2018().decision(2020, float(bank)) == intake


def year_of(rule, year, stock, bank=600.0, offered=1000.0, periods=1, bank_before=600.0, last_auction=float("inf")):
    holdings, supplies = ((stock,),), []
    for period in range(periods):
        public = PublicState(year, period, periods, bank=bank, bank_before=bank_before, last_auction=last_auction)
        supply, holdings = offer((rule,), offered / periods, public, holdings)
        supplies.append(supply)
    return holdings[0][0], supplies


def test_no_more_is_taken_than_is_to_be_auctioned_nor_given_than_is_held():
    stock, (supply,) = year_of(EU_2018, 2020, 0.0, bank=5000.0, offered=700.0)
    assert (stock, supply.offered, supply.steps) == (700.0, 0.0, ())
    stock, (supply,) = year_of(EU_2018, 2020, 60.0, bank=100.0, offered=700.0)
    assert (stock, supply.offered) == (0.0, 760.0)


def test_nothing_before_the_first_year():
    assert year_of(EU_2018, 2018, 5.0, bank=5000.0)[0] == 5.0


def test_backloaded_allowances_enter_beside_the_auction():
    rule = MarketStabilityReserve.eu_2018(1.0, inflow={2019: 900.0, 2020: 600.0})
    stock, (supply,) = year_of(rule, 2019, 0.0, bank=1654.909824)
    assert stock == pytest.approx(900.0 + 397.178358)
    assert supply.moved(Pool.ISSUED, Pool.RESERVE) == 900.0
    assert supply.offered == pytest.approx(1000.0 - 397.178358)


def test_the_holding_is_capped_by_last_years_auctions_or_by_a_number():
    stock, (supply,) = year_of(EU_2018, 2023, 3000.0, last_auction=484.9)
    assert stock == pytest.approx(484.9)
    assert supply.moved(Pool.RESERVE, Pool.CANCELLED) == pytest.approx(2515.1)
    assert year_of(EU_2018, 2022, 3000.0, last_auction=484.9)[0] == 3000.0
    assert year_of(EU_2023, 2026, 675.0, last_auction=1.0)[0] == 400.0
    assert year_of(EU_2023, 2026, 300.0, last_auction=1.0)[0] == 300.0


def test_capped_at_the_start_or_at_the_end_of_a_year():
    at_end = MarketStabilityReserve.eu_2023(1.0, inflow={}, invalidation_at="end")
    assert year_of(EU_2023, 2024, 500.0, bank=1200.0)[0] == pytest.approx(400.0 + 288.0)
    assert year_of(at_end, 2024, 500.0, bank=1200.0)[0] == pytest.approx(400.0)
    assert year_of(at_end, 2024, 500.0, bank=1200.0, periods=12)[0] == pytest.approx(400.0)


@given(st.integers(833_000_000, 3_000_000_000), st.integers(833_000_000, 3_000_000_000), st.integers(0, 11))
def test_monthly_parts_are_whole_and_add_up(bank_before, bank, start):
    """From the start month of one year to that of the next the parts are the decision, to the allowance."""
    rule = MarketStabilityReserve.eu_2018(inflow={}, application="monthly", start=start, invalidation="none")
    parts = []
    for year, banks in ((2020, (bank_before, bank)), (2021, (bank, bank))):
        stock, supplies = year_of(rule, year, 0.0, bank=banks[1], bank_before=banks[0], offered=2.4e9, periods=12)
        months = [supply.moved(Pool.OFFER, Pool.RESERVE) for supply in supplies]
        assert stock == sum(months)
        parts += months
    assert all(part == int(part) for part in parts)
    assert sum(parts[start : start + 12]) == rule.decision(2020, bank)
    assert max(parts[start : start + 12]) - min(parts[start : start + 12]) <= 1.0
    assert sum(parts[:start]) == pytest.approx(rule.decision(2019, bank_before) * start / 12, abs=0.5)


def test_the_first_months_act_on_the_bank_before():
    """Before September 2019 no reserve existed in this rule; from September on a twelfth of the decision a month."""
    rule = MarketStabilityReserve.eu_2018(inflow={}, application="monthly", start=8)
    _, supplies = year_of(rule, 2019, 0.0, bank=1_654_909_824.0, bank_before=9e9, offered=1.2e9, periods=12)
    months = [supply.moved(Pool.OFFER, Pool.RESERVE) for supply in supplies]
    assert months[:8] == [0.0] * 8
    assert sum(months) == pytest.approx(397_178_358 / 3, abs=1.0)


def test_a_fixed_cap_needs_its_number():
    for wrong in ({"invalidation": "fixed"}, {"invalidation": "last_auction", "holding_limit": 400.0}):
        with pytest.raises(ValidationError, match="holding_limit"):
            MarketStabilityReserve(upper=1.0, lower=0.5, intake_rate={2000: 0.1}, release={2000: 1.0}, **wrong)


@given(st.floats(0, 4000), st.floats(0, 3000), st.floats(0, 1500), st.integers(2019, 2040), st.booleans())
def test_nothing_is_lost_and_nothing_falls_below_zero(bank, stock, offered, year, newer):
    rule = EU_2023 if newer else EU_2018
    after, (supply,) = year_of(rule, year, stock, bank=bank, offered=offered, last_auction=500.0)
    assert after >= 0.0
    assert supply.offered >= 0.0
    assert supply.offered + after + supply.moved(target=Pool.CANCELLED) == pytest.approx(offered + stock)
