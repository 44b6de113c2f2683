"""The bare permit market of `benchmarks.plain_mesa` in this engine: the same firms, permits, banking and deadlines.

Firms are planners with a horizon of one compliance year and two limit orders each a period, one linear measure
(marginal cost ``c·abatement`` up to the baseline) and one banked instrument in unit lots; a call auction takes the
place of the order book. Registry, locks, settlement, compliance, expectations and market recording are all on;
accounts are not recorded one by one, as in the baseline.
"""

import gc
import resource
import time

import numpy as np

from agents.behaviours.declared import PlannerRule
from agents.model import RightsMarketModel
from agents.population import FirmPopulation
from agents.spec import MarketSpec
from agents.world import World
from benchmarks import plain_mesa
from benchmarks.figures import Figure
from market.instruments import Instrument
from market.technology import Technology

LEVELS = {1_000: 30.0, 10_000: 100.0}  # how many times faster than plain Mesa, at least
YEARS = 5


def specification(firms: int, years: int, seed: int = 0, instruments: int = 1) -> MarketSpec:
    """Return the permit market of `benchmarks.plain_mesa`; with more instruments each firm has as many such markets."""
    draw = np.random.default_rng(seed)
    baseline = 1000.0 * np.exp(0.8 * draw.standard_normal((firms, instruments)))
    slope = draw.uniform(50.0, 150.0, (firms, instruments)) / baseline
    rule = {
        "title": {"en": "permit", "zh": "许可"},
        "unit": "permit",
        "lot": 1.0,
        "tick": 0.01,
        "allocation": {"kind": "grandfathering"},
        "banking": {"kind": "full"},
        "penalty": {"kind": "flat", "rate": plain_mesa.PENALTY, "make_good": False},
    }
    caps = plain_mesa.ALLOCATION_SHARE * baseline.sum(axis=0)
    rules = {
        f"permit{k}": Instrument.model_validate(rule | {"cap": {"kind": "table", "values": {2025: float(cap)}}})
        for k, cap in enumerate(caps)
    }
    technology = Technology.build(baseline, np.eye(instruments), np.zeros(slope.shape), slope, baseline)
    population = FirmPopulation(
        [f"firm-{i}" for i in range(firms)], {"size": baseline.sum(axis=1)}, ["industry"], ["town"]
    )
    return MarketSpec(
        instruments=rules,
        technology=technology,
        population=population,
        start_year=2025,
        years=years,
        periods=plain_mesa.STEPS_A_YEAR,
        behaviours=(PlannerRule(horizon_years=1, steps=2),),
        world=World(),
        sector_growth=np.zeros(1),
        rounds=0,
        record_firms=False,
        record_journal=False,
        record_quality=False,
    )


def seconds(spec: MarketSpec, repeats: int = 3) -> float:
    """Return the shortest time of some runs of a specification, stepping only."""
    best = np.inf
    for _ in range(repeats):
        model = RightsMarketModel(spec, 0)
        gc.collect()
        start = time.perf_counter()
        while not model.done:
            model.step()
        best = min(best, time.perf_counter() - start)
    return best


def measure() -> list[Figure]:
    """Return nanoseconds per firm-step and the ratios to plain Mesa, and one run with a million firms."""
    figures = []
    seconds(specification(50, 1), repeats=1)  # compiles
    for firms, level in LEVELS.items():
        own = seconds(specification(firms, YEARS)) / (firms * YEARS * plain_mesa.STEPS_A_YEAR)
        steps = plain_mesa.SIZES[firms]
        plain = min(plain_mesa.run(firms, steps, seed) for seed in range(2)) / (firms * steps)
        figures += [
            Figure(f"permit market, {firms:,} firms", own * 1e9, "ns/firm-step"),
            Figure(
                f"permit market against plain Mesa, {firms:,} firms", plain / own, "x", "plain Mesa, same market",
                level, "at least",
            ),
        ]  # fmt: skip
    million = seconds(specification(1_000_000, 1, instruments=4), repeats=1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        *figures,
        Figure("1,000,000 firms, 4 instruments, 12 months", million, "s"),
        Figure("1,000,000 firms, 4 instruments, 12 months: memory", peak, "MB", "", 16_000.0, "at most"),
    ]
