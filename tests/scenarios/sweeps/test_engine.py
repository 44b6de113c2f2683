"""The engine: what is stored does not depend on who made the runs, in which order, or what went wrong meanwhile."""

import errno
import os
import resource
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import pytest

from market.errors import QuotaLabError
from scenarios.errors import InputError
from scenarios.sweeps import SweepResult, sweep
from scenarios.sweeps import store as store_module
from scenarios.sweeps.engine import Progress, prepared, run_store
from scenarios.sweeps.executors import Pool, given, processes
from scenarios.sweeps.separate_processes import SeparateProcesses
from scenarios.sweeps.sessions import VersionWarning, session, sessions
from scenarios.sweeps.store import open_store
from tests.scenarios.sweeps import tiny

ROOT = Path(__file__).resolve().parents[3]
DRIVER = Path(__file__).with_name("driver.py")


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> dict[str, bytes]:
    return tiny.undisturbed(tmp_path_factory.mktemp("whole") / "sweep")


class Backwards(Executor):
    """Makes tasks in this process, the last first, whenever somebody waits."""

    def __init__(self) -> None:
        self.tasks = []

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        self.tasks.append((future, fn, args))
        if len(self.tasks) == 5 or args[-1] >= 10:
            while self.tasks:
                made, call, what = self.tasks.pop()
                made.set_result(call(*what))
        return future


def driver(folder: Path, engine: str, **options) -> subprocess.Popen:
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, str(DRIVER), str(folder), engine], cwd=ROOT, env=env, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
    )  # fmt: skip


def test_the_files_are_the_same_whoever_makes_the_runs(whole, tmp_path):
    engines = {"processes": processes(2), "backwards": given(Backwards(), 5)}
    for name, engine in engines.items():
        store = tiny.begun(tmp_path / name)
        told = []
        run_store(store, engine, lambda progress, told=told: told.append(progress.done))
        assert tiny.files(store.folder) == whole
        assert (told[0], told[-1], len(told)) == (0, 48, 13)
        assert told == sorted(told)
    runs = [SweepResult.open(tmp_path / name).runs for name in engines]
    pd.testing.assert_frame_equal(*runs, check_exact=True)
    assert runs[0]["run"].tolist() == list(range(48))
    assert (runs[0]["stage"] == "").all()
    assert len(whole) == 24  # twelve parts, and the prices of each


def test_threads_make_the_same_runs(whole, tmp_path):
    store = tiny.begun(tmp_path / "threads")
    with ThreadPoolExecutor(3) as executor:
        run_store(store, given(executor))
        assert executor.submit(int, "7").result() == 7  # it was not shut down
    assert tiny.files(store.folder) == whole


def test_a_session_goes_on_where_the_last_one_ended(whole, tmp_path):
    store = tiny.begun(tmp_path / "sweep")

    def stop(progress: Progress) -> None:
        if progress.done >= 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_store(store, None, stop)
    early = SweepResult.open(store.folder)
    assert early.runs["run"].tolist() == list(range(12))
    assert early.total == 48
    told = []
    progress = run_store(store, None, lambda now: told.append((now.begun, now.done)))
    assert told[0] == (12, 12)
    assert (progress.done, progress.total, progress.failed) == (48, 48, 0)
    assert tiny.files(store.folder) == whole
    assert len(sessions(store)) == 2
    assert run_store(store, processes(2)).done == 48  # nothing to do, nobody started


def test_damaged_and_foreign_parts_are_made_again(whole, tmp_path):
    store = tiny.begun(tmp_path / "sweep")
    run_store(store, None)
    torn = bytearray(whole["parts/000003.parquet"])
    torn[len(torn) // 3] ^= 0xFF
    store.part(3).write_bytes(torn)
    store.part(5).write_bytes(whole["parts/000005.parquet"][:1000])
    store.part(6).unlink()
    other = tiny.begun(tmp_path / "other", seeds=[5, 6])
    run_store(other, None)
    store.part(7).write_bytes(other.part(7).read_bytes())
    (store.folder / "parts" / ".000009.elsewhere-1-2.partial").write_bytes(b"half")
    assert SweepResult.open(store.folder).runs["run"].nunique() == 48 - 16
    assert run_store(store, None).begun == 48 - 16
    assert tiny.files(store.folder) == whole


def test_failed_runs_are_rows_and_tried_again_when_asked(tmp_path, monkeypatch):
    from agents.model import RightsMarketModel

    plain = RightsMarketModel.run
    broken = {7, 30}
    made = []

    def run(self, *args):
        made.append(1)
        if len(made) in broken:
            raise ZeroDivisionError("a firm of no size")
        return plain(self, *args)

    monkeypatch.setattr(RightsMarketModel, "run", run)
    store = tiny.begun(tmp_path / "sweep")
    progress = run_store(store, None)
    assert (progress.done, progress.failed) == (48, 2)
    result = SweepResult.open(store.folder)
    assert result.failures["run"].tolist() == [6, 29]
    assert set(result.failures["stage"]) == {"run"}
    assert set(result.failures["message"]) == {"ZeroDivisionError: a firm of no size"}
    assert result.failures[result.outcomes].isna().all(axis=None)
    summary = result.summary(outcomes=["actual_cost"])
    assert summary[["n", "runs", "failed"]].sum().tolist() == [46, 48, 2]
    assert run_store(store, None).failed == 0  # they are done
    assert len(made) == 48
    assert run_store(store, None, retry_failed=True).begun == 40
    assert len(made) == 56
    again = SweepResult.open(store.folder)
    assert again.failures.empty
    others = ~again.runs["run"].isin([6, 29])
    pd.testing.assert_frame_equal(again.runs[others], result.runs[others], check_exact=True)


def test_points_that_the_scenario_refuses_are_rows_with_the_reason(tmp_path, monkeypatch):
    """One point in a hundred has a floor above its ceiling, and was not among those checked before the start."""
    monkeypatch.setattr("scenarios.sweeps.loading.whole_points", lambda *_: [])
    path = "instruments.carbon.containment.0"
    collar = [{"kind": "collar", "floor": {"prices": {2025: 10}}, "ceiling": {"prices": {2025: 30}}}]
    rows = [{"floor": 10 + i % 9, "ceiling": 20} for i in range(99)] + [{"floor": 25, "ceiling": 21}]
    plan = tiny.tiny(
        overrides={"instruments.carbon.containment": collar},
        levers={
            "floor": {"path": f"{path}.floor.prices.2025", "low": 5, "high": 29},
            "ceiling": {"path": f"{path}.ceiling.prices.2025", "low": 20, "high": 40},
        },
        uncertainties={}, design={"kind": "list", "rows": rows}, seeds=1, series=[], outcomes=["actual_cost"],
    )  # fmt: skip
    store = prepared(plan, tmp_path / "sweep")
    progress = run_store(store, None)
    assert (progress.done, progress.failed) == (100, 1)
    (failure,) = SweepResult.open(store.folder).failures.to_dict("records")
    assert (failure["run"], failure["stage"]) == (99, "scenario")
    assert "ceiling" in failure["message"]


@pytest.mark.slow
def test_a_run_that_kills_its_worker_is_one_failed_row(whole, tmp_path):
    store = tiny.begun(tmp_path / "sweep")
    progress = run_store(store, tiny.deadly_engine)
    assert (progress.done, progress.failed) == (48, 1)
    runs = SweepResult.open(store.folder).runs
    assert runs["run"].tolist() == list(range(48))
    (dead,) = runs[runs["stage"] != ""].to_dict("records")
    assert (dead["run"], dead["point"], dead["seed"], dead["stage"]) == (tiny.DEADLY, 6, 1, "process")
    assert "died" in dead["message"]
    made = tiny.files(store.folder)
    chunk = tiny.DEADLY // 4
    assert {name for name in whole if made[name] != whole[name]} == {
        f"parts/{chunk:06d}.parquet", f"series/prices/{chunk:06d}.parquet",
    }  # fmt: skip
    run_store(store, processes(2), retry_failed=True)
    assert tiny.files(store.folder) == whole


def test_an_executor_that_broke_ends_the_session(whole, tmp_path):
    store = tiny.begun(tmp_path / "sweep")
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        with pytest.raises(Exception, match="abruptly"):
            executor.submit(os._exit, 1).result()
        with pytest.raises(QuotaLabError, match=r"workers are gone .*start it again"):
            run_store(store, given(executor))
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(QuotaLabError, match="workers are gone"):
        run_store(store, given(executor))
    run_store(store, None)
    assert tiny.files(store.folder) == whole


def test_a_cancelled_task_is_no_failed_run(tmp_path):
    class Lost(Executor):
        def submit(self, fn, /, *args, **kwargs):
            future = Future()
            future.cancel()
            future.set_running_or_notify_cancel()
            return future

    store = tiny.begun(tmp_path / "sweep")
    with pytest.raises(QuotaLabError, match="workers are gone"):
        run_store(store, given(Lost()))
    assert store.done() == []


def test_an_executor_is_sent_no_more_than_it_takes(tmp_path):
    class Counting(Executor):
        most = now = 0

        def submit(self, fn, /, *args, **kwargs):
            self.now += 1
            self.most = max(self.most, self.now)
            future = inner.submit(fn, *args)
            future.add_done_callback(lambda _: setattr(self, "now", self.now - 1))
            return future

    widths = iter([1, 1, 3, *[2] * 100])
    counting = Counting()

    @contextmanager
    def engine():
        yield Pool(counting, lambda: next(widths))

    with ThreadPoolExecutor(4) as inner:
        run_store(tiny.begun(tmp_path / "sweep"), engine)
    assert counting.most <= 3
    assert next(widths) == 2  # asked again on the way


@pytest.mark.parametrize("after", [0, 1, 5])
def test_a_full_disk_stops_it_with_a_message_and_a_usable_store(whole, tmp_path, monkeypatch, after):
    store = tiny.begun(tmp_path / "sweep")
    written = []

    def full(path, content):
        written.append(path)
        if len(written) > after:
            path.write_bytes(content[: len(content) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        path.write_bytes(content)

    with monkeypatch.context() as patch:
        patch.setattr(store_module, "write_file", full)
        with pytest.raises(QuotaLabError, match=r"cannot be written \(No space left on device\)\. What"):
            run_store(store, None)
    assert not list(store.folder.rglob("*.partial"))
    assert len(SweepResult.open(store.folder).runs) == 4 * (after // 2)
    run_store(store, None)
    assert tiny.files(store.folder) == whole


def test_a_full_disk_in_a_run_is_no_failed_run(tmp_path, monkeypatch):
    def full(self, *args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("agents.model.RightsMarketModel.run", full)
    store = tiny.begun(tmp_path / "sweep")
    with pytest.raises(QuotaLabError, match="No space left"):
        run_store(store, None)
    assert store.done() == []


@pytest.mark.slow
def test_workers_that_find_the_disk_full_stop_the_sweep(whole, tmp_path):
    store = tiny.begun(tmp_path / "sweep")
    small = driver(
        store.folder, "processes", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000))
    )
    _, said = small.communicate(timeout=120)
    assert small.returncode == 1
    assert f"QuotaLabError: The sweep stopped: {store.folder} cannot be written (File too large)" in said
    assert store.done() == []
    assert not list(store.folder.rglob("*.partial"))
    run_store(store, None)
    assert tiny.files(store.folder) == whole


def test_two_processes_never_make_the_runs_of_one_store(tmp_path):
    store = tiny.begun(tmp_path / "sweep")
    with session(store):
        with pytest.raises(InputError, match=r"its runs are being made already, by this process\. Wait"):
            run_store(store, None)
        other = driver(store.folder, "alone")
        _, said = other.communicate(timeout=60)
        assert other.returncode == 1
        assert f"its runs are being made already, by process {os.getpid()} on " in said
        assert SweepResult.open(store.folder).runs.empty  # reading needs no lock
    (store.folder / "lock").write_text("process 1 on another computer")  # what a killed process leaves
    with session(store):
        pass
    assert store.done() == []


def test_two_processes_may_begin_a_store_at_once(tmp_path, monkeypatch):
    from scenarios.sweeps import engine

    plan = tiny.tiny()

    def late(plan, folder, chunk):
        create(plan, folder, 3)  # the other one
        return create(plan, folder, chunk)

    create = engine.create
    monkeypatch.setattr(engine, "create", late)
    assert prepared(plan, tmp_path / "sweep").chunk == 3


def test_a_changed_sweep_is_refused(tmp_path):
    folder = tmp_path / "sweep"
    tiny.begun(folder)
    assert prepared(tiny.tiny(name="renamed"), folder).chunks == 12
    for changes, word in (
        ({"seeds": 3}, "seeds"),
        ({"design": {"kind": "latin_hypercube", "points": 25}}, "design"),
        ({"outcomes": ["actual_cost"]}, "outcomes"),
        ({"series": []}, "series"),
        ({"overrides": {"rounds": 1}}, "overrides"),
    ):
        with pytest.raises(InputError, match=f"it holds another sweep: {word} changed since it was begun"):
            sweep(tiny.tiny(**changes), folder, workers=1)


def test_other_versions_are_noted(tmp_path, monkeypatch):
    store = tiny.begun(tmp_path / "sweep")
    now = dict(store.manifest["versions"]) | {"numpy": "99.1"}
    monkeypatch.setattr("scenarios.sweeps.sessions.versions", lambda: now)
    with pytest.warns(VersionWarning, match=r"begun with numpy \S+ \(now 99.1\)"):
        run_store(store, given(Backwards(), 5))
    assert sessions(store)[-1]["versions"]["numpy"] == "99.1"
    monkeypatch.setattr("scenarios.sweeps.store.versions", lambda: now | {"quotalab": "0.0"})
    with pytest.raises(InputError, match=r"it was begun with version .*, and this is 0\.0"):
        sweep(tiny.tiny(), store.folder, workers=1)


def test_seeds_as_needed_are_the_same_whoever_makes_them(tmp_path):
    until = {"outcome": "actual_cost", "half_width": 1e9, "least": 3, "most": 6}
    plain = tiny.undisturbed(tmp_path / "one", seeds=until)
    store = tiny.begun(tmp_path / "two", seeds=until)
    with ThreadPoolExecutor(2) as executor:
        run_store(store, given(executor))
    assert tiny.files(store.folder) == plain
    assert SweepResult.open(store.folder).runs.groupby("point").size().tolist() == [3] * 24


def test_wrong_calls_are_refused_in_words(tmp_path):
    with pytest.raises(InputError, match="0 is no number of processes"):
        sweep(tiny.tiny(), tmp_path / "sweep", workers=0)
    folder = tmp_path / "sweep"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="it exists already"):
        sweep(tiny.tiny(), folder, workers=1)
    assert open_store(tiny.begun(tmp_path / "other").folder).digest == open_store(tmp_path / "other").digest


def test_a_script_without_a_guard_is_told(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("from scenarios.sweeps.separate_processes import SeparateProcesses\nSeparateProcesses(2)\n")
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(script)], env=env, text=True, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert 'call this under `if __name__ == "__main__":`' in done.stderr


def test_workers_take_turns_and_a_dead_one_is_replaced():
    with SeparateProcesses(2) as executor:
        first = {executor.submit(os.getpid).result() for _ in range(3)}
        assert len(first) == 1
        busy = executor.submit(time.sleep, 0.5)  # whoever is free is given the next task
        second = executor.submit(os.getpid).result()
        assert second not in first
        busy.result()
        with pytest.raises(Exception, match="abruptly"):
            executor.submit(os._exit, 3).result()
        busy = executor.submit(time.sleep, 0.5)
        assert executor.submit(os.getpid).result() == second
        busy.result()
        third = executor.submit(os.getpid).result()
        assert third not in {*first, second}
    assert not any(tiny.alive(pid) for pid in {*first, second, third})
