"""The command `sweep`: what it prints and writes, how it goes on, what it refuses."""

import json

import pytest

from scenarios.cli import main

SWEEP = """\
sweep: 1
name: tiny
scenario: textbook-montgomery
levers:
  cap: {path: carbon.cap_scale, values: [90, 100]}
uncertainties:
  shocks: {path: world.activity_sd, values: [0, 0.05]}
outcomes: [carbon.mean_price, actual_cost]
"""


def called(*arguments):
    with pytest.raises(SystemExit) as left:
        main(["sweep", *map(str, arguments)])
    return left.value.code


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(SWEEP, encoding="utf-8")
    return path


def test_a_sweep_is_run_told_and_gone_on_with(file, tmp_path, capsys):
    out = tmp_path / "out"
    assert called(file, "--out", out, "--workers", "1") == 0
    said = capsys.readouterr().out
    assert "4 runs: 2 policies, 2 worlds; 0 failed" in said
    assert "carbon.mean_price (unit of account/unit)" in said
    assert (out / "report.html").is_file()
    parts = {path: path.stat().st_mtime_ns for path in (out / "parts").glob("*.parquet")}
    gone, *_ = parts
    gone.unlink()
    assert called(out, "--workers", "1", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["runs"], document["failed"]) == (4, 0)
    after = {path: path.stat().st_mtime_ns for path in (out / "parts").glob("*.parquet")}
    assert after.keys() == parts.keys()
    assert {path for path in parts if after[path] != parts[path]} == {gone}


def test_check_runs_nothing(file, tmp_path, capsys):
    assert called(file, "--check", "--out", tmp_path / "out") == 0
    assert "4 points, 4 runs" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_a_changed_sweep_is_refused_in_the_folder_of_the_old_one(file, tmp_path, capsys):
    out = tmp_path / "out"
    assert called(file, "--out", out, "--workers", "1") == 0
    before = {path: path.read_bytes() for path in out.rglob("*.parquet")}
    capsys.readouterr()
    assert called(file, "--out", out, "--workers", "1", "--set", "seeds=2") == 2
    assert "it holds another sweep: seeds changed since it was begun" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in out.rglob("*.parquet")} == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["no-such-study"], "there is no such file and no study of this name"),
        (["FILE", "--set", "levers.cap.path=carbon.cap_scal"], "Did you mean carbon.cap_scale?"),
        (["FILE", "--scheduler", "tcp://nowhere:1"], "only Dask has a scheduler"),
        (["FILE", "--set", "sweep=2"], "sweep: "),
    ],
)
def test_mistakes_end_with_two_and_nothing_written(file, tmp_path, capsys, arguments, told):
    given = [file if one == "FILE" else one for one in arguments]
    assert called(*given, "--out", tmp_path / "out") == 2
    said = capsys.readouterr()
    assert told in said.err
    assert "Traceback" not in said.err
    assert not (tmp_path / "out").exists()
