"""Worker processes: the same results, failures as data, stopping, dying, limits, replacement, and no process left."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from dashboard.jobs import Job, Jobs
from dashboard.memory import resident
from dashboard.settings import Settings
from dashboard.store import Store, scenario_key
from dashboard.tasks import Failure, RunRef
from dashboard.worker_process import _kept
from dashboard.workers import Pool
from scenarios.loading import load, read
from scenarios.result_files import content_hash
from scenarios.results import RunResult
from scenarios.runner import run
from tests.dashboard.ordering import order

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")]

ROOT = Path(__file__).resolve().parent.parent.parent
READY = 120.0


def until(true: Callable[[], object], seconds: float = READY) -> None:
    end = monotonic() + seconds
    while not true():
        assert monotonic() < end, "it took too long"
        time.sleep(0.01)


def lives(process: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@contextmanager
def served(**settings: object) -> Iterator[tuple[Jobs, Pool]]:
    given = Settings(**{"workers": 1, **settings})
    pool = Pool(given)
    try:
        jobs = Jobs(pool, given)
        until(lambda: pool.free == given.workers)
        yield jobs, pool
        processes = pool.processes
    finally:
        pool.close()
    until(lambda: not any(map(lives, processes)), 5)


@pytest.fixture(scope="module")
def one() -> Iterator[tuple[Jobs, Pool]]:
    """One worker for the tests that leave it as it was."""
    with served(queue_per_session=200) as both:
        yield both


def done(jobs: Jobs, job: Job, seconds: float = 60) -> Job:
    assert jobs.wait(job, seconds), f"still {job.state}"
    return job


def test_a_worker_returns_what_a_run_here_returns(one: tuple[Jobs, Pool], tmp_path: Path) -> None:
    jobs, _ = one
    job = done(jobs, jobs.submit("a", order("textbook-banking", 5, str(tmp_path / "kept"))))
    here = run(load("textbook-banking"), 5)
    assert job.result is not None
    assert job.result.manifest == here.manifest
    assert content_hash(job.result.tables) == here.manifest["content_hash"]
    assert job.result.kpis.equals(here.kpis)
    assert job.result.kpis.attrs == here.kpis.attrs
    assert {name: frame.attrs for name, frame in job.result.tables.items()} == {
        name: frame.attrs for name, frame in here.tables.items()
    }
    assert job.result.warnings == here.warnings
    assert job.result.inputs == here.inputs
    until(lambda: job.folder, 10)
    assert job.folder == str(tmp_path / "kept")
    assert RunResult.open(job.folder).manifest["content_hash"] == here.manifest["content_hash"]


def test_a_run_that_is_kept_is_what_the_store_finds(one: tuple[Jobs, Pool], tmp_path: Path) -> None:
    jobs, _ = one
    ref = order("textbook-banking", 6, calendar__years=2)
    store = Store(tmp_path, 1 << 28)
    folder = store.target("a", ref.key, ref.name, ref.seed)
    job = done(jobs, jobs.submit("a", order("textbook-banking", 6, str(folder), calendar__years=2)))
    until(lambda: job.folder, 10)
    assert store.get("a", ref.key, ref.name, ref.seed) is not None


def test_progress_carries_the_market_so_far(one: tuple[Jobs, Pool]) -> None:
    jobs, _ = one
    job = jobs.submit("a", order("jiangxi", 1))
    frames = []
    while not job.over:
        frame = job.frame
        if frame is not None and (not frames or frames[-1] is not frame):
            frames.append(frame)
        jobs.wait(job, 0.01)
    assert job.state == "done"
    assert job.result is not None
    assert len(frames) >= 3
    sizes = [len(frame) for frame in frames]
    assert sizes == sorted(set(sizes))
    middle = frames[len(frames) // 2]
    bank = job.result.instruments["bank"].to_numpy()[: len(middle)]
    assert middle["bank"].tolist() == bank.tolist()
    assert job.done == job.total == job.result.instruments["period"].max() + 1


def test_mistakes_of_the_input_are_told_as_problems(one: tuple[Jobs, Pool], tmp_path: Path) -> None:
    jobs, pool = one
    processes = pool.processes
    good = order("textbook-banking", calendar__years=2)
    wrong = RunRef(base="textbook-banking", key="k1", scenario_key="k", overrides={"calendar.years": 0})
    job = done(jobs, jobs.submit("a", wrong))
    assert job.state == "failed"
    assert job.failure is not None
    assert job.failure.code == "input"
    assert "calendar.years" in job.failure.problems[0].key
    changed = RunRef(base="textbook-banking", key="k2", scenario_key="another document")
    assert done(jobs, jobs.submit("a", changed)).failure == Failure("changed", {"base": "textbook-banking"})
    odd = RunRef(base="textbook-banking", key="k3", scenario_key=good.scenario_key, overrides=good.overrides, seed=-1)
    job = done(jobs, jobs.submit("a", odd))
    assert job.failure is not None
    assert job.failure.code == "error"
    assert job.failure.values["stage"] == "run"
    assert "\n" not in job.failure.values["message"]
    assert done(jobs, jobs.submit("a", good)).state == "done"
    assert pool.processes == processes


def test_a_document_from_a_browser_names_no_file(one: tuple[Jobs, Pool], tmp_path: Path) -> None:
    jobs, _ = one
    path = tmp_path / "own.yaml"
    path.write_text("schema: 1\nextends: textbook-banking\nname: own\ncalendar: {years: 2}\n", encoding="utf-8")
    draft = read(path, confined=True)
    assert draft.scenario is not None
    key = scenario_key(draft.scenario)
    own = RunRef(base=str(path), confined=True, key="own", scenario_key=key, name="own")
    assert done(jobs, jobs.submit("a", own)).state == "done"
    secret = tmp_path / "secret.csv"
    secret.write_text("a secret\n", encoding="utf-8")
    outside = replace(own, key="outside", scenario_key="", overrides={"population.firms": str(secret)})
    elsewhere = replace(own, key="elsewhere", scenario_key="", base=str(secret))
    for ref in (outside, elsewhere):
        job = done(jobs, jobs.submit("a", ref))
        assert job.failure is not None
        assert job.failure.code == "input"
        assert "a secret" not in str(job.failure.problems)
    path.write_text("schema: 1\nextends: textbook-banking\nname: own\ncalendar: {years: 3}\n", encoding="utf-8")
    late = done(jobs, jobs.submit("b", replace(own, key="late", base=f"{tmp_path}/./own.yaml")))
    assert late.failure is not None
    assert late.failure.code == "changed"


def test_a_disk_that_takes_nothing_spoils_no_run(one: tuple[Jobs, Pool], tmp_path: Path) -> None:
    jobs, _ = one
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    ref = order("textbook-banking", 7, str(tmp_path / "file" / "run"), calendar__years=2)
    job = done(jobs, jobs.submit("a", ref))
    until(lambda: job.notice, 10)
    assert job.state == "done"
    assert job.result is not None
    assert job.notice is not None
    assert job.notice.code == "not_kept"
    assert "cannot be written" in job.notice.problems[0].message


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(load("textbook-banking", {"calendar.years": 1}), 0)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    kept = _kept(result, str(tmp_path / "runs" / "run"))
    assert kept.folder == ""
    assert kept.failure is not None
    assert os.strerror(errno.ENOSPC) in kept.failure.problems[0].message
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_cancelled_run_leaves_its_worker_warm(one: tuple[Jobs, Pool]) -> None:
    jobs, pool = one
    processes = pool.processes
    job = jobs.submit("a", order("jiangxi", 2))
    until(lambda: job.done, 10)
    begun = monotonic()
    assert jobs.cancel("a", job.key)
    assert job.state == "cancelled"
    until(lambda: pool.free, 1.5)
    assert monotonic() - begun < 1.5
    assert done(jobs, jobs.submit("a", order("textbook-banking", 8))).state == "done"
    assert pool.processes == processes


def test_a_thousand_clicks_are_one_run(one: tuple[Jobs, Pool]) -> None:
    jobs, _ = one
    ref = order("textbook-banking", 9)
    found = {id(jobs.submit("clicks", ref)) for _ in range(1000)}
    assert len(found) == 1
    done(jobs, jobs.submit("clicks", ref))
    assert len(jobs.of("clicks")) == 1


def test_memory_stays_flat(one: tuple[Jobs, Pool]) -> None:
    jobs, pool = one

    def several(first: int, count: int) -> int:
        for seed in range(first, first + count):
            done(jobs, jobs.submit("flat", order("textbook-banking", seed, calendar__years=2)))
        until(lambda: pool.free, 10)
        return resident(pool.processes[0])

    before = several(1000, 20)
    assert several(2000, 100) - before < 10_000_000


def test_a_worker_that_does_not_listen_is_killed_and_replaced(one: tuple[Jobs, Pool]) -> None:
    jobs, pool = one
    (process,) = pool.processes
    job = jobs.submit("a", order("jiangxi", 3))
    until(lambda: job.done, 10)
    os.kill(process, signal.SIGSTOP)
    begun = monotonic()
    jobs.cancel("a", job.key)
    until(lambda: not lives(process), 3)
    assert 0.9 < monotonic() - begun < 3
    assert done(jobs, jobs.submit("a", order("textbook-banking", 10)), READY).state == "done"
    assert process not in pool.processes


def test_a_run_whose_worker_dies_is_tried_once_more() -> None:
    with served(workers=2) as (jobs, pool):
        other = jobs.submit("b", order("jiangxi", 4))
        until(lambda: other.done, 10)
        job = jobs.submit("a", order("jiangxi", 4))
        until(lambda: job.done, 10)
        busy = {seat.processes()[0]: seat for seat in pool._seats}
        mine = next(process for process in busy if busy[process].name == job.ticket.wake.__self__.name)
        os.kill(mine, signal.SIGKILL)
        assert done(jobs, other).state == "done"
        assert done(jobs, job, READY).state == "done"
        assert job.result is not None
        assert other.result is not None
        assert job.result.manifest["content_hash"] == other.result.manifest["content_hash"]
        assert not lives(mine)


def test_a_run_whose_worker_dies_twice_has_failed() -> None:
    with served() as (jobs, pool):
        job = jobs.submit("a", order("jiangxi", 5))
        waiting = jobs.submit("a", order("textbook-banking", 11))
        for _ in range(2):
            until(lambda: job.done, READY)
            job.done = 0
            os.kill(pool.processes[0], signal.SIGKILL)
            until(lambda: job.over or not job.done, 5)
            time.sleep(0.3)
            job.done = 0
        assert done(jobs, job, READY).failure == Failure("died")
        assert done(jobs, waiting, READY).state == "done"


def test_an_idle_worker_that_dies_is_replaced() -> None:
    with served() as (jobs, pool):
        (process,) = pool.processes
        os.kill(process, signal.SIGKILL)
        job = jobs.submit("a", order("textbook-banking", 12))
        assert done(jobs, job, READY).state == "done"
        assert process not in pool.processes


def test_limits_of_time_and_memory() -> None:
    with served(run_seconds=0.5, run_memory=3_000_000_000) as (jobs, _):
        job = done(jobs, jobs.submit("a", order("jiangxi", 6)))
        assert job.failure == Failure("seconds", {"seconds": 0.5})
    with served(run_memory=1_000_000) as (jobs, pool):
        processes = pool.processes
        job = done(jobs, jobs.submit("a", order("jiangxi", 6)))
        assert job.failure == Failure("memory", {"bytes": 1_000_000})
        until(lambda: pool.free, READY)
        assert len(pool.processes) == 1
        assert pool.processes == processes or not lives(processes[0])


def test_a_worker_is_replaced_after_some_runs_without_a_gap() -> None:
    with served(recycle_after=3) as (jobs, pool):
        (first,) = pool.processes
        for seed in range(3):
            done(jobs, jobs.submit("a", order("textbook-banking", seed, calendar__years=2)))
        until(lambda: len(pool.processes) == 2, 5)
        (second,) = set(pool.processes) - {first}
        os.kill(second, signal.SIGSTOP)  # it takes its time to get warm, and the old one still works
        assert done(jobs, jobs.submit("a", order("textbook-banking", 3, calendar__years=2))).state == "done"
        assert lives(first)
        os.kill(second, signal.SIGCONT)
        until(lambda: not lives(first), READY)
        assert pool.processes == [second]
        assert done(jobs, jobs.submit("a", order("textbook-banking", 4, calendar__years=2))).state == "done"


def test_a_worker_that_has_grown_is_replaced() -> None:
    with served(worker_memory=1) as (jobs, pool):
        (first,) = pool.processes
        done(jobs, jobs.submit("a", order("textbook-banking", 0, calendar__years=2)))
        until(lambda: not lives(first), READY)


PARENT = """
    import sys, time
    from dashboard.jobs import Jobs
    from dashboard.settings import Settings
    from dashboard.workers import Pool
    from tests.dashboard.ordering import order

    if __name__ == "__main__":
        settings = Settings(workers=2)
        pool = Pool(settings)
        jobs = Jobs(pool, settings)
        while pool.free < 2:
            time.sleep(0.01)
        job = jobs.submit("a", order("jiangxi"))
        while not job.done:
            time.sleep(0.01)
        print(*pool.processes, flush=True)
        time.sleep({seconds})
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, None])
def test_no_process_outlives_the_server(how: signal.Signals | None, tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    script.write_text(textwrap.dedent(PARENT).replace("{seconds}", "60" if how else "0"), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, str(script)], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as server:
        assert server.stdout is not None
        processes = [int(number) for number in server.stdout.readline().split()]
        assert len(processes) == 2
        if how is not None:
            server.send_signal(how)
        server.wait(20)
    until(lambda: not any(map(lives, processes)), 5)


def test_workers_that_cannot_start_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import dashboard.attempts

    monkeypatch.setattr(dashboard.attempts, "work", os._exit)  # ends before it is ready
    settings = Settings(workers=1)
    pool = Pool(settings)
    try:
        jobs = Jobs(pool, settings)
        job = done(jobs, jobs.submit("a", order("textbook-banking")), 30)
        assert job.failure == Failure("no_worker")
    finally:
        pool.close()
