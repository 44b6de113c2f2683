"""How many requests of a session, and of all together, may hold a thread of the server while they wait or work long."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Patience:
    """Places for requests that take long; who gets none is answered at once, so that nobody waits for anybody else.

    Parameters
    ----------
    each, in_all : places of one session, and of all sessions together: fewer than the server has threads.
    """

    def __init__(self, each: int, in_all: int) -> None:
        self._each, self._in_all = each, in_all
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def place(self, session: str) -> Iterator[bool]:
        """Take a place for a while and say whether there was one."""
        with self._lock:
            granted = self._taken[session] < self._each and self._taken.total() < self._in_all
            self._taken[session] += granted
        try:
            yield granted
        finally:
            with self._lock:
                self._taken[session] -= granted
                if not self._taken[session]:
                    del self._taken[session]
