"""A pool of worker processes that stay warm: each does one run at a time and is replaced when it dies or has aged.

One thread a worker does everything with it: it sends runs, reads what comes back, stops, kills and replaces. The pool
has no queue; `dashboard.jobs` decides what runs next whenever a worker is free.
"""

import logging
import multiprocessing
import multiprocessing.connection
import queue
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

from dashboard.attempts import Attempt, Listener, Ticket, Worker
from dashboard.settings import Settings
from dashboard.tasks import Cancelled, Failure, RunRef

START_WITHIN = 900.0
"""Seconds that a worker has to get ready; the very first one compiles everything, which takes minutes."""
GIVE_UP_AFTER = 3
"""Workers that die before they are ready, one after the other, until runs are told that there is none."""
TRY_AGAIN_AFTER = 30.0
"""Seconds until another worker is started after that."""

log = logging.getLogger(__name__)


class Pool:
    """Worker processes that are warm or getting warm.

    Parameters
    ----------
    settings : how many workers, and what they and their runs may use.
    """

    def __init__(self, settings: Settings) -> None:
        self._lock = threading.Lock()
        self._freed: Callable[[], None] = lambda: None
        self._seats = [_Seat(settings, self._is_free, f"worker-{i + 1}") for i in range(max(1, settings.workers))]

    def start(self, freed: Callable[[], None] | None = None) -> None:
        """Start the workers; ``freed`` is called, in a thread of the pool, whenever one can take a run."""
        if freed is not None:
            self._freed = freed
        for seat in self._seats:
            seat.start()

    @property
    def free(self) -> int:
        """Number of workers that are ready and have nothing to do."""
        with self._lock:
            return sum(seat.free for seat in self._seats)

    @property
    def processes(self) -> list[int]:
        """Process numbers of the workers that are up."""
        return [pid for seat in self._seats for pid in seat.processes()]

    def run(self, run: RunRef, listener: Listener) -> Ticket | None:
        """Give a run to a free worker; None if there is none.

        ``listener`` is called in a thread of the pool: with `Progress`, then with `Finished` and, once the result is
        on disk or not, `Kept`; or else with `Failure` or `Cancelled`.
        """
        with self._lock:
            seat = next((seat for seat in self._seats if seat.free), None)
            if seat is None:
                return None
            seat.free = False
        ticket = Ticket(run, listener, wake=seat.wake)
        seat.take(ticket)
        return ticket

    def cancel(self, ticket: Ticket) -> None:
        """Stop a run; its worker stays warm if the run stops in time and is replaced otherwise."""
        ticket.cancelled.set()
        ticket.wake()

    def close(self) -> None:
        """End all workers, whatever they are doing."""
        for seat in self._seats:
            seat.close()
        for seat in self._seats:
            if seat.is_alive():
                seat.join(5.0)

    def _is_free(self, seat: "_Seat") -> None:
        with self._lock:
            seat.free = True
        self._freed()


class _Seat(threading.Thread):
    """The place of one worker in the pool, and the thread that talks to it."""

    def __init__(self, settings: Settings, is_free: Callable[["_Seat"], None], name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.free = False  # the pool's lock guards it
        self._settings = settings
        self._is_free = is_free
        self._tickets: queue.SimpleQueue[Ticket] = queue.SimpleQueue()
        self._woken, self._waker = multiprocessing.get_context("spawn").Pipe(duplex=False)
        self._closing = threading.Event()
        self._worker: Worker | None = None
        self._successor: Worker | None = None
        self._died_early = 0

    def take(self, ticket: Ticket) -> None:
        """Hand a run over; the seat was free."""
        self._tickets.put(ticket)
        self.wake()

    def wake(self) -> None:
        """Make the thread look at what is new."""
        try:
            self._waker.send_bytes(b"!")
        except OSError:  # closed
            log.debug("%s is closed", self.name)

    def close(self) -> None:
        """Let the thread kill its worker and end."""
        self._closing.set()
        self.wake()

    def processes(self) -> list[int]:
        """Process numbers of the worker and its successor."""
        return [w.process.pid for w in (self._worker, self._successor) if w is not None and w.process.pid]

    def run(self) -> None:
        """Keep a worker ready and let it do what is handed over."""
        try:
            while not self._closing.is_set():
                if not self._has_worker() and self._died_early < GIVE_UP_AFTER:
                    continue
                ticket = self._next_ticket()
                if ticket is not None:
                    self._do(ticket)
        finally:
            for worker in (self._worker, self._successor):
                if worker is not None:
                    worker.kill()
            while not self._tickets.empty():
                self._tickets.get().listener(Cancelled())
            self._waker.close()
            self._woken.close()

    # Having a worker ----------------------------------------------------------------------------------------------

    def _has_worker(self) -> bool:
        """Start a worker if there is none and wait until it is ready; return whether there is one."""
        if self._worker is None:
            self._worker, self._successor = self._successor, None
        if self._worker is None:
            self._worker = self._spawned()
        give_up = monotonic() + START_WITHIN
        while self._worker is not None and not self._worker.ready:
            self._wait(1.0)
            if self._closing.is_set():
                return False
            try:
                self._worker.read()
            except EOFError:
                self._lose()
            else:
                if monotonic() > give_up:
                    self._lose()
        if self._worker is None:
            self._died_early += 1
            log.error("%s: the process ended before it was ready", self.name)
            return False
        self._died_early = 0
        return True

    def _spawned(self) -> Worker | None:
        try:
            return Worker(self._settings, self.name)
        except OSError:
            log.exception("%s cannot be started", self.name)
            return None

    def _lose(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()

    def _renew(self) -> None:
        """Start a successor of a worker that has aged, and put it in its place once it is ready."""
        worker, settings = self._worker, self._settings
        if worker is None:
            return
        aged = worker.runs >= settings.recycle_after or worker.resident > settings.worker_memory
        if self._successor is None:
            if aged and worker.runs:
                self._successor = self._spawned()
            return
        try:
            self._successor.read()
        except EOFError:
            self._successor.kill()
            self._successor = None
            worker.runs = 0  # it goes on; another successor is tried later
            return
        if self._successor.ready:
            self._lose()
            self._worker, self._successor = self._successor, None

    def _wait(self, seconds: float | None) -> None:
        """Wait for a message, the end of a process, or somebody who wakes this thread."""
        ends: list[Any] = [self._woken]
        for worker in (self._worker, self._successor):
            ends += worker.ends if worker is not None else []
        if self._woken in multiprocessing.connection.wait(ends, seconds):
            while self._woken.poll():
                self._woken.recv_bytes()

    # Doing runs ---------------------------------------------------------------------------------------------------

    def _next_ticket(self) -> Ticket | None:
        """Offer the worker and wait for a run; None if the worker died meanwhile, or there was none to begin with."""
        try_again = monotonic() + TRY_AGAIN_AFTER
        self._renew()
        if not self.free:
            self._is_free(self)
        while not self._closing.is_set():
            if not self._tickets.empty():
                return self._tickets.get()
            if self._worker is None:
                self._wait(TRY_AGAIN_AFTER)
                if monotonic() > try_again:
                    self._died_early = 0
                    return None
                continue
            self._wait(None)
            self._renew()
            try:
                self._worker.read()
            except EOFError:
                self._lose()
                return None  # still offered: a run that comes now waits for the next worker
        return None

    def _do(self, ticket: Ticket) -> None:
        """Let the worker do a run; if it dies under it, let another one try once more."""
        for _ in range(2):
            if ticket.cancelled.is_set() or self._closing.is_set():
                ticket.listener(Cancelled())
                return
            if not self._has_worker() or self._worker is None:
                ticket.listener(Failure("no_worker"))
                return
            attempt = Attempt(ticket, self._worker, self._settings, self._wait, self._closing)
            answered = attempt.is_answered()
            if not self._worker.process.is_alive():
                self._lose()
            if answered:
                return
        ticket.listener(Failure("died"))
