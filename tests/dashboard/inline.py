"""A pool that runs scenarios at once, in threads of this process: for tests of what is around it."""

import threading
from pathlib import Path
from typing import Any

from dashboard.attempts import Listener, Ticket
from dashboard.laboratory import Laboratory
from dashboard.settings import Settings
from dashboard.tasks import Cancelled, Failure, Finished, Kept, RunRef
from dashboard.worker_process import _scenario
from scenarios.runner import run


class InlinePool:
    """Runs everything at once; or holds what it is given until it is told to go on."""

    def __init__(self, *, hold: bool = False) -> None:
        self.hold, self.held, self.done = hold, [], []
        self.free = 1000

    def start(self, freed: Any = None) -> None:
        self.freed = freed

    def run(self, ref: RunRef, listener: Listener) -> Ticket:
        ticket = Ticket(ref, listener)
        if self.hold:
            self.held.append(ticket)
        else:
            threading.Thread(target=self._do, args=(ticket,)).start()  # the queue is not ready for an answer yet
        return ticket

    def go_on(self) -> None:
        while self.held:
            self._do(self.held.pop(0))

    def fail(self, code: str) -> None:
        while self.held:
            self.held.pop(0).listener(Failure(code))

    def cancel(self, ticket: Ticket) -> None:
        if ticket in self.held:
            self.held.remove(ticket)
            ticket.listener(Cancelled())

    def close(self) -> None:
        pass

    def _do(self, ticket: Ticket) -> None:
        self.done.append(ticket.run)
        ticket.listener(Finished(run(_scenario(ticket.run), ticket.run.seed)))
        ticket.listener(Kept(ticket.run.folder))


def laboratory(folder: Path, *, hold: bool = False, **settings: Any) -> Laboratory:
    """Return a laboratory whose runs are done at once."""
    return Laboratory(Settings(runs=folder, **settings), InlinePool(hold=hold))  # type: ignore[arg-type]
