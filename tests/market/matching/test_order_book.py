"""The order book: the same trades as an obvious one, priorities by hand, options, states, settlement over rounds."""

import itertools
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market import settlement
from market.matching import MECHANISMS, OrderBook
from market.matching.contract import (
    check_mechanism,
    check_permutation,
    check_result,
    check_same_stream,
    corner_books,
    random_book,
)  # fmt: skip
from market.matching.order_book import clear_books
from market.matching.order_book_state import CANCEL, LIMIT, MARKET, REPLACE, Book, BookOrders, market_price
from market.matching.protocol import Grid
from market.orders import BUY, NO_PRICE, SELL, OrderBatch, OrderError, Reason
from market.randomness import Streams
from market.registry import Registry
from tests.market.matching.reference_order_book import ReferenceBook, arrival_order, mean_price

STREAMS = Streams(21)
STREAM = STREAMS.at("clearing", 0)
OPTIONS = [
    {"improve_only": improve, "clear_at_trade": clear} for improve, clear in itertools.product((False, True), repeat=2)
]


def messages(*rows):
    """Return messages from (account, side, price, lots[, kind[, target]])."""
    full = [(*row, *(LIMIT, -1)[len(row) - 4 :]) for row in rows]
    columns = np.array(full, dtype=np.int64).reshape(-1, 6)
    account, side, price, lots, kind, target = (columns[:, i].copy() for i in range(6))
    return BookOrders(account, side.astype(np.int8), price, lots, kind.astype(np.int8), target)


def batch(*rows):
    sent = messages(*rows)
    return OrderBatch(sent.account, sent.side, sent.price, sent.quantity)


def play(orders, state=None, stream=STREAM, **options):
    book = OrderBook(**options)
    return book.clear(book.open(Grid()) if state is None else state, orders, stream)


def tape(result):
    trades = result.trades
    columns = (trades.buyer, trades.seller, trades.price, trades.lots, trades.aggressor)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def rows_of(state):
    columns = (state.number, state.account, state.side, state.price, state.quantity)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def names(result):
    return [Reason(reason).name for reason in result.reason]


def assert_as_obvious(state, result, reference, sent, trades_before):
    trades = reference.trades[trades_before:]
    assert tape(result) == trades
    assert result.price == mean_price(trades)
    assert result.volume == sum(lots for _, _, _, lots, _ in trades)
    assert result.turnover == sum(price * lots for _, _, price, lots, _ in trades)
    found = list(zip(result.filled.tolist(), result.value.tolist(), result.reason.tolist(), strict=True))
    assert found == [(lots - order.left, order.worth, int(order.reason)) for lots, order in sent]
    assert rows_of(state) == [(o.number, o.account, o.side, o.price, o.left) for o in reference.resting]
    assert state.next_number == reference.seen


def random_stream(generator, seen, size, low, width, accounts):
    """Return random messages of all kinds, most targets recent ones, some of them wrong."""
    kind = generator.choice(np.array([LIMIT, MARKET, CANCEL, REPLACE], dtype=np.int8), size, p=[0.5, 0.1, 0.15, 0.25])
    side = generator.choice(np.array([BUY, SELL], dtype=np.int8), size)
    price = low + generator.integers(0, width, size)
    extreme = (kind == MARKET) & (generator.random(size) < 0.7)
    price[extreme] = np.where(side[extreme] == BUY, market_price(BUY), market_price(SELL))
    account = generator.integers(0, accounts, size)
    number = seen + np.arange(size)
    target = np.maximum(number - generator.integers(1, 12, size), -1)
    return BookOrders(account, side, price, generator.integers(1, 9, size), kind, target)


@pytest.mark.slow
@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(k for k in options if options[k]) or "plain")
def test_random_streams_trade_as_the_obvious_book(options):
    """10,000 streams over the four rules, each split over one to three batches, close prices and far ones."""
    counted = dict.fromkeys(Reason, 0)
    for i in range(2_500):
        generator = STREAMS.at("stream", i).generator()
        low, width = ((0, 6), (90, 25), (1_000, 200_000), (1 << 40, 1 << 30))[i % 4]
        accounts = int(generator.integers(1, 12))
        reference = ReferenceBook(**options)
        state, book = Book.empty(), OrderBook(**options)
        for _ in range(int(generator.integers(1, 4))):
            size = int(generator.integers(1, 21))
            orders = random_stream(generator, state.next_number, size, low, width, accounts)
            before = len(reference.trades)
            columns = (getattr(orders, field.name).tolist() for field in fields(orders))
            sent = [(row[3], reference.submit(*row)) for row in zip(*columns, strict=True)]
            state, result = book.clear(state, orders, STREAM)
            assert_as_obvious(state, result, reference, sent, before)
            for reason in result.reason.tolist():
                counted[Reason(reason)] += 1
    met = [Reason.FILLED, Reason.RESTING, Reason.CANCELLED, Reason.SELF_TRADE, Reason.UNKNOWN_ORDER]
    met += [Reason.NO_COUNTERPARTY] + [Reason.OUTSIDE_PRICE] * options["improve_only"]
    assert all(counted[reason] > 200 for reason in met), counted


@pytest.mark.parametrize("replace_own", [True, False])
@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(k for k in options if options[k]) or "plain")
def test_random_batches_arrive_and_trade_as_the_obvious_book(options, replace_own):
    for i in range(300):
        generator = STREAMS.at("batch", i).generator()
        reference = ReferenceBook(**options)
        state, book = Book.empty(), OrderBook(replace_own=replace_own, **options)
        for turn in range(3):
            stream = STREAMS.at("arrival", i, turn)
            size = int(generator.integers(0, 40))
            width = int(generator.choice([3, 20, 100_000]))
            orders = random_book(generator, size, width, 9, accounts=int(generator.integers(1, 30)))
            before = len(reference.trades)
            if replace_own:
                reference.withdraw(set(orders.account.tolist()))
            sent = [None] * size
            for row in arrival_order(orders, stream.key):
                columns = (orders.account, orders.side, orders.price, orders.quantity)
                sent[row] = (int(orders.quantity[row]), reference.submit(*(int(column[row]) for column in columns)))
            state, result = book.clear(state, orders, stream)
            assert_as_obvious(state, result, reference, sent, before)


def test_an_account_with_many_orders_arrives_best_first():
    generator = STREAMS.at("many", 0).generator()
    orders = random_book(generator, 600, 15, 5, accounts=3)
    reference = ReferenceBook()
    for row in arrival_order(orders, STREAM.key):
        columns = (orders.account, orders.side, orders.price, orders.quantity)
        reference.submit(*(int(column[row]) for column in columns))
    state, result = play(orders)
    assert tape(result) == reference.trades
    assert rows_of(state) == [(o.number, o.account, o.side, o.price, o.left) for o in reference.resting]


@pytest.mark.parametrize(
    "options",
    [
        {**options, "replace_own": replace, "persistent": not replace}
        for options in OPTIONS
        for replace in (False, True)
    ],
    ids=str,
)
def test_contract(options):
    check_mechanism(lambda: OrderBook(**options))
    assert MECHANISMS["order_book"] is OrderBook


# Books by hand. Asks at 101 (3 lots of account 1, then 4 of account 2) and 102 (5 of account 3); bids at 99 and 98.
ASKS = ((1, SELL, 101, 3), (2, SELL, 101, 4), (3, SELL, 102, 5))
BIDS = ((4, BUY, 99, 6), (5, BUY, 98, 2))


def test_price_comes_before_time_and_the_resting_order_sets_the_price():
    state, result = play(messages(*ASKS, *BIDS, (9, BUY, 105, 9)))
    assert tape(result) == [(9, 1, 101, 3, 1), (9, 2, 101, 4, 1), (9, 3, 102, 2, 1)]
    assert result.filled.tolist() == [3, 4, 2, 0, 0, 9]
    assert result.value.tolist() == [303, 404, 204, 0, 0, 911]
    assert names(result) == ["FILLED", "FILLED", "RESTING", "RESTING", "RESTING", "FILLED"]
    assert (result.price, result.volume) == (101, 9)  # 911 / 9 = 101.2
    assert (state.best_bid, state.best_ask) == (99, 102)


def test_what_is_left_of_a_limit_order_rests_at_its_limit():
    state, result = play(messages(*ASKS, *BIDS, (9, BUY, 101, 10)))
    assert result.filled.tolist() == [3, 4, 0, 0, 0, 7]
    assert (state.best_bid, state.best_ask) == (101, 102)
    assert rows_of(state)[-1] == (5, 9, BUY, 101, 3)


def test_a_market_order_never_rests_and_stops_at_its_price():
    state, result = play(messages(*ASKS, (9, BUY, market_price(BUY), 20, MARKET)))
    assert result.filled.tolist()[-1] == 12
    assert names(result)[-1] == "NO_COUNTERPARTY"
    assert len(state.number) == 0
    state, result = play(messages(*ASKS, (9, BUY, 101, 20, MARKET)))
    assert result.filled.tolist()[-1] == 7
    assert rows_of(state) == [(2, 3, SELL, 102, 5)]


def test_a_cancelled_order_is_gone_and_only_its_account_may_cancel():
    rows = ((2, SELL, 101, 1, CANCEL, 0), (1, SELL, 101, 1, CANCEL, 0), (1, SELL, 101, 1, CANCEL, 0))
    _, result = play(messages(*ASKS, *rows, (9, BUY, 101, 9)))
    assert tape(result) == [(9, 2, 101, 4, 1)]
    assert names(result) == [
        "CANCELLED", "FILLED", "RESTING", "UNKNOWN_ORDER", "CANCELLED", "UNKNOWN_ORDER", "RESTING",
    ]  # fmt: skip


def test_a_replaced_order_loses_its_place_in_time():
    rows = ((1, SELL, 101, 3, REPLACE, 0), (9, BUY, 101, 5))
    _, result = play(messages(*ASKS, *rows))
    assert tape(result) == [(9, 2, 101, 4, 1), (9, 1, 101, 1, 1)]
    assert names(result) == ["CANCELLED", "FILLED", "RESTING", "RESTING", "FILLED"]


def test_a_replacement_may_trade_at_once():
    _, result = play(messages(*BIDS, (1, SELL, 101, 3), (1, SELL, 99, 3, REPLACE, 2)))
    assert tape(result) == [(4, 1, 99, 3, -1)]


def test_an_arriving_order_ends_where_it_meets_its_own_account():
    state, result = play(messages(*ASKS, (2, BUY, 105, 9)))
    assert tape(result) == [(2, 1, 101, 3, 1)]
    assert names(result) == ["FILLED", "RESTING", "RESTING", "SELF_TRADE"]
    assert rows_of(state) == [(1, 2, SELL, 101, 4), (2, 3, SELL, 102, 5)]


def test_improve_only_refuses_quotes_that_do_not_better_the_best():
    rows = ((1, BUY, 50, 1), (2, BUY, 50, 1), (3, BUY, 49, 1), (4, BUY, 51, 1), (5, SELL, 60, 1), (6, SELL, 60, 1))
    state, result = play(messages(*rows), improve_only=True)
    assert names(result) == ["RESTING", "OUTSIDE_PRICE", "OUTSIDE_PRICE", "RESTING", "RESTING", "OUTSIDE_PRICE"]
    assert (state.best_bid, state.best_ask) == (51, 60)


def test_a_trade_may_end_every_quote():
    state, result = play(messages(*ASKS, *BIDS, (9, BUY, 105, 9)), clear_at_trade=True)
    assert tape(result) == [(9, 1, 101, 3, 1)]
    assert names(result) == ["FILLED"] + ["CANCELLED"] * 5
    assert rows_of(state) == []


def test_depth_and_levels():
    state, _ = play(messages(*ASKS, *BIDS))
    assert state.depth(0.0) == (0, 0)
    assert state.depth(0.01) == (6, 7)  # the middle is 100
    assert state.depth(0.02) == (8, 12)
    assert [column.tolist() for column in state.levels(SELL)] == [[101, 102], [7, 5]]
    assert [column.tolist() for column in state.levels(BUY)] == [[99, 98], [6, 2]]
    assert OrderBook().quotes(state) == (99.0, 101.0, 20.0)
    one_sided, _ = play(messages(*ASKS))
    assert (one_sided.best_bid, one_sided.best_ask, one_sided.depth(0.0)) == (NO_PRICE, 101, (0, 7))
    assert np.isnan(OrderBook().quotes(Book.empty())[:2]).all()


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_many_books_in_one_call_trade_as_each_alone(options):
    """Books of all sizes, two of them empty, close prices next to far ones: nothing of one is seen in another."""
    generator = STREAMS.at("books", 0).generator()
    sizes = [0, 1, 40, 3, 0, 200, *generator.integers(1, 30, 60).tolist()]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    alone = [
        random_stream(generator, 0, size, *((5, 12), (1, 50_000), (1 << 40, 1 << 30))[i % 3], 8)
        for i, size in enumerate(sizes)
    ]
    columns = [np.concatenate([getattr(part, field.name) for part in alone]) for field in fields(BookOrders)]
    columns[-1] += np.where(columns[-1] >= 0, np.repeat(starts[:-1], sizes), 0)
    filled, reason, value, trades, first = clear_books(starts, BookOrders(*columns), **options)
    found = list(zip(*(getattr(trades, f.name).tolist() for f in fields(trades)), strict=True))
    for b, part in enumerate(alone):
        _, result = play(part, **options)
        rows = slice(starts[b], starts[b + 1])
        assert [(t[0], t[1], t[2], t[3], t[4]) for t in found[first[b] : first[b + 1]]] == tape(result)
        assert filled[rows].tolist() == result.filled.tolist()
        assert reason[rows].tolist() == result.reason.tolist()
        assert value[rows].tolist() == result.value.tolist()
    untaped = clear_books(starts, BookOrders(*columns), **options, taped=False)
    assert len(untaped[3]) == 0
    assert untaped[0].tolist() == filled.tolist()


def test_a_persistent_book_trades_in_a_later_period_and_another_does_not():
    for persistent, traded in ((True, 3), (False, 0)):
        book = OrderBook(persistent=persistent)
        state, _ = book.clear(book.open(Grid()), messages((1, SELL, 101, 3)), STREAM)
        state = book.end_period(state)
        assert len(book.resting(state)) == persistent
        later, result = book.clear(state, messages((2, BUY, 105, 5)), STREAM)
        assert result.filled.tolist() == [traded]
        assert later.next_number == 2
        if persistent:
            assert tape(result) == [(2, 1, 101, 3, 1)]
            assert (result.price, result.demand, result.supply) == (101, 5, 3)


def test_new_orders_of_an_account_replace_what_it_has_resting():
    state, _ = play(batch((1, SELL, 101, 3), (2, SELL, 103, 3)))
    again, _ = play(batch((1, SELL, 102, 4)), state)
    assert sorted(row[1:] for row in rows_of(again)) == [(1, SELL, 102, 4), (2, SELL, 103, 3)]
    kept, _ = play(batch((1, SELL, 102, 4)), state, replace_own=False)
    assert len(rows_of(kept)) == 3
    assert rows_of(OrderBook().replaced(state, batch((1, SELL, 102, 4)))) == [r for r in rows_of(state) if r[1] == 2]


def test_the_state_given_is_not_changed_and_rows_permute():
    generator = STREAMS.at("state", 0).generator()
    for persistent in (False, True):
        book = OrderBook(persistent=persistent, replace_own=persistent)
        state, _ = book.clear(book.open(Grid()), random_book(generator, 200, 30, 9, accounts=80), STREAM)
        copy = [getattr(state, field.name) for field in fields(state)]
        copy = [column.copy() if isinstance(column, np.ndarray) else column for column in copy]
        for turn in range(20):
            stream = STREAMS.at("permutation", turn)
            orders = random_book(generator, 60, 30, 9, accounts=80)
            check_same_stream(book, state, orders, stream)
            check_permutation(book, state, orders, stream, generator.permutation(60))
        for column, field in zip(copy, fields(state), strict=True):
            assert np.array_equal(column, getattr(state, field.name))


@given(st.integers(0, 1 << 32), st.sampled_from((2, 7, 1_000, 1 << 30)))
@settings(max_examples=60, deadline=None)
def test_finer_ticks_trade_the_same_lots_at_the_same_prices(seed, factor):
    generator = np.random.default_rng(seed)
    orders = random_stream(generator, 0, 40, 5, int(generator.choice([4, 40, 5_000])), 10)
    orders.price = np.minimum(orders.price, 1 << 20)
    finer = orders.take(np.arange(40))
    finer.price = orders.price * factor
    _, coarse = play(orders)
    _, fine = play(finer)
    assert [(b, s, p * factor, q, a) for b, s, p, q, a in tape(coarse)] == tape(fine)
    assert names(coarse) == names(fine)


def test_both_kinds_of_level_trade_alike():
    """One far order that meets nobody turns ticks into ranks."""
    for i in range(50):
        generator = STREAMS.at("far", i).generator()
        orders = random_stream(generator, 0, 60, 100, 30, 8)
        far = messages((60, SELL, 1 << 58, 1))
        columns = [np.concatenate((getattr(orders, f.name), getattr(far, f.name))) for f in fields(orders)]
        orders.price = np.minimum(orders.price, 1 << 20)
        columns[2] = np.concatenate((orders.price, far.price))
        assert tape(play(orders)[1]) == tape(play(BookOrders(*columns))[1])


def test_corner_books_leave_uncrossed_books():
    for orders in corner_books().values():
        state, result = play(orders)
        check_result(orders, result)
        assert NO_PRICE in (state.best_bid, state.best_ask) or state.best_bid < state.best_ask


@pytest.mark.parametrize(
    ("orders", "message"),
    [
        (messages((0, BUY, -1, 1)), "price is negative"),
        (messages((0, 3, 1, 1), (0, BUY, 1, 0)), "side is neither .* quantity is not positive"),
        (messages((0, BUY, 1, 1, 9)), "kind is none of"),
        (batch((0, BUY, 1 << 59, 1 << 20)), "larger lots or ticks"),
        (BookOrders(*(np.zeros(1, np.int64),) * 6), "side is int64"),
    ],
)
def test_unreadable_orders_are_refused(orders, message):
    with pytest.raises(OrderError, match=message):
        play(orders)


# Settlement: what rests is locked, what is replaced is not, whatever happens over rounds and periods.
FIRMS = 6
MONEY = 10
ROUND = st.lists(
    st.tuples(
        st.integers(0, FIRMS - 1), st.sampled_from((BUY, SELL)), st.integers(0, 12), st.integers(1, 12),
    ),
    max_size=8,
)  # fmt: skip


def claims_of(orders):
    rights, money = np.zeros((2, FIRMS), dtype=np.int64)
    for account, side, price, lots in zip(
        orders.account, orders.side, orders.price, orders.quantity, strict=True
    ):  # fmt: skip
        if side == SELL:
            rights[account] += lots
        else:
            money[account] += price * lots * MONEY
    return rights.tolist(), money.tolist()


@pytest.mark.slow
@given(st.lists(ROUND, max_size=6), st.booleans(), st.booleans(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_nothing_is_lost_and_exactly_what_rests_stays_locked(rounds, persistent, replace_own, clear_at_trade):
    registry = Registry(FIRMS, 1, 1, credit_limit=800)
    registry.issue(0, np.arange(FIRMS), np.full(FIRMS, 20), 0)
    book = OrderBook(persistent=persistent, replace_own=replace_own, clear_at_trade=clear_at_trade)
    state = book.open(Grid())
    for turn, rows in enumerate(rounds):
        stream = STREAMS.at("settlement", turn)
        before = registry.balances[0].copy(), registry.cash.copy()
        state, result, summary = settlement.trade(registry, 0, batch(*rows), book, state, stream, MONEY, turn)
        assert registry.balances[0].sum() == 20 * FIRMS
        assert registry.cash.sum() == 0
        assert (registry.balances[0] - before[0]).tolist() == summary.net_lots.tolist()
        assert (registry.cash - before[1]).tolist() == summary.net_money.tolist()
        assert summary.value == MONEY * sum(price * lots for _, _, price, lots, _ in tape(result))
        rights, money = claims_of(book.resting(state))
        assert registry.locked[0, :FIRMS].tolist() == rights
        assert registry.cash_locked[:FIRMS].tolist() == money
        registry.check()
        if turn % 2:
            state = settlement.end_period(registry, 0, book, state, MONEY)
            assert persistent or not registry.locked.any()
            assert persistent or not registry.cash_locked.any()


def test_a_whole_schedule_may_be_sent_again_while_the_old_one_rests():
    registry = Registry(2, 1, 1)
    registry.issue(0, [0], [10], 0)
    book = OrderBook(persistent=True)
    state = book.open(Grid())
    for price in (9, 8, 7):
        state, result, _ = settlement.trade(registry, 0, batch((0, SELL, price, 10)), book, state, STREAM, MONEY, 0)
        assert names(result) == ["RESTING"]
        assert registry.locked[0, 0] == 10
    assert state.best_ask == 7
