"""The folder of a search or a calibration: a manifest, a sweep a batch, tables that are written anew after every batch.

::

    manifest.json            written once, before the first run: the declaration, and a digest of what decides the runs
    batches/00000/ …         a sweep each (`scenarios.sweeps.store`)
    policies.parquet …       tables, whole or not at all
    front/trial-00042.yaml   scenario files
"""

import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from market.errors import QuotaLabError
from scenarios.result_files import (
    MANIFEST,
    PARTIAL,
    FileSet,
    frame_of,
    parquet_of,
    refusal,
    save_whole,
    versions,
    write_file,
)
from scenarios.sweeps.loading import SweepPlan
from scenarios.sweeps.store import digest_of

if TYPE_CHECKING:
    import pandas as pd

SEARCH, CALIBRATION = "quotalab-search", "quotalab-calibration"
FORMAT_VERSION = 1
BATCHES = "batches"
FINISHED = "finished"
"""An empty file that appears when nothing is left to do."""


@dataclass(frozen=True)
class StudyFolder:
    """An opened folder of a search or a calibration."""

    path: Path
    manifest: Mapping[str, Any]

    @property
    def batches(self) -> Path:
        """Where the sweeps of the batches are."""
        return self.path / BATCHES

    def write(self, name: str, content: bytes) -> None:
        """Write a file in place of what was there: all of it, or nothing.

        Raises
        ------
        QuotaLabError : where the disk does not take it.
        """
        target = self.path / name
        partial = target.parent / f".{target.name}.{os.getpid()}{PARTIAL}"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            partial.unlink(missing_ok=True)
            write_file(partial, content)
            os.replace(partial, target)  # noqa: PTH105 - says what it does
            FileSet.settle(target.parent)
        except OSError as error:
            message = (
                f"It stopped: {self.path} cannot be written ({error.strerror or error}). "
                "What was done is kept; make room and start it again to go on."
            )
            raise QuotaLabError(message) from error
        finally:
            partial.unlink(missing_ok=True)

    def write_table(self, name: str, frame: "pd.DataFrame") -> None:
        """Write a table with its units."""
        self.write(f"{name}.parquet", parquet_of(frame))

    def read_table(self, name: str) -> "pd.DataFrame | None":
        """Return a table; None where it is not there yet."""
        path = self.path / f"{name}.parquet"
        if not path.is_file():
            return None
        try:
            return frame_of(path.read_bytes())
        except (OSError, ValueError) as error:
            raise refusal(path, "it is damaged or cut off", "Start it again: it is made anew from the runs.") from error


def begun(
    path: str | os.PathLike[str], kind: str, declared: Mapping[str, Any], first: SweepPlan, more: Any = None
) -> StudyFolder:
    """Return the folder of a search that is begun, or goes on if the folder holds the same one.

    Parameters
    ----------
    kind : name of the format.
    declared : the declaration as plain data.
    first : a sweep of one policy, which stands for scenario, tables, worlds and seeds.
    more : whatever else decides what is found, such as observations.

    Raises
    ------
    InputError : if the folder holds something else, or the same of another version.
    """
    target = Path(path)
    decides = {key: value for key, value in declared.items() if key not in {"notes", "name"}}
    digest = _sha({"declared": decides, "runs": digest_of(first), "more": more})
    if (target / MANIFEST).exists():
        return _continued(target, kind, digest, decides)

    def write(folder: Path) -> None:
        manifest = {
            "format": kind,
            "format_version": FORMAT_VERSION,
            "name": declared["name"],
            "declared": declared,
            "digest": digest,
            "versions": versions(),
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "files": {},
        }
        (folder / BATCHES).mkdir()
        write_file(folder / MANIFEST, FileSet.manifest_text(manifest).encode())
        FileSet(folder).seal()

    save_whole(target, write)
    return opened(target, kind)


def opened(path: str | os.PathLike[str], kind: str) -> StudyFolder:
    """Open the folder of a search or a calibration, begun or finished; raises InputError where it is none."""
    folder = Path(path)
    return StudyFolder(folder, FileSet(folder).read_manifest(kind, FORMAT_VERSION))


def _continued(target: Path, kind: str, digest: str, decides: Mapping[str, Any]) -> StudyFolder:
    folder = opened(target, kind)
    mine, theirs = versions()["quotalab"], folder.manifest["versions"]["quotalab"]
    if mine != theirs:
        message = f"it was begun with version {theirs}, and this is {mine}"
        raise refusal(target, message, "Go on with that version, or start again in another folder.")
    if folder.manifest["digest"] != digest:
        then = folder.manifest["declared"]
        changed = [key for key, value in decides.items() if _sha(then.get(key)) != _sha(value)]
        what = ", ".join(changed) or "its scenario or one of its tables"
        message = f"it holds another one: {what} changed since it was begun"
        raise refusal(target, message, "Undo the change to go on, or start again in another folder.")
    return folder


def _sha(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
