"""Scenario discovery: in which part of the space of parameters a policy fails (Bryant and Lempert 2010).

What failing means is a condition on outcomes, such as ``carbon.mean_price > 150``. A point fails if the condition holds
in more than some share of its runs; points, not runs, are what boxes count, since the seeds of a point tell nothing new
about its parameters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from scenarios.analysis.boxes import Box, Points
from scenarios.analysis.conditions import Condition, parse_conditions, shares
from scenarios.analysis.replicates import Bools

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.sweeps.parameters import Parameter

SHARE = 0.5
PEEL = 0.05
LEAST_MASS = 0.05
LEAST_DENSITY = 0.8
MOST_BOXES = 3
SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Discovery:
    """Where a condition holds.

    Attributes
    ----------
    method : ``prim`` or ``cart``.
    conditions : what failing means.
    share : a point fails if they hold in more than this share of its runs.
    boxes : found boxes; of PRIM each is looked for in the points that the ones before it leave, of CART the leaves in
        which most points fail. None where no point fails, or all do.
    candidates : of PRIM, by box: all boxes of its peeling, of which it was chosen; another choice is taken there.
    trajectory : the same as a table: ``box``, ``step``, ``coverage``, ``density``, ``mass``, ``limited`` parameters,
        ``chosen``.
    n, failing : points that can be judged, and those that fail.
    left_out : points of which no run can be judged.
    failed : runs that cannot be judged: they failed, or an outcome has no value.
    """

    method: Literal["prim", "cart"]
    conditions: tuple[Condition, ...]
    share: float
    boxes: tuple[Box, ...]
    candidates: tuple[tuple[Box, ...], ...]
    trajectory: "pd.DataFrame"
    n: int
    failing: int
    left_out: int
    failed: int


def discover(
    runs: "pd.DataFrame", parameters: "Sequence[Parameter]", conditions: str | Sequence[str] | Sequence[Condition],
    method: Literal["prim", "cart"] = "prim", share: float = SHARE, least_mass: float = LEAST_MASS,
    least_density: float = LEAST_DENSITY, most_boxes: int = MOST_BOXES, peel: float = PEEL,
) -> Discovery:  # fmt: skip
    """Return the boxes in which conditions hold.

    Parameters
    ----------
    runs : the frame of runs, or those of one policy, to learn where that one fails.
    parameters : in which boxes are looked for; those that have one value in the runs are left out.
    conditions : as text or read.
    share : a point fails if they hold in more than this share of its runs.
    least_mass : smallest share of the points that a box may hold.
    least_density : of the boxes of a peeling at least this dense, or of all if none is, that with the highest harmonic
        mean of coverage and density is chosen; limits whose quasi-p is above 5 % are then dropped.
    most_boxes : how many boxes to look for.
    peel : share of the points that PRIM takes away at a time.

    Raises
    ------
    InputError
        If a condition cannot be read or names no outcome, or the packages of the extra ``analysis`` are missing.
    """
    told = tuple(conditions) if not isinstance(conditions, str) else conditions
    texts = [one for one in told if isinstance(one, str)] if isinstance(told, tuple) else [told]
    read = (*parse_conditions(texts, _outcomes(runs)), *(one for one in told if isinstance(one, Condition)))
    judged = shares(runs, read, ["point"])
    known = judged[judged["n"] > 0]
    fails = (known["share"] > share).to_numpy()
    layout = runs.drop_duplicates("point").set_index("point").reindex(known["point"])
    points = Points.of(layout, parameters, fails)
    candidates: list[tuple[Box, ...]] = []
    boxes: list[Box] = []
    if points.columns and 0 < fails.sum() < len(fails):
        if method == "cart":
            from scenarios.analysis.cart import leaves

            boxes = leaves(points, least_mass)[:most_boxes]
        else:
            boxes, candidates = _peeled(points, peel, least_mass, least_density, most_boxes)
    return Discovery(
        method, read, share, tuple(boxes), tuple(candidates), _trajectory(candidates, least_density), len(known),
        int(fails.sum()), len(judged) - len(known), int(judged["failed"].sum()),
    )  # fmt: skip


def _outcomes(runs: "pd.DataFrame") -> list[str]:
    """Return the columns after the message: the outcomes."""
    return [str(name) for name in runs.columns[list(runs.columns).index("message") + 1 :]]


def _peeled(
    points: Points, peel: float, least_mass: float, least_density: float, most_boxes: int
) -> tuple[list[Box], list[tuple[Box, ...]]]:
    from scenarios.analysis.prim import peeling

    boxes: list[Box] = []
    candidates: list[tuple[Box, ...]] = []
    left: Bools = np.ones(points.fails.size, dtype=bool)
    overall = points.fails.mean()
    while len(boxes) < most_boxes and points.fails[left].any() and not points.fails[left].all():
        rest = points.rest(left)
        steps = peeling(rest, peel, least_mass * points.fails.size / rest.fails.size)
        box = rest.significant(steps[chosen(steps, least_density)], SIGNIFICANT)
        if not box.limits or box.density <= overall:
            break
        boxes.append(box)
        candidates.append(tuple(steps))
        left = left & ~points.within(box.limits)
    return boxes, candidates


def chosen(steps: Sequence[Box], least_density: float) -> int:
    """Return the number of the step of a peeling with the best balance of coverage and density."""
    dense = [i for i, box in enumerate(steps) if box.density >= least_density] or list(range(len(steps)))
    return max(dense, key=lambda i: _balance(steps[i]))


def _balance(box: Box) -> float:
    total = box.coverage + box.density
    return 2.0 * box.coverage * box.density / total if total > 0.0 else 0.0


def _trajectory(candidates: Sequence[Sequence[Box]], least_density: float) -> "pd.DataFrame":
    import pandas as pd

    rows: list[list[Any]] = [
        [number, step, box.coverage, box.density, box.mass, len(box.limits), step == chosen(steps, least_density)]
        for number, steps in enumerate(candidates)
        for step, box in enumerate(steps)
    ]
    return pd.DataFrame(rows, columns=["box", "step", "coverage", "density", "mass", "limited", "chosen"])
