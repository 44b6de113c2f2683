"""Batches of orders: joining, taking, and messages that name every mistake."""

import numpy as np
import pytest

from market.matching.contract import book
from market.orders import OrderBatch, OrderError


def test_an_empty_batch_is_valid_and_adds_nothing():
    empty = OrderBatch.empty()
    empty.validate()
    one = book([(5, 1)], [])
    assert len(empty) == 0
    assert OrderBatch.concatenate([empty, one, empty]) is one
    assert len(OrderBatch.concatenate([])) == 0


def test_concatenate_keeps_the_order_of_rows():
    joined = OrderBatch.concatenate([book([(5, 1)], [(6, 2)]), book([(7, 3)], [])])
    assert joined.price.tolist() == [5, 6, 7]
    assert joined.quantity.tolist() == [1, 2, 3]
    assert joined.side.tolist() == [1, -1, 1]
    joined.validate()


def test_take_copies():
    orders = book([(5, 1), (6, 2)], [])
    orders.take([1]).price[0] = 99
    assert orders.price.tolist() == [5, 6]


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("quantity", 0, "quantity is not positive"),
        ("quantity", -5, "quantity is not positive"),
        ("quantity", np.iinfo(np.int64).min, "quantity is not positive"),
        ("quantity", 1 << 61, "above 2..61 lots"),
        ("price", -1, "price is negative"),
        ("price", 1 << 61, "price is negative or above"),
        ("side", 0, "side is neither"),
        ("side", 2, "side is neither"),
        ("account", -1, "account is not a row"),
        ("account", 1 << 40, "account is not a row"),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_row(column, value, message):
    orders = book([(5, 1), (6, 2)], [(4, 3)])
    getattr(orders, column)[1] = value
    with pytest.raises(OrderError, match=message) as caught:
        orders.validate()
    assert "row 1" in str(caught.value)


@pytest.mark.parametrize("column", ["account", "side", "price", "quantity"])
def test_wrong_types_are_refused(column):
    orders = book([(5, 1), (6, 2)], [])
    for wrong in (np.array([1.0, np.nan]), np.ones((2, 1), dtype=np.int64), np.ones(4, dtype=np.int64)[::2]):
        setattr(orders, column, wrong)
        for check in (orders.validate, orders.check_types):
            with pytest.raises(OrderError, match=column):
                check()


def test_columns_of_unlike_length_are_refused():
    orders = book([(5, 1), (6, 2)], [])
    orders.side = np.ones(3, dtype=np.int8)
    for check in (orders.validate, orders.check_types):
        with pytest.raises(OrderError, match="length"):
            check()
