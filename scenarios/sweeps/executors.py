"""Who makes the runs: anything with the standard library's `Executor` interface.

An engine is a function that opens a pool and says how many tasks it takes at once. Processes of this computer are the
default; Dask and MPI are extras. Workers read the store's folder, so on a cluster it is on a disk that all of them see.
"""

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from market.errors import QuotaLabError


@dataclass(frozen=True, slots=True)
class Pool:
    """An open executor.

    Attributes
    ----------
    executor : takes tasks.
    width : tasks that are sent before one has come back.
    again : whether a broken pool can be opened anew.
    """

    executor: Executor
    width: int
    again: bool = True


Engine = Callable[[], AbstractContextManager[Pool]]


def processes(workers: int | None = None) -> Engine:
    """Return the engine of processes on this computer, one a processor if no number is given."""
    count = workers or getattr(os, "process_cpu_count", os.cpu_count)() or 1

    @contextmanager
    def opened() -> Iterator[Pool]:
        with worker_processes(count) as executor:
            yield Pool(executor, count + 1)

    return opened


def given(executor: Executor, width: int | None = None) -> Engine:
    """Return the engine of an executor that is open already and stays so."""

    @contextmanager
    def opened() -> Iterator[Pool]:
        number = width or getattr(executor, "_max_workers", None) or 4
        yield Pool(executor, number + 1, again=False)

    return opened


def dask(client: Any = None, workers: int | None = None) -> Engine:
    """Return the engine of a Dask cluster: a client, the address of a scheduler, or workers on this computer."""
    from scenarios.sweeps.designs import missing

    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise missing("distributed", "sweeps on Dask", "dask") from None

    @contextmanager
    def opened() -> Iterator[Pool]:
        if client is not None and not isinstance(client, str):
            yield _dask_pool(client)
        elif isinstance(client, str):
            with Client(client, timeout="30s") as made:
                yield _dask_pool(made)
        else:
            with (
                LocalCluster(n_workers=workers or 2, threads_per_worker=1, dashboard_address=None) as cluster,
                Client(cluster) as made,
            ):
                yield _dask_pool(made)

    return opened


def _dask_pool(client: Any) -> Pool:
    threads = sum(client.nthreads().values()) or 1
    return Pool(client.get_executor(pure=False), 2 * threads, again=False)


@contextmanager
def worker_processes(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Give a pool whose workers are up; they end when this is left, whatever they are doing.

    Workers are spawned, never forked, and end with the process that started them: each waits on a pipe whose other end
    only that process holds.
    """
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, context, _begin, (theirs,))
    try:
        try:
            pool.submit(os.getpid).result()
        except BrokenProcessPool as error:
            raise QuotaLabError(
                "The worker processes cannot be started. In a script, call this under "
                '`if __name__ == "__main__":` and from a file; or give workers=1.'
            ) from error
        yield pool
    except BaseException:
        ours.close()
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        ours.close()
        theirs.close()


def _begin(orders: Any) -> None:
    """Set a worker up: Ctrl-C is the starter's to handle, and when the starter goes, so does the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    starter = multiprocessing.parent_process()
    ends = [orders] if starter is None else [orders, starter.sentinel]

    def leave() -> None:
        multiprocessing.connection.wait(ends)
        os._exit(1)

    threading.Thread(target=leave, daemon=True).start()
