"""What firms do in a period at given prices, and the shadow prices of those who hold too few or too many rights."""

import numpy as np
from numba import njit

from market.abatement_kernel import firm_levels, output_cut

ITERATIONS = 60
PRECISION = 1e-12
FIRST_STEP = 0.02
LEAST = 1e-6
BLOCK = 512  # rows worked on together: their intermediate results stay in the nearest cache


@njit(cache=True)
def operate(price, group_of, activity, part, baseline, credit, effect, intercept, slope, limit, group, weight,
            group_limit, margin, output_slope, output_limit, levels, cut, flow, cost):  # fmt: skip
    """Fill levels (n, M), cuts (n,), flows (n, K) and costs (n,) of a period of ``part`` years at ``price`` (G, K).

    ``group_of`` (n,) tells an account's row of ``price``; (0,) where each account has its own. Accounts that might cut
    output or fill an overlap group are worked out in full (`choose`), the others in place.
    """
    n, measures = intercept.shape
    instruments = price.shape[1]
    if measures == 1 and instruments == 1 and group_limit.shape[1] == 0 and not any_above_zero(output_limit):
        operate_one(price.reshape(-1), group_of, activity, part, baseline.reshape(n), effect.reshape(n),
                    intercept.reshape(n), slope.reshape(n), limit.reshape(n), levels.reshape(n), cut, flow.reshape(n),
                    cost)  # fmt: skip
        return
    benefit = np.zeros(measures)
    used = np.zeros(group_limit.shape[1])
    for i in range(n):
        kind = group_of[i] if group_of.shape[0] > 0 else i
        scale = activity[i] * part
        whole = False
        if output_limit[i] > 0.0:
            net = 0.0
            for k in range(instruments):
                net += price[kind, k] * (baseline[i, k] - credit[i, k])
            whole = net > margin[i]
        spent = 0.0
        used[:] = 0.0
        for k in range(instruments):
            flow[i, k] = baseline[i, k]
        for m in range(measures):
            most = limit[i, m]
            level = 0.0
            if most > 0.0:
                value = -intercept[i, m]
                for k in range(instruments):
                    value += effect[i, m, k] * price[kind, k]
                if value > 0.0:
                    level = most if value >= slope[i, m] * most else value / slope[i, m]
                    spent += (intercept[i, m] + 0.5 * slope[i, m] * level) * level
                    for k in range(instruments):
                        flow[i, k] -= effect[i, m, k] * level
                    g = group[i, m]
                    if g >= 0:
                        used[g] += weight[i, m] * level
                        whole = whole or used[g] > group_limit[i, g]
            levels[i, m] = level
        if whole:
            choose(i, price[kind], scale, baseline, credit, effect, intercept, slope, limit, group, weight, group_limit,
                   margin, output_slope, output_limit, benefit, levels, cut, flow, cost)  # fmt: skip
            continue
        cut[i] = 0.0
        cost[i] = scale * spent
        for k in range(instruments):
            flow[i, k] = scale * max(0.0, flow[i, k])


@njit(cache=True)
def any_above_zero(column):
    """Return whether an entry is above zero; without a branch, so that it is vectorised."""
    found = False
    for i in range(column.shape[0]):
        found |= column[i] > 0.0
    return found


@njit(cache=True, error_model="numpy")  # a check of every division would keep the loops from being vectorised
def operate_one(price, group_of, activity, part, baseline, effect, intercept, slope, limit, levels, cut, flow, cost):
    """Do the same for one instrument, one measure outside groups and fixed output; all columns are (n,)."""
    own = group_of.shape[0] == 0
    here = np.empty(BLOCK)
    for first in range(0, activity.shape[0], BLOCK):
        last = min(first + BLOCK, activity.shape[0])
        size = last - first
        if own:
            for j in range(size):
                here[j] = price[first + j]
        else:
            for j in range(size):
                here[j] = price[group_of[first + j]]
        e, a, s, most = effect[first:last], intercept[first:last], slope[first:last], limit[first:last]
        busy, full = activity[first:last], baseline[first:last]
        x, f, c = levels[first:last], flow[first:last], cost[first:last]
        for j in range(size):
            value = -a[j] + e[j] * here[j]
            level = most[j] if value >= s[j] * most[j] else value / s[j]
            x[j] = level if most[j] > 0.0 and value > 0.0 else 0.0
        for j in range(size):
            c[j] = busy[j] * part * ((a[j] + 0.5 * s[j] * x[j]) * x[j])
        for j in range(size):
            f[j] = busy[j] * part * max(0.0, full[j] - e[j] * x[j])
    cut[:] = 0.0


@njit(cache=True)
def operate_and_book(price, group_of, activity, part, baseline, credit, effect, intercept, slope, limit, group, weight,
                     group_limit, margin, output_slope, output_limit, levels, cut, period_flow, cost, year, flow,
                     activity_mean, activity_years):  # fmt: skip
    """Do `operate` and then `book`."""
    operate(price, group_of, activity, part, baseline, credit, effect, intercept, slope, limit, group, weight,
            group_limit, margin, output_slope, output_limit, levels, cut, period_flow, cost)  # fmt: skip
    book(activity, part, cut, period_flow, year, flow, activity_mean, activity_years)


@njit(cache=True)
def book(activity, part, cut, period_flow, year, flow, activity_mean, activity_years):
    """Add a period's flows (n, K) and activity (n,), before and after output cuts, to those of ``year``."""
    mean, years = activity_mean[year], activity_years[year]
    flows, more = flow[year].reshape(period_flow.size), period_flow.reshape(period_flow.size)
    for i in range(more.shape[0]):
        flows[i] += more[i]
    for i in range(activity.shape[0]):
        mean[i] += part * activity[i]
    for i in range(activity.shape[0]):
        years[i] += part * activity[i] * (1.0 - cut[i])


@njit(cache=True)
def choose(i, price, scale, baseline, credit, effect, intercept, slope, limit, group, weight, group_limit, margin,
           output_slope, output_limit, benefit, levels, cut, flow, cost):  # fmt: skip
    """Fill row ``i`` with its best response to ``price`` (K,) at ``scale`` years of activity."""
    gain = firm_levels(price, effect[i], intercept[i], slope[i], limit[i], group[i], weight[i], group_limit[i],
                       benefit, levels[i])  # fmt: skip
    y = 0.0
    if output_limit[i] > 0.0:
        net = -gain
        for k in range(price.shape[0]):
            net += price[k] * (baseline[i, k] - credit[i, k])
        y = output_cut(net, margin[i], output_slope[i], output_limit[i])
    cut[i] = y
    spent = 0.0
    for k in range(price.shape[0]):
        flow[i, k] = baseline[i, k]
    for m in range(intercept.shape[1]):
        xm = levels[i, m]
        if xm > 0.0:
            spent += intercept[i, m] * xm + 0.5 * slope[i, m] * xm * xm
            for k in range(price.shape[0]):
                flow[i, k] -= effect[i, m, k] * xm
    for k in range(price.shape[0]):
        flow[i, k] = scale * (1.0 - y) * max(0.0, flow[i, k])
    cost[i] = scale * ((1.0 - y) * spent + margin[i] * y + 0.5 * output_slope[i] * y * y)


@njit(cache=True)
def fit(k, participants, apart, held, locked, debt, flow_so_far, lot, slack, both_ways, ceiling, activity, part, shadow,
        baseline, credit, effect, intercept, slope, limit, group, weight, group_limit, margin, output_slope,
        output_limit, levels, cut, flow, cost):  # fmt: skip
    """Fit the flows of ``k`` of all ``participants`` that lack rights, or with ``both_ways`` have too many; return any.

    Parameters
    ----------
    apart : (n,) accounts that do not look at what they hold.
    held, locked, debt : (A,) lots of the vintage in accounts and locked, and (n, K) lots owed.
    flow_so_far : (n, K) of the year; lot : in units; slack : units that rounding of obligations forgives.
    """
    rows, allowed = np.empty(participants.shape[0], dtype=np.int64), np.zeros(debt.shape[0])
    count = 0
    for i in participants:
        room = (held[i] - locked[i] - debt[i, k]) * lot - flow_so_far[i, k]
        room += slack
        allowed[i] = max(room, 0.0)
        tight = flow[i, k] > room and shadow[i, k] < ceiling
        loose = flow[i, k] < room - lot and shadow[i, k] > 0.0 and both_ways
        if (tight or loose) and not apart[i]:
            rows[count] = i
            count += 1
    if count > 0:
        fit_to_rights(k, rows[:count], allowed, 0.25 * lot, both_ways, ceiling, activity, part, shadow, baseline,
                      credit, effect, intercept, slope, limit, group, weight, group_limit, margin, output_slope,
                      output_limit, levels, cut, flow, cost)  # fmt: skip
    return count > 0


@njit(cache=True)
def fit_to_rights(k, rows, allowed, tolerance, both_ways, ceiling, activity, part, shadow, baseline, credit,
                  effect, intercept, slope, limit, group, weight, group_limit, margin, output_slope, output_limit,
                  levels, cut, flow, cost):  # fmt: skip
    """Let ``rows`` fit their flow of ``k`` to the rights ``allowed`` that they hold, at a shadow price of their own.

    ``shadow`` (n, K) holds each account's prices and is updated. A row that lacks rights pays up to ``ceiling``, then
    falls short; with ``both_ways`` a row with rights to spare that would be worthless lowers its price down to 0. A
    flow that is no more than ``tolerance`` below what is allowed fits.
    """
    measures, instruments = intercept.shape[1], baseline.shape[1]
    benefit = np.zeros(measures)
    used = np.zeros(group_limit.shape[1])
    for i in rows:
        market = shadow[i, k]
        scale = activity[i] * part
        gap = flow[i, k] - allowed[i]
        if gap <= 0.0 and not both_ways:
            continue
        low, high = (market, max(market, ceiling)) if gap > 0.0 else (0.0, market)
        if high <= low:
            continue
        # Illinois: a bracketed secant, because flows fall piecewise linearly with the shadow price.
        f_low = gap if gap > 0.0 else np.inf
        f_high = gap if gap <= 0.0 else -np.inf
        last = 0
        for turn in range(ITERATIONS):
            if not np.isfinite(f_high):
                middle = min(high, low + max(FIRST_STEP * low, LEAST) * 6.0**turn)
            elif not np.isfinite(f_low):
                middle = max(low, high - max(FIRST_STEP * high, LEAST) * 6.0**turn)
            elif turn % 6 == 5:
                middle = 0.5 * (low + high)
            else:
                middle = (low * f_high - high * f_low) / (f_high - f_low)
            shadow[i, k] = middle
            whole = False
            if output_limit[i] > 0.0:
                net = 0.0
                for c in range(instruments):
                    net += shadow[i, c] * (baseline[i, c] - credit[i, c])
                whole = net > margin[i]
            unit = baseline[i, k]
            used[:] = 0.0
            for m in range(measures):
                most = limit[i, m]
                if most <= 0.0:
                    continue
                value = -intercept[i, m]
                for c in range(instruments):
                    value += effect[i, m, c] * shadow[i, c]
                if value > 0.0:
                    xm = most if value >= slope[i, m] * most else value / slope[i, m]
                    unit -= effect[i, m, k] * xm
                    if group[i, m] >= 0:
                        used[group[i, m]] += weight[i, m] * xm
            for g in range(used.shape[0]):
                whole = whole or used[g] > group_limit[i, g]
            value = scale * max(0.0, unit) - allowed[i]
            if whole:
                choose(i, shadow[i], scale, baseline, credit, effect, intercept, slope, limit, group, weight,
                       group_limit, margin, output_slope, output_limit, benefit, levels, cut, flow, cost)  # fmt: skip
                value = flow[i, k] - allowed[i]
            if value > 0.0:
                low, f_low = middle, value
                f_high = 0.5 * f_high if last == 1 else f_high
                last = 1
            else:
                high, f_high = middle, value
                f_low = 0.5 * f_low if last == -1 else f_low
                last = -1
                if value >= -tolerance:
                    break
            if high - low <= PRECISION * high:
                break
        shadow[i, k] = high
        choose(i, shadow[i], scale, baseline, credit, effect, intercept, slope, limit, group, weight, group_limit,
               margin, output_slope, output_limit, benefit, levels, cut, flow, cost)  # fmt: skip
