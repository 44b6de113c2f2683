"""Scores a finished run: the least-cost plan for the caps and the activity that were, and the efficiency ladder."""

from typing import TYPE_CHECKING

import numpy as np

from agents.expectations import outside_supply
from market.errors import SolverError
from market.reference.ladder import EfficiencyLadder, efficiency_ladder

if TYPE_CHECKING:
    from agents.model import RightsMarketModel


def score(model: "RightsMarketModel") -> tuple[EfficiencyLadder, list[str]]:
    """Return the ladder of a run (its plan is the reference) and what has to be said about it.

    The reference knows the realised activity of every account and year, so shocks cost it nothing. Where the caps
    cannot be met at any cost that accounts could bear, missing rights are priced at the bound on willingness to pay.
    """
    spec = model.spec
    outside = outside_supply(spec, 0)
    imports = yearly_imports(model)
    bought = outside.cost(imports).sum(axis=1) if outside is not None else np.zeros(spec.years)
    notes: list[str] = []

    def attempt(backstop: object) -> EfficiencyLadder:
        return efficiency_ladder(
            spec.technology,
            model.activity_mean,
            model.recorder.cost,
            model.recorder.flow,
            model.regulator.cap,
            spec.social_discount_rate,
            banking=np.array([rule.banked for rule in spec.rules]),
            initial_bank=np.array([rule.initial_bank for rule in spec.rules]),
            backstop=backstop,
            outside=outside,
            outside_cost=bought,
            imports=imports,
            friction_cost=model.recorder.trading_cost,
        )

    try:
        ladder = attempt(np.inf)
    except SolverError as error:
        notes.append(f"reference: {error}; missing rights were priced at the bound on willingness to pay")
        ladder = attempt(np.array([model.exchange.backstop(k) for k in range(len(spec.keys))]))
    if not ladder.plan.converged:
        notes.append(f"reference: optimality conditions hold to {ladder.plan.residual:.1e} only")
    if any(rule.banking.kind == "limited" for rule in spec.rules):
        notes.append(
            "reference: carry-over limits by account are not in the least-cost plan; "
            "what they cost is part of the rungs above it"
        )
    return ladder, notes


def yearly_imports(model: "RightsMarketModel") -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """Return net imports by calendar year (T, K), in units; settlement months count for the last year."""
    spec = model.spec
    imports = np.zeros((spec.years, len(spec.keys)))
    by_period = np.nan_to_num(model.recorder.state["outside_net_import"])
    years = np.minimum(np.arange(spec.total_periods) // spec.periods, spec.years - 1)
    np.add.at(imports, years, by_period)
    return imports
