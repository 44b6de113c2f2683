"""A pool without processes: runs end when a test says so."""

from collections.abc import Callable
from dataclasses import dataclass, field

from dashboard.attempts import Listener, Ticket
from dashboard.tasks import Cancelled, Failure, Message, Progress, RunRef


def run(key: str, seed: int = 0) -> RunRef:
    return RunRef(base="none", key=key, scenario_key=key, seed=seed, name="none")


@dataclass
class FakePool:
    workers: int = 1
    doing: list[Ticket] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    freed: Callable[[], None] = lambda: None

    def start(self, freed: Callable[[], None] | None = None) -> None:
        assert freed is not None
        self.freed = freed

    @property
    def free(self) -> int:
        return self.workers - len(self.doing)

    def run(self, run: RunRef, listener: Listener) -> Ticket | None:
        if not self.free:
            return None
        ticket = Ticket(run, listener)
        self.doing.append(ticket)
        self.begun.append(run.key)
        return ticket

    def cancel(self, ticket: Ticket) -> None:
        ticket.cancelled.set()

    def tell(self, message: Message, which: int = 0) -> None:
        self.doing[which].listener(message)

    def end(self, message: Message | None = None, which: int = 0) -> None:
        """End a run: as cancelled if it was, with the message, or as failed, which takes no result to make."""
        ticket = self.doing[which]
        ticket.listener(Cancelled() if ticket.cancelled.is_set() else message or Failure("died"))
        self.doing.remove(ticket)
        self.freed()

    def progress(self, done: int, total: int, which: int = 0) -> None:
        self.tell(Progress(done, total), which)
