"""A result is saved whole or not at all, and nothing but a whole one opens."""

import errno
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

from market.errors import QuotaLabError
from scenarios import load, run
from scenarios.errors import InputError
from scenarios.result_files import FileSet, content_hash
from scenarios.results import RunResult
from tests.scenarios.fake_run import Fake, fake

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def result() -> RunResult:
    return fake().result(("something odd",))


@pytest.fixture
def saved(result: RunResult, tmp_path: Path) -> Path:
    return result.save(tmp_path / "run")


def same(one: RunResult, other: RunResult) -> None:
    assert one.tables.keys() == other.tables.keys()
    for name, frame in one.tables.items():
        pd.testing.assert_frame_equal(frame, other.tables[name])
        assert frame.attrs == other.tables[name].attrs
    pd.testing.assert_series_equal(one.kpis, other.kpis)
    assert one.kpis.attrs == other.kpis.attrs
    assert one.scenario.model_dump() == other.scenario.model_dump()
    assert (one.seed, one.warnings, one.inputs) == (other.seed, other.warnings, other.inputs)


def test_saved_and_reopened_it_is_the_same(result: RunResult, saved: Path) -> None:
    again = RunResult.open(saved)
    same(result, again)
    same(again, RunResult.open(again.save(saved.parent / "second")))
    assert again.firms.attrs["units"]["abatement_cost"] == "yuan"
    assert again.markets is again.tables["markets"]


def test_a_saved_run_can_be_run_again_from_its_own_folder(tmp_path: Path) -> None:
    first = run(load("textbook-montgomery"), seed=2)
    folder = first.save(tmp_path / "deep" / "run")
    same(first, RunResult.open(folder))
    again = run(load(folder / "scenario.yaml"), seed=2)
    assert again.manifest["content_hash"] == first.manifest["content_hash"]
    assert again.scenario.instruments == first.scenario.instruments


def test_units_and_versions_are_in_the_manifest(saved: Path) -> None:
    manifest = json.loads((saved / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["format"], manifest["format_version"]) == ("quotalab-result", 1)
    assert manifest["seed"] == 7
    assert manifest["versions"]["numpy"] == np.__version__
    on_disk = {path.relative_to(saved).as_posix() for path in saved.rglob("*") if path.is_file()}
    assert set(manifest["files"]) | {"manifest.json"} == on_disk


def test_without_accounts_there_is_a_plain_message(result: RunResult) -> None:
    tables = {name: frame for name, frame in fake().tables.items() if name not in {"firms", "measures"}}
    bare = Fake(tables).result()
    with pytest.raises(QuotaLabError, match="recording"):
        _ = bare.firms
    assert np.isnan(bare.kpis["burden_gini"])


# The content hash ------------------------------------------------------------------------------------------------


def frame(**columns: object) -> dict[str, pd.DataFrame]:
    return {"table": pd.DataFrame(columns)}


def test_the_hash_sees_values_names_and_types() -> None:
    base = frame(a=[1.0, 2.0], b=["x", "y"])
    others = (
        frame(a=[1.0, 2.0 + 1e-12], b=["x", "y"]), frame(a=[2.0, 1.0], b=["x", "y"]), frame(a=[1.0, 2.0], b=["x", "x"]),
        frame(a=[1.0, 2.0], c=["x", "y"]), frame(a=[1, 2], b=["x", "y"]), frame(b=["x", "y"], a=[1.0, 2.0]),
        frame(a=[1.0, np.nan], b=["x", "y"]), frame(a=[1.0, 2.0], b=["y", "x"]), {"other": base["table"]},
    )  # fmt: skip
    hashes = {content_hash(tables) for tables in (base, *others)}
    assert len(hashes) == 1 + len(others)


def test_the_hash_does_not_see_what_is_no_content() -> None:
    base = frame(a=[0.0, np.nan], b=["x", "y"], c=[1, 2])
    other = frame(a=[-0.0, -np.nan], b=pd.Series(["x", "y"], dtype=object), c=np.array([1, 2], dtype=np.int32))
    other["table"].attrs["units"] = {"a": "yuan"}
    other["table"].index = pd.Index([5, 6])
    assert content_hash(base) == content_hash(other)


def test_the_hash_is_the_same_in_another_process(result: RunResult) -> None:
    code = "from tests.scenarios.fake_run import fake; print(fake().result().manifest['content_hash'])"
    environment = {**os.environ, "PYTHONHASHSEED": "99"}
    got = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=True)
    assert got.stdout.decode().strip() == result.manifest["content_hash"]


# What must not open ----------------------------------------------------------------------------------------------


def refused(folder: Path) -> str:
    with pytest.raises(InputError) as error:
        RunResult.open(folder)
    assert all(problem.remedy for problem in error.value.problems)
    return str(error.value)


def edit(folder: Path, *, sign: bool = True, **changes: object) -> None:
    path = folder / "manifest.json"
    manifest = {**json.loads(path.read_text(encoding="utf-8")), **changes}
    path.write_text(FileSet.manifest_text(manifest) if sign else json.dumps(manifest), encoding="utf-8")


def test_every_missing_or_torn_file_is_noticed(saved: Path) -> None:
    for path in sorted(path for path in saved.rglob("*") if path.is_file()):
        whole = path.read_bytes()
        for torn in (whole[:-1], whole[: len(whole) // 2], b"", whole[:-1] + bytes([whole[-1] ^ 1])):
            path.write_bytes(torn)
            assert path.name in refused(saved)
        path.unlink()
        assert path.name in refused(saved)
        path.write_bytes(whole)
    RunResult.open(saved)


def test_all_faults_are_told_at_once(saved: Path) -> None:
    (saved / "markets.parquet").unlink()
    (saved / "prices.parquet").write_bytes(b"")
    message = refused(saved)
    assert "markets.parquet" in message
    assert "prices.parquet" in message


def test_foreign_newer_and_changed_results_are_refused(saved: Path, tmp_path: Path) -> None:
    assert "no such folder" in refused(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    assert "no manifest.json" in refused(tmp_path / "empty")
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "manifest.json").write_text('{"name": "a web app"}', encoding="utf-8")
    assert "another program" in refused(tmp_path / "foreign")
    edit(saved, sign=False, seed=8)
    assert "changed" in refused(saved)
    edit(saved, content_hash="0" * 64)
    assert "content hash" in refused(saved)
    edit(saved, files={"../escape": {"size": 1, "sha256": "0"}})
    assert "leads out" in refused(saved)
    edit(saved, files={})
    assert "not a result" in refused(saved)
    edit(saved, format_version=2)
    assert "Upgrade" in refused(saved)


def test_nothing_is_overwritten(result: RunResult, saved: Path) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in saved.rglob("*"))
    with pytest.raises(InputError, match="exists already"):
        result.save(saved)
    assert before == sorted((path, path.stat().st_mtime_ns) for path in saved.rglob("*"))
    (saved.parent / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="exists already"):
        result.save(saved.parent / "file")


# Full disks and interruptions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("function", ["fsync", "rename"])
def test_a_failure_at_any_moment_leaves_nothing(
    result: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException, function: str
) -> None:
    real, calls = getattr(os, function), {"left": 0, "made": 0}

    def failing(*arguments: object) -> object:
        calls["made"] += 1
        calls["left"] -= 1
        if calls["left"] == 0:
            raise failure
        return real(*arguments)

    monkeypatch.setattr(os, function, failing)
    calls["left"] = -1
    result.save(tmp_path / "counted")
    # The last fsync makes the rename durable: the result is whole by then.
    total = calls["made"] - (function == "fsync")
    assert total >= (10 if function == "fsync" else 1)
    for at in range(1, total + 1):
        calls["left"] = at
        expected = KeyboardInterrupt if isinstance(failure, KeyboardInterrupt) else InputError
        with pytest.raises(expected):
            result.save(tmp_path / "run")
        assert [path.name for path in tmp_path.iterdir()] == ["counted"]
    calls["left"] = -1
    RunResult.open(result.save(tmp_path / "run"))


CHILD = """
import sys
from tests.scenarios.fake_run import fake
result = fake().result()
print("ready", flush=True)
for i in range(100_000):
    result.save(f"{sys.argv[1]}/{i}")
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_killed_process_leaves_only_whole_results(tmp_path: Path) -> None:
    signals = [signal.SIGINT, signal.SIGKILL, signal.SIGKILL]
    delays = [0.0731, 0.1187, 0.0513]
    folders = [tmp_path / str(i) for i in range(len(signals))]
    children = []
    for folder in folders:
        folder.mkdir()
        children.append(
            subprocess.Popen(
                [sys.executable, "-c", CHILD, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        )
    for child, number, delay, folder in zip(children, signals, delays, folders, strict=True):
        with child:
            assert child.stdout is not None
            assert child.stdout.readline()
            time.sleep(delay)
            child.send_signal(number)
            assert child.wait(timeout=20) != 0
        names = sorted(path.name for path in folder.iterdir())
        partial = [name for name in names if name.startswith(".")]
        assert len(partial) <= (0 if number == signal.SIGINT else 1)
        for name in partial:
            refused(folder / name)
        whole = [folder / name for name in names if not name.startswith(".")]
        for path in whole[-3:]:
            assert RunResult.open(path).seed == 7
