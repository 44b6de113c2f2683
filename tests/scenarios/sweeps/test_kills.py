"""kill -9 of workers and of the parent at random moments, and Ctrl-C: nothing is lost, nothing is left running."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from scenarios.sweeps import SweepResult
from scenarios.sweeps.engine import run_store
from scenarios.sweeps.executors import processes
from tests.scenarios.sweeps import tiny

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are found in /proc"),
    pytest.mark.slow,
]
ROOT = Path(__file__).resolve().parents[3]
KILLS = 20
CHANGES = {"design": {"kind": "latin_hypercube", "points": 200}, "series": []}  # 400 runs: some seconds
CHUNK = 5


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple[dict[str, bytes], pd.DataFrame]:
    store = tiny.begun(tmp_path_factory.mktemp("whole") / "sweep", CHUNK, **CHANGES)
    run_store(store, processes(2))
    return tiny.files(store.folder), SweepResult.open(store.folder).runs


def started(folder: Path, engine: str) -> subprocess.Popen:
    """Start the driver as the leader of a group of its own, as a terminal does."""
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("driver.py")), str(folder), engine],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def ended(pids: list[int], seconds: float = 5.0) -> bool:
    """Whether processes end, in good time."""
    until = time.monotonic() + seconds
    while any(tiny.alive(pid) for pid in pids):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def compare(folder: Path, whole: tuple[dict[str, bytes], pd.DataFrame]) -> None:
    files, runs = whole
    assert tiny.files(folder) == files
    pd.testing.assert_frame_equal(SweepResult.open(folder).runs, runs, check_exact=True)


def test_killed_workers(whole, tmp_path):
    """A worker is killed twenty times while two make the runs, also while it starts."""
    store = tiny.begun(tmp_path / "sweep", CHUNK, **CHANGES)
    moments = random.Random(0)  # noqa: S311
    kills = 0
    with started(store.folder, "processes") as driver:
        while kills < KILLS and driver.poll() is None:
            time.sleep(moments.uniform(0.0, 0.6))
            workers = [pid for pid in tiny.workers_of(driver.pid) if tiny.alive(pid)]
            if workers and len(store.done()) > kills // 2:  # some is done between kills, so that the sweep lives
                os.kill(moments.choice(workers), signal.SIGKILL)
                kills += 1
        _, said = driver.communicate(timeout=120)
    assert driver.returncode == 0, said
    assert kills == KILLS
    compare(store.folder, whole)


def test_killed_parents(whole, tmp_path):
    """The parent is killed twenty times, each time in another session; its workers go with it."""
    store = tiny.begun(tmp_path / "sweep", CHUNK, **CHANGES)
    moments = random.Random(1)  # noqa: S311
    with_workers = 0
    for _ in range(KILLS):
        driver = started(store.folder, moments.choice(["processes", "alone"]))
        if moments.random() < 0.8:  # of the others some are killed before they have begun
            driver.stdout.readline()
        time.sleep(moments.uniform(0.0, 1.5))
        workers = tiny.children(driver.pid)
        with_workers += bool(workers)
        driver.kill()
        driver.communicate(timeout=30)
        assert ended(workers)
        runs = SweepResult.open(store.folder).runs  # readable whenever it is looked at
        assert runs["run"].is_unique
    assert with_workers > 3
    run_store(store, None)
    compare(store.folder, whole)


@pytest.mark.parametrize("engine", ["processes", "alone"])
@pytest.mark.parametrize("whom", ["process", "group"])
def test_an_interrupt_ends_it_at_once(whole, tmp_path, engine, whom):
    store = tiny.begun(tmp_path / "sweep", CHUNK, **CHANGES)
    driver = started(store.folder, engine)
    while driver.stdout.readline() in {"", "done 0\n"}:
        assert driver.poll() is None
    workers = tiny.children(driver.pid)
    assert bool(workers) == (engine == "processes")
    begun = time.monotonic()
    if whom == "process":
        driver.send_signal(signal.SIGINT)
    else:
        os.killpg(driver.pid, signal.SIGINT)
    _, said = driver.communicate(timeout=10)
    assert time.monotonic() - begun < 2.0
    assert driver.returncode in {-signal.SIGINT, 130}
    assert said.count("Traceback") == said.count("KeyboardInterrupt") == 1  # of the driver alone
    assert ended(workers, 1.0)
    assert 0 < len(SweepResult.open(store.folder).runs) < 400
    assert tiny.files(store.folder).items() <= whole[0].items()
    if (engine, whom) == ("processes", "group"):
        run_store(store, processes(2))
        compare(store.folder, whole)


def test_an_interrupt_while_workers_start_is_quiet(tmp_path):
    store = tiny.begun(tmp_path / "sweep", CHUNK, **CHANGES)
    driver = started(store.folder, "processes")
    assert driver.stdout.readline() == "done 0\n"
    while not tiny.workers_of(driver.pid):
        time.sleep(0.002)
    os.killpg(driver.pid, signal.SIGINT)
    _, said = driver.communicate(timeout=10)
    assert driver.returncode in {-signal.SIGINT, 130}
    assert said.count("Traceback") == 1, said
