"""What a sweep left, read from its store, finished or not: tidy tables of runs, indicators, failures and series."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.errors import InputError, Problem
from scenarios.sweeps.outcomes import outcome_names
from scenarios.sweeps.parameters import Parameter
from scenarios.sweeps.store import SweepStore, open_store

if TYPE_CHECKING:
    import pandas as pd

NUMBERS = ("run", "point", "policy", "world", "seed")
FAULT = ("stage", "message")


@dataclass(frozen=True)
class SweepResult:
    """The runs of a sweep as they are in its store when they are first asked for.

    Attributes
    ----------
    store : the opened store.
    """

    store: SweepStore

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> "SweepResult":
        """Open a sweep's folder, also while it runs; raises InputError where it is none."""
        return cls(open_store(folder))

    @property
    def name(self) -> str:
        """Name of the sweep."""
        return self.store.sweep.name

    @property
    def design(self) -> Any:
        """The design as it was declared."""
        return self.store.sweep.design

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What varies, levers first."""
        return self.store.parameters

    @property
    def points(self) -> "pd.DataFrame":
        """One row per point: policy, world, the values of the parameters, and their places in [0, 1]."""
        return self.store.points

    @property
    def total(self) -> int:
        """Runs that the whole sweep has (with seeds as needed: points)."""
        return self.store.units_of_work

    @cached_property
    def runs(self) -> "pd.DataFrame":
        """One row per run, sorted by number: see ``docs/decisions/0011-sweeps.md``; units in ``attrs["units"]``."""
        import pandas as pd

        frames = [frame for chunk in self.store.done() if (frame := self.store.read(chunk)) is not None]
        if not frames:
            frames = [pd.DataFrame({name: np.empty(0, dtype=np.int64) for name in ("run", "point", "seed")})]
            frames[0] = frames[0].assign(stage="", message="")
        whole = pd.concat(frames, ignore_index=True).sort_values("run", kind="stable", ignore_index=True)
        names = [one.name for one in self.parameters]
        points = self.points[["policy", "world", *names]].iloc[whole["point"]].reset_index(drop=True)
        found = pd.concat(
            [whole[["run", "point"]], points[["policy", "world"]], whole[["seed"]], points[names]], axis=1
        )
        rest = [column for column in whole if column not in {"run", "point", "seed"}]
        found = pd.concat([found, whole[rest]], axis=1)
        found.attrs["units"] = self.units
        return found

    @property
    def outcomes(self) -> list[str]:
        """Names of the outcomes that runs have."""
        known = {*NUMBERS, *FAULT, *(one.name for one in self.parameters)}
        return [str(column) for column in self.runs if column not in known]

    @cached_property
    def units(self) -> dict[str, str]:
        """Units of parameters and outcomes by column."""
        own = {one.name: one.unit for one in self.parameters if one.unit}
        return outcome_names(self.store.base.scenario) | own

    @property
    def failures(self) -> "pd.DataFrame":
        """The runs that failed, with stage and message."""
        return self.runs[self.runs["stage"] != ""].reset_index(drop=True)

    @property
    def kpis(self) -> "pd.DataFrame":
        """Tidy: one row per run and outcome, of the runs that succeeded."""
        import pandas as pd

        runs = self.runs[self.runs["stage"] == ""]
        numbers = [*NUMBERS, *(one.name for one in self.parameters)]
        tidy = pd.melt(runs, numbers, self.outcomes, var_name="kpi", value_name="value")
        tidy["unit"] = tidy["kpi"].map(self.units).fillna("")
        tidy.attrs = {}
        return tidy.sort_values(["run", "kpi"], kind="stable", ignore_index=True)

    def series(self, table: str) -> "pd.DataFrame":
        """Return the rows of a table of every run; raises InputError where they were not kept."""
        import pandas as pd

        if table not in self.store.sweep.series:
            kept = ", ".join(self.store.sweep.series) or "none"
            message = f"the table {table!r} was not kept (kept: {kept})"
            raise InputError([Problem(str(self.store.folder), 0, "series", message, "Name it under `series:`.")])
        found = [self.store.read_series(table, chunk) for chunk in self.store.done()]
        frames = [frame for frame in found if frame is not None]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    def summary(self, by: Sequence[str] | None = None, outcomes: Sequence[str] | None = None) -> "pd.DataFrame":
        """Return one row per policy and outcome: mean, standard deviation, quantiles, runs, and how many failed.

        Parameters
        ----------
        by : columns that make a group, all runs together if empty; the policy and its levers if not given.
        outcomes : all of them if not given.
        """
        import pandas as pd

        groups = (
            list(by) if by is not None else ["policy", *(one.name for one in self.parameters if one.role == "lever")]
        )
        names = list(outcomes) if outcomes is not None else self.outcomes
        rows = []
        parts = self.runs.groupby(groups, sort=False, observed=True) if groups else [((), self.runs)]
        for key, part in parts:
            failed = int((part["stage"] != "").sum())
            for name in names:
                values = part[name].to_numpy(dtype=np.float64)
                values = values[np.isfinite(values)]
                low, middle, high = np.quantile(values, (0.05, 0.5, 0.95)) if values.size else (np.nan,) * 3
                rows.append(
                    dict(zip(groups, key, strict=True))
                    | {
                        "kpi": name,
                        "mean": values.mean() if values.size else np.nan,
                        "sd": values.std(ddof=1) if values.size > 1 else np.nan,
                        "q05": low, "median": middle, "q95": high,
                        "n": values.size, "runs": len(part), "failed": failed,
                        "unit": self.units.get(name, ""),
                    }
                )  # fmt: skip
        return pd.DataFrame(rows)

    def to_xarray(self) -> Any:
        """Return the outcomes as an xarray dataset over policy, world and seed; see `scenarios.neighbours.xarray_cube`.

        Raises
        ------
        InputError : where xarray is not installed.
        """
        from scenarios.neighbours.xarray_cube import xarray_cube

        return xarray_cube(self.runs, self.parameters, unfold=False)
