"""Where the views' scenarios are run: from a view to what there is of its results.

The one object that the callbacks know. It holds documents, jobs and results of all sessions; a session gets its own.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dashboard.checking import Checks
from dashboard.found import Arm, Found
from dashboard.jobs import Job, Jobs, Refused
from dashboard.patience import Patience
from dashboard.settings import Settings
from dashboard.shelf import STORED, Shelf
from dashboard.status import Underway
from dashboard.store import Store, scenario_key, seeded
from dashboard.tasks import RunRef
from dashboard.view import Choice, View
from dashboard.words import Words
from dashboard.workers import Pool
from scenarios.errors import Problem
from scenarios.loading import Draft, library
from scenarios.schema import Scenario
from scenarios.validation.outcomes import Outcome

if TYPE_CHECKING:
    from dashboard.pages.sweeps import Opened
    from scenarios.results import RunResult

RECORDED = ("trades",)
"""What the pages show and a run does not keep by itself."""
RECORDED_CLOSELY = (*RECORDED, "sessions")
"""The same where sessions of the first seed are looked at: their orders take a third of a small run's time, and more
memory than all other tables."""
CLOSELY = "markets"
"""The page that looks at sessions."""
DRAFTS = 256
SHIPPED = frozenset(library())
VALIDATION = ".validation"
LISTING = {"runs", "sweeps"}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A choice that was read: its draft, and if it can be run its runs without seed, looked at closely or not."""

    draft: Draft
    closely: RunRef | None = None
    plain: RunRef | None = None

    def run(self, seed: int, *, closely: bool = False) -> RunRef:
        """Return the run with a seed; its folder is still to be given."""
        run = self.closely if closely else self.plain
        if run is None:
            raise ValueError("this choice cannot be run")
        return replace(run, key=seeded(run.scenario_key, seed), seed=seed)


@dataclass(frozen=True, slots=True)
class Sight:
    """What there is to see of a view.

    Attributes
    ----------
    runs : the runs of the view that are not done, in the order in which they are wanted.
    finished, wanted : how many of the view's runs are done, and all.
    refusal : why runs were not queued, as code and values; None if they were.
    notices : results that are shown and could not be kept.
    """

    found: Found
    runs: tuple[Underway, ...] = ()
    finished: int = 0
    wanted: int = 0
    refusal: tuple[str, Mapping[str, object]] | None = None
    notices: tuple[Underway, ...] = ()


class Laboratory:
    """Documents, jobs and results of all sessions.

    Parameters
    ----------
    settings : folders, limits and number of workers.
    pool : what runs scenarios; one of its own if not given.
    """

    def __init__(self, settings: Settings, pool: Pool | None = None) -> None:
        # Two threads that import pandas at once let plotly see half of it.
        import pandas as pd  # noqa: F401
        import plotly.graph_objects  # noqa: F401

        self.settings = settings
        self.store = Store(settings.runs, settings.result_bytes, apart=settings.apart)
        self.shelf = Shelf(settings, self.store)
        self.pool = pool if pool is not None else Pool(settings)
        self.jobs = Jobs(self.pool, settings, self.store)
        self.checks = Checks(settings.runs / VALIDATION)
        self.waiting, self.saving = Patience(4, 10), Patience(1, 2)
        self._lock = threading.Lock()
        self._prepared: OrderedDict[tuple[str, str], Prepared] = OrderedDict()

    def close(self) -> None:
        """End all workers."""
        self.pool.close()
        self.checks.close()

    def draft(self, session: str, choice: Choice) -> Draft:
        """Return what can be said about a chosen scenario: itself if it can be run, and every problem."""
        return self.prepared(session, choice).draft

    def prepared(self, session: str, choice: Choice) -> Prepared:
        """Return a choice with what its runs are called; the last few hundred are remembered."""
        at = (session if choice.base not in SHIPPED else "", choice.text)
        with self._lock:
            found = self._prepared.get(at)
            if found is not None:
                self._prepared.move_to_end(at)
                return found
        draft = self.shelf.draft(session, choice.base, choice.changes)
        made = Prepared(draft)
        if draft.scenario is not None:
            kinds = RECORDED_CLOSELY, RECORDED
            made = Prepared(draft, *(self._run(session, choice, draft.scenario, kept) for kept in kinds))
        with self._lock:
            self._prepared[at] = made
            while len(self._prepared) > DRAFTS:
                self._prepared.popitem(last=False)
        return made

    def _run(self, session: str, choice: Choice, scenario: Scenario, kept: tuple[str, ...]) -> RunRef:
        """Return the runs of a choice that keep more than it asks for; what it says itself about that holds."""
        names = () if "recording" in choice.changes else kept
        more = {name: True for name in names if f"recording.{name}" not in choice.changes}
        overrides = {**{f"recording.{name}": value for name, value in more.items()}, **choice.changes}
        # The same as reading it again with these values, which would take most of a small run's time.
        scenario = scenario.model_copy(update={"recording": scenario.recording.model_copy(update=more)})
        base, confined = self.shelf.reference(session, choice.base), not choice.base.startswith(STORED)
        return RunRef(
            base=base, overrides=overrides, confined=confined, key="", scenario_key=scenario_key(scenario),
            name=scenario.name,
        )  # fmt: skip

    def find(
        self, session: str, view: View, wait: float = 0.0, *, run: bool = True, again: bool = False, window: str = ""
    ) -> Sight:
        """Return what there is of a view's results, and ask for what is missing.

        Parameters
        ----------
        view : its first scenario can be run; others that cannot are left out.
        wait : seconds to wait for runs that are under way.
        run : whether to ask for what is missing.
        again : whether to try once more what failed or was cancelled.
        window : which window of the session looks: what it wanted before and wants no more is cancelled, and nothing
            of another one.
        """
        words = Words(view.language)
        arms: list[tuple[Choice, Prepared, str]] = []
        for choice, label in zip(view.arms, words.text("shell.arms"), strict=False):
            made = self.prepared(session, choice)
            if made.draft.scenario is not None and made.plain is not None:
                arms.append((choice, made, label))
        refs = [[self._ref(session, made, seed, view.page) for seed in range(view.seeds)] for _, made, _ in arms]
        wanted = [ref for of_seed in zip(*refs, strict=True) for ref in of_seed]
        results = {ref.key: self._result(session, ref) for ref in wanted}
        missing = [ref for ref in wanted if results[ref.key] is None] if run else []
        refusal = self._ask(session, missing, {ref.key for ref in wanted}, again=again, window=window)
        if missing and wait > 0.0:
            jobs = [job for ref in missing if (job := self.jobs.find(session, ref.key)) is not None]
            with self.waiting.place(session) as granted:
                self.jobs.wait(jobs, wait if granted else 0.0)
            results |= {ref.key: self._result(session, ref) for ref in missing}
        shown = [
            Arm(
                choice,
                made.draft.scenario,  # type: ignore[arg-type]
                label,
                tuple(result for ref in own if (result := results[ref.key]) is not None),
                job.frame if (job := self.jobs.find(session, own[0].key)) is not None else None,
            )
            for (choice, made, label), own in zip(arms, refs, strict=True)
        ]
        return self._seen(session, view, shown, missing, refusal)

    def cancel(self, session: str, view: View) -> None:
        """Cancel every run of a view that is not done."""
        for choice in view.arms:
            made = self.prepared(session, choice)
            if made.plain is not None:
                for seed in range(view.seeds):
                    self.jobs.cancel(session, self._ref(session, made, seed, view.page).key)

    def _ref(self, session: str, made: Prepared, seed: int, page: str) -> RunRef:
        """Return the run that a page shows: one that was looked at closely will do for any page."""
        closely = seed == 0 and (page == CLOSELY or self.store.held(session, made.run(0, closely=True).key) is not None)
        run = made.run(seed, closely=closely)
        return replace(run, folder=str(self.store.target(session, run.key, run.name, seed)))

    def _result(self, session: str, ref: RunRef) -> "RunResult | None":
        found = self.store.held(session, ref.key)
        if found is not None:
            return found
        job = self.jobs.find(session, ref.key)
        if job is not None and job.state != "done":
            return None  # it is not on disk yet
        return self.store.get(session, ref.key, ref.name, ref.seed)

    def _ask(
        self, session: str, missing: list[RunRef], keep: set[str], *, again: bool, window: str
    ) -> tuple[str, Mapping[str, object]] | None:
        try:
            if not missing:
                return None
            for ref in missing:
                self.jobs.submit(session, ref, supersede=f"view {window}", keep=keep, again=again)
        except Refused as refused:
            return refused.code, refused.values
        return None

    def _seen(
        self,
        session: str,
        view: View,
        shown: list[Arm],
        missing: list[RunRef],
        refusal: tuple[str, Mapping[str, object]] | None,
    ) -> Sight:
        jobs = {job.key: job for job in self.jobs.of(session)}
        runs = tuple(
            self._underway(jobs[ref.key]) for ref in missing if ref.key in jobs and jobs[ref.key].state != "done"
        )
        active = any(run.state in {"running", "waiting"} for run in runs)
        notices = tuple(
            _told(job, "notice", job.notice.code, dict(job.notice.values), job.notice.problems)
            for job in jobs.values()
            if job.notice is not None
        )
        listing = view.page in LISTING
        outcomes, unread = self._checked(view)
        sight = Found(
            tuple(shown),
            active or (view.page == "validation" and self.checks.busy),
            session,
            folders=tuple(self.store.folders(session)) if listing else (),
            queue=tuple(self._underway(job) for job in jobs.values()) if listing else (),
            document=self.shelf.text(session, view.scenario) if view.page == "settings" else "",
            outcomes=outcomes,
            unread=unread,
        )
        finished = sum(len(arm.results) for arm in shown)
        if view.page == "sweeps":
            sight = replace(sight, opened=self._opened(session, view, sight))
        return Sight(sight, runs, finished, len(shown) * view.seeds, refusal, notices)

    def _opened(self, session: str, view: View, found: Found) -> "Opened | None":
        """Return the comparison or the sweep that the page of sweeps shows."""
        from dashboard.pages.sweeps import opened
        from scenarios.comparison import Comparison
        from scenarios.sweeps.results import SweepResult

        sweeps = {entry.folder for entry in found.folders if entry.kind == "sweep"}

        def open_folder(folder: str) -> "Comparison | SweepResult":
            path = self.store.path(session, folder)
            return SweepResult.open(path) if folder in sweeps else Comparison.open(path)

        return opened(view, found, open_folder)

    def _checked(self, view: View) -> tuple[Mapping[str, Outcome], tuple[Problem, ...]]:
        """Return what suites of validation gave, where a page shows it, and ask for those that it wants."""
        if view.page != "validation":
            return {}, ()
        from dashboard.pages.validation import wanted

        outcomes, unread = self.checks.outcomes()
        self.checks.ask(wanted(view, outcomes))
        return outcomes, unread

    def _underway(self, job: Job) -> Underway:
        failure = job.failure
        if failure is not None:
            return _told(job, job.state, failure.code, dict(failure.values), failure.problems)
        return Underway(job.key, job.run.name, job.run.seed, job.state, job.done, job.total, self.jobs.position(job))


def _told(job: Job, state: str, code: str, values: Mapping[str, object], problems: tuple[Problem, ...]) -> Underway:
    return Underway(
        job.key, job.run.name, job.run.seed, state, job.done, job.total, 0, code, tuple(values.items()), problems
    )
