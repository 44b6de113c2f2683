"""What firms do in a period at given prices, and the shadow prices of those who hold too few or too many rights."""

import numpy as np
from numba import njit

from market.abatement_kernel import firm_levels, output_cut

BISECTIONS = 50


@njit(cache=True)
def operate(price, group_of, activity, part, baseline, credit, effect, intercept, slope, limit, group, weight,
            group_limit, margin, output_slope, output_limit, levels, cut, flow, cost):  # fmt: skip
    """Fill levels (n, M), cuts (n,), flows (n, K) and costs (n,) of a period of ``part`` years at ``price`` (G, K)."""
    benefit = np.zeros(intercept.shape[1])
    for i in range(baseline.shape[0]):
        choose(i, price[group_of[i]], activity[i] * part, baseline, credit, effect, intercept, slope, limit, group,
               weight, group_limit, margin, output_slope, output_limit, benefit, levels, cut, flow, cost)  # fmt: skip


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
def fit_to_rights(k, rows, allowed, both_ways, ceiling, activity, part, shadow, baseline, credit,
                  effect, intercept, slope, limit, group, weight, group_limit, margin, output_slope, output_limit,
                  levels, cut, flow, cost):  # fmt: skip
    """Let ``rows`` fit their flow of ``k`` to the rights ``allowed`` that they hold, at a shadow price of their own.

    ``shadow`` (n, K) holds each account's prices and is updated. A row that lacks rights pays up to ``ceiling``, then
    falls short; with ``both_ways`` a row with rights to spare that would be worthless lowers its price down to 0.
    """
    benefit = np.zeros(intercept.shape[1])
    for i in rows:
        market = shadow[i, k]
        scale = activity[i] * part
        too_much = flow[i, k] > allowed[i]
        if not too_much and not both_ways:
            continue
        low, high = (market, max(market, ceiling)) if too_much else (0.0, market)
        if high <= low:
            continue
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            shadow[i, k] = middle
            choose(i, shadow[i], scale, baseline, credit, effect, intercept, slope, limit, group, weight, group_limit,
                   margin, output_slope, output_limit, benefit, levels, cut, flow, cost)  # fmt: skip
            if flow[i, k] > allowed[i]:
                low = middle
            else:
                high = middle
        shadow[i, k] = high
        choose(i, shadow[i], scale, baseline, credit, effect, intercept, slope, limit, group, weight, group_limit,
               margin, output_slope, output_limit, benefit, levels, cut, flow, cost)  # fmt: skip
