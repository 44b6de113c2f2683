"""The inside of a worker: a process that loads what runs need once and then does one run after the other.

It reads runs from a pipe and writes what becomes of them into the same pipe (see `dashboard.tasks`). A run is stopped
between two periods. When the server goes, so does the worker.
"""

import gc
import logging
import math
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from dashboard.memory import limited, resident
from dashboard.tasks import Cancelled, Failure, Finished, Kept, Progress, Ready, RunRef
from market.errors import QuotaLabError
from scenarios.errors import InputError
from scenarios.schema import Scenario

if TYPE_CHECKING:
    from agents.spec import MarketSpec
    from scenarios.results import RunResult
    from scenarios.watching import MarketSoFar

BUILT = 6
"""Scenarios that a worker keeps built."""
PROGRESS_EVERY = 0.15
"""Seconds between two messages about a run."""
WARM_UP: tuple[tuple[str, dict[str, object]], ...] = (
    ("textbook-banking", {"calendar.years": 1}),
    ("jiangxi", {"calendar.years": 1}),
)
"""Runs that load the compiled functions before somebody waits for them."""

STOP = "stop"
log = logging.getLogger(__name__)


class _Built(NamedTuple):
    scenario: Scenario
    spec: "MarketSpec"
    warnings: tuple[str, ...]


def work(orders: Connection, run_memory: int | None) -> None:
    """Do runs until the pipe closes: the main function of a worker.

    Parameters
    ----------
    orders : the pipe; what comes is a `RunRef` or `STOP`, which ends the run that is under way.
    run_memory : bytes that a run may take beside what the idle worker has; no limit if None.
    """
    end_with_the_server()
    bench = _Bench(orders, run_memory)
    bench.warm_up()
    orders.send(Ready(resident()))
    while True:
        try:
            order = orders.recv()
        except (EOFError, OSError):
            return
        if order != STOP:  # else meant for a run that was over before the message came
            bench.do(order)
            orders.send(Ready(resident()))


def end_with_the_server() -> None:
    """Leave Ctrl-C to the server, and go when it goes: also in the middle of a run, and when it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = multiprocessing.parent_process()
    if server is None:
        return
    sentinel = server.sentinel

    def leave() -> None:
        multiprocessing.connection.wait([sentinel])
        os._exit(1)

    threading.Thread(target=leave, daemon=True).start()


def _scenario(run: RunRef) -> Scenario:
    """Return the scenario of a run; what comes from a browser is data."""
    from scenarios.loading import library, load, read

    if not run.confined:
        return load(run.base, dict(run.overrides))
    base = run.base if run.base in library() else Path(run.base)
    # How large a run may be was decided when it was ordered; its key says that it is still the same.
    most_work = math.inf if run.scenario_key else None
    draft = read(base, dict(run.overrides), confined=True, most_work=most_work)
    if draft.scenario is None:
        raise InputError(draft.problems)
    return draft.scenario


class _Bench:
    """The last few scenarios, built, and one run at a time."""

    def __init__(self, orders: Connection, run_memory: int | None) -> None:
        self.orders = orders
        self.run_memory = run_memory
        self.built: OrderedDict[tuple[str, str], _Built] = OrderedDict()

    def warm_up(self) -> None:
        """Import everything and make small runs, so that the first real one is as fast as any."""
        from scenarios.result_files import content_hash, parquet_of

        for base, overrides in WARM_UP:
            result = self._run(
                RunRef(base=base, overrides=overrides, key="", scenario_key=""), lambda *_: None, lambda _: None
            )
            parquet_of(result.markets)
            content_hash(result.tables)
        self.built.clear()
        self._collect()
        gc.freeze()  # what is there now stays; collecting after each run then takes no time

    def do(self, run: RunRef) -> None:
        """Do a run and send what becomes of it; an exception in it is an answer too."""
        from scenarios.watching import Stopped

        stage = ["load"]
        try:
            with limited(self.run_memory):
                result = self._run(run, self._watcher(), stage.append)
            self.orders.send(Finished(result))
        except Stopped:
            self.orders.send(Cancelled())
        except InputError as error:
            self.orders.send(Failure("input", {"stage": stage[-1]}, error.problems))
        except _ChangedError:
            self.orders.send(Failure("changed", {"base": run.base}))
        except MemoryError:
            self.orders.send(Failure("memory", {"bytes": self.run_memory or 0}))
        except Exception as error:  # whatever it was, the worker goes on
            log.exception("%s, seed %s: %s", run.name or run.base, run.seed, stage[-1])
            said = str(error) if isinstance(error, QuotaLabError) else f"{type(error).__name__}: {error}"
            self.orders.send(Failure("error", {"stage": stage[-1], "message": " ".join(said.split())}))
        else:
            if run.folder:
                self.orders.send(_kept(result, run.folder))
            del result
        self._collect()

    def _run(
        self,
        run: RunRef,
        watcher: "Callable[[int, int, MarketSoFar], None]",
        enter: Callable[[str], None],
    ) -> "RunResult":
        from scenarios.results import RunResult
        from scenarios.runner import simulate

        built = self._built(run, enter)
        enter("run")
        tables = simulate(built.scenario, built.spec, run.seed, watcher=watcher)
        enter("indicators")
        return RunResult.of(built.scenario, run.seed, tables.frames, (*built.warnings, *tables.warnings))

    def _built(self, run: RunRef, enter: Callable[[str], None]) -> _Built:
        """Return the scenario of a run, built; the same key means the same document and the same tables."""
        from dashboard.store import scenario_key
        from scenarios.build import build
        from scenarios.checks import check

        place = (run.base, run.scenario_key)
        if run.scenario_key and place in self.built:
            self.built.move_to_end(place)
            return self.built[place]
        scenario = _scenario(run)
        if run.scenario_key and scenario_key(scenario) != run.scenario_key:
            raise _ChangedError
        enter("check")
        warnings = tuple(str(warning) for warning in check(scenario))
        enter("build")
        built = _Built(scenario, build(scenario), warnings)
        self.built[place] = built
        while len(self.built) > BUILT:
            self.built.popitem(last=False)
        return built

    def _watcher(self) -> "Callable[[int, int, MarketSoFar], None]":
        from scenarios.watching import Stopped

        told = perf_counter()

        def watcher(done: int, total: int, market: "MarketSoFar") -> None:
            nonlocal told
            if self.orders.poll():
                self.orders.recv()  # nothing else is sent while a run is under way
                raise Stopped
            now = perf_counter()
            if now - told >= PROGRESS_EVERY or done == total:
                told = now
                self.orders.send(Progress(done, total, market.frame()))

        return watcher

    def _collect(self) -> None:
        """Free the model of the last run, which is a cycle, and Mesa's count of its agents, which holds on to it."""
        import mesa

        mesa.Agent._ids.clear()  # noqa: SLF001 - Mesa has no other way; no model is alive here
        gc.collect()


class _ChangedError(Exception):
    """The document is another than the one whose run was ordered."""


def _kept(result: "RunResult", folder: str) -> Kept:
    """Write a result; a full disk is no failure of the run."""
    if os.path.isdir(folder) and os.listdir(folder):  # noqa: PTH112, PTH208 - somebody has kept the same run already
        return Kept(folder)
    try:
        return Kept(str(result.save(folder)))
    except InputError as error:
        problems = (
            replace(problem, file=Path(problem.file).name) for problem in error.problems
        )  # no path of the server
        return Kept(failure=Failure("not_kept", problems=tuple(problems)))
