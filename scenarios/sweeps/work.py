"""What a worker does: the runs of one chunk, row by row, written as one part.

A task is a folder, the digest of the sweep in it and the number of a chunk; everything else a worker reads from the
store, once. What fails is a row with stage and message. Nothing here depends on the order in which chunks are done.
"""

import errno
import gc
import math
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from market.errors import QuotaLabError
from scenarios.sweeps.declared import Until
from scenarios.sweeps.store import SweepStore, open_store

if TYPE_CHECKING:
    import pandas as pd

    from agents.model import RightsMarketModel
    from agents.spec import MarketSpec
    from scenarios.schema import Scenario

COLLECT_AFTER = 1.0
"""Seconds of running after which memory is freed: models are cycles."""
NO_ROOM = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""What the system says of a full disk, which ends a session: that is no property of a run."""
BUILT = 2
"""Points whose specification is kept: seeds of a point follow one another."""


@dataclass(slots=True)
class Row:
    """One run: its numbers, what came out, and its tables where they are kept."""

    run: int
    point: int
    seed: int
    outcomes: dict[str, float] = field(default_factory=dict)
    stage: str = ""
    message: str = ""
    tables: "dict[str, pd.DataFrame]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChunkDone:
    """What a worker reports of a chunk: runs made, runs that failed, seconds inside the model and in all."""

    chunk: int
    runs: int
    failed: int
    model_seconds: float
    seconds: float


def run_chunk(folder: str, digest: str, chunk: int) -> ChunkDone:
    """Make the runs of a chunk and write its part.

    Raises
    ------
    InputError : where the store cannot be read; OSError where the part cannot be written.
    """
    start = perf_counter()
    bench = _bench(folder, digest)
    before = bench.model_seconds
    rows = bench.rows(bench.store.extent(chunk))
    write_rows(bench.store, chunk, rows)
    failed = sum(bool(row.stage) for row in rows)
    return ChunkDone(chunk, len(rows), failed, bench.model_seconds - before, perf_counter() - start)


def warm(folder: str, digest: str) -> int:
    """Make a run of the first point and throw it away, so that a worker has loaded everything; return its process."""
    _bench(folder, digest).rows(range(1))
    return os.getpid()


def run_alone(folder: str, digest: str, unit: int) -> list[Row]:
    """Make the runs of one unit of work and return them: for chunks under which workers died."""
    return _bench(folder, digest).rows(range(unit, unit + 1))


def dead_rows(store: SweepStore, unit: int, message: str) -> list[Row]:
    """Return the row of a unit of work that no worker survived."""
    point, seed = (unit, store.seeds[0]) if store.adaptive else _placed(store, unit)
    return [Row(_number(store, point, seed), point, seed, stage="process", message=message)]


def write_rows(store: SweepStore, chunk: int, rows: Sequence[Row]) -> None:
    """Write the part of a chunk from its runs."""
    store.write(chunk, frame_of_rows(rows), _series(store, rows))


def frame_of_rows(rows: Sequence[Row]) -> "pd.DataFrame":
    """Return runs as a table, a column an outcome in the order in which runs first have it."""
    import pandas as pd

    names = list(dict.fromkeys(name for row in rows for name in row.outcomes))
    columns: dict[str, Any] = {
        "run": np.array([row.run for row in rows], dtype=np.int64),
        "point": np.array([row.point for row in rows], dtype=np.int64),
        "seed": np.array([row.seed for row in rows], dtype=np.int64),
        "stage": pd.array([row.stage for row in rows], dtype="str"),
        "message": pd.array([row.message for row in rows], dtype="str"),
    }
    for name in names:
        columns[name] = np.array([row.outcomes.get(name, math.nan) for row in rows], dtype=np.float64)
    return pd.DataFrame(columns)


def _series(store: SweepStore, rows: Sequence[Row]) -> "dict[str, pd.DataFrame]":
    import pandas as pd

    found = {}
    for name in store.sweep.series:
        frames = [row.tables[name].assign(run=row.run) for row in rows if name in row.tables]
        if frames:
            whole = pd.concat(frames, ignore_index=True)
            whole.attrs = {}
            found[name] = whole[["run", *(column for column in whole if column != "run")]]
    return found


_OF_THREAD = threading.local()
"""The bench at which a thread works; two threads of a worker never share one."""


def _bench(folder: str, digest: str) -> "Bench":
    bench: Bench | None = getattr(_OF_THREAD, "bench", None)
    if bench is None or (folder_of(bench.store), bench.store.digest) != (folder, digest):
        store = open_store(folder, checked=False)
        if store.digest != digest:
            raise QuotaLabError(f"{folder} holds another sweep than the one that was begun.")
        _OF_THREAD.bench = bench = Bench(store)
    return bench


def _placed(store: SweepStore, run: int) -> tuple[int, int]:
    point, index = divmod(run, len(store.seeds))
    return point, store.seeds[index]


def _number(store: SweepStore, point: int, seed: int) -> int:
    return point * len(store.seeds) + store.seeds.index(seed)


class Bench:
    """A store with its base scenario read, and the specifications of the last points."""

    def __init__(self, store: SweepStore) -> None:
        self.store = store
        self.parameters = store.parameters
        self.built: OrderedDict[int, MarketSpec] = OrderedDict()
        self.model_seconds = 0.0
        self._scenarios: dict[int, Scenario | Exception] = {}
        self._busy = 0.0
        self._settled = False

    def rows(self, units: range) -> list[Row]:
        """Make the runs of units of work."""
        self._read_points(units)
        rule = self.store.sweep.seeds
        if isinstance(rule, Until):
            return [row for unit in units for row in self._until_narrow(unit, rule)]
        return [self._run(*_placed(self.store, unit)) for unit in units]

    def _read_points(self, units: range) -> None:
        each = 1 if self.store.adaptive else len(self.store.seeds)
        points = range(units.start // each, (units.stop - 1) // each + 1)
        # All at once: between two runs, with nothing in the processor's caches, each would take three times as long.
        self._scenarios = {
            point: self._loaded(values) for point, values in zip(points, self.store.values(points), strict=True)
        }

    def _loaded(self, values: "dict[str, Any]") -> "Scenario | Exception":
        try:
            return self.store.base.at(self.parameters, values)
        except Exception as error:  # told by the row of each run of the point
            return error

    def _until_narrow(self, point: int, rule: Until) -> Iterator[Row]:
        """Run seeds of a point until the interval of its mean is narrow: t s/√n ≤ half width; failures do not count."""
        from scipy.stats import t

        values: list[float] = []
        for seed in self.store.seeds:
            row = self._run(point, seed)
            yield row
            value = row.outcomes.get(rule.outcome, math.nan)
            if math.isfinite(value):
                values.append(value)
            if len(values) >= rule.least:
                factor = t.ppf(0.5 + 0.5 * rule.confidence, len(values) - 1)
                if factor * np.std(values, ddof=1) / math.sqrt(len(values)) <= rule.half_width:
                    return

    def _run(self, point: int, seed: int) -> Row:
        """Run one seed of one point; a failure is a row too."""
        row = Row(_number(self.store, point, seed), point, seed)
        stage = "scenario"
        start = begun = perf_counter()
        try:
            scenario = self._scenario(point)
            begun = perf_counter()
            stage = "build"
            spec = self._spec(point, scenario)
            stage = "run"
            row.outcomes, row.tables = self._made(scenario, spec, seed)
        except Exception as error:  # whatever it was, the other runs go on
            if isinstance(error, OSError) and error.errno in NO_ROOM:
                raise
            row.outcomes, row.stage = {}, stage
            row.message = str(error) if isinstance(error, QuotaLabError) else f"{type(error).__name__}: {error}"
        end = perf_counter()
        self.model_seconds += end - begun if stage != "scenario" else 0.0
        self._collect(end - start)
        return row

    def _made(
        self, scenario: "Scenario", spec: "MarketSpec", seed: int
    ) -> "tuple[dict[str, float], dict[str, pd.DataFrame]]":
        from agents.model import RightsMarketModel
        from scenarios.outcomes import outcome_names, outcomes_of

        model = RightsMarketModel(spec, seed)
        model.run()
        wanted = self.store.sweep.outcomes
        if wanted is None:
            return outcomes_of(model, scenario), self._series(model, scenario)
        known = outcome_names(scenario)  # a lever may take a venue away, and its indicators with it
        found = outcomes_of(model, scenario, [name for name in wanted if name in known])
        return {name: found.get(name, math.nan) for name in wanted}, self._series(model, scenario)

    def _series(self, model: "RightsMarketModel", scenario: "Scenario") -> "dict[str, pd.DataFrame]":
        from scenarios.tables import tables_of

        names = self.store.sweep.series
        if not names:
            return {}
        frames = tables_of(model, scenario.money.currency.en).frames
        return {name: frames[name] for name in names if name in frames}

    def _scenario(self, point: int) -> "Scenario":
        scenario = self._scenarios[point]
        if isinstance(scenario, Exception):
            raise scenario
        return scenario

    def _spec(self, point: int, scenario: "Scenario") -> "MarketSpec":
        from scenarios.build import build

        if point not in self.built:
            while len(self.built) >= BUILT:
                self.built.popitem(last=False)
            # Nobody reads the journal, single trades or orders of a sweep's runs, and no other table depends on them.
            spec = replace(build(scenario), record_journal=False, record_trades=False, record_sessions=False)
            self.built[point] = spec
        return self.built[point]

    def _collect(self, seconds: float) -> None:
        """Free the models of the last second; what was there before the second run is not looked through each time."""
        if not self._settled:
            gc.collect()
            gc.freeze()
            self._settled = True
        self._busy += seconds
        if self._busy > COLLECT_AFTER:
            gc.collect()
            self._busy = 0.0


def folder_of(store: SweepStore) -> str:
    """Return a store's folder as tasks name it."""
    return str(Path(store.folder).absolute())
