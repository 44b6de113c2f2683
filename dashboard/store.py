"""Results: in memory while there is room, and in folders that the command line opens like its own."""

import hashlib
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.errors import InputError, Problem
from scenarios.result_files import COMMANDS, FORMAT, MANIFEST, PARTIAL, FileSet, kind_of, versions
from scenarios.schema import Scenario

if TYPE_CHECKING:
    from scenarios.results import RunResult

SESSIONS = "sessions"
MOST_LISTED = 500
MOST_SEEN = 10_000
"""Folders whose manifests are remembered."""
LONGEST_NAME = 200
SWEEP = "quotalab-sweep"
KINDS = {FORMAT: "run", "quotalab-comparison": "comparison", SWEEP: "sweep"}


def scenario_key(scenario: Scenario) -> str:
    """Return a hash of what a scenario is: its whole document, the content of its tables and the version."""
    from scenarios.results import input_files

    return _key_of(scenario, input_files(scenario), versions()["quotalab"])


def run_key(scenario: Scenario, seed: int) -> str:
    """Return the name of a run: a hash of its scenario, as `scenario_key` gives it, and the seed."""
    return seeded(scenario_key(scenario), seed)


def seeded(key: str, seed: int) -> str:
    """Return the name of the run of a scenario, given by its key, with a seed."""
    return hashlib.sha256(f"{key} {int(seed)}".encode()).hexdigest()


def _key_of(scenario: Scenario, inputs: Mapping[str, bytes], version: str) -> str:
    plain = {
        "scenario": scenario.model_dump(mode="json", by_alias=True),
        "inputs": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(inputs.items())},
        "version": version,
    }
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Entry:
    """One folder of a session.

    Attributes
    ----------
    folder : its name.
    kind : ``run``, ``comparison``, ``sweep`` or ``damaged``.
    name : of the scenario; of a comparison, what was compared.
    seeds : one of a run, all of a comparison.
    when : time of writing, in UTC, such as 2026-11-24T12:00:00Z; empty if damaged.
    problem : what is wrong with a damaged one.
    """

    folder: str
    kind: str
    name: str = ""
    seeds: tuple[int, ...] = ()
    when: str = ""
    problem: Problem | None = None


class Store:
    """The results of all sessions.

    Parameters
    ----------
    root : folder of the runs; made when the first one is written.
    most_bytes : memory for results; the last one stays in any case.
    apart : whether each session has a folder of its own; otherwise all share ``root``.
    """

    def __init__(self, root: Path, most_bytes: int, *, apart: bool = False) -> None:
        self._root, self._most, self._apart = Path(root), most_bytes, apart
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[str, str], tuple[RunResult, int]] = OrderedDict()
        self._bytes = 0
        self._seen: dict[Path, tuple[int, Entry]] = {}

    @property
    def bytes(self) -> int:
        """Estimated memory of the results that are held."""
        return self._bytes

    # In memory ----------------------------------------------------------------------------------------------------

    def put(self, session: str, key: str, result: "RunResult") -> None:
        """Hold a result in memory; those used longest ago make room."""
        size = estimated_bytes(result)
        with self._lock:
            self._bytes -= self._held.pop((session, key), (None, 0))[1]
            self._held[session, key] = result, size
            self._bytes += size
            while self._bytes > self._most and len(self._held) > 1:
                self._bytes -= self._held.popitem(last=False)[1][1]

    def held(self, session: str, key: str) -> "RunResult | None":
        """Return a result if it is in memory."""
        with self._lock:
            found = self._held.get((session, key))
            if found is None:
                return None
            self._held.move_to_end((session, key))
            return found[0]

    def get(self, session: str, key: str, name: str, seed: int) -> "RunResult | None":
        """Return a result from memory or else from the session's folder, None if it is in neither.

        What is on disk counts only if it is whole and its own content gives the same key.

        Parameters
        ----------
        key : as `run_key` gives it.
        name, seed : of the scenario and the run; they are part of the folder's name.
        """
        from scenarios.results import RunResult

        result = self.held(session, key)
        if result is not None:
            return result
        for path in self._candidates(session, key, name, seed):
            try:
                result = RunResult.open(path)
            except (InputError, OSError):
                continue  # `folders` lists it with its problem
            if key == self._key_on_disk(result):
                self.put(session, key, result)
                return result
        return None

    @staticmethod
    def _key_on_disk(result: "RunResult") -> str:
        version = result.manifest.get("versions", {}).get("quotalab", "")
        return seeded(_key_of(result.scenario, result.inputs, version), result.seed)

    # In folders ---------------------------------------------------------------------------------------------------

    def folder(self, session: str) -> Path:
        """Return the folder of a session, which need not be there yet."""
        if not self._apart:
            return self._root
        return self._root / SESSIONS / hashlib.sha256(session.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def target(self, session: str, key: str, name: str, seed: int) -> Path:
        """Return where a run is to be written: ``NAME-SEED-HASH``, numbered if something is in the way."""
        stem = self.folder(session) / _plain(f"{name}-{seed}-{key[:8]}")
        target, count = stem, 1
        while os.path.lexists(target):
            count += 1
            target = stem.with_name(f"{stem.name}-{count}")
        return target

    def _candidates(self, session: str, key: str, name: str, seed: int) -> list[Path]:
        stem = _plain(f"{name}-{seed}-{key[:8]}")
        try:
            found = sorted(self.folder(session).glob(f"{stem}*"))
        except OSError:
            return []
        named = (path for path in found if path.name == stem or path.name.removeprefix(f"{stem}-").isdecimal())
        return [path for path in named if path.is_dir() and not path.is_symlink()]

    def path(self, session: str, name: str) -> Path:
        """Return the path of one folder of a session by its name; InputError if the name could lead anywhere else."""
        folder = self.folder(session)
        path = folder / _plain(name)
        if path.is_symlink() or not _inside(path, folder):
            raise _refusal(name)
        return path

    def open(self, session: str, name: str) -> "RunResult":
        """Return the run in a folder of the session, whoever wrote it; InputError if it is not whole."""
        from scenarios.results import RunResult

        return RunResult.open(self.path(session, name))

    def folders(self, session: str) -> list[Entry]:
        """Return the runs and comparisons in a session's folder, the newest first; damaged ones are last."""
        folder = self.folder(session)
        try:
            names = [path.name for path in folder.iterdir() if path.is_dir()]
        except OSError:
            return []  # nothing was written yet
        entries = []
        for name in sorted(names):
            if name.startswith(".") or name.endswith(PARTIAL) or name == SESSIONS:
                continue
            try:
                entries.append(self._entry(self.path(session, name)))
            except InputError:
                continue  # a link to somewhere else, or a name that no browser may send
        return sorted(entries, key=lambda entry: entry.when, reverse=True)[:MOST_LISTED]

    def _entry(self, path: Path) -> Entry:
        """Return what a folder is, from its manifest; an unchanged manifest is read once."""
        try:
            stamp = (path / MANIFEST).stat().st_mtime_ns
        except OSError:
            stamp = 0
        seen = self._seen.get(path)
        if seen is None or seen[0] != stamp:
            if len(self._seen) >= MOST_SEEN:
                self._seen.clear()
            seen = self._seen[path] = stamp, _read_entry(path)
        return seen[1]


def estimated_bytes(result: "RunResult") -> int:
    """Return the memory of a result; text columns repeat few words, so they count by their references.

    A scenario takes some 40 kB, and each table 10 kB beside its values.
    """
    frames = sum(int(frame.memory_usage(deep=False).sum()) for frame in result.tables.values())
    return frames + sum(map(len, result.inputs.values())) + 40_000 + 10_000 * len(result.tables)


def _plain(name: str) -> str:
    """Return a name that names something in a folder and nowhere else; InputError if it is any other."""
    odd = not name or len(name) > LONGEST_NAME or name.startswith((".", " ")) or name.endswith((".", " "))
    odd = odd or any(character in '/\\:*?"<>|[]' or not character.isprintable() for character in name)
    if odd or name == SESSIONS:
        raise _refusal(name)
    return name


def _refusal(name: str) -> InputError:
    what = "this is not the name of a folder of this session"
    return InputError([Problem(name[:LONGEST_NAME], 0, "run", what, "Choose one from the list.")])


def _inside(path: Path, folder: Path) -> bool:
    try:
        return path.resolve().parent == folder.resolve()
    except (OSError, ValueError, RuntimeError):  # too long, NUL, a circle of links
        return False


def _seeds_of_sweep(declared: Any) -> list[int]:
    """Return the seeds that every point of a sweep has; where it has as many as it needs, the fewest."""
    if isinstance(declared, list):
        return declared
    return list(range(declared["least"] if isinstance(declared, dict) else declared))


def _read_entry(path: Path) -> Entry:
    kind = kind_of(path)
    try:
        manifest: dict[str, Any] = FileSet(path).read_manifest(kind if kind in COMMANDS else FORMAT)
        if kind == SWEEP:
            seeds = _seeds_of_sweep(manifest["sweep"]["seeds"])
        else:
            seeds = manifest["seeds"] if kind != FORMAT else [manifest["seed"]]
        when = str(manifest["created"])
        return Entry(path.name, KINDS[kind], str(manifest["name"]), tuple(map(int, seeds)), when)
    except InputError as error:
        return Entry(path.name, "damaged", problem=replace(error.problems[0], file=path.name))
    except (KeyError, TypeError, ValueError):
        problem = Problem(path.name, 0, "result", "it lacks name, seed or time", "Run the scenario again.")
        return Entry(path.name, "damaged", problem=problem)
