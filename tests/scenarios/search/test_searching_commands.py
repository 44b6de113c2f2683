"""What the commands print: the front, tightest caps, a calibration, and how to go on after Ctrl-C."""

import json
from pathlib import Path

import pytest

from scenarios.commands import searching
from scenarios.commands.searching import calibrate, search
from scenarios.search.loading import load_search
from scenarios.sweeps.studies import FOLDER

SEARCH = """\
search: 1
name: tiny
scenario: textbook-montgomery
decisions:
  carbon.cap_scale: {values: [90, 100, 110]}
objectives:
  - {outcome: actual_cost}
constraints:
  - P(carbon.mean_price > 18) < 0.05
optimiser: {trials: 6, batch: 3}
notes: [Only a test.]
"""
CAP = """\
search: 1
name: tiny
scenario: textbook-montgomery
tightest_cap: {instrument: carbon, low: 80, high: 120, tolerance: 5}
constraints: [P(carbon.mean_price > 18) < 0.05]
"""
CALIBRATION = """\
calibration: 1
name: tiny
scenario: textbook-banking
overrides: {calendar.years: 3}
parameters:
  rate: {path: behaviours.0.discount_rate, low: 0.02, high: 0.1}
observations: {file: observed.csv, hold_out_from: 2027}
optimiser: {trials: 4, batch: 4}
"""
OBSERVED = """\
instrument,variable,year,value
carbon,flow,2025,92
carbon,flow,2026,88
carbon,flow,2027,84
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "110")
    for name, text in (("search", SEARCH), ("cap", CAP), ("calibration", CALIBRATION)):
        (tmp_path / f"{name}.yaml").write_text(text)
    (tmp_path / "observed.csv").write_text(OBSERVED)
    return tmp_path


def test_search_prints_the_front_and_goes_on_after_ctrl_c(place, capsys, monkeypatch) -> None:
    real = searching.shown_progress

    def stopping(title: str):
        from contextlib import contextmanager

        @contextmanager
        def opened():
            with real(title) as watch:

                def stop(progress) -> None:
                    watch(progress)
                    if progress.policies == 3:
                        raise KeyboardInterrupt

                yield stop

        return opened()

    monkeypatch.setattr(searching, "shown_progress", stopping)
    assert search(Path("search.yaml"), None, 1, "en", as_json=False) == 130
    said = capsys.readouterr().err
    assert "policies are kept. To go on, start the same command again (runs/search-tiny)" in said
    monkeypatch.setattr(searching, "shown_progress", real)
    assert search(Path("search.yaml"), None, 1, "en", as_json=False) == 0
    printed = capsys.readouterr().out
    assert "in the same 1 runs each" in printed
    assert "note: Only a test." in printed
    assert "scenario files: runs/search-tiny/front (1)" in printed
    assert search(Path("search.yaml"), None, 1, "zh", as_json=True) == 0
    document = json.loads(capsys.readouterr().out)
    (best,) = document["front"]
    assert best["carbon.cap_scale"] == 110.0  # the loosest costs least
    assert document["finished"]


def test_search_prints_tightest_caps(place, capsys) -> None:
    assert search(Path("cap.yaml"), Path("caps"), 1, "zh", as_json=False) == 0
    printed = capsys.readouterr().out
    assert "最紧比例" in printed
    line = next(line.strip() for line in printed.splitlines() if line.strip().startswith("carbon"))
    assert line.split()[1:3] == ["100", "95"]
    assert "P(carbon.mean_price > 18) < 0.05" in line
    never = ["constraints=[carbon.mean_price < 1]"]
    assert search(Path("cap.yaml"), Path("never"), 1, "en", as_json=False, settings=never) == 1
    assert "even the loosest scale" in capsys.readouterr().out


def test_calibrate_prints_errors_out_of_sample(place, capsys) -> None:
    code = calibrate(Path("calibration.yaml"), None, 1, "en", as_json=False)
    printed = capsys.readouterr().out
    assert code in {0, 1}
    assert "4 sets of parameters" in printed
    lines = [line.split() for line in printed.splitlines() if line.strip().startswith("carbon flow")]
    (row,) = [line for line in lines if line[2:4] == ["held", "out"]]
    assert row[4] == "1"  # one year held out
    assert float(row[6]) == pytest.approx(4.0)  # no change from 88 to 84
    assert "no change (RMSE)" in printed
    assert calibrate(Path("calibration.yaml"), None, 1, "zh", as_json=True) == code
    assert json.loads(capsys.readouterr().out)["sets"] == 4


def test_studies_that_ship_load() -> None:
    found = [path for path in FOLDER.glob("*.yaml") if "\nsearch: 1" in path.read_text(encoding="utf-8")]
    assert [path.stem for path in found] == ["jiangxi-caps-search"]
    plan = load_search(found[0])
    assert {one.instrument for one in plan.search.tightest_cap} == set(plan.base.scenario.instruments)
