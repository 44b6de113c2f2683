"""Transaction costs (A4) and price against quantity (A5) in whole runs: planners, venues, registry and compliance.

The other suites play the same cases through a mechanism alone; here firms decide in the model, month by month.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from market.reference.instrument_choice import quota_with_collar, welfare, welfare_of_price
from scenarios.validation.cases import Case
from scenarios.validation.instrument_choice import COSTS, normal

if TYPE_CHECKING:
    from agents.model import RightsMarketModel

Floats = npt.NDArray[np.float64]

STAVINS = "Stavins (1995), closed form; whole runs of planners"
CHOICE = "Weitzman (1974), Roberts and Spence (1976); whole runs of one planner for all, shock by shock"
TOLERANCE = 0.05
"""What an agent-based run may be off, as for prices."""
ROWS = {6.0: {20: 69.333333, 40: 69.333333, 60: 69.333333, 100: 77.333333, 120: 77.333333},
        30.0: {20: 53.333333, 40: 53.333333, 60: 60.0, 100: 93.333333, 120: 93.333333}}  # fmt: skip
BASELINE = 200.0
SHOCKS = 60


def transaction_costs() -> list[Case]:
    """Take two firms with a constant cost a unit: emissions of the first, whatever it holds at first."""
    cases = []
    for cost, rows in ROWS.items():
        side = {"proportional": cost / 2.0}
        venue = {"name": "exchange", "cost": {"buyer": side, "seller": side}}
        for held, expected in rows.items():
            model = _model((1.0, 0.5), (0.0, 0.0), 100.0, 120.0, [venue], 12)
            model.regulator.entitlement[0, :, 0] = (held, 120.0 - held)
            got = float(model.run().flow[0, 0, 0])
            cases.append(Case(f"A4.run.cost{cost:g}.held{held}", STAVINS, expected, got, TOLERANCE, "units"))
    return cases


def price_against_quantity() -> list[Case]:
    """Compare expected welfare under a posted price and under collars around a quota, over shocks to costs."""
    best, middle = COSTS.quantity, COSTS.price
    posted = [{"name": "authority", "mechanism": {"kind": "posted", "price": middle}}]
    cases = [
        Case("A5.run.posted", CHOICE, welfare_of_price(COSTS, middle), _expected_welfare(posted, 1e-6), 0.01, "money")
    ]
    for below, above in ((6.0, 6.0), (2.0, 2.0), (4.0, 10.0)):
        hybrid = {"kind": "hybrid", "floor": middle - below, "ceiling": middle + above}
        venue = [{"name": "exchange", "mechanism": hybrid}]
        expected = quota_with_collar(COSTS, best, middle - below, middle + above).welfare
        got = _expected_welfare(venue, BASELINE - best)
        cases.append(Case(f"A5.run.collar-{below:g}+{above:g}", CHOICE, expected, got, 0.01, "money"))
    return cases


def _expected_welfare(venues: list[dict[str, Any]], cap: float) -> float:
    """Return the mean welfare over equally likely strata of the shock."""
    shocks = normal(COSTS.deviation)((np.arange(SHOCKS) + 0.5) / SHOCKS)
    found = []
    for shock in shocks:
        model = _model((COSTS.cost_slope,), (COSTS.cost_intercept + shock,), BASELINE, cap, venues, 1).run()
        found.append(welfare(COSTS, BASELINE - float(model.flow[0, 0, 0]), shock))
    return float(np.mean(found))


def _model(
    slope: tuple[float, ...], intercept: tuple[float, ...], baseline: float, cap: float, venues: list[dict[str, Any]],
    periods: int,
) -> "RightsMarketModel":  # fmt: skip
    """Return a market of one year in which firms have linear marginal costs."""
    from agents.behaviours.declared import PlannerRule
    from agents.model import RightsMarketModel
    from agents.population import FirmPopulation
    from agents.spec import MarketSpec
    from agents.world import World
    from market.instruments import Instrument
    from market.technology import Technology

    n, column = len(slope), np.full((len(slope), 1), baseline)
    rule = Instrument.model_validate(
        {
            "title": {"en": "right", "zh": "权"},
            "unit": "unit",
            "lot": 1e-3,
            "tick": 1e-3,
            "cap": {"kind": "linear", "initial": cap},
            "allocation": {"kind": "grandfathering"},
            "penalty": {"kind": "flat", "rate": 1000.0},
            "venues": venues,
        }
    )
    technology = Technology.build(
        column, np.ones((1, 1)), np.array(intercept).reshape(n, 1), np.array(slope).reshape(n, 1), column
    )
    spec = MarketSpec(
        instruments={"right": rule},
        technology=technology,
        population=FirmPopulation([f"firm-{i}" for i in range(n)], {"size": np.ones(n)}, ["industry"], ["town"]),
        start_year=2025,
        years=1,
        periods=periods,
        behaviours=(PlannerRule(horizon_years=1, steps=64),),
        world=World(),
        sector_growth=np.zeros(1),
        minor_unit=1e-6,
        credit_limit=1e6,
        record_firms=False,
        record_journal=False,
    )
    return RightsMarketModel(spec)


SUITES = (transaction_costs, price_against_quantity)
