"""Small economies for the tests: a specification from arrays, with planners who know everything."""

import numpy as np

from agents.behaviours.declared import PlannerRule
from agents.population import FirmPopulation
from agents.spec import MarketSpec
from agents.world import World
from market.instruments import Instrument
from market.technology import Technology


def instrument(caps, start_year=2025, *, lot=1e-4, tick=1e-4, banking="full", **more):
    """An instrument with caps by year, a high flat penalty and grandfathered rights."""
    return Instrument.model_validate(
        {
            "title": {"en": "right", "zh": "权"},
            "unit": "unit",
            "lot": lot,
            "tick": tick,
            "cap": {"kind": "table", "values": {start_year + y: float(cap) for y, cap in enumerate(caps)}},
            "allocation": {"kind": "grandfathering"},
            "banking": {"kind": banking},
            "penalty": {"kind": "flat", "rate": 1000.0},
        }
        | more
    )


def economy(
    baseline, effect, intercept, slope, limit, permits, *, rate=0.05, banking="full", periods=12, rounds=3, **more
):
    """A closed economy of planners: baseline (n, K), effect (M, K) or (n, M, K), permits (T, K)."""
    technology = Technology.build(baseline, effect, intercept, slope, limit)
    permits = np.asarray(permits, dtype=float)
    n, instruments = technology.baseline.shape
    behaviours = more.pop("behaviours", (PlannerRule(horizon_years=len(permits), discount_rate=rate),))
    population = FirmPopulation(
        [f"firm-{i}" for i in range(n)],
        {"size": technology.baseline.sum(axis=1), "behaviour": more.pop("behaviour", np.zeros(n))},
        ["industry"],
        ["town"],
    )
    rules = more.pop("instruments", None) or {
        f"right{k}": instrument(permits[:, k], banking=banking) for k in range(instruments)
    }
    return MarketSpec(
        instruments=rules,
        technology=technology,
        population=population,
        start_year=2025,
        years=len(permits),
        periods=periods,
        behaviours=behaviours,
        world=more.pop("world", World()),
        sector_growth=more.pop("sector_growth", np.zeros(1)),
        minor_unit=1e-8,
        credit_limit=1e9,
        social_discount_rate=rate,
        rounds=rounds,
        measure_names=tuple(f"measure{m}" for m in range(technology.measures)),
        measure_of=np.tile(np.arange(technology.measures), (n, 1)),
        **more,
    )


A11 = {
    "baseline": [[100.0, 40.0, 20.0], [80.0, 30.0, 30.0], [60.0, 35.0, 10.0]],
    "effect": [[2.6, 1.0, 0.4], [1.5, 0.2, 0.8], [-0.1, -0.05, 1.0]],
    "intercept": [[10.0, 8.0, 2.0], [20.0, 5.0, 3.0], [5.0, 15.0, 4.0]],
    "slope": [[4.0, 3.0, 1.0], [5.0, 2.0, 1.5], [3.0, 4.0, 2.0]],
    "limit": [[12.0, 6.0, 10.0], [10.0, 10.0, 16.0], [10.0, 4.0, 2.5]],
}
A11_CARBON = [225.0, 210.0, 195.0, 180.0, 170.0, 160.0]
A11_SO2 = [55.0, 50.0, 45.0, 40.0, 36.0, 32.0]
A11_ENERGY = {
    "a": [98.0, 94.0, 90.0, 86.0, 82.5, 79.0],
    "b": [100.0, 97.0, 94.0, 91.0, 88.0, 85.0],
    "c": [97.0, 93.0, 89.0, 85.0, 81.0, 77.0],
}


def a11(case="a"):
    """The coupled economy of A11: carbon, energy and SO2 over six years."""
    return np.column_stack([A11_CARBON, A11_ENERGY[case], A11_SO2])


def a11_economy(case="a", **more):
    """A11 as a market of planners."""
    return economy(A11["baseline"], A11["effect"], A11["intercept"], A11["slope"], A11["limit"], a11(case), **more)


def random_economy(seed, *, n=12, measures=6, years=5, **more):
    """Four coupled instruments: every measure moves several flows, caps fall to between 75 and 95 % of baseline."""
    draw = np.random.default_rng(seed)
    baseline = draw.lognormal(2.0, 0.7, (n, 4))
    effect = draw.uniform(0.0, 1.0, (n, measures, 4)) * (draw.random((n, measures, 4)) < 0.6)
    effect[:, np.arange(measures), np.arange(measures) % 4] += 0.8
    effect[:, 0, 1] = -0.1  # a measure with a side effect
    most = (np.maximum(effect, 0.0) / baseline[:, None, :]).max(axis=2)
    limit = draw.uniform(0.5, 1.0, (n, measures)) * 0.9 / (measures * most)
    intercept = draw.uniform(0.0, 20.0, (n, measures))
    slope = draw.uniform(5.0, 40.0, (n, measures)) / limit
    start, end = draw.uniform(0.95, 1.0, 4), draw.uniform(0.75, 0.9, 4)
    share = start + (end - start) * np.linspace(0.0, 1.0, years)[:, None]
    caps = share * baseline.sum(axis=0)
    rules = {f"right{k}": instrument(caps[:, k], lot=1e-3, tick=1e-3) for k in range(4)}
    return economy(baseline, effect, intercept, slope, limit, caps, **({"instruments": rules} | more))


def yearly_price(model):
    """Volume-weighted mean price of each calendar year (T, K), NaN where nothing was traded."""
    spec, market = model.spec, model.recorder.market
    shape = (spec.years, spec.periods, -1)
    volume = np.nansum(market["volume"][: spec.years * spec.periods].reshape(shape), axis=1)
    turnover = np.nansum(market["turnover"][: spec.years * spec.periods].reshape(shape), axis=1)
    return np.divide(turnover, volume, out=np.full(volume.shape, np.nan), where=volume > 0)
