"""Minimise a smooth convex function over non-negative variables when its curvature may jump or vanish.

A semismooth Newton method: each step minimises the local quadratic model over the non-negative orthant exactly, then
walks along that direction until the slope turns. Exact for piecewise quadratic functions after finitely many steps
(Qi and Sun 1993); the regularisation grows when a step must be cut short and fades when it need not.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Evaluation = tuple[float, Floats, Floats]

UNBOUNDED = 1e9
"""Scaled variables beyond this mean that the function falls for ever: the primal has no feasible point."""


PATIENCE = 8
"""Evaluations after which a step of at least half the best is good enough."""


@dataclass(frozen=True, slots=True)
class Minimum:
    """Where the search ended: variables, largest optimality residual, iterations and whether it ran away."""

    point: Floats
    residual: float
    iterations: int
    unbounded: bool


def nonnegative_quadratic(hessian: Floats, linear: Floats, start: Floats) -> Floats:
    """Return ``argmin ½ v'Hv + linear·v`` over v >= 0 for positive definite H, by active sets from a feasible start.

    Source: Lawson and Hanson (1974), chapter 23, for a quadratic instead of least squares.
    """
    v = np.maximum(start, 0.0)
    free = v > 0.0
    barred = np.zeros(v.size, dtype=bool)
    noise = 1e-15 * (np.abs(linear).max() + 1e-300)
    for _ in range(20 * v.size + 50):
        index = np.flatnonzero(free)
        if index.size:
            target = np.linalg.solve(hessian[index[:, None], index], -linear[index])
            falling = np.flatnonzero(target <= 0.0)
            if falling.size:
                here = v[index]
                step = here[falling] / (here[falling] - target[falling] + 1e-300)
                first = float(min(1.0, step.min()))
                moved = np.maximum(here + first * (target - here), 0.0)
                gone = falling[step <= first * (1.0 + 1e-12) + 1e-300]
                moved[gone] = 0.0
                v[index] = moved
                free[index[gone]] = False
                # A variable that was let in and left at once would come back for ever.
                barred[index[gone]] = first <= 0.0
                continue
            v[index] = target
            barred[:] = False
        push = -(hessian @ v + linear)
        push[free | barred] = -np.inf
        best = int(np.argmax(push))
        if push[best] <= noise:
            break
        free[best] = True
    return v


def minimise(
    evaluate: Callable[[Floats], Evaluation],
    residual: Callable[[Floats, Floats], float],
    start: Floats,
    ridge: Floats,
    *,
    damping: float,
    tolerance: float,
    iterations: int = 300,
) -> Minimum:
    """Minimise ``evaluate`` (value, gradient, Hessian) over v >= 0 until ``residual(v, gradient) <= tolerance``.

    ``ridge`` (size,) is a typical curvature of each variable; ``damping`` times it regularises the model at first.
    """
    point = np.maximum(start, 0.0)
    value, gradient, hessian = evaluate(point)
    best = Minimum(point, residual(point, gradient), 0, unbounded=False)
    stalled = 0
    for count in range(1, iterations + 1):
        if best.residual <= tolerance or stalled >= 6:
            break
        model = hessian + np.diag(damping * ridge + 1e-13 * np.diag(hessian))
        direction = nonnegative_quadratic(model, gradient - model @ point, point) - point
        slope = float(gradient @ direction)
        if slope >= 0.0:
            damping, stalled = max(damping * 10.0, 1e-9), stalled + 1
            continue
        step, (value, gradient, hessian) = _walk(evaluate, point, direction, value, slope)
        point = np.maximum(point + step * direction, 0.0)
        if step < 0.1:
            damping = min(10.0, damping * min(1.0 / step, 1e3))
        elif step >= 0.5:
            damping = max(1e-12, 0.1 * damping)
        left = residual(point, gradient)
        if left < best.residual * (1.0 - 1e-3) or left <= tolerance:
            best, stalled = Minimum(point, left, count, unbounded=False), 0
        elif slope > -1e-14 * (1.0 + abs(value)):
            stalled += 1
        if point.max(initial=0.0) > UNBOUNDED:
            return Minimum(point, left, count, unbounded=True)
    return best


def _walk(
    evaluate: Callable[[Floats], Evaluation], point: Floats, direction: Floats, value: float, slope: float
) -> tuple[float, Evaluation]:
    """Return a step in (0, 1] along ``direction`` that is near the lowest point, and what is there.

    Beyond a kink is better than before it: there the model of the next step knows the kink. Slopes decide together
    with values, because near the end differences of values drown in rounding.
    """
    low, low_slope, high, high_slope = 0.0, slope, 1.0, np.inf
    step = 1.0
    found = evaluate(np.maximum(point + direction, 0.0))
    for count in range(40):
        here = float(found[1] @ direction)
        if here <= 0.0:
            if step == 1.0 or here >= 0.5 * slope or (count >= PATIENCE and step >= 0.5 * high):
                break
            low, low_slope = step, here
        elif found[0] <= value + 1e-4 * step * slope or (here <= -0.3 * slope and found[0] <= value + _noise(value)):
            break
        else:
            high, high_slope = step, here
        if high - low <= 1e-14:
            break
        share = -low_slope / (high_slope - low_slope) if np.isfinite(high_slope) else 0.5
        if low > 0.0 and high > 4.0 * low:
            step = float(np.sqrt(low * high))
        else:
            step = low + (high - low) * min(max(share, 0.1 if low > 0.0 else 0.02), 0.9)
        found = evaluate(np.maximum(point + step * direction, 0.0))
    return step, found


def _noise(value: float) -> float:
    return 1e-13 * abs(value)
