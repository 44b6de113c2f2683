"""Transaction costs (A4): two firms whose schedules, less what a trade costs them, meet in the call auction.

Marginal abatement costs are ``b·(100 − e)`` with b = 1 and ½, and 120 rights are split between the two. Each firm bids
for rights up to its marginal cost less what the next unit costs it to buy, and offers rights from its marginal cost
plus what the next unit costs it to sell. Who buys is not said beforehand.
"""

import numpy as np
import numpy.typing as npt

from market.matching import CallAuction
from market.matching.protocol import Grid
from market.orders import BUY, SELL, Ints, OrderBatch
from market.policies.transaction_cost import SideCost, TransactionCost
from market.randomness import Streams
from market.units import steps_down, steps_up
from scenarios.validation.cases import Case

Floats = npt.NDArray[np.float64]

STAVINS = "Stavins (1995), closed form; schedules cleared by the call auction"
TOLERANCE = 1e-3
SLOPES, BASELINE, CAP, LEAST_COST_EMISSIONS = (1.0, 0.5), 100.0, 120.0, 73.333333
GRID = Grid(lot=0.002, tick=1e-4)


def traded(cost: TransactionCost, held: float) -> float:
    """Return the emissions of the first firm after trade, when it holds ``held`` rights before."""
    batches = [_orders(cost, i, start) for i, start in enumerate((held, CAP - held))]
    batch = OrderBatch.concatenate(batches)
    _, result = CallAuction().clear(None, batch, Streams(1).at("clearing", 0))
    mine = batch.account == 0
    return held + int((result.filled * batch.side)[mine].sum()) * GRID.lot


def _orders(cost: TransactionCost, firm: int, held: float) -> OrderBatch:
    """Return a firm's bids and offers, a lot each, where it would emit between nothing and its baseline."""
    slope = SLOPES[firm]
    bought = (np.arange(max(0, round((BASELINE - held) / GRID.lot))) + 0.5) * GRID.lot
    sold = (np.arange(round(held / GRID.lot)) + 0.5) * GRID.lot
    worth = slope * (BASELINE - held - bought) - cost.buyer.marginal(bought)
    least = slope * (BASELINE - held + sold) + cost.seller.marginal(sold)
    bids = steps_down(worth[worth >= 0], GRID.tick)
    offers = steps_up(np.maximum(least, 0.0), GRID.tick)
    price: Ints = np.concatenate([bids, offers])
    side = np.repeat(np.array([BUY, SELL], dtype=np.int8), (bids.size, offers.size))
    return OrderBatch(np.full(price.size, firm, dtype=np.int64), side, price, np.ones(price.size, dtype=np.int64))


def abatement_cost(emissions: float) -> float:
    """Return what both firms spend on abatement when the first emits so much."""
    abated = (BASELINE - emissions, BASELINE - (CAP - emissions))
    return sum(0.5 * slope * a * a for slope, a in zip(SLOPES, abated, strict=True))


def proportional_costs() -> list[Case]:
    """A4: a constant cost of a unit leaves the same gap whatever the endowment, or no trade at all."""
    rows = {
        6.0: {20: 69.333333, 40: 69.333333, 60: 69.333333, 100: 77.333333, 120: 77.333333},
        30.0: {20: 53.333333, 40: 53.333333, 60: 60.0, 100: 93.333333, 120: 93.333333},
    }
    spent = {(6.0, held): 1078.666667 for held in rows[6.0]} | {(30.0, 60): 1200.0}
    cases: list[Case] = []
    for tau, expected in rows.items():
        half = SideCost(proportional=0.5 * tau)
        for held, emissions in expected.items():
            found = traded(TransactionCost(buyer=half, seller=half), float(held))
            name = f"A4.proportional{tau:g}.held{held}"
            cases.append(Case(f"{name}.emissions", STAVINS, emissions, found, TOLERANCE, "units"))
            if (tau, held) in spent:
                cost = spent[tau, held]
                cases.append(Case(f"{name}.cost", STAVINS, cost, abatement_cost(found), TOLERANCE, "money"))
    free = traded(TransactionCost(), 20.0)
    return [
        *cases,
        Case("A4.free.emissions", STAVINS, LEAST_COST_EMISSIONS, free, TOLERANCE, "units"),
        Case("A4.free.cost", STAVINS, 1066.666667, abatement_cost(free), TOLERANCE, "money"),
    ]


def curved_costs() -> list[Case]:
    """A4: a convex cost strands more trade the further the endowment is from least cost, a concave one less."""
    rows = {
        0.05: {20: 5.591398, 40: 4.946237, 60: 4.301075, 100: 4.731183, 120: 5.376344},
        -0.05: {20: 2.298851, 40: 2.988506, 60: 3.678161, 100: 3.218391, 120: 2.528736},
    }
    cases: list[Case] = []
    for gamma, expected in rows.items():
        cost = TransactionCost(buyer=SideCost(proportional=6.0, curvature=gamma, largest=CAP))
        for held, distance in expected.items():
            found = abs(traded(cost, float(held)) - 220.0 / 3.0)
            name = f"A4.curvature{gamma:+g}.held{held}.distance_from_least_cost"
            cases.append(Case(name, STAVINS, distance, found, TOLERANCE, "units"))
    return cases


SUITES = (proportional_costs, curved_costs)
