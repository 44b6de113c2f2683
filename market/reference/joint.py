"""Several instruments over several years, coupled by measures that change more than one flow."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.reference.plan import PlanProblem, least_cost
from market.reference.problem import fitted
from market.technology import Floats, Technology


@dataclass(frozen=True, slots=True)
class JointEquilibrium:
    """Prices (T, K) in the money of each year, total flows (T, K), banks (T, K) and the present value of cost."""

    price: Floats
    flows: Floats
    bank: Floats
    cost: float


def joint_equilibrium(
    baseline: npt.ArrayLike,
    effect: npt.ArrayLike,
    intercept: npt.ArrayLike,
    slope: npt.ArrayLike,
    limit: npt.ArrayLike,
    permits: npt.ArrayLike,
    discount_rate: float,
    banking: npt.ArrayLike = True,
    initial_bank: npt.ArrayLike = 0.0,
    backstop: npt.ArrayLike = np.inf,
) -> JointEquilibrium:
    """Return the competitive equilibrium of K coupled markets of price takers with foresight over T years.

    It is the least-cost plan: minimise ``Σ_t (1+r)^-t Σ_i Σ_m (intercept·x + ½ slope·x²)`` subject to
    ``0 <= x <= limit`` and, for every instrument and year, cumulative ``Σ_i (baseline − effectᵀ x)`` at most
    cumulative permits plus the initial bank (each year's own permits where rights cannot be banked). No borrowing.

    Parameters
    ----------
    baseline : (n, K) or (T, n, K) flows without measures, units a year.
    effect : (M, K) or (n, M, K) reduction of each flow per unit of level; negative where it adds to a flow.
    intercept, slope, limit : (n, M) money per unit, money per unit squared, units a year.
    permits : (T, K) units a year.
    discount_rate : a year, as a fraction; the first year is not discounted.
    banking, initial_bank, backstop : scalar or (K,); money per unit at which a shortfall is planned (its cost counts).

    Raises
    ------
    ValueError
        On a wrong shape, NaN, or a negative baseline, slope, limit, permit or bank; names the argument.
    SolverError
        If the caps cannot be met and there is no backstop.
    """
    rights = fitted("permits", permits, least=0.0)
    if rights.ndim != 2 or 0 in rights.shape:
        raise ValueError(f"permits: expected shape (years, instruments), got {rights.shape}")
    blocks, instruments = rights.shape
    flow = fitted("baseline", baseline, least=0.0)
    if flow.ndim not in {2, 3} or flow.shape[-1] != instruments or (flow.ndim == 3 and flow.shape[0] != blocks):
        raise ValueError(
            f"baseline: expected shape (firms, {instruments}) or ({blocks}, firms, {instruments}), got {flow.shape}"
        )
    n = flow.shape[-2]
    effects = fitted("effect", effect)
    if effects.ndim not in {2, 3}:
        raise ValueError(f"effect: expected shape (measures, {instruments}) or ({n}, measures, {instruments})")
    measures = effects.shape[-2]
    effects = fitted("effect", effects, (n, measures, instruments))
    technology = Technology.build(
        flow if flow.ndim == 2 else flow[0],
        effects,
        fitted("intercept", intercept, (n, measures)),
        fitted("slope", slope, (n, measures), least=0.0),
        fitted("limit", limit, (n, measures), least=0.0),
    )
    plan = least_cost(
        PlanProblem(
            technology=technology,
            activity=np.ones((blocks, n)),
            permits=rights,
            discount_rate=_rate(discount_rate),
            banking=fitted("banking", banking, (instruments,)).astype(bool),
            initial_bank=fitted("initial_bank", initial_bank, (instruments,), least=0.0),
            backstop=np.broadcast_to(
                fitted("backstop", backstop, (instruments,), least=0.0, infinite=True), rights.shape
            ),
            baseline=flow if flow.ndim == 3 else None,
        )
    )
    return JointEquilibrium(price=plan.price, flows=plan.flows, bank=plan.bank, cost=plan.cost)


def _rate(discount_rate: float) -> float:
    rate = float(fitted("discount_rate", discount_rate, ()))
    if rate <= -1.0:
        raise ValueError(f"discount_rate: must be above -1, got {rate:g}")
    return rate
