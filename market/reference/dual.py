"""The concave dual of a least-cost plan in the multipliers of cumulative caps, scaled so that all are near one.

    q_y = Σ_{s>=y} μ_s  (banked)  or  μ_y  (not banked),   p_y = q_y (1+r)^years_y
    dual(μ) = Σ_y (1+r)^-years_y [ Σ_i V_i(p_y) + shortfall and outside conjugates ] − Σ_y q_y·permits_y

Its gradient is minus what is left of each cumulative cap. Steps (measures, shortfalls or outside supply without slope)
would put kinks into it; a proximal term around the last solution removes them without moving the optimum
(Rockafellar 1976).
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from market.reference.problem import PlanArrays
from market.technology import Floats, Technology

Order = npt.NDArray[np.intp]

STEP = 1e-2
"""Proximal slope of a step: over its whole length the marginal cost rises by this share of it."""


SOFTER = 0.1
"""Factor on the proximal slopes from one round to the next when they converge slowly."""


@dataclass(slots=True)
class Primal:
    """Levels (T, n, M), output cuts (T, n), shortfall and imports (T, K)."""

    levels: Floats
    cut: Floats
    shortfall: Floats
    imports: Floats


@dataclass(slots=True)
class Dual:
    """Minus the dual of a plan as a function of scaled multipliers; `centre` moves between proximal rounds."""

    given: PlanArrays
    pulled: bool = field(init=False)
    pull: Floats = field(init=False)
    cut_pull: Floats = field(init=False)
    shortfall_pull: Floats = field(init=False)
    outside_pull: Floats = field(init=False)
    centre: Primal = field(init=False)
    flow_scale: Floats = field(init=False)
    unit: Floats = field(init=False)
    money: float = field(init=False)
    ridge: Floats = field(init=False)
    closed: bool = field(init=False)
    _order: Order = field(init=False)

    def __post_init__(self) -> None:
        given, technology = self.given, self.given.technology
        blocks, instruments = given.permits.shape
        weight = given.activity.sum(axis=0)
        base = (weight[:, None] * given.baseline.mean(axis=0)).sum(axis=0) / blocks
        self.flow_scale = np.where(base > 0.0, base, np.maximum(given.permits.max(axis=0), 1.0))
        typical = self._set_pulls(technology)
        price, reach = self._price_scale(technology, weight / blocks, typical)
        self.unit = given.discount[:, None] * price
        self.money = float((self.flow_scale * price).sum())
        self.ridge = np.tile(np.maximum(reach, 1e-3 * self.flow_scale) * price / self.money, blocks)
        self.centre = Primal(
            levels=np.zeros((blocks, technology.firms, technology.measures if self.pulled else 0)),
            cut=np.zeros((blocks, technology.firms)),
            shortfall=np.zeros((blocks, instruments)),
            imports=np.zeros((blocks, instruments)),
        )
        # Whether firms are all there is: neither a shortfall nor outside supply has to be looked at.
        self.closed = not np.isfinite(given.backstop).any() and not (given.import_limit + given.export_limit).any()
        order = np.arange(blocks)
        self._order = np.minimum.outer(order, order)

    def _set_pulls(self, technology: Technology) -> float:
        """Set the proximal slopes of steps; return a typical marginal cost of a unit of level."""
        given = self.given
        used = technology.limit > 0.0
        marginal = np.abs(technology.intercept) + technology.slope * technology.limit
        typical = float(marginal[used].mean()) if used.any() else 0.0
        floor = STEP * np.maximum(np.abs(technology.intercept), STEP * typical)
        floor = np.where(used, np.maximum(floor, 1e-300) / np.where(used, technology.limit, 1.0), 0.0)
        self.pull = np.where(technology.slope < floor, floor - technology.slope, 0.0)
        self.pulled = bool(self.pull.any())
        can_cut = technology.output_limit > 0.0
        value = np.abs(technology.margin) + technology.output_slope * technology.output_limit
        floor = STEP * np.maximum(np.abs(technology.margin), STEP * float(value.mean()) if can_cut.any() else 0.0)
        floor = np.where(can_cut, np.maximum(floor, 1e-300) / np.where(can_cut, technology.output_limit, 1.0), 0.0)
        self.cut_pull = np.where(technology.output_slope < floor, floor - technology.output_slope, 0.0)
        finite = np.where(np.isfinite(given.backstop), given.backstop, 0.0)
        self.shortfall_pull = STEP * np.maximum(finite, 1e-9) / self.flow_scale
        reach = np.maximum(given.import_limit, given.export_limit)
        floor = STEP * np.maximum(np.abs(given.outside_price), 1e-9) / np.where(reach > 0.0, reach, 1.0)
        self.outside_pull = np.where((reach > 0.0) & (given.outside_slope < floor), floor - given.outside_slope, 0.0)
        return typical

    def _price_scale(self, technology: Technology, weight: Floats, typical: float) -> tuple[Floats, Floats]:
        """Return a rough price (K,) at which much of each flow can be cut, and how much (K,) that is a block."""
        reduction = np.maximum(technology.effect, 0.0) * technology.limit[:, :, None] * weight[:, None, None]
        cost = (np.abs(technology.intercept) + technology.slope * technology.limit) * technology.limit
        reach = reduction.sum(axis=(0, 1))
        total = ((cost * weight[:, None])[:, :, None] * (reduction > 0.0)).sum(axis=(0, 1))
        price = total / np.where(reach > 0.0, reach, 1.0)
        finite = np.isfinite(self.given.backstop)
        stop = np.where(finite, self.given.backstop, 0.0).max(axis=0)
        spare = np.where(stop > 0.0, stop, typical if typical > 0.0 else 1.0)
        return np.where(price > 0.0, price, spare), reach

    def discounted(self, multipliers: Floats) -> Floats:
        """Return discounted prices (T, K) of multipliers (T, K)."""
        ahead = np.cumsum(multipliers[::-1], axis=0)[::-1]
        return np.where(self.given.banking, ahead, multipliers)

    def prices(self, point: Floats) -> Floats:
        """Return prices (T, K) of scaled multipliers."""
        multipliers = point.reshape(self.unit.shape) * self.unit
        return np.ascontiguousarray(self.discounted(multipliers) / self.given.discount[:, None])

    def evaluate(self, point: Floats) -> tuple[float, Floats, Floats]:
        """Return minus the dual, its gradient (TK,) and Hessian (TK, TK) in scaled multipliers."""
        from market.reference.plan_kernel import dual_pass

        given, centre = self.given, self.centre
        blocks, instruments = given.permits.shape
        discounted = self.discounted(point.reshape(self.unit.shape) * self.unit)
        price = np.ascontiguousarray(discounted / given.discount[:, None])
        value = np.empty(blocks)
        flow = np.empty((blocks, instruments))
        hessian = np.empty((blocks, instruments, instruments))
        dual_pass(price, given.activity, given.baseline, *given.technology.arrays(), self.pull, centre.levels,
                  self.cut_pull, centre.cut, True, value, flow, hessian)  # fmt: skip
        supply = self.supply()
        surplus = supply - flow
        if not self.closed:
            shortfall, imports = self._respond(price, value, hessian)
            surplus = surplus + shortfall + imports
        total = float((discounted * supply).sum())
        total -= float(given.discount @ value)
        scale = self.unit.ravel()
        curved = self._spread(hessian / given.discount[:, None, None])
        return (
            total / self.money,
            self.left(surplus).ravel() * scale / self.money,
            curved * (scale[:, None] * scale[None, :] / self.money),
        )

    def _respond(self, price: Floats, value: Floats, hessian: Floats) -> tuple[Floats, Floats]:
        """Return shortfalls and imports (T, K) at a price, and put their gains and slopes into value and Hessian."""
        given, centre = self.given, self.centre
        shortfall, steep = self._shortfall(price)
        imports, depth = self._imports(price)
        short_gain = (price - given.backstop_or_zero) * shortfall - 0.5 * self.shortfall_pull * (
            shortfall - centre.shortfall
        ) ** 2
        short_gain = np.where(shortfall > 0.0, short_gain, -0.5 * self.shortfall_pull * centre.shortfall**2)
        gain = (price - given.outside_price) * imports - 0.5 * given.outside_slope * imports**2
        gain -= 0.5 * self.outside_pull * (imports - centre.imports) ** 2
        value -= (short_gain + gain).sum(axis=1)
        diagonal = np.arange(price.shape[1])
        hessian[:, diagonal, diagonal] += steep + depth
        return shortfall, imports

    def supply(self) -> Floats:
        """Return rights that become usable in each block, with the initial bank in the first."""
        supply = self.given.permits.copy()
        supply[0] += self.given.initial_bank
        return supply

    def left(self, surplus: Floats) -> Floats:
        """Return what is left of each cumulative cap (T, K), or of each block's cap where there is no banking."""
        return np.where(self.given.banking, np.cumsum(surplus, axis=0), surplus)

    def residual(self, point: Floats, gradient: Floats) -> float:
        """Return the largest breach of μ >= 0, left >= 0, μ·left = 0, relative to prices and yearly flows."""
        left = (gradient / self.unit.ravel() * self.money).reshape(self.unit.shape) / self.flow_scale
        return float(np.abs(np.minimum(point.reshape(self.unit.shape), left)).max())

    def primal(self, point: Floats) -> Primal:
        """Return what firms and suppliers do at scaled multipliers."""
        from market.reference.plan_kernel import primal_pass

        given, centre = self.given, self.centre
        price = self.prices(point)
        levels, cut = primal_pass(price, given.baseline, *given.technology.arrays(), self.pull,
                                  centre.levels, self.cut_pull, centre.cut)  # fmt: skip
        if self.closed:
            return Primal(levels, cut, np.zeros(price.shape), np.zeros(price.shape))
        return Primal(levels, cut, self._shortfall(price)[0], self._imports(price)[0])

    def shift(self, primal: Primal) -> float:
        """Return how far marginal costs still are from their own because of the proximal terms, relative."""
        given, technology, centre = self.given, self.given.technology, self.centre
        far = 0.0
        if self.pulled:
            reference = np.maximum(np.abs(technology.intercept), STEP * STEP)
            far = float((self.pull * np.abs(primal.levels - centre.levels) / reference).max(initial=0.0))
        reference = np.maximum(np.abs(technology.margin), STEP * STEP)
        if self.cut_pull.any():
            far = max(far, float((self.cut_pull * np.abs(primal.cut - centre.cut) / reference).max(initial=0.0)))
        if self.closed:
            return far
        moved = self.shortfall_pull * np.abs(primal.shortfall - centre.shortfall)
        far = max(far, float((moved / np.maximum(given.backstop_or_zero, 1e-9)).max(initial=0.0)))
        moved = self.outside_pull * np.abs(primal.imports - centre.imports)
        return max(far, float((moved / np.maximum(np.abs(given.outside_price), 1e-9)).max(initial=0.0)))

    def recentre(self, primal: Primal) -> None:
        """Start the next proximal round from ``primal``."""
        levels = primal.levels if self.pulled else self.centre.levels
        self.centre = Primal(levels, primal.cut, primal.shortfall, primal.imports)

    def soften(self) -> None:
        """Weaken the proximal terms: where supply is elastic each round would close little of what is left."""
        self.pull = self.pull * SOFTER
        self.cut_pull = self.cut_pull * SOFTER
        self.shortfall_pull = self.shortfall_pull * SOFTER
        self.outside_pull = self.outside_pull * SOFTER

    def _shortfall(self, price: Floats) -> tuple[Floats, Floats]:
        finite = np.isfinite(self.given.backstop)
        above = self.centre.shortfall + (price - self.given.backstop_or_zero) / self.shortfall_pull
        active = finite & (above > 0.0)
        return np.where(active, above, 0.0), np.where(active, 1.0 / self.shortfall_pull, 0.0)

    def _imports(self, price: Floats) -> tuple[Floats, Floats]:
        given = self.given
        steep = given.outside_slope + self.outside_pull
        open_ = (given.import_limit > 0.0) | (given.export_limit > 0.0)
        safe = np.where(open_, steep, 1.0)
        free = (price - given.outside_price + self.outside_pull * self.centre.imports) / safe
        inside = open_ & (free > -given.export_limit) & (free < given.import_limit)
        bounded = np.where(open_, np.clip(free, -given.export_limit, given.import_limit), 0.0)
        return bounded, np.where(inside, 1.0 / safe, 0.0)

    def _spread(self, hessian: Floats) -> Floats:
        """Return the (TK, TK) Hessian in multipliers of a Hessian (T, K, K) by block in discounted prices."""
        blocks, instruments = self.unit.shape
        banking = self.given.banking
        if blocks == 1 and instruments == 1:
            return hessian.reshape(1, 1)
        order = np.arange(blocks)
        if not banking.any():
            total = np.zeros((blocks, *hessian.shape))
            total[order, order] = hessian
        else:
            total = np.cumsum(hessian, axis=0)[self._order]
        if banking.any() and not banking.all():
            alone = np.where(np.equal.outer(order, order)[:, :, None, None], hessian[:, None], 0.0)
            later = np.where(np.less_equal.outer(order, order)[:, :, None, None], hessian[:, None], 0.0)
            earlier = np.where(np.greater_equal.outer(order, order)[:, :, None, None], hessian[None], 0.0)
            row, column = banking[:, None], banking[None, :]
            total = np.where(row & column, total, np.where(row, earlier, np.where(column, later, alone)))
        return total.transpose(0, 2, 1, 3).reshape(blocks * instruments, blocks * instruments)
