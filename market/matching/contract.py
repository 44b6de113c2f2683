# ruff: noqa: S101, D401 (checks assert, and say what holds)
"""What every mechanism promises, as checks that raise AssertionError; run them on your own class.

>>> from market.matching import CallAuction
>>> check_mechanism(CallAuction, books=3)
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from market.matching.protocol import Grid, Mechanism
from market.orders import BUY, HOUSE, NO_PRICE, SELL, ClearingResult, OrderBatch, Reason
from market.randomness import Stream, Streams


def book(bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> OrderBatch:
    """Return a book of (price, lots) bids and asks, an account each: bids first."""
    rows = [(BUY, *bid) for bid in bids] + [(SELL, *ask) for ask in asks]
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return OrderBatch(
        np.arange(len(rows), dtype=np.int64),
        columns[:, 0].astype(np.int8),
        columns[:, 1].copy(),
        columns[:, 2].copy(),
    )


def random_book(
    generator: np.random.Generator,
    orders: int,
    width: int = 20,
    largest: int = 30,
    accounts: int | None = None,
) -> OrderBatch:
    """Return random orders within ``width`` ticks; an account each unless ``accounts`` share them."""
    owners = generator.permutation(orders) if accounts is None else generator.integers(0, accounts, orders)
    return OrderBatch(
        owners.astype(np.int64),
        generator.choice(np.array([BUY, SELL], dtype=np.int8), orders),
        generator.integers(1, 1 + width, orders),
        generator.integers(1, 1 + largest, orders),
    )


def corner_books() -> dict[str, OrderBatch]:
    """Return, by name, the books on which mechanisms fail first."""
    many = 1 << 55
    return {
        "empty": OrderBatch.empty(),
        "only bids": book([(5, 3), (6, 4)], []),
        "only asks": book([], [(5, 3), (6, 4)]),
        "no crossing": book([(4, 3)], [(5, 3)]),
        "one tick": book([(5, 3), (5, 4), (5, 8)], [(5, 2), (5, 3)]),
        "price of zero": book([(0, 3)], [(0, 2)]),
        "huge lots": book([(9, many), (8, many - 1)], [(1, many - 7), (2, many)]),
        "far apart": book([(1 << 59, 3), (2, 1)], [(1, 2), (1 << 58, 4)]),
        "one lot for many": book([(5, 1)], [(5, 1)] * 50),
    }


def check_result(orders: OrderBatch, result: ClearingResult) -> None:
    """Conservation, limits, and a reason for every lot."""
    filled, reason = result.filled, result.reason
    assert filled.shape == reason.shape == (len(orders),)
    assert filled.dtype == np.int64
    assert reason.dtype == np.int8
    assert ((filled >= 0) & (filled <= orders.quantity)).all(), "a fill is negative or above its order"
    buys = orders.side == BUY
    bought, sold = int(filled[buys].sum()), int(filled[~buys].sum())
    assert bought + result.house_lots == sold, "lots were created or lost"
    assert result.volume == max(bought, sold), "the volume is not what was bought or sold"
    assert (result.price == NO_PRICE) == (result.volume == 0), "a price without trade, or trade without one"
    _check_money(orders, result)
    _check_trades(orders, result)
    assert ((reason == Reason.FILLED) == (filled == orders.quantity)).all(), "lots that did not trade lack a reason"
    assert np.isin(reason, list(Reason)).all()
    assert not ((reason == Reason.PARTLY_FILLED_AT_MARGIN) & (filled == 0)).any()
    _check_no_self_trade(orders, result)


def _check_money(orders: OrderBatch, result: ClearingResult) -> None:
    """No order trades beyond its limit, and what some pay others receive."""
    if result.value is None:
        worse = ((orders.price - result.price) * orders.side < 0) & (result.filled > 0)
        assert result.house_value == result.house_lots * max(result.price, 0), "money was created or lost"
    else:
        buys = orders.side == BUY
        paid, received = int(result.value[buys].sum()), int(result.value[~buys].sum())
        assert paid + result.house_value == received, "money was created or lost"
        assert ((result.value == 0) | (result.filled > 0)).all(), "an order paid for nothing"
        worse = (orders.price * result.filled - result.value) * orders.side < 0
    assert not worse.any(), "an order traded beyond its limit"


def _check_trades(orders: OrderBatch, result: ClearingResult) -> None:
    """Single trades, where there are any, say of every account the same as the fills."""
    trades = result.trades
    if trades is None:
        return
    assert ((trades.lots > 0) & (trades.price >= 0)).all(), "a trade without lots or with a negative price"
    assert not ((trades.buyer == trades.seller) & (trades.buyer != HOUSE)).any(), "an account traded with itself"
    assert int(trades.lots.sum()) == result.volume, "trades and volume disagree"
    top = int(orders.account.max(initial=0)) + 2
    for account, side in ((trades.buyer, BUY), (trades.seller, SELL)):
        rows = orders.side == side
        of_fills, of_trades = np.zeros((2, top), dtype=np.int64), np.zeros((2, top), dtype=np.int64)
        np.add.at(of_fills[0], orders.account[rows], result.filled[rows])
        np.add.at(of_fills[1], orders.account[rows], result.worth[rows])
        np.add.at(of_trades[0], account, trades.lots)  # the house is −1, the last column
        np.add.at(of_trades[1], account, trades.lots * trades.price)
        assert (of_fills[:, :-1] == of_trades[:, :-1]).all(), "trades and fills disagree"


def _check_no_self_trade(orders: OrderBatch, result: ClearingResult) -> None:
    if result.trades is not None:
        return  # checked trade by trade: an account may buy from one and sell to another
    traded = result.filled > 0
    bought = orders.account[traded & (orders.side == BUY)]
    sold = orders.account[traded & (orders.side == SELL)]
    assert np.intersect1d(bought, sold).size == 0, "an account traded with itself"


def check_permutation(
    mechanism: Mechanism,
    state: Any,
    orders: OrderBatch,
    stream: Stream,
    order: np.ndarray[Any, np.dtype[np.int64]],
) -> None:
    """A permutation of the rows permutes the fills; equal orders of one account may swap theirs."""
    _, before = mechanism.clear(state, orders, stream)
    _, after = mechanism.clear(state, orders.take(order), stream)
    assert (after.price, after.volume, after.demand, after.supply) == (
        before.price, before.volume, before.demand, before.supply,
    )  # fmt: skip
    assert _canonical(orders, before) == _canonical(orders.take(order), after), "fills depend on the order of rows"


def _canonical(orders: OrderBatch, result: ClearingResult) -> list[tuple[int, ...]]:
    columns = (orders.account, orders.side, orders.price, orders.quantity, result.filled, result.reason)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def check_same_stream(mechanism: Mechanism, state: Any, orders: OrderBatch, stream: Stream) -> None:
    """The same stream gives the same fills, and the orders given are not changed."""
    copy = orders.take(np.arange(len(orders)))
    _, first = mechanism.clear(state, orders, stream)
    _, second = mechanism.clear(state, orders, stream)
    assert _canonical(orders, first) == _canonical(orders, second), "the same stream gave other fills"
    for name in ("account", "side", "price", "quantity"):
        assert (getattr(orders, name) == getattr(copy, name)).all(), f"the mechanism changed the caller's {name}"


def check_tick_scaling(mechanism: Mechanism, orders: OrderBatch, stream: Stream, factor: int) -> None:
    """A grid ``factor`` times finer trades the same lots, at the same prices to within a coarse tick."""
    finer = OrderBatch(orders.account, orders.side, orders.price * factor, orders.quantity)
    _, coarse = mechanism.clear(mechanism.open(Grid()), orders, stream)
    _, fine = mechanism.clear(mechanism.open(Grid(tick=1.0 / factor)), finer, stream)
    assert fine.volume == coarse.volume, "another tick changed the volume"
    assert abs(fine.price - factor * coarse.price) <= factor, "another tick changed the price"
    check_result(finer, fine)


def check_mechanism(make: Callable[[], Mechanism], state: Any = None, books: int = 60, seed: int = 1) -> None:
    """Run every check on the corner books and on random ones; the state is the mechanism's first one if not given."""
    streams = Streams(seed)
    mechanism = make()
    assert isinstance(mechanism, Mechanism)
    state = mechanism.open(Grid()) if state is None else state
    samples = list(corner_books().values())
    for i in range(books):
        generator = streams.at("contract", i).generator()
        size = int(generator.integers(1, 40))
        shared = max(1, size // 3) if i % 3 == 0 else None
        samples.append(random_book(generator, size, width=int(generator.integers(1, 30)), accounts=shared))
    for i, orders in enumerate(samples):
        stream = streams.at("clearing", i)
        _, result = mechanism.clear(state, orders, stream)
        check_result(orders, result)
        check_same_stream(mechanism, state, orders, stream)
        order = stream.generator().permutation(len(orders))
        check_permutation(mechanism, state, orders, stream, order)
        if len(orders) and orders.price.max() < 1 << 40:
            check_tick_scaling(mechanism, orders, stream, 7)
