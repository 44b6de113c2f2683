"""A dashboard in a process of its own, as `quotalab dashboard` serves it, on a free port of this computer."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# It ends when its standard input does: no server is left behind by tests that were killed.
CODE = """
import os, signal, sys, threading
from pathlib import Path
from dashboard.server import serve
from dashboard.settings import Settings
threading.Thread(target=lambda: (sys.stdin.read(), os.kill(os.getpid(), signal.SIGTERM)), daemon=True).start()
serve(Settings(runs=Path(sys.argv[1]), token=sys.argv[2] or None, port=0))
"""


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs: where it is, its process, its folder of runs and what it logs."""

    url: str
    pid: int
    runs: Path
    log: Path

    @property
    def workers(self) -> list[int]:
        """The processes that run scenarios."""
        every = [path.read_text() for path in Path(f"/proc/{self.pid}/task").glob("*/children")]
        pids = [int(pid) for text in every for pid in text.split()]
        return [pid for pid in pids if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()]


@contextmanager
def served(folder: Path, token: str = "") -> Iterator[Served]:
    """Serve a dashboard while the block runs."""
    runs, log = folder / "runs", folder / "server.log"
    with log.open("w") as errors:
        server = subprocess.Popen(
            [sys.executable, "-c", CODE, str(runs), token], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=errors, text=True,
        )  # fmt: skip
        try:
            line = server.stdout.readline()
            if not line.startswith("QuotaLab: "):
                raise RuntimeError(f"the server did not start: {log.read_text()}")
            yield Served(line.split()[1].partition("?")[0].rstrip("/"), server.pid, runs, log)
        finally:
            server.terminate()
            try:
                server.wait(30)
            finally:
                server.kill()
                server.wait()
                server.stdin.close()
                server.stdout.close()
