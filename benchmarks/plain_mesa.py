"""The baseline: a bare permit market as an ordinary Mesa model, one Python agent a firm and a heap order book.

The market, stated so that another implementation can run the same one:

* *Firms.* n firms. Firm i emits ``baseline_i`` units a year when it does nothing and has the marginal abatement cost
  ``MAC_i = c_i (baseline_i − e_i)`` at yearly emissions ``e_i`` (money per unit). Drawn once, from
  ``numpy.random.default_rng(seed)``: ``baseline = 1000·exp(0.8 z)`` with standard normal ``z``, then
  ``c_i = m_i / baseline_i`` with ``m`` uniform on [50, 150]: the last unit of a firm costs between 50 and 150.
* *Permits.* One instrument, unit lots. At the start of every compliance year of 12 steps firm i is given
  ``floor(0.8 baseline_i)`` permits, free. Unused permits are banked without limit; there is no borrowing.
* *A step.* (1) Every firm, in random order, works out what it needs until the deadline and posts one limit order,
  which trades at once with what rests in the book. (2) Every firm updates its expectation, abates until marginal cost
  meets it, and emits a twelfth of that yearly rate, which becomes its obligation. (3) Aggregates are recorded.
* *Need and reservation price.* With ``s`` of 12 steps left, emissions so far ``E``, holdings ``h`` and the expected
  price ``p̂``, the price at which the firm would need no trade is ``v = clip(c (baseline − 12 (h − E)/s), 0, penalty)``.
  It offers to trade at ``(v + p̂)/2`` what it would need at that price, in whole lots and at least one: a buyer if
  ``v > p̂``, otherwise a seller of no more than it holds.
* *Order book.* Price-time priority, partial fills, trades at the price of the resting order. Orders last one step.
* *Expectations.* ``p̂ += 0.3 (p − p̂)`` after trade, p the step's volume-weighted price; unchanged if nothing traded.
  Every firm starts from its own error: ``p̂ = 20 u`` with ``u`` uniform on [0.5, 1.5].
* *Deadline.* After step 12 the firm surrenders its year's emissions, rounded up, as far as its permits reach, and pays
  a penalty of 200 for each unit short, which is not made good.

Without banking its competitive price is ``Σ (baseline − permits) / Σ (1/c)``, about 19, to which it converges.
"""

import gc
import heapq
import time
from dataclasses import dataclass
from math import ceil, floor

import mesa
import numpy as np

from benchmarks.figures import Figure

STEPS_A_YEAR = 12
ALLOCATION_SHARE = 0.8
PENALTY = 200.0
LEARNING_RATE = 0.3
FIRST_PRICE = 20.0
SIZES = {100: 240, 1_000: 60, 10_000: 24}


@dataclass(slots=True)
class Order:
    """A limit order of one firm: what is left of it, in lots."""

    firm: "FirmAgent"
    price: float
    quantity: int


class OrderBook:
    """Two heaps with price-time priority; an arriving order trades with the best resting ones."""

    def __init__(self) -> None:
        self.bids: list[tuple[float, int, Order]] = []
        self.asks: list[tuple[float, int, Order]] = []
        self.arrivals = 0
        self.volume = 0
        self.turnover = 0.0

    def buy(self, order: Order) -> None:
        """Trade a bid with the cheapest asks; what is left rests."""
        asks = self.asks
        while order.quantity and asks and asks[0][0] <= order.price:
            resting = asks[0][2]
            self.trade(order, resting, buyer=order.firm, seller=resting.firm)
            if not resting.quantity:
                heapq.heappop(asks)
        if order.quantity:
            self.arrivals += 1
            heapq.heappush(self.bids, (-order.price, self.arrivals, order))

    def sell(self, order: Order) -> None:
        """Trade an ask with the dearest bids; what is left rests."""
        bids = self.bids
        while order.quantity and bids and -bids[0][0] >= order.price:
            resting = bids[0][2]
            self.trade(order, resting, buyer=resting.firm, seller=order.firm)
            if not resting.quantity:
                heapq.heappop(bids)
        if order.quantity:
            self.arrivals += 1
            heapq.heappush(self.asks, (order.price, self.arrivals, order))

    def trade(self, order: Order, resting: Order, buyer: "FirmAgent", seller: "FirmAgent") -> None:
        """Move permits and money between two firms, at the price of the resting order."""
        quantity = min(order.quantity, resting.quantity)
        payment = resting.price * quantity
        buyer.permits += quantity
        buyer.cash -= payment
        seller.permits -= quantity
        seller.cash += payment
        order.quantity -= quantity
        resting.quantity -= quantity
        self.volume += quantity
        self.turnover += payment

    def clear(self) -> None:
        """Drop all resting orders and start a new step's statistics."""
        self.bids.clear()
        self.asks.clear()
        self.volume = 0
        self.turnover = 0.0


class FirmAgent(mesa.Agent):
    """A firm with a linear marginal abatement cost that trades permits."""

    def __init__(self, model: "PermitMarket", baseline: float, slope: float, expected_price: float) -> None:
        super().__init__(model)
        self.baseline = baseline
        self.slope = slope
        self.expected_price = expected_price
        self.allocation = floor(ALLOCATION_SHARE * baseline)
        self.permits = 0
        self.cash = 0.0
        self.emitted = 0.0
        self.shortfall = 0

    def receive_allocation(self) -> None:
        """Take the year's free permits."""
        self.permits += self.allocation

    def planned_emissions(self, price: float) -> float:
        """Return the yearly rate of emissions at which marginal cost equals a price."""
        return max(0.0, self.baseline - price / self.slope)

    def trade(self) -> None:
        """Post one limit order for what is needed until the deadline."""
        share_left = self.model.steps_left / STEPS_A_YEAR
        sustainable = (self.permits - self.emitted) / share_left
        own_value = min(max(self.slope * (self.baseline - sustainable), 0.0), PENALTY)
        limit = 0.5 * (own_value + self.expected_price)
        need = self.emitted + share_left * self.planned_emissions(limit) - self.permits
        if own_value > self.expected_price:
            self.model.book.buy(Order(self, limit, max(1, ceil(need))))
        elif self.permits:
            self.model.book.sell(Order(self, limit, min(max(1, floor(-need)), self.permits)))

    def operate(self) -> None:
        """Learn from the step's price, abate up to it and emit."""
        price = self.model.price
        if price is not None:
            self.expected_price += LEARNING_RATE * (price - self.expected_price)
        emissions = self.planned_emissions(self.expected_price) / STEPS_A_YEAR
        self.emitted += emissions
        self.model.emissions += emissions

    def comply(self) -> None:
        """Surrender for the year's emissions; pay for what is short."""
        obligation = ceil(self.emitted)
        surrendered = min(obligation, self.permits)
        self.permits -= surrendered
        self.model.surrendered += surrendered
        self.shortfall += obligation - surrendered
        self.cash -= PENALTY * (obligation - surrendered)
        self.emitted = 0.0


class PermitMarket(mesa.Model):
    """Permit trading among many firms; a step is a month."""

    def __init__(self, firms: int = 100, seed: int = 0) -> None:
        super().__init__(rng=seed)
        draws = np.random.default_rng(seed)
        baseline = 1000.0 * np.exp(0.8 * draws.standard_normal(firms))
        slope = draws.uniform(50.0, 150.0, firms) / baseline
        expected = FIRST_PRICE * draws.uniform(0.5, 1.5, firms)
        FirmAgent.create_agents(self, firms, baseline.tolist(), slope.tolist(), expected.tolist())
        self.book = OrderBook()
        self.price: float | None = None
        self.emissions = 0.0
        self.issued = 0
        self.surrendered = 0
        self.steps_left = STEPS_A_YEAR
        self.datacollector = mesa.DataCollector(
            model_reporters={
                "price": "price",
                "volume": lambda model: model.book.volume,
                "emissions": "emissions",
            }
        )

    def step(self) -> None:
        """Run one month: allocation when the year begins, trade, operation, compliance when it ends."""
        if self.steps_left == STEPS_A_YEAR:
            self.agents.do("receive_allocation")
            self.issued += self.agents.agg("allocation", sum)
        self.book.clear()
        self.agents.shuffle_do("trade")
        self.price = self.book.turnover / self.book.volume if self.book.volume else None
        self.emissions = 0.0
        self.agents.do("operate")
        self.datacollector.collect(self)
        self.steps_left -= 1
        if not self.steps_left:
            self.agents.do("comply")
            self.steps_left = STEPS_A_YEAR


@dataclass(frozen=True, slots=True)
class MarketSummary:
    """What a run did, for tests: lots issued, held and surrendered, money, and the series of prices and volumes."""

    issued: int
    held: int
    surrendered: int
    shortfall: int
    cash: float
    prices: list[float | None]
    volumes: list[int]
    emissions: list[float]


def market_summary(firms: int, steps: int, seed: int = 0) -> MarketSummary:
    """Run the market and return its accounts."""
    model = PermitMarket(firms, seed)
    for _ in range(steps):
        model.step()
    series = model.datacollector.model_vars
    summary = MarketSummary(
        issued=model.issued,
        held=model.agents.agg("permits", sum),
        surrendered=model.surrendered,
        shortfall=model.agents.agg("shortfall", sum),
        cash=model.agents.agg("cash", sum),
        prices=series["price"],
        volumes=series["volume"],
        emissions=series["emissions"],
    )
    release(model)
    return summary


def release(model: PermitMarket) -> None:
    """Let a finished model be freed: Mesa 3.3.1 keeps every model alive in a class attribute."""
    mesa.Agent._ids.pop(model, None)  # noqa: SLF001 (fixed in later versions of Mesa)


def run(firms: int, steps: int, seed: int = 0) -> float:
    """Return the seconds that ``steps`` steps of a market of ``firms`` firms take, without building it."""
    model = PermitMarket(firms, seed)
    gc.collect()
    start = time.perf_counter()
    for _ in range(steps):
        model.step()
    seconds = time.perf_counter() - start
    release(model)
    return seconds


def measure() -> list[Figure]:
    """Return nanoseconds per firm-step at three sizes, the best of three runs each."""
    return [
        Figure(
            name=f"plain Mesa, {firms:,} firms",
            value=min(run(firms, steps, seed) for seed in range(3)) / (firms * steps) * 1e9,
            unit="ns/firm-step",
        )
        for firms, steps in SIZES.items()
    ]
