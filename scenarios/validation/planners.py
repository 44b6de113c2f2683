"""Price-taking planners with full information in the call auction, held against the intertemporal equilibrium."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from market.reference import competitive_equilibrium, intertemporal_equilibrium
from scenarios.validation.cases import Case, series
from scenarios.validation.coupled import CARBON_CAPS, SULPHUR_CAPS, three_instruments
from scenarios.validation.theory import A1B_BASELINE, A1B_INTERCEPT, A1B_SLOPE

if TYPE_CHECKING:
    from agents.model import RightsMarketModel
    from agents.spec import MarketSpec

Floats = npt.NDArray[np.float64]

AUCTION = "a run of planners in the call auction, against the reference"
PRICE_TOLERANCE, COST_TOLERANCE = 0.02, 0.01
PRICE, UNITS, MONEY = "money/unit", "units", "money"
RATE = 0.05
ENERGY_CAPS = {
    "A11a": (98.0, 94.0, 90.0, 86.0, 82.5, 79.0),
    "A11b": (100.0, 97.0, 94.0, 91.0, 88.0, 85.0),
    "A11c": (97.0, 93.0, 89.0, 85.0, 81.0, 77.0),
}


def yearly_price(model: "RightsMarketModel") -> Floats:
    """Return the volume-weighted mean price of each compliance year (T, K); NaN where nothing was traded."""
    spec, market = model.spec, model.recorder.market
    shape = (spec.years, spec.periods, -1)
    volume = np.nansum(market["volume"][: spec.years * spec.periods].reshape(shape), axis=1)
    turnover = np.nansum(market["turnover"][: spec.years * spec.periods].reshape(shape), axis=1)
    return np.divide(turnover, volume, out=np.full(volume.shape, np.nan), where=volume > 0)


def present_cost(model: "RightsMarketModel") -> float:
    """Return what accounts spent on measures, in present value."""
    return float(model.recorder.cost @ (1.0 + RATE) ** -np.arange(float(model.spec.years)))


def largest_breach(model: "RightsMarketModel") -> float:
    """Return the largest excess of cumulative flows over cumulative rights, in units (0: none)."""
    excess = np.cumsum(model.recorder.flow - model.regulator.cap, axis=0)
    return max(0.0, float(excess.max()))


def _run(name: str) -> "RightsMarketModel":
    from agents.model import RightsMarketModel
    from scenarios import load
    from scenarios.build import build

    return RightsMarketModel(build(load(name))).run()


def textbook_banking() -> list[Case]:
    """Planners on the data of A2b and A2d: one bank that runs out, and two cycles."""
    cases: list[Case] = []
    for name in ("textbook-banking", "textbook-banking-cycles"):
        model = _run(name)
        expected = intertemporal_equilibrium(0.0, 0.5, 100.0, model.regulator.cap[:, 0], RATE)
        label = f"planners.{name}"
        cases += [
            *series(
                f"{label}.price", AUCTION, expected.price, yearly_price(model)[:, 0], PRICE_TOLERANCE, PRICE, "year"
            ),
            Case(f"{label}.cost", AUCTION, expected.cost, present_cost(model), COST_TOLERANCE, MONEY),
            Case(f"{label}.above_cumulative_cap", AUCTION, 0.0, largest_breach(model), 1e-6, UNITS),
        ]
    return cases


def textbook_montgomery() -> list[Case]:
    """Planners on the data of A1b under a cap of 240."""
    model = _run("textbook-montgomery")
    expected = competitive_equilibrium(A1B_INTERCEPT, A1B_SLOPE, A1B_BASELINE, 240.0)
    label = "planners.textbook-montgomery"
    return [
        Case(f"{label}.price", AUCTION, expected.price, float(yearly_price(model)[0, 0]), PRICE_TOLERANCE, PRICE),
        *series(f"{label}.flow", AUCTION, expected.emissions, model.flow[0, :, 0], PRICE_TOLERANCE, UNITS, "firm"),
        Case(f"{label}.cost", AUCTION, expected.cost, present_cost(model), COST_TOLERANCE, MONEY),
    ]


def coupled_instruments() -> list[Case]:
    """Planners on the data of A11: every instrument and year, where the energy cap binds, is loose, or is tight."""
    from agents.model import RightsMarketModel

    cases: list[Case] = []
    for name, energy in ENERGY_CAPS.items():
        model = RightsMarketModel(_a11(energy)).run()
        expected = three_instruments(energy)
        price = yearly_price(model)
        for k, instrument in enumerate(model.spec.keys):
            label = f"planners.{name}.{instrument}"
            # Where rights are worth nothing, nobody needs to trade them.
            got = np.where(np.isnan(price[:, k]) & (expected.price[:, k] < 1e-9), 0.0, price[:, k])
            cases += series(f"{label}.price", AUCTION, expected.price[:, k], got, PRICE_TOLERANCE, PRICE, "year")
        cost = present_cost(model)
        cases += [
            Case(f"planners.{name}.cost", AUCTION, expected.cost, cost, COST_TOLERANCE, MONEY),
            Case(f"planners.{name}.above_cumulative_cap", AUCTION, 0.0, largest_breach(model), 1e-6, UNITS),
        ]
    return cases


def _a11(energy: tuple[float, ...]) -> "MarketSpec":
    """Return A11 as a market: three firms with the measures of `coupled.three_instruments`."""
    from agents.behaviours.declared import PlannerRule
    from agents.population import FirmPopulation
    from agents.spec import MarketSpec
    from agents.world import World
    from market.instruments import Instrument
    from market.technology import Technology

    years = len(energy)
    technology = Technology.build(
        baseline=[(100, 40, 20), (80, 30, 30), (60, 35, 10)],
        effect=[(2.6, 1.0, 0.4), (1.5, 0.2, 0.8), (-0.1, -0.05, 1.0)],
        intercept=[(10, 8, 2), (20, 5, 3), (5, 15, 4)],
        slope=[(4, 3, 1), (5, 2, 1.5), (3, 4, 2)],
        limit=[(12, 6, 10), (10, 10, 16), (10, 4, 2.5)],
    )

    def rule(caps: npt.ArrayLike) -> Instrument:
        levels = np.asarray(caps, dtype=np.float64)
        return Instrument.model_validate(
            {
                "title": {"en": "right", "zh": "权"},
                "unit": "unit",
                "lot": 1e-4,
                "tick": 1e-4,
                "cap": {"kind": "table", "values": {2025 + y: float(level) for y, level in enumerate(levels)}},
                "allocation": {"kind": "grandfathering"},
                "banking": {"kind": "full"},
                "penalty": {"kind": "flat", "rate": 1000.0},
            }
        )

    names = ["firm-0", "firm-1", "firm-2"]
    return MarketSpec(
        instruments={"carbon": rule(CARBON_CAPS), "energy": rule(energy), "so2": rule(SULPHUR_CAPS)},
        technology=technology,
        population=FirmPopulation(names, {"size": np.ones(3)}, ["industry"], ["town"]),
        start_year=2025,
        years=years,
        periods=12,
        behaviours=(PlannerRule(horizon_years=years, discount_rate=RATE),),
        world=World(),
        sector_growth=np.zeros(1),
        minor_unit=1e-8,
        credit_limit=1e9,
        social_discount_rate=RATE,
        measure_names=("efficiency", "fuel_switch", "scrubber"),
        measure_of=np.tile(np.arange(3), (3, 1)),
    )


SUITES = (textbook_banking, textbook_montgomery, coupled_instruments)
