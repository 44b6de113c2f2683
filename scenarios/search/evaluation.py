"""Makes the runs of policies, a batch at a time, in one pool of workers that stays open between batches.

Each batch is a sweep of its own in a folder of its own, so a search that was killed goes on within a batch, and a run
that fails is a row. Opening a pool takes seconds, as every worker loads compiled code, so it is done once.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.errors import InputError, Problem
from scenarios.sweeps.engine import Progress, prepared, run_store
from scenarios.sweeps.executors import Engine, Pool, given, processes
from scenarios.sweeps.loading import SweepPlan
from scenarios.sweeps.results import SweepResult

if TYPE_CHECKING:
    import pandas as pd


class Evaluator:
    """Runs sweeps one after another under a folder; a context, in which its pool is open once it was needed."""

    def __init__(self, folder: Path, engine: Engine | None, progress: Callable[[Progress], None] | None = None) -> None:
        self.folder = folder
        self.engine = None if engine is None else _KeptOpen(engine)
        self.progress = progress

    def __enter__(self) -> "Evaluator":
        return self

    def __exit__(self, *what: object) -> None:
        if self.engine is not None:
            self.engine.close(*what)

    def runs(self, plan: SweepPlan, number: int) -> SweepResult:
        """Return the runs of a batch, made now or earlier."""
        folder = self.folder / f"{number:05d}"
        store = prepared(plan, folder)
        run_store(store, self.engine, self.progress)
        return SweepResult.open(folder)


class _KeptOpen:
    """An engine whose pool is opened once and handed out again, and anew where its workers died."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.stack = ExitStack()
        self.pool: Pool | None = None

    @contextmanager
    def __call__(self) -> Iterator[Pool]:
        if self.pool is not None and _broken(self.pool.executor):
            self.close(None, None, None)
        if self.pool is None:
            self.pool = self.stack.enter_context(self.engine())
        yield self.pool

    def close(self, *what: Any) -> None:
        """End the workers, as after an error where there was one."""
        self.pool = None
        stack, self.stack = self.stack, ExitStack()
        stack.__exit__(*what)


def _broken(executor: Executor) -> bool:
    try:
        executor.submit(os.getpid).result()
    except (BrokenExecutor, RuntimeError):
        return True
    return False


def engine_of(workers: int | None, executor: Executor | None, engine: Engine | None) -> Engine | None:
    """Return who makes the runs; None where this process does."""
    if workers is not None and workers < 1:
        raise InputError([Problem("search", 0, "workers", f"{workers} is no number of processes", "Give 1 or more.")])
    if engine is not None:
        return engine
    if executor is not None:
        return given(executor)
    return None if workers == 1 else processes(workers)


def by_policy(runs: "pd.DataFrame", count: int) -> "Sequence[pd.DataFrame]":
    """Return the runs of each policy of a batch, in order."""
    return [runs[runs["policy"] == policy].reset_index(drop=True) for policy in range(count)]
