"""Proposes policies with Optuna: ask a batch, tell what was found, in the order of the trials.

Nothing of Optuna's is kept on disk. Every batch is asked from a fresh study that holds the trials so far, by a sampler
whose seed is that of the search and the batch. So a batch depends on the results before it and on nothing else: a
search that was killed proposes the same policies again, finds their runs in its folder and goes on.

Samplers: tree-structured Parzen estimators (Bergstra et al. 2011; with several objectives Ozaki et al. 2020), which
handle constraints, categories and conditional worlds; or NSGA-II (Deb et al. 2002).
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scenarios.search.declared import Optimiser
from scenarios.sweeps.designs import missing
from scenarios.sweeps.parameters import Parameter

FIRST = 20
"""Policies at random before the estimators are trusted, at most; a fifth of all trials."""


@dataclass(slots=True)
class Trial:
    """A policy that was proposed, and how it fared.

    Attributes
    ----------
    values : of the decisions, by name.
    notes : what the sampler noted of it.
    objectives : by name; empty where no run succeeded.
    violations : of the constraints, at most 0 where kept.
    """

    number: int
    values: dict[str, Any]
    notes: dict[str, Any]
    objectives: dict[str, float] = field(default_factory=dict)
    violations: dict[str, float] = field(default_factory=dict)


class Proposer:
    """Proposes batches of values for parameters.

    Parameters
    ----------
    directions : whether lower or higher is better, by objective.
    """

    def __init__(self, parameters: Sequence[Parameter], directions: Mapping[str, str], rule: Optimiser) -> None:
        try:
            import optuna  # noqa: F401 - asked for before the first run
        except ImportError:
            raise missing("optuna", "searches and calibrations", "sweeps") from None
        self.parameters = tuple(parameters)
        self.directions = dict(directions)
        self.rule = rule

    def batch(self, number: int, done: Sequence[Trial]) -> list[Trial]:
        """Return the trials of a batch, given all trials before it."""
        size = min(self.rule.batch, self.rule.trials - len(done))
        with _quiet():
            study = self._study(number, done)
            asked = [study.ask() for _ in range(size)]
            values = [{one.name: self._suggested(trial, one) for one in self.parameters} for trial in asked]
        known = [dict(trial.storage.get_trial(trial._trial_id).system_attrs) for trial in asked]  # noqa: SLF001
        return [Trial(len(done) + i, one, notes) for i, (one, notes) in enumerate(zip(values, known, strict=True))]

    def _study(self, number: int, done: Sequence[Trial]) -> Any:
        import optuna

        ways = ["minimize" if one == "lower" else "maximize" for one in self.directions.values()]
        study = optuna.create_study(directions=ways, sampler=self._sampler(number))
        space = {one.name: _distribution(one) for one in self.parameters}
        for trial in done:
            failed = (
                len(trial.objectives) < len(self.directions) or not np.isfinite(list(trial.objectives.values())).all()
            )
            state = optuna.trial.TrialState.FAIL if failed else optuna.trial.TrialState.COMPLETE
            study.add_trial(
                optuna.trial.create_trial(
                    state=state,
                    values=None if failed else [trial.objectives[name] for name in self.directions],
                    params=trial.values,
                    distributions=space,
                    system_attrs=trial.notes,
                    constraints=trial.violations or None,
                )
            )
        return study

    def _sampler(self, number: int) -> Any:
        import optuna

        seed = int(np.random.SeedSequence((self.rule.seed, number)).generate_state(1)[0])
        if self.rule.sampler == "nsga2":
            return optuna.samplers.NSGAIISampler(population_size=self.rule.population, seed=seed)
        first = max(1, min(FIRST, self.rule.trials // 5))
        return optuna.samplers.TPESampler(n_startup_trials=first, seed=seed)

    @staticmethod
    def _suggested(trial: Any, one: Parameter) -> Any:
        if one.values:
            return trial.suggest_categorical(one.name, list(one.values))
        low, high = one.ends
        if one.kind == "integer":
            return trial.suggest_int(one.name, int(low), int(high), log=one.scale == "log")
        return trial.suggest_float(one.name, low, high, log=one.scale == "log")


def _distribution(one: Parameter) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if one.values:
        return CategoricalDistribution(list(one.values))
    low, high = one.ends
    if one.kind == "integer":
        return IntDistribution(int(low), int(high), log=one.scale == "log")
    return FloatDistribution(low, high, log=one.scale == "log")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Optuna's remarks on its own options to itself."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(before)
