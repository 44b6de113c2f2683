"""The trade step: for each round and each instrument in declared order observe, order, clear and settle.

Indicative rounds only pass prices on: each instrument's price is the one at which the sum of all net-demand schedules
clears in the binding window, given the newest prices of the others. The last round takes orders and settles.
"""

from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from agents.adaptives import Adaptives
from agents.behaviours import planner, zero_intelligence
from agents.behaviours.declared import PlannerRule
from agents.compliers import Compliers
from agents.containment import Office, offices
from agents.costs import TradingCosts, wedges
from agents.desk import Desk, Horizon, Quote, Trade
from agents.expectations import Outlook, growth_factors
from agents.plain_market import is_plain, trade_plainly
from agents.population import FirmPopulation
from agents.regulator import Regulator
from agents.sessions import hold_sessions, trade_of
from agents.spec import MarketSpec
from agents.suppliers import expected_supply, government_orders, outside_orders, outside_terms, post, supply_terms
from agents.trade_ratio import at_ratio, lose_on_the_way
from agents.unsold import settled_at
from agents.venues import Session, hold_session, open_venues, stock_of, turn_to
from agents.world import WorldState
from market.orders import NO_PRICE, OrderBatch
from market.policies.penalty import willingness_to_pay
from market.randomness import Streams, tie_break
from market.registry import Registry

if TYPE_CHECKING:
    from market.net_demand_kernel import Ahead, Firms

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


NO_ORDERS = OrderBatch.empty()


@cache
def _compiled() -> ModuleType:
    """Return the compiled loops; they are loaded when first used, because that takes longer than a schema needs."""
    from agents import trading_kernel

    return trading_kernel


class Exchange:
    """All desks of a run, and the trade step."""

    def __init__(self, spec: MarketSpec, streams: Streams, registry: Registry, population: FirmPopulation) -> None:
        self.spec = spec
        self.population = population
        self.streams = streams
        self.registry = registry
        self.group_of = np.ascontiguousarray(spec.population.behaviour)
        self.desks = [Desk(spec, k, self.group_of) for k in range(len(spec.keys))]
        for desk, venues in zip(self.desks, open_venues(spec.rules, registry, spec.periods), strict=True):
            desk.venues = venues
        self.offices = offices(spec.rules)
        self.looks_ahead = len(spec.keys) > 1 or any(
            office is not None or any(venue.house is not None for venue in desk.venues)
            for office, desk in zip(self.offices, self.desks, strict=True)
        )
        self.jitter = planner.jitter(tie_break(streams.at("jitter", 0).key, np.arange(len(spec.population))))
        self.compliers = Compliers(spec, self.group_of, registry)
        self.random = zero_intelligence.RandomTraders(spec.behaviours, self.group_of, registry, streams)
        self.planner_groups = np.array([isinstance(rule, PlannerRule) for rule in spec.behaviours])
        self.trading_costs = TradingCosts(spec, registry, population, self.group_of)
        self.adaptives = Adaptives(spec, self.desks, self.group_of, population, streams)
        self.plain = [is_plain(self, desk) for desk in self.desks]
        self.firms: Firms | None = None
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
        if self.firms is None or self.firms.credit is not regulator.credit:
            from market.net_demand_kernel import Firms

            self.firms = Firms(self.spec.technology.baseline, regulator.credit, *self.spec.technology.arrays())
        open_desks = [(desk, horizon) for desk in self.desks if (horizon := desk.horizons[period]) is not None]
        for desk, horizon in open_desks:
            self._observe(desk, horizon, period, flow, world, regulator)
        if len(open_desks) > 1:
            for _ in range(self.spec.rounds):
                for desk, horizon in open_desks:
                    self._quote(desk, horizon, period, regulator, outlook)
        if self.adaptives.any and not self.adaptives.expecting:
            for desk, horizon in open_desks:
                if not self.adaptives.told(desk.k):
                    self._quote(desk, horizon, period, regulator, outlook)
            self.adaptives.begin(self.prices)
        trades: list[Trade | None] = [None] * len(self.desks)
        for desk, horizon in open_desks:
            if self.plain[desk.k] and (trade := trade_plainly(self, desk, horizon, period)) is not None:
                trades[desk.k] = trade
                continue
            quote = self._quote(desk, horizon, period, regulator, outlook)
            trades[desk.k] = self._settle(desk, horizon, quote, period, regulator, outlook)
        self.adaptives.learn()
        return trades

    def end_period(self) -> None:
        """Remember prices from before a shortage, for penalties that are multiples: others would feed on themselves."""
        for desk in self.desks:
            desk.reference_price = desk.calm_price
            desk.guess *= desk.drift

    def _observe(
        self, desk: Desk, horizon: Horizon, period: int, flow: Floats, world: WorldState, regulator: Regulator
    ) -> None:
        """Fill what accounts know of themselves: obligations and debts less rights in hand and rights to come."""
        spec, k, year = self.spec, desk.k, period // self.spec.periods
        windows = horizon.windows + (desk.present(horizon, period) is not None)
        _compiled().observe(
            desk.fixed, desk.rows, desk.whole, self.registry.balances, self.registry.product(k, horizon.front),
            regulator.debt, flow, regulator.entitlement, regulator.issued, k, horizon.front, windows, year,
            desk.rule.lot,
        )  # fmt: skip
        if desk.foreseen == year and not spec.world.activity_sd:
            return  # without shocks, what was foreseen when the year began
        desk.foreseen = year
        for b in range(horizon.weight.size if year < spec.years else 0):
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
        other[:, desk.k] = 0.0
        return other

    def _ahead(self, desk: Desk, horizon: Horizon, period: int, outlook: Outlook) -> "Ahead":
        from market.net_demand_kernel import Ahead

        growth = desk.growth(horizon.left, horizon.weight.size)
        other = self._other_prices(desk, horizon, period, outlook)
        return Ahead(
            desk.k, horizon.pending, horizon.windows, desk.kind, desk.horizon, growth, horizon.weight, desk.activity,
            desk.fixed, other,
        )  # fmt: skip

    def backstop(self, k: int) -> float:
        """Return the bound on what anybody pays for a right, money per unit."""
        desk = self.desks[k]
        prices = desk.reference_price, desk.calm_price
        if desk.bound_at != prices:
            desk.bound_at = prices
            desk.bound = max(willingness_to_pay(desk.rule.penalty, *prices), 2.0 * desk.rule.tick)
        return desk.bound

    def _quote(self, desk: Desk, horizon: Horizon, period: int, regulator: Regulator, outlook: Outlook) -> Quote:
        """Return the market's price and binding window given the newest prices of the other instruments."""
        spec, k = self.spec, desk.k
        backstop = self.backstop(k)
        if self.adaptives.alone(k) and self.adaptives.expecting and not self.trading_costs.any:
            newest = float(self.prices[k])
            return Quote(newest, 0, newest, backstop, None)
        from market.net_demand_kernel import Supply, indicative_price, prepare

        year = min(period // spec.periods, spec.years - 1)
        ahead = self._ahead(desk, horizon, period, outlook)
        if len(self.desks) > 1 or not period:  # alone, nobody else's prices ever change
            prepare(self.firms, desk.layout, ahead)
        offered, elastic = supply_terms(self, desk, horizon, regulator, outlook)
        supply = Supply(*offered, *outside_terms(desk, horizon, period))
        tolerance = 0.2 * desk.rule.tick
        own = desk.present(horizon, period)

        def alone(own: Horizon) -> float:
            """Return the value of this year's flows: rights that cannot be carried over have a schedule a vintage."""
            terms = Supply(*regulator.supply(k, own.front, 1, own.front_left), *outside_terms(desk, own, period))
            mine = ahead._replace(pending=0, windows=1, weight=own.weight, fixed=desk.fixed[1:])
            guess = self.operating[k] or outlook.path[year, k]
            price, _, _ = indicative_price(
                guess, 0.0, backstop, tolerance, desk.enough, 0, self.firms, desk.layout, mine, terms,
                np.empty_like(desk.need),
            )  # fmt: skip
            return float(price)

        def solve(first: int) -> tuple[float, int]:
            guess = desk.guess or outlook.path[year, k]
            price, window, desk.steepness = indicative_price(
                guess, desk.steepness, backstop, tolerance, desk.enough, first, self.firms, desk.layout, ahead, supply,
                desk.need,
            )  # fmt: skip
            desk.guess = float(price)
            return desk.guess, int(window)

        price, window = solve(0)
        operating = alone(own) if own else price
        if horizon.pending and window < horizon.pending and horizon.windows > horizon.pending:
            operating, _ = solve(horizon.pending)
        self.prices[k] = price
        self.operating[k] = operating
        near = bool((np.abs(elastic - price) <= 10.0 * tolerance).any())
        return Quote(price, window, operating, backstop, ahead, near)

    def _settle(
        self, desk: Desk, horizon: Horizon, quote: Quote, period: int, regulator: Regulator, outlook: Outlook
    ) -> Trade:
        """Collect orders, clear, settle, and let the cleared price become the newest price."""
        spec, k = self.spec, desk.k
        product = self.registry.product(k, horizon.front)
        year = period // spec.periods
        office = self.offices[k]
        auctioned = regulator.on_auction(k, horizon.front, horizon.front_left)
        offered = any(auctioned) or regulator.for_sale[horizon.front, k]
        government = NO_ORDERS
        if offered:
            government = government_orders(desk, horizon, regulator, self.registry.reserve, auction=office is None)
        if office is not None:
            announced = self._announce(office, desk, horizon, period, product, regulator)
            government = OrderBatch.concatenate([announced, government])
        outside = outside_orders(desk, horizon, year, quote.price, self.registry.outside)
        now, most = self._brought(quote, government, outside, desk)
        batches = [self._planner_orders(desk, horizon, quote, product, now, most)]
        batches.append(self.adaptives.orders(desk, horizon, self.firms, quote.backstop, self.registry))
        batches += self.compliers.orders(desk, horizon, quote, self.firms, period, product, outlook)
        batches += self.random.orders(desk, quote, self.firms, product, period)
        if self.trading_costs.any and self.firms is not None:
            left = spec.deadline(k, horizon.front + quote.window) - spec.deadline(k, horizon.front) + horizon.front_left
            wedge = wedges(desk, quote, self.firms, max(1, left))
            self.trading_costs.wedge[desk.rows, k] = 0.0 if wedge is None else wedge
        batches = [at_ratio(batch, desk.rule.trade_ratio) for batch in batches]
        sessions = self._hold_sessions(desk, horizon, quote, period, product, batches, government, outside, outlook)
        trade = trade_of(horizon.front, quote, sessions)
        if trade.volume:
            price = trade.price * desk.rule.tick
            # A limit on carry-over parts last year's vintage from this year's: forced sales do not price today's flows.
            parted = horizon.pending and desk.rule.banking.limit_for(int(spec.start_year + horizon.front)) is not None
            if quote.operating == quote.price and not parted:
                self.operating[k] = price
            self.prices[k] = price
            self.adaptives.seen[k] = np.nan if parted else price
            desk.last_price = price
        desk.learn_bound(float(self.prices[k]), quote.backstop)
        net = trade.net
        lose_on_the_way(self.registry, product, net, desk.rule.trade_ratio, period)
        desk.net_sales -= net[: len(spec.population)]
        sold = self._sold_by_authority(sessions) if offered or office is not None else 0
        waiting = regulator.unsold[k] is not None
        settled = settled_at(sessions, self.registry.reserve, desk.rule) if waiting else (NO_PRICE, 0)
        if office is not None:
            price = trade.price * desk.rule.tick
            bought = int(net[self.registry.government])
            sold = office.book(
                sold, bought, price, trade.volume * desk.rule.lot, product, period, self.registry, regulator,
                horizon.front, settled,
            )  # fmt: skip
        if sold or (waiting and offered and office is None):
            gone = regulator.sold(k, horizon.front, sold, horizon.front_left, *settled)
            if gone:
                self.registry.cancel(product, np.array([self.registry.reserve]), np.array([gone]), period)
        self.trading_costs.charge(net, sessions, desk, period)
        return trade

    def _hold_sessions(
        self, desk: Desk, horizon: Horizon, quote: Quote, period: int, product: int, batches: list[OrderBatch],
        government: OrderBatch, outside: OrderBatch, outlook: Outlook,
    ) -> "list[Session]":  # fmt: skip
        """Let every venue of the instrument hold its session; negotiated ones first, what they leave goes on."""
        spec = self.spec
        worth, office = spec.money_per_lot_tick[desk.k], self.offices[desk.k]
        issuer = self.registry.reserve if office is not None and office.unlimited else None
        calendar_year = int(spec.start_year + horizon.front)
        for venue in desk.venues:
            turn_to(venue, horizon.front, calendar_year, desk.rule, self.registry, product, period)
            post(venue, desk, outlook.announced[min(period // spec.periods, spec.years - 1), desk.k])
        if len(desk.venues) == 1 and desk.venues[0].rule.cost is None:
            orders = OrderBatch.concatenate([*batches[:1], government, outside, *batches[1:]])
            return [
                hold_session(
                    desk.venues[0],
                    orders,
                    self.registry,
                    product,
                    self.streams,
                    worth,
                    period,
                    issuer,
                    quote.price / desk.rule.tick,
                )
            ]
        return hold_sessions(
            desk, OrderBatch.concatenate(batches), government, outside, quote.price, horizon.front_left <= 1,
            self.registry, product, self.streams, worth, period, issuer,
        )  # fmt: skip

    def _announce(
        self, office: Office, desk: Desk, horizon: Horizon, period: int, product: int, regulator: Regulator
    ) -> OrderBatch:
        """Let containment rules act and return the authority's orders of this period."""
        year, month = divmod(period, self.spec.periods)
        cap = float(regulator.cap[min(year, self.spec.years - 1), desk.k])
        office.of_desks = stock_of(desk.venues, horizon.front, self.registry.reserve)
        public = office.public(int(self.spec.start_year) + year, month, self.spec.periods, cap)
        return office.announce(horizon.front_left, public, product, period, self.registry, regulator, horizon.front)

    def _sold_by_authority(self, sessions: "list[Session]") -> int:
        """Return the lots of what was put up for auction and sale that were sold, without those that a house sold."""
        reserve = self.registry.reserve
        return sum(-int(s.net[reserve]) for s in sessions if s.venue.house != reserve) + sum(
            int(s.filled[s.orders.account == reserve].sum()) for s in sessions if s.venue.house == reserve
        )

    def _brought(self, quote: Quote, government: OrderBatch, outside: OrderBatch, desk: Desk) -> tuple[float, float]:
        """Return what others bring at the expected price in any case, and at the most, in units.

        The two differ where somebody sells or buys at this very price: a ceiling, a floor, a trigger, a posted price.
        """
        rule = desk.rule
        if quote.elastic:
            return -np.inf, np.inf
        now = expected_supply(outside, quote.price, rule) if len(outside) else 0.0
        if not len(government):
            return now, now
        near = 2.0 * rule.tick
        below, up_to = (expected_supply(government, quote.price + step, rule) for step in (-near, near))
        if self.offices[desk.k] is None and rule.allocation.unsold is None:
            below = up_to = expected_supply(government, quote.price, rule)
        return now + below, now + max(below, up_to)

    def _planner_orders(
        self, desk: Desk, horizon: Horizon, quote: Quote, product: int, now: float, most: float
    ) -> OrderBatch:
        if not desk.planning.size:
            return NO_ORDERS
        from market.net_demand_kernel import prepare
        from market.schedule_kernel import Terms, schedule_orders

        spec, k, n, rule = self.spec, desk.k, len(self.spec.population), desk.rule
        free = desk.of_planners(self.registry.free(product)[:n])
        later = spec.deadline(k, horizon.front + quote.window) - spec.deadline(k, horizon.front)
        ahead, need = quote.ahead, desk.need
        if not desk.all_plan:
            rows = desk.planning
            need = need[rows]
            ahead = ahead._replace(kind=ahead.kind[rows], activity=ahead.activity[:, rows], fixed=ahead.fixed[:, rows])
            prepare(self.firms, desk.planner_layout, ahead)
        terms = Terms(
            quote.price, quote.window, free, self._forced_sales(desk, horizon, free), rule.lot, rule.tick,
            horizon.front_left, later + horizon.front_left, now, most, desk.patience, desk.offsets,
            desk.of_planners(self.jitter), quote.backstop,
        )  # fmt: skip
        count = schedule_orders(
            self.firms, desk.planner_layout, ahead, terms, need,
            desk.order_account, desk.order_side, desk.order_price, desk.order_quantity,
        )  # fmt: skip
        return OrderBatch(
            desk.order_account[:count], desk.order_side[:count], desk.order_price[:count], desk.order_quantity[:count]
        )

    def _forced_sales(self, desk: Desk, horizon: Horizon, free: Ints) -> Ints:
        """Return the lots (planners,) that must still be sold because they could not be carried over, or none (0,).

        Selling s of a surplus S lets ``base + per_net_sale·(sold + s)`` be carried, hence
        ``s >= (S − base − per·sold)/(1 + per)``.
        """
        limit = desk.rule.banking.limit_for(int(self.spec.start_year + horizon.front))
        if limit is None:
            return np.zeros(0, dtype=np.int64)
        surplus = np.maximum(0.0, -desk.fixed[0][desk.planning]) / desk.rule.lot if horizon.pending else free * 0.0
        sold = desk.of_planners(desk.net_sales)
        excess = (surplus - limit.base / desk.rule.lot - limit.per_net_sale * sold) / (1.0 + limit.per_net_sale)
        excess = np.minimum(excess, surplus - limit.base / desk.rule.lot)  # what was bought before is sold back first
        return np.minimum(free, np.maximum(0.0, np.ceil(excess)).astype(np.int64))
