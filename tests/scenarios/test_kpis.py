"""Indicators against what the formulas of the fake run give by hand."""

import numpy as np
import pandas as pd
import pytest

from scenarios.inequality import gini
from scenarios.kpis import INSTRUMENT_KPIS, RUN_KPIS, declared, kpis_of
from tests.scenarios.fake_run import KEYS, PERIODS, YEARS, fake, scenario


@pytest.fixture(scope="module")
def kpis() -> "pd.Series[float]":
    return kpis_of(fake().tables, scenario())


def test_prices_and_volumes(kpis: "pd.Series[float]") -> None:
    # Carbon: 10 units in each of 12 quarters at 10 … 21, so the mean is 15.5; the last year's yearly mean is 19.5.
    assert kpis["carbon.mean_price"] == pytest.approx(15.5)
    assert kpis["carbon.last_price"] == 19.5
    assert kpis["carbon.last_reference_price"] == 13.0
    assert kpis["carbon.volume"] == 120.0
    assert kpis["carbon.turnover"] == pytest.approx(120 * 15.5)
    assert kpis["carbon.turnover_rate"] == pytest.approx(120 / 300)
    assert kpis["carbon.last_quarter_share"] == pytest.approx(0.25)
    assert kpis["water.mean_price"] == pytest.approx(200.0)
    assert kpis["water.last_quarter_share"] == 1.0
    changes = np.diff(np.log(np.arange(10.0, 22.0)))
    assert kpis["carbon.price_volatility"] == pytest.approx(np.std(changes, ddof=1) * 2.0)
    # Water never trades in two quarters in a row, so no change of price is seen.
    assert np.isnan(kpis["water.price_volatility"])


def test_prices_of_settlement_months_are_left_out_but_volumes_are_not() -> None:
    """Months after the last compliance year: rights are worth next to nothing there."""
    made = fake()
    markets = made.tables["markets"]
    late = markets[markets["period"] >= (YEARS - 1) * PERIODS].copy()
    late[["period", "year"]] += [PERIODS, 1]
    late["turnover"] = 0.01 * late["volume"]
    before = kpis_of(made.tables, scenario())
    after = kpis_of({**made.tables, "markets": pd.concat([markets, late])}, scenario())
    for name in ("mean_price", "last_price", "price_volatility"):
        assert after[f"carbon.{name}"] == before[f"carbon.{name}"]
    assert after["carbon.volume"] == 160.0
    assert after["carbon.turnover"] == pytest.approx(120 * 15.5 + 0.4)


def test_years_of_fewer_than_four_periods_have_no_last_quarter() -> None:
    calendar = {"start_year": 2025, "years": YEARS * PERIODS, "periods_per_year": 1}
    assert np.isnan(kpis_of(fake().tables, scenario(calendar=calendar))["carbon.last_quarter_share"])


def test_the_share_before_a_deadline_goes_by_vintage_and_calendar() -> None:
    made = fake()
    markets = made.tables["markets"]
    carbon = markets["instrument"] == "carbon"
    assert kpis_of(made.tables, scenario())["carbon.deadline_share"] == pytest.approx(0.25)  # the last quarter of four
    rules = scenario().model_dump(by_alias=True, mode="json")["instruments"]
    rules["carbon"]["compliance"]["deadline_after"] = 6  # two quarters later: nothing traded so late
    assert kpis_of(made.tables, scenario(instruments=rules))["carbon.deadline_share"] == 0.0
    # Vintages trade on for two quarters: the last of them is the deadline's, in each of the two years that have one.
    markets.loc[carbon, "vintage"] = 2025 + np.maximum(0, (markets.loc[carbon, "period"] - 2) // PERIODS)
    markets.loc[carbon & (markets["period"] == 5), "volume"] = 40.0
    share = kpis_of(made.tables, scenario(instruments=rules))["carbon.deadline_share"]
    assert share == pytest.approx((40.0 + 10.0) / 150.0)
    calendar = {"start_year": 2025, "years": YEARS * PERIODS, "periods_per_year": 1}
    assert np.isnan(kpis_of(made.tables, scenario(calendar=calendar))["carbon.deadline_share"])


def test_flows_compliance_and_rights(kpis: "pd.Series[float]") -> None:
    assert kpis["carbon.flow_to_cap"] == pytest.approx(0.96)
    assert kpis["carbon.compliance_rate"] == 1.0
    assert kpis["water.compliance_rate"] == pytest.approx(1 - 6 / 288)
    assert kpis["water.shortfall"] == 6.0
    assert kpis["carbon.bank_end"] == 16.0
    assert kpis["water.expired"] == 11.0
    # One unit in each of 12 quarters at 10 … 21.
    assert kpis["carbon.net_import"] == 12.0
    assert kpis["carbon.import_bill"] == pytest.approx(186.0)
    assert "water.net_import" not in kpis


def test_costs_are_present_values(kpis: "pd.Series[float]") -> None:
    discount = 1 + 1 / 1.05 + 1 / 1.05**2
    assert kpis["abatement_cost"] == pytest.approx(100 * discount)
    assert kpis["penalties"] == pytest.approx(300 / 1.05)
    assert kpis["least_cost"] == 900.0
    assert kpis["efficiency"] == pytest.approx(0.9)
    rungs = kpis[["misallocation", "mistiming", "volume", "investment", "friction"]].sum()
    assert kpis["least_cost"] + rungs == pytest.approx(kpis["actual_cost"])
    assert np.isnan(kpis["information"])
    assert kpis["accounts_short"] == 1.0
    # Burdens of 0.1, 0.2, 0.3, 0.4 of revenue: Σ|x_i − x_j| = 2.0, over 2 · 4 · 1.0.
    assert kpis["burden_gini"] == pytest.approx(0.25)


def test_efficiency_is_left_out_where_caps_were_exceeded() -> None:
    made = fake()
    ladder = made.tables["ladder"]
    ladder.loc[ladder["rung"] == "volume", "value"] = -200.0
    assert np.isnan(kpis_of(made.tables, scenario())["efficiency"])


def test_burden_without_revenue_is_measured_by_the_value_of_flows() -> None:
    made = fake()
    firms = made.tables["firms"].drop(columns="revenue")
    firms["payment_carbon"] = np.tile([-10.0, -20.0, -30.0, -40.0], YEARS)
    kpis = kpis_of({**made.tables, "firms": firms}, scenario())
    assert np.isnan(kpis["burden_gini"])  # sales pay for everything: there is no burden to divide
    firms["payment_carbon"] = np.tile([10.0, 0.0, -10.0, -20.0], YEARS)
    assert kpis_of({**made.tables, "firms": firms}, scenario())["burden_gini"] == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("values", "expected"),
    [([1.0, 1.0, 1.0], 0.0), ([0.0, 0.0, 0.0, 1.0], 0.75), ([2.0, 1.0], 1 / 6), ([-1.0, 1.0], 0.5), ([], np.nan)],
)
def test_gini(values: list[float], expected: float) -> None:
    assert gini(np.array(values)) == pytest.approx(expected, nan_ok=True)
    # The definition, pair by pair, and no change when everything is multiplied.
    x = np.array(values)
    if x.size:
        assert gini(x) == pytest.approx(np.abs(x[:, None] - x).sum() / (2 * x.size * np.abs(x).sum()))
        assert gini(1e6 * x[::-1]) == pytest.approx(gini(x))


def test_every_indicator_has_a_unit_and_words(kpis: "pd.Series[float]") -> None:
    assert set(kpis.attrs["units"]) == set(kpis.index)
    for name in kpis.index:
        kpi = declared(name)
        assert kpi.text.en != kpi.text.zh
        assert "{" not in kpis.attrs["units"][name]
    assert kpis.attrs["units"]["carbon.mean_price"] == "yuan/tCO2"
    assert len(kpis) == len(KEYS) * len(INSTRUMENT_KPIS) - 2 + len(RUN_KPIS)


def test_missing_tables_and_values_give_nan_never_zero() -> None:
    made = fake()
    for name, frame in made.tables.items():
        numbers = [column for column in frame if frame[column].dtype.kind == "f"]
        empty = {**made.tables, name: frame.iloc[:0]}
        blank = {**made.tables, name: frame.assign(**dict.fromkeys(numbers, np.nan))}
        without = {key: table for key, table in made.tables.items() if key != name}
        for tables in (empty, blank, without):
            kpis = kpis_of(tables, scenario())
            assert not np.isinf(kpis).any()
    nothing = kpis_of({}, scenario())
    assert nothing.isna().all()
