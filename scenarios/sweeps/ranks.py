"""The ranks of an MPI program: rank 0 leads, the others serve it until it ends.

A rank that is killed takes the whole program with it, as MPI has it; starting it again goes on with the store.
"""

import atexit
from concurrent.futures import Executor
from functools import cache

from scenarios.errors import InputError, Problem
from scenarios.sweeps.designs import missing


@cache
def rank_pool() -> tuple[Executor, int]:
    """Return the executor of rank 0 and the number of ranks that serve it; on those, serve and then end the process.

    Raises
    ------
    InputError : where there is one rank only, or mpi4py is not installed.
    """
    try:
        from mpi4py import MPI
        from mpi4py.futures import MPICommExecutor
    except ImportError:
        raise missing("mpi4py", "sweeps under MPI", "mpi") from None
    except RuntimeError as error:  # the library of MPI itself
        message = f"MPI cannot be loaded ({error})"
        raise InputError([Problem("sweep", 0, "mpi", message, "Install one, such as `pip install mpich`.")]) from error

    size = MPI.COMM_WORLD.Get_size()
    if size < 2:
        message = "there is one rank only, and one leads while the others make the runs"
        remedy = "Start the program under `mpiexec -n 3` or more, with the mpiexec of the MPI that mpi4py uses."
        raise InputError([Problem("sweep", 0, "mpi", message, remedy)])
    ranks = MPICommExecutor(MPI.COMM_WORLD, root=0)
    executor = ranks.__enter__()
    if executor is None:  # served until rank 0 was done
        ranks.__exit__(None, None, None)
        raise SystemExit(0)
    atexit.register(ranks.__exit__, None, None, None)
    return executor, size - 1
