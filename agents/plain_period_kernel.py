# mypy: ignore-errors
"""One period of a plain market in one compiled call: what the steps of `agents.model` do one after the other."""

import numpy as np
from numba import njit

from agents.behaviours.adaptive_kernel import straight_orders
from agents.expectations_kernel import learn
from agents.operations_kernel import operate_and_book
from agents.recorder_kernel import record_single
from agents.trading_kernel import observe
from market.trade_at_once_kernel import trade_at_once


@njit(cache=True)
def plain_period(when, prices, units, tie_key, rest, desk, traders, orders, books, supply, expected, adaptation, busy,
                 firms, response, years, tables):  # fmt: skip
    """Let accounts observe, order, trade, learn and work, and record the session; return (done, price, volume).

    Where not done nothing has changed but columns that are filled anew in every period. Columns come in tuples, in the
    order in which the kernels of each step take them.

    Parameters
    ----------
    when : period, compliance year, venue, product, front vintage and windows that are open; deadlines that traders look
        at, those of them without flows to come, and years left of this year.
    prices : bound on willingness to pay, price expected, and newest price (NaN before the first).
    units : lot, tick, minor units of a lot at a tick, part of a year, row of the outside market.
    tie_key : of the clearing. rest : (n,) activity expected for the rest of the year.
    desk, traders, orders : of `observe`, of `straight_orders`, and the columns for orders.
    books, supply : of the registry and of the regulator.
    expected, adaptation : (n, 1) expectations and (n,) how fast they move.
    busy, firms, response, years : of `operate_and_book`.
    tables : of venues, of markets and of states, and the vintages traded, by venue and by instrument.
    """
    t, year, v, product, front, windows, look, pending, weight = when
    bound, expects, newest = prices
    lot, tick, worth, part, outside = units
    fixed, rows, whole, ahead, no_groups = desk
    account, side, price, quantity = orders
    balances, locked, cash, cash_locked, credit_limit, nothing = books
    for j in range(rows.shape[0]):
        ahead[0, j] = rest[rows[j]]
    observe(fixed, rows, whole, balances, product, *supply, 0, front, windows, year, lot)
    count = straight_orders(*traders, fixed, ahead, balances[product], locked[product], expected, look, pending, weight,
                            bound, lot, tick, account, side, price, quantity)  # fmt: skip
    account, side, price, quantity = account[:count], side[:count], price[:count], quantity[:count]
    done, clearing, volume, _, _, _, _, _, _, lots, _ = trade_at_once(
        account, side, price, quantity, worth, tie_key, product, outside, balances, locked, cash, cash_locked,
        credit_limit, nothing,
    )  # fmt: skip
    if not done:
        return False, clearing, volume
    venue_table, market_table, state_table, session_vintage, vintage = tables
    paid, value = np.nan, 0
    last = venue_table[1, t - 1, v] if t > 0 else np.nan
    if volume > 0:
        paid, value = float(clearing) * tick, volume * clearing
        last = newest = paid
    learn(expected, adaptation, np.full(1, paid))
    operate_and_book(expected, no_groups, busy, part, *firms, *response, year, *years)
    record_single(venue_table, market_table, t, v, 0, paid, last, newest, expects, volume * lot, value * (lot * tick),
                  bound, lot, side, quantity, lots)  # fmt: skip
    session_vintage[t, v] = vintage[t, 0] = front
    state_table[state_table.shape[0] - 1, t, 0] = -lots[outside] * lot
    return True, clearing, volume
