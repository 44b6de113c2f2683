"""The operate step: measures at the prices that cleared, flows, and the shadow prices of those who lack rights."""

from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from market.compliance import ROUNDING

if TYPE_CHECKING:
    from agents.model import RightsMarketModel

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NO_GROUPS = np.zeros(0, dtype=np.int64)
SWEEPS = 40  # over the instruments at most: a measure that saves one right moves the flows of others
TIGHT_SWEEPS = 12  # more of them, in which nobody uses more of any right


@cache
def _compiled() -> ModuleType:
    """Return the compiled loops; they are loaded when first used, because that takes longer than a schema needs."""
    from agents import operations_kernel

    return operations_kernel


def operate(model: "RightsMarketModel") -> None:
    """Choose measures and output of every account, let its flows happen and become obligations.

    Accounts work at the newest prices (planners) or at the prices they believe in. In the last period before a deadline
    an account without enough rights works at the shadow price of what it holds, up to the bound on willingness to pay;
    where rights are worthless afterwards, one with rights to spare uses them. Adaptive accounts do neither: they work
    at the price that they expect to the end.
    """
    spec, population, year = model.spec, model.population, model.year
    part = 1.0 / spec.periods
    price, kind = _prices(model)
    firm, out = model.technology, model.response
    years = (year, *model.years_so_far)
    ending = [k for k, due in spec.deadlines.get(model.period, ()) if due == year]
    if not ending or model.exchange.adaptives.all:
        _compiled().operate_and_book(price, kind, population.activity, part, *firm, *out, *years)
        return
    _compiled().operate(price, kind, population.activity, part, *firm, *out)
    shadow = price[kind] if kind.size else price.copy()
    for sweep in range(SWEEPS + TIGHT_SWEEPS):
        moved = [_fit(model, k, shadow, sweep < SWEEPS, part, firm, out) for k in ending]
        if not any(moved):
            break
    _compiled().book(population.activity, part, population.output_cut, model.period_flow, *years)


def _prices(model: "RightsMarketModel") -> tuple[Floats, Ints]:
    """Return the prices (G, K) that groups of accounts work at, and the group of each account (n,).

    Where there are adaptive accounts, or trade costs, every account has its own price (n, K), and there are no
    groups (0,).
    """
    exchange, population = model.exchange, model.population
    if exchange.adaptives.all:
        return population.expected_price, NO_GROUPS
    price = np.where(exchange.planner_groups[:, None], exchange.operating[None, :], model.outlook.belief)
    costly = exchange.trading_costs.any
    if not exchange.adaptives.any and not costly:
        return price, population.behaviour
    own = np.where(exchange.adaptives.mask[:, None], population.expected_price, price[population.behaviour])
    if costly:
        own = np.maximum(0.0, own + exchange.trading_costs.wedge)
    return own, NO_GROUPS


def _fit(
    model: "RightsMarketModel",
    k: int,
    shadow: Floats,
    both_ways: bool,
    part: float,
    firm: tuple[Any, ...],
    out: tuple[Any, ...],
) -> bool:
    """Fit the flows of instrument ``k`` to rights in hand; return whether any account had to move.

    With ``both_ways`` rights to spare that would be worthless are used too.
    """
    spec, year, registry = model.spec, model.year, model.registry
    rule, product = spec.rules[k], registry.product(k, year)
    last = both_ways and (year + 1 == spec.years or not rule.banked)
    slack = 0.5 * ROUNDING * rule.lot  # inside what rounding of obligations forgives
    found: bool = _compiled().fit(
        k, model.exchange.desks[k].rows, model.exchange.adaptives.mask, registry.balances[product],
        registry.locked[product], model.regulator.debt, model.flow[year], rule.lot, slack, last,
        model.exchange.backstop(k), model.population.activity, part, shadow, *firm, *out,
    )  # fmt: skip
    return found
