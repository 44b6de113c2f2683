"""Net-demand schedules, the common binding window and the orders that follow from them, compiled.

Rows are the accounts that take part in one instrument ``k``. Blocks ``b`` are the rest of this year (0) and the years
after it; windows ``w`` end with the deadlines of compliance years ``front, front + 1, …``; window ``w`` adds the flows
of block ``w − pending``, where ``pending`` is 1 while last year's obligations are still open. For a price p today

    D_i^{<=w}(p) = Σ_{w' <= w} [ fixed_{w'} + weight_b · activity · flow_i(p · growth_b) ]

with ``fixed`` = open obligations and debts less rights in hand and rights still to come. A flow is a sum over the
measures that move it, laid out row after row (`Rows`); only where output might be cut or an overlap group is full does
an account's whole response have to be worked out.
"""

from collections import namedtuple

import numpy as np
from numba import njit

from market.abatement_kernel import firm_levels, output_cut

ROOT_ITERATIONS = 60
FIRST_STEP = 0.004  # prices move little from one period to the next
STEEPEST = 1e-300  # a step measure (slope 0) is used up as soon as it pays

Firms = namedtuple(
    "Firms",
    "baseline credit effect intercept slope limit group weight group_limit margin output_slope output_limit",
)
"""Arrays over all accounts, as in `market.technology.Technology`, and the benchmark credit (n, K)."""

Rows = namedtuple("Rows", "account start measure effect inverse limit group weight grouped base_rest net")
"""Participants of one instrument: ``account`` (r,); measures ``start[j]:start[j+1]`` of row j with their effect on the
instrument, 1/slope, limit, overlap group and weight; ``grouped`` (r,) whether a group of the row could be full;
``base_rest`` (B, z) and ``net`` (B, r) what the other instruments contribute (filled by `prepare`)."""

Ahead = namedtuple("Ahead", "k pending windows group_of horizon growth weight activity fixed other")
"""What lies ahead: ``group_of`` (n,), ``horizon`` (G,) windows, ``growth`` (G, B), ``weight`` (B,) years, ``activity``
(B, r), ``fixed`` (W, r) units, ``other`` (B, K) prices of the other instruments (own column 0)."""

Supply = namedtuple("Supply", "offered price outside outside_limit")
"""Public supply ``offered`` (S, W) at ``price`` (S,) or more; ``outside`` (B, 2) price and slope a block, and
``outside_limit`` (2,) import and export limits a year (0, 0 without an outside market)."""


def lay_out(k, accounts, technology):
    """Return the `Rows` of instrument ``k`` for participants ``accounts``, without room for blocks yet."""
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
    row, slot = np.nonzero(used)
    start = np.concatenate([[0], np.cumsum(used.sum(axis=1))]).astype(np.int64)
    slope = np.maximum(technology.slope[accounts][row, slot], STEEPEST)
    return Rows(
        account=accounts, start=start, measure=slot.astype(np.int64), effect=effect[row, slot], inverse=1.0 / slope,
        limit=limit[row, slot], group=np.where(in_full_group, group, -1)[row, slot], weight=weight[row, slot],
        grouped=binding.any(axis=1), base_rest=np.zeros((0, row.size)), net=np.zeros((0, accounts.size)),
    )  # fmt: skip


@njit(cache=True)
def prepare(firms, rows, ahead):
    """Fill what the other instruments contribute: ``rows.base_rest`` (B, z) and ``rows.net`` (B, r)."""
    blocks, instruments = ahead.other.shape
    for j in range(rows.account.shape[0]):
        i = rows.account[j]
        for z in range(rows.start[j], rows.start[j + 1]):
            m = rows.measure[z]
            for b in range(blocks):
                value = -firms.intercept[i, m]
                for c in range(instruments):
                    value += ahead.other[b, c] * firms.effect[i, m, c]
                rows.base_rest[b, z] = value
        if firms.output_limit[i] > 0.0:
            for b in range(blocks):
                net = 0.0
                for c in range(instruments):
                    net += ahead.other[b, c] * (firms.baseline[i, c] - firms.credit[i, c])
                rows.net[b, j] = net


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
def needs_at(prices, windows, plans, firms, rows, ahead, front, need, by_window):
    """Work out every participant's net demand at its own price: ``prices`` (r,).

    Fills ``front`` (r,) with ``D^{<=front}`` and ``need`` (r,) with ``D^{<=windows}``, each within the account's own
    horizon, and adds each window's own part to ``by_window`` (W,). Rows with ``plans`` False are left out. Arrays are
    taken out of their tuples once and nothing is called in the inner loop, where this model spends its time.
    """
    account, start, effects, inverse, limits = rows.account, rows.start, rows.effect, rows.inverse, rows.limit
    groups, weights, grouped, base_rest, nets = rows.group, rows.weight, rows.grouped, rows.base_rest, rows.net
    baseline, credit, group_limit = firms.baseline, firms.credit, firms.group_limit
    output_limit, margin = firms.output_limit, firms.margin
    k, pending, group_of, horizon, growth = ahead.k, ahead.pending, ahead.group_of, ahead.horizon, ahead.growth
    block_weight, activity, fixed = ahead.weight, ahead.activity, ahead.fixed
    measures = firms.slope.shape[1]
    price, benefit, x = np.zeros(baseline.shape[1]), np.zeros(measures), np.zeros(measures)
    used = np.zeros(group_limit.shape[1])
    for j in range(account.shape[0]):
        if not plans[j]:
            continue
        i = account[j]
        kind = group_of[i]
        full = baseline[i, k]
        charged = full - credit[i, k]
        total = 0.0
        for w in range(min(windows, horizon[kind])):
            part = fixed[w, j]
            b = w - pending
            if b >= 0 and block_weight[b] > 0.0:
                p = prices[j] * growth[kind, b]
                flow = full
                whole = output_limit[i] > 0.0 and nets[b, j] + p * charged > margin[i]
                if not whole and not grouped[j]:
                    for z in range(start[j], start[j + 1]):
                        effect = effects[z]
                        flow -= effect * min(max((base_rest[b, z] + p * effect) * inverse[z], 0.0), limits[z])
                elif not whole:
                    for g in range(used.shape[0]):
                        used[g] = 0.0
                    for z in range(start[j], start[j + 1]):
                        effect = effects[z]
                        level = min(max((base_rest[b, z] + p * effect) * inverse[z], 0.0), limits[z])
                        flow -= effect * level
                        if groups[z] >= 0:
                            used[groups[z]] += weights[z] * level
                    for g in range(used.shape[0]):
                        whole = whole or used[g] > group_limit[i, g]
                if whole:
                    flow = whole_response(p, b, i, firms, ahead, price, benefit, x)
                part += block_weight[b] * activity[b, j] * flow
            by_window[w] += part
            total += part
            if w == 0:
                front[j] = part
        need[j] = total


@njit(cache=True)
def outside_supply(p, price, slope, import_limit, export_limit):
    """Return the net import a year at which the outside price ``price + slope·z`` equals ``p``."""
    if slope <= 0.0:
        if p > price:
            return import_limit
        return -export_limit if p < price else 0.0
    return min(import_limit, max(-export_limit, (p - price) / slope))


@njit(cache=True)
def excess_demand(p, firms, rows, ahead, supply, everybody, prices, front, need, total):
    """Fill ``total`` (W,) with ``Σ_i D_i^{<=w}(p)`` less public and outside supply up to each window."""
    prices[:] = p
    total[:] = 0.0
    needs_at(prices, ahead.windows, everybody, firms, rows, ahead, front, need, total)
    for w in range(ahead.windows):
        b = w - ahead.pending
        for s in range(supply.price.shape[0]):
            if p >= supply.price[s]:
                total[w] -= supply.offered[s, w]
        if b >= 0 and supply.outside_limit[0] + supply.outside_limit[1] > 0.0:
            total[w] -= ahead.weight[b] * outside_supply(
                p * ahead.growth[0, b], supply.outside[b, 0], supply.outside[b, 1], supply.outside_limit[0],
                supply.outside_limit[1])  # fmt: skip
        if w > 0:
            total[w] += total[w - 1]


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
    r = rows.account.shape[0]
    everybody = np.ones(r, dtype=np.bool_)
    prices, front = np.empty(r), np.empty(r)
    total = np.zeros(ahead.windows)
    low, f_low = 0.0, 0.0  # f_low 0: not known yet
    high, f_high = -1.0, 0.0
    p = guess if tolerance < guess < top else 0.0
    step = FIRST_STEP
    last = 0
    window = before_window = first
    before = before_value = 0.0
    for turn in range(ROOT_ITERATIONS):
        excess_demand(p, firms, rows, ahead, supply, everybody, prices, front, need, total)
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
