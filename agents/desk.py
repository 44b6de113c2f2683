"""One instrument's market: who takes part, which windows are open, and what was last paid."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from agents.behaviours import planner
from agents.behaviours.declared import PlannerRule
from agents.expectations import growth_by_group
from agents.spec import MarketSpec

if TYPE_CHECKING:
    from agents.venues import OpenVenue, Session
    from market.net_demand_kernel import Rows

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CALM = 0.75  # of the bound on willingness to pay: a price above it says more about the bound than about later prices
CLOSE = 1e-8  # of a year's flow: an excess demand that is as good as none


@dataclass(frozen=True, slots=True)
class Horizon:
    """The windows and blocks of one instrument in one period.

    ``front`` is the compliance year traded, ``pending`` 1 while it lies in the past; ``left`` periods remain of this
    year, ``front_left`` until the front deadline.
    """

    front: int
    pending: int
    windows: int
    left: int
    front_left: int
    weight: Floats


@dataclass(slots=True)
class Quote:
    """What the market of one instrument expects in one period."""

    price: float  # of the front vintage today
    window: int  # the binding window, counted from the front
    operating: float  # what this year's flows are worth
    backstop: float
    ahead: Any  # what lies ahead, as compiled code takes it
    elastic: bool = False  # whether an authority sells or buys without limit at this price


@dataclass(slots=True)
class Trade:
    """What one instrument's market did in one period, for the recorder.

    ``price`` is the volume-weighted mean of its open venues in ticks (of the others where these did not trade), NaN
    without trade; ``volume`` and ``value`` are lots and ticks·lots bought; ``net`` and ``money`` (A,) are lots and
    minor units that accounts gained.
    """

    vintage: int
    quote: Quote
    sessions: "list[Session]"
    price: float
    volume: int
    value: int
    net: Ints
    money: Ints


@lru_cache(maxsize=64)
def _horizons(periods: int, years: int, wait: int, longest: int, total: int) -> tuple[Horizon | None, ...]:
    """Return the windows that are open in each of ``total`` periods, None when every deadline has passed.

    Parameters
    ----------
    periods, years : in a year, and compliance years.
    wait : periods from a compliance year's end to its deadline.
    longest : windows that anybody looks at, 0 where rights cannot be carried over.
    """
    found: list[Horizon | None] = []
    for period in range(total):
        year, month = divmod(period, periods)
        front = year
        while front > 0 and front * periods - 1 + wait >= period:
            front -= 1
        if front >= years:
            found.append(None)
            continue
        pending = year - front
        windows = min(longest + pending, years - front) if longest else 1
        left = periods - month if year < years else 0
        blocks = max(0, windows - pending)
        weight = np.ones(max(1, blocks))
        weight[0] = left / periods if blocks else 0.0
        deadline = (front + 1) * periods - 1 + wait
        found.append(Horizon(front, pending, windows, left, deadline - period + 1, weight))
    return tuple(found)


class Desk:
    """One instrument's market: its participants, scratch arrays and last prices."""

    def __init__(self, spec: MarketSpec, k: int, group_of: Ints) -> None:
        technology = spec.technology
        self.k = k
        self.rule = spec.rules[k]
        self.spec = spec
        acts = (np.abs(technology.effect[:, :, k]) * technology.limit).any(axis=1)
        self.rows = np.flatnonzero((technology.baseline[:, k] > 0.0) | acts)
        self.whole = self.rows.size == technology.firms
        planner_groups = np.array([isinstance(rule, PlannerRule) for rule in spec.behaviours])
        self.kind = group_of[self.rows]
        self.planning = np.flatnonzero(planner_groups[group_of[self.rows]])  # rows whose accounts are planners
        self.all_plan = self.planning.size == self.rows.size
        self.planners = self.rows[self.planning]
        horizons = [rule.horizon_years for rule in spec.behaviours if isinstance(rule, PlannerRule)] or [1]
        self.longest = max(horizons) if self.rule.banked else 1
        self.horizon = np.array(
            [r.horizon_years if isinstance(r, PlannerRule) else self.longest for r in spec.behaviours], dtype=np.int64
        )
        rules = [rule for rule in spec.behaviours if isinstance(rule, PlannerRule)]
        self.offsets = planner.order_offsets(rules[0]) if rules else np.zeros(0)
        self.patience = rules[0].patience if rules else 1.0
        self.fixed = np.zeros((self.longest + 1, self.rows.size))  # one window more while last year is pending
        self.activity = np.zeros((self.longest, self.rows.size))
        self.foreseen = -1  # compliance year in which `activity` was looked at last
        self.need = np.zeros(self.rows.size)
        self.steepness = 0.0  # of net demand in its price, as last seen
        self.enough = CLOSE * technology.baseline[:, k].sum()
        self.guess = 0.0  # where to look for the next price
        self.drift = (1.0 + spec.market_rate) ** (1.0 / spec.periods)
        from market.schedule_kernel import LAST_STEPS

        capacity = self.planning.size * (self.offsets.size + LAST_STEPS) + 1  # an order more while they are written
        self.order_account = np.empty(capacity, dtype=np.int64)
        self.order_side = np.empty(capacity, dtype=np.int8)
        self.order_price = np.empty(capacity, dtype=np.int64)
        self.order_quantity = np.empty(capacity, dtype=np.int64)
        self.venues: list[OpenVenue] = []  # opened by the exchange
        self.last_price = 0.0
        self.calm_price = 0.0  # newest price well below the bound: what a right owed later is expected to cost
        self.bound, self.bound_at = 0.0, (-1.0, -1.0)  # on willingness to pay, and at which prices it was worked out
        self.reference_price = 0.0  # mean of the period before, for penalties that are multiples
        self.net_sales = np.zeros(technology.firms, dtype=np.int64)  # of the front vintage, in lots
        wait = spec.months(self.rule.compliance.deadline_after)
        self.horizons = _horizons(
            spec.periods, spec.years, wait, self.longest if self.rule.banked else 0, spec.total_periods
        )

    def learn_bound(self, newest: float, backstop: float) -> None:
        """Remember the newest price as calm if it lies well below the bound on willingness to pay."""
        if newest < CALM * backstop:
            self.calm_price = newest
        elif not self.calm_price:  # nothing else is known yet
            self.calm_price = min(newest, self.rule.penalty.per_unit(self.reference_price))

    @cached_property
    def layout(self) -> "Rows":
        """The participants' measures in columns, as compiled code takes them."""
        return self._lay_out(self.rows)

    @cached_property
    def planner_layout(self) -> "Rows":
        """The same of the planners among them."""
        return self.layout if self.all_plan else self._lay_out(self.planners)

    def horizon_at(self, period: int) -> Horizon | None:
        """Return the windows that are open in a period, or None when every deadline has passed."""
        return self.horizons[period] if period < len(self.horizons) else None

    def present(self, horizon: Horizon, period: int) -> Horizon | None:
        """Return this year's own horizon where last year's deadline is open and rights cannot be carried over."""
        spec, year = self.spec, period // self.spec.periods
        if not horizon.pending or self.rule.banked or year >= spec.years:
            return None
        weight = np.array([horizon.left / spec.periods])
        return Horizon(year, 0, 1, horizon.left, spec.deadline(self.k, year) - period + 1, weight)

    def growth(self, left: int, blocks: int) -> Floats:
        """Return the price growth (G, B) of every behaviour group."""
        return growth_by_group(self.spec.discount_rates, self.spec.periods, max(1, left), blocks)

    def _lay_out(self, accounts: Ints) -> "Rows":
        from market.net_demand_kernel import lay_out

        rows: Rows = lay_out(self.k, accounts, self.spec.technology, self.longest)  # type: ignore[no-untyped-call]
        return rows

    def take(self, column: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the participants' entries of a column over all accounts."""
        return column if self.whole else column[self.rows]

    def of_planners(self, column: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the planners' entries of a column over all accounts."""
        return self.take(column) if self.all_plan else column[self.planners]
