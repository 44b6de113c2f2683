"""A dashboard in a process of its own for benchmarks: started with a store in a temporary folder, ended with them."""

import http.client
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STARTS_WITHIN = 120.0
"""Seconds until the server answers."""


@dataclass(frozen=True, slots=True)
class Served:
    """A server that listens.

    Attributes
    ----------
    address : where it does, such as http://127.0.0.1:50000, without a token.
    token : what a session has to show first; empty if nothing.
    pid : number of its process; the workers are its children.
    """

    address: str
    token: str
    pid: int

    def memory(self) -> tuple[float, list[float]]:
        """Return the resident memory of the server and of each of its workers, in MB."""
        return _resident(self.pid), [_resident(pid) for pid in _children(self.pid)]


@contextmanager
def served(*, with_token: bool = False) -> Iterator[Served]:
    """Serve the dashboard on a free port of this computer, with two workers, while the block lasts."""
    token = secrets.token_urlsafe(16) if with_token else ""
    with tempfile.TemporaryDirectory(prefix="quotalab-speed-") as folder:
        command = [sys.executable, "-m", "benchmarks.dashboard_server", folder, *([token] if token else [])]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
            try:
                assert process.stdout is not None
                address = process.stdout.readline().rpartition(" ")[2].strip().partition("/?")[0].rstrip("/")
                if not address.startswith("http"):
                    raise RuntimeError("the dashboard did not start; see above")
                first = http.client.HTTPConnection(address.removeprefix("http://"), timeout=STARTS_WITHIN)
                first.request("GET", "/")  # answered once the application is made
                first.getresponse()
                first.close()
                yield Served(address, token, process.pid)
            finally:
                process.terminate()


def main(folder: str, token: str | None = None) -> None:
    """Serve until told to end, as `quotalab dashboard` does."""
    from dashboard.server import listen, serve
    from dashboard.settings import Settings

    free = listen(Settings(port=0))
    port = free.getsockname()[1]
    free.close()
    serve(Settings(port=port, token=token, runs=Path(folder)))


def _children(pid: int) -> list[int]:
    """Return the direct children of a process; Linux only, elsewhere none is found."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if int(fields[1]) == pid:
            found.append(int(entry.parent.name))
    return found


def _resident(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main(*sys.argv[1:])
