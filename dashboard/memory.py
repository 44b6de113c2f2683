"""How much memory a process has, and a limit to it, where the system offers that."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def resident(process: int | None = None) -> int:
    """Return the resident memory of a process (this one if none is given), in bytes; 0 where it cannot be known."""
    found = _statm(process)
    return found[1] if found else _peak() if process is None else 0


@contextmanager
def limited(more: int | None) -> Iterator[None]:
    """Let this process take so many bytes more than it has now; beyond, allocating raises MemoryError."""
    found = _statm(None)
    if more is None or not found:
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    most = found[0] + more
    if before[1] != resource.RLIM_INFINITY:
        most = min(most, before[1])
    resource.setrlimit(resource.RLIMIT_AS, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _statm(process: int | None) -> tuple[int, int] | None:
    """Return address space and resident memory in bytes, on Linux."""
    try:
        numbers = Path(f"/proc/{process or 'self'}/statm").read_text(encoding="ascii").split()
        page = os.sysconf("SC_PAGE_SIZE")
    except (OSError, AttributeError, ValueError):
        return None
    return int(numbers[0]) * page, int(numbers[1]) * page


def _peak() -> int:
    """Return the most memory that this process had, where that is all that the system tells."""
    try:
        import resource
    except ImportError:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
