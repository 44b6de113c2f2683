"""Runs a search: propose a batch, run it through all worlds, judge it, write the tables, again.

What is proposed depends on the declaration and on results only, and results do not depend on who made the runs. So a
search has the same result however many workers it has and however often it was interrupted.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.search.cap_bisection import Bisection
from scenarios.search.evaluation import Evaluator, by_policy, engine_of
from scenarios.search.folder import FINISHED, SEARCH, StudyFolder, begun
from scenarios.search.front import caps_table, write_caps, write_front
from scenarios.search.judging import Policy, constraints_table, policies_table, policy_of, with_regret
from scenarios.search.loading import WHOLE_CAP, SearchPlan, Values, load_search
from scenarios.search.optimiser import Proposer, Trial
from scenarios.sweeps.engine import Progress
from scenarios.sweeps.executors import Engine

if TYPE_CHECKING:
    from scenarios.search.results import SearchResult


@dataclass(slots=True)
class SearchProgress:
    """How far a search is.

    Attributes
    ----------
    policies, total : policies that were tried, and how many will be at most.
    runs, runs_total : runs of the present batch.
    batch : policies of the present batch.
    failed : runs that failed in this session.
    seconds : since this session began.
    begun : policies whose runs were there when it began.
    """

    policies: int
    total: int
    runs: int = 0
    runs_total: int = 0
    batch: int = 0
    failed: int = 0
    seconds: float = 0.0
    begun: int = 0

    def tell(self, inner: Progress, batch: int, failed_before: int, seconds: float) -> None:
        """Take over how far the runs of a batch are."""
        if inner.begun == inner.total and inner.total:
            self.begun = self.policies + batch
        self.runs, self.runs_total, self.batch = inner.done, inner.total, batch
        self.failed, self.seconds = failed_before + inner.failed, seconds


Watcher = Callable[[SearchProgress], None]


def search(
    plan: SearchPlan | str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    engine: Engine | None = None,
    progress: Watcher | None = None,
) -> "SearchResult":
    """Find the best policies of a search, or how tight its caps can be; what the folder has already is not run again.

    Parameters
    ----------
    plan : as `load_search` or `search_of` return it, or the path of a search's file.
    folder : where runs and results are kept.
    workers, executor, engine : who makes the runs, as for `scenarios.sweeps.sweep`.
    progress : called after every chunk of runs.

    Raises
    ------
    InputError : where the search or the folder cannot be used; nothing was run.
    QuotaLabError : where the disk is full or no worker can be started; what was done is kept.
    """
    from scenarios.search.results import SearchResult

    if not isinstance(plan, SearchPlan):
        plan = load_search(plan)
    chosen = engine_of(workers, executor, engine)
    proposer = None
    if not plan.search.tightest_cap:
        ways = dict(zip(plan.objectives, plan.directions, strict=True))
        proposer = Proposer(plan.decisions, ways, plan.search.optimiser)
    middle = {one.name: one.value(0.5) for one in plan.decisions}
    declared = plan.search.model_dump(mode="json", by_alias=True)
    kept = begun(folder, SEARCH, declared, plan.batch([middle]), list(plan.functions))
    state = _State(plan, kept, progress)
    with Evaluator(kept.batches, chosen, state.tell) as evaluator:
        state.evaluator = evaluator
        try:
            if proposer is None:
                _caps(state)
            else:
                _trials(state, proposer)
        finally:
            if state.policies and proposer is not None:
                write_front(plan, kept, state.policies)
    return SearchResult.open(Path(folder))


class _State:
    """What was tried so far, and how far the search is."""

    evaluator: Evaluator

    def __init__(self, plan: SearchPlan, folder: StudyFolder, watcher: Watcher | None) -> None:
        self.plan, self.folder, self.watcher = plan, folder, watcher
        self.policies: list[Policy] = []
        self.batches = 0
        self.start = perf_counter()
        self.progress = SearchProgress(0, plan.search.optimiser.trials)
        self.failed_before = 0
        self.asked = 0

    def runs(self, rows: Sequence[Values]) -> Sequence[Any]:
        """Return the runs of each of some policies."""
        self.asked = len(rows)
        found = self.evaluator.runs(self.plan.batch(rows, self.batches), self.batches)
        self.batches += 1
        self.failed_before = self.progress.failed
        return by_policy(found.runs, len(rows))

    def tell(self, progress: Progress) -> None:
        """Tell the watcher how far the runs of a batch are."""
        self.progress.tell(progress, self.asked, self.failed_before, perf_counter() - self.start)
        self.said()

    def said(self) -> None:
        """Tell the watcher."""
        if self.watcher is not None:
            self.watcher(self.progress)

    def save(self) -> None:
        """Write the tables of all policies so far."""
        self.folder.write_table("policies", policies_table(self.policies, self.plan))
        self.folder.write_table("constraints", constraints_table(self.policies))


def _trials(state: _State, proposer: Proposer) -> None:
    plan, done = state.plan, []
    known: dict[tuple[Any, ...], Policy] = {}
    total = plan.search.optimiser.trials
    number = 0
    while len(done) < total:
        asked = proposer.batch(number, done)
        keys = [tuple(trial.values.values()) for trial in asked]
        fresh: dict[tuple[Any, ...], Trial] = {}
        for key, trial in zip(keys, asked, strict=True):
            if key not in known:
                fresh.setdefault(key, trial)  # what was tried is not run again
        if fresh:
            frames = state.runs([trial.values for trial in fresh.values()])
            for (key, trial), runs in zip(fresh.items(), frames, strict=True):
                known[key] = policy_of(trial.number, trial.values, runs, plan, plan.constraints)
                state.policies.append(known[key])
        done += asked
        _learnt(done, known, plan)
        number += 1
        state.progress.policies = len(done)
        state.save()
        state.said()
    state.folder.write(FINISHED, b"")


def _learnt(done: Sequence[Trial], known: dict[tuple[Any, ...], Policy], plan: SearchPlan) -> None:
    """Tell all trials how they fared; regrets move as better policies are found."""
    policies = [known[tuple(trial.values.values())] for trial in done]
    unique = list({policy.trial: policy for policy in policies}.values())
    objectives = {policy.trial: row for policy, row in zip(unique, with_regret(unique, plan), strict=True)}
    for trial, policy in zip(done, policies, strict=True):
        trial.objectives = {name: x for name, x in objectives[policy.trial].items() if np.isfinite(x)}
        trial.violations = policy.violations


def _caps(state: _State) -> None:
    """Bisect the caps of all rights side by side: a batch holds the next scales of each."""
    plan = state.plan
    every = [Bisection(rule) for rule in plan.search.tightest_cap]
    state.progress.total = sum(one.most for one in every)
    whole = {one.name: WHOLE_CAP for one in plan.decisions}
    while True:
        asked = [(one, scale) for one in every for scale in one.wanted()]
        if not asked:
            break
        rows = [{**whole, f"{one.rule.instrument}.cap_scale": scale} for one, scale in asked]
        for (one, scale), runs in zip(asked, state.runs(rows), strict=True):
            key = one.rule.instrument
            values = {"instrument": key, "scale": scale}
            policy = policy_of(len(state.policies), values, runs, plan, plan.cap_constraints[key])
            one.tried[scale] = policy
            state.policies.append(policy)
        state.progress.policies = len(state.policies)
        state.progress.total = len(state.policies) + sum(
            max(0, one.most - len(one.tried)) for one in every if one.wanted()
        )
        state.save()
        state.folder.write_table("caps", caps_table(one.answer() for one in every).assign(finished=False))
        state.said()
    answers = [one.answer() for one in every]
    state.folder.write_table("caps", caps_table(answers).assign(finished=True))
    write_caps(plan, state.folder, answers)
