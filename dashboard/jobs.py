"""Who runs what, and when: a queue for each session, served in turn, in which the same run is there only once."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal, Protocol

from dashboard.settings import Settings
from dashboard.tasks import Cancelled, Failure, Finished, Kept, Message, Progress, RunRef
from market.errors import QuotaLabError

if TYPE_CHECKING:
    import pandas as pd

    from dashboard.attempts import Listener, Ticket
    from scenarios.results import RunResult

State = Literal["waiting", "running", "done", "failed", "cancelled"]
FORGET_AFTER = 900.0
"""Seconds after which a job that is over is forgotten."""
MOST_OVER = 200
"""Jobs of one session that are over and still remembered."""


class Refused(QuotaLabError):  # noqa: N818 - it is an answer
    """A run was not queued: ``queue_full`` (value most) or ``server_full`` (value most)."""

    def __init__(self, code: str, **values: object) -> None:
        self.code, self.values = code, values
        super().__init__(f"{code}: {values}")


@dataclass(eq=False, slots=True)
class Job:
    """One run of one session. The queue changes it; everybody else only reads.

    Attributes
    ----------
    group : jobs that follow one another in one place, of which only the last is wanted; empty for none.
    done, total : periods done and their number; 0 until the first are known.
    frame : the market so far, None at first and again when the job is over.
    failure : why it failed: a code and values for texts, and the problems of the input.
    notice : why the result is shown but was not kept.
    folder : where the result was kept.
    result : only if the queue was given no place to put results.
    """

    session: str
    run: RunRef
    group: str = ""
    state: State = "waiting"
    done: int = 0
    total: int = 0
    frame: "pd.DataFrame | None" = None
    failure: Failure | None = None
    notice: Failure | None = None
    folder: str = ""
    result: "RunResult | None" = None
    begun: float = 0.0
    ended: float = 0.0
    ticket: "Ticket | None" = field(default=None, repr=False)

    @property
    def key(self) -> str:
        """What is run."""
        return self.run.key

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in {"done", "failed", "cancelled"}


class Workers(Protocol):
    """What does the runs: `dashboard.workers.Pool`."""

    def start(self, freed: Callable[[], None] | None = None) -> None:
        """Start, and call ``freed`` whenever a run can be taken."""

    def run(self, run: RunRef, listener: "Listener") -> "Ticket | None":
        """Take a run if one can be taken."""

    def cancel(self, ticket: "Ticket") -> None:
        """Stop a run."""

    @property
    def free(self) -> int:
        """How many runs can be taken now."""


class Results(Protocol):
    """Where results go: `dashboard.store.Store`."""

    def put(self, session: str, key: str, result: "RunResult") -> None:
        """Take a result."""

    def held(self, session: str, key: str) -> "RunResult | None":
        """Return a result if it is at hand."""


class Jobs:
    """The queue of all sessions; every method may be called from any thread.

    Parameters
    ----------
    pool : the workers; they are started here.
    settings : limits of the queue.
    store : where results go; without one they stay with their jobs.
    """

    def __init__(self, pool: Workers, settings: Settings, store: Results | None = None) -> None:
        self._pool, self._settings, self._store = pool, settings, store
        self._changed = threading.Condition()
        self._jobs: dict[str, OrderedDict[str, Job]] = {}
        self._waiting: OrderedDict[str, deque[Job]] = OrderedDict()  # the session that is served next is first
        self._running: dict[str, int] = {}
        pool.start(self._serve)

    # Asking for runs ----------------------------------------------------------------------------------------------

    def submit(
        self,
        session: str,
        run: RunRef,
        *,
        urgent: bool = False,
        supersede: str = "",
        keep: Collection[str] = (),
        again: bool = False,
    ) -> Job:
        """Ask for a run and return its job; the same run of a session that is waiting or running is the same job.

        Parameters
        ----------
        urgent : before the session's other waiting runs.
        supersede : a group: earlier jobs of the session in it are cancelled, but for this key and those in ``keep``.
        again : run once more what failed or was cancelled; otherwise its job comes back as it is.

        Raises
        ------
        Refused : if the session, or the server, has too many runs waiting.
        """
        with self._changed:
            if supersede:
                self._supersede(session, supersede, {run.key, *keep})
            job = self._known(session, run.key, again=again)
            if job is not None:
                if not supersede:
                    job.group = ""  # somebody wants it for itself by now
                if urgent and job.state == "waiting":
                    self._waiting[session].remove(job)
                    self._waiting[session].appendleft(job)
                return job
            job = self._queued(Job(session, run, supersede), urgent=urgent)
        self._serve()
        return job

    def submit_all(
        self, session: str, runs: Sequence[RunRef], *, supersede: str = "", keep: Collection[str] = ()
    ) -> list[Job]:
        """Ask for several runs that are wanted together; none of them supersedes another."""
        keys = {run.key for run in runs} | set(keep)
        return [self.submit(session, run, supersede=supersede, keep=keys) for run in runs]

    def _known(self, session: str, key: str, *, again: bool) -> Job | None:
        job = self._jobs.get(session, {}).get(key)
        if job is None or not job.over:
            return job
        if job.state == "done":
            at_hand = job.result is not None or (self._store is not None and self._store.held(session, key) is not None)
            return job if at_hand else None
        return None if again else job

    def _queued(self, job: Job, *, urgent: bool) -> Job:
        self._forget()
        waiting, settings = self._waiting.get(job.session, ()), self._settings
        if len(waiting) >= settings.queue_per_session:
            raise Refused("queue_full", most=settings.queue_per_session)
        if sum(map(len, self._waiting.values())) >= settings.queue_in_all:
            raise Refused("server_full", most=settings.queue_in_all)
        jobs = self._jobs.setdefault(job.session, OrderedDict())
        jobs.pop(job.key, None)
        jobs[job.key] = job
        line = self._waiting.setdefault(job.session, deque())
        if urgent:
            line.appendleft(job)
        else:
            line.append(job)
        return job

    # Stopping them ------------------------------------------------------------------------------------------------

    def cancel(self, session: str, key: str) -> bool:
        """Cancel a job that is not over; return whether there was one."""
        with self._changed:
            job = self._jobs.get(session, {}).get(key)
            if job is None or job.over:
                return False
            self._cancel(job)
            return True

    def _supersede(self, session: str, group: str, keep: set[str]) -> None:
        for job in list(self._jobs.get(session, {}).values()):
            if job.group == group and job.key not in keep and not job.over:
                self._cancel(job)
                del self._jobs[session][job.key]  # not cancelled by anybody: the next one who wants it gets it

    def _cancel(self, job: Job) -> None:
        if job.state == "waiting":
            self._leave_line(job)
        self._end(job, "cancelled")
        if job.ticket is not None:
            self._pool.cancel(job.ticket)

    def _leave_line(self, job: Job) -> None:
        line = self._waiting[job.session]
        line.remove(job)
        if not line:
            del self._waiting[job.session]

    # Looking at them ----------------------------------------------------------------------------------------------

    def find(self, session: str, key: str) -> Job | None:
        """Return the job of a run if it is not forgotten."""
        with self._changed:
            return self._jobs.get(session, {}).get(key)

    def of(self, session: str) -> list[Job]:
        """Return the jobs of a session, in the order in which they were asked for."""
        with self._changed:
            self._forget()
            return list(self._jobs.get(session, {}).values())

    def position(self, job: Job) -> int:
        """Return how many runs will begin before this one, plus one; 0 if it does not wait.

        Sessions are served in turn, so of every other session as many count as stand before it in its own.
        """
        with self._changed:
            if job.state != "waiting":
                return 0
            before = self._waiting[job.session].index(job)
            order = list(self._waiting)
            turn = order.index(job.session)
            others = (
                min(len(self._waiting[session]), before + (place < turn))
                for place, session in enumerate(order)
                if session != job.session
            )
            return before + sum(others) + 1

    def wait(self, jobs: Job | Iterable[Job], seconds: float) -> bool:
        """Wait until all jobs are over, so many seconds at most; return whether they are."""
        wanted = [jobs] if isinstance(jobs, Job) else list(jobs)
        until = monotonic() + seconds
        with self._changed:
            while not all(job.over for job in wanted):
                left = until - monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
        return True

    # Serving ------------------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        """Give waiting jobs to free workers."""
        with self._changed:
            while self._waiting and self._pool.free:
                job = self._next()
                ticket = self._pool.run(job.run, self._listener(job))
                if ticket is None:
                    return
                self._leave_line(job)
                if job.session in self._waiting:
                    self._waiting.move_to_end(job.session)
                job.ticket, job.state, job.begun = ticket, "running", monotonic()
                self._running[job.session] = self._running.get(job.session, 0) + 1
                self._changed.notify_all()

    def _next(self) -> Job:
        """Return the first job of the session whose turn it is; sessions with enough under way come last."""
        most = self._settings.running_per_session
        session = next((name for name in self._waiting if self._running.get(name, 0) < most), next(iter(self._waiting)))
        return self._waiting[session][0]

    def _listener(self, job: Job) -> Callable[[Message], None]:
        def listener(message: Message) -> None:
            if isinstance(message, Finished) and self._store is not None and not job.over:
                self._store.put(job.session, job.key, message.result)  # before anybody is told that it is there
            with self._changed:
                self._hear(job, message)
                self._changed.notify_all()

        return listener

    def _hear(self, job: Job, message: Message) -> None:
        if isinstance(message, Kept):
            job.folder, job.notice = message.folder, message.failure
            return
        if isinstance(message, Finished | Failure | Cancelled):
            left = self._running.pop(job.session) - 1
            if left:
                self._running[job.session] = left
        if job.over:
            return  # it was cancelled before
        if isinstance(message, Progress):
            job.done, job.total, job.frame = message.done, message.total, message.frame
        elif isinstance(message, Finished):
            job.result = message.result if self._store is None else None
            job.done = job.total
            self._end(job, "done")
        elif isinstance(message, Failure):
            job.failure = message
            self._end(job, "failed")
        elif isinstance(message, Cancelled):
            self._end(job, "cancelled")

    def _end(self, job: Job, state: State) -> None:
        job.state, job.frame, job.ended = state, None, monotonic()
        self._changed.notify_all()

    def _forget(self) -> None:
        """Forget jobs that were over long ago, and the oldest of too many."""
        now = monotonic()
        for session, jobs in list(self._jobs.items()):
            over = [job for job in jobs.values() if job.over]
            for i, job in enumerate(over):
                if now - job.ended > FORGET_AFTER or i < len(over) - MOST_OVER:
                    del jobs[job.key]
            if not jobs:
                del self._jobs[session]

    @property
    def load(self) -> Mapping[str, Any]:
        """Numbers of waiting and running jobs and of free workers, of all sessions."""
        with self._changed:
            waiting = sum(map(len, self._waiting.values()))
            return {"waiting": waiting, "running": sum(self._running.values()), "free": self._pool.free}
