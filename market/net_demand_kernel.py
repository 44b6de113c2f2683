"""Net-demand schedules, the common binding window and the orders that follow from them, compiled.

Rows are the accounts that take part in one instrument ``k``. Blocks ``b`` are the rest of this year (0) and the years
after it; windows ``w`` end with the deadlines of compliance years ``front, front + 1, …``; window ``w`` adds the flows
of block ``w − pending``, where ``pending`` is 1 while last year's obligations are still open. For a price p today

    D_i^{<=w}(p) = Σ_{w' <= w} [ fixed_{w'} + weight_b · activity · flow_i(p · growth_b) ]

with ``fixed`` = open obligations and debts less rights in hand and rights still to come. A flow is a sum over the
measures that move it, laid out in columns (`Rows`); only where output might be cut or an overlap group is full does
an account's whole response have to be worked out.
"""

from collections import namedtuple

import numpy as np
from numba import njit

from market.abatement_kernel import firm_levels, output_cut

ROOT_ITERATIONS = 60
FIRST_STEP = 0.004  # prices move little from one period to the next
BLOCK = 512  # rows worked on together: their intermediate results stay in the nearest cache
STEEPEST = 1e-300  # a step measure (slope 0) is used up as soon as it pays

Firms = namedtuple(
    "Firms",
    "baseline credit effect intercept slope limit group weight group_limit margin output_slope output_limit",
)
"""Arrays over all accounts, as in `market.technology.Technology`, and the benchmark credit (n, K)."""

Rows = namedtuple("Rows", "account full unusual grouped used measure effect inverse limit group weight base_rest net")
"""Participants of one instrument, in columns: ``account`` (r,), its flow without measures ``full`` (r,) and the slots
``used`` (r,) by its measures; by slot and row (S, r) the ``measure`` there, its effect on the instrument, 1/slope,
limit, overlap group and weight, with limit 0 in unused slots; ``unusual`` (u,) rows that may cut output or fill an
overlap group, ``grouped`` (r,) whether it is the latter; ``base_rest`` (B, S, r) and ``net`` (B, r) what the other
instruments contribute (filled by `prepare`)."""

Ahead = namedtuple("Ahead", "k pending windows kind horizon growth weight activity fixed other")
"""What lies ahead: behaviour group ``kind`` (r,), ``horizon`` (G,) windows, ``growth`` (G, B), ``weight`` (B,) years,
``activity`` (B, r), ``fixed`` (W, r) units, ``other`` (B, K) prices of the other instruments (own column 0)."""

Supply = namedtuple("Supply", "offered price outside outside_limit outside_share")
"""Public supply ``offered`` (S, W) at ``price`` (S,) or more; ``outside`` (B, 2) price and slope a block,
``outside_limit`` (2,) import and export limits a year (0, 0 without an outside market), and ``outside_share`` (W, B)
the years of each block in which what is imported serves a window and none before it."""


def lay_out(k, accounts, technology, blocks):
    """Return the `Rows` of instrument ``k`` for participants ``accounts`` and at most ``blocks`` blocks.

    A row's measures take its first slots, in their order; unused slots add nothing to a flow.
    """
    effect, limit = technology.effect[accounts, :, k], technology.limit[accounts]
    group, weight = technology.group[accounts], technology.weight[accounts]
    fullest = np.zeros((accounts.size, technology.group_limit.shape[1]))
    for g in range(fullest.shape[1]):
        fullest[:, g] = (np.where(group == g, weight * limit, 0.0)).sum(axis=1)
    binding = fullest > technology.group_limit[accounts] * (1.0 + 1e-12)
    in_full_group = np.zeros(group.shape, dtype=np.bool_)
    for g in range(fullest.shape[1]):
        in_full_group |= (group == g) & binding[:, g, None]
    used = (limit > 0.0) & ((effect != 0.0) | in_full_group)
    slots = int(used.sum(axis=1).max(initial=0))
    measure = np.argsort(~used, axis=1, kind="stable")[:, :slots]  # used measures first
    taken = np.take_along_axis(used, measure, axis=1)

    def column(values, empty):
        """Return a table (S, r) of the rows' values by slot."""
        return np.ascontiguousarray(np.where(taken, np.take_along_axis(values, measure, axis=1), empty).T)

    slope = np.maximum(technology.slope[accounts], STEEPEST)
    grouped = binding.any(axis=1)
    return Rows(
        account=accounts, full=np.ascontiguousarray(technology.baseline[accounts, k]),
        unusual=np.flatnonzero(grouped | (technology.output_limit[accounts] > 0.0)), grouped=grouped,
        used=used.sum(axis=1), measure=np.ascontiguousarray(measure.T),
        effect=column(effect, 0.0), inverse=column(1.0 / slope, 1.0),
        limit=column(limit, 0.0), group=column(np.where(in_full_group, group, -1), -1), weight=column(weight, 0.0),
        base_rest=np.zeros((blocks, slots, accounts.size)), net=np.zeros((blocks, accounts.size)),
    )  # fmt: skip


@njit(cache=True)
def prepare(firms, rows, ahead):
    """Fill what the other instruments contribute: ``rows.base_rest`` (B, S, r) and ``rows.net`` (B, r)."""
    account, measure, unusual, base_rest, nets = rows.account, rows.measure, rows.unusual, rows.base_rest, rows.net
    intercept, effect, baseline, credit = firms.intercept, firms.effect, firms.baseline, firms.credit
    other = ahead.other
    blocks, instruments = other.shape
    used = rows.used
    for j in range(account.shape[0]):
        i = account[j]
        for s in range(used[j]):
            m = measure[s, j]
            for b in range(blocks):
                value = -intercept[i, m]
                for c in range(instruments):
                    value += other[b, c] * effect[i, m, c]
                base_rest[b, s, j] = value
    for j in unusual:
        i = account[j]
        for b in range(blocks):
            net = 0.0
            for c in range(instruments):
                net += other[b, c] * (baseline[i, c] - credit[i, c])
            nets[b, j] = net


@njit(cache=True)
def whole_response(p, b, i, firms, ahead, price, benefit, x):
    """Return the flow a year of account ``i`` at activity 1 from its whole response at price ``p`` in block ``b``."""
    k = ahead.k
    for c in range(price.shape[0]):
        price[c] = ahead.other[b, c]
    price[k] = p
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
    return flow


@njit(cache=True)
def needs_at(first, last, prices, windows, firms, rows, ahead, scratch, parts):
    """Fill ``parts`` (W, BLOCK) with each window's part of the net demand of rows ``first:last`` at their ``prices``.

    ``prices`` (BLOCK,) and ``parts`` count from row ``first``; a window beyond an account's own horizon adds nothing.
    ``scratch`` (2, BLOCK) is overwritten. The loops over rows are free of branches and calls, so that they are
    vectorised; unusual rows are then gone through one by one (`unusual_flows`).
    """
    size = last - first
    p, flow = scratch[0, :size], scratch[1, :size]
    full, kind = rows.full[first:last], ahead.kind[first:last]
    growth, horizon = ahead.growth, ahead.horizon
    for w in range(windows):
        part, fixed = parts[w, :size], ahead.fixed[w, first:last]
        b = w - ahead.pending
        if b >= 0 and ahead.weight[b] > 0.0:
            if growth.shape[0] == 1:
                common = growth[0, b]
                for j in range(size):
                    p[j] = prices[j] * common
            else:
                for j in range(size):
                    p[j] = prices[j] * growth[kind[j], b]
            for j in range(size):
                flow[j] = full[j]
            for s in range(rows.effect.shape[0]):
                effect, inverse = rows.effect[s, first:last], rows.inverse[s, first:last]
                limit, rest = rows.limit[s, first:last], rows.base_rest[b, s, first:last]
                for j in range(size):
                    level = (rest[j] + p[j] * effect[j]) * inverse[j]
                    level = level if level > 0.0 else 0.0
                    level = level if level < limit[j] else limit[j]
                    flow[j] -= effect[j] * level
            if rows.unusual.shape[0] > 0:
                unusual_flows(first, last, b, p, firms, rows, ahead, flow)
            weight, activity = ahead.weight[b], ahead.activity[b, first:last]
            for j in range(size):
                part[j] = fixed[j] + weight * activity[j] * flow[j]
        else:
            for j in range(size):
                part[j] = fixed[j]
        for g in range(horizon.shape[0]):
            if w >= horizon[g] + ahead.pending:  # years ahead count from this year
                for j in range(size):
                    part[j] = 0.0 if kind[j] == g else part[j]


@njit(cache=True)
def unusual_flows(first, last, b, prices, firms, rows, ahead, flow):
    """Correct ``flow`` (BLOCK,) a year in block ``b`` of those who cut output or whose overlap groups are full."""
    unusual, account, nets, full = rows.unusual, rows.account, rows.net, rows.full
    credit, margin, output_limit, group_limit = firms.credit, firms.margin, firms.output_limit, firms.group_limit
    groups, slots, effect, inverse, limit = rows.group, rows.used, rows.effect, rows.inverse, rows.limit
    weight, grouped, rest = rows.weight, rows.grouped, rows.base_rest[b]
    k = ahead.k
    measures = firms.slope.shape[1]
    price, benefit, x = np.zeros(ahead.other.shape[1]), np.zeros(measures), np.zeros(measures)
    used = np.zeros(group_limit.shape[1])
    for u in range(np.searchsorted(unusual, first), unusual.shape[0]):
        j = unusual[u]
        if j >= last:
            break
        i = account[j]
        p = prices[j - first]
        whole = output_limit[i] > 0.0 and nets[b, j] + p * (full[j] - credit[i, k]) > margin[i]
        if not whole and grouped[j]:
            used[:] = 0.0
            for s in range(slots[j]):
                g = groups[s, j]
                if g >= 0:
                    level = (rest[s, j] + p * effect[s, j]) * inverse[s, j]
                    used[g] += weight[s, j] * min(max(level, 0.0), limit[s, j])
            for g in range(used.shape[0]):
                whole = whole or used[g] > group_limit[i, g]
        if whole:
            flow[j - first] = whole_response(p, b, i, firms, ahead, price, benefit, x)


@njit(cache=True)
def outside_supply(p, price, slope, import_limit, export_limit):
    """Return the net import a year at which the outside price ``price + slope·z`` equals ``p``."""
    if slope <= 0.0:
        if p > price:
            return import_limit
        return -export_limit if p < price else 0.0
    return min(import_limit, max(-export_limit, (p - price) / slope))


@njit(cache=True)
def excess_demand(p, firms, rows, ahead, supply, scratch, parts, need, total):
    """Fill ``total`` (W,) with ``Σ_i D_i^{<=w}(p)`` less public and outside supply up to each window.

    ``need`` (r,) is filled with every account's net demand over all windows.
    """
    windows, r = ahead.windows, rows.account.shape[0]
    prices = scratch[2]
    prices[:] = p
    total[:] = 0.0
    for first in range(0, r, BLOCK):
        last = min(first + BLOCK, r)
        needs_at(first, last, prices, windows, firms, rows, ahead, scratch, parts)
        add_up(parts, windows, need[first:last], total)
    for w in range(windows):
        for s in range(supply.price.shape[0]):
            if p >= supply.price[s]:
                total[w] -= supply.offered[s, w]
        for b in range(supply.outside_share.shape[1]):
            if supply.outside_share[w, b] > 0.0:
                total[w] -= supply.outside_share[w, b] * outside_supply(
                    p * ahead.growth[0, b], supply.outside[b, 0], supply.outside[b, 1], supply.outside_limit[0],
                    supply.outside_limit[1])  # fmt: skip
        if w > 0:
            total[w] += total[w - 1]


@njit(cache=True)
def front_needs(belief, firms, rows, ahead, need):
    """Fill ``need`` (r,) with the net demand of the front window if each group ``g`` works at ``belief`` (G,)."""
    scratch, parts = np.empty((3, BLOCK)), np.empty((1, BLOCK))
    prices = scratch[2]
    for first in range(0, need.shape[0], BLOCK):
        last = min(first + BLOCK, need.shape[0])
        for j in range(first, last):
            prices[j - first] = belief[ahead.kind[j]]
        needs_at(first, last, prices, 1, firms, rows, ahead, scratch, parts)
        for j in range(first, last):
            need[j] = parts[0, j - first]


@njit(cache=True)
def needs_up_to(windows, prices, firms, rows, ahead, need):
    """Fill ``need`` (r,) with the net demand of the first ``windows`` windows at ``prices`` (r,), one for each row."""
    scratch, parts, total = np.empty((3, BLOCK)), np.empty((windows, BLOCK)), np.zeros(windows)
    here = scratch[2]
    for first in range(0, need.shape[0], BLOCK):
        last = min(first + BLOCK, need.shape[0])
        here[: last - first] = prices[first:last]
        needs_at(first, last, here, windows, firms, rows, ahead, scratch, parts)
        add_up(parts, windows, need[first:last], total)


@njit(cache=True)
def add_up(parts, windows, need, total):
    """Fill ``need`` with sums of ``parts`` (W, BLOCK) over windows, and add their sums over rows to ``total`` (W,)."""
    size = need.shape[0]
    need[:] = 0.0
    for w in range(windows):
        part = parts[w, :size]
        whole = total[w]
        for j in range(size):
            need[j] += part[j]
        for j in range(size):
            whole += part[j]
        total[w] = whole


@njit(cache=True)
def highest(total, first, windows):
    """Return the largest entry of ``total[first:windows]`` and its index (the later one of equals)."""
    best = first
    for w in range(first + 1, windows):
        if total[w] >= total[best]:
            best = w
    return total[best], best


@njit(cache=True)
def indicative_price(guess, steepness, top, tolerance, enough, first, firms, rows, ahead, supply, need):
    """Return the price at which ``max_w Σ_i D_i^{<=w}(p) = 0``, the window that attains it, and the steepness there.

    The function is falling and piecewise linear with steps: a Newton step with the steepness (change of demand per
    change of price) of the last search, then a bracketed secant (Illinois), bisection at a step. It ends at a price
    known to ``tolerance`` or an excess of at most ``enough`` units. The price is 0 where even price 0 leaves a surplus
    in every window and ``top`` where not even ``top`` clears. ``need`` (r,) is left with every account's net demand
    over all windows at the last price tried.
    """
    scratch, parts, total = np.empty((3, BLOCK)), np.empty((ahead.windows, BLOCK)), np.zeros(ahead.windows)
    low, f_low = 0.0, 0.0  # f_low 0: not known yet
    high, f_high = -1.0, 0.0
    p = guess if tolerance < guess < top else 0.0
    step = FIRST_STEP
    last = 0
    window = before_window = first
    before = before_value = 0.0
    for turn in range(ROOT_ITERATIONS):
        excess_demand(p, firms, rows, ahead, supply, scratch, parts, need, total)
        value, window = highest(total, first, ahead.windows)
        if abs(value) <= enough or (value < 0.0 and p == 0.0) or (value > 0.0 and p >= top):
            return p, window, steepness
        if turn > 0 and window == before_window and p != before:
            steepness = (value - before_value) / (p - before)
        before, before_value, before_window = p, value, window
        if value > 0.0:
            low, f_low = p, value
            f_high = 0.5 * f_high if last == 1 else f_high
            last = 1
        else:
            high, f_high = p, value
            f_low = 0.5 * f_low if last == -1 else f_low
            last = -1
        if turn == 0 and steepness < 0.0 and p > 0.0 and abs(value) < -steepness * p:
            p = min(top, p - value / steepness)
        elif high < 0.0:
            p = min(top, max(p * (1.0 + step), tolerance if guess <= tolerance else guess))
            step *= 4.0
        elif high - low <= tolerance:
            break
        elif f_low == 0.0:
            p = high * (1.0 - step) if step < 1.0 and high > tolerance else 0.0
            step *= 4.0
        else:
            p = (low * f_high - high * f_low) / (f_high - f_low)
            if not low < p < high or turn % 8 == 7:
                p = 0.5 * (low + high)
    return 0.5 * (low + high), window, steepness
