"""A comparison: the same seeds through every arm, and what each arm changes, seed by seed.

The weather and the demand of a seed are the same in every arm (common random numbers), so that differences are taken
within seeds and only then averaged: what the seeds do to all arms alike drops out.
"""

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from scenarios.comparison_arms import Arm, arms_of, position
from scenarios.comparison_tables import differences_of, summary_of, tables_of_outcomes
from scenarios.errors import InputError, Problem
from scenarios.result_files import (
    MANIFEST,
    FileSet,
    content_hash,
    frame_of,
    parquet_of,
    refusal,
    save_whole,
    versions,
    write_file,
)
from scenarios.run_pool import Outcome, run_all
from scenarios.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

FORMAT = "quotalab-comparison"
FORMAT_VERSION = 1
TABLES = ("kpis", "prices", "failures", "warnings")


@dataclass(slots=True)
class Comparison:
    """What a comparison leaves behind.

    Attributes
    ----------
    name : the scenario as it was named, a library name or a file.
    arms : labels, varied values and scenarios, in order.
    seeds : through every arm.
    overrides : values by dotted path that all arms share.
    baseline : index of the arm that the others are compared with.
    tables : ``kpis`` (arm, seed, kpi, value), ``prices`` (arm, seed, period, year, month, instrument, venue, price,
        volume), ``failures`` (arm, seed, stage, message), ``warnings`` (arm, seed, warning).
    units : unit of every indicator.
    manifest : format, versions and content hash; of a saved comparison also its files.
    """

    name: str
    arms: tuple[Arm, ...]
    seeds: tuple[int, ...]
    overrides: dict[str, Any]
    baseline: int
    tables: "dict[str, pd.DataFrame]"
    units: dict[str, str]
    manifest: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        name: str,
        arms: Sequence[Arm],
        seeds: Sequence[int],
        overrides: Mapping[str, Any] | None,
        baseline: int,
        outcomes: Sequence[Outcome],
    ) -> "Comparison":
        """Return the comparison of runs from their outcomes; tables, units and content hash are worked out here."""
        tables = tables_of_outcomes(arms, outcomes)
        units: dict[str, str] = {}
        for outcome in outcomes:
            units |= {kpi: unit for kpi, unit in outcome.units.items() if kpi not in units}
        manifest = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "name": name,
            "seeds": list(seeds),
            "baseline": baseline,
            "content_hash": content_hash({table: tables[table] for table in ("kpis", "prices")}),
            "versions": versions(),
        }
        return cls(name, tuple(arms), tuple(seeds), dict(overrides or {}), baseline, tables, units, manifest)

    @property
    def scenario(self) -> Scenario:
        """The scenario of the baseline arm."""
        return self.arms[self.baseline].scenario

    @property
    def labels(self) -> list[str]:
        """What the arms are called."""
        return [arm.label for arm in self.arms]

    @property
    def kpis(self) -> "pd.DataFrame":
        """One row per arm, seed and indicator."""
        return self.tables["kpis"]

    @property
    def prices(self) -> "pd.DataFrame":
        """One row per arm, seed, period, instrument and venue."""
        return self.tables["prices"]

    @property
    def failures(self) -> "pd.DataFrame":
        """One row per run that failed: arm, seed, stage, message."""
        return self.tables["failures"]

    @property
    def warnings(self) -> "pd.DataFrame":
        """One row per warning of a run."""
        return self.tables["warnings"]

    @property
    def summary(self) -> "pd.DataFrame":
        """One row per arm and indicator: mean over seeds, its 95 % interval, and how many seeds have the indicator."""
        return summary_of(self.kpis, self.labels, self.seeds, self.units)

    @property
    def differences(self) -> "pd.DataFrame":
        """One row per other arm and indicator: mean paired difference from the baseline, its 95 % interval, and n.

        ``relative`` and its ends are those over the absolute value of the baseline's mean, NaN where that is zero; the
        mean is taken as known.
        """
        return differences_of(self.kpis, self.labels, self.seeds, self.units, self.labels[self.baseline])

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Write the comparison into a new (or empty) folder and return it: all of it, or nothing.

        Raises
        ------
        InputError : if the folder exists already or the disk does not take the files.
        """
        return save_whole(folder, self._write)

    def _write(self, folder: Path) -> None:
        files = FileSet(folder)
        for name in TABLES:
            files.add(f"{name}.parquet", parquet_of(self.tables[name]))
        for name, frame in (("summary", self.summary), ("differences", self.differences)):
            files.add(f"{name}.parquet", parquet_of(frame))
            files.add(f"{name}.csv", frame.to_csv(index=False).encode("utf-8-sig"))
        manifest = {
            **self.manifest,
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "arms": [
                {
                    "label": arm.label,
                    "values": arm.values,
                    "scenario": arm.scenario.model_dump(mode="json", by_alias=True),
                    "warnings": list(arm.warnings),
                }
                for arm in self.arms
            ],
            "overrides": self.overrides,
            "units": self.units,
            "files": files.listed,
        }
        files.seal()
        write_file(folder / MANIFEST, FileSet.manifest_text(manifest).encode())
        files.seal()

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> "Comparison":
        """Open a saved comparison after checking every file of it.

        Raises
        ------
        InputError : if it is none, is incomplete, was changed, or comes from a newer version.
        """
        path = Path(folder)
        files = FileSet(path)
        manifest = files.read_manifest(FORMAT, FORMAT_VERSION)
        contents = files.read(manifest)
        try:
            arms = tuple(
                Arm(
                    arm["label"],
                    arm["values"],
                    Scenario.model_validate_json(json.dumps(arm["scenario"]), strict=True),
                    tuple(arm["warnings"]),
                )
                for arm in manifest["arms"]
            )
            tables = {name: frame_of(contents[f"{name}.parquet"]) for name in TABLES}
            given = (manifest["overrides"], manifest["baseline"], tables, manifest["units"], manifest)
            found = cls(manifest["name"], arms, tuple(manifest["seeds"]), *given)
        except (ValidationError, KeyError, TypeError, ValueError, OSError) as error:
            remedy = "Compare again, or open it with the version named in its manifest."
            raise refusal(path / MANIFEST, f"its content is not of this format ({error})", remedy) from error
        if content_hash({name: tables[name] for name in ("kpis", "prices")}) != manifest["content_hash"]:
            raise refusal(path, "its tables do not match its content hash", "Compare again.")
        return found


def compare(
    scenario: str | os.PathLike[str],
    vary: Mapping[str, Sequence[Any]],
    seeds: int | Sequence[int] = 10,
    overrides: Mapping[str, Any] | None = None,
    *,
    baseline: int | str = 0,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Run the same seeds through every arm and return the indicators of all runs with their paired differences.

    Parameters
    ----------
    scenario : a library name or the path of a YAML file.
    vary : values by dotted path, such as ``{"instruments.carbon.cap.values.2030": [40, 45]}``; the arms are all
        combinations, the last path changing fastest. The path ``scenario`` varies the scenario itself.
    seeds : how many (0, 1, 2, …), or which.
    overrides : values by dotted path that all arms share.
    baseline : index (from 0) or label of the arm that the others are compared with.
    workers : number of processes, one a processor if not given; 1 runs everything in this one. More than one needs
        the call to stand under ``if __name__ == "__main__":`` in a script. The result is the same for any number.
    progress : called with the number of runs done and of all.

    Raises
    ------
    InputError : with every mistake of every arm; nothing was run. A run that fails later is in ``.failures``.
    """
    numbers = _seeds(seeds)
    if workers is not None and workers < 1:
        raise InputError(
            [Problem("compare", 0, "--workers", f"{workers} is no number of processes", "Give 1 or more.")]
        )
    arms = arms_of(scenario, vary, overrides)
    chosen = position(arms, baseline)
    tasks = [(index, seed) for index in range(len(arms)) for seed in numbers]
    outcomes = run_all([arm.scenario for arm in arms], tasks, workers, progress)
    return Comparison.of(os.fspath(scenario), arms, numbers, overrides, chosen, outcomes)


def _seeds(seeds: int | Sequence[int]) -> tuple[int, ...]:
    numbers = tuple(range(seeds)) if isinstance(seeds, int) else tuple(int(seed) for seed in seeds)
    if not numbers or min(numbers) < 0 or len(set(numbers)) < len(numbers):
        message = f"{seeds!r} is no number of seeds and no list of different seeds"
        raise InputError([Problem("compare", 0, "--seeds", message, "Give a whole number from 1 on, such as 10.")])
    return numbers
