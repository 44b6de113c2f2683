"""The operate step: measures at the prices that cleared, flows, and the shadow prices of those who lack rights."""

from typing import TYPE_CHECKING

import numpy as np

from agents.behaviours.declared import PlannerRule

if TYPE_CHECKING:
    from agents.model import RightsMarketModel

SWEEPS = 2  # over the instruments, because a measure that saves one right moves the flows of others


def operate(model: "RightsMarketModel") -> None:
    """Choose measures and output of every account, let its flows happen and become obligations.

    Accounts work at the newest prices (planners) or at the prices they believe in. In the last period before a deadline
    an account without enough rights works at the shadow price of what it holds, up to the bound on willingness to pay;
    where rights are worthless afterwards, one with rights to spare uses them.
    """
    from agents.operations_kernel import fit_to_rights
    from agents.operations_kernel import operate as respond

    spec, population, technology = model.spec, model.population, model.spec.technology
    part = 1.0 / spec.periods
    price = np.where(
        np.array([isinstance(rule, PlannerRule) for rule in spec.behaviours])[:, None],
        model.exchange.operating[None, :],
        model.outlook.belief,
    )
    firm = (technology.baseline, model.regulator.credit, *technology.arrays())
    out = (model.levels, population.output_cut, model.period_flow, population.operating_cost)
    respond(price, population.behaviour, population.activity, part, *firm, *out)

    ending = [k for k in range(len(spec.keys)) if spec.deadline(k, model.year) == model.period]
    if ending:
        shadow = price[population.behaviour]
        for _ in range(SWEEPS if len(spec.keys) > 1 else 1):
            for k in ending:
                rule, desk = spec.rules[k], model.exchange.desks[k]
                held = model.registry.free(model.registry.product(k, model.year))[: len(population)]
                room = (held - model.regulator.debt[:, k]) * rule.lot - model.flow[model.year, :, k]
                last = model.year + 1 == spec.years or not rule.banked
                tight = model.period_flow[:, k] > room
                loose = (model.period_flow[:, k] < room - rule.lot) & (last and model.exchange.operating[k] > 0)
                rows = desk.rows[(tight | loose)[desk.rows]]
                if rows.size:
                    ceiling = model.exchange.backstop(k)
                    fit_to_rights(k, rows, np.maximum(room, 0.0), last, ceiling, population.activity, part, shadow,
                                  *firm, *out)  # fmt: skip
    model.flow[model.year] += model.period_flow
    model.activity_mean[model.year] += part * population.activity
    model.activity_years[model.year] += part * population.activity * (1.0 - population.output_cut)
