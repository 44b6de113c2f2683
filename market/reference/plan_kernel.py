"""The dual of the least-cost plan, compiled: one pass over blocks, firms and measures.

For a price vector π each firm's value ``V_i(π) = min over levels and output cut of cost + π·flow`` is concave and, but
for kinks, piecewise quadratic; its gradient is the flow. Where a measure or an output cut has (almost) no slope,
``pull`` adds the proximal term ``½ pull (x − centre)²``, so that every curvature is positive.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from market.abatement_kernel import level

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

GROUP_STEPS = 80


@njit(cache=True)
def group_levels(
    member: int,
    benefit: Floats,
    slope: Floats,
    limit: Floats,
    group: Ints,
    weight: Floats,
    room: float,
    x: Floats,
) -> float:
    """Fill ``x`` of the measures in group ``member`` so that ``Σ weight·x <= room``; return the multiplier.

    The used room falls piecewise linearly in the multiplier: Newton steps, bisected where they leave the bracket.
    """
    measures = benefit.shape[0]
    used = 0.0
    high = 0.0
    for m in range(measures):
        if group[m] == member:
            used += weight[m] * x[m]
            if weight[m] > 0.0 and limit[m] > 0.0 and benefit[m] / weight[m] > high:
                high = benefit[m] / weight[m]
    if used <= room:
        return 0.0
    low = 0.0
    multiplier = 0.0
    for _ in range(GROUP_STEPS):
        used = 0.0
        rate = 0.0
        for m in range(measures):
            if group[m] == member and limit[m] > 0.0:
                left = benefit[m] - multiplier * weight[m]
                used += weight[m] * level(left, slope[m], limit[m])
                if left > 0.0 and left < slope[m] * limit[m]:
                    rate += weight[m] * weight[m] / slope[m]
        over = used - room
        if abs(over) <= 1e-15 * (1.0 + room):
            break
        if over > 0.0:
            low = multiplier
        else:
            high = multiplier
        following = multiplier + over / rate if rate > 0.0 else -1.0
        if not (low < following < high):
            following = 0.5 * (low + high)
        if following == multiplier:
            break
        multiplier = following
    for m in range(measures):
        if group[m] == member:
            x[m] = level(benefit[m] - multiplier * weight[m], slope[m], limit[m])
    return multiplier


@njit(cache=True)
def unit_response(
    y: int, i: int, price: Floats, effect: Floats, intercept: Floats, slope: Floats, limit: Floats, group: Ints,
    weight: Floats, group_limit: Floats, pull: Floats, centre: Floats, benefit: Floats, curvature: Floats, x: Floats,
    multiplier: Floats,
) -> float:  # fmt: skip
    """Fill benefit, curvature and levels (M,) and group multipliers (G,) of firm i in block y; return the gain.

    Whole arrays and indices, not rows: a view of a row costs as much as the arithmetic on it.
    """
    measures = intercept.shape[1]
    pulled = centre.shape[2] > 0
    for m in range(measures):
        x[m] = 0.0
        benefit[m] = 0.0
        curvature[m] = slope[i, m]
        if limit[i, m] <= 0.0:
            continue
        value = -intercept[i, m]
        for k in range(price.shape[1]):
            value += effect[i, m, k] * price[y, k]
        if pulled:
            value += pull[i, m] * centre[y, i, m]
            curvature[m] += pull[i, m]
        benefit[m] = value
        x[m] = level(value, curvature[m], limit[i, m])
    for g in range(group_limit.shape[1]):
        multiplier[g] = group_levels(g, benefit, curvature, limit[i], group[i], weight[i], group_limit[i, g], x)
    gain = 0.0
    for m in range(measures):
        gain += benefit[m] * x[m] - 0.5 * curvature[m] * x[m] * x[m]
        if pulled:
            gain -= 0.5 * pull[i, m] * centre[y, i, m] * centre[y, i, m]
    return gain


@njit(cache=True)
def dual_pass(
    price: Floats, activity: Floats, baseline: Floats, effect: Floats, intercept: Floats, slope: Floats, limit: Floats,
    group: Ints, weight: Floats, group_limit: Floats, margin: Floats, output_slope: Floats, output_limit: Floats,
    pull: Floats, centre: Floats, cut_pull: Floats, cut_centre: Floats, curved: bool, value: Floats, flow: Floats,
    hessian: Floats,
) -> None:  # fmt: skip
    """Fill value (T,), flow (T, K) and, if ``curved``, hessian (T, K, K) = −∂flow/∂price, summed over firms.

    price (T, K); activity (T, n); baseline (1 or T, n, K); pull (n, M) with centre (T, n, M), or centre (T, n, 0)
    without proximal terms; cut_pull (n,) with cut_centre (T, n).
    """
    blocks, instruments = price.shape
    n, measures = intercept.shape
    groups = group_limit.shape[1]
    if plain(price, intercept, group_limit, output_limit, centre):
        rows = baseline.reshape(baseline.shape[0], n)
        dual_pass_of_one(price.reshape(blocks), activity, rows, effect.reshape(n), intercept.reshape(n),
                         slope.reshape(n), limit.reshape(n), curved, value, flow.reshape(blocks),
                         hessian.reshape(blocks))  # fmt: skip
        return
    benefit = np.zeros(measures)
    curvature = np.zeros(measures)
    x = np.zeros(measures)
    multiplier = np.zeros(groups)
    unit = np.zeros(instruments)
    mixed = np.zeros(instruments)
    value[:] = 0.0
    flow[:] = 0.0
    hessian[:] = 0.0
    # Firms outside, blocks inside: a firm's measures stay in the nearest cache while its blocks pass.
    for i in range(n):
        for y in range(blocks):
            row = y if baseline.shape[0] > 1 else 0
            scale = activity[y, i]
            if scale <= 0.0:
                continue
            net = -unit_response(
                y, i, price, effect, intercept, slope, limit, group, weight, group_limit, pull, centre,
                benefit, curvature, x, multiplier,
            )  # fmt: skip
            for k in range(instruments):
                unit[k] = baseline[row, i, k]
                net += price[y, k] * unit[k]
            for m in range(measures):
                if x[m] > 0.0:
                    for k in range(instruments):
                        unit[k] -= effect[i, m, k] * x[m]
            cut = 0.0
            steep = output_slope[i] + cut_pull[i]
            lost = 0.0
            if output_limit[i] > 0.0:
                towards = margin[i] - cut_pull[i] * cut_centre[y, i]
                cut = level(net - towards, steep, output_limit[i])
                lost = towards * cut + 0.5 * steep * cut * cut + 0.5 * cut_pull[i] * cut_centre[y, i] ** 2
            value[y] += scale * ((1.0 - cut) * net + lost)
            for k in range(instruments):
                flow[y, k] += scale * (1.0 - cut) * unit[k]
            if not curved:
                continue
            kept = scale * (1.0 - cut)
            for m in range(measures):
                left = benefit[m]
                if groups > 0 and group[i, m] >= 0:
                    left -= multiplier[group[i, m]] * weight[i, m]
                if x[m] > 0.0 and left < curvature[m] * limit[i, m]:
                    rate = kept / curvature[m]
                    for k in range(instruments):
                        part = rate * effect[i, m, k]
                        if part != 0.0:
                            for j in range(k + 1):
                                hessian[y, k, j] += part * effect[i, m, j]
            for g in range(groups):
                if multiplier[g] > 0.0:
                    total = 0.0
                    mixed[:] = 0.0
                    for m in range(measures):
                        if group[i, m] == g and x[m] > 0.0:
                            left = benefit[m] - multiplier[g] * weight[i, m]
                            if left < curvature[m] * limit[i, m]:
                                rate = weight[i, m] / curvature[m]
                                total += rate * weight[i, m]
                                for k in range(instruments):
                                    mixed[k] += rate * effect[i, m, k]
                    if total > 0.0:
                        for k in range(instruments):
                            for j in range(k + 1):
                                hessian[y, k, j] -= kept * mixed[k] * mixed[j] / total
            if cut > 0.0 and cut < output_limit[i]:
                for k in range(instruments):
                    for j in range(k + 1):
                        hessian[y, k, j] += scale * unit[k] * unit[j] / steep
    if curved:
        for y in range(blocks):
            for k in range(instruments):
                for j in range(k):
                    hessian[y, j, k] = hessian[y, k, j]


@njit(cache=True)
def plain(price: Floats, intercept: Floats, group_limit: Floats, output_limit: Floats, centre: Floats) -> bool:
    """Return whether firms have one measure for one instrument and nothing else: no group, no cut, no proximal term."""
    if price.shape[1] != 1 or intercept.shape[1] != 1 or group_limit.shape[1] > 0 or centre.shape[2] > 0:
        return False
    cuts = False
    for i in range(output_limit.shape[0]):
        cuts |= output_limit[i] > 0.0
    return not cuts


@njit(cache=True, error_model="numpy")  # a check of every division would keep the loop from being vectorised
def dual_pass_of_one(
    price: Floats, activity: Floats, baseline: Floats, effect: Floats, intercept: Floats, slope: Floats, limit: Floats,
    curved: bool, value: Floats, flow: Floats, hessian: Floats,
) -> None:  # fmt: skip
    """Do `dual_pass` where firms are `plain`: price, value, flow and hessian are (T,), activity (T, n), the rest (n,).

    Sums go through the firms in order, so they are the same to the last bit.
    """
    for y in range(price.shape[0]):
        row, here = y if baseline.shape[0] > 1 else 0, price[y]
        worth, flows, bend = 0.0, 0.0, 0.0
        for i in range(intercept.shape[0]):
            scale, steep, most = activity[y, i], slope[i], limit[i]
            benefit = -intercept[i] + effect[i] * here
            x = benefit / steep if benefit < steep * most else most
            x = x if benefit > 0.0 and most > 0.0 else 0.0
            benefit = benefit if most > 0.0 else 0.0
            net = here * baseline[row, i] - (benefit * x - 0.5 * steep * x * x)
            busy = scale > 0.0
            worth += scale * net if busy else 0.0
            flows += scale * (baseline[row, i] - effect[i] * x) if busy else 0.0
            bends = busy and x > 0.0 and benefit < steep * most
            bend += scale / steep * effect[i] * effect[i] if bends else 0.0
        value[y], flow[y] = worth, flows
        if curved:
            hessian[y] = bend


@njit(cache=True, error_model="numpy")
def levels_of_one(price: float, effect: Floats, intercept: Floats, slope: Floats, limit: Floats, x: Floats) -> None:
    """Fill the levels (n,) of firms that are `plain`."""
    for i in range(x.shape[0]):
        benefit, steep, most = -intercept[i] + effect[i] * price, slope[i], limit[i]
        level_ = benefit / steep if benefit < steep * most else most
        x[i] = level_ if benefit > 0.0 and most > 0.0 else 0.0


@njit(cache=True)
def primal_pass(
    price: Floats, baseline: Floats, effect: Floats, intercept: Floats, slope: Floats, limit: Floats,
    group: Ints, weight: Floats, group_limit: Floats, margin: Floats, output_slope: Floats, output_limit: Floats,
    pull: Floats, centre: Floats, cut_pull: Floats, cut_centre: Floats,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Return the levels (T, n, M) and output cuts (T, n) that respond to price (T, K); arguments as in `dual_pass`."""
    blocks, instruments = price.shape
    n, measures = intercept.shape
    levels = np.zeros((blocks, n, measures))
    cuts = np.zeros((blocks, n))
    if plain(price, intercept, group_limit, output_limit, centre):
        for y in range(blocks):
            levels_of_one(price[y, 0], effect.reshape(n), intercept.reshape(n), slope.reshape(n), limit.reshape(n),
                          levels[y].reshape(n))  # fmt: skip
        return levels, cuts
    benefit = np.zeros(measures)
    curvature = np.zeros(measures)
    multiplier = np.zeros(group_limit.shape[1])
    for y in range(blocks):
        row = y if baseline.shape[0] > 1 else 0
        for i in range(n):
            net = -unit_response(
                y, i, price, effect, intercept, slope, limit, group, weight, group_limit, pull, centre,
                benefit, curvature, levels[y, i], multiplier,
            )  # fmt: skip
            for k in range(instruments):
                net += price[y, k] * baseline[row, i, k]
            if output_limit[i] > 0.0:
                towards = margin[i] - cut_pull[i] * cut_centre[y, i]
                cuts[y, i] = level(net - towards, output_slope[i] + cut_pull[i], output_limit[i])
    return levels, cuts
