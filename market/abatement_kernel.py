"""One firm's least-cost response to the prices of rights, compiled; shared by the reference and the agents.

For one firm at activity 1, given the benefit of each measure ``b_m = effect_m · π − intercept_m``, the levels solve

    max_x  Σ_m (b_m x_m − ½ slope_m x_m²)    0 <= x_m <= limit_m,   Σ_{m in group} weight_m x_m <= group limit

which is ``clip(b / slope, 0, limit)`` and, where an overlap group binds, the same with ``b_m − λ weight_m`` for the
group's multiplier λ >= 0. Output is cut after the measures (they act per unit of output).
"""

import numpy as np
from numba import njit

ITERATIONS = 100
TOLERANCE = 1e-13


@njit(cache=True, inline="always")
def level(benefit: float, slope: float, limit: float) -> float:
    """Return ``clip(benefit / slope, 0, limit)``; a measure without slope is a step, unused at a zero benefit."""
    if benefit <= 0.0 or limit <= 0.0:
        return 0.0
    if slope <= 0.0 or benefit >= slope * limit:
        return limit
    return benefit / slope


@njit(cache=True)
def group_use(g, multiplier, benefit, slope, limit, group, weight):
    """Return the weighted levels of group ``g`` at a multiplier, and how fast they fall with it."""
    used = 0.0
    fall = 0.0
    for m in range(benefit.shape[0]):
        if group[m] == g:
            x = level(benefit[m] - multiplier * weight[m], slope[m], limit[m])
            used += weight[m] * x
            if 0.0 < x < limit[m]:
                fall += weight[m] * weight[m] / slope[m]
    return used, fall


@njit(cache=True)
def group_multiplier(g, cap, benefit, slope, limit, group, weight):
    """Return a bracket (low, high) of the multiplier at which group ``g`` just fits; equal ends where it is smooth.

    Newton's method on a piecewise linear, falling function, kept inside a bracket by bisection.
    """
    low = 0.0
    high = 0.0
    for m in range(benefit.shape[0]):
        if group[m] == g and weight[m] > 0.0 and benefit[m] / weight[m] > high:
            high = benefit[m] / weight[m]
    high *= 1.0 + TOLERANCE * 10.0  # so that rounding leaves no step measure just worth its while
    guess = 0.0
    for _ in range(ITERATIONS):
        used, fall = group_use(g, guess, benefit, slope, limit, group, weight)
        if abs(used - cap) <= TOLERANCE * (1.0 + cap):
            return guess, guess
        if used > cap:
            low = guess
        else:
            high = guess
        step = guess + (used - cap) / fall if fall > 0.0 else low
        guess = step if low < step < high else 0.5 * (low + high)
        if high - low <= TOLERANCE * high:
            break
    return low, high


@njit(cache=True)
def respond(benefit, slope, limit, group, weight, group_limit, x):
    """Fill ``x`` (M,) with the best levels and return the gain ``Σ (benefit·x − ½ slope·x²)``.

    ``group`` (M,) holds −1 for measures in no overlap group. ``group_limit`` (G,) may be empty.
    """
    measures = benefit.shape[0]
    for m in range(measures):
        x[m] = level(benefit[m], slope[m], limit[m])
    for g in range(group_limit.shape[0]):
        used = 0.0
        for m in range(measures):
            if group[m] == g:
                used += weight[m] * x[m]
        if used <= group_limit[g]:
            continue
        low, high = group_multiplier(g, group_limit[g], benefit, slope, limit, group, weight)
        fits, _ = group_use(g, high, benefit, slope, limit, group, weight)
        above, _ = group_use(g, low, benefit, slope, limit, group, weight)
        # Steps (slope 0) jump between the ends of the bracket: mix the ends so that the group limit is met.
        share = min(1.0, max(0.0, (group_limit[g] - fits) / (above - fits))) if above > fits else 0.0
        for m in range(measures):
            if group[m] == g:
                inner = level(benefit[m] - high * weight[m], slope[m], limit[m])
                x[m] = inner + share * (level(benefit[m] - low * weight[m], slope[m], limit[m]) - inner)
    gain = 0.0
    for m in range(measures):
        gain += benefit[m] * x[m] - 0.5 * slope[m] * x[m] * x[m]
    return gain


@njit(cache=True, inline="always")
def output_cut(net_cost: float, margin: float, slope: float, limit: float) -> float:
    """Return the share of output that is cut: ``clip((net cost − margin) / slope, 0, limit)``.

    ``net_cost`` is what a full year's output costs in rights: ``Σ π (baseline − credit) − gain`` of the measures.
    """
    return level(net_cost - margin, slope, limit)


@njit(cache=True)
def firm_levels(price, effect, intercept, slope, limit, group, weight, group_limit, benefit, x):
    """Fill ``benefit`` and ``x`` (M,) of one firm at ``price`` (K,); return the measures' gain."""
    for m in range(intercept.shape[0]):
        if limit[m] <= 0.0:
            benefit[m] = 0.0
            continue
        value = -intercept[m]
        for k in range(price.shape[0]):
            value += effect[m, k] * price[k]
        benefit[m] = value
    return respond(benefit, slope, limit, group, weight, group_limit, x)


@njit(cache=True)
def best_response_rows(price, baseline, credit, effect, intercept, slope, limit, group, weight, group_limit,
                       margin, output_slope, output_limit):  # fmt: skip
    """Return levels (n, M) and output cuts (n,) at prices (n, K), all per unit of activity."""
    n, measures = intercept.shape
    x = np.zeros((n, measures))
    cut = np.zeros(n)
    benefit = np.zeros(measures)
    for i in range(n):
        gain = firm_levels(
            price[i],
            effect[i],
            intercept[i],
            slope[i],
            limit[i],
            group[i],
            weight[i],
            group_limit[i],
            benefit,
            x[i],
        )
        if output_limit[i] > 0.0:
            net_cost = -gain
            for k in range(price.shape[1]):
                net_cost += price[i, k] * (baseline[i, k] - credit[i, k])
            cut[i] = output_cut(net_cost, margin[i], output_slope[i], output_limit[i])
    return x, cut
