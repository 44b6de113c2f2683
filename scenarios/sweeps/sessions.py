"""Sessions of a sweep: one process at a time makes its runs, and notes with which versions of the packages.

The lock is the operating system's: it ends with the process that holds it, however that ends. Reading needs none.
"""

import json
import os
import platform
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from scenarios.result_files import refusal, versions
from scenarios.sweeps.store import SweepStore

LOCK, SESSIONS = "lock", "sessions.jsonl"
_HELD: set[str] = set()
"""Folders whose runs this process makes: a lock of the system holds between processes only."""


class VersionWarning(UserWarning):
    """Packages changed since a sweep was begun; the last digits of its runs may differ."""


@contextmanager
def session(store: SweepStore) -> Iterator[None]:
    """Hold a store while its runs are made.

    Raises
    ------
    InputError : where another process, or another part of this one, makes its runs already.
    """
    with _locked(store.folder):
        _note(store)
        yield


def changed_versions(store: SweepStore) -> dict[str, tuple[str, str]]:
    """Return the packages whose version is another one than when the sweep was begun: then and now."""
    then, now = store.manifest["versions"], versions()
    return {name: (then[name], now[name]) for name in now if name in then and then[name] != now[name]}


def sessions(store: SweepStore) -> list[dict[str, object]]:
    """Return what is noted of each session: when it began, where, and with which versions."""
    try:
        lines = (store.folder / SESSIONS).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:  # the disk was full, or the process was killed
            continue
    return found


def _note(store: SweepStore) -> None:
    changed = changed_versions(store)
    if changed:
        told = ", ".join(f"{name} {then} (now {now})" for name, (then, now) in changed.items())
        message = f"{store.folder}: this sweep was begun with {told}; last digits of the runs may differ"
        warnings.warn(message, VersionWarning, stacklevel=5)
    began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    one = {"began": began, "computer": platform.node(), "process": os.getpid(), "versions": versions()}
    with suppress(OSError), (store.folder / SESSIONS).open("a", encoding="utf-8") as file:
        file.write(f"{json.dumps(one)}\n")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    place = os.path.realpath(folder)
    if place in _HELD:
        raise _refused(folder, "this process")
    _HELD.add(place)
    try:
        with _opened(folder) as file:
            if not _lock(file.fileno()):
                raise _refused(folder, os.pread(file.fileno(), 200, 0).decode(errors="replace") or "another process")
            with suppress(OSError):  # a full disk has no room for a name
                os.ftruncate(file.fileno(), 0)
                os.write(file.fileno(), f"process {os.getpid()} on {platform.node()}".encode())
            yield
            with suppress(OSError):
                os.ftruncate(file.fileno(), 0)
    finally:
        _HELD.discard(place)


def _opened(folder: Path) -> BinaryIO:
    try:
        return (folder / LOCK).open("a+b", buffering=0)
    except OSError as error:
        message = f"it cannot be written ({error.strerror or error})"
        raise refusal(folder, message, "Check the rights of the folder and the room on its disk.") from error


def _lock(descriptor: int) -> bool:
    """Lock an open file; False where another process has. A disk or system without locks has none to respect."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        # Unlike those of flock, these locks are not inherited: a worker that outlives its starter does not keep one.
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return True


def _refused(folder: Path, who: str) -> Exception:
    return refusal(folder, f"its runs are being made already, by {who}", "Wait until that has ended, or end it.")
