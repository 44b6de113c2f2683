"""Reservation prices and orders of adaptive accounts, compiled (the rule: `agents.behaviours.adaptive`)."""

import numpy as np
from numba import njit

from market.abatement_kernel import firm_levels, output_cut

BLOCK = 512  # rows worked on together: their intermediate results stay in the nearest cache
ITERATIONS = 60
PRECISION = 0.02  # of a tick: how well a reservation price is known where it has to be searched
FORGIVEN = 1e-9  # of a lot: what floating point may add to a whole number of lots
ENDLESS = 1e300  # years that are needed where none are left


@njit(cache=True, error_model="numpy")  # a check of every division would keep the loops from being vectorised
def straight_orders(k, direct, rows, accounts, curve, rate, fixed, activity, held, locked, expected, windows, pending,
                    weight, bound, lot, tick, account, side, limit_price, quantity):  # fmt: skip
    """Write one limit order for each account whose flow falls along one linear measure; return how many have any lots.

    Parameters
    ----------
    k, direct : instrument; whether ``rows`` and ``accounts`` are both 0 … r − 1.
    rows, accounts : (r,) rows among the participants of the instrument, and accounts.
    curve : (5, r) ``full``, ``start``, ``steep``, ``1/steep`` and ``reach`` of a flow
        ``full − clip((p − start)/steep, 0, reach)`` a year.
    rate : (r, K) what other instruments' prices take off ``start``.
    fixed, activity : (W, participants) open obligations less rights, in units, and (B, participants) activity.
    held, locked : (A,) lots in accounts, and those that cannot be sold.
    expected : (n, K) each account's expected prices.
    windows, pending, weight : deadlines that they look at, those of them without flows to come, years left of this one.
    bound, lot, tick : bound on willingness to pay; lot and tick.
    account, side, limit_price, quantity : columns to be filled, with room for an order more than there are accounts.
    """
    per_lot, per_tick, count = 1.0 / lot, 1.0 / tick, 0
    instruments = expected.shape[1]
    room, gap, at = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    busy, seen, spare = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK, dtype=np.int64)
    known, value, need = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    for first in range(0, rows.shape[0], BLOCK):
        last = min(first + BLOCK, rows.shape[0])
        size = last - first
        full, begin, steep, inverse, reach = (
            curve[0, first:last], curve[1, first:last], curve[2, first:last], curve[3, first:last],
            curve[4, first:last],
        )  # fmt: skip
        if direct and instruments == 1:
            owed, active, belief = fixed[0, first:last], activity[0, first:last], expected.reshape(-1)[first:last]
            own, fast = held[first:last], locked[first:last]
            for j in range(size):
                spare[j] = own[j] - fast[j]
        else:
            owed, active, belief = gap[:size], busy[:size], seen[:size]
            for j in range(size):
                row, i = rows[first + j], accounts[first + j]
                owed[j], active[j], belief[j], spare[j] = (
                    fixed[0, row], activity[0, row], expected[i, k], held[i] - locked[i],
                )  # fmt: skip
        if instruments > 1:
            for j in range(size):
                at[j] = begin[j]
                for other in range(instruments):
                    at[j] -= rate[first + j, other] * expected[accounts[first + j], other]
            begin = at[:size]
        if pending > 0:
            for j in range(size):
                known[j] = room[j] = owed[j]
            for w in range(1, windows):
                for j in range(size):
                    room[j] += fixed[w, rows[first + j]]
                if w < pending:
                    for j in range(size):
                        known[j] = max(known[j], room[j])
            owed = room[:size]
        for j in range(size):  # the price at which the flow is what the rights allow
            years = weight * active[j]
            cut = full[j] + (owed[j] / years if years > 0.0 else owed[j] * ENDLESS)
            price = min(max(begin[j] + steep[j] * cut, 0.0), bound)
            price = price if cut <= reach[j] else bound
            value[j] = price if cut > 0.0 else 0.0
        if pending > 0:
            for j in range(size):
                value[j] = bound if known[j] > 0.0 else value[j]
        prices, sides = limit_price[count : count + size], side[count : count + size]
        names, lots = account[count : count + size], quantity[count : count + size]
        for j in range(size):
            prices[j] = max(1, np.int64(np.floor(0.5 * (value[j] + belief[j]) * per_tick + 0.5)))
        for j in range(size):
            flow = max(0.0, full[j] - min(max((prices[j] * tick - begin[j]) * inverse[j], 0.0), reach[j]))
            need[j] = (owed[j] + weight * active[j] * flow) * per_lot
        if pending > 0:
            for j in range(size):
                need[j] = max(known[j] * per_lot, need[j])
        fewest = 1
        for j in range(size):
            bought = np.int64(np.ceil(max(1.0, need[j] - FORGIVEN)))
            sold = min(np.int64(np.floor(max(1.0, FORGIVEN - need[j]))), spare[j])
            lots[j] = bought if value[j] > belief[j] else sold
            fewest = min(fewest, lots[j])
        for j in range(size):
            sides[j] = 1 if value[j] > belief[j] else -1
        for j in range(size):
            names[j] = accounts[first + j]
        count = count + size if fewest > 0 else keep(count, size, account, side, limit_price, quantity)
    return count


@njit(cache=True)
def keep(count, size, account, side, limit_price, quantity):
    """Close the gaps that orders of no lots leave among the ``size`` after ``count``; return the next ``count``."""
    for j in range(count, count + size):
        account[count], side[count] = account[j], side[j]
        limit_price[count], quantity[count] = limit_price[j], quantity[j]
        count += 1 if quantity[j] > 0 else 0
    return count


@njit(cache=True)
def other_orders(k, rows, accounts, firms, fixed, activity, held, locked, expected, windows, pending, weight, bound,
                 lot, tick, count, account, side, limit_price, quantity):  # fmt: skip
    """Write the orders of accounts with any technology ``firms`` after ``count`` others; return how many there are.

    Their reservation price is searched one by one.
    """
    instruments, measures = expected.shape[1], firms.slope.shape[1]
    price, benefit, x = np.empty(instruments), np.empty(measures), np.empty(measures)
    for q in range(rows.shape[0]):
        row, i = rows[q], accounts[q]
        years = weight * activity[0, row]
        owed, known = 0.0, -np.inf
        for w in range(windows):
            owed += fixed[w, row]
            if w < pending:
                known = max(known, owed)
        for other in range(instruments):
            price[other] = expected[i, other]
        value = reservation_price(i, k, price, owed, known, years, bound, PRECISION * tick, firms, benefit, x)
        ticks = max(1, np.int64(np.floor(0.5 * (value + expected[i, k]) / tick + 0.5)))
        price[k] = ticks * tick
        need = max(known, owed + years * flow_at(i, k, price, firms, benefit, x))
        if value > expected[i, k]:
            lots = max(1, np.int64(np.ceil(need / lot - FORGIVEN)))
        else:
            lots = min(held[i] - locked[i], max(1, np.int64(np.floor(FORGIVEN - need / lot))))
        account[count], side[count] = i, 1 if value > expected[i, k] else -1
        limit_price[count], quantity[count] = ticks, lots
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
