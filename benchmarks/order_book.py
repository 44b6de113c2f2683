"""The order book: nanoseconds a message of 10,000 traders, against a heap book and a plain Mesa model of the same.

*Add*: limit orders on both sides of a gap, so that all rest. *Replace*: each trader posts a quote, replaces it three
times and cancels it, over and over; some quotes trade. *Tape*: orders of both sides around one price, most of which
trade, through `OrderBook.clear`, which returns what every order got and every single trade.

The heap book is that of `benchmarks.plain_mesa`; the plain Mesa model has one agent a trader that posts one limit order
a step to it. Both are given steps of 10,000 orders, one a trader, and so is the compiled book: the same orders in the
same sequence, with the same volume and turnover, and the tape besides. A step's book starts empty.
"""

import gc
from collections.abc import Callable
from statistics import median
from time import perf_counter_ns
from types import SimpleNamespace
from typing import Any

import mesa
import numpy as np

from benchmarks.figures import Figure
from benchmarks.plain_mesa import Order
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


def kernel(orders: BookOrders, starts: Any, taped: bool = False) -> Any:
    """Play messages through the compiled books alone."""
    from market.matching.order_book_batch_kernel import clear_books

    return clear_books(
        starts, orders.account, orders.side, orders.price, orders.quantity, orders.kind, orders.target, False, False,
        taped,
    )  # fmt: skip


def nanoseconds(work: Callable[[], Any], messages: int, repeats: int = REPEATS) -> float:
    """Return the median time of a call, a message."""
    times = []
    for _ in range(repeats + 1):
        start = perf_counter_ns()
        work()
        times.append(perf_counter_ns() - start)
    return median(times[1:]) / messages


class Trader(mesa.Agent):
    """Posts one limit order a step, on either side, at a random price around the middle."""

    def trade(self) -> None:
        """Draw an order and submit it."""
        draw = self.model.random
        order = Order(self, MIDDLE + draw.randrange(-WIDTH, WIDTH), draw.randrange(1, 50))
        if draw.random() < 0.5:
            self.model.book.buy(order)
        else:
            self.model.book.sell(order)


class TraderModel(mesa.Model):
    """Traders in random order, and the price of every step."""

    def __init__(self, traders: int) -> None:
        super().__init__(rng=1)
        Trader.create_agents(self, traders)
        for trader in self.agents:
            trader.permits, trader.cash = 0, 0
        self.book = HeapBook()
        self.datacollector = mesa.DataCollector(model_reporters={"volume": lambda model: model.book.volume})

    def step(self) -> None:
        """Clear the book and let everybody trade."""
        self.book.clear()
        self.agents.shuffle_do("trade")
        self.datacollector.collect(self)


def heap_steps(columns: list[tuple[Any, ...]]) -> tuple[int, int]:
    """Send the steps' orders to the heap book; return volume and turnover."""
    volume = turnover = 0
    book = HeapBook()
    traders = [SimpleNamespace(permits=0, cash=0) for _ in range(TRADERS)]
    for step in columns:
        for account, side, price, lots in zip(*step, strict=True):
            order = Order(traders[account], price, lots)
            if side > 0:
                book.buy(order)
            else:
                book.sell(order)
        volume, turnover = volume + book.volume, turnover + book.turnover
        book.clear()
    return volume, int(turnover)


def against_others(generator: np.random.Generator) -> list[Figure]:
    """Return the compiled book against the heap book and the plain Mesa model."""
    n = STEPS * TRADERS
    account = np.concatenate([generator.permutation(TRADERS) for _ in range(STEPS)])
    side = generator.choice(np.array([BUY, SELL], dtype=np.int8), n)
    orders = _messages(generator, account, side, MIDDLE + generator.integers(-WIDTH, WIDTH, n))
    starts = np.arange(0, n + 1, TRADERS)
    columns = [
        tuple(c[a : a + TRADERS].tolist() for c in (orders.account, orders.side, orders.price, orders.quantity))
        for a in starts[:-1]
    ]
    tape = kernel(orders, starts, taped=True)[1]
    assert (int(tape[3].sum()), int((tape[2] * tape[3]).sum())) == heap_steps(columns)

    compiled = nanoseconds(lambda: kernel(orders, starts, taped=True), n)
    heap = nanoseconds(lambda: heap_steps(columns), n, 3)
    model = TraderModel(TRADERS)
    gc.collect()
    plain = nanoseconds(model.step, TRADERS, 5)
    mesa.Agent._ids.pop(model, None)  # noqa: SLF001 (Mesa 3.3.1 keeps every model alive in a class attribute)
    return [
        Figure("order book, steps of 10,000 traders", compiled, "ns/order"),
        Figure("heap book, steps of 10,000 traders", heap, "ns/order"),
        Figure("plain Mesa traders, 10,000", plain, "ns/order"),
        Figure("order book against heap book", heap / compiled, "x", "heap book", 20.0, "at least"),
        Figure("order book against plain Mesa", plain / compiled, "x", "plain Mesa traders", 100.0, "at least"),
    ]


def small_books(generator: np.random.Generator) -> list[Figure]:
    """Return what an order costs in 100 books of 100 orders and in one of 10,000."""
    orders = crossing(generator).take(np.arange(SMALL * SMALL))
    orders.account = np.tile(generator.permutation(SMALL), SMALL)
    many = nanoseconds(lambda: kernel(orders, np.arange(0, SMALL * SMALL + 1, SMALL), taped=True), SMALL * SMALL, 101)
    one = nanoseconds(lambda: kernel(orders, np.array([0, SMALL * SMALL]), taped=True), SMALL * SMALL, 101)
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
        spent = nanoseconds(lambda orders=orders: kernel(orders, whole), MESSAGES)
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
    return figures + against_others(generator) + small_books(generator)


if __name__ == "__main__":
    for figure in measure():
        print(f"{figure.name:40s} {figure.value:10.2f} {figure.unit}")
