"""Runs suites of validation beside the server, one at a time, in a process of their own, and keeps what they give."""

import logging
import multiprocessing
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

from dashboard.worker_process import end_with_the_server
from scenarios.errors import InputError, Problem
from scenarios.validation.outcomes import Outcome, read_outcomes, run_suite, save_outcome

log = logging.getLogger(__name__)


class Checks:
    """The suites of one server, shared by all its sessions: they say something about the code, not about anybody.

    Parameters
    ----------
    folder : where outcomes are kept, a file a suite.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._asked: dict[str, Future[Outcome]] = {}
        self._given: dict[str, Outcome] = {}
        self._problems: dict[str, Problem] = {}

    @property
    def busy(self) -> bool:
        """Whether a suite is waiting or running."""
        with self._lock:
            return bool(self._asked)

    def outcomes(self) -> tuple[dict[str, Outcome], tuple[Problem, ...]]:
        """Return what suites have given, the kept ones included, and what is wrong with any of it."""
        kept, unread = read_outcomes(self._folder)
        with self._lock:
            return {**kept, **self._given}, (*unread, *self._problems.values())

    def ask(self, suites: Sequence[str]) -> None:
        """Have suites run that are not asked for already; one that failed to run is tried again when asked for."""
        with self._lock:
            for name in suites:
                if name in self._asked or name in self._problems or name in self._given:
                    continue
                if self._pool is None:
                    context = multiprocessing.get_context("spawn")
                    self._pool = ProcessPoolExecutor(1, context, initializer=end_with_the_server)
                future = self._pool.submit(run_suite, name)
                self._asked[name] = future
                future.add_done_callback(lambda done, suite=name: self._take(suite, done))

    def close(self) -> None:
        """End the process; what it was doing is lost."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            for process in list((pool._processes or {}).values()):  # noqa: SLF001 - there is no public way to end one
                process.kill()
            pool.shutdown(wait=False, cancel_futures=True)

    def _take(self, name: str, done: "Future[Outcome]") -> None:
        problem: Problem | None = None
        outcome: Outcome | None = None
        if done.cancelled():
            problem = None
        elif (error := done.exception()) is not None:
            log.error("suite %s: %s", name, error)
            problem = Problem("validation", 0, name, f"the suite could not be run ({error})", "Start the server again.")
        else:
            outcome = done.result()
            try:
                save_outcome(self._folder, outcome)
            except InputError as refused:
                problem = refused.problems[0]
        with self._lock:
            self._asked.pop(name, None)
            if outcome is not None:
                self._given[name] = outcome
            if problem is not None:
                self._problems[name] = problem
                if outcome is None:
                    self._pool = None  # a new one next time
