"""Reservation prices and orders of adaptive accounts, compiled (the rule: `agents.behaviours.adaptive`)."""

from collections import namedtuple

import numpy as np
from numba import njit

from market.abatement_kernel import firm_levels, output_cut

BLOCK = 512  # rows worked on together: their intermediate results stay in the nearest cache
ITERATIONS = 60
PRECISION = 0.02  # of a tick: how well a reservation price is known where it has to be searched
FORGIVEN = 1e-9  # of a lot: what floating point may add to a whole number of lots

Curves = namedtuple("Curves", "k row account straight full start steep inverse reach rate")
"""Flows of adaptive accounts (r,) as functions of their own price: ``row`` among the participants of instrument ``k``
and ``account``. Where ``straight`` the flow a year falls from ``full`` along one linear measure by at most ``reach``:
``full − clip((p − start) · inverse, 0, reach)``, with ``steep = 1 / inverse``; ``rate`` (r, K) takes the other
instruments' prices off ``start``."""

Terms = namedtuple("Terms", "windows pending weight bound lot tick")
"""What all accounts share: the deadlines ``windows`` that they look at, ``pending`` of them without flows to come;
``weight`` years are left of this year; ``bound`` on willingness to pay; lot and tick."""


@njit(cache=True, error_model="numpy")  # a check of every division would keep the loops from being vectorised
def adaptive_orders(
    curves, firms, fixed, activity, free, expected, terms, account, side, limit_price, quantity
):  # fmt: skip
    """Write one limit order for each account that has something to trade; return how many.

    Parameters
    ----------
    curves : `Curves` of the accounts (r,).
    firms : `market.net_demand_kernel.Firms`, for those that are not straight.
    fixed : (W, participants) open obligations less rights, in units; activity, free : (participants,) and (A,).
    expected : (n, K) each account's expected prices.
    terms : `Terms`.
    account, side, limit_price, quantity : columns to be filled, with room for r + 1 orders.
    """
    k, rows, accounts, straight = curves.k, curves.row, curves.account, curves.straight
    full, start, steep, inverse, reach = curves.full, curves.start, curves.steep, curves.inverse, curves.reach
    pending, windows, weight = terms.pending, terms.windows, terms.weight
    lot, tick, bound = terms.lot, terms.tick, terms.bound
    instruments, measures = expected.shape[1], firms.slope.shape[1]
    begin, owed, known, years = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    belief, value, need = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    ticks = np.empty(BLOCK, dtype=np.int64)
    price, benefit, x = np.empty(instruments), np.empty(measures), np.empty(measures)
    count = 0
    for first in range(0, rows.shape[0], BLOCK):
        size = min(BLOCK, rows.shape[0] - first)
        f, c, r = full[first : first + size], steep[first : first + size], reach[first : first + size]
        inv, at = inverse[first : first + size], start[first : first + size]
        for j in range(size):
            belief[j] = expected[accounts[first + j], k]
            begin[j] = at[j]
        if instruments > 1:
            for j in range(size):
                for other in range(instruments):
                    begin[j] -= curves.rate[first + j, other] * expected[accounts[first + j], other]
        for j in range(size):
            row = rows[first + j]
            known[j], owed[j] = -np.inf, 0.0
            years[j] = weight * activity[row]
            for w in range(windows):
                owed[j] += fixed[w, row]
                if w < pending:
                    known[j] = max(known[j], owed[j])
        for j in range(size):  # the price at which the flow is what the rights allow
            cut = f[j] + (owed[j] / years[j] if years[j] > 0.0 else owed[j] * 1e300)
            own = min(max(begin[j] + c[j] * cut, 0.0), bound)
            own = own if cut <= r[j] else bound
            own = own if cut > 0.0 else 0.0
            value[j] = own if known[j] <= 0.0 else bound
        for j in range(size):
            ticks[j] = max(1, np.int64(np.floor(0.5 * (value[j] + belief[j]) / tick + 0.5)))
        for j in range(size):
            flow = f[j] - min(max((ticks[j] * tick - begin[j]) * inv[j], 0.0), r[j])
            need[j] = max(known[j], owed[j] + years[j] * max(0.0, flow))
        for j in range(size):
            if not straight[first + j]:
                i = accounts[first + j]
                for other in range(instruments):
                    price[other] = expected[i, other]
                value[j] = reservation_price(i, k, price, owed[j], known[j], years[j], bound, PRECISION * tick, firms,
                                             benefit, x)  # fmt: skip
                ticks[j] = max(1, np.int64(np.floor(0.5 * (value[j] + belief[j]) / tick + 0.5)))
                price[k] = ticks[j] * tick
                need[j] = max(known[j], owed[j] + years[j] * flow_at(i, k, price, firms, benefit, x))
        for j in range(size):
            i = accounts[first + j]
            buys = value[j] > belief[j]
            wanted = np.ceil(need[j] / lot - FORGIVEN) if buys else np.floor(-need[j] / lot + FORGIVEN)
            lots = max(1, np.int64(wanted))
            lots = lots if buys else min(lots, free[i])
            account[count] = i
            side[count] = 1 if buys else -1
            limit_price[count] = ticks[j]
            quantity[count] = lots
            count += 1 if lots > 0 else 0
    return count


@njit(cache=True)
def flow_at(i, k, price, firms, benefit, x):
    """Return the flow a year of ``k`` at activity 1 of account ``i`` from its best response to ``price`` (K,)."""
    gain = firm_levels(price, firms.effect[i], firms.intercept[i], firms.slope[i], firms.limit[i], firms.group[i],
                       firms.weight[i], firms.group_limit[i], benefit, x)  # fmt: skip
    flow = firms.baseline[i, k]
    for m in range(x.shape[0]):
        flow -= firms.effect[i, m, k] * x[m]
    if firms.output_limit[i] > 0.0:
        net = -gain
        for c in range(price.shape[0]):
            net += price[c] * (firms.baseline[i, c] - firms.credit[i, c])
        flow *= 1.0 - output_cut(net, firms.margin[i], firms.output_slope[i], firms.output_limit[i])
    return max(0.0, flow)


@njit(cache=True)
def reservation_price(i, k, price, owed, known, years, bound, precision, firms, benefit, x):
    """Return the price of ``k`` in 0 … ``bound`` at which account ``i`` needs no trade; ``price[k]`` is overwritten.

    Net demand ``owed + years · flow(p)`` falls in p with steps: a bracketed secant (Illinois), bisection now and then.
    """
    if known > 0.0:
        return bound
    low, high = 0.0, bound
    price[k] = low
    f_low = owed + years * flow_at(i, k, price, firms, benefit, x)
    if f_low <= 0.0:
        return low
    price[k] = high
    f_high = owed + years * flow_at(i, k, price, firms, benefit, x)
    if f_high > 0.0:
        return bound
    last = 0
    for turn in range(ITERATIONS):
        if high - low <= precision:
            break
        middle = (low * f_high - high * f_low) / (f_high - f_low)
        if turn % 4 == 3 or not low < middle < high:
            middle = 0.5 * (low + high)
        price[k] = middle
        excess = owed + years * flow_at(i, k, price, firms, benefit, x)
        if excess == 0.0:
            return middle
        if excess > 0.0:
            low, f_low = middle, excess
            f_high = 0.5 * f_high if last == 1 else f_high
            last = 1
        else:
            high, f_high = middle, excess
            f_low = 0.5 * f_low if last == -1 else f_low
            last = -1
    return 0.5 * (low + high)


@njit(cache=True)
def learn(expected, weight, price):
    """Move expectations (n, K) towards the newest prices (K,) by ``weight`` (n,); a NaN leaves expectations alone."""
    for k in range(price.shape[0]):
        newest = price[k]
        if not np.isnan(newest):
            for i in range(weight.shape[0]):
                expected[i, k] += weight[i] * (newest - expected[i, k])
