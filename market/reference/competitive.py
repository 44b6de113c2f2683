"""One instrument, one year: the price at which price takers with linear marginal abatement costs use up the permits."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.reference.problem import fitted
from market.technology import Floats


@dataclass(frozen=True, slots=True)
class CompetitiveEquilibrium:
    """Price, emissions by firm (n,) and total abatement cost of all firms."""

    price: float
    emissions: Floats
    cost: float


def abatement(price: float, intercept: Floats, slope: Floats, baseline: Floats) -> Floats:
    """Return ``clip((price − intercept) / slope, 0, baseline)``; a step (slope 0) is used in full above its price."""
    gap = price - intercept
    steep = slope > 0.0
    rising = np.clip(gap / np.where(steep, slope, 1.0), 0.0, baseline)
    return np.where(steep, rising, np.where(gap > 0.0, baseline, 0.0))


def abatement_cost(level: Floats, intercept: Floats, slope: Floats) -> Floats:
    """Return ``intercept·level + ½·slope·level²``."""
    return intercept * level + 0.5 * slope * level * level


def competitive_equilibrium(
    intercept: npt.ArrayLike, slope: npt.ArrayLike, baseline: npt.ArrayLike, permits: float
) -> CompetitiveEquilibrium:
    """Return the equilibrium of one market in one year (Montgomery 1972), exact by sorted breakpoints.

    Marginal abatement cost of firm i is ``intercept_i + slope_i·a`` for ``0 <= a <= baseline_i``. The price is 0 when
    permits cover emissions at price 0. Where several prices clear (at the end of a step) it is the middle of them.

    Parameters
    ----------
    intercept, slope, baseline : 1-D over firms (scalars spread), money per unit, money per unit squared, units.
    permits : total units.

    Raises
    ------
    ValueError
        On NaN, shapes that do not fit, or a negative slope, baseline or permits; names the argument.
    """
    u = np.atleast_1d(fitted("baseline", baseline, least=0.0))
    alpha0, beta0 = fitted("intercept", intercept), fitted("slope", slope, least=0.0)
    if u.size == 1:
        u = fitted("baseline", u, np.broadcast_shapes(u.shape, alpha0.shape, beta0.shape))
    if u.ndim != 1:
        raise ValueError(f"baseline: expected one number a firm, got shape {u.shape}")
    alpha, beta = fitted("intercept", alpha0, u.shape), fitted("slope", beta0, u.shape)
    cap = float(fitted("permits", permits, (), least=0.0))
    required = float(u.sum()) - cap
    done = abatement(0.0, alpha, beta, u)
    if required <= float(done.sum()):
        return CompetitiveEquilibrium(0.0, u - done, float(abatement_cost(done, alpha, beta).sum()))
    price = clearing_price(alpha, beta, u, required)
    done = _fill_steps(price, required, alpha, beta, u)
    return CompetitiveEquilibrium(price, u - done, float(abatement_cost(done, alpha, beta).sum()))


def clearing_price(alpha: Floats, beta: Floats, u: Floats, required: float, *, lowest: bool = False) -> float:
    """Return the price >= 0 at which abatement is ``required``: the middle, or the lowest, if there are several."""
    points = np.unique(np.concatenate([[0.0], alpha, alpha + beta * u]))
    points = points[points >= 0.0]
    noise = 1e-13 * float(u.sum())
    low, high = 0, points.size - 1
    while low < high:
        middle = (low + high) // 2
        if largest_abatement(points[middle], alpha, beta, u) >= required - noise:
            high = middle
        else:
            low = middle + 1
    here = float(points[high])
    if abs(largest_abatement(here, alpha, beta, u) - required) <= noise:
        after = float(points[min(high + 1, points.size - 1)])
        flat = float(abatement(after, alpha, beta, u).sum()) <= required + noise
        return 0.5 * (here + after) if flat and not lowest else here
    if high == 0 or float(abatement(here, alpha, beta, u).sum()) <= required:
        return here
    # Between two breakpoints the same firms abate: a linear equation.
    before = 0.5 * (float(points[high - 1]) + here)
    done = abatement(before, alpha, beta, u)
    inside = (beta > 0.0) & (before > alpha) & (before < alpha + beta * u)
    missing = required - float(done.sum())
    return float(np.clip(before + missing / float((1.0 / beta[inside]).sum()), points[high - 1], here))


def largest_abatement(price: float, alpha: Floats, beta: Floats, u: Floats) -> float:
    """Return total abatement at ``price`` with the steps at exactly that price used in full."""
    tied = (beta <= 0.0) & (alpha == price)
    return float(abatement(price, alpha, beta, u).sum() + u[tied].sum())


def _fill_steps(price: float, required: float, alpha: Floats, beta: Floats, u: Floats) -> Floats:
    """Return abatement at ``price``; firms whose step is at that price share what is missing pro rata."""
    done = abatement(price, alpha, beta, u)
    tied = (beta <= 0.0) & (alpha == price)
    room = float(u[tied].sum())
    missing = required - float(done.sum())
    if room > 0.0 and missing > 0.0:
        done = np.where(tied, u * min(1.0, missing / room), done)
    return done
