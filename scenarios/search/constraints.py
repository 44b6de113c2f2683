"""Constraints on a policy as people write them, and whether the runs of a policy keep them.

Three forms::

    P(carbon.mean_price > 150) < 0.05            a chance constraint over worlds and seeds (Charnes and Cooper 1959)
    mean(carbon.shortfall) <= 0                  a statistic: mean, median, min, max
    carbon.shortfall <= 0                        in every run

A run that failed, or in which the indicator has no value, counts against the policy: as one in which the condition
holds that is to be rare, or does not hold that is to be frequent; a statistic is not kept if there is such a run.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scenarios.analysis.conditions import ChanceConstraint, Condition, holds, parse_conditions, parse_constraint

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

CONFIDENCE = 0.95
STATISTIC = re.compile(r"(?P<statistic>mean|median|min|max)\s*\(\s*(?P<outcome>[^()\s]+)\s*\)\s*(?P<rest>.*)")
OF = {"mean": np.mean, "median": np.median, "min": np.min, "max": np.max}
BROKEN = 1e-12
"""Violation of a constraint that is missed by nothing, as a share that has to be below its bound and equals it."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint: its text, and the rule that was read from it.

    Attributes
    ----------
    statistic : mean, median, min or max of an indicator; empty where runs are counted.
    """

    text: str
    rule: ChanceConstraint | Condition
    statistic: str = ""

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Indicators that are judged."""
        conditions = self.rule.conditions if isinstance(self.rule, ChanceConstraint) else (self.rule,)
        return tuple(dict.fromkeys(one.outcome for one in conditions))


@dataclass(frozen=True, slots=True)
class Judged:
    """How a policy stands to a constraint.

    Attributes
    ----------
    value : probability (of a plain condition: that it is broken), or the statistic.
    low, high : exact interval of a probability (Clopper and Pearson 1934), with runs as independent draws.
    kept : whether it is kept.
    violation : how far it is missed, at most 0 where it is kept; relative to the bound of a statistic.
    runs, failed, unknown : runs, those that failed, and those in which the indicator has no value.
    """

    value: float
    low: float
    high: float
    kept: bool
    violation: float
    runs: int
    failed: int
    unknown: int


def constraint_of(text: str, outcomes: Collection[str] | None = None, where: str = "constraint") -> Constraint:
    """Return the constraint of a text; raises InputError where it is none."""
    matched = STATISTIC.fullmatch(text.strip())
    if matched is not None:
        inside = f"{matched['outcome']} {matched['rest']}"
        (condition,) = parse_conditions(inside, outcomes, where)
        return Constraint(text, condition, matched["statistic"])
    return Constraint(text, parse_constraint(text, outcomes, where))


def judged(constraint: Constraint, runs: "pd.DataFrame") -> Judged:
    """Return how the runs of one policy stand to a constraint."""
    failed = runs["stage"].to_numpy() != ""
    rule = constraint.rule
    if constraint.statistic:
        return _of_statistic(constraint, runs, failed)
    chance = isinstance(rule, ChanceConstraint)
    met = holds(runs, rule.conditions if chance else (rule,))
    unknown = int((np.isnan(met) & ~failed).sum())
    if isinstance(rule, ChanceConstraint):
        rare = rule.operator in {"<", "<="}
        counted = np.where(np.isnan(met), 1.0 if rare else 0.0, met)
        share = float(counted.mean())
        gap = share - rule.share if rare else rule.share - share
        kept = rule.met_by(share)
    else:
        counted = 1.0 - np.where(np.isnan(met), 0.0, met)
        share = gap = float(counted.mean())
        kept = share == 0.0
    low, high = _interval(int(counted.sum()), len(runs))
    return Judged(share, low, high, kept, _violation(gap, kept), len(runs), int(failed.sum()), unknown)


def _of_statistic(constraint: Constraint, runs: "pd.DataFrame", failed: npt.NDArray[np.bool_]) -> Judged:
    rule = constraint.rule
    assert isinstance(rule, Condition)  # noqa: S101 - the grammar has no other
    values = runs[rule.outcome].to_numpy(dtype=np.float64)
    known = np.isfinite(values)
    value = float(OF[constraint.statistic](values[known])) if known.any() else np.nan
    kept = bool(known.all() and rule.holds(value) == 1.0)
    size = abs(rule.bound) or 1.0
    gap = (value - rule.bound) / size if rule.operator in {"<", "<="} else (rule.bound - value) / size
    if rule.operator in {"==", "!="}:
        gap = abs(value - rule.bound) / size if rule.operator == "==" else 0.0
    if not known.all():
        gap = max(gap, 0.0) + float((~known).mean()) if np.isfinite(gap) else 1.0
    unknown = int((~known & ~failed).sum())
    return Judged(value, np.nan, np.nan, kept, _violation(gap, kept), len(runs), int(failed.sum()), unknown)


def _violation(gap: float, kept: bool) -> float:
    return min(gap, 0.0) if kept else max(gap, BROKEN)


def _interval(count: int, runs: int) -> tuple[float, float]:
    """Return the exact interval of a probability."""
    from scipy.stats import binomtest

    found = binomtest(count, runs).proportion_ci(CONFIDENCE, "exact")
    return float(found.low), float(found.high)
