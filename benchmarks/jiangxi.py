"""The flagship scenario: seconds of the simulation itself, after import, compilation and building, and its memory."""

import resource
import time

from agents.model import RightsMarketModel
from benchmarks.figures import Figure
from scenarios import load
from scenarios.build import build


def measure() -> list[Figure]:
    """Return the seconds of the best of three runs of `jiangxi`, all recording on, and the process's peak memory."""
    spec = build(load("jiangxi"))
    RightsMarketModel(spec, 0).run()
    times = []
    for seed in range(3):
        model = RightsMarketModel(spec, seed)
        start = time.perf_counter()
        model.run()
        times.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    steps = len(spec.population) * spec.years * spec.periods * len(spec.keys)
    return [
        Figure("jiangxi, simulation", min(times), "s", "", 5.0, "at most"),
        Figure("jiangxi, per account, month and instrument", min(times) / steps * 1e9, "ns"),
        Figure("jiangxi, memory of the process", peak, "MB", "", 1_000.0, "at most"),
    ]
