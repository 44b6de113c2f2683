"""Books and slow, obvious rules for the mechanisms in which the venue trades itself."""

import numpy as np
from hypothesis import strategies as st

from market.matching.contract import check_result
from market.orders import BUY, SELL, OrderBatch
from market.randomness import Streams

STREAM = Streams(11).at("clearing", 3)
ROWS = st.lists(st.tuples(st.sampled_from((BUY, SELL)), st.integers(0, 25), st.integers(1, 30)), max_size=12)


def batch(*rows):
    """Return orders from (account, side, price, lots)."""
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return OrderBatch(columns[:, 0].copy(), columns[:, 1].astype(np.int8), columns[:, 2].copy(), columns[:, 3].copy())


def an_account_each(rows):
    return batch(*((i, *row) for i, row in enumerate(rows)))


def cleared(mechanism, state, orders, stream=STREAM):
    """Clear, check the result, and return the next state with it."""
    after, result = mechanism.clear(state, orders, stream)
    check_result(orders, result)
    return after, result
