"""A calibration recovers the parameters that made its observations, and states its error out of sample; bad tables."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scenarios.calibration import CalibrationResult, calibrate, calibration_of
from scenarios.calibration.fitting import judged
from scenarios.calibration.loading import CalibrationPlan
from scenarios.calibration.observations import simulated
from scenarios.errors import InputError
from scenarios.loading import load
from scenarios.problem_words import told
from scenarios.runner import run

YEARS = {"calendar.years": 6}
TRUTH = {"behaviours.0.discount_rate": 0.08, "world.default_growth": 0.01}


@pytest.fixture(scope="module")
def observed() -> pd.DataFrame:
    """Yearly prices and flows, and prices of the third year by month, made by the model at known parameters."""
    made = run(load("textbook-banking", {**YEARS, **TRUTH}), 0)
    yearly = made.prices.melt(["year", "instrument"], ["mean_price", "flow"], "variable", "value")
    yearly["variable"] = yearly["variable"].replace("mean_price", "price")
    third = made.markets[made.markets["year"] == 2027]
    by_month = third[["instrument", "year", "month"]].assign(
        variable="price", value=third["turnover"] / third["volume"]
    )[third["volume"] > 0]
    columns = ["instrument", "variable", "year", "month", "value"]
    whole = pd.concat([yearly, by_month])[columns].reset_index(drop=True)
    whole["month"] = whole["month"].astype("Int64")
    return whole


def declared(**more: object) -> dict:
    return {
        "name": "banking",
        "scenario": "textbook-banking",
        "overrides": YEARS,
        "parameters": {
            "rate": {"path": "behaviours.0.discount_rate", "low": 0.02, "high": 0.14},
            "growth": {"path": "world.default_growth", "low": -0.02, "high": 0.03},
        },
        "observations": {"file": "observed.csv", "hold_out_from": 2029, "relative_sd": 0.02, "model_sd": 0.01},
        "optimiser": {"trials": 40, "batch": 10, "seed": 1},
        **more,
    }


@pytest.fixture
def plan(observed: pd.DataFrame, tmp_path: Path) -> CalibrationPlan:
    observed.to_csv(tmp_path / "observed.csv", index=False)
    return calibration_of(declared(), tmp_path)


@pytest.mark.slow
def test_known_parameters_are_recovered_and_the_error_out_of_sample_is_told(plan, tmp_path) -> None:
    found = calibrate(plan, tmp_path / "fit", workers=1)
    assert found.finished
    table = found.parameters.set_index("parameter")
    assert table.loc["rate", "best"] == pytest.approx(0.08, abs=0.012)
    assert table.loc["growth", "best"] == pytest.approx(0.01, abs=0.004)
    for name, true in (("rate", 0.08), ("growth", 0.01)):
        assert table.loc[name, "low"] <= true <= table.loc[name, "high"]
        assert (
            table.loc[name, "high"] - table.loc[name, "low"]
            < table.loc[name, "searched_high"] - (table.loc[name, "searched_low"])
        )
    out = found.errors[found.errors["held_out"]].set_index("variable")
    assert out["n"].to_dict() == {"price": 2, "flow": 2}
    assert (out["skill"] > 0.7).all()
    # No change since 2028, by hand.
    fit = found.fit
    prices = fit[(fit["variable"] == "price") & (fit["month"] == 0)].set_index("year")["value"]
    naive = np.sqrt(np.mean((prices[[2029, 2030]] - prices[2028]) ** 2))
    assert out.loc["price", "naive_rmse"] == pytest.approx(naive)
    scenario = load(found.scenario_file)
    assert scenario.behaviours[0].discount_rate == table.loc["rate", "best"]
    assert scenario.calendar.years == 6
    again = CalibrationResult.open(tmp_path / "fit")
    pd.testing.assert_frame_equal(again.errors, found.errors)
    second = calibrate(plan, tmp_path / "fit", workers=1)  # everything is there
    pd.testing.assert_frame_equal(second.sets, found.sets)


def test_loss_and_implausibility_by_hand(plan: CalibrationPlan) -> None:
    table = plan.observed
    kept = ~table["held_out"].to_numpy()
    value, sd, scale = (table[name].to_numpy() for name in ("value", "sd", "scale"))
    assert sd == pytest.approx(0.02 * scale)
    assert scale[table["variable"] == "flow"] == pytest.approx(table.loc[table["variable"] == "flow", "value"].mean())
    off = np.where(kept, value + 2.0 * sd, np.nan)  # what is held out is not looked at
    loss, implausibility = judged(plan, np.stack([off]))
    assert loss == pytest.approx(2.0)
    assert implausibility == pytest.approx(2.0 * 0.02 / np.hypot(0.02, 0.01))
    between = np.stack([off - 0.04 * scale, off + 0.04 * scale])  # two seeds: their variance is 2 · 0.04²
    assert judged(plan, between)[1] == pytest.approx(0.04 / np.sqrt(0.02**2 + 0.01**2 + 0.04**2))
    missing = off.copy()
    missing[0] = np.nan
    assert judged(plan, np.stack([missing]))[1] == np.inf


def test_what_the_runs_have_in_place_of_observations() -> None:
    wanted = pd.DataFrame(
        [("a", "price", 2025, 0), ("a", "price", 2025, 2), ("a", "flow", 2025, 2), ("b", "flow", 2026, 0)],
        columns=["instrument", "variable", "year", "month"],
    )
    run_of = {"run": [3, 3, 5], "instrument": ["a", "a", "a"], "year": [2025] * 3, "month": [2, 2, 2]}
    series = {
        "prices": pd.DataFrame({"run": [3, 5, 5], "instrument": ["a", "a", "b"], "year": [2025, 2025, 2026],
                                "mean_price": [7.0, 8.0, 1.0], "flow": [1.0, 1.0, 9.0]}),
        "markets": pd.DataFrame({**run_of, "turnover": [10.0, 20.0, 0.0], "volume": [1.0, 2.0, 0.0]}),
        "instruments": pd.DataFrame({**run_of, "flow": [1.0, 2.0, 4.0]}),
    }  # fmt: skip
    found = simulated(wanted, series, [3, 5])
    assert found == pytest.approx(np.array([[7.0, 10.0, 3.0, np.nan], [8.0, np.nan, 4.0, 9.0]]), nan_ok=True)


BAD = """\
instrument,variable,year,month,value,sd
carbon,price,2025,,16,
carbons,price,2026,,17,
carbon,cost,2026,,17,
carbon,price,2040,,17,
carbon,price,2026,13,17,
carbon,price,2027,,much,
carbon,price,2028,,17,-1
"""


def test_mistakes_of_the_table_are_told_by_line_in_both_languages(tmp_path: Path) -> None:
    (tmp_path / "observed.csv").write_text(BAD)
    with pytest.raises(InputError) as caught:
        calibration_of(declared(), tmp_path)
    found = [(problem.line, problem.key) for problem in caught.value.problems]
    expected = [(3, "instrument"), (4, "variable"), (5, "year"), (6, "month"), (7, "value"), (8, "sd")]
    assert found == expected
    for problem in caught.value.problems:
        assert told(problem, "zh").message != problem.message, problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("instrument,year,value\ncarbon,2025,3\n", "variable: the column is missing"),
        ("instrument,variable,year,value\n", "no observations"),
        ("instrument,variable,year,value\ncarbon,price,2025,3\ncarbon,price,2025,4\n", "observed twice"),
        ("instrument,variable,year,value\ncarbon,price,2029,3\ncarbon,price,2030,3\n", "nothing is left to fit"),
        ("instrument,variable,year,value\ncarbon,price,2025,3\n", "nothing is left to predict"),
    ],
)
def test_tables_that_cannot_be_used(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "observed.csv").write_text(text)
    with pytest.raises(InputError) as caught:
        calibration_of(declared(), tmp_path)
    assert said in str(caught.value)
    assert all(told(problem, "zh").message != problem.message for problem in caught.value.problems)


def test_parameters_are_checked_with_the_rest(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        calibration_of(declared(parameters={"rate": {"path": "behaviours.0.discount", "low": 0, "high": 1}}), tmp_path)
    keys = {problem.key for problem in caught.value.problems}
    assert keys == {"parameters.rate.path", "file"}
