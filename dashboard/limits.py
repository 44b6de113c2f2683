"""Sessions and how much each may ask for, in memory and bounded: what was used longest ago is forgotten first."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic


class Sessions:
    """Sessions by name, each with a bucket of requests that fills again with time.

    Parameters
    ----------
    most : how many are remembered.
    idle : seconds after which one that is not used is forgotten.
    rate, burst : requests a second in the long run, and at once.
    """

    def __init__(self, most: int, idle: float, rate: float, burst: int, clock: Callable[[], float] = monotonic) -> None:
        self._most, self._idle, self._rate, self._burst, self._clock = most, idle, rate, burst, clock
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()  # requests left, time of the last one
        self._lock = threading.Lock()

    def __len__(self) -> int:
        with self._lock:
            self._forget()
            return len(self._known)

    def allow(self, name: str) -> bool:
        """Return whether one more request is allowed now, and count it."""
        with self._lock:
            now = self._clock()
            left, last = self._enter(name)
            left = min(float(self._burst), left + (now - last) * self._rate)
            allowed = left >= 1.0
            self._known[name] = (left - 1.0 if allowed else left), now
            return allowed

    def _enter(self, name: str) -> tuple[float, float]:
        self._forget()
        found = self._known.setdefault(name, (float(self._burst), self._clock()))
        self._known.move_to_end(name)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return found

    def _forget(self) -> None:
        before = self._clock() - self._idle
        while self._known and next(iter(self._known.values()))[1] < before:
            self._known.popitem(last=False)


class Attempts:
    """Wrong tokens by address: after some, an address has to wait, twice as long each time."""

    def __init__(
        self, free: int = 5, longest: float = 600.0, most: int = 10_000, clock: Callable[[], float] = monotonic
    ) -> None:
        self._free, self._longest, self._most, self._clock = free, longest, most, clock
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()  # how many, and until when to wait
        self._lock = threading.Lock()

    def allowed(self, address: str) -> bool:
        """Return whether an address may show a token now."""
        with self._lock:
            return self._wrong.get(address, (0, 0.0))[1] <= self._clock()

    def wrong(self, address: str) -> None:
        """Count a wrong token."""
        with self._lock:
            count = self._wrong.pop(address, (0, 0.0))[0] + 1
            wait = 0.0 if count < self._free else min(self._longest, 2.0 ** min(count - self._free, 20))
            self._wrong[address] = count, self._clock() + wait
            while len(self._wrong) > self._most:
                self._wrong.popitem(last=False)

    def right(self, address: str) -> None:
        """Forget the wrong tokens of an address."""
        with self._lock:
            self._wrong.pop(address, None)
