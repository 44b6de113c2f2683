"""The files of a saved result: Parquet with units, a manifest that lists every file, and the checks of both."""

import hashlib
import io
import json
import os
import platform
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.errors import InputError, Problem
from scenarios.schema import Scenario, SyntheticPopulation

if TYPE_CHECKING:
    import pandas as pd

FORMAT = "quotalab-result"
FORMAT_VERSION = 1
COMMANDS = {
    FORMAT: "quotalab run", "quotalab-comparison": "quotalab compare", "quotalab-sweep": "quotalab sweep",
    "quotalab-search": "quotalab search", "quotalab-calibration": "quotalab calibrate",
    "quotalab-dossier": "quotalab dossier",
}  # fmt: skip
"""The commands that write folders, by the format that their manifests name."""
MANIFEST = "manifest.json"
PARTIAL = ".partial"
UNITS = b"quotalab.units"
PACKAGES = ("quotalab", "mesa", "numba", "numpy", "pandas", "pyarrow", "pydantic", "scipy")
LARGEST_MANIFEST = 20_000_000


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that results depend on."""
    return dict(_installed())


@cache
def _installed() -> dict[str, str]:
    """Return the same; what is installed is read once, as it takes milliseconds and each run asks several times."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def content_hash(tables: "Mapping[str, pd.DataFrame]") -> str:
    """Return a hash of table names, column names, types and values; the same on every machine and in every process.

    Whole numbers count as 64-bit integers and real ones as 64-bit floats, every NaN and every zero as one; text counts
    by order of first appearance and code. Times, paths and units are not part of it.
    """
    digest = hashlib.sha256()
    for name in sorted(tables):
        frame = tables[name]
        digest.update(json.dumps([name, len(frame), list(map(str, frame.columns))]).encode())
        for column in frame.columns:
            for part in _canonical(frame[column]):
                digest.update(len(part).to_bytes(8, "little"))
                digest.update(part)
    return digest.hexdigest()


def _canonical(column: "pd.Series[Any]") -> tuple[bytes, ...]:
    import pandas as pd

    kind = getattr(column.dtype, "kind", "O")
    if kind == "b":
        return b"bool", column.to_numpy(dtype=np.uint8).tobytes()
    if kind in "iu":
        return b"int", column.to_numpy(dtype="<i8").tobytes()
    if kind == "f":
        values = column.to_numpy(dtype="<f8") + 0.0  # −0 becomes 0
        values[np.isnan(values)] = np.nan
        return b"float", values.tobytes()
    codes, words = pd.factorize(column)
    return b"text", codes.astype("<i8").tobytes(), json.dumps([str(word) for word in words]).encode()


def parquet_of(frame: "pd.DataFrame") -> bytes:
    """Return a table as a Parquet file that carries the units of its columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    units = json.dumps(frame.attrs.get("units", {}), ensure_ascii=False).encode()
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), UNITS: units})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def frame_of(content: bytes) -> "pd.DataFrame":
    """Return the table of a Parquet file with its units; ValueError where it is none."""
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(content))
    frame = table.to_pandas()
    frame.attrs = {"units": json.loads((table.schema.metadata or {}).get(UNITS, b"{}"))}
    return frame


def scenario_document(scenario: Scenario, inputs: Mapping[str, bytes], folder: str) -> bytes:
    """Return the scenario with every default written out; its tables are the copies in ``folder``."""
    from ruamel.yaml import YAML

    plain = scenario.model_dump(mode="json", by_alias=True)
    if inputs:
        where = {"folder": folder} if isinstance(scenario.population, SyntheticPopulation) else {}
        where = where or {"firms": f"{folder}/firms.csv", "measures": f"{folder}/measures.csv"}
        plain["population"] = {**plain["population"], **where}
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.allow_unicode = True
    writer.sort_base_mapping_type_on_output = False
    writer.width = 4_096
    sink = io.BytesIO()
    writer.dump(plain, sink)
    return sink.getvalue()


def write_file(path: Path, content: bytes) -> None:
    """Write a new file and wait until the disk has it."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@dataclass(slots=True)
class FileSet:
    """The files of one result folder and what the manifest says of each."""

    folder: Path
    listed: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, name: str, content: bytes) -> None:
        """Write a file and note its size and hash."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, content)
        self.listed[name] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    def seal(self) -> None:
        """Wait until the disk has the names of the files too."""
        for path in (self.folder, *(path for path in self.folder.rglob("*") if path.is_dir())):
            self.settle(path)

    @staticmethod
    def settle(folder: Path) -> None:
        """Wait until the disk has the entries of a folder (where the system can say so)."""
        if os.name == "posix":
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    @staticmethod
    def manifest_text(manifest: Mapping[str, Any]) -> str:
        """Return the manifest as text, with a hash of itself."""
        own = {key: value for key, value in manifest.items() if key != "checksum"}
        return json.dumps({**own, "checksum": _checksum(own)}, ensure_ascii=False, indent=1)

    def read_manifest(self, kind: str = FORMAT, newest: int = FORMAT_VERSION) -> dict[str, Any]:
        """Return the manifest; raise InputError if the folder holds no whole result that this version can read.

        Parameters
        ----------
        kind, newest : the name of the format and its newest version.
        """
        folder, path = self.folder, self.folder / MANIFEST
        if not folder.is_dir():
            raise refusal(folder, "there is no such folder", "Check the path; a result is the folder that a run wrote.")
        if folder.name.endswith(PARTIAL):
            raise refusal(folder, "it is what an interrupted run left", "Remove it and run the scenario again.")
        if not path.is_file():
            remedy = f"Give the folder that `{COMMANDS[kind]}` wrote; if it was interrupted, run the scenario again."
            raise refusal(folder, f"it holds no {MANIFEST}, so it is no result", remedy)
        damaged = "Run the scenario again, or restore the folder from a copy."
        try:
            with path.open("rb") as file:
                manifest = json.loads(file.read(LARGEST_MANIFEST))
        except (ValueError, RecursionError) as error:
            raise refusal(path, "it is damaged or cut off", damaged) from error
        except OSError as error:
            raise refusal(path, f"it cannot be read ({error.strerror})", "Check the rights of the folder.") from error
        if not isinstance(manifest, dict) or manifest.get("format") != kind:
            found = manifest.get("format") if isinstance(manifest, dict) else None
            if found in COMMANDS:
                message = f"it was written by `{COMMANDS[found]}`"
                raise refusal(path, message, f"Give the folder that `{COMMANDS[kind]}` wrote.")
            raise refusal(path, "it belongs to another program", f"Give the folder that `{COMMANDS[kind]}` wrote.")
        form = manifest.get("format_version")
        if isinstance(form, int) and form > newest:
            made = manifest.get("versions", {}).get("quotalab", "newer") if isinstance(manifest, dict) else "newer"
            message = f"it has result format {form}, and this version reads {newest}"
            raise refusal(path, message, f"Upgrade QuotaLab (the result was made by {made}).")
        if form != newest or manifest.pop("checksum", None) != _checksum(manifest):
            raise refusal(path, "it was changed or damaged after it was written", damaged)
        return manifest

    def read(self, manifest: Mapping[str, Any]) -> dict[str, bytes]:
        """Return the content of every listed file; raise InputError naming all that are missing or changed."""
        contents: dict[str, bytes] = {}
        problems: list[Problem] = []
        for name, entry in manifest["files"].items():
            path = self.folder / name
            parts = PurePosixPath(name)
            fault = ""
            if parts.is_absolute() or ".." in parts.parts or "\\" in name:
                fault = "its name leads out of the folder"
            elif not path.is_file():
                fault = "it is missing"
            else:
                content = path.read_bytes()
                contents[name] = content
                if len(content) != entry["size"]:
                    fault = f"it has {len(content)} bytes, not {entry['size']}"
                elif hashlib.sha256(content).hexdigest() != entry["sha256"]:
                    fault = "its content was changed"
            if fault:
                remedy = "Run the scenario again, or restore the folder from a copy."
                problems.append(Problem(str(path), 0, "result", fault, remedy))
        if problems:
            raise InputError(problems)
        return contents


def kind_of(folder: Path) -> str:
    """Return the format that a folder's manifest names; empty where there is none that can be read."""
    try:
        with (folder / MANIFEST).open("rb") as file:
            manifest = json.loads(file.read(LARGEST_MANIFEST))
    except (OSError, ValueError, RecursionError):
        return ""
    return str(manifest.get("format", "")) if isinstance(manifest, dict) else ""


def save_whole(folder: str | os.PathLike[str], write: Callable[[Path], None]) -> Path:
    """Let ``write`` fill a new (or empty) folder and return it: everything, or nothing.

    Files are written into a hidden folder beside the target, the manifest last, and one rename makes them the result;
    an interruption or a full disk leaves nothing that can be opened.

    Raises
    ------
    InputError : if the folder exists already or the disk does not take the files.
    """
    target = Path(folder)
    if os.path.lexists(target) and not _empty_folder(target):
        remedy = "Nothing was overwritten; choose another folder, or remove this one first."
        raise refusal(target, "it exists already", remedy)
    partial = target.parent / f".{target.name}.{os.getpid()}-{time.time_ns():x}{PARTIAL}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir()
        write(partial)
        os.rename(partial, target)  # noqa: PTH104 - Path.rename would hide that a folder is never replaced
        FileSet.settle(target.parent)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        what = error.strerror or str(error)
        remedy = "Nothing was kept; make room or choose another folder, and save again."
        raise refusal(target, f"it cannot be written ({what})", remedy) from error
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return target


def _empty_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not any(path.iterdir())


def _checksum(manifest: Mapping[str, Any]) -> str:
    text = json.dumps(manifest, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def refusal(path: Path, message: str, remedy: str) -> InputError:
    """Return the error of a result that cannot be used."""
    return InputError([Problem(str(path), 0, "result", message, remedy)])
