"""Net-demand schedules, the common binding window and the orders that follow from them, compiled.

Rows are the accounts that take part in one instrument ``k``. Blocks ``b`` are the rest of this year (0) and the years
after it; windows ``w`` end with the deadlines of compliance years ``front, front + 1, …``; window ``w`` adds the flows
of block ``w − pending``, where ``pending`` is 1 while last year's obligations are still open. For a price p today

    D_i^{<=w}(p) = Σ_{w' <= w} [ fixed_{w'} + weight_b · activity · flow_i(p · growth_b) ]

with ``fixed`` = open obligations and debts less rights in hand and rights still to come.
"""

import numpy as np
from numba import njit

from market.abatement_kernel import level, output_cut, respond

ROOT_ITERATIONS = 60
FIRST_STEP = 0.004  # prices move little from one period to the next


@njit(cache=True)
def prepare(k, rows, other, baseline, credit, effect, intercept, output_limit, rest, effect_k, fixed_net):
    """Fill what other instruments contribute: ``rest`` (B, r, M), ``effect_k`` (r, M) and ``fixed_net`` (B, r)."""
    blocks, instruments = other.shape
    measures = intercept.shape[1]
    for j in range(rows.shape[0]):
        i = rows[j]
        for m in range(measures):
            effect_k[j, m] = effect[i, m, k]
            for b in range(blocks):
                value = -intercept[i, m]
                for c in range(instruments):
                    if c != k:
                        value += other[b, c] * effect[i, m, c]
                rest[b, j, m] = value
        if output_limit[i] > 0.0:
            for b in range(blocks):
                net = 0.0
                for c in range(instruments):
                    if c != k:
                        net += other[b, c] * (baseline[i, c] - credit[i, c])
                fixed_net[b, j] = net


@njit(cache=True)
def unit_flow(p, b, j, i, k, rest, effect_k, fixed_net, baseline, credit, slope, limit, group, weight, group_limit,
              margin, output_slope, output_limit, benefit, x):  # fmt: skip
    """Return the flow a year of account ``i`` (row ``j``) at activity 1 and price ``p`` in block ``b``."""
    reduction = 0.0
    gain = 0.0
    if group_limit.shape[1] > 0:
        for m in range(slope.shape[1]):
            benefit[m] = rest[b, j, m] + p * effect_k[j, m]
        gain = respond(benefit, slope[i], limit[i], group[i], weight[i], group_limit[i], x)
        for m in range(slope.shape[1]):
            reduction += effect_k[j, m] * x[m]
    else:
        for m in range(slope.shape[1]):
            value = rest[b, j, m] + p * effect_k[j, m]
            xm = level(value, slope[i, m], limit[i, m])
            if xm > 0.0:
                reduction += effect_k[j, m] * xm
                gain += value * xm - 0.5 * slope[i, m] * xm * xm
    flow = baseline[i, k] - reduction
    if output_limit[i] > 0.0:
        net = fixed_net[b, j] + p * (baseline[i, k] - credit[i, k]) - gain
        flow *= 1.0 - output_cut(net, margin[i], output_slope[i], output_limit[i])
    return flow


@njit(cache=True)
def outside_supply(p, price, slope, import_limit, export_limit):
    """Return the net import a year at which the outside price ``price + slope·z`` equals ``p``."""
    if slope <= 0.0:
        if p > price:
            return import_limit
        return -export_limit if p < price else 0.0
    return min(import_limit, max(-export_limit, (p - price) / slope))


@njit(cache=True)
def excess_demand(p, k, pending, windows, rows, group_of, horizon, growth, block_weight, activity, fixed,
                  supply, supply_price, outside, outside_limit, rest, effect_k, fixed_net, baseline, credit,
                  slope, limit, group, weight, group_limit, margin, output_slope, output_limit, benefit, x, total):  # fmt: skip
    """Fill ``total`` (W,) with ``Σ_i D_i^{<=w}(p)`` less public and outside supply up to each window.

    ``supply`` (S, W) is offered at ``supply_price`` (S,) or more; ``outside`` (B, 2) holds price and slope a block and
    ``outside_limit`` (2,) the import and export limits a year (0, 0 without an outside market).
    """
    for w in range(windows):
        total[w] = 0.0
    for j in range(rows.shape[0]):
        i = rows[j]
        g = group_of[i]
        for w in range(min(windows, horizon[g])):
            need = fixed[w, j]
            b = w - pending
            if b >= 0 and block_weight[b] > 0.0:
                need += block_weight[b] * activity[b, j] * unit_flow(
                    p * growth[g, b], b, j, i, k, rest, effect_k, fixed_net, baseline, credit, slope, limit, group,
                    weight, group_limit, margin, output_slope, output_limit, benefit, x)  # fmt: skip
            total[w] += need
    for w in range(windows):
        b = w - pending
        for s in range(supply_price.shape[0]):
            if p >= supply_price[s]:
                total[w] -= supply[s, w]
        if b >= 0 and outside_limit[0] + outside_limit[1] > 0.0:
            total[w] -= block_weight[b] * outside_supply(
                p * growth[0, b], outside[b, 0], outside[b, 1], outside_limit[0], outside_limit[1])  # fmt: skip
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
def indicative_price(guess, top, tolerance, first, k, pending, windows, rows, group_of, horizon, growth, block_weight,
                     activity, fixed, supply, supply_price, outside, outside_limit, rest, effect_k, fixed_net, baseline,
                     credit, slope, limit, group, weight, group_limit, margin, output_slope, output_limit, total):  # fmt: skip
    """Return the price at which ``max_w Σ_i D_i^{<=w}(p) = 0`` and the binding window that attains it.

    The function is falling and piecewise linear with steps: bracketed secant (Illinois), bisection at a step. The
    price is 0 where even price 0 leaves a surplus in every window and ``top`` where not even ``top`` clears.
    """
    benefit = np.zeros(slope.shape[1])
    x = np.zeros(slope.shape[1])

    excess_demand(0.0, k, pending, windows, rows, group_of, horizon, growth, block_weight, activity, fixed, supply,
                  supply_price, outside, outside_limit, rest, effect_k, fixed_net, baseline, credit, slope, limit, group,
                  weight, group_limit, margin, output_slope, output_limit, benefit, x, total)  # fmt: skip
    value, window = highest(total, first, windows)
    if value <= 0.0:
        return 0.0, window
    low, f_low = 0.0, value
    high, f_high = -1.0, 0.0
    p = guess if 0.0 < guess < top else 0.5 * top
    last = 0
    for turn in range(ROOT_ITERATIONS):
        excess_demand(p, k, pending, windows, rows, group_of, horizon, growth, block_weight, activity, fixed, supply,
                      supply_price, outside, outside_limit, rest, effect_k, fixed_net, baseline, credit, slope, limit,
                      group, weight, group_limit, margin, output_slope, output_limit, benefit, x, total)  # fmt: skip
        value, window = highest(total, first, windows)
        if value == 0.0:
            return p, window
        if value > 0.0:
            if p >= top:
                return top, window
            low, f_low = p, value
            if last == 1:
                f_high *= 0.5
            last = 1
        else:
            high, f_high = p, value
            if last == -1:
                f_low *= 0.5
            last = -1
        if high < 0.0:
            p = min(top, p * (1.0 + FIRST_STEP * 4.0**turn))
            continue
        if high - low <= tolerance:
            break
        if low == 0.0 and turn < 3:
            p = high * (1.0 - FIRST_STEP * 4.0**turn)
            continue
        p = (low * f_high - high * f_low) / (f_high - f_low)
        if not low < p < high or turn % 8 == 7:
            p = 0.5 * (low + high)
    return 0.5 * (low + high), window


@njit(cache=True)
def row_need(p, j, windows, k, pending, rows, group_of, horizon, growth, block_weight, activity, fixed, rest, effect_k,
             fixed_net, baseline, credit, slope, limit, group, weight, group_limit, margin, output_slope, output_limit,
             benefit, x):  # fmt: skip
    """Return one account's ``D^{<=front}(p)`` and ``D^{<=windows}(p)``, the latter within its own horizon."""
    i = rows[j]
    g = group_of[i]
    front = 0.0
    need = 0.0
    for w in range(min(windows, horizon[g])):
        need += fixed[w, j]
        b = w - pending
        if b >= 0 and block_weight[b] > 0.0:
            need += block_weight[b] * activity[b, j] * unit_flow(
                p * growth[g, b], b, j, i, k, rest, effect_k, fixed_net, baseline, credit, slope, limit, group, weight,
                group_limit, margin, output_slope, output_limit, benefit, x)  # fmt: skip
        if w == 0:
            front = need
    return front, need


@njit(cache=True)
def planned_amount(p, price, front, need, share_later, share_now, free, forced, front_left, window_left, patience):
    """Return what a planner buys (negative: sells) at price ``p`` when it expects ``price``, in units.

    ``share_later`` and ``share_now`` are its shares of what others bring up to the window's end and in this period;
    ``free`` is what it holds and ``forced`` what it may not carry over.
    """
    planned = need if window_left <= 1 else (need - share_later) / window_left + share_now
    idle = min(free, max(0.0, -front))
    gap = 0.0
    if window_left > 1 and price > 0.0:
        gap = min(1.0, max(-1.0, (p / price - 1.0) / patience))
    amount = planned
    if gap > 0.0:
        amount = (1.0 - gap) * planned - (gap * idle if need < 0.0 else 0.0)
    elif gap < 0.0:
        amount = (1.0 + gap) * planned - gap * max(0.0, need - share_later)
    amount = max(amount, -idle)
    if forced > 0.0:
        amount = min(amount, -min(idle, forced / front_left))
    return max(amount, front / front_left) if front > 0.0 else amount


@njit(cache=True)
def schedule_orders(price, k, pending, window, rows, plans, free, forced, lot, tick, front_left, window_left, now,
                    patience, offsets, jitter, backstop, group_of, horizon, growth, block_weight, activity, fixed,
                    rest, effect_k, fixed_net, baseline, credit, slope, limit, group, weight, group_limit, margin,
                    output_slope, output_limit, account, side, limit_price, quantity):  # fmt: skip
    """Write the planners' limit orders and return how many.

    Each planner trades the part ``1 / window_left`` of its net demand in this period, at least at the pace
    ``1 / front_left`` that the next deadline asks for. What planners need in sum comes from others (public supply,
    outside markets, accounts that trade late): each leaves its share of that sum for later, but for its share of what
    others bring now (``now``). So planners' orders add up to ``now`` at the expected price. Away from the expected price all
    deferrable trade moves to the cheaper time within ``patience``. The schedule is sent as steps at the prices
    ``price·(1 + offset·jitter)``; in the last period before a deadline what must be had is bid for up to ``backstop``.
    """
    count = 0
    steps = offsets.shape[0]
    windows = window + 1
    benefit = np.zeros(slope.shape[1])
    x = np.zeros(slope.shape[1])
    needs = np.zeros(rows.shape[0])
    buyers = 0.0
    sellers = 0.0
    for j in range(rows.shape[0]):
        if plans[j]:
            _, needs[j] = row_need(
                price, j, windows, k, pending, rows, group_of, horizon, growth, block_weight, activity, fixed, rest,
                effect_k, fixed_net, baseline, credit, slope, limit, group, weight, group_limit, margin, output_slope,
                output_limit, benefit, x)  # fmt: skip
            buyers += max(0.0, needs[j])
            sellers += max(0.0, -needs[j])
    later = buyers - sellers
    last_chance = front_left <= 1
    levels = steps + 1 if last_chance else steps
    ticks = np.empty(levels, dtype=np.int64)
    wanted = np.empty(levels, dtype=np.int64)
    for j in range(rows.shape[0]):
        if not plans[j]:
            continue
        share = 0.0
        if later > 0.0 and buyers > 0.0:
            share = max(0.0, needs[j]) / buyers
        elif later < 0.0 and sellers > 0.0:
            share = max(0.0, -needs[j]) / sellers
        share_now = max(0.0, needs[j]) / buyers if buyers > 0.0 and now > 0.0 else 0.0
        if now < 0.0 and sellers > 0.0:
            share_now = max(0.0, -needs[j]) / sellers
        for s in range(levels):
            if s < steps:
                ticks[s] = np.int64(np.floor(price * (1.0 + offsets[s] * jitter[j]) / tick + 0.5))
            else:
                ticks[s] = np.int64(np.floor(backstop / tick))
            ticks[s] = max(ticks[s], ticks[s - 1] + 1 if s > 0 else 1)
            p = ticks[s] * tick
            front, need = row_need(
                p, j, windows, k, pending, rows, group_of, horizon, growth, block_weight, activity, fixed, rest,
                effect_k, fixed_net, baseline, credit, slope, limit, group, weight, group_limit, margin, output_slope,
                output_limit, benefit, x)  # fmt: skip
            amount = planned_amount(p, price, front, need, share * later, share_now * now, free[j] * lot,
                                    forced[j] * lot, front_left, window_left, patience) / lot  # fmt: skip
            lots = np.int64(np.ceil(amount - 1e-9)) if last_chance else np.int64(np.floor(amount + 0.5))
            lots = max(lots, -free[j])
            wanted[s] = min(lots, wanted[s - 1]) if s > 0 else lots
        for s in range(levels):
            above = max(wanted[s + 1], 0) if s + 1 < levels else 0
            below = max(-wanted[s - 1], 0) if s > 0 else 0
            if wanted[s] > above:
                account[count], side[count] = rows[j], 1
                limit_price[count], quantity[count] = ticks[s], wanted[s] - above
                count += 1
            elif -wanted[s] > below:
                account[count], side[count] = rows[j], -1
                limit_price[count], quantity[count] = ticks[s], -wanted[s] - below
                count += 1
    return count
