"""PRIM, the patient rule induction method (Friedman and Fisher 1999), by the EMA Workbench."""

import warnings
from typing import TYPE_CHECKING

import numpy as np

from scenarios.analysis.boxes import Box, Limit, Points

if TYPE_CHECKING:
    import pandas as pd

LEAST = 1e-9
"""Density that every box reaches, so that the whole peeling is seen and the choice is ours."""


def peeling(points: Points, peel: float, least_mass: float) -> list[Box]:
    """Return the boxes of one peeling, from the whole space to the last: each has figures of its own.

    Raises
    ------
    InputError : where the EMA Workbench is not installed.

    Notes
    -----
    The workbench cannot take columns of whole numbers or text with pandas 3, so numbers are given as floats and limits
    rounded inwards, and categories as numbers of their own in a column of objects, whose order does not depend on how
    a process hashes words. Its table views are not used.
    """
    import pandas as pd

    from scenarios.sweeps.designs import missing

    with warnings.catch_warnings():  # of optional parts of the workbench, and of its calls of pandas
        warnings.simplefilter("ignore")
        try:
            from ema_workbench.analysis import prim
        except ImportError:
            raise missing("ema_workbench", "PRIM boxes", "analysis") from None
        columns = {
            name: pd.Series(column.astype(np.int64).tolist(), dtype=object) if name in points.categories else column
            for name, column in points.columns.items()
        }
        frame = pd.DataFrame(columns)
        found = prim.Prim(
            frame, points.fails.copy(), threshold=LEAST, peel_alpha=peel, paste_alpha=peel, mass_min=least_mass
        ).find_box()
        return [points.box(_limits(points, limits)) for limits in found.box_lims]


def _limits(points: Points, limits: "pd.DataFrame") -> list[Limit]:
    found = []
    for name in limits.columns:
        if name in points.categories:
            limit = points.limit(name, -np.inf, np.inf, sorted(int(number) for number in limits[name][0]))
        else:
            limit = points.limit(name, float(limits[name][0]), float(limits[name][1]))
        if limit is not None:
            found.append(limit)
    return found
