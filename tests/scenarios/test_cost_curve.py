"""The cost curve against closed forms, what planners did in a run, and the optimality of each point."""

from dataclasses import replace

import numpy as np
import pytest

from scenarios.cost_curve import cost_curve, mean_price, part, technology_of
from scenarios.loading import load
from scenarios.results import RunResult
from scenarios.runner import run


@pytest.fixture(scope="module")
def banking() -> RunResult:
    """Three years of the textbook case: twenty planners, one right, a marginal cost of 0.5 per unit saved together."""
    return run(load("textbook-banking", {"calendar.years": 3}), 0)


@pytest.mark.parametrize("year", [2025, 2027])
def test_the_curve_is_the_closed_form_of_the_textbook_case(banking: RunResult, year: int) -> None:
    curve = cost_curve(banking, "carbon", year)
    cheap = curve[curve["price"] <= 30.0]
    assert len(cheap) > 10
    assert cheap["saved"].to_numpy() == pytest.approx(cheap["price"].to_numpy() / 0.5, rel=2e-3)


def test_the_curve_rises_and_begins_at_nothing(banking: RunResult) -> None:
    curve = cost_curve(banking, "carbon", 2026, points=200)
    assert curve["price"].iloc[0] == 0.0
    assert curve["saved"].iloc[0] == 0.0
    assert (np.diff(curve["price"]) > 0).all()
    assert (np.diff(curve["saved"]) >= 0).all()
    assert curve["saved"].iloc[-1] <= banking.firms.query("year == 2026")["baseline_carbon"].sum()


@pytest.mark.parametrize("year", [2025, 2026, 2027])
def test_planners_saved_what_the_curve_says_at_the_mean_price(banking: RunResult, year: int) -> None:
    price = mean_price(banking, "carbon", year)
    curve = cost_curve(banking, "carbon", year)
    rows = banking.firms[banking.firms["year"] == year]
    saved = (rows["baseline_carbon"] - rows["flow_carbon"]).sum()
    assert price in curve["price"].to_numpy()
    assert curve.set_index("price").loc[price, "saved"] == pytest.approx(saved, rel=5e-3)


def test_parts_of_the_accounts_add_up_to_all_of_them(banking: RunResult) -> None:
    ids = banking.firms["account"].unique().tolist()
    whole = cost_curve(banking, "carbon", 2025)
    halves = [cost_curve(banking, "carbon", 2025, half) for half in (ids[:7], ids[7:])]
    total = sum(np.interp(20.0, half["price"], half["saved"]) for half in halves)
    assert total == pytest.approx(np.interp(20.0, whole["price"], whole["saved"]), rel=1e-6)


def test_the_technology_comes_from_the_files_in_the_result_in_the_order_of_its_accounts(
    banking: RunResult, tmp_path
) -> None:
    banking.save(tmp_path / "run")
    opened = RunResult.open(tmp_path / "run")
    found = technology_of(opened)
    rows = opened.firms[opened.firms["year"] == 2025]
    assert found.baseline[:, 0] == pytest.approx(rows["baseline_carbon"].to_numpy() / rows["activity"].to_numpy())
    assert technology_of(opened) is found  # made once
    wider = replace(
        opened, inputs={**opened.inputs, "firms.csv": opened.inputs["firms.csv"].replace(b",18,18,", b",18,36,")}
    )
    assert technology_of(wider).baseline[0, 0] == 36.0


def test_a_part_has_the_rows_that_were_asked_for(banking: RunResult) -> None:
    whole = technology_of(banking)
    some = part(whole, np.array([3, 1]))
    assert some.firms == 2
    assert some.slope.tolist() == whole.slope[[3, 1]].tolist()


def test_a_price_that_was_not_traded_is_the_expected_one_and_else_nothing(banking: RunResult) -> None:
    prices = banking.prices.copy()
    prices.loc[prices["year"] == 2026, "mean_price"] = np.nan
    prices.loc[prices["year"] == 2027, ["mean_price", "mean_indicative"]] = np.nan
    quiet = replace(banking, tables={**banking.tables, "prices": prices})
    assert mean_price(quiet, "carbon", 2026) == prices.loc[prices["year"] == 2026, "mean_indicative"].iloc[0]
    assert mean_price(quiet, "carbon", 2027) == 0.0
    assert mean_price(quiet, "carbon", 1999) == 0.0
    assert np.isfinite(cost_curve(quiet, "carbon", 2027)["saved"]).all()
