"""Indicators of how well a market works, on rows made by hand: two venues, three periods."""

import numpy as np
import pandas as pd
import pytest

from scenarios.kpis import declared, kpis_of
from scenarios.market_quality import QUALITY_KPIS
from scenarios.market_rows import by_period
from tests.scenarios.fake_run import PERIODS, YEARS, fake, scenario

NAN = np.nan


def two_venues() -> pd.DataFrame:
    """Carbon at an exchange in periods 0, 1, 2 and by block in periods 1, 2; the block has no quotes."""
    columns = {
        "period": [0, 1, 2, 1, 2],
        "venue": ["exchange"] * 3 + ["block"] * 2,
        "volume": [10.0, 20.0, 0.0, 30.0, 40.0],
        "turnover": [100.0, 240.0, 0.0, 330.0, 440.0],
        "best_bid": [9.0, 11.0, NAN, NAN, NAN],
        "best_ask": [11.0, 13.0, 14.0, NAN, NAN],
        "depth": [5.0, 7.0, 0.0, NAN, NAN],
        "effective_cost": [0.04, 0.01, NAN, NAN, NAN],
        "limit_hits": [0.0, 3.0, 1.0, 2.0, 0.0],
        "bids": [11.0, 22.0, 4.0, 30.0, 48.0],
        "asks": [10.0, 20.0, 0.0, 30.0, 40.0],
        "failed": [1.0, 2.0, 4.0, 0.0, 8.0],
        "hhi_buyers": [0.5, 0.25, NAN, 1.0, 1.0],
        "hhi_sellers": [0.1, 0.4, NAN, 0.5, 0.5],
        "gains": [8.0, 9.0, 0.0, NAN, NAN],
        "gains_possible": [10.0, 10.0, 5.0, 100.0, NAN],
        "block_discount": [NAN, NAN, NAN, 0.10, 0.03],
        "revenue": [0.0, 50.0, 0.0, NAN, NAN],
        "fees": [1.0, 2.0, 0.0, 3.0, 4.0],
    }
    frame = pd.DataFrame(columns).assign(instrument="carbon", round=0, zone="all")
    return frame.assign(year=2025, month=frame["period"] + 1, vintage=2025)


@pytest.fixture(scope="module")
def kpis() -> "pd.Series[float]":
    return kpis_of({**fake().tables, "markets": two_venues()}, scenario())


def test_all_venues_together(kpis: "pd.Series[float]") -> None:
    expected = {
        "mean_price": 1110 / 100,
        "volume": 100.0,
        "turnover": 1110.0,
        "spread": (2 / 10 + 2 / 12) / 2,  # two periods quoted both sides
        "depth": (5 + 7 + 0) / 3,
        "effective_cost": (10 * 0.04 + 20 * 0.01) / 30,
        "limit_periods": 2.0,  # periods 1 and 2; period 1 at both venues counts once
        "failed": 15.0,
        "failed_share": 15 / 215,
        "hhi_buyers": (10 * 0.5 + 20 * 0.25 + 30 + 40) / 100,
        "hhi_sellers": (10 * 0.1 + 20 * 0.4 + 30 * 0.5 + 40 * 0.5) / 100,
        "gains_share": 17 / 25,  # only where both are known
        "block_discount": (30 * 0.10 + 40 * 0.03) / 70,
        "revenue": 50.0,
        "fees": 10.0,
    }
    for name, value in expected.items():
        assert kpis[f"carbon.{name}"] == pytest.approx(value), name


def test_prices_of_several_venues_are_weighted_by_volume_before_they_are_compared(kpis: "pd.Series[float]") -> None:
    # Periods: 100/10, (240 + 330)/50, 440/40.
    changes = np.diff(np.log([10.0, 11.4, 11.0]))
    assert kpis["carbon.price_volatility"] == pytest.approx(np.std(changes, ddof=1) * np.sqrt(PERIODS))


def test_each_venue_by_itself(kpis: "pd.Series[float]") -> None:
    expected = {
        "exchange.volume_share": 0.3, "block.volume_share": 0.7, "exchange.mean_price": 340 / 30,
        "block.mean_price": 11.0, "exchange.volume": 30.0, "exchange.limit_periods": 2.0, "block.limit_periods": 1.0,
        "exchange.fees": 3.0, "block.fees": 7.0, "exchange.gains_share": 17 / 25, "block.hhi_buyers": 1.0,
    }  # fmt: skip
    for name, value in expected.items():
        assert kpis[f"carbon.{name}"] == pytest.approx(value), name
    for name in ("block.spread", "block.depth", "block.effective_cost", "block.gains_share", "block.revenue"):
        assert np.isnan(kpis[f"carbon.{name}"]), name
    assert not any(name.startswith("water.") and name.count(".") > 1 for name in kpis.index)
    assert kpis.attrs["units"]["carbon.block.volume_share"] == "share of volume"
    for name in kpis.index:
        assert "{" not in kpis.attrs["units"][name]
        assert declared(name).text.zh


def test_results_without_these_columns_have_nan(kpis: "pd.Series[float]") -> None:
    old = kpis_of(fake().tables, scenario())
    for kpi in QUALITY_KPIS:
        assert np.isnan(old[f"carbon.{kpi.name}"])
        assert np.isnan(kpis[f"water.{kpi.name}"])  # none of its rows is there
    blank = two_venues().assign(**dict.fromkeys(("gains", "best_bid", "revenue", "limit_hits", "depth"), NAN))
    found = kpis_of({**fake().tables, "markets": blank}, scenario())
    for name in ("gains_share", "spread", "revenue", "limit_periods", "depth"):
        assert np.isnan(found[f"carbon.{name}"])


def test_quotes_that_are_crossed_or_empty_are_no_spread() -> None:
    rows = two_venues()
    rows.loc[0, ["best_bid", "best_ask"]] = [12.0, 11.0]
    assert kpis_of({**fake().tables, "markets": rows}, scenario())["carbon.spread"] == pytest.approx(2 / 12)


def test_settlement_months_judge_no_price_but_their_lots_count() -> None:
    late = two_venues().assign(period=YEARS * PERIODS + 2, best_bid=1.0, best_ask=100.0)
    found = kpis_of({**fake().tables, "markets": pd.concat([two_venues(), late])}, scenario())
    assert found["carbon.spread"] == pytest.approx((2 / 10 + 2 / 12) / 2)
    assert found["carbon.failed"] == 30.0


def test_periods_put_venues_together() -> None:
    rows = two_venues().assign(indicative=[10.0, 12.0, 13.0, 14.0, np.nan], backstop=99.0)
    whole = by_period(rows)
    assert whole["period"].tolist() == [0, 1, 2]
    assert whole["price"].tolist() == pytest.approx([10.0, 570 / 50, 440 / 40])
    assert whole["volume"].tolist() == [10.0, 50.0, 40.0]
    assert whole["indicative"].tolist() == [10.0, 13.0, 13.0]
    single = fake().tables["markets"]
    assert by_period(single) is single
