"""The trade step: for each round and each instrument in declared order observe, order, clear and settle.

Indicative rounds only pass prices on: each instrument's price is the one at which the sum of all net-demand schedules
clears in the binding window, given the newest prices of the others. The last round takes orders and settles.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agents.behaviours import complier, planner
from agents.behaviours.declared import ComplierRule, PlannerRule
from agents.expectations import Outlook, growth_factors
from agents.population import FirmPopulation
from agents.regulator import Regulator
from agents.spec import MarketSpec
from agents.world import WorldState
from market import settlement
from market.instruments import Instrument
from market.matching import MECHANISMS, NO_PRICE
from market.orders import BUY, SELL, ClearingResult, OrderBatch
from market.policies.penalty import willingness_to_pay
from market.randomness import Streams, tie_break
from market.registry import Registry

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

OUTSIDE_STEPS = 41
OUTSIDE_WIDTH = 0.2


@dataclass(slots=True)
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


@dataclass(slots=True)
class Trade:
    """What one market did in one period, for the recorder."""

    vintage: int
    quote: Quote
    result: ClearingResult
    orders: OrderBatch
    net: Ints  # lots bought net by every account (A,)


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
        self.group_of = group_of
        self.plans = planner_groups[group_of[self.rows]]
        horizons = [rule.horizon_years for rule in spec.behaviours if isinstance(rule, PlannerRule)] or [1]
        self.longest = max(horizons) if self.rule.banked else 1
        self.horizon = np.array(
            [r.horizon_years if isinstance(r, PlannerRule) else self.longest for r in spec.behaviours], dtype=np.int64
        )
        rules = [rule for rule in spec.behaviours if isinstance(rule, PlannerRule)]
        self.offsets = planner.order_offsets(rules[0]) if rules else np.zeros(0)
        self.patience = rules[0].patience if rules else 1.0
        r, measures = self.rows.size, technology.measures
        self.rest = np.zeros((self.longest, r, measures))
        self.effect = np.zeros((r, measures))
        self.fixed_net = np.zeros((self.longest, r))
        self.fixed = np.zeros((self.longest, r))
        self.activity = np.zeros((self.longest, r))
        self.total = np.zeros(self.longest)
        capacity = int(self.plans.sum()) * (self.offsets.size + 1)
        self.order_account = np.empty(capacity, dtype=np.int64)
        self.order_side = np.empty(capacity, dtype=np.int8)
        self.order_price = np.empty(capacity, dtype=np.int64)
        self.order_quantity = np.empty(capacity, dtype=np.int64)
        self.mechanism = MECHANISMS[self.rule.venues[0].mechanism]()
        self.last_price = 0.0
        self.reference_price = 0.0  # mean of the period before, for penalties that are multiples
        self.net_sales = np.zeros(technology.firms, dtype=np.int64)  # of the front vintage, in lots
        self.growth_cache: dict[tuple[int, int], Floats] = {}

    def horizon_at(self, period: int) -> Horizon | None:
        """Return the windows that are open in a period, or None when every deadline has passed."""
        spec = self.spec
        year, month = divmod(period, spec.periods)
        front = year
        while front > 0 and spec.deadline(self.k, front - 1) >= period:
            front -= 1
        if front >= spec.years:
            return None
        pending = year - front
        windows = min(self.longest + pending, spec.years - front) if self.rule.banked else 1
        left = spec.periods - month if year < spec.years else 0
        blocks = max(0, windows - pending)
        weight = np.ones(max(1, blocks))
        weight[0] = left / spec.periods if blocks else 0.0
        return Horizon(front, pending, windows, left, spec.deadline(self.k, front) - period + 1, weight)

    def growth(self, left: int, blocks: int) -> Floats:
        """Return the price growth (G, B) of every behaviour group."""
        key = (left, blocks)
        if key not in self.growth_cache:
            rates = [rule.discount_rate for rule in self.spec.behaviours]
            periods = self.spec.periods
            self.growth_cache[key] = np.array([growth_factors(rate, periods, max(1, left), blocks) for rate in rates])
        return self.growth_cache[key]

    def reserve_room(self, windows: int) -> None:
        """Make room for one window more than the horizon while last year is still pending."""
        if windows > self.fixed.shape[0]:
            extra = windows - self.fixed.shape[0]
            self.fixed = np.concatenate([self.fixed, np.zeros((extra, self.rows.size))])
            self.total = np.zeros(windows)

    def take(self, column: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """Return the participants' entries of a column over all accounts."""
        return column if self.whole else column[self.rows]


class Exchange:
    """All desks of a run, and the trade step."""

    def __init__(
        self, spec: MarketSpec, streams: Streams, registry: Registry, population: FirmPopulation
    ) -> None:
        self.spec = spec
        self.population = population
        self.streams = streams
        self.registry = registry
        self.group_of = np.ascontiguousarray(spec.population.behaviour)
        self.desks = [Desk(spec, k, self.group_of) for k in range(len(spec.keys))]
        self.jitter = planner.jitter(tie_break(streams.at("jitter", 0).key, np.arange(len(spec.population))))
        self.compliers = [
            (g, rule, np.flatnonzero(self.group_of == g))
            for g, rule in enumerate(spec.behaviours)
            if isinstance(rule, ComplierRule)
        ]
        self.trade_cost = np.array([getattr(rule, "trade_cost", 0.0) for rule in spec.behaviours])[self.group_of]
        self.prices = np.zeros(len(spec.keys))  # newest price of each instrument's front vintage
        self.operating = np.zeros(len(spec.keys))  # newest value of this year's flows

    def trade(
        self, period: int, flow: Floats, world: WorldState, regulator: Regulator, outlook: Outlook
    ) -> list[Trade | None]:
        """Run the rounds of a period and return what each market did.

        Parameters
        ----------
        period : the period.
        flow : (T, n, K) flows so far by compliance year.
        world, regulator, outlook : what can be observed.
        """
        open_desks = [(desk, horizon) for desk in self.desks if (horizon := desk.horizon_at(period)) is not None]
        for desk, horizon in open_desks:
            self._observe(desk, horizon, period, flow, world, regulator)
        if len(open_desks) > 1:
            for _ in range(self.spec.rounds):
                for desk, horizon in open_desks:
                    self._quote(desk, horizon, period, regulator, outlook)
        trades: list[Trade | None] = [None] * len(self.desks)
        for desk, horizon in open_desks:
            quote = self._quote(desk, horizon, period, regulator, outlook)
            trades[desk.k] = self._settle(desk, horizon, quote, period, regulator, outlook)
        return trades

    def end_period(self) -> None:
        """Remember this period's mean prices, for penalties that are multiples of last month's."""
        for desk in self.desks:
            desk.reference_price = self.prices[desk.k]

    def _observe(
        self, desk: Desk, horizon: Horizon, period: int, flow: Floats, world: WorldState, regulator: Regulator
    ) -> None:
        """Fill what accounts know of themselves: obligations and debts less rights in hand and rights to come."""
        spec, k, lot = self.spec, desk.k, desk.rule.lot
        year = period // spec.periods
        desk.reserve_room(horizon.windows)
        n = len(spec.population)
        for w in range(horizon.windows):
            vintage = horizon.front + w
            held = self.registry.balances[self.registry.product(k, vintage), :n]
            need = desk.fixed[w]
            need[:] = desk.take(held)
            if w == 0:
                need -= desk.take(regulator.debt[:, k])
            need *= -lot
            if vintage <= year:
                need += desk.take(flow[vintage, :, k])
            need -= desk.take(regulator.to_come(k, vintage))
        for b in range(horizon.windows - horizon.pending):
            rest = world.expected_rest_of_year(year, horizon.left) if b == 0 else world.expected(year + b)
            desk.activity[b] = desk.take(rest)

    def _other_prices(self, desk: Desk, horizon: Horizon, period: int, outlook: Outlook) -> Floats:
        """Return the prices (B, K) that the other instruments are expected to have in each block."""
        blocks = max(1, horizon.windows - horizon.pending)
        other = np.zeros((blocks, len(self.desks)))
        if len(self.desks) == 1:
            return other
        year = period // self.spec.periods
        growth = growth_factors(self.spec.market_rate, self.spec.periods, max(1, horizon.left), 1)[0]
        other[0] = self.operating * growth
        for b in range(1, blocks):
            other[b] = outlook.path[min(year + b, self.spec.years - 1)]
        return other

    def _kernel_arguments(self, desk: Desk, horizon: Horizon, regulator: Regulator) -> tuple[object, ...]:
        technology = self.spec.technology
        return (
            self.group_of, desk.horizon, desk.growth(horizon.left, horizon.weight.size), horizon.weight,
            desk.activity, desk.fixed, desk.rest, desk.effect, desk.fixed_net, technology.baseline, regulator.credit,
            technology.slope, technology.limit, technology.group, technology.weight, technology.group_limit,
            technology.margin, technology.output_slope, technology.output_limit,
        )  # fmt: skip

    def backstop(self, k: int) -> float:
        """Return the bound on what anybody pays for a right, money per unit."""
        desk = self.desks[k]
        bound = willingness_to_pay(desk.rule.penalty, desk.reference_price, desk.last_price)
        return max(bound, 2.0 * desk.rule.tick)

    def _quote(self, desk: Desk, horizon: Horizon, period: int, regulator: Regulator, outlook: Outlook) -> Quote:
        """Return the market's price and binding window given the newest prices of the other instruments."""
        from market.net_demand_kernel import indicative_price, prepare

        spec, k, technology = self.spec, desk.k, self.spec.technology
        other = self._other_prices(desk, horizon, period, outlook)
        prepare(
            k, desk.rows, other, technology.baseline, regulator.credit, technology.effect, technology.intercept,
            technology.output_limit, desk.rest, desk.effect, desk.fixed_net,
        )  # fmt: skip
        supply, supply_price = regulator.supply(k, horizon.front, horizon.windows)
        outside, limits = self._outside_terms(desk, horizon, period)
        (groups, reach, growth, weight, activity, fixed, *technical) = self._kernel_arguments(desk, horizon, regulator)
        backstop = self.backstop(k)
        tolerance = 0.2 * desk.rule.tick

        def solve(first: int) -> tuple[float, int]:
            guess = self.prices[k] or outlook.path[min(period // spec.periods, spec.years - 1), k]
            price, window = indicative_price(
                guess, backstop, tolerance, first, k, horizon.pending, horizon.windows, desk.rows, groups, reach, growth,
                weight, activity, fixed, supply, supply_price, outside, limits, *technical, desk.total,
            )  # fmt: skip
            return float(price), int(window)

        price, window = solve(0)
        operating = price
        if horizon.pending and window < horizon.pending and horizon.windows > horizon.pending:
            operating, _ = solve(horizon.pending)
        self.prices[k] = price
        self.operating[k] = operating
        return Quote(price, window, operating, backstop)

    def _outside_terms(self, desk: Desk, horizon: Horizon, period: int) -> tuple[Floats, Floats]:
        """Return the outside market's price and slope by block (B, 2), and its limits (2,)."""
        blocks = max(1, horizon.windows - horizon.pending)
        terms = np.zeros((blocks, 2))
        market = desk.rule.outside
        if market is None:
            return terms, np.zeros(2)
        year = period // self.spec.periods
        prices = market.prices(self.spec.calendar_years)
        terms[:, 0] = prices[np.minimum(year + np.arange(blocks), prices.size - 1)]
        terms[:, 1] = market.slope
        return terms, np.array([market.import_limit, market.export_limit])

    def _settle(
        self, desk: Desk, horizon: Horizon, quote: Quote, period: int, regulator: Regulator, outlook: Outlook
    ) -> Trade:
        """Collect orders, clear, settle, and let the cleared price become the newest price."""
        spec, k = self.spec, desk.k
        product = self.registry.product(k, horizon.front)
        government = self._government_orders(desk, horizon, quote, regulator)
        outside = self._outside_orders(desk, horizon, quote, period)
        now = sum(_expected_supply(batch, quote.price, desk.rule) for batch in (government, outside))
        batches = [self._planner_orders(desk, horizon, quote, product, regulator, now), government, outside]
        batches += self._complier_orders(desk, horizon, quote, period, product, outlook)
        orders = OrderBatch.concatenate([batch for batch in batches if len(batch)])
        stream = self.streams.at("clearing", period, 0, product)
        _, result, summary = settlement.trade(
            self.registry, product, orders, desk.mechanism, None, stream, spec.money_per_lot_tick[k], period
        )
        if result.price != NO_PRICE:
            price = float(result.price) * desk.rule.tick
            if quote.operating == quote.price:
                self.operating[k] = price
            self.prices[k] = price
            desk.last_price = price
        net = summary.net_lots
        desk.net_sales -= net[: len(spec.population)]
        regulator.sold(k, horizon.front, -int(net[self.registry.reserve]), desk.last_price)
        self._charge(net, period)
        return Trade(horizon.front, quote, result, orders, net)

    def _charge(self, net: Ints, period: int) -> None:
        """Book the fixed cost of trading to accounts that traded; it is paid to the outside world."""
        if not self.compliers:
            return
        cost = np.where(net[: self.trade_cost.size] != 0, self.trade_cost, 0.0)
        if cost.any():
            self.population.trading_cost[:] += cost
            self.registry.pay_outside(np.rint(cost / self.spec.minor_unit).astype(np.int64), period)

    def _planner_orders(
        self, desk: Desk, horizon: Horizon, quote: Quote, product: int, regulator: Regulator, now: float
    ) -> OrderBatch:
        from market.net_demand_kernel import schedule_orders

        if not desk.plans.any():
            return OrderBatch.empty()
        spec, k, n = self.spec, desk.k, len(self.spec.population)
        free = desk.take(self.registry.free(product)[:n])
        forced = self._forced_sales(desk, horizon, free, regulator)
        window_left = spec.deadline(k, horizon.front + quote.window) - spec.deadline(k, horizon.front)
        count = schedule_orders(
            quote.price, k, horizon.pending, quote.window, desk.rows, desk.plans, free, forced, desk.rule.lot,
            desk.rule.tick, horizon.front_left, window_left + horizon.front_left, now, desk.patience, desk.offsets,
            desk.take(self.jitter), quote.backstop, *self._kernel_arguments(desk, horizon, regulator),
            desk.order_account, desk.order_side, desk.order_price, desk.order_quantity,
        )  # fmt: skip
        return OrderBatch(
            desk.order_account[:count], desk.order_side[:count], desk.order_price[:count], desk.order_quantity[:count]
        )

    def _forced_sales(self, desk: Desk, horizon: Horizon, free: Ints, regulator: Regulator) -> Ints:
        """Return the lots (r,) that accounts must still sell because they could not carry them over.

        Selling s of a surplus S lets ``base + per_net_sale·(sold + s)`` be carried: ``s >= (S − base − per·sold)/(1 + per)``.
        """
        limit = desk.rule.banking.limit_for(int(self.spec.start_year + horizon.front))
        if limit is None:
            return np.zeros(free.size, dtype=np.int64)
        surplus = np.maximum(0.0, -desk.fixed[0]) / desk.rule.lot if horizon.pending else free * 0.0
        sold = np.maximum(0, desk.take(desk.net_sales))
        excess = (surplus - limit.base / desk.rule.lot - limit.per_net_sale * sold) / (1.0 + limit.per_net_sale)
        return np.minimum(free, np.maximum(0.0, np.ceil(excess)).astype(np.int64))

    def _complier_orders(
        self, desk: Desk, horizon: Horizon, quote: Quote, period: int, product: int, outlook: Outlook
    ) -> list[OrderBatch]:
        spec, k = self.spec, desk.k
        known = spec.true_up(k, horizon.front)
        free = self.registry.free(product)
        batches = []
        position = np.full(len(spec.population), -1)
        position[desk.rows] = np.arange(desk.rows.size)
        for g, rule, members in self.compliers:
            rows = position[members]
            rows = rows[rows >= 0]
            if not rows.size:
                continue
            accounts = desk.rows[rows]
            yearly = spec.technology.baseline[accounts, k] * desk.activity[0][rows]
            gap = desk.fixed[0][rows].copy()
            unknown = 0.0
            if period < known:
                unknown = 1.0 if known > spec.deadline(k, horizon.front) - horizon.front_left else 0.0
                unknown = 1.0 if horizon.pending else max(unknown * horizon.left / spec.periods, 1.0 / spec.periods)
            if not horizon.pending:
                gap += yearly * horizon.weight[0]
            view = complier.GapView(
                accounts=accounts, gap=gap, yearly=yearly, free=free[accounts],
                expected_price=max(outlook.belief[g, k], quote.price, desk.rule.tick), unknown_share=unknown,
                months_to_know=known - period, last_chance=horizon.front_left <= 1,
                worthless_after=not desk.rule.banked, backstop=quote.backstop, lot=desk.rule.lot, tick=desk.rule.tick,
            )  # fmt: skip
            batches.append(complier.orders(rule, view))
        return batches

    def _government_orders(self, desk: Desk, horizon: Horizon, quote: Quote, regulator: Regulator) -> OrderBatch:
        """Return the regulator's offers: an equal part of what is left of the auction, and the paid share."""
        k, front = desk.k, horizon.front
        auction = int(np.ceil(regulator.for_auction[front, k] / horizon.front_left))
        sale = int(regulator.for_sale[front, k])
        allocation = desk.rule.allocation
        offers = [(auction, allocation.reserve_price), (sale, allocation.base_price)]
        offers = [(lots, price) for lots, price in offers if lots > 0]
        price = np.array([max(1, round(price / desk.rule.tick)) for _, price in offers], dtype=np.int64)
        lots = np.array([lots for lots, _ in offers], dtype=np.int64)
        account = np.full(lots.size, self.registry.reserve, dtype=np.int64)
        return OrderBatch(account, np.full(lots.size, SELL, dtype=np.int8), price, lots)

    def _outside_orders(self, desk: Desk, horizon: Horizon, quote: Quote, period: int) -> OrderBatch:
        """Return the outside market's ladder: it sells above its price and buys below it, within its depth."""
        market = desk.rule.outside
        if market is None or horizon.left == 0:
            return OrderBatch.empty()
        from market.net_demand_kernel import outside_supply

        year = period // self.spec.periods
        centre = float(market.prices(self.spec.calendar_years)[year])
        grid = np.unique(np.concatenate([
            np.rint(np.linspace(1 - OUTSIDE_WIDTH, 1 + OUTSIDE_WIDTH, OUTSIDE_STEPS) * at / desk.rule.tick)
            for at in (centre, max(quote.price, desk.rule.tick))
        ]).astype(np.int64))  # fmt: skip
        grid = grid[grid > 0]
        growth = desk.growth(horizon.left, horizon.weight.size)[0, 0]
        yearly = [
            outside_supply(p * desk.rule.tick * growth, centre, market.slope, market.import_limit, market.export_limit)
            for p in grid
        ]
        lots = np.rint(np.array(yearly) / self.spec.periods / desk.rule.lot).astype(np.int64)
        offered, wanted = np.maximum(lots, 0), np.maximum(-lots, 0)
        sell = np.diff(offered, prepend=0)
        buy = wanted - np.append(wanted[1:], 0)
        side = np.where(sell > 0, SELL, BUY).astype(np.int8)
        quantity = np.where(sell > 0, sell, buy)
        keep = quantity > 0
        account = np.full(int(keep.sum()), self.registry.outside, dtype=np.int64)
        return OrderBatch(account, side[keep], grid[keep], quantity[keep])


def _expected_supply(orders: OrderBatch, price: float, rule: Instrument) -> float:
    """Return the net supply (units) of orders at a price."""
    sells = orders.quantity[(orders.side == SELL) & (orders.price * rule.tick <= price)].sum()
    buys = orders.quantity[(orders.side == BUY) & (orders.price * rule.tick >= price)].sum()
    return float(sells - buys) * rule.lot
