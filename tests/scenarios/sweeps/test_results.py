"""What a sweep left: the frame of runs, tidy indicators, summaries that count failures, series, labelled arrays."""

import numpy as np
import pandas as pd
import pytest

from scenarios import load, run
from scenarios.errors import InputError
from scenarios.sweeps import SweepResult, sweep, sweep_of
from scenarios.sweeps.parameters import overrides_of

LEVERS = {
    "floor": {"path": "carbon.floor", "values": [10.0, 30.0]},
    "ceiling": {"path": "carbon.ceiling", "low": 20, "high": 40},
}
DECLARED = {
    "name": "small",
    "scenario": "textbook-montgomery",
    "levers": LEVERS,
    "uncertainties": {"shocks": {"path": "world.activity_sd", "values": [0.0, 0.05]}},
    "design": {
        "kind": "crossed",
        "levers": {"kind": "list", "rows": [{"floor": 10.0, "ceiling": 40}, {"floor": 30.0, "ceiling": 40}]},
        "uncertainties": {"kind": "grid"},
    },
    "seeds": [0, 3],
    "outcomes": ["carbon.mean_price", "actual_cost"],
    "series": ["prices"],
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return sweep(sweep_of(DECLARED), tmp_path_factory.mktemp("sweep") / "small", workers=1)


def test_the_frame_of_runs(found):
    runs = found.runs
    assert list(runs)[:9] == ["run", "point", "policy", "world", "seed", "floor", "ceiling", "shocks", "stage"]
    assert runs["run"].tolist() == list(range(8))
    assert runs["seed"].tolist() == [0, 3] * 4
    assert (runs["point"] == runs["policy"] * 2 + runs["world"]).all()
    assert runs.attrs["units"]["floor"] == "unit of account/unit"
    assert runs.attrs["units"]["carbon.mean_price"] == "unit of account/unit"
    assert found.outcomes == ["carbon.mean_price", "actual_cost"]


def test_a_run_is_the_run_of_its_scenario(found):
    for row in found.runs.to_dict("records"):
        base = load("textbook-montgomery")
        given = overrides_of(found.parameters, row, base.model_dump(mode="json", by_alias=True))
        alone = run(load("textbook-montgomery", given), row["seed"])
        for name in found.outcomes:
            assert row[name] == alone.kpis[name]


def test_tidy_indicators_and_series(found):
    kpis = found.kpis
    assert len(kpis) == 8 * 2
    assert set(kpis["unit"]) == {"unit of account/unit", "unit of account, present value"}
    prices = found.series("prices")
    assert set(prices["run"]) == set(range(8))
    assert {"year", "instrument", "mean_price"} <= set(prices)
    with pytest.raises(InputError, match="was not kept"):
        found.series("markets")


def test_a_summary_is_the_mean_of_what_succeeded(found):
    summary = found.summary()
    one = summary[(summary["policy"] == 1) & (summary["kpi"] == "actual_cost")].iloc[0]
    values = found.runs.loc[found.runs["policy"] == 1, "actual_cost"]
    assert one["mean"] == pytest.approx(values.mean())
    assert one["sd"] == pytest.approx(values.std())
    assert (one["n"], one["runs"], one["failed"]) == (4, 4, 0)
    assert one["floor"] == 30.0


def test_labelled_arrays(found):
    cube = found.to_xarray()
    row = found.runs.iloc[5]
    assert (
        float(cube["actual_cost"].sel(policy=row["policy"], world=row["world"], seed=row["seed"])) == row["actual_cost"]
    )
    assert cube["actual_cost"].attrs["units"] == "unit of account, present value"


def test_a_sweep_opens_while_it_is_not_finished(found, tmp_path):
    import shutil

    folder = tmp_path / "part"
    shutil.copytree(found.store.folder, folder)
    parts = sorted((folder / "parts").glob("*.parquet"))
    for part in parts[1:]:
        part.unlink()
    some = SweepResult.open(folder)
    assert 0 < len(some.runs) < 8
    pd.testing.assert_frame_equal(some.runs, found.runs.iloc[: len(some.runs)])
    for part in parts[:1]:
        part.unlink()
    none = SweepResult.open(folder)
    assert len(none.runs) == 0
    assert len(none.failures) == 0
    assert list(none.runs)[:5] == ["run", "point", "policy", "world", "seed"]


def test_failed_runs_are_rows_with_reasons(tmp_path):
    declared = DECLARED | {
        "levers": {"cap": {"path": "carbon.cap_scale", "low": 50, "high": 100}},
        "uncertainties": {"growth": {"path": "world.default_growth", "low": -0.1, "high": 0.1}},
        "design": {"kind": "latin_hypercube", "points": 6},
        "seeds": 1,
    }
    plan = sweep_of(declared)
    points = plan.points.copy()
    points.loc[2, "cap"] = -1.0  # what no check can have seen: a value that the scenario refuses
    bad = type(plan)(plan.sweep, plan.base, plan.parameters, points)
    result = sweep(bad, tmp_path / "s", workers=1)
    assert result.failures["point"].tolist() == [2]
    row = result.failures.iloc[0]
    assert row["stage"] == "scenario"
    assert "not at least 0" in row["message"]
    assert np.isnan(row["actual_cost"])
    summary = result.summary(by=[], outcomes=["actual_cost"])
    assert (summary["n"].sum(), summary["runs"].sum(), summary["failed"].sum()) == (5, 6, 1)
