"""Exports keep the rules of the IAMC format, and their numbers are those of the tables."""

import numpy as np
import pandas as pd
import pytest

from scenarios import load, run
from scenarios.errors import InputError
from scenarios.kpis import INSTRUMENT_KPIS, RUN_KPIS
from scenarios.neighbours.iamc import (
    COLUMNS,
    INDEX,
    iamc_meta,
    iamc_of_run,
    iamc_of_runs,
    iamc_of_sweep,
    iamc_wide,
    variable_of,
    write_iamc,
)
from scenarios.sweeps import sweep, sweep_of


@pytest.fixture(scope="module")
def result():
    return run(load("jiangxi", {"calendar.years": 2, "rounds": 0}), 5)


@pytest.fixture(scope="module")
def banking():
    return load("textbook-banking")


@pytest.fixture
def runs():
    """Two points with two seeds each, of which one run failed."""
    frame = pd.DataFrame(
        {
            "run": [0, 1, 2, 3],
            "point": [0, 0, 1, 1],
            "policy": [0, 0, 1, 1],
            "world": [0, 0, 0, 0],
            "seed": [0, 1, 0, 1],
            "carbon.cap_scale": [90.0, 90.0, 100.0, 100.0],
            "venue": ["call", "call", "posted", "posted"],
            "stage": ["", "", "", "run"],
            "message": ["", "", "", "it broke"],
            "carbon.mean_price": [20.0, 21.0, 15.0, np.nan],
            "actual_cost": [1000.0, 1100.0, 900.0, np.nan],
        }
    )
    frame.attrs["units"] = {"carbon.mean_price": "yuan/unit", "actual_cost": "yuan, present value"}
    return frame


def assert_keeps_the_format(frame):
    """What `pyam.IamDataFrame` asks of a long table: these columns, whole years, words everywhere, one row each."""
    assert tuple(frame.columns) == COLUMNS
    assert not frame.duplicated(list(INDEX)).any()
    assert not frame.isna().any().any()
    assert np.isfinite(frame["value"]).all()
    assert frame["year"].dtype == np.int64
    assert frame["year"].between(1900, 2300).all()
    for column in INDEX[:-1]:
        assert frame[column].map(lambda word: isinstance(word, str) and word.strip() == word and word != "").all()
    assert not frame["variable"].str.contains(r"\*|^\||\|$|\|\||\s\||\|\s").any()
    assert (frame.groupby("variable")["unit"].nunique() == 1).all()
    assert frame.equals(frame.sort_values(list(INDEX)).reset_index(drop=True))


def test_a_run_keeps_the_format(result):
    assert_keeps_the_format(iamc_of_run(result))


def test_its_numbers_are_those_of_the_tables(result):
    frame = iamc_of_run(result, scenario="A", region="Jiangxi").set_index(["scenario", "variable", "year"])
    prices = result.prices.set_index(["instrument", "year"])
    for year in (2025, 2026):
        row = frame.loc[("A", "Price|Carbon", year)]
        assert (row["value"], row["unit"]) == (prices.loc[("carbon", year), "mean_price"], "yuan/tCO2")
        row = frame.loc[("A", "Emissions|CO2", year)]
        assert (row["value"], row["unit"]) == (prices.loc[("carbon", year), "flow"], "tCO2/yr")
        assert (
            frame.loc[("A least cost", "Price|Water", year), "value"]
            == (prices.loc[("water", year), "reference_price"])
        )
    cost = result.firms.groupby("year")["abatement_cost"].sum()
    assert frame.loc[("A", "Policy Cost|Abatement", 2026), "value"] == pytest.approx(cost[2026])
    december = result.instruments.query("instrument == 'carbon' and year == 2025 and month == 12")
    assert frame.loc[("A", "Bank|Carbon", 2025), "value"] == december["bank"].item()
    volume = result.markets.query("instrument == 'so2' and year == 2025")["volume"].sum()
    assert frame.loc[("A", "Trade|Volume|Sulfur", 2025), "value"] == pytest.approx(volume)
    assert set(frame["region"]) == {"Jiangxi"}


def test_without_the_plan_and_without_firms(banking):
    short = run(load("textbook-banking", {"calendar.years": 2, "recording.firms": False}))
    frame = iamc_of_run(short, least_cost=False)
    assert_keeps_the_format(frame)
    assert set(frame["scenario"]) == {"textbook-banking seed 0"}
    assert not frame["variable"].str.startswith("Policy Cost").any()


def test_years_without_a_price_have_no_row():
    idle = run(load("textbook-banking", {"calendar.years": 2, "instruments.carbon.cap.values": {2025: 500}}))
    frame = iamc_of_run(idle, least_cost=False)
    assert_keeps_the_format(frame)
    empty = int(idle.prices["mean_price"].isna().sum())
    assert (frame["variable"] == "Price|Carbon").sum() == 2 - empty


def test_a_sweep_keeps_the_format_and_leaves_out_failed_runs(runs, banking):
    frame = iamc_of_runs(runs, banking, name="caps")
    assert_keeps_the_format(frame)
    assert len(frame) == 6
    found = frame.set_index(["scenario", "variable"])
    row = found.loc[("caps point 0 seed 1", "Mean price|Carbon")]
    assert (row["value"], row["unit"], row["year"]) == (21.0, "yuan/unit", 2039)
    assert found.loc[("caps point 1 seed 0", "Actual cost"), "value"] == 900.0


def test_what_was_varied_stands_beside_it(runs, banking):
    meta = iamc_meta(runs, banking, name="caps")
    assert meta.index.is_unique
    assert meta.index.names == ["model", "scenario"]
    data = iamc_of_runs(runs, banking, name="caps")
    assert set(data["scenario"]) <= set(meta.index.get_level_values("scenario"))
    assert meta["carbon.cap_scale"].tolist() == [90.0, 90.0, 100.0, 100.0]
    assert meta["venue"].tolist() == ["call", "call", "posted", "posted"]


def test_a_sweep_with_tables_has_yearly_figures_too(tmp_path):
    plan = sweep_of(
        {
            "name": "caps",
            "scenario": "textbook-banking",
            "overrides": {"calendar.years": 3},
            "levers": {"carbon.cap_scale": {"values": [90, 100]}},
            "series": ["prices", "compliance"],
            "outcomes": ["carbon.mean_price"],
            "seeds": [4],
        }
    )
    result = sweep(plan, tmp_path / "caps", workers=1)
    frame = iamc_of_sweep(result)
    assert_keeps_the_format(frame)
    single = iamc_of_run(run(load("textbook-banking", {"calendar.years": 3}), 4), least_cost=False)
    prices = frame.query("variable == 'Price|Carbon' and scenario == 'caps point 1 seed 4'")
    assert prices["value"].tolist() == single.query("variable == 'Price|Carbon'")["value"].tolist()
    assert set(frame["variable"]) <= {"Mean price|Carbon", *single["variable"]}
    assert set(frame["scenario"]) == {"caps point 0 seed 4", "caps point 1 seed 4"}
    assert not frame["variable"].str.startswith("Trade").any()


def test_every_indicator_has_a_variable_of_its_own(banking):
    names = [f"carbon.{kpi.name}" for kpi in INSTRUMENT_KPIS] + [kpi.name for kpi in RUN_KPIS]
    variables = [variable_of(name) for name in names]
    assert len(set(variables)) == len(names)
    assert variable_of("nh3n.expired") == "Rights expired|NH3-N"
    assert variable_of("green_power.block.volume_share") == "Venue's share of volume|Green Power|block"


def test_a_wide_table_has_a_column_a_year(result):
    long = iamc_of_run(result)
    wide = iamc_wide(long)
    assert list(wide.columns[:5]) == list(INDEX[:-1])
    assert wide.columns[5:].tolist() == sorted(long["year"].unique())
    again = wide.melt(list(INDEX[:-1]), var_name="year").dropna().astype({"year": "int64"})
    assert again.sort_values(list(INDEX)).reset_index(drop=True).equals(long)


def test_what_is_written_is_read_again(result, tmp_path):
    long = iamc_of_run(result)
    file = write_iamc(long, tmp_path / "long.csv")
    pd.testing.assert_frame_equal(pd.read_csv(file), long, rtol=1e-14)
    wide = pd.read_csv(write_iamc(long, tmp_path / "wide.csv", wide=True))
    assert list(wide.columns) == [*INDEX[:-1], "2025", "2026", "2027"]
    with pytest.raises(InputError, match="exists already"):
        write_iamc(long, file)
    with pytest.raises(InputError, match="folder that exists"):
        write_iamc(long, tmp_path / "nowhere" / "long.csv")


def test_pyam_reads_it(result, tmp_path):
    pyam = pytest.importorskip("pyam", reason="pyam takes no pandas 3 yet; the rules of its format are held above")
    long = iamc_of_run(result)
    read = pyam.IamDataFrame(write_iamc(long, tmp_path / "long.csv"))
    assert len(read.data) == len(long)
    assert read.equals(pyam.IamDataFrame(write_iamc(long, tmp_path / "wide.csv", wide=True)))
