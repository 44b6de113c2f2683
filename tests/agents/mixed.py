"""A small province with everything in it: planners and compliers, four rights under four sets of rules, shocks."""

import hashlib
from dataclasses import replace

import numpy as np

from agents.behaviours.declared import ComplierRule, PlannerRule, Selection
from agents.model import RightsMarketModel
from agents.population import FirmPopulation
from agents.spec import MarketSpec
from agents.world import World
from market.instruments import Instrument
from market.technology import Technology

START = 2025
SECTORS = ("power", "cement", "water supply")
CITIES = ("Nanchang", "Jiujiang")
PLANNER = PlannerRule(select=Selection(ranked="largest", share=0.4), horizon_years=3, discount_rate=0.05)
COMPLIER = ComplierRule(trade_cost=5.0, discount_rate=0.08, flow_uncertainty=0.08)
SHOCKS = World(growth={"power": 0.02, "cement": -0.01}, activity_sd=0.06, water={START + 1: 0.75}, water_sd=0.1)


def technology(n, seed, instruments=4):
    """Firms of heavy-tailed size with one measure for every right and one that trades two of them off."""
    draw = np.random.default_rng(seed)
    size = draw.lognormal(0.0, 1.0, n)
    baseline = size[:, None] * draw.uniform(0.5, 1.5, (n, 4)) * np.array([100.0, 40.0, 20.0, 60.0])
    effect = np.zeros((n, 5, 4))
    effect[:, np.arange(4), np.arange(4)] = 1.0
    effect[:, 0, 3] = 0.3
    effect[:, 4, 0] = 1.0
    effect[:, 4, 1] = -0.05
    limit = baseline[:, [0, 1, 2, 3, 0]] * np.array([0.3, 0.4, 0.5, 0.3, 0.2])
    intercept = draw.uniform(5.0, 30.0, (n, 5))
    slope = draw.uniform(20.0, 60.0, (n, 5)) / limit
    built = Technology.build(
        baseline[:, :instruments], effect[:, :, :instruments], intercept, slope, limit,
        margin=baseline.sum(axis=1) * 50.0, output_slope=baseline.sum(axis=1) * 10.0, output_limit=0.5,
    )  # fmt: skip
    return built, size


def rules(baseline, *, tight=0.9):
    """Carbon by benchmark with debts and an outside market, energy auctioned, SO2 for five years, water as it rains."""
    carbon, energy, so2, water = (float(value) for value in baseline.sum(axis=0)[:4])

    def rule(**more):
        common = {"title": {"en": "right", "zh": "权"}, "unit": "t", "lot": 0.01, "tick": 0.01}
        return Instrument.model_validate(common | more)

    return {
        "carbon": rule(
            cap={"kind": "linear", "initial": tight * carbon, "factor": 0.02, "absolute_from": START + 2},
            allocation={"kind": "output_benchmark", "factor": 0.95, "own_weight": 0.5, "preallocation": 0.9},
            banking={
                "kind": "limited",
                "limits": [{"through": START + 1, "base": 0.0005 * carbon, "per_net_sale": 1.5}],
            },
            compliance={"true_up_after": 6, "deadline_after": 12},
            penalty={"kind": "multiple", "multiple": 5.0, "floor": 100.0, "ceiling": 400.0},
            outside={
                "price": {START: 30.0, START + 3: 45.0},
                "slope": 200.0 / carbon,
                "import_limit": 0.1 * carbon,
                "export_limit": 0.05 * carbon,
            },
        ),
        "energy": rule(
            cap={"kind": "growth", "initial": tight * energy, "tightening": 0.02},
            allocation={"kind": "grandfathering", "auction_share": 0.2, "reserve_price": 3.0},
            banking={"kind": "full"},
            compliance={"true_up_after": 2, "deadline_after": 3},
            penalty={"kind": "flat", "rate": 500.0},
            initial_bank=0.02 * energy,
        ),
        "so2": rule(
            cap={"kind": "table", "values": {START: 0.95 * so2, START + 3: 0.8 * so2}},
            allocation={"kind": "grandfathering", "paid_share": 0.15, "base_price": 12.0},
            penalty={"kind": "flat", "rate": 300.0, "make_good": False},
            validity_years=5,
        ),
        "water": rule(
            cap={"kind": "water_share", "volume": 1.2 * water, "share": 0.8, "total": 0.95 * water},
            allocation={"kind": "grandfathering"},
            penalty={"kind": "flat", "rate": 200.0},
            flow="intake",
        ),
    }


def province(n=24, *, seed=5, years=4, periods=12, tight=0.9, extra=0, **changes):
    """The specification; ``extra`` accounts are added at the end, ``tight`` scales caps, ``changes`` replace fields.

    Rows do not depend on how many follow them.
    """
    firms, size = technology(400, seed)
    firms = rows_of(firms, n + extra)
    total = n + extra
    sector = np.arange(total) % len(SECTORS)
    behaviour = np.where(np.arange(total) % 5 < 2, 0, 1)
    population = FirmPopulation(
        [f"firm-{i}" for i in range(total)],
        {
            "sector": sector,
            "city": np.arange(total) % 2,
            "size": size[:total],
            "revenue": 1e4 * size[:total],
            "behaviour": behaviour,
        },
        SECTORS,
        CITIES,
    )
    spec = MarketSpec(
        instruments=rules(firms.baseline[:n], tight=tight),
        technology=firms,
        population=population,
        start_year=START,
        years=years,
        periods=periods,
        behaviours=(PLANNER, COMPLIER),
        world=SHOCKS,
        sector_growth=np.array([0.02, -0.01, 0.0]),
        minor_unit=1e-4,
        credit_limit=1e9,
        rounds=2,
        measure_names=tuple(f"measure{m}" for m in range(5)),
        measure_of=np.tile(np.arange(5), (total, 1)),
    )
    return replace(spec, **changes)


def rows_of(firms, n):
    """Return the first n rows of a technology."""
    return Technology(
        **{name: getattr(firms, name)[:n].copy() for name in Technology.__dataclass_fields__ if name != "measure_names"}
    )


def fingerprint(model, *, accounts=True):
    """A hash over everything that the recorder and the registry hold, bit for bit."""
    recorder, registry = model.recorder, model.registry
    arrays = {"vintage": recorder.vintage, "balances": registry.balances, "cash": registry.cash}
    for group in (recorder.market, recorder.state, recorder.deadlines, *([recorder.firms] if accounts else [])):
        arrays |= group
    arrays |= {name: getattr(recorder, name) for name in ("flow", "baseline", "cost", "trading_cost", "penalty")}
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()


def whole_numbers(model):
    """A hash over lots and ticks alone, which is the same on every machine."""
    spec, recorder, registry = model.spec, model.recorder, model.registry
    price = np.rint(np.nan_to_num(recorder.market["price"], nan=-1.0) / spec.ticks).astype(np.int64)
    volume = np.rint(np.nan_to_num(recorder.market["volume"]) / spec.lots).astype(np.int64)
    digest = hashlib.sha256()
    totals = (registry.issued, registry.imported, registry.surrendered, registry.cancelled, registry.expired)
    held = registry.balances[:, : registry.dealer]  # no dealer in these runs
    for array in (recorder.vintage, price, volume, held, model.regulator.debt, *totals):
        digest.update(np.ascontiguousarray(array).astype("<i8").tobytes())
    return digest.hexdigest()


def finished(seed=7, **changes):
    """Run a province and return the model."""
    return RightsMarketModel(province(**changes), seed).run()


if __name__ == "__main__":
    print(fingerprint(finished()), whole_numbers(finished()))  # noqa: T201
