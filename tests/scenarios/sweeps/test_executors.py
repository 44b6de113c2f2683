"""Engines: processes, Dask on workers of this computer (one killed on the way) and MPI with two ranks do the same."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scenarios.errors import InputError
from scenarios.sweeps import executors
from scenarios.sweeps.engine import run_store
from scenarios.sweeps.separate_processes import processors
from scenarios.sweeps.sessions import sessions
from tests.scenarios.sweeps import tiny

ROOT = Path(__file__).resolve().parents[3]
DRIVER = Path(__file__).with_name("driver.py")
CHANGES = {"design": {"kind": "latin_hypercube", "points": 120}}


def mpiexec() -> str | None:
    """The mpiexec beside this interpreter, or on the path."""
    beside = Path(sys.executable).with_name("mpiexec")
    return str(beside) if beside.exists() else shutil.which("mpiexec")


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> dict[str, bytes]:
    return tiny.undisturbed(tmp_path_factory.mktemp("whole") / "sweep", **CHANGES)


def started(folder: Path, engine: str, *before: str) -> subprocess.Popen:
    return subprocess.Popen(
        [*before, sys.executable, str(DRIVER), str(folder), engine],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def under_mpi(folder: Path, ranks: int = 2) -> subprocess.Popen:
    program = mpiexec()
    assert program is not None, "there is no mpiexec: the extra `test` brings one with the wheel mpich"
    return started(folder, "mpi", program, "-n", str(ranks))


def ended(pids: list[int], seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while any(tiny.alive(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.05)
    return not any(tiny.alive(pid) for pid in pids)


def test_processors_are_those_that_may_be_used():
    assert 1 <= processors() <= (os.cpu_count() or 1)


@pytest.mark.slow
def test_dask_with_a_killed_worker(whole, tmp_path):
    store = tiny.begun(tmp_path / "sweep", **CHANGES)
    with started(store.folder, "dask") as driver:
        while driver.stdout.readline() in {"", "done 0\n"}:
            assert driver.poll() is None, driver.stderr.read()
        (first, *_) = [pid for pid in tiny.workers_of(driver.pid) if tiny.alive(pid)]
        os.kill(first, signal.SIGKILL)
        everybody = tiny.children(driver.pid)
        _, said = driver.communicate(timeout=120)
    assert driver.returncode == 0, said
    assert len(said.splitlines()) <= 3, said  # Dask has much to say of a killed worker
    assert ended(everybody)
    assert tiny.files(store.folder) == whole


@pytest.mark.slow
def test_dask_of_a_client_and_of_an_address(whole, tmp_path):
    import distributed

    engine = executors.dask(workers=2)
    with engine() as pool:
        client = pool.executor._client
        assert pool.width() == 4
        listening = [client.scheduler_info()["address"], *client.nthreads()]
        assert all(one.startswith("tcp://127.0.0.1:") for one in listening)
        store = tiny.begun(tmp_path / "client", **CHANGES)
        run_store(store, executors.dask(client))
        assert tiny.files(store.folder) == whole
        assert client.status == "running"  # it is not ours to close
        store = tiny.begun(tmp_path / "address", **CHANGES)
        run_store(store, executors.dask(client.scheduler.address))
        assert tiny.files(store.folder) == whole
        assert isinstance(client, distributed.Client)


@pytest.mark.slow
def test_a_run_that_kills_dask_workers_is_one_failed_row(tmp_path):
    from concurrent.futures import Executor
    from contextlib import contextmanager

    @contextmanager
    def engine():
        class Deadly(Executor):
            def submit(self, fn, /, *args, **kwargs):
                return pool.executor.submit(tiny.deadly, fn, *args)

        with executors.dask(workers=1)() as pool:
            pool.executor._client.run_on_scheduler(once)
            yield executors.Pool(Deadly(), pool.width, pool.attempts)

    store = tiny.begun(tmp_path / "sweep", 12, series=[])
    assert run_store(store, engine).failed == 1


def once(dask_scheduler=None):
    """On the scheduler: a task is held guilty when the first worker dies under it, so that the test is short."""
    dask_scheduler.allowed_failures = 0


def test_dask_without_a_scheduler_is_told():
    with pytest.raises(InputError, match="no Dask scheduler answers there"), executors.dask("nonsense://nowhere")():
        pass


@pytest.mark.slow
def test_mpi_with_two_ranks(whole, tmp_path):
    store = tiny.begun(tmp_path / "sweep", **CHANGES)
    ranks = under_mpi(store.folder)
    out, said = ranks.communicate(timeout=120)
    assert ranks.returncode == 0, said
    assert said == ""
    assert out.splitlines()[0] == "done 0"
    assert out.count("done 240") == 1  # of rank 0 alone
    assert tiny.files(store.folder) == whole
    assert len(sessions(store)) == 1
    again = under_mpi(store.folder)  # there is nothing to do, and the other rank ends too
    assert again.communicate(timeout=60) == ("done 240\n", "")


@pytest.mark.slow
def test_mpi_with_a_killed_rank_is_gone_on_with(whole, tmp_path):
    store = tiny.begun(tmp_path / "sweep", **CHANGES)
    ranks = under_mpi(store.folder, 3)
    while ranks.stdout.readline() in {"", "done 0\n"}:
        assert ranks.poll() is None, ranks.stderr.read()
    everybody = tiny.children(ranks.pid)
    drivers = [pid for pid in everybody if str(DRIVER) in tiny.command(pid) and "mpiexec" not in tiny.command(pid)]
    assert len(drivers) == 3
    os.kill(drivers[-1], signal.SIGKILL)
    ranks.communicate(timeout=60)
    assert ranks.returncode != 0
    assert ended(everybody)
    assert 0 < len(store.done()) < store.chunks
    under_mpi(store.folder).communicate(timeout=120)
    assert tiny.files(store.folder) == whole


@pytest.mark.slow
def test_mpi_with_one_rank_or_a_mistake_is_told(tmp_path):
    one = under_mpi(tmp_path, 1)
    _, said = one.communicate(timeout=60)
    assert one.returncode != 0
    assert "there is one rank only" in said
    assert "mpiexec -n 3" in said
    two = under_mpi(tmp_path / "missing", 2)  # rank 0 stops before a task is sent; the other rank is let go
    _, said = two.communicate(timeout=60)
    assert two.returncode != 0
    assert said.count("result: there is no such folder") == 1  # of rank 0 alone
