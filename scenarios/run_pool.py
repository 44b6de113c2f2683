"""Runs many seeds of several scenarios in processes; what comes back does not depend on their number or order.

A run that fails is an outcome with stage and message. Workers are spawned, never forked, and end with the process
that started them: each waits on a pipe whose other end only that process holds.
"""

import gc
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from market.errors import QuotaLabError
from scenarios.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from agents.spec import MarketSpec

LONGEST_CHUNK = 8
"""Runs that a worker does before it reports; its scenario is built once for them."""
BUILT = 2
"""Scenarios that a worker keeps built: runs come scenario by scenario."""

COLLECT_AFTER = 1.0
"""Seconds of running after which memory is freed; collecting takes some 0.08 s."""

Task = tuple[int, int]  # index of the scenario, seed


@dataclass(slots=True)
class Outcome:
    """What one run leaves: indicators with units, prices by period and venue, warnings; or the stage that failed."""

    scenario: int
    seed: int
    kpis: dict[str, float] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    prices: "pd.DataFrame | None" = None
    warnings: tuple[str, ...] = ()
    stage: str = ""
    message: str = ""

    @property
    def failed(self) -> bool:
        """Whether the run came to nothing."""
        return bool(self.stage)


def run_all(
    scenarios: Sequence[Scenario],
    tasks: Sequence[Task],
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Outcome]:
    """Run every task and return the outcomes in the order of the tasks.

    Parameters
    ----------
    scenarios : checked already.
    tasks : scenario index and seed, best grouped by scenario.
    workers : number of processes, one a processor if not given; with one everything runs in this process.
    progress : called with the number of runs done and of all.

    Raises
    ------
    QuotaLabError : if no worker can be started.
    """
    count = min(workers or getattr(os, "process_cpu_count", os.cpu_count)() or 1, len(tasks))
    done: dict[Task, Outcome] = {}

    def keep(outcomes: Sequence[Outcome]) -> None:
        done.update({(outcome.scenario, outcome.seed): outcome for outcome in outcomes})
        if progress is not None:
            progress(len(done), len(tasks))

    if progress is not None:
        progress(0, len(tasks))
    if count <= 1:
        bench = _Bench(scenarios)
        for task in tasks:
            keep([bench.run(*task)])
    else:
        _in_processes(scenarios, tasks, count, keep)
    return [done[task] for task in tasks]


def _in_processes(
    scenarios: Sequence[Scenario], tasks: Sequence[Task], workers: int, keep: Callable[[Sequence[Outcome]], None]
) -> None:
    size = min(LONGEST_CHUNK, -(-len(tasks) // (4 * workers)))
    queue = deque(list(tasks[start : start + size]) for start in range(0, len(tasks), size))
    while queue:
        suspects = _pass(scenarios, queue, workers, keep)
        for task in suspects:  # a worker died under one of these: alone, the guilty one is known
            if _pass(scenarios, deque([[task]]), 1, keep):
                message = "the process that ran it died, twice; it may have run out of memory"
                keep([Outcome(*task, stage="process", message=message)])


def _pass(
    scenarios: Sequence[Scenario],
    queue: deque[list[Task]],
    workers: int,
    keep: Callable[[Sequence[Outcome]], None],
) -> list[Task]:
    """Work the queue off in one pool; if a worker dies, return the tasks that were under way and leave the rest."""
    with _pool(scenarios, min(workers, len(queue))) as pool:
        running: dict[Future[list[Outcome]], list[Task]] = {}
        try:
            while queue or running:
                while queue and len(running) <= workers:
                    chunk = queue.popleft()
                    running[pool.submit(_work, chunk)] = chunk
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    outcomes = future.result()
                    del running[future]
                    keep(outcomes)
        except BrokenProcessPool:
            return [task for chunk in running.values() for task in chunk]
    return []


@contextmanager
def _pool(scenarios: Sequence[Scenario], workers: int) -> Iterator[ProcessPoolExecutor]:
    """Give a pool whose workers are up; they end when this is left, whatever they are doing."""
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, context, _begin, (theirs, list(scenarios)))
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


_bench: list["_Bench"] = []  # one in a worker, none in the process that starts them


def _begin(orders: Any, scenarios: Sequence[Scenario]) -> None:
    """Set a worker up: Ctrl-C is the starter's to handle, and when the starter goes, so does the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    starter = multiprocessing.parent_process()
    ends = [orders] if starter is None else [orders, starter.sentinel]

    def leave() -> None:
        multiprocessing.connection.wait(ends)
        os._exit(1)

    threading.Thread(target=leave, daemon=True).start()
    _bench.append(_Bench(scenarios))


def _work(chunk: Sequence[Task]) -> list[Outcome]:
    return [_bench[0].run(*task) for task in chunk]


class _Bench:
    """Scenarios with the last few of them built."""

    def __init__(self, scenarios: Sequence[Scenario]) -> None:
        self.scenarios = scenarios
        self.built: dict[int, MarketSpec] = {}
        self.busy = 0.0

    def run(self, which: int, seed: int) -> Outcome:
        """Run one seed of one scenario; a failure is an outcome too."""
        from scenarios.kpis import kpis_of
        from scenarios.runner import simulate

        stage, start = "build", perf_counter()
        try:
            scenario, spec = self.scenarios[which], self._spec(which)
            stage = "run"
            tables = simulate(scenario, spec, seed)
            stage = "indicators"
            kpis = kpis_of(tables.frames, scenario)
            prices = prices_of(tables.frames["markets"])
        except Exception as error:  # whatever it was, the other runs go on
            said = str(error) if isinstance(error, QuotaLabError) else f"{type(error).__name__}: {error}"
            return Outcome(which, seed, stage=stage, message=said)
        finally:
            self._collect(perf_counter() - start)
        values = {str(name): float(value) for name, value in kpis.items()}
        return Outcome(which, seed, values, dict(kpis.attrs["units"]), prices, tables.warnings)

    def _collect(self, seconds: float) -> None:
        """Free the models of the last runs, which are cycles: after every long run, after several short ones."""
        self.busy += seconds
        if self.busy > COLLECT_AFTER:
            gc.collect()
            self.busy = 0.0

    def _spec(self, which: int) -> "MarketSpec":
        from scenarios.build import build

        if which not in self.built:
            while len(self.built) >= BUILT:
                del self.built[next(iter(self.built))]
            # Nobody reads the journal or single trades here, and no other table depends on them.
            self.built[which] = replace(
                build(self.scenarios[which]), record_journal=False, record_trades=False, record_sessions=False
            )
        return self.built[which]


def prices_of(markets: "pd.DataFrame") -> "pd.DataFrame":
    """Return one row per period, instrument and venue: volume and volume-weighted price (NaN where none traded)."""
    keys = ["period", "year", "month", "instrument", "venue"]
    if markets.duplicated(["period", "instrument", "venue"]).any():
        sums = markets.groupby(keys, sort=False)[["turnover", "volume"]].sum().reset_index()
    else:
        sums = markets[[*keys, "turnover", "volume"]].reset_index(drop=True)
        sums.attrs = {}
    sums["price"] = sums["turnover"] / sums["volume"].where(sums["volume"] > 0)
    return sums[[*keys, "price", "volume"]]
