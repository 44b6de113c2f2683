"""Figures of theory: the closed forms of the textbook scenarios, and what is drawn of them."""

import numpy as np
import pandas as pd
import pytest

from scenarios import load, run
from scenarios.display import Display
from scenarios.figures import theory
from scenarios.validation import curves
from scenarios.validation.theory import A1B_BASELINE, A1B_INTERCEPT, A1B_SLOPE

CAPS = np.array([90.0, 80, 70, 60, 50, *[45.0] * 10])


@pytest.fixture(scope="module")
def market():
    return run(load("textbook-montgomery"), 0)


@pytest.fixture(scope="module")
def banking():
    return run(load("textbook-banking"), 0)


def traces(figure):
    return {trace.name: trace for trace in figure.data}


def test_demand_is_what_the_five_firms_emit_at_each_price(market):
    demand = curves.demand_for_permits(market.scenario)
    for price, flow in demand.itertuples(index=False):
        each = [u - min(u, max(0.0, (price - a) / b))
                for a, b, u in zip(A1B_INTERCEPT, A1B_SLOPE, A1B_BASELINE, strict=True)]  # fmt: skip
        assert flow == pytest.approx(sum(each), abs=1e-9)
    assert demand["flow"].iloc[0] == pytest.approx(400.0)
    assert demand["flow"].iloc[-1] == pytest.approx(0.0)
    assert (demand["flow"].diff().dropna() <= 1e-12).all()


@pytest.mark.parametrize(
    ("cap", "price"), [(320, 8.301887), (240, 16.551724), (160, 27.586207), (80, 38.620690), (20, 60.0)]
)
def test_the_equilibrium_of_every_cap_is_the_published_one(market, cap, price):
    assert curves.equilibrium_price(market.scenario, cap) == pytest.approx(price, abs=1e-6)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_cap_meets_demand_where_theory_and_the_run_put_the_price(market, language):
    display = Display.of_result(market, language)
    demand = curves.demand_for_permits(market.scenario)
    figure = theory.supply_and_demand(demand, 16.551724, market.prices, "carbon", display)
    drawn = traces(figure)
    curve = drawn[display.text("theory.demand")]
    assert np.interp(-240.0, -np.asarray(curve.x), curve.y) == pytest.approx(16.551724, abs=0.05)
    point = drawn[display.text("theory.run")]
    assert point.x[0] == pytest.approx(240.0, abs=1e-3)
    assert point.y[0] == pytest.approx(16.551724, rel=1e-3)
    unit = display.price_unit("carbon")
    assert unit in figure.layout.yaxis.title.text


def test_the_path_starts_rises_and_stays_as_in_theory(banking):
    path = curves.price_path(banking)
    assert path["price"].iloc[0] == pytest.approx(16.894722, abs=1e-6)
    assert path["price"].iloc[9] == pytest.approx(26.209259, abs=1e-6)
    assert path["price"].iloc[10:].to_numpy() == pytest.approx(27.5)
    assert path["growth"].iloc[1:10].to_numpy() == pytest.approx(0.05)
    assert np.isnan(path["growth"].iloc[0])
    assert path["bank"].iloc[2] == pytest.approx(46.521223, abs=1e-6)
    assert path["bank"].iloc[9:].to_numpy() == pytest.approx(0.0, abs=1e-9)
    # The stock of rights: what was issued less the flows 100 − p/0.5 that the prices lead to.
    flows = 100.0 - path["price"] / 0.5
    assert path["bank"].to_numpy() == pytest.approx(np.cumsum(CAPS - flows), abs=1e-6)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_run_is_drawn_on_the_path(banking, language):
    display = Display.of_result(banking, language)
    path = curves.price_path(banking)
    lines = traces(theory.hotelling_path(path, banking.prices, "carbon", display))
    said, found = lines[display.text("theory.path")], lines[display.text("theory.run")]
    assert np.asarray(found.y) == pytest.approx(np.asarray(said.y), rel=2e-3)
    assert list(found.x) == list(range(2025, 2040))
    banked = traces(theory.hotelling_bank(path, banking.compliance, "carbon", display))
    assert np.asarray(banked[display.text("theory.run")].y) == pytest.approx(path["bank"].to_numpy(), abs=0.04)


def test_points_are_years_with_both_prices_and_axes_fit_their_spread(banking):
    display = Display.of_result(banking, "en")
    yearly = banking.prices.copy()
    yearly.loc[0, "mean_price"] = np.nan
    yearly.loc[1, "reference_price"] = 0.0
    figure = theory.plan_against_market(yearly, display)
    points = figure.data[1]
    assert list(points.customdata) == list(range(2027, 2040))
    assert np.asarray(points.x) == pytest.approx(yearly["reference_price"].iloc[2:].to_numpy())
    line = figure.data[0]
    assert list(line.x) == list(line.y)
    assert figure.layout.xaxis.type is None
    yearly.loc[5, "mean_price"] = 2_000.0
    wide = theory.plan_against_market(yearly, display)
    assert (wide.layout.xaxis.type, wide.layout.yaxis.type) == ("log", "log")


def test_nothing_to_compare_is_said(banking):
    display = Display.of_result(banking, "en")
    none = pd.DataFrame({"year": [2025], "instrument": ["carbon"], "mean_price": [np.nan], "reference_price": [1.0]})
    figure = theory.plan_against_market(none, display)
    assert figure.layout.annotations[0].text == display.text("figures.no_data")


def test_curves_are_for_one_instrument():
    with pytest.raises(ValueError, match="7 instruments"):
        curves.demand_for_permits(load("jiangxi"))
