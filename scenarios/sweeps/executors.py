"""Who makes the runs: anything with the standard library's `Executor` interface.

An engine is a function that opens a pool and says how many tasks it takes at once. Processes of this computer are the
default; Dask and MPI are extras. Workers read the store's folder, so on a cluster it is on a disk that all of them see.
"""

import logging
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scenarios.errors import InputError, Problem
from scenarios.sweeps.designs import missing
from scenarios.sweeps.separate_processes import SeparateProcesses, processors

if TYPE_CHECKING:
    from distributed import Client

ATTEMPTS = 3
"""Times that a chunk is tried while workers die, and then each of its runs alone, before a run is a failure."""


@dataclass(frozen=True, slots=True)
class Pool:
    """An open executor.

    Attributes
    ----------
    executor : takes tasks.
    width : tasks that are sent before one has come back, asked for again and again: a cluster grows and shrinks.
    attempts : times that a task whose worker died is sent, before it is held against the task.
    """

    executor: Executor
    width: Callable[[], int]
    attempts: int = ATTEMPTS


Engine = Callable[[], AbstractContextManager[Pool]]


def processes(workers: int | None = None) -> Engine:
    """Return the engine of processes on this computer, one a processor if no number is given."""
    count = workers or processors()

    @contextmanager
    def opened() -> Iterator[Pool]:
        with SeparateProcesses(count) as executor:
            yield Pool(executor, lambda: count)

    return opened


def given(executor: Executor, width: int | None = None) -> Engine:
    """Return the engine of an executor that is open already and stays so.

    Parameters
    ----------
    width : tasks that it is sent at once; one more than it has workers, if it says how many, or else 5.
    """
    number = width or (getattr(executor, "_max_workers", None) or 4) + 1

    @contextmanager
    def opened() -> Iterator[Pool]:
        yield Pool(executor, lambda: number)

    return opened


def dask(client: Any = None, workers: int | None = None) -> Engine:
    """Return the engine of a Dask cluster.

    Parameters
    ----------
    client : a client, which stays open; or the address of a scheduler; or None for workers on this computer.
    workers : number of them on this computer, one a processor if not given.

    Raises
    ------
    InputError : where Dask is not installed, or when it is opened and no scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise missing("distributed", "sweeps on Dask", "dask") from None

    @contextmanager
    def opened() -> Iterator[Pool]:
        if isinstance(client, str):
            try:
                made = Client(client, timeout="30s")
            except (OSError, ValueError) as error:
                message = f"no Dask scheduler answers there ({str(error) or type(error).__name__})"
                remedy = "Start one with `dask scheduler`, or correct the address."
                raise InputError([Problem("sweep", 0, client, message, remedy)]) from error
            with made:
                yield _dask_pool(made)
        elif client is not None:
            yield _dask_pool(client)
        else:
            with _local_cluster(workers or processors()) as made:
                yield _dask_pool(made)

    return opened


@contextmanager
def _local_cluster(workers: int) -> "Iterator[Client]":
    """Give a client of workers on this computer that listen on its own address only and keep to themselves."""
    from distributed import Client, LocalCluster

    with (
        tempfile.TemporaryDirectory(prefix="quotalab-dask-") as scratch,
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
            local_directory=scratch,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def _dask_pool(client: Any) -> Pool:
    """Return the pool of a cluster; it tries a task whose worker died again itself, so that we need not."""

    def width() -> int:
        return max(2, 2 * sum(client.nthreads().values()))

    return Pool(client.get_executor(pure=False), width, attempts=1)


def mpi() -> Engine:
    """Return the engine of a program that ``mpiexec`` started: rank 0 goes on, all other ranks make runs for it.

    Ranks other than 0 do not return from here: they serve until rank 0 ends, and end. So a program calls this before
    it does anything that only one of them should.

    Raises
    ------
    InputError : where there is one rank only, or mpi4py is not installed.
    """
    from scenarios.sweeps.ranks import rank_pool

    executor, servers = rank_pool()

    @contextmanager
    def opened() -> Iterator[Pool]:
        yield Pool(executor, lambda: 2 * servers)

    return opened
