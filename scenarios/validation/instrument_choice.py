"""Price, quantity or both under uncertain costs (A5): the mechanisms themselves, shock by shock, and closed forms.

One firm that stands for all needs a right for every unit it emits. Its bids are its marginal abatement cost, tick by
tick. The regulator offers a quota of rights at any price, and keeps its price within a collar; or it sells rights at a
posted price. Welfare is computed from the fills. Shocks are strata of the distribution, finer in its tails, and each
has its weight; nothing is drawn.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.matching import CallAuction, Hybrid, PostedPrice
from market.matching.protocol import Grid, Mechanism
from market.orders import BUY, SELL, OrderBatch
from market.randomness import Streams
from market.reference.instrument_choice import (
    UncertainCosts,
    best_collar,
    clamped_normal,
    clamped_uniform,
    price_advantage,
    quota_with_collar,
    welfare,
    welfare_of_price,
    welfare_of_quantity,
)
from scenarios.validation.cases import Case

Floats = npt.NDArray[np.float64]

WEITZMAN = "Weitzman (1974), closed form"
COLLAR = "Roberts and Spence (1976), quadrature"
RUN = "; the mechanism run shock by shock"
EXACT, FROM_RUNS = 1e-6, 1e-3
PRICE, UNITS, MONEY, SHARE = "money/unit", "units", "money", "1"

BASELINE = 200.0
"""Emissions without abatement; beyond what any shock lets the firm abate."""
GRID = Grid(lot=1.0 / 700.0, tick=1.0 / 28.0)
"""The best quota and the best price of the cases below, fractions of 7, are whole lots and ticks."""
STRATA = 1_000
COSTS = UncertainCosts(60.0, 0.2, 10.0, 0.5, 8.0)
STEEP_BENEFITS = UncertainCosts(60.0, 0.9, 10.0, 0.5, 8.0)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Weights, prices, abatement, welfare, and lots that the house bought net, all by stratum."""

    weight: Floats
    price: Floats
    abatement: Floats
    welfare: Floats
    house_lots: Floats

    def mean(self, of: Floats) -> float:
        """Return the weighted mean of a column."""
        return float(self.weight @ of)


def strata(quantile: Callable[[Floats], Floats]) -> tuple[Floats, Floats]:
    """Return shocks and their weights: the midpoint rule in s with probability s²(3 − 2s), finer in both tails."""
    s = (np.arange(STRATA) + 0.5) / STRATA
    weight = 6.0 * s * (1.0 - s)
    return quantile(s * s * (3.0 - 2.0 * s)), weight / weight.sum()


def normal(deviation: float) -> Callable[[Floats], Floats]:
    """Return the quantile function of a normal shock."""
    from scipy.special import ndtri

    return lambda probability: deviation * ndtri(probability)


def bids(costs: UncertainCosts, shock: float) -> OrderBatch:
    """Return the firm's bids for rights: at every tick the emissions that are cheaper to cover than to abate."""
    top = costs.cost_intercept + costs.cost_slope * BASELINE + shock  # nothing is emitted at this price
    ticks = np.arange(max(2, int(top / GRID.tick) + 2), dtype=np.int64)
    emitted = np.maximum(0.0, (top - ticks * GRID.tick) / costs.cost_slope)
    lots = np.rint(emitted / GRID.lot).astype(np.int64)
    here = lots - np.append(lots[1:], 0)
    rows = np.flatnonzero(here)
    side = np.full(rows.size, BUY, dtype=np.int8)
    return OrderBatch(np.zeros(rows.size, dtype=np.int64), side, ticks[rows], here[rows])


def outcomes(
    costs: UncertainCosts,
    mechanism: Mechanism,
    quota: float | None = None,
    quantile: Callable[[Floats], Floats] | None = None,
) -> Outcomes:
    """Run the mechanism once for every stratum and return what came out.

    ``quota`` is the abatement that the regulator's rights leave; None where it offers none outside the mechanism.
    """
    shocks, weight = strata(quantile or normal(costs.deviation))
    columns = np.zeros((4, STRATA))
    stream = Streams(1).at("clearing", 0)
    offer = OrderBatch.empty()
    if quota is not None:
        rights = np.array([round((BASELINE - quota) / GRID.lot)], dtype=np.int64)
        offer = OrderBatch(
            np.ones(1, dtype=np.int64), np.full(1, SELL, dtype=np.int8), np.zeros(1, dtype=np.int64), rights
        )
    state = mechanism.open(GRID)
    for i, shock in enumerate(shocks):
        batch = OrderBatch.concatenate([bids(costs, float(shock)), offer])
        _, result = mechanism.clear(state, batch, stream)
        emitted = int(result.filled[batch.side == BUY].sum()) * GRID.lot
        abated = BASELINE - emitted
        columns[:, i] = result.price * GRID.tick, abated, welfare(costs, abated, float(shock)), result.house_lots
    return Outcomes(weight, *columns)


def price_or_quantity() -> list[Case]:
    """A5: the best quantity, the best price, and by how much the price is better, for two slopes of the benefits."""
    cases: list[Case] = []
    rows = ((COSTS, 71.428571, 45.714286, 38.4), (STEEP_BENEFITS, 35.714286, 27.857143, -51.2))
    for costs, quantity, price, advantage in rows:
        name = f"A5.benefit_slope{costs.benefit_slope:g}"
        fixed = outcomes(costs, CallAuction(), costs.quantity)
        posted = outcomes(costs, PostedPrice(price=costs.price))
        difference = posted.mean(posted.welfare) - fixed.mean(fixed.welfare)
        cases += [
            Case(f"{name}.quantity", WEITZMAN, quantity, costs.quantity, EXACT, UNITS),
            Case(f"{name}.price", WEITZMAN, price, costs.price, EXACT, PRICE),
            Case(f"{name}.advantage_of_price", WEITZMAN, advantage, price_advantage(costs), EXACT, MONEY),
            Case(f"{name}.advantage_of_price.run", WEITZMAN + RUN, advantage, difference, FROM_RUNS, MONEY),
            Case(f"{name}.abatement_under_price.run", WEITZMAN + RUN, quantity, posted.mean(posted.abatement),
                 FROM_RUNS, UNITS),
        ]  # fmt: skip
        if costs is COSTS:
            welfares = (1785.714286, welfare_of_quantity(costs, quantity), fixed), (
                1824.114286, welfare_of_price(costs, price), posted)  # fmt: skip
            for label, (expected, closed, run) in zip(("quantity", "price"), welfares, strict=True):
                cases += [
                    Case(f"{name}.welfare_of_{label}", WEITZMAN, expected, closed, EXACT, MONEY),
                    Case(f"{name}.welfare_of_{label}.run", WEITZMAN + RUN, expected, run.mean(run.welfare),
                         FROM_RUNS, MONEY),
                ]  # fmt: skip
    return cases


COLLARS: tuple[tuple[str, float | None, float, dict[str, float]], ...] = (
    ("-6+6", -6.0, 6.0, {"price": 45.714286, "price_deviation": 4.732829, "at_floor": 0.226627,
                         "at_ceiling": 0.226627, "welfare": 1820.748100}),
    ("-2+2", -2.0, 2.0, {"price_deviation": 1.863164, "at_floor": 0.401294, "at_ceiling": 0.401294,
                         "welfare": 1829.361882}),
    ("-4+10", -4.0, 10.0, {"price": 46.891963, "at_floor": 0.308538, "at_ceiling": 0.105650,
                           "abatement": 73.783926, "welfare": 1816.146094}),
    ("ceiling+4", None, 4.0, {"price": 44.131913, "welfare": 1806.423414}),
)  # fmt: skip
"""Floor and ceiling as distances from the best price, and what is expected of the best quota between them."""
UNIT_OF = {"price": PRICE, "price_deviation": PRICE, "abatement": UNITS, "welfare": MONEY}


def quota_and_collar() -> list[Case]:
    """A5: the best quota with a collar around the best price."""
    cases: list[Case] = []
    for name, down, up, expected in COLLARS:
        floor = None if down is None else COSTS.price + down
        closed = quota_with_collar(COSTS, COSTS.quantity, -np.inf if floor is None else floor, COSTS.price + up)
        found = {"price": closed.mean_price, "price_deviation": closed.price_deviation, "at_floor": closed.at_floor,
                 "at_ceiling": closed.at_ceiling, "abatement": closed.abatement, "welfare": closed.welfare}  # fmt: skip
        run = summary(outcomes(COSTS, Hybrid(floor=floor, ceiling=COSTS.price + up), COSTS.quantity))
        for key, value in expected.items():
            unit = UNIT_OF.get(key, SHARE)
            cases += [
                Case(f"A5.collar{name}.{key}", COLLAR, value, found[key], EXACT, unit),
                Case(f"A5.collar{name}.{key}.run", COLLAR + RUN, value, run[key], FROM_RUNS, unit),
            ]
    return cases


def summary(run: Outcomes) -> dict[str, float]:
    """Return what is expected of a run, by the names of `COLLARS`."""
    mean = run.mean(run.price)
    return {
        "price": mean,
        "price_deviation": run.mean((run.price - mean) ** 2) ** 0.5,
        "at_floor": run.mean((run.house_lots > 0).astype(np.float64)),
        "at_ceiling": run.mean((run.house_lots < 0).astype(np.float64)),
        "abatement": run.mean(run.abatement),
        "welfare": run.mean(run.welfare),
    }


def optimal_collar() -> list[Case]:
    """A5: the best of all collars beats the best price and the best quantity."""
    best = best_collar(COSTS)
    run = summary(outcomes(COSTS, Hybrid(floor=best.floor, ceiling=best.ceiling), best.quota))
    four_digits = 1.2e-6  # the published bounds have four decimals
    return [
        Case("A5.optimal_collar.floor", COLLAR, 43.4621, best.floor, four_digits, PRICE),
        Case("A5.optimal_collar.ceiling", COLLAR, 47.9664, best.ceiling, four_digits, PRICE),
        Case("A5.optimal_collar.quota", COLLAR, 71.4286, best.quota, four_digits, UNITS),
        Case("A5.optimal_collar.welfare", COLLAR, 1829.418632, best.welfare, EXACT, MONEY),
        Case("A5.optimal_collar.welfare.run", COLLAR + RUN, 1829.418632, run["welfare"], FROM_RUNS, MONEY),
    ]


def plain_collars() -> list[Case]:
    """A5: what a collar does to a price whose distribution is known: normal (30, 10) and uniform (15, 45)."""
    costs = UncertainCosts(60.0, 0.2, 5.0, 0.5, 10.0)
    quota = 50.0  # its price is 5 + 0.5 · 50 = 30 without a shock
    rows = (
        (20.0, 40.0, 30.0, 0.158655, 0.158655),
        (25.0, 60.0, 31.974144, 0.308538, 0.001350),
        (10.0, 35.0, 28.106941, 0.022750, 0.308538),
    )
    cases: list[Case] = []
    for floor, ceiling, mean, at_floor, at_ceiling in rows:
        name = f"A5.normal_price.{floor:g}-{ceiling:g}"
        run = summary(outcomes(costs, Hybrid(floor=floor, ceiling=ceiling), quota))
        cases += [
            Case(f"{name}.price", COLLAR, mean, clamped_normal(30.0, 10.0, floor, ceiling)[0], EXACT, PRICE),
            Case(f"{name}.price.run", COLLAR + RUN, mean, run["price"], FROM_RUNS, PRICE),
            Case(f"{name}.at_floor.run", COLLAR + RUN, at_floor, run["at_floor"], FROM_RUNS, SHARE),
            Case(f"{name}.at_ceiling.run", COLLAR + RUN, at_ceiling, run["at_ceiling"], FROM_RUNS, SHARE),
        ]
    uniform = summary(outcomes(costs, Hybrid(floor=25.0, ceiling=60.0), quota, lambda p: 30.0 * p - 15.0))
    closed = clamped_uniform(15.0, 45.0, 25.0, 60.0)
    return [
        *cases,
        Case("A5.uniform_price.25-60.price", COLLAR, 31.666667, closed, EXACT, PRICE),
        Case("A5.uniform_price.25-60.price.run", COLLAR + RUN, 31.666667, uniform["price"], FROM_RUNS, PRICE),
    ]


SUITES = (price_or_quantity, quota_and_collar, optimal_collar, plain_collars)
