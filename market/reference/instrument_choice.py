"""Price, quantity or both: expected welfare where the regulator does not know marginal costs (Weitzman 1974).

Abating q gives a marginal benefit ``benefit_intercept − benefit_slope·q`` and has a marginal cost
``cost_intercept + cost_slope·q + θ`` with θ ~ N(0, deviation²), known to firms when they choose and to the regulator
never. Welfare is the area between the two,

    W(q, θ) = (benefit_intercept − cost_intercept − θ) q − ½ (benefit_slope + cost_slope) q².

A *price* p gives ``q = (p − cost_intercept − θ) / cost_slope``, a *quantity* q itself, and a *quota with a collar*
(Roberts and Spence 1976) the quota unless its price would leave [floor, ceiling], where the collar acts as a price. All
expectations are closed forms in the partial moments of the normal distribution.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class UncertainCosts:
    """Linear marginal benefits and costs (money/unit, money/unit²) and the standard deviation of the cost shock."""

    benefit_intercept: float
    benefit_slope: float
    cost_intercept: float
    cost_slope: float
    deviation: float

    def __post_init__(self) -> None:
        if self.cost_slope <= 0 or self.benefit_slope < 0 or self.deviation <= 0:
            raise ValueError("cost_slope and deviation must be positive, benefit_slope zero or more")

    @property
    def quantity(self) -> float:
        """The best quantity of abatement."""
        return (self.benefit_intercept - self.cost_intercept) / (self.benefit_slope + self.cost_slope)

    @property
    def price(self) -> float:
        """The best price, which brings about the best quantity on average."""
        return self.cost_intercept + self.cost_slope * self.quantity


@dataclass(frozen=True, slots=True)
class HybridOutcome:
    """Expected welfare, mean and standard deviation of the price, how often it is at a bound, expected abatement."""

    welfare: float
    mean_price: float
    price_deviation: float
    at_floor: float
    at_ceiling: float
    abatement: float


@dataclass(frozen=True, slots=True)
class Collar:
    """A quota of abatement with a floor and a ceiling of its price, and the welfare expected of them."""

    quota: float
    floor: float
    ceiling: float
    welfare: float


def welfare(costs: UncertainCosts, abatement: float, shock: float) -> float:
    """Return W(q, θ)."""
    net = costs.benefit_intercept - costs.cost_intercept - shock
    return net * abatement - 0.5 * (costs.benefit_slope + costs.cost_slope) * abatement**2


def welfare_of_quantity(costs: UncertainCosts, quantity: float) -> float:
    """Return the expected welfare of a fixed quantity of abatement."""
    return welfare(costs, quantity, 0.0)


def welfare_of_price(costs: UncertainCosts, price: float) -> float:
    """Return the expected welfare of a fixed price."""
    return _welfare_where_price(costs, price, (1.0, 0.0, costs.deviation**2))


def price_advantage(costs: UncertainCosts) -> float:
    """Return ``σ² (c − b) / 2c²``: by how much the best price beats the best quantity (Weitzman 1974)."""
    return costs.deviation**2 * (costs.cost_slope - costs.benefit_slope) / (2.0 * costs.cost_slope**2)


def quota_with_collar(
    costs: UncertainCosts, quota: float, floor: float = -math.inf, ceiling: float = math.inf
) -> HybridOutcome:
    """Return what is to be expected of a quota whose price is kept within [floor, ceiling]."""
    if floor > ceiling:
        raise ValueError(f"the floor of {floor:g} is above the ceiling of {ceiling:g}")
    mean = costs.cost_intercept + costs.cost_slope * quota
    below = _moments_below((floor - mean) / costs.deviation, costs.deviation)
    above = _moments_above((ceiling - mean) / costs.deviation, costs.deviation)
    m0, m1 = 1.0 - below[0] - above[0], -below[1] - above[1]
    price, deviation = clamped_normal(mean, costs.deviation, floor, ceiling)
    expected = m0 * welfare(costs, quota, 0.0) - m1 * quota
    abatement = m0 * quota
    for bound, moments in ((floor, below), (ceiling, above)):
        if moments[0] > 0.0:
            expected += _welfare_where_price(costs, bound, moments)
            abatement += (moments[0] * (bound - costs.cost_intercept) - moments[1]) / costs.cost_slope
    return HybridOutcome(expected, price, deviation, below[0], above[0], abatement)


def clamped_normal(mean: float, deviation: float, floor: float, ceiling: float) -> tuple[float, float]:
    """Return mean and standard deviation of a normal price that is kept within [floor, ceiling]."""
    below = _moments_below((floor - mean) / deviation, deviation)
    above = _moments_above((ceiling - mean) / deviation, deviation)
    m1 = -below[1] - above[1]
    m2 = deviation**2 - below[2] - above[2]
    for bound, (weight, _, _) in ((floor, below), (ceiling, above)):
        if weight > 0.0:
            m1 += weight * (bound - mean)
            m2 += weight * (bound - mean) ** 2
    return mean + m1, math.sqrt(max(0.0, m2 - m1**2))


def clamped_uniform(low: float, high: float, floor: float, ceiling: float) -> float:
    """Return the mean of a price that is uniform on [low, high] and kept within [floor, ceiling]."""
    a, b = min(max(floor, low), high), min(max(ceiling, low), high)
    inside = 0.5 * (b * b - a * a)
    tails = (floor * (a - low) if a > low else 0.0) + (ceiling * (high - b) if b < high else 0.0)
    return (inside + tails) / (high - low)


def best_collar(costs: UncertainCosts) -> Collar:
    """Return the quota, floor and ceiling of the highest expected welfare.

    At the best bounds the marginal benefit expected where a bound is active equals it (Roberts and Spence 1976), and at
    the best quota expected marginal benefits and costs are the same where neither is.
    """
    from scipy.optimize import minimize

    scale = costs.deviation

    def loss(x: npt.NDArray[np.float64]) -> float:
        half, other = abs(x[1]) * scale, abs(x[2]) * scale
        quota = costs.quantity + x[0] * scale / costs.cost_slope
        return -quota_with_collar(costs, quota, costs.price - half, costs.price + other).welfare

    start = np.array([0.0, 0.5, 0.5])
    found = minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000})
    half, other = abs(float(found.x[1])) * scale, abs(float(found.x[2])) * scale
    quota = costs.quantity + float(found.x[0]) * scale / costs.cost_slope
    return Collar(quota, costs.price - half, costs.price + other, -float(found.fun))


def _welfare_where_price(costs: UncertainCosts, price: float, moments: tuple[float, float, float]) -> float:
    """Return ``E[W(q(θ), θ) · 1(event)]`` under a price, from the event's moments ``E[θ^n · 1(event)]``."""
    net = costs.benefit_intercept - costs.cost_intercept
    gap, half = price - costs.cost_intercept, 0.5 * (costs.benefit_slope + costs.cost_slope)
    m0, m1, m2 = moments
    linear = (net * gap * m0 - (net + gap) * m1 + m2) / costs.cost_slope
    square = (gap * gap * m0 - 2.0 * gap * m1 + m2) / costs.cost_slope**2
    return linear - half * square


def _moments_below(z: float, deviation: float) -> tuple[float, float, float]:
    """Return ``E[θ^n · 1(θ < z·deviation)]`` for n = 0, 1, 2."""
    if math.isinf(z):
        return (0.0, 0.0, 0.0) if z < 0 else (1.0, 0.0, deviation**2)
    weight = 0.5 * math.erfc(-z / math.sqrt(2.0))
    density = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    return weight, -deviation * density, deviation**2 * (weight - z * density)


def _moments_above(z: float, deviation: float) -> tuple[float, float, float]:
    """Return ``E[θ^n · 1(θ > z·deviation)]`` for n = 0, 1, 2."""
    weight, first, second = _moments_below(-z, deviation)
    return weight, -first, second
