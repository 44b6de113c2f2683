"""A sweep as a plain function: values of its parameters in, outcomes out. What other tools call."""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from market.errors import QuotaLabError
from scenarios.sweeps.base import Base
from scenarios.sweeps.declared import Until
from scenarios.sweeps.loading import SweepPlan
from scenarios.sweeps.outcomes import outcome_names
from scenarios.sweeps.parameters import Parameter

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PointFunction:
    """What a sweep makes of one point, called by the names of its parameters.

    Attributes
    ----------
    base : the scenario that is varied.
    parameters : what varies.
    outcomes : names of the indicators that are returned.
    seeds : seeds that a point is run with; outcomes are means over those that have one.
    """

    base: Base
    parameters: tuple[Parameter, ...]
    outcomes: tuple[str, ...]
    seeds: tuple[int, ...]

    @classmethod
    def of(
        cls, plan: SweepPlan, outcomes: Sequence[str] | None = None, seeds: Sequence[int] | None = None
    ) -> "PointFunction":
        """Return the function of a sweep, with its own outcomes and seeds unless others are given.

        Where the sweep takes as many seeds as an interval needs, the function takes the least number of them.
        """
        wanted = outcomes if outcomes is not None else plan.sweep.outcomes
        names = outcome_names(plan.base.scenario) if wanted is None else wanted
        if seeds is None:
            rule = plan.sweep.seeds
            seeds = range(rule.least) if isinstance(rule, Until) else plan.seeds
        return cls(plan.base, plan.parameters, tuple(names), tuple(int(seed) for seed in seeds))

    def __call__(self, **values: Any) -> dict[str, float]:
        """Return the outcomes of a point by name; all of them NaN, with a warning in the log, where a run fails."""
        try:
            runs = self.runs(values)
        except QuotaLabError as error:
            told = ", ".join(f"{name} {value}" for name, value in values.items())
            log.warning("the point with %s failed: %s", told, error)
            return dict.fromkeys(self.outcomes, math.nan)
        return {name: _mean([run.get(name, math.nan) for run in runs]) for name in self.outcomes}

    def runs(self, values: dict[str, Any]) -> list[dict[str, float]]:
        """Return all indicators of a point, one mapping a seed.

        Raises
        ------
        InputError : where the values do not make a scenario.
        """
        from scenarios.build import build
        from scenarios.kpis import kpis_of
        from scenarios.runner import simulate

        scenario = self.base.at(self.parameters, values)
        # Nobody reads these records here, and no indicator depends on them.
        spec = replace(build(scenario), record_journal=False, record_trades=False, record_sessions=False)
        return [kpis_of(simulate(scenario, spec, seed).frames, scenario).to_dict() for seed in self.seeds]


def _mean(values: list[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return math.fsum(known) / len(known) if known else math.nan
