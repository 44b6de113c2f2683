"""The order book: nanoseconds a message of 10,000 traders, against a heap book and a plain Mesa model of the same.

*Add*: limit orders on both sides of a gap, so that all rest. *Replace*: each trader posts a quote, replaces it three
times and cancels it, over and over; some quotes trade. *Tape*: orders of both sides around one price, most of which
trade, through `OrderBook.clear`, which returns what every order got and every single trade.

The heap book is that of `benchmarks.plain_mesa`. The plain Mesa model has one agent a trader with one quote, drawn
within its own value or cost and replaced every step; a heap keeps what was withdrawn until it comes to the top. The
messages that its agents send are given to the heap book alone and to the compiled one: all three trade the same lots
for the same money and write down every trade. *Without replacing*, the heap book is at its best: steps of 10,000
orders around one price, each with a fresh book.
"""

import gc
import heapq
from collections.abc import Callable
from dataclasses import fields
from statistics import median
from time import perf_counter_ns
from types import SimpleNamespace
from typing import Any

import mesa
import numpy as np

from benchmarks.figures import Figure
from benchmarks.plain_mesa import Order, release
from benchmarks.plain_mesa import OrderBook as HeapBook
from market.matching import OrderBook
from market.matching.order_book_state import CANCEL, LIMIT, REPLACE, Book, BookOrders
from market.orders import BUY, SELL, OrderBatch, Reason
from market.randomness import Streams

TRADERS = 10_000
MESSAGES = 500_000
STEPS = 20
MIDDLE, WIDTH = 10_000, 1_000
SMALL = 100
REPEATS = 7
CYCLE = np.array([LIMIT, REPLACE, REPLACE, REPLACE, CANCEL], dtype=np.int8)


def adds(generator: np.random.Generator) -> BookOrders:
    """Return limit orders that all rest."""
    side = generator.choice(np.array([BUY, SELL], dtype=np.int8), MESSAGES)
    price = MIDDLE - side * generator.integers(1, WIDTH, MESSAGES)
    return _messages(generator, generator.integers(0, TRADERS, MESSAGES), side, price)


def replacements(generator: np.random.Generator) -> BookOrders:
    """Return the messages of traders who come round in turn, each to post, replace or cancel its quote."""
    rounds = MESSAGES // TRADERS
    turn = np.concatenate([generator.permutation(TRADERS) for _ in range(rounds)])
    side = np.where(turn % 2 == 0, BUY, SELL).astype(np.int8)
    price = MIDDLE - side * generator.integers(-WIDTH // 20, WIDTH, MESSAGES)
    stage = (np.repeat(np.arange(rounds), TRADERS) + turn) % CYCLE.size  # traders begin at different stages
    kind = CYCLE[stage]
    kind[:TRADERS] = LIMIT
    by_trader = np.argsort(turn, kind="stable").reshape(TRADERS, rounds)
    target = np.full(MESSAGES, -1)
    target[by_trader[:, 1:]] = by_trader[:, :-1]
    return _messages(generator, turn, side, price, kind, target)


def crossing(generator: np.random.Generator) -> BookOrders:
    """Return limit orders of both sides around one price."""
    side = generator.choice(np.array([BUY, SELL], dtype=np.int8), MESSAGES)
    price = MIDDLE + generator.integers(-WIDTH, WIDTH, MESSAGES)
    return _messages(generator, generator.integers(0, TRADERS, MESSAGES), side, price)


def _messages(generator: np.random.Generator, account: Any, side: Any, price: Any, *rest: Any) -> BookOrders:
    n = account.shape[0]
    kind, target = rest or (np.full(n, LIMIT, dtype=np.int8), np.full(n, -1))
    return BookOrders(account, side, price, generator.integers(1, 50, n), kind, target)


def kernel(orders: BookOrders, starts: Any, taped: bool = False) -> Callable[[], Any]:
    """Return what plays messages through the compiled books, in room that is kept, and returns the tape."""
    from market.matching.order_book_stream_kernel import play_books, room_for

    rows, queue, tape = room_for(len(orders), int(np.diff(starts).max()), taped)

    def play() -> Any:
        first = play_books(
            starts, orders.account, orders.side, orders.price, orders.quantity, orders.kind, orders.target, False,
            False, rows, queue, tape,
        )  # fmt: skip
        return tape[:, : first[-1]]

    return play


def nanoseconds(work: Callable[[], Any], messages: int, repeats: int = REPEATS) -> float:
    """Return the median time of a call, a message."""
    times = []
    for _ in range(repeats + 1):
        start = perf_counter_ns()
        work()
        times.append(perf_counter_ns() - start)
    return median(times[1:]) / messages


class Trader(mesa.Agent):
    """Has one quote in the book, which it replaces every step; draws it within its own value or cost."""

    def __init__(self, model: "TraderModel", side: int, value: int) -> None:
        super().__init__(model)
        self.side, self.value = side, value
        self.permits, self.cash = 0, 0
        self.order: Order | None = None

    def trade(self) -> None:
        """Withdraw the old quote and submit a new one."""
        draw = self.model.random
        lots = draw.randint(1, 49)
        lowest, highest = (MIDDLE - WIDTH, self.value) if self.side > 0 else (self.value, MIDDLE + WIDTH)
        limit = draw.randint(lowest, highest)
        if self.order is not None:
            self.order.quantity = 0
        self.order = Order(self, limit, lots)
        self.model.book.submit(self.side, self.order)


class QuoteBook(HeapBook):
    """The heap book with a tape, where withdrawn quotes are those of no quantity; such ones on top are dropped."""

    def __init__(self) -> None:
        super().__init__()
        self.tape: list[tuple[int, int, int, int]] = []

    def trade(self, order: Order, resting: Order, buyer: "Trader", seller: "Trader") -> None:
        """Settle a trade and write it down."""
        lots = min(order.quantity, resting.quantity)
        if lots:
            self.tape.append((buyer.unique_id, seller.unique_id, resting.price, lots))
        super().trade(order, resting, buyer, seller)

    def submit(self, side: int, order: Order) -> None:
        """Trade and place an order."""
        heap = self.asks if side > 0 else self.bids
        while heap and not heap[0][2].quantity:
            heapq.heappop(heap)
        if side > 0:
            self.buy(order)
        else:
            self.sell(order)


class TraderModel(mesa.Model):
    """Buyers and sellers in equal numbers, in random order; volume and mean price of every step are recorded."""

    def __init__(self, traders: int) -> None:
        super().__init__(rng=1)
        draws = np.random.default_rng(1)
        values = MIDDLE + draws.integers(-WIDTH, WIDTH, traders)
        Trader.create_agents(self, traders, [BUY, SELL] * (traders // 2), values.tolist())
        self.book = QuoteBook()
        self.price: float | None = None
        self.datacollector = mesa.DataCollector(
            model_reporters={"price": "price", "volume": lambda model: model.book.volume}
        )

    def step(self) -> None:
        """Let everybody trade."""
        self.book.volume, self.book.turnover = 0, 0
        self.agents.shuffle_do("trade")
        self.price = self.book.turnover / self.book.volume if self.book.volume else None
        self.datacollector.collect(self)


class Recorder(QuoteBook):
    """Writes down what is submitted, and whether it replaces a quote."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[int, int, int, int, int, int]] = []
        self.resting: dict[int, int] = {}

    def submit(self, side: int, order: Order) -> None:
        """Note the order before it trades."""
        account = order.firm.unique_id
        target = self.resting.pop(account, -1)
        kind = LIMIT if target < 0 else REPLACE
        self.rows.append((account, side, order.price, order.quantity, kind, target))
        self.resting[account] = len(self.rows) - 1
        super().submit(side, order)
        if not order.quantity:
            self.resting.pop(account)

    def trade(self, order: Order, resting: Order, buyer: Trader, seller: Trader) -> None:
        """Forget a quote that has traded whole."""
        super().trade(order, resting, buyer, seller)
        if not resting.quantity and resting is resting.firm.order:
            self.resting.pop(resting.firm.unique_id, None)


def recorded() -> tuple[BookOrders, int, int]:
    """Return the messages of a run of the Mesa model, and what it traded: volume and turnover."""
    model = TraderModel(TRADERS)
    model.book = Recorder()
    volume = turnover = 0
    for _ in range(STEPS):
        model.step()
        volume, turnover = volume + model.book.volume, turnover + model.book.turnover
    release(model)
    columns = np.array(model.book.rows).T.copy()
    account, side, price, lots, kind, target = columns
    return (
        BookOrders(account, side.astype(np.int8), price, lots, kind.astype(np.int8), target),
        volume,
        int(turnover),
    )


def plain_mesa(steps: int) -> float:
    """Return the nanoseconds that some steps of the Mesa model take, without building it."""
    model = TraderModel(TRADERS)
    gc.collect()
    start = perf_counter_ns()
    for _ in range(steps):
        model.step()
    spent = perf_counter_ns() - start
    assert len(model.book.tape) > steps * TRADERS / 10
    release(model)
    return spent


def through_heap(rows: list[tuple[int, ...]]) -> tuple[int, int]:
    """Send messages to the heap book without Mesa; return volume and turnover."""
    book = QuoteBook()
    traders = [SimpleNamespace(unique_id=i, permits=0, cash=0) for i in range(TRADERS + 1)]
    quotes: list[Order] = []
    for account, side, price, lots, _, target in rows:
        if target >= 0:
            quotes[target].quantity = 0
        order = Order(traders[account], price, lots)
        quotes.append(order)
        book.submit(side, order)
    return book.volume, int(book.turnover)


def against_others() -> list[Figure]:
    """Return the compiled book against the heap book and the plain Mesa model: the same messages, the same trades."""
    orders, volume, turnover = recorded()
    n = len(orders)
    columns = [getattr(orders, field.name).tolist() for field in fields(orders)]
    rows = list(zip(*columns, strict=True))
    assert through_heap(rows) == (volume, turnover)
    whole = np.array([0, n])
    compiled_book = kernel(orders, whole, taped=True)
    tape = compiled_book()
    assert (int(tape[3].sum()), int((tape[2] * tape[3]).sum())) == (volume, turnover)

    compiled = nanoseconds(compiled_book, n)
    heap = nanoseconds(lambda: through_heap(rows), n, 3)
    plain = min(plain_mesa(STEPS) for _ in range(2)) / n
    return [
        Figure("order book, 10,000 traders", compiled, "ns/order"),
        Figure("heap book, 10,000 traders", heap, "ns/order"),
        Figure("plain Mesa, 10,000 traders", plain, "ns/order"),
        Figure("order book against heap book", heap / compiled, "x", "heap book", 20.0, "at least"),
        Figure("order book against plain Mesa", plain / compiled, "x", "plain Mesa traders", 100.0, "at least"),
    ]


def steps_through_heap(steps: list[list[tuple[int, ...]]]) -> int:
    """Send steps of orders to a fresh heap book each; return the volume."""
    volume = 0
    traders = [SimpleNamespace(permits=0, cash=0) for _ in range(TRADERS)]
    for rows in steps:
        book = HeapBook()
        for account, side, price, lots in rows:
            order = Order(traders[account], price, lots)
            if side > 0:
                book.buy(order)
            else:
                book.sell(order)
        volume += book.volume
    return volume


def without_replacing(generator: np.random.Generator) -> list[Figure]:
    """Return the compiled book against the heap book where nothing is withdrawn."""
    n = STEPS * TRADERS
    orders = crossing(generator).take(np.arange(n))
    orders.account = np.concatenate([generator.permutation(TRADERS) for _ in range(STEPS)])
    starts = np.arange(0, n + 1, TRADERS)
    columns = [column.tolist() for column in (orders.account, orders.side, orders.price, orders.quantity)]
    rows = list(zip(*columns, strict=True))
    steps = [rows[start : start + TRADERS] for start in starts[:-1]]
    compiled_book = kernel(orders, starts, taped=True)
    assert steps_through_heap(steps) == compiled_book()[3].sum()
    compiled = nanoseconds(compiled_book, n)
    heap = nanoseconds(lambda: steps_through_heap(steps), n, 3)
    name = "without replacing"
    return [
        Figure(f"order book, {name}", compiled, "ns/order"),
        Figure(f"heap book, {name}", heap, "ns/order"),
        Figure(f"order book against heap book, {name}", heap / compiled, "x", "heap book", 20.0, "at least"),
    ]


def small_books(generator: np.random.Generator) -> list[Figure]:
    """Return what an order costs in 100 books of 100 orders and in one of 10,000."""
    orders = crossing(generator).take(np.arange(SMALL * SMALL))
    orders.account = np.tile(generator.permutation(SMALL), SMALL)
    many = nanoseconds(kernel(orders, np.arange(0, SMALL * SMALL + 1, SMALL), taped=True), SMALL * SMALL, 101)
    one = nanoseconds(kernel(orders, np.array([0, SMALL * SMALL]), taped=True), SMALL * SMALL, 101)
    return [
        Figure("order book, 100 books of 100 orders", many, "ns/order"),
        Figure("order book, one of 10,000 orders", one, "ns/order"),
        Figure("order book, small books to one large", many / one, "x", "one large book", 2.0),
    ]


def measure() -> list[Figure]:
    """Return ns a message of the compiled book, and what it is worth against others."""
    generator = Streams(1).at("book", 0).generator()
    whole = np.array([0, MESSAGES])
    figures = []
    added, replaced, crossed = adds(generator), replacements(generator), crossing(generator)
    for name, orders, bound in (("add", added, 100.0), ("cancel and replace", replaced, 200.0)):
        spent = nanoseconds(kernel(orders, whole), MESSAGES)
        figures.append(Figure(f"order book, {name}", spent, "ns/order", bound=bound))

    book, stream = OrderBook(), Streams(1).at("clearing", 0)
    reasons = np.bincount(book.clear(Book.empty(), replaced, stream)[1].reason, minlength=len(Reason)) / MESSAGES
    assert reasons[Reason.UNKNOWN_ORDER] < 0.25, "too many traders find their quote gone"
    assert reasons[Reason.FILLED] > 0.05
    result = book.clear(Book.empty(), crossed, stream)[1]
    assert len(result.trades) > MESSAGES / 2
    spent = nanoseconds(lambda: book.clear(Book.empty(), crossed, stream), MESSAGES)
    figures.append(Figure("order book, with the trade tape", spent, "ns/order", bound=1_000.0))
    one = OrderBatch(
        generator.permutation(TRADERS), crossed.side[:TRADERS].copy(), crossed.price[:TRADERS].copy(),
        crossed.quantity[:TRADERS].copy(),
    )  # fmt: skip
    spent = nanoseconds(lambda: book.clear(Book.empty(), one, stream), TRADERS, 51)
    figures.append(Figure("order book, random arrival of 10,000", spent, "ns/order"))
    return figures + against_others() + without_replacing(generator) + small_books(generator)


if __name__ == "__main__":
    for figure in measure():
        print(f"{figure.name:40s} {figure.value:10.2f} {figure.unit}")
