"""The store of a sweep: a folder with a manifest, the base scenario and its tables, the points, and one part a chunk.

::

    manifest.json  points.parquet  scenario.yaml  inputs/…      written once, before the first run
    parts/000000.parquet …                                      one row a run, a part a chunk of runs
    series/TABLE/000000.parquet …                               tables of runs, where they are kept

Every file appears whole or not at all: it is written beside its place, flushed to the disk and renamed. A part carries
the digest of its sweep, so parts of two sweeps never mix. What is there may be read while more is written.
"""

import hashlib
import io
import json
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from scenarios.loading import load
from scenarios.result_files import (
    MANIFEST,
    PARTIAL,
    FileSet,
    frame_of,
    parquet_of,
    refusal,
    save_whole,
    scenario_document,
    versions,
    write_file,
)
from scenarios.results import INPUTS, input_files
from scenarios.sweeps.base import Base
from scenarios.sweeps.declared import Sweep
from scenarios.sweeps.loading import SweepPlan, seeds_of
from scenarios.sweeps.parameters import Parameter, parameters_of

if TYPE_CHECKING:
    import pandas as pd

FORMAT = "quotalab-sweep"
FORMAT_VERSION = 1
PARTS, POINTS, SCENARIO, SERIES = "parts", "points.parquet", "scenario.yaml", "series"
DIGEST = b"quotalab.sweep"


@dataclass(frozen=True)
class SweepStore:
    """An opened store.

    Attributes
    ----------
    folder : where it is.
    manifest : what it says of itself.
    sweep : the declaration.
    points : one row per point.
    """

    folder: Path
    manifest: Mapping[str, Any]
    sweep: Sweep
    points: "pd.DataFrame"

    @property
    def digest(self) -> str:
        """Hash of everything that decides what the runs are."""
        return str(self.manifest["digest"])

    @property
    def chunk(self) -> int:
        """Runs, or with seeds as needed points, in a chunk."""
        return int(self.manifest["chunk"])

    @property
    def units_of_work(self) -> int:
        """Number of runs, or of points where each has as many seeds as it needs."""
        return len(self.points) if self.adaptive else len(self.points) * len(self.seeds)

    @property
    def chunks(self) -> int:
        """Number of chunks."""
        return -(-self.units_of_work // self.chunk)

    @property
    def adaptive(self) -> bool:
        """Whether a point has as many seeds as an interval needs."""
        return not isinstance(self.sweep.seeds, int | list)

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """Seeds that a point may be run with."""
        return seeds_of(self.sweep)

    @cached_property
    def base(self) -> Base:
        """The scenario that is varied, read from the store's own copy."""
        return Base.of(load(self.folder / SCENARIO))

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """What varies."""
        from scenarios.loading import Origin

        return parameters_of(self.sweep, self.base.plain, Origin("sweep"))[0]

    def extent(self, chunk: int) -> range:
        """Return the runs (or points) of a chunk."""
        return range(chunk * self.chunk, min((chunk + 1) * self.chunk, self.units_of_work))

    def part(self, chunk: int) -> Path:
        """Return the file of a chunk's runs."""
        return self.folder / PARTS / f"{chunk:06d}.parquet"

    def done(self) -> list[int]:
        """Return the chunks whose part is there, in order."""
        return sorted(int(path.stem) for path in (self.folder / PARTS).glob("*.parquet") if path.stem.isdecimal())

    def write(self, chunk: int, runs: "pd.DataFrame", series: "Mapping[str, pd.DataFrame]") -> None:
        """Write a chunk: its series first, so that a part that is there has them too."""
        for name, frame in series.items():
            self._put(self.folder / SERIES / name / f"{chunk:06d}.parquet", frame)
        self._put(self.part(chunk), runs)

    def _put(self, path: Path, frame: "pd.DataFrame") -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = (
            path.parent / f".{path.stem}.{os.uname().nodename if os.name == 'posix' else ''}-{os.getpid()}{PARTIAL}"
        )
        try:
            partial.unlink(missing_ok=True)
            write_file(partial, part_bytes(frame, self.digest))
            os.replace(partial, path)  # noqa: PTH105 - says what it does
            FileSet.settle(path.parent)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise

    def read(self, chunk: int) -> "pd.DataFrame | None":
        """Return a chunk's runs; None where the part is missing, damaged or another sweep's."""
        return _read(self.part(chunk), self.digest)

    def read_series(self, name: str, chunk: int) -> "pd.DataFrame | None":
        """Return a chunk's rows of a table."""
        return _read(self.folder / SERIES / name / f"{chunk:06d}.parquet", self.digest)

    def tidy(self) -> None:
        """Remove what interrupted writers left; only while nobody writes."""
        for path in self.folder.rglob(f".*{PARTIAL}"):
            path.unlink(missing_ok=True)


def part_bytes(frame: "pd.DataFrame", digest: str) -> bytes:
    """Return a table as a Parquet file that carries the digest of its sweep; the same table gives the same bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata({DIGEST: digest.encode()})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def _read(path: Path, digest: str) -> "pd.DataFrame | None":
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(path.read_bytes()))
    except (OSError, pa.ArrowException):
        return None
    if (table.schema.metadata or {}).get(DIGEST, b"").decode() != digest:
        return None
    return table.to_pandas()


def create(plan: SweepPlan, folder: str | os.PathLike[str], chunk: int) -> SweepStore:
    """Write the store of a sweep that has not begun: all of it, or nothing.

    Raises
    ------
    InputError : if the folder exists already or the disk does not take the files.
    """
    inputs = input_files(plan.base.scenario)
    digest = digest_of(plan)

    def write(target: Path) -> None:
        files = FileSet(target)
        for name, content in inputs.items():
            files.add(f"{INPUTS}/{name}", content)
        files.add(SCENARIO, scenario_document(plan.base.scenario, inputs, INPUTS))
        files.add(POINTS, parquet_of(plan.points))
        (target / PARTS).mkdir()
        manifest = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "name": plan.sweep.name,
            "sweep": plan.sweep.model_dump(mode="json", by_alias=True),
            "digest": digest,
            "chunk": chunk,
            "versions": versions(),
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "files": files.listed,
        }
        files.seal()
        write_file(target / MANIFEST, FileSet.manifest_text(manifest).encode())
        files.seal()

    save_whole(folder, write)
    return open_store(folder)


def digest_of(plan: SweepPlan) -> str:
    """Return the hash of everything that decides what the runs are: scenario, tables, points, seeds, what is kept.

    Names and paths of files do not count, nor does the way in which the points were declared.
    """
    inputs = input_files(plan.base.scenario)
    plain = {**plan.base.plain, "population": {"files": {name: _sha(data) for name, data in inputs.items()}}}
    rest = {key: value for key, value in plan.base.plain["population"].items() if key not in PATH_KEYS}
    keep = {"parameters", "seeds", "outcomes", "series"}
    declared = plan.sweep.model_dump(mode="json", by_alias=True)
    content = {
        "scenario": plain,
        "population": rest,
        "declared": {key: declared[key] for key in sorted(keep & set(declared))},
        "parameters": [[one.name, one.path, one.role, list(map(str, one.values)), one.data] for one in plan.parameters],
        "points": _sha(part_bytes(plan.points, "")),
        "version": versions()["quotalab"],
    }
    return _sha(json.dumps(content, sort_keys=True, ensure_ascii=False).encode())


PATH_KEYS = ("folder", "firms", "measures")


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def open_store(folder: str | os.PathLike[str]) -> SweepStore:
    """Open a store, begun or finished.

    Raises
    ------
    InputError : if it is none, was damaged, or comes from a newer version.
    """
    path = Path(folder)
    files = FileSet(path)
    manifest = files.read_manifest(FORMAT, FORMAT_VERSION)
    contents = files.read(manifest)
    try:
        sweep = Sweep.model_validate_json(json.dumps(manifest["sweep"]), strict=True)
        points = frame_of(contents[POINTS])
    except (ValidationError, KeyError, ValueError, OSError) as error:
        remedy = "Open it with the version named in its manifest, or run the sweep again in another folder."
        raise refusal(path / MANIFEST, f"its content is not of this format ({error})", remedy) from error
    return SweepStore(path, manifest, sweep, points)


def continue_in(plan: SweepPlan, folder: str | os.PathLike[str]) -> SweepStore:
    """Open the store of a sweep that was begun and is to go on.

    Raises
    ------
    InputError : if the folder holds another sweep, or one of another version.
    """
    store = open_to_go_on(folder)
    if store.digest != digest_of(plan):
        what = ", ".join(_changed(store, plan)) or "its scenario or one of its tables"
        message = f"it holds another sweep: {what} changed since it was begun"
        remedy = "Undo the change to go on, or run the changed sweep in another folder."
        raise refusal(store.folder, message, remedy)
    return store


def open_to_go_on(folder: str | os.PathLike[str]) -> SweepStore:
    """Open a store to make the runs that are missing; raises InputError where another version began it."""
    store = open_store(folder)
    mine, theirs = versions()["quotalab"], store.manifest["versions"]["quotalab"]
    if mine != theirs:
        message = f"it was begun with version {theirs}, and this is {mine}"
        raise refusal(store.folder, message, "Go on with that version, or run the sweep again in another folder.")
    return store


def _changed(store: SweepStore, plan: SweepPlan) -> Sequence[str]:
    then = store.manifest["sweep"]
    now = plan.sweep.model_dump(mode="json", by_alias=True)
    return [key for key in now if key not in {"name", "sweep"} and then.get(key) != now[key]]


def remove_parts(store: SweepStore, chunks: Sequence[int]) -> None:
    """Remove the parts of chunks, which are run again."""
    for chunk in chunks:
        store.part(chunk).unlink(missing_ok=True)


def free_space(folder: Path) -> int:
    """Return the bytes that are free where a folder is, or would be."""
    path = folder.absolute()
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free
