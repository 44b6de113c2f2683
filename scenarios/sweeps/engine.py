"""Makes the runs of a sweep: a bounded window of chunks at an executor, retries, resume, progress.

The chunks are fixed before the first run and each is written by the worker that made it, so what is in the store does
not depend on the engine, the number of workers or the order. The process that waits here holds numbers only.
"""

import os
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from market.errors import QuotaLabError
from scenarios.errors import InputError, Problem
from scenarios.sweeps.executors import Engine, Pool, given, processes
from scenarios.sweeps.loading import SweepPlan, load_sweep
from scenarios.sweeps.sessions import session
from scenarios.sweeps.size import check_room, chunk_size
from scenarios.sweeps.store import SweepStore, continue_in, create
from scenarios.sweeps.work import ChunkDone, Row, dead_rows, folder_of, run_alone, run_chunk, write_rows

if TYPE_CHECKING:
    from scenarios.sweeps.results import SweepResult

Result = TypeVar("Result")
LOOK = 0.5
"""Seconds after which a pool is asked again how many tasks it takes."""


@dataclass(slots=True)
class Progress:
    """How far a sweep is.

    Attributes
    ----------
    done, total : units of work (runs, or points with as many seeds as needed), those of earlier sessions included.
    failed : runs that failed in this session.
    seconds : since this session began.
    begun : units that were there when it began.
    model_seconds, worker_seconds : that workers spent inside the model, and in all, in this session.
    """

    done: int
    total: int
    failed: int = 0
    seconds: float = 0.0
    begun: int = 0
    model_seconds: float = 0.0
    worker_seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Units of work a second in this session."""
        return (self.done - self.begun) / self.seconds if self.seconds > 0.0 else 0.0

    @property
    def seconds_left(self) -> float:
        """Seconds that the rest takes at this rate; infinite while nothing is known."""
        return (self.total - self.done) / self.rate if self.rate > 0.0 else float("inf")


Watcher = Callable[[Progress], None]


def sweep(
    plan: SweepPlan | str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    engine: Engine | None = None,
    progress: Watcher | None = None,
    retry_failed: bool = False,
) -> "SweepResult":
    """Make the runs of a sweep that its folder does not have yet, and return all of them.

    Parameters
    ----------
    plan : as `load_sweep` or `sweep_of` return it, or the path of a sweep's file.
    folder : the store; where it holds this sweep already, the missing runs are made.
    workers : number of processes, one a processor if not given; 1 runs everything in this one. More than one needs the
        call to stand under ``if __name__ == "__main__":`` in a script.
    executor : of the standard library's interface, instead of processes; it is not shut down.
    engine : another way to open a pool, such as `scenarios.sweeps.executors.dask`.
    progress : called after every chunk.
    retry_failed : whether chunks with failed runs are made again.

    Raises
    ------
    InputError : where the sweep or the folder cannot be used; nothing was run. A run that fails is a row.
    QuotaLabError : where the disk does not take a part, or no worker can be started; what was done is kept.
    """
    from scenarios.sweeps.results import SweepResult

    if workers is not None and workers < 1:
        raise InputError([Problem("sweep", 0, "workers", f"{workers} is no number of processes", "Give 1 or more.")])
    if not isinstance(plan, SweepPlan):
        plan = load_sweep(plan)
    store = prepared(plan, folder)
    chosen = engine or (given(executor) if executor is not None else processes(workers))
    run_store(store, None if workers == 1 and engine is None and executor is None else chosen, progress, retry_failed)
    return SweepResult.open(folder)


def prepared(plan: SweepPlan, folder: str | os.PathLike[str]) -> SweepStore:
    """Return the store of a sweep: the one that was begun in a folder, or a new one if the disk has room for it."""
    path = Path(folder)
    if (path / "manifest.json").exists():
        return continue_in(plan, path)
    check_room(plan, path)
    try:
        return create(plan, path, chunk_size(plan))
    except InputError:
        if not (path / "manifest.json").exists():
            raise
        return continue_in(plan, path)  # another process began it in the meantime


def run_store(
    store: SweepStore, engine: Engine | None, progress: Watcher | None = None, retry_failed: bool = False
) -> Progress:
    """Make the runs that a store does not have yet; with no engine, in this process.

    Raises
    ------
    InputError : where another process makes its runs already.
    QuotaLabError : where the disk does not take a part, or no worker is left; what was done is kept.
    """
    with session(store):
        store.tidy()
        had = _whole(store, retry_failed)
        todo = [chunk for chunk in range(store.chunks) if chunk not in had]
        done = sum(len(store.extent(chunk)) for chunk in had)
        state = _State(store, Progress(done, store.units_of_work, begun=done), progress)
        state.tell()
        if engine is None:
            for chunk in todo:
                state.count(_kept(store, run_chunk, folder_of(store), store.digest, chunk))
        elif todo:
            with engine() as pool:
                _in_pool(store, pool, todo, state)
        return state.progress


def _whole(store: SweepStore, retry_failed: bool) -> set[int]:
    """Return the chunks that are done: their part is sound and, where failures are tried again, has none."""
    good = {"whole"} if retry_failed else {"whole", "failed"}
    return {chunk for chunk in store.done() if chunk < store.chunks and store.state(chunk) in good}


class _State:
    """Progress, told after every chunk."""

    def __init__(self, store: SweepStore, progress: Progress, watcher: Watcher | None) -> None:
        self.store, self.progress, self.watcher = store, progress, watcher
        self.start = perf_counter()

    def count(self, done: ChunkDone) -> None:
        self.progress.done += len(self.store.extent(done.chunk))
        self.progress.failed += done.failed
        self.progress.model_seconds += done.model_seconds
        self.progress.worker_seconds += done.seconds
        self.tell()

    def tell(self) -> None:
        self.progress.seconds = perf_counter() - self.start
        if self.watcher is not None:
            self.watcher(self.progress)


def _in_pool(store: SweepStore, pool: Pool, todo: list[int], state: _State) -> None:
    """Work chunks off; one whose worker dies goes to the end of the queue, and at last is made run by run."""
    queue, tries = deque(todo), Counter[int]()
    suspects: list[int] = []
    running: dict[Future[ChunkDone], int] = {}
    while queue or running:
        for _ in range(min(pool.width() - len(running), len(queue))):
            chunk = queue.popleft()
            running[_sent(pool, run_chunk, folder_of(store), store.digest, chunk)] = chunk
        for future in wait(running, timeout=LOOK, return_when=FIRST_COMPLETED).done:
            chunk = running.pop(future)
            done = _came_of(store, future)
            if done is not None:
                state.count(done)
                continue
            tries[chunk] += 1
            if tries[chunk] < pool.attempts:
                queue.append(chunk)
            else:
                suspects.append(chunk)
    for chunk in suspects:
        _run_by_run(store, pool, chunk, state)


def _run_by_run(store: SweepStore, pool: Pool, chunk: int, state: _State) -> None:
    """Make the runs of a chunk one at a time: alone, the one that kills its worker is known."""
    start = perf_counter()
    rows: list[Row] = []
    for unit in store.extent(chunk):
        for _ in range(pool.attempts):
            made = _came_of(store, _sent(pool, run_alone, folder_of(store), store.digest, unit))
            if made is not None:
                rows += made
                break
        else:
            message = "the process that ran it died each time; it may have run out of memory"
            rows += dead_rows(store, unit, message)
    _kept(store, write_rows, store, chunk, rows)
    failed = sum(bool(row.stage) for row in rows)
    state.count(ChunkDone(chunk, len(rows), failed, 0.0, perf_counter() - start))


def _sent(pool: Pool, call: "Callable[..., Result]", *given: Any) -> "Future[Result]":
    """Send a task; a pool that takes none any more ends the session."""
    try:
        return pool.executor.submit(call, *given)
    except (BrokenExecutor, RuntimeError) as error:
        raise _ended(error) from error


def _came_of(store: SweepStore, future: "Future[Result]") -> Result | None:
    """Return what a task returned; None where its worker died."""
    try:
        return _kept(store, future.result)
    except BrokenExecutor:
        return None
    except CancelledError as error:  # nobody here cancels: the cluster is gone
        raise _ended(error) from error
    except Exception as error:
        if type(error).__name__ == "KilledWorker":  # as Dask says it
            return None
        raise


def _ended(error: BaseException) -> QuotaLabError:
    what = str(error) or type(error).__name__
    return QuotaLabError(
        f"The sweep stopped: its workers are gone ({what}). What was done is kept; start it again to go on."
    )


def _kept(store: SweepStore, call: Callable[..., Result], *given: Any) -> Result:
    """Return what a call returns; say in plain words that the disk did not take a part."""
    try:
        return call(*given)
    except OSError as error:
        if error.errno is None:  # not the system's: a connection, say
            raise _ended(error) from error
        message = (
            f"The sweep stopped: {store.folder} cannot be written ({error.strerror or error}). "
            "What was done is kept; make room and start it again to go on."
        )
        raise QuotaLabError(message) from error
