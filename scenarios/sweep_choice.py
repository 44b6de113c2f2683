"""Which outcomes and policies of a sweep are shown first, and which rule a design follows."""

from typing import TYPE_CHECKING

import numpy as np

from scenarios.sweeps.declared import Crossed

if TYPE_CHECKING:
    from scenarios.sweeps.results import SweepResult

SHOWN = 6
MOST_POLICIES = 40
"""With more policies than this outcomes are told over all of them together."""


def main_outcomes(result: "SweepResult") -> list[str]:
    """Return the few outcomes that are shown first: those that were asked for, or prices and what the run costs."""
    wanted = result.store.sweep.outcomes
    if wanted is not None:
        return [name for name in wanted if name in result.outcomes][:SHOWN]
    keys = list(result.store.base.scenario.instruments)
    names = [f"{key}.mean_price" for key in keys] + ["actual_cost", "efficiency", "accounts_short"]
    return [name for name in names if name in result.outcomes][: SHOWN + len(keys)]


def shown_outcomes(result: "SweepResult") -> list[str]:
    """Return the main outcomes that at least one run has."""
    return [name for name in main_outcomes(result) if np.isfinite(result.runs[name].to_numpy(dtype=np.float64)).any()]


def crossed(result: "SweepResult") -> bool:
    """Return whether every policy meets the same worlds."""
    return isinstance(result.design, Crossed)


def by_policy(result: "SweepResult") -> bool:
    """Return whether outcomes are told by policy: policies meet the same worlds, and they are few."""
    return crossed(result) and result.points["policy"].nunique() <= MOST_POLICIES


def levers_of(result: "SweepResult") -> list[str]:
    """Return the names of the levers."""
    return [one.name for one in result.parameters if one.role == "lever"]
