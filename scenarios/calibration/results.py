"""What a calibration found: the best set, what is plausible, and the error in and out of sample beside a naive one."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.calibration.declared import Calibration
from scenarios.calibration.observations import KEY
from scenarios.errors import InputError, Problem
from scenarios.result_files import refusal
from scenarios.search.folder import CALIBRATION, FINISHED, StudyFolder, opened
from scenarios.search.front import FRONT

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class CalibrationResult:
    """The results of a calibration as they are in its folder when they are first asked for."""

    folder: StudyFolder
    calibration: Calibration

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> "CalibrationResult":
        """Open the folder of a calibration, also while it runs; raises InputError where it is none."""
        kept = opened(folder, CALIBRATION)
        try:
            declared = Calibration.model_validate_json(json.dumps(kept.manifest["declared"]), strict=True)
        except (KeyError, ValueError) as error:
            remedy = "Open it with the version named in its manifest, or calibrate again in another folder."
            raise refusal(kept.path, f"its content is not of this format ({error})", remedy) from error
        return cls(kept, declared)

    @property
    def name(self) -> str:
        """Name of the calibration."""
        return self.calibration.name

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return (self.folder.path / FINISHED).exists()

    def _table(self, name: str) -> "pd.DataFrame":
        found = self.folder.read_table(name)
        if found is None:
            message = "no set of parameters was tried yet"
            raise InputError([Problem(str(self.folder.path), 0, "sets", message, "Start the calibration again.")])
        return found

    @cached_property
    def observations(self) -> "pd.DataFrame":
        """One row an observation: instrument, variable, year, month (0: the year), value, sd, scale, held_out."""
        return self._table("observations")

    @cached_property
    def sets(self) -> "pd.DataFrame":
        """One row per set of parameters that was tried: its values, loss, implausibility, plausible, runs, failed."""
        return self._table("sets")

    @property
    def best(self) -> Mapping[str, Any]:
        """The row of the set with the smallest loss."""
        if not self.sets["loss"].notna().any():
            message = "no set of parameters has a loss: runs failed, or had no price or flow where one was observed"
            remedy = "Look at the messages of the runs, or change the parameters' ranges."
            raise InputError([Problem(str(self.folder.path), 0, "sets", message, remedy)])
        found: dict[str, Any] = self.sets.loc[self.sets["loss"].idxmin()].to_dict()
        return found

    @property
    def parameters(self) -> "pd.DataFrame":
        """One row a parameter: best value, lowest and highest plausible value, and the range that was searched.

        Plausible values are those of the sets that were tried and are not ruled out; NaN where all are.
        """
        import pandas as pd

        kept = self.sets[self.sets["plausible"]]
        units = self.sets.attrs.get("units", {})
        rows = []
        for name, varied in self.calibration.parameters.items():
            numbers = pd.api.types.is_numeric_dtype(self.sets[name]) and not pd.api.types.is_bool_dtype(self.sets[name])
            low, high = (kept[name].min(), kept[name].max()) if numbers and len(kept) else (np.nan, np.nan)
            rows.append(
                {
                    "parameter": name, "best": self.best[name], "low": low, "high": high,
                    "searched_low": varied.low, "searched_high": varied.high, "unit": units.get(name, ""),
                }
            )  # fmt: skip
        return pd.DataFrame(rows)

    @cached_property
    def fit(self) -> "pd.DataFrame":
        """The observations beside the best set: ``model``, the ``low`` and ``high`` of plausible sets, ``naive``.

        ``naive`` carries the last fitted value of a series on (no change; of the same month where there are months).
        """
        fitted = self._table("fitted")
        best = fitted[fitted["trial"] == self.best["trial"]].set_index("observation")["mean"]
        kept = fitted[fitted["trial"].isin(self.sets.loc[self.sets["plausible"], "trial"])]
        bounds = kept.groupby("observation")["mean"].agg(["min", "max"]).reindex(range(len(self.observations)))
        table = self.observations.assign(
            model=best.reindex(range(len(self.observations))).to_numpy(),
            low=bounds["min"].to_numpy(),
            high=bounds["max"].to_numpy(),
        )
        known = table[~table["held_out"]].sort_values("year", kind="stable")
        last = known.groupby([*KEY, "month"])["value"].last()
        keys = list(zip(*(table[name] for name in (*KEY, "month")), strict=True))
        return table.assign(naive=[float(last.get(key, np.nan)) for key in keys])

    @property
    def errors(self) -> "pd.DataFrame":
        """Root mean square errors by series, in the series' unit, fitted years apart from those held out.

        ``naive_rmse`` is that of no change since the last fitted year, ``skill`` = 1 − rmse / naive_rmse (out of sample
        only), ``relative`` the rmse as a share of the observations' mean.
        """
        import pandas as pd

        rows = []
        for key, part in self.fit.groupby([*KEY, "held_out"], sort=False):
            error = _rmse(part["model"] - part["value"])
            naive = _rmse(part["naive"] - part["value"]) if key[-1] else np.nan
            rows.append(
                dict(zip((*KEY, "held_out"), key, strict=True))
                | {
                    "n": len(part), "rmse": error, "relative": error / abs(part["value"].mean()),
                    "naive_rmse": naive, "skill": 1.0 - error / naive if naive > 0.0 else np.nan,
                }
            )  # fmt: skip
        return pd.DataFrame(rows).sort_values(["held_out"], kind="stable", ignore_index=True)

    @property
    def scenario_file(self) -> Path:
        """The scenario with the best set."""
        return self.folder.path / FRONT / "calibrated.yaml"


def _rmse(error: "pd.Series[float]") -> float:
    return float(np.sqrt(np.mean(error.to_numpy(dtype=np.float64) ** 2)))
