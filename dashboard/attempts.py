"""One worker process as the server sees it, and one run in it: messages, limits, stopping, dying."""

import logging
import multiprocessing
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from dashboard.memory import resident
from dashboard.settings import Settings
from dashboard.tasks import Cancelled, Failure, Finished, Kept, Message, Progress, Ready, RunRef
from dashboard.worker_process import STOP, work

LOOK_EVERY = 0.1
"""Seconds between two looks at a run's limits."""
KILL_AFTER = 1.0
"""Seconds that a run has to stop by itself."""
SAVE_WITHIN = 60.0
"""Seconds that a worker has to write a result."""

log = logging.getLogger(__name__)
Listener = Callable[[Message], None]


@dataclass(eq=False, slots=True)
class Ticket:
    """A run in the hands of the pool."""

    run: RunRef
    listener: Listener
    cancelled: threading.Event = field(default_factory=threading.Event)
    wake: Callable[[], None] = lambda: None


class Worker:
    """One process, seen from the server.

    Attributes
    ----------
    ready : whether it has loaded everything and can take a run.
    runs : runs that it has done.
    resident : resident memory when it last had nothing to do, in bytes.
    """

    def __init__(self, settings: Settings, name: str) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs, settings.run_memory), name=name, daemon=True)
        self.ready = False
        self.runs = 0
        self.resident = 0
        try:
            self.process.start()
        except BaseException:
            self.pipe.close()
            raise
        finally:
            theirs.close()  # or the pipe would not end when the process does

    @property
    def ends(self) -> list[Any]:
        """What to wait for: a message or the end of the process."""
        return [self.pipe, self.process.sentinel]

    def read(self) -> Message | None:
        """Return the next message, None if there is none yet; EOFError when the process is gone."""
        try:
            message: Message | None = self.pipe.recv() if self.pipe.poll() else None
        except Exception as error:  # the end of the pipe, or of the process in the middle of a message
            raise EOFError from error
        if message is None and not self.process.is_alive() and not self.pipe.poll():
            raise EOFError
        if isinstance(message, Ready):
            self.ready, self.resident = True, message.resident
        return message

    def tell(self, order: RunRef | str) -> None:
        """Send a run or `STOP`; that the process is gone is found when reading."""
        try:
            self.pipe.send(order)
        except OSError:
            log.warning("%s is gone", self.process.name)

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.join(5.0)
        self.pipe.close()


class Attempt:
    """A run in a worker, until the worker is ready for the next one or has been killed.

    Parameters
    ----------
    ticket, worker, settings : the run, who does it, and its limits.
    wait : waits for a message, for the end of the process or for being woken, so many seconds at most.
    closing : whether the pool is being closed.
    """

    def __init__(
        self,
        ticket: Ticket,
        worker: Worker,
        settings: Settings,
        wait: Callable[[float], None],
        closing: threading.Event,
    ) -> None:
        self.ticket, self.worker, self.settings, self.wait, self.closing = ticket, worker, settings, wait, closing
        self.begun = monotonic()
        self.told_to_stop: float | None = None
        self.saving_since: float | None = None
        self.answered = False
        self.over = False  # the worker has nothing more to do with the run

    def is_answered(self) -> bool:
        """Do the run; return False if the process died under it, so that it may be tried once more.

        If the worker is lost, it is killed; the caller sees that it is no longer alive.
        """
        self.worker.tell(self.ticket.run)
        while not self.over:
            self.wait(LOOK_EVERY)
            try:
                while not self.over and (message := self.worker.read()) is not None:
                    self._hear(message)
            except EOFError:
                return self._died()
            if not self.over:
                self._look(monotonic())
        return True

    def _hear(self, message: Message) -> None:
        if isinstance(message, Ready):
            self.worker.runs += 1
            self.over = True
            return
        if isinstance(message, Progress):
            if not self.ticket.cancelled.is_set():
                self.ticket.listener(message)
            return
        if isinstance(message, Kept):
            self.saving_since = None
        elif isinstance(message, Finished) and self.ticket.run.folder:
            self.saving_since = monotonic()
        self.answered = True
        self.ticket.listener(message)

    def _look(self, now: float) -> None:
        """Stop or kill a run that is not wanted any more or takes more than it may."""
        settings = self.settings
        if self.closing.is_set():
            self._end(Cancelled(), now)
        elif self.answered:
            if self.saving_since is not None and now - self.saving_since > SAVE_WITHIN:
                self.worker.kill()
                self._died()
                self.over = True
        elif self.told_to_stop is not None:
            if now - self.told_to_stop > KILL_AFTER:
                self._end(Cancelled(), now)
        elif self.ticket.cancelled.is_set():
            self.told_to_stop = now
            self.worker.tell(STOP)
        elif settings.run_seconds is not None and now - self.begun > settings.run_seconds:
            self._end(Failure("seconds", {"seconds": settings.run_seconds}), now)
        elif settings.run_memory is not None and self._taken() > settings.run_memory:
            self._end(Failure("memory", {"bytes": settings.run_memory}), now)

    def _taken(self) -> int:
        """Return the memory that the run takes by now; its process limits itself too, where it can."""
        return resident(self.worker.process.pid) - self.worker.resident

    def _end(self, message: Message, now: float) -> None:
        self.worker.kill()
        log.warning("%s was ended after %.1f s", self.worker.process.name, now - self.begun)
        self.over = True
        if not self.answered:
            self.answered = True
            self.ticket.listener(message)

    def _died(self) -> bool:
        """Say what is left to say of a run whose process has gone; return False if the run has no answer yet."""
        if self.saving_since is not None:
            self.ticket.listener(Kept(failure=Failure("not_kept_died")))
        if not self.answered and self.ticket.cancelled.is_set():
            self.ticket.listener(Cancelled())
            return True
        return self.answered
