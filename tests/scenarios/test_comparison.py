"""Comparisons: arms refused before the first run, same bytes for any number of workers, failures that lose nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scenarios import compare, load, run, run_pool
from scenarios.commands.comparing import varied_values
from scenarios.comparison import Comparison
from scenarios.comparison_arms import arms_of, label, written
from scenarios.comparison_tables import differences_of, tables_of_outcomes
from scenarios.comparison_words import command
from scenarios.errors import InputError
from scenarios.results import RunResult
from scenarios.run_pool import Outcome

ROOT = Path(__file__).resolve().parents[2]
CAP = "instruments.carbon.cap.initial"
SHOCKS = {"world.activity_sd": 0.1}


@pytest.fixture(scope="module")
def found() -> Comparison:
    return compare("textbook-montgomery", {CAP: [240, 260]}, 4, SHOCKS, workers=1)


# Arms ---------------------------------------------------------------------------------------------------------------


def test_arms_are_the_product_in_the_order_given() -> None:
    arms = arms_of("textbook-montgomery", {CAP: [240, 260], "rounds": [0, 1]})
    assert [arm.label for arm in arms] == [
        "initial=240, rounds=0", "initial=240, rounds=1", "initial=260, rounds=0", "initial=260, rounds=1",
    ]  # fmt: skip
    assert [arm.scenario.rounds for arm in arms] == [0, 1, 0, 1]
    assert arms[2].values == {CAP: 260, "rounds": 0}


def test_arms_of_long_values_are_numbered() -> None:
    values = [{str(year): 200 + year - more for year in range(2025, 2030)} for more in (0, 5)]
    caps = [{"kind": "table", "values": each} for each in values]
    arms = arms_of("textbook-montgomery", {"instruments.carbon.cap": caps})
    assert [arm.label for arm in arms] == ["arm 1", "arm 2"]
    assert [arm.values["instruments.carbon.cap"] for arm in arms] == caps


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"a.venues": "listed+block"}, "listed+block"),
        ({"a.cap.values.2030": 40}, "values.2030=40"),
        ({"behaviours.0.steps": 4}, "steps=4"),
        ({"a.cap": 1, "b.cap": 2}, "a.cap=1, b.cap=2"),
        ({"a.x": None}, "x=null"),
        ({"a.x": True, "a.y": "call"}, "x=true, y=call"),
        ({"a.x": {"kind": "flat", "rate": 1.5}}, 'x={"kind": "flat", "rate": 1.5}'),
    ],
)
def test_labels(values: dict[str, object], expected: str) -> None:
    assert label(values) == expected


@pytest.mark.parametrize(
    "value",
    [
        "call", "listed+block", "a,b", "12", "null", "true", "-x", " x", "x: y", "[x", "", "1e3", "it's", 3, -2.5,
        1e-9, None, True, [1, "a,b", {"k": None}], {"kind": "table", "values": {"2030": 1}}, "价格",
    ],
)  # fmt: skip
def test_values_are_written_as_they_are_read(value: object) -> None:
    assert varied_values([f"x={written(value)},zzz"]) == {"x": [value, "zzz"]}


def test_a_mistake_of_one_arm_names_it_and_one_of_all_is_told_once() -> None:
    with pytest.raises(InputError) as raised:
        arms_of("textbook-montgomery", {CAP: [240, -1], "rounds": [0, 1]}, {"roundz": 2})
    told = [str(problem) for problem in raised.value.problems]
    assert sum("roundz" in text for text in told) == 1
    assert not any("arm" in text for text in told if "roundz" in text)
    (cap,) = [text for text in told if "--vary" in text]
    assert f"--vary {CAP}" in cap
    assert "(arms initial=-1, rounds=0; initial=-1, rounds=1)" in cap


@pytest.mark.parametrize(
    ("vary", "overrides", "words"),
    [
        ({}, {}, "one arm"),
        ({"rounds": [1]}, {}, "one arm"),
        ({"rounds": []}, {}, "no list of values"),
        ({"rounds": "12"}, {}, "no list of values"),
        ({"rounds": [1, 1]}, {}, "given twice"),
        ({"rounds": [1, 2]}, {"rounds": 3}, "also given with --set"),
        ({CAP: [1, 2], "instruments.carbon.cap": [{"kind": "linear", "initial": 3}]}, {}, "it replaces"),
        ({"rounds": list(range(11)), "money.credit_limit": list(range(10))}, {}, "110 arms"),
        ({"scenario": [1, 2]}, {}, "names or files"),
        ({"scenario": ["textbook-montgomery", "jiangxi"]}, {}, "different money"),
        ({"nothing.here": [1, 2]}, {}, "not known"),
        ({"instruments.carbon.tick": [0.001, 1e-3 + 0.0, "x"]}, {}, "given twice"),
        ({"instruments.carbon.cap.kind": ["linear", "no-such"]}, {}, "no-such"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_a_run(vary, overrides, words, monkeypatch) -> None:
    monkeypatch.setattr(run_pool._Bench, "run", lambda *_: pytest.fail("a run was started"))
    with pytest.raises(InputError, match=words):
        compare("textbook-montgomery", vary, 2, overrides, workers=1)


def test_arms_that_are_the_same_scenario_are_refused() -> None:
    linear = {"kind": "linear", "initial": 240}
    with pytest.raises(InputError, match="are the same scenario"):
        arms_of("textbook-montgomery", {"instruments.carbon.cap": [linear, {**linear, "factor": 0.0}]})


@pytest.mark.parametrize("seeds", [0, -1, [], [1, 1], [-1, 2]])
def test_seeds_are_checked(seeds) -> None:
    with pytest.raises(InputError, match="--seeds"):
        compare("textbook-montgomery", {"rounds": [0, 1]}, seeds)
    with pytest.raises(InputError, match="--workers"):
        compare("textbook-montgomery", {"rounds": [0, 1]}, 2, workers=0)


def test_the_baseline_may_be_named(found: Comparison) -> None:
    turned = compare("textbook-montgomery", {CAP: [240, 260]}, 4, SHOCKS, baseline="initial=260", workers=1)
    first, second = found.differences.set_index("kpi"), turned.differences.set_index("kpi")
    assert second["difference"].to_numpy() == pytest.approx(-first["difference"].to_numpy(), nan_ok=True)
    with pytest.raises(InputError, match="1 rounds=0; 2 rounds=1"):
        compare("textbook-montgomery", {"rounds": [0, 1]}, 1, baseline="rounds=7")


# Runs ---------------------------------------------------------------------------------------------------------------


def test_every_run_is_the_run_that_run_gives(found: Comparison) -> None:
    for arm in found.arms:
        for seed in (0, 3):
            alone = run(load("textbook-montgomery", SHOCKS | arm.values), seed)
            mine = found.kpis[(found.kpis["arm"] == arm.label) & (found.kpis["seed"] == seed)].set_index("kpi")["value"]
            np.testing.assert_array_equal(mine.to_numpy(), alone.kpis.to_numpy())
            assert list(mine.index) == list(alone.kpis.index)
            assert found.units == alone.kpis.attrs["units"]
            prices = found.prices[(found.prices["arm"] == arm.label) & (found.prices["seed"] == seed)]
            assert prices["volume"].sum() == alone.markets["volume"].sum()


def test_differences_are_taken_within_seeds(found: Comparison) -> None:
    wide = found.kpis[found.kpis["kpi"] == "carbon.mean_price"].pivot_table(index="seed", columns="arm", values="value")
    each = wide["initial=260"] - wide["initial=240"]
    row = found.differences.set_index("kpi").loc["carbon.mean_price"]
    assert row["difference"] == pytest.approx(each.mean())
    assert row["n"] == 4
    half = 3.18245 * each.std(ddof=1) / 2  # t with 3 degrees of freedom from printed tables
    assert (row["low"], row["high"]) == pytest.approx((each.mean() - half, each.mean() + half), rel=1e-5)
    assert row["relative"] == pytest.approx(each.mean() / wide["initial=240"].mean())
    # Demand of a seed is the same in both arms, so what differs is far less than what each arm's price varies.
    assert each.std() < 0.5 * wide["initial=240"].std()


@pytest.mark.slow
def test_tables_are_the_same_for_any_number_of_workers(found: Comparison) -> None:
    seen: list[tuple[int, int]] = []
    for workers in (2, 3):
        other = compare(
            "textbook-montgomery",
            {CAP: [240, 260]},
            4,
            SHOCKS,
            workers=workers,
            progress=lambda d, n: seen.append((d, n)),
        )
        for name, frame in found.tables.items():
            assert frame.to_csv() == other.tables[name].to_csv()
        assert other.manifest["content_hash"] == found.manifest["content_hash"]
    assert seen[0] == (0, 8)
    assert seen[-1] == (8, 8)


def test_a_run_that_fails_is_told_and_loses_no_other(monkeypatch) -> None:
    from agents.model import RightsMarketModel

    whole = RightsMarketModel.run

    def fails(self, progress=None):
        if self.seed_number == 1 and self.spec.rounds == 1:
            raise ZeroDivisionError("nobody is left")
        return whole(self, progress)

    monkeypatch.setattr(RightsMarketModel, "run", fails)
    found = compare("textbook-montgomery", {"rounds": [0, 1]}, 3, workers=1)
    assert found.failures.to_dict("records") == [
        {"arm": "rounds=1", "seed": 1, "stage": "run", "message": "ZeroDivisionError: nobody is left"}
    ]
    n = found.differences.set_index("kpi")["n"]
    assert n["carbon.mean_price"] == 2
    assert found.summary.set_index(["arm", "kpi"]).loc[("rounds=0", "carbon.mean_price"), "n"] == 3


def test_one_seed_has_no_interval() -> None:
    found = compare("textbook-montgomery", {"rounds": [0, 1]}, [5], workers=1)
    assert found.seeds == (5,)
    row = found.differences.set_index("kpi").loc["carbon.mean_price"]
    assert np.isfinite(row["difference"])
    assert np.isnan([row["low"], row["high"]]).all()


def test_an_indicator_that_one_arm_lacks_has_no_difference() -> None:
    arms = arms_of("textbook-montgomery", {"rounds": [0, 1]})
    both, own = {"carbon.volume": 2.0}, {"carbon.volume": 3.0, "carbon.block.volume_share": 0.5}
    prices = pd.DataFrame(columns=["period", "year", "month", "instrument", "venue", "price", "volume"])
    outcomes = [Outcome(0, 0, both, prices=prices), Outcome(1, 0, own, prices=prices)]
    tables = tables_of_outcomes(arms, outcomes)
    units = {"carbon.volume": "unit", "carbon.block.volume_share": "share of volume"}
    rows = differences_of(tables["kpis"], [arm.label for arm in arms], [0], units, arms[0].label).set_index("kpi")
    assert rows.loc["carbon.volume", ["difference", "n"]].tolist() == [1.0, 1]
    assert rows.loc["carbon.block.volume_share", "n"] == 0
    assert np.isnan(rows.loc["carbon.block.volume_share", "difference"])


# Files --------------------------------------------------------------------------------------------------------------


def test_it_is_saved_and_opened_whole(found: Comparison, tmp_path: Path) -> None:
    folder = found.save(tmp_path / "mine")
    again = Comparison.open(folder)
    for name, frame in found.tables.items():
        assert frame.to_csv() == again.tables[name].to_csv()
    assert (again.labels, again.seeds, again.overrides) == (found.labels, found.seeds, found.overrides)
    assert [arm.scenario.model_dump() for arm in again.arms] == [arm.scenario.model_dump() for arm in found.arms]
    assert command(again) == command(found)
    with pytest.raises(InputError, match="exists already"):
        found.save(folder)
    with pytest.raises(InputError, match="`quotalab compare`"):
        RunResult.open(folder)
    (folder / "kpis.parquet").write_bytes(b"changed")
    with pytest.raises(InputError, match=r"kpis\.parquet"):
        Comparison.open(folder)


def test_the_command_makes_the_same_comparison(found: Comparison) -> None:
    import shlex

    assert command(found) == (
        "quotalab compare textbook-montgomery --vary instruments.carbon.cap.initial=240,260 --seeds 4 "
        "--set world.activity_sd=0.1"
    )
    words = shlex.split(command(found))
    assert varied_values([words[words.index("--vary") + 1]]) == {CAP: [240, 260]}


# Processes ----------------------------------------------------------------------------------------------------------

SCRIPT = """
import sys
from scenarios import compare
if {guard}:
    compare("textbook-montgomery", {{"rounds": [0, 1]}}, {seeds}, workers=2)
    sys.stdout.write("done")
"""


@pytest.mark.slow
def test_a_script_without_a_guard_is_told_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SCRIPT.format(guard=True, seeds=2))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "mine.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode != 0
    assert 'if __name__ == "__main__":' in done.stderr
    (tmp_path / "mine.py").write_text(SCRIPT.format(guard='__name__ == "__main__"', seeds=2))
    done = subprocess.run(
        [sys.executable, "mine.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout == "done", done.stderr


def children(process: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False)
    return [int(word) for word in found.stdout.split()]


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split(") ")[1][0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_stopping_leaves_no_worker_and_no_folder(tmp_path: Path, sent: signal.Signals, code: int) -> None:
    arguments = ["compare", "jiangxi", "--vary", "rounds=1,2", "--seeds", "40", "--workers", "2", "--out", "mine"]
    command = [sys.executable, "-c", "from scenarios.cli import main; main()", *arguments]
    process = subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while len(workers := children(process.pid)) < 3 and time.monotonic() < deadline:  # two and the resource tracker
        time.sleep(0.2)
    time.sleep(2.0)
    if sent == signal.SIGINT:
        os.killpg(process.pid, sent)  # as a terminal does it
    else:
        process.send_signal(sent)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert out == ""
    assert "Traceback" not in err
    deadline = time.monotonic() + 20
    while any(map(alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not any(map(alive, workers))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_worker_that_dies_costs_its_run_only(tmp_path: Path) -> None:
    """A run that kills its process is found out and recorded; the others are all there."""
    (tmp_path / "deadly.py").write_text(
        "import json, os, sys\n"
        "from agents.model import RightsMarketModel\n"
        "whole = RightsMarketModel.run\n"
        "def run(self, progress=None):\n"
        "    if self.seed_number == 2 and self.spec.rounds == 1:\n"
        "        os._exit(9)\n"
        "    return whole(self, progress)\n"
        "RightsMarketModel.run = run\n"  # workers import this file as their main module too
        "if __name__ == '__main__':\n"
        "    from scenarios import compare\n"
        "    found = compare('textbook-montgomery', {'rounds': [0, 1]}, 5, workers=2)\n"
        "    counts = found.kpis.drop_duplicates(['arm', 'seed']).groupby('arm')['seed'].apply(list).to_dict()\n"
        "    sys.stdout.write(json.dumps([found.failures.to_dict('records'), counts]))\n"
    )
    done = subprocess.run(
        [sys.executable, "deadly.py"], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    failures, counts = json.loads(done.stdout)
    assert [(row["arm"], row["seed"], row["stage"]) for row in failures] == [("rounds=1", 2, "process")]
    assert counts == {"rounds=0": [0, 1, 2, 3, 4], "rounds=1": [0, 1, 3, 4]}
