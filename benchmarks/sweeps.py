"""Sweeps: runs a minute on two processes, what the engine costs beside the model, use of both cores, and memory.

The market is that of `benchmarks.plain_mesa` as a scenario. By default a fraction of the runs is made and the figures'
names say how many; QUOTALAB_FULL_SWEEPS=1 makes them all. `mesa.batch_run` makes runs of the plain Mesa model, in one
process and in two, and the better of both counts.
"""

import os
import tempfile
import threading
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mesa
import numpy as np

from benchmarks import plain_mesa
from benchmarks.figures import Figure

FULL = bool(os.environ.get("QUOTALAB_FULL_SWEEPS"))
SHARE = 1.0 if FULL else 0.1
WORKERS = 2
OUTCOMES = ["permit0.mean_price", "permit0.volume", "actual_cost"]
AS_MESA = ["permit0.mean_price", "permit0.volume", "permit0.flow_to_cap"]
"""What the baseline collects too: price, volume, emissions. It has no least-cost plan to be scored against."""
MESA_RUNS = {100: 160, 1_000: 16}
LEVELS = {100: 5.0, 1_000: 20.0}


@dataclass(frozen=True, slots=True)
class Measured:
    """A sweep that was made: seconds, seconds of workers beside the model by run, use of cores, peak memory."""

    runs: int
    seconds: float
    overhead: float
    use: float
    memory: float


def market(folder: Path, firms: int, instruments: int, behaviour: str) -> Path:
    """Write the market of `benchmarks.plain_mesa` as a scenario of ten years; return its file."""
    folder.mkdir(parents=True)
    draw = np.random.default_rng(0)
    baseline = 1000.0 * np.exp(0.8 * draw.standard_normal((firms, instruments)))
    slope = draw.uniform(50.0, 150.0, (firms, instruments)) / baseline
    keys = [f"permit{k}" for k in range(instruments)]
    rows = [f"id,name_en,name_zh,sector,city,size,margin,output_slope,{','.join(keys)}"]
    measures = [f"firm,measure,name_zh,intercept,slope,limit,{','.join(f'effect_{key}' for key in keys)}"]
    for i in range(firms):
        rows.append(f"{i + 1},firm {i},企业{i},industry,town,{baseline[i].sum()},0,0,{','.join(map(str, baseline[i]))}")
        for k in range(instruments):
            effects = ",".join("1" if j == k else "0" for j in range(instruments))
            measures.append(f"{i + 1},m{k},措施{k},0,{slope[i, k]},{baseline[i, k]},{effects}")
    (folder / "firms.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "measures.csv").write_text("\n".join(measures) + "\n", encoding="utf-8")
    first = ", ".join(f"{key}: {plain_mesa.FIRST_PRICE}" for key in keys)
    rules = {
        "adaptive": f"{{kind: adaptive, first_prices: {{{first}}}, first_error: 0.5, adaptation: 0.3, "
        "discount_rate: 0}",
        "planner": "{kind: planner, horizon_years: 10, discount_rate: 0.05, steps: 2}",
    }
    declared = "".join(
        f"""  {key}:
    title: {{en: permit, zh: 许可}}
    unit: permit
    lot: 1
    tick: 0.01
    cap: {{kind: table, values: {{2025: {plain_mesa.ALLOCATION_SHARE * baseline[:, k].sum()}}}}}
    allocation: {{kind: grandfathering}}
    banking: {{kind: full}}
    penalty: {{kind: flat, rate: 200, make_good: false}}
    venues: [{{name: main, mechanism: {{kind: call_auction}}}}]
"""
        for k, key in enumerate(keys)
    )
    path = folder / "scenario.yaml"
    path.write_text(
        f"""schema: 1
name: bench
title: {{en: bench, zh: 基准}}
summary: {{en: bench, zh: 基准}}
calendar: {{start_year: 2025, years: 10, periods_per_year: 12}}
money: {{currency: {{en: money, zh: 货币}}}}
instruments:
{declared}population: {{kind: tables, firms: firms.csv, measures: measures.csv}}
behaviours: [{rules[behaviour]}]
world: {{activity_sd: 0.02}}
rounds: 0
recording: {{firms: false, journal: false, quality: false}}
""",
        encoding="utf-8",
    )
    return path


def made(scenario: Path, runs: int, outcomes: list[str] = OUTCOMES) -> Measured:
    """Make a sweep of so many runs on two processes and measure it from when the workers are up."""
    from scenarios.sweeps import sweep_of
    from scenarios.sweeps.engine import prepared, run_store
    from scenarios.sweeps.executors import Pool
    from scenarios.sweeps.separate_processes import SeparateProcesses
    from scenarios.sweeps.work import warm

    declared: dict[str, Any] = {
        "name": "bench",
        "scenario": str(scenario),
        "levers": {"cap": {"path": "permit0.cap_scale", "low": 70, "high": 110}},
        "uncertainties": {"spread": {"path": "world.activity_sd", "low": 0.0, "high": 0.05}},
        "design": {"kind": "latin_hypercube", "points": runs},
        "outcomes": outcomes,
    }
    with tempfile.TemporaryDirectory() as folder, SeparateProcesses(WORKERS) as executor:
        store = prepared(sweep_of(declared), Path(folder) / "sweep")
        ready = [executor.submit(warm, str(store.folder.absolute()), store.digest) for _ in range(WORKERS)]
        pids = [one.result() for one in ready]
        before, watch = [_cpu(pid) for pid in pids], _Memory([os.getpid(), *pids])
        start = time.perf_counter()
        progress = run_store(store, lambda: nullcontext(Pool(executor, lambda: WORKERS)))
        seconds = time.perf_counter() - start
        busy = sum(_cpu(pid) for pid in pids) - sum(before)
        assert (progress.done, progress.failed) == (runs, 0)
        overhead = (progress.worker_seconds - progress.model_seconds) / runs
        return Measured(runs, seconds, overhead, busy / (WORKERS * seconds), watch.stop())


class _Memory:
    """Watches the memory of processes together, in MB, each page shared among those that have it."""

    def __init__(self, pids: list[int]) -> None:
        self.pids, self.peak, self.over = pids, 0.0, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        while not self.over.wait(0.5):
            self.peak = max(self.peak, sum(map(_memory, self.pids)))

    def stop(self) -> float:
        self.over.set()
        self.thread.join()
        return max(self.peak, sum(map(_memory, self.pids)))


def _memory(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(float(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024.0


def _cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def mesa_rate(firms: int) -> float:
    """Return the runs a second of `mesa.batch_run` on plain Mesa, in the better of one and two processes."""
    best = 0.0
    for processes in (1, WORKERS):
        start = time.perf_counter()
        seeds = list(range(MESA_RUNS[firms]))
        mesa.batch_run(
            plain_mesa.PermitMarket, {"firms": firms, "seed": seeds}, number_processes=processes, iterations=1,
            max_steps=119, display_progress=False, data_collection_period=-1,
        )  # fmt: skip
        best = max(best, len(seeds) / (time.perf_counter() - start))
    return best


def measure() -> list[Figure]:
    """Return times, overhead, use of cores, memory, and ratios to `mesa.batch_run`."""
    figures = []
    with tempfile.TemporaryDirectory() as place:
        small = market(Path(place) / "small", 100, 1, "adaptive")
        made(small, 16)  # compiles
        many, few = round(10_000 * SHARE), round(1_000 * SHARE)
        short, long = made(small, few), made(small, many)
        title = f"{many:,} runs of 100 firms"
        figures += [
            Figure(f"sweep, {title}", long.seconds, "s", "", 180.0 * SHARE, "at most"),
            Figure(f"sweep, {title}: engine a run", 1e3 * long.overhead, "ms", "", 0.5, "at most"),
            Figure(f"sweep, {title}: use of cores", 100.0 * long.use, "%", "", 90.0, "at least"),
            Figure(f"sweep, {title}: memory", long.memory, "MB"),
            Figure(
                f"sweep, memory against {few:,} runs", long.memory / short.memory, "x", "fewer runs", 1.1, "at most"
            ),
        ]
        large = made(market(Path(place) / "large", 500, 4, "planner"), few)
        figures.append(
            Figure(f"sweep, {few:,} runs of 500 firms, 4 instruments", large.seconds, "s", "", 180.0 * SHARE, "at most")
        )
        thousand = market(Path(place) / "thousand", 1_000, 1, "adaptive")
        rates = {100: made(small, many, AS_MESA), 1_000: made(thousand, few, AS_MESA)}
        for firms, one in rates.items():
            ratio = one.runs / one.seconds / mesa_rate(firms)
            name = f"sweep against mesa.batch_run, {firms:,} firms"
            figures.append(Figure(name, ratio, "x", "plain Mesa", LEVELS[firms], "at least"))
    return figures
