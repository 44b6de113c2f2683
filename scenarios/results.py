"""What a run leaves behind: tables with units, indicators and warnings, saved whole or not at all."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from market.errors import QuotaLabError
from scenarios.result_files import (
    FORMAT,
    FORMAT_VERSION,
    MANIFEST,
    FileSet,
    content_hash,
    frame_of,
    parquet_of,
    refusal,
    save_whole,
    scenario_document,
    versions,
    write_file,
)
from scenarios.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

INPUTS = "inputs"
KPIS = "kpis.parquet"


@dataclass(slots=True)
class RunResult:
    """The result of one scenario and one seed.

    Attributes
    ----------
    scenario, seed : what was run.
    tables : frames by name; the units of their columns are in ``frame.attrs["units"]``.
    kpis : indicators by name, units in ``kpis.attrs["units"]``.
    warnings : everything that the run has to say about itself.
    manifest : format, versions and content hash; in a saved result also its files.
    inputs : the files that the accounts were read from, by name, as they were when the run started to be recorded.
    """

    scenario: Scenario
    seed: int
    tables: "dict[str, pd.DataFrame]"
    kpis: "pd.Series[float]"
    warnings: list[str]
    manifest: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(
        cls, scenario: Scenario, seed: int, tables: "Mapping[str, pd.DataFrame]", warnings: Sequence[str] = ()
    ) -> "RunResult":
        """Return the result of a run from its tables; indicators and content hash are worked out here."""
        from scenarios.kpis import kpis_of

        frames = dict(tables)
        manifest = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "name": scenario.name,
            "seed": int(seed),
            "content_hash": content_hash(frames),
            "versions": versions(),
        }
        return cls(
            scenario, int(seed), frames, kpis_of(frames, scenario), list(warnings), manifest, input_files(scenario)
        )

    @property
    def markets(self) -> "pd.DataFrame":
        """One row per period and instrument in which its market was open: price, volume, orders."""
        return self._table("markets")

    @property
    def instruments(self) -> "pd.DataFrame":
        """One row per period and instrument: cap, rights issued, held, surrendered; flow, bank, obligation."""
        return self._table("instruments")

    @property
    def firms(self) -> "pd.DataFrame":
        """One row per compliance year and account, where accounts were recorded."""
        return self._table("firms")

    @property
    def measures(self) -> "pd.DataFrame":
        """One row per compliance year, sector and measure, where accounts were recorded."""
        return self._table("measures")

    @property
    def compliance(self) -> "pd.DataFrame":
        """One row per compliance year and instrument: what was due at the deadline and what became of it."""
        return self._table("compliance")

    @property
    def prices(self) -> "pd.DataFrame":
        """One row per calendar year and instrument: mean prices and flows beside those of the least-cost plan."""
        return self._table("prices")

    @property
    def ladder(self) -> "pd.DataFrame":
        """One row per rung of the efficiency ladder, from least cost to actual cost."""
        return self._table("ladder")

    def _table(self, name: str) -> "pd.DataFrame":
        if name not in self.tables:
            remedy = " It is kept with `recording: {firms: true}`." if name in {"firms", "measures"} else ""
            raise QuotaLabError(f"The result of {self.scenario.name} has no table {name!r}.{remedy}")
        return self.tables[name]

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Write the result into a new (or empty) folder and return it: the whole result, or nothing.

        Files are written into a hidden folder beside the target, the manifest last, and one rename makes them the
        result; an interruption or a full disk leaves nothing that `open` accepts.

        Raises
        ------
        InputError : if the folder exists already or the disk does not take the files.
        """
        return save_whole(folder, self._write)

    def _write(self, folder: Path) -> None:
        files = FileSet(folder)
        for name, frame in self.tables.items():
            files.add(f"{name}.parquet", parquet_of(frame))
        files.add(KPIS, parquet_of(_kpi_frame(self.kpis)))
        for name, content in self.inputs.items():
            files.add(f"{INPUTS}/{name}", content)
        files.add("scenario.yaml", scenario_document(self.scenario, self.inputs, INPUTS))
        manifest = {
            **self.manifest,
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "scenario": self.scenario.model_dump(mode="json", by_alias=True),
            "tables": list(self.tables),
            "warnings": self.warnings,
            "files": files.listed,
        }
        files.seal()
        write_file(folder / MANIFEST, FileSet.manifest_text(manifest).encode())
        files.seal()

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> "RunResult":
        """Open a saved result after checking every file of it.

        Raises
        ------
        InputError : if it is not a result, is incomplete, was changed, or comes from a newer version.
        """
        path = Path(folder)
        files = FileSet(path)
        manifest = files.read_manifest()
        contents = files.read(manifest)
        try:
            scenario = Scenario.model_validate_json(json.dumps(manifest["scenario"]), strict=True)
            tables = {name: frame_of(contents[f"{name}.parquet"]) for name in manifest["tables"]}
            kpis = _kpi_series(frame_of(contents[KPIS]))
        except (ValidationError, KeyError, ValueError, OSError) as error:
            remedy = "Run the scenario again, or open the result with the version named in its manifest."
            raise refusal(path / MANIFEST, f"its content is not a result of this format ({error})", remedy) from error
        if content_hash(tables) != manifest["content_hash"]:
            raise refusal(path, "its tables do not match its content hash", "Run the scenario again.")
        inputs = {name.removeprefix(f"{INPUTS}/"): data for name, data in contents.items() if name.startswith(INPUTS)}
        return cls(scenario, manifest["seed"], tables, kpis, manifest["warnings"], manifest, inputs)


def input_files(scenario: Scenario) -> dict[str, bytes]:
    """Return the files that the accounts come from, by the name they get inside a result."""
    from scenarios.loading import origin_of
    from scenarios.schema import SyntheticPopulation

    origin, population = origin_of(scenario), scenario.population
    if isinstance(population, SyntheticPopulation):
        folder = origin.resolve("population.folder", population.folder)
        found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    else:
        found = {
            "firms.csv": origin.resolve("population.firms", population.firms),
            "measures.csv": origin.resolve("population.measures", population.measures),
        }
    return {name: path.read_bytes() for name, path in found.items() if path.is_file()}


def _kpi_frame(kpis: "pd.Series[float]") -> "pd.DataFrame":
    import pandas as pd

    units = kpis.attrs["units"]
    return pd.DataFrame({"kpi": kpis.index, "value": kpis.to_numpy(), "unit": [units[name] for name in kpis.index]})


def _kpi_series(frame: "pd.DataFrame") -> "pd.Series[float]":
    import pandas as pd

    series = pd.Series(frame["value"].to_numpy(), index=pd.Index(frame["kpi"]), name="value")
    series.index.name = None
    series.attrs["units"] = dict(zip(frame["kpi"], frame["unit"], strict=True))
    return series
