"""What the recorder adds up each period, compiled: all instruments in one call.

Sums of real numbers are pairwise, in the order in which NumPy adds up a column, so they are the same to the last bit.
"""

import numpy as np
from numba import njit

SMALLEST, LARGEST = 8, 128  # columns up to these lengths are added up one by one, and in eight parts


@njit(cache=True)
def part_sum(column, first, last):
    """Return the sum of at most LARGEST entries. Unsigned indices spare the compiler a check for negative ones."""
    size = last - first
    start = np.uint64(first)
    if size < SMALLEST:
        total = 0.0
        for i in range(size):
            total += column[start + np.uint64(i)]
        return total
    one, two, three, four = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)
    five, six, seven = np.uint64(5), np.uint64(6), np.uint64(7)
    a, b, c, d = column[start], column[start + one], column[start + two], column[start + three]
    e, f, g, h = column[start + four], column[start + five], column[start + six], column[start + seven]
    for part in range(1, size // 8):
        i = start + np.uint64(8 * part)
        a += column[i]
        b += column[i + one]
        c += column[i + two]
        d += column[i + three]
        e += column[i + four]
        f += column[i + five]
        g += column[i + six]
        h += column[i + seven]
    total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for i in range(size - size % 8, size):
        total += column[start + np.uint64(i)]
    return total


@njit(cache=True)
def pairwise_sum(column):
    """Return the sum of a column (n,): halves are added up by themselves, down to parts of LARGEST entries."""
    begin, end, half = np.empty(64, dtype=np.int64), np.empty(64, dtype=np.int64), np.empty(64, dtype=np.float64)
    done = np.zeros(64, dtype=np.int64)  # halves of each level that are summed
    level, value = 0, 0.0
    begin[0], end[0] = 0, column.shape[0]
    while True:
        size = end[level] - begin[level]
        if size <= LARGEST:
            value = part_sum(column, begin[level], end[level])
            level -= 1
            while level >= 0 and done[level] == 1:
                value = half[level] + value
                done[level] = 0
                level -= 1
            if level < 0:
                return value
            half[level] = value
            done[level] = 1
            left = (end[level] - begin[level]) // 2
            left -= left % 8
            begin[level + 1], end[level + 1] = begin[level] + left, end[level]
        else:
            left = size // 2
            left -= left % 8
            begin[level + 1], end[level + 1] = begin[level], begin[level] + left
        level += 1


@njit(cache=True)
def column_sums(table, sums):
    """Fill ``sums`` (K,) with the sums of the columns of a table (n, K)."""
    if table.shape[1] == 1:
        sums[0] = pairwise_sum(table[:, 0])
        return
    sums[:] = 0.0
    for i in range(table.shape[0]):
        for k in range(table.shape[1]):
            sums[k] += table[i, k]


@njit(cache=True)
def record_state(state, t, year, working, lots, full, periods, deadline, earns, cap, balances, firms, reserve, totals,
                 debt, flow, entitlement, issued, period_flow, cost, flow_years, cost_years,
                 baseline_years):  # fmt: skip
    """Fill period ``t`` of ``state`` (12, P, K), the entries of `agents.recorder.STATE` but the last.

    While firms are ``working`` their flows and costs are added to those of the year, too (`record_operation`).

    Parameters
    ----------
    year, working : compliance year, and whether flows happen (not in the settlement months at the end).
    lots, full, earns : (K,) lot, yearly flow without measures, and whether output earns rights.
    periods : in a year.
    deadline : (K, T) period of each surrender; cap : (T, K).
    balances : (products, A) of which the first ``firms`` accounts are firms; totals : (7, products) lots issued,
        imported, carried in, surrendered, cancelled, expired, carried out.
    debt, flow, entitlement, issued, period_flow, cost : (n, K), (T, n, K) three times, (n, K), (n,).
    """
    if working:
        record_operation(year, periods, full, period_flow, cost, flow_years, cost_years, baseline_years)
    vintages = balances.shape[0] // lots.shape[0]
    coming = np.empty(debt.shape[0])
    for k in range(lots.shape[0]):
        lot, first = lots[k], k * vintages
        held, live, reserved = 0, 0, 0
        summed = np.zeros(7, dtype=np.int64)
        for v in range(vintages):
            p = first + v
            others = 0
            for a in range(firms, balances.shape[1]):
                others += balances[p, a]
            for s in range(7):
                summed[s] += totals[s, p]
            own = totals[0, p] + totals[1, p] + totals[2, p]
            own -= totals[3, p] + totals[4, p] + totals[5, p] + totals[6, p] + others
            held += own
            live += own if v <= year else 0
            reserved += balances[p, reserve]
        indebted = 0
        for i in range(debt.shape[0]):
            indebted += debt[i, k]
        owed, earned = indebted * lot, 0.0
        for v in range(max(0, year - 1), year + 1):
            if deadline[k, v] > t:
                owed += pairwise_sum(flow[v, :, k])
                if earns[k]:
                    for i in range(coming.shape[0]):
                        coming[i] = entitlement[v, i, k] - issued[v, i, k]
                    earned += pairwise_sum(coming)
        state[0, t, k] = cap[year, k]
        state[1, t, k] = summed[0] * lot
        state[2, t, k] = held * lot
        state[3, t, k] = max(0.0, live * lot + earned - owed)
        state[4, t, k] = reserved * lot
        state[5, t, k] = summed[3] * lot
        state[6, t, k] = summed[4] * lot
        state[7, t, k] = summed[5] * lot
        state[8, t, k] = pairwise_sum(period_flow[:, k]) if working else 0.0
        state[9, t, k] = full[k] / periods if working else 0.0
        state[10, t, k] = owed


@njit(cache=True)
def record_operation(year, periods, full, period_flow, cost, flow_years, cost_years, baseline_years):
    """Add the period's flows (n, K), costs (n,) and flows without measures (K,) to those of ``year``."""
    sums = np.empty(period_flow.shape[1])
    column_sums(period_flow, sums)
    part = 1.0 / periods
    for k in range(sums.shape[0]):
        flow_years[year, k] += sums[k]
        baseline_years[year, k] += part * full[k]
    cost_years[year] += pairwise_sum(cost)


@njit(cache=True)
def record_session(table, t, v, price, last, indicative, volume, turnover, backstop, lot, side, quantity, net):
    """Fill column ``v`` of period ``t`` of ``table`` (at least 9, P, V); return lots bid, lots offered and traders.

    ``side`` and ``quantity`` (o,) of the orders; ``net`` (A,) lots that accounts gained.
    """
    lots, bids, traders = 0, 0, 0
    for i in range(side.shape[0]):
        lots += quantity[i]
        bids += quantity[i] if side[i] > 0 else 0
    for a in range(net.shape[0]):
        traders += 1 if net[a] != 0 else 0
    record_market(table, t, v, price, last, indicative, volume, turnover, backstop, bids * lot, (lots - bids) * lot,
                  traders)  # fmt: skip
    return bids, lots - bids, traders


@njit(cache=True)
def record_single(venue_table, market_table, t, v, k, price, last, close, indicative, volume, turnover, backstop, lot,
                  side, quantity, net):  # fmt: skip
    """Record the only session of instrument ``k`` at venue ``v`` (`record_session`, `record_market`)."""
    bids, asks, traders = record_session(
        venue_table, t, v, price, last, indicative, volume, turnover, backstop, lot, side, quantity, net
    )  # fmt: skip
    record_market(market_table, t, k, price, close, indicative, volume, turnover, backstop, bids * lot, asks * lot,
                  traders)  # fmt: skip


@njit(cache=True)
def record_market(table, t, k, price, close, indicative, volume, turnover, backstop, bids, asks, traders):
    """Fill column ``k`` of period ``t`` with the figures of `agents.recorder.MARKET`."""
    table[0, t, k], table[1, t, k], table[2, t, k] = price, close, indicative
    table[3, t, k], table[4, t, k] = volume, turnover
    table[5, t, k], table[6, t, k], table[7, t, k] = bids, asks, traders
    table[8, t, k] = backstop


@njit(cache=True)
def record_deadline(table, year, k, lot, obligation, surrendered, shortfall, penalty, expired, carried):
    """Fill entry (year, k) of `agents.recorder.DEADLINE` from columns (n,); return the penalties in all."""
    owed, given, short, gone, kept, accounts, lacking = 0, 0, 0, 0, 0, 0, 0
    for i in range(obligation.shape[0]):
        owed += obligation[i]
        given += surrendered[i]
        short += shortfall[i]
        accounts += 1 if obligation[i] != 0 else 0
        lacking += 1 if shortfall[i] != 0 else 0
    for i in range(expired.shape[0]):
        gone += expired[i]
        kept += carried[i]
    paid = pairwise_sum(penalty)
    table[0, year, k], table[1, year, k], table[2, year, k] = owed * lot, given * lot, short * lot
    table[3, year, k], table[4, year, k], table[5, year, k] = paid, accounts, lacking
    table[6, year, k], table[7, year, k] = gone * lot, kept * lot
    return paid
