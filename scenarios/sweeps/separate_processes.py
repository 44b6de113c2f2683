"""Worker processes of this computer, each a pool of its own: one that dies loses its own task only, and is replaced."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from typing import Any, ParamSpec, TypeVar

from market.errors import QuotaLabError

Given = ParamSpec("Given")
Result = TypeVar("Result")
STARTS = 5
"""Times that the first worker is started again when somebody kills it while it starts."""


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class SeparateProcesses(Executor):
    """An executor of processes that are spawned, never forked, and end with the process that started them.

    Each waits on a pipe whose other end only that process holds. The pool of the standard library ends with the first
    worker that dies and cannot say which task killed it; here every worker is such a pool of one.

    Parameters
    ----------
    workers : number of processes.

    Raises
    ------
    QuotaLabError : where no worker can be started.
    """

    def __init__(self, workers: int) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._theirs, self._ours = self._context.Pipe(duplex=False)
        self._pools: list[ProcessPoolExecutor | None] = [None] * workers
        self._tasks: list[list[Future[Any]]] = [[] for _ in range(workers)]
        self._lock = threading.Lock()
        try:
            self._try_first()
        except BaseException:
            self.shutdown(cancel_futures=True)
            raise

    def submit(self, fn: Callable[Given, Result], /, *args: Given.args, **kwargs: Given.kwargs) -> "Future[Result]":
        """Send a task to the worker with the fewest; its future raises BrokenProcessPool if that worker dies."""
        with self._lock:
            self._tasks = [[task for task in tasks if not task.done()] for tasks in self._tasks]
            place = min(range(len(self._pools)), key=lambda one: len(self._tasks[one]))
            future = self._sent(place, fn, *args, **kwargs)
            self._tasks[place].append(future)
            return future

    def _sent(self, place: int, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> "Future[Result]":
        pool = self._pools[place]
        if pool is not None:
            with suppress(BrokenProcessPool):
                return pool.submit(fn, *args, **kwargs)
            pool.shutdown(wait=False)
        pool = ProcessPoolExecutor(1, self._context, _begin, (self._theirs,))
        self._pools[place] = pool
        with _interrupts_held():
            return pool.submit(fn, *args, **kwargs)

    def _try_first(self) -> None:
        """Start a worker, to know that it can be: a script without a guard would start itself again and again."""
        for start in range(STARTS):
            first = self.submit(os.getpid)
            process = next(iter(self._pools[0]._processes.values()), None)  # type: ignore[union-attr]  # noqa: SLF001
            try:
                first.result()
            except BrokenProcessPool as error:
                killed = process is not None and (process.exitcode or 0) < 0
                if not killed or start == STARTS - 1:
                    raise QuotaLabError(
                        "The worker processes cannot be started. In a script, call this under "
                        '`if __name__ == "__main__":` and from a file; or give workers=1.'
                    ) from error
            else:
                return

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers: after their tasks, or at once if tasks are cancelled, whatever they are doing."""
        if cancel_futures or all(task.done() for tasks in self._tasks for task in tasks):
            self._ours.close()
        for pool in self._pools:
            if pool is not None:
                pool.shutdown(wait=wait, cancel_futures=cancel_futures)
        if wait:
            self._ours.close()
            self._theirs.close()

    def __exit__(self, kind: Any, *rest: object) -> None:
        self.shutdown(cancel_futures=kind is not None)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back while a process is started: it inherits that, and would otherwise print where it was hit.

    Another thread of this process may take the signal, so what Python does on it waits too.
    """
    if not hasattr(signal, "pthread_sigmask") or threading.current_thread() is not threading.main_thread():
        yield
        return
    resource_tracker.ensure_running()  # would let Ctrl-C through when it is started on the way
    pressed: list[int] = []
    heed = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        signal.signal(signal.SIGINT, heed)
        if pressed and callable(heed):
            heed(signal.SIGINT, None)


def _begin(orders: Any) -> None:
    """Set a worker up: Ctrl-C is the starter's to handle, and when the starter goes, so does the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    starter = multiprocessing.parent_process()
    ends = [orders] if starter is None else [orders, starter.sentinel]

    def leave() -> None:
        multiprocessing.connection.wait(ends)
        os._exit(1)

    threading.Thread(target=leave, daemon=True).start()
