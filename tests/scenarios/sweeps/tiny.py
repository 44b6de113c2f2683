"""A sweep that takes a second or two, and engines that are disturbed on purpose."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from scenarios.sweeps.engine import run_store
from scenarios.sweeps.executors import Pool
from scenarios.sweeps.loading import SweepPlan, sweep_of
from scenarios.sweeps.separate_processes import SeparateProcesses
from scenarios.sweeps.store import SweepStore, create
from scenarios.sweeps.work import Bench, Row

DEADLY = 13
SWEEP = {
    "name": "tiny",
    "scenario": "textbook-montgomery",
    "levers": {"cap": {"path": "carbon.cap_scale", "low": 80, "high": 110}},
    "uncertainties": {"spread": {"path": "world.activity_sd", "low": 0.0, "high": 0.05}},
    "design": {"kind": "latin_hypercube", "points": 24},
    "seeds": 2,
    "series": ["prices"],
}


def tiny(**changes: Any) -> SweepPlan:
    """48 runs of a textbook market."""
    return sweep_of(SWEEP | changes)


def begun(folder: Path, chunk: int = 4, **changes: Any) -> SweepStore:
    """A store of it: twelve chunks."""
    return create(tiny(**changes), folder, chunk)


def files(folder: Path) -> dict[str, bytes]:
    """Every file of runs, by name."""
    found = [path for name in ("parts", "series") for path in (folder / name).rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def undisturbed(folder: Path, **changes: Any) -> dict[str, bytes]:
    """The files of the sweep, made in this process."""
    store = begun(folder, **changes)
    run_store(store, None)
    return files(folder)


def children(pid: int) -> list[int]:
    """The processes that a process started, and those that they did."""
    own = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):  # each thread has those that it started
        with suppress(OSError):
            own += [int(one) for one in path.read_text().split()]
    return [one for child in own for one in (child, *children(child))]


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def command(pid: int) -> str:
    """The command line of a process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def workers_of(pid: int) -> list[int]:
    """The worker processes among them."""
    return [one for one in children(pid) if "spawn_main" in command(one)]


class DeadlyProcesses(SeparateProcesses):
    """Processes that one of the runs kills."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return super().submit(deadly, fn, *args, **kwargs)


@contextmanager
def deadly_engine() -> Iterator[Pool]:
    """Open two processes that one of the runs kills."""
    with DeadlyProcesses(2) as executor:
        yield Pool(executor, lambda: 2)


def deadly(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """In a worker: make a call in which one run ends the process."""
    if not hasattr(Bench, "whole_run"):
        Bench.whole_run = Bench._run
        Bench._run = _deadly_run
    return call(*args, **kwargs)


def _deadly_run(self: Bench, point: int, seed: int) -> Row:
    if point * len(self.store.seeds) + seed == DEADLY:
        os._exit(9)
    return self.whole_run(point, seed)
