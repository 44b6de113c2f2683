"""The folder of a dossier: the page, every table behind it, the scenario, and a manifest; all of it or nothing."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.dossier.gathering import Found
from scenarios.dossier.page import DATA, dossier_page
from scenarios.dossier.ranges import declared
from scenarios.result_files import (
    MANIFEST,
    FileSet,
    content_hash,
    parquet_of,
    save_whole,
    scenario_document,
    versions,
    write_file,
)

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.display import Language

FORMAT = "quotalab-dossier"
FORMAT_VERSION = 1
PAGE = "dossier.html"
INPUTS = "inputs"


def save_dossier(found: Found, folder: str | os.PathLike[str], language: "Language" = "en", command: str = "") -> Path:
    """Write a dossier into a new (or empty) folder and return the path of its page.

    Parameters
    ----------
    command : what makes it again.

    Raises
    ------
    InputError : if the folder exists already or the disk does not take the files; nothing is left there.
    """
    text, data = dossier_page(found, language, command)
    target = save_whole(folder, lambda place: _write(place, found, language, command, text, data))
    return target / PAGE


def _write(
    folder: Path, found: Found, language: str, command: str, text: str, data: "Mapping[str, pd.DataFrame]"
) -> None:
    files = FileSet(folder)
    files.add(PAGE, text.encode())
    for name, frame in data.items():
        files.add(f"{DATA}/{name}.csv", frame.to_csv(index=False).encode("utf-8-sig"))
        files.add(f"{DATA}/{name}.parquet", parquet_of(frame))
    for name, content in found.base.inputs.items():
        files.add(f"{INPUTS}/{name}", content)
    files.add("scenario.yaml", scenario_document(found.scenario, found.base.inputs, INPUTS))
    for name, result in found.sweeps.items():
        files.add(f"{name}.sweep.yaml", _sweep_document(found, name, result.store.sweep.design))
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "name": found.scenario.name,
        "language": language,
        "command": command,
        "effort": found.asked.effort.name,
        "content_hash": content_hash(dict(data)),
        "versions": versions(),
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "faults": found.faults,
        "files": files.listed,
    }
    files.seal()
    write_file(folder / MANIFEST, FileSet.manifest_text(manifest).encode())
    files.seal()


def _sweep_document(found: Found, name: str, design: Any) -> bytes:
    """Return a sweep as a file that runs on the scenario beside it."""
    import io

    from ruamel.yaml import YAML

    document = {
        "sweep": 1,
        "name": f"{found.scenario.name}-{name}",
        "scenario": "scenario.yaml",
        "levers": declared(found.ranges, "lever"),
        "uncertainties": declared(found.ranges, "uncertainty"),
        "design": design.model_dump(mode="json"),
        "seeds": found.asked.effort.sweep_seeds,
    }
    writer = YAML(typ="safe", pure=True)
    writer.allow_unicode = True
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    sink = io.BytesIO()
    writer.dump(document, sink)
    return sink.getvalue()
