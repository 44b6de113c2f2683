"""The bare permit market of `benchmarks.plain_mesa` in this engine: the same firms, permits, banking and deadlines.

What is compared is the same behaviour: *adaptive* accounts (`agents.behaviours.adaptive`) do what the baseline's firms
do: a reservation price from the own position, one limit order half-way between it and the price expected, adaptive
expectations that start from the same distribution, measures at the expected price. A call auction takes the place of
the order book. Checks of cover and conservation, settlement, compliance, expectations and market recording are all on;
accounts are not recorded one by one and there is no journal, as in the baseline. Runs of the two take turns.

Beside it: the same market in this engine's order book, and firms as *planners*, who do more than the baseline's: a
search for the price at which all net demand up to each deadline clears, a schedule of two limit orders, and the shadow
price of what a firm holds before a deadline. These have no bound.
"""

import gc
import resource
import time

import numpy as np

from agents.behaviours.declared import AdaptiveRule, Behaviour, PlannerRule
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
ROUNDS, RUNS = 3, 5  # rounds in which the baseline and this engine take turns, and runs of this engine in each

ADAPTIVE = AdaptiveRule(
    first_prices={"permit0": plain_mesa.FIRST_PRICE},
    first_error=0.5,
    adaptation=plain_mesa.LEARNING_RATE,
    discount_rate=0.0,
)
PLANNER = PlannerRule(horizon_years=1, steps=2)


def specification(
    firms: int,
    years: int,
    seed: int = 0,
    instruments: int = 1,
    behaviour: Behaviour = ADAPTIVE,
    mechanism: str = "call_auction",
) -> MarketSpec:
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
        "venues": [{"mechanism": {"kind": mechanism}}],
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
        behaviours=(behaviour,),
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


def compared(firms: int) -> tuple[float, dict[str, float]]:
    """Return seconds a firm-step of plain Mesa and of this engine's variants by name; the best of several runs each."""
    steps = plain_mesa.SIZES[firms]
    variants = {
        "permit market": specification(firms, YEARS),
        "permit market, order book": specification(firms, YEARS, mechanism="order_book"),
        "planners": specification(firms, YEARS, behaviour=PLANNER),
    }
    plain, best = np.inf, dict.fromkeys(variants, np.inf)
    for seed in range(ROUNDS):
        for name, spec in variants.items():
            best[name] = min(best[name], seconds(spec, RUNS) / (firms * spec.total_periods))
        plain = min(plain, plain_mesa.run(firms, steps, seed) / (firms * steps))
    return plain, best


def measure() -> list[Figure]:
    """Return nanoseconds per firm-step and the ratios to plain Mesa, and one run with a million firms."""
    figures = []
    for variant in ({}, {"mechanism": "order_book"}, {"behaviour": PLANNER}):
        seconds(specification(50, 2, **variant), repeats=1)  # compiles
    for firms, level in LEVELS.items():
        plain, best = compared(firms)
        figures.append(Figure(f"plain Mesa beside it, {firms:,} firms", plain * 1e9, "ns/firm-step"))
        for name, own in best.items():
            figures.append(Figure(f"{name}, {firms:,} firms", own * 1e9, "ns/firm-step"))
            bounded = {"bound": level, "kind": "at least"} if name == "permit market" else {}
            figures.append(
                Figure(f"{name} against plain Mesa, {firms:,} firms", plain / own, "x", "plain Mesa", **bounded)
            )
    million = seconds(specification(1_000_000, 1, instruments=4, behaviour=PLANNER), repeats=1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        *figures,
        Figure("1,000,000 firms, 4 instruments, 12 months", million, "s"),
        Figure("1,000,000 firms, 4 instruments, 12 months: memory", peak, "MB", "", 16_000.0, "at most"),
    ]
