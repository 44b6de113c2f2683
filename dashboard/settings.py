"""What the operator of a dashboard decides: where it listens, where it writes, and how much it lets anybody use."""

from dataclasses import dataclass
from pathlib import Path

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one server; they do not change while it runs.

    Attributes
    ----------
    address, port : where the server listens.
    token : secret that a browser has to show first; without one there is a single user, who needs none.
    apart : whether sessions are kept apart; a server with a token always does that.
    runs : folder of saved runs. A single user's runs lie in it, everybody else's in ``sessions`` beneath it.
    workers : processes that run scenarios.
    queue_per_session : most runs of one session that may wait.
    queue_in_all : most runs that may wait, of all sessions together.
    running_per_session : runs of one session that may be under way while another session waits.
    result_bytes : memory for results, in bytes; those used longest ago leave it first.
    documents : own documents that a session may keep; the one used longest ago leaves first.
    upload_bytes : largest file that can be brought in, in bytes.
    recycle_after : runs after which a worker is replaced.
    worker_memory : resident memory above which a worker is replaced after its run, in bytes.
    run_seconds : longest time that a run may take, in seconds; no limit if not given.
    run_memory : memory that a run may take beside what an idle worker has, in bytes; no limit if not given.
    most_work : largest run that may be asked for, in orders (`scenarios.work.work_of`).
    sessions : most sessions at a time; the one used longest ago is forgotten first.
    idle_seconds : time after which a session that is not used is forgotten, in seconds.
    requests_per_second : requests that a session may make a second in the long run.
    burst : requests that a session may make at once.
    https : whether browsers reach the server by https, so that cookies are sent by nothing else.
    hosts : further names, beside the address, by which browsers may call a server without a token.
    """

    address: str = "127.0.0.1"
    port: int = 8050
    token: str | None = None
    apart: bool = False
    runs: Path = Path("runs")
    workers: int = 2
    queue_per_session: int = 100
    queue_in_all: int = 2000
    running_per_session: int = 1
    result_bytes: int = 512 * MEBIBYTE
    documents: int = 50
    upload_bytes: int = MEBIBYTE
    recycle_after: int = 200
    worker_memory: int = 1024 * MEBIBYTE
    run_seconds: float | None = None
    run_memory: int | None = 4096 * MEBIBYTE
    most_work: float = 100e6
    sessions: int = 1000
    idle_seconds: float = 7 * 24 * 3600.0
    requests_per_second: float = 30.0
    burst: int = 200
    https: bool = False
    hosts: tuple[str, ...] = ()
