"""What a search found, read from its folder, finished or not."""

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.result_files import refusal
from scenarios.search.cap_bisection import CapAnswer
from scenarios.search.declared import Search
from scenarios.search.folder import FINISHED, SEARCH, StudyFolder, opened
from scenarios.search.front import FRONT
from scenarios.sweeps.results import SweepResult

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class SearchResult:
    """The results of a search as they are in its folder when they are first asked for."""

    folder: StudyFolder
    search: Search

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> "SearchResult":
        """Open the folder of a search, also while it runs; raises InputError where it is none."""
        kept = opened(folder, SEARCH)
        try:
            declared = Search.model_validate_json(json.dumps(kept.manifest["declared"]), strict=True)
        except (KeyError, ValueError) as error:
            remedy = "Open it with the version named in its manifest, or search again in another folder."
            raise refusal(kept.path, f"its content is not of this format ({error})", remedy) from error
        return cls(kept, declared)

    @property
    def name(self) -> str:
        """Name of the search."""
        return self.search.name

    @cached_property
    def policies(self) -> "pd.DataFrame":
        """One row per policy: trial, decisions, objectives, constraints with intervals, runs, failed, feasible, front.

        Of a search for tightest caps: instrument and scale in place of decisions and objectives.
        """
        import pandas as pd

        found = self.folder.read_table("policies")
        if found is None:
            return pd.DataFrame({"trial": np.empty(0, dtype=np.int64), "feasible": [], "front": []})
        return found

    @property
    def front(self) -> "pd.DataFrame":
        """The policies that keep every constraint and that no other such policy beats."""
        return self.policies[self.policies["front"].astype(bool)].reset_index(drop=True)

    @property
    def best(self) -> "pd.Series[Any]":
        """The policy on the front that is best in the first objective."""
        first = self.objectives[0]
        lower = not self.search.objectives or self.search.objectives[0].direction == "lower"
        return self.front.sort_values(first, ascending=lower, kind="stable").iloc[0]

    @property
    def objectives(self) -> list[str]:
        """Columns of the objectives; functions come after what was declared."""
        known = {"trial", "runs", "failed", "feasible", "front", *self.search.decisions, "instrument", "scale"}
        texts = set(self.constraints["constraint"])
        return [
            str(one) for one in self.policies.columns if one not in known and str(one).partition(" | ")[0] not in texts
        ]

    @cached_property
    def constraints(self) -> "pd.DataFrame":
        """Tidy: one row per policy and constraint; probabilities with exact 95 % intervals."""
        import pandas as pd

        found = self.folder.read_table("constraints")
        return found if found is not None else pd.DataFrame({"trial": [], "constraint": []})

    @cached_property
    def caps(self) -> "pd.DataFrame":
        """One row per right whose tightest cap was asked for; empty of another search."""
        import pandas as pd

        found = self.folder.read_table("caps")
        return found if found is not None else pd.DataFrame({"instrument": [], "scale": []})

    @property
    def cap_answers(self) -> tuple[CapAnswer, ...]:
        """The same, one object a right, with the scales that were tried."""
        answers = []
        for row in self.caps.to_dict("records"):
            own = self.policies[self.policies["instrument"] == row["instrument"]].sort_values("scale")
            tried = tuple((float(one.scale), bool(one.feasible)) for one in own.itertuples())
            binding = tuple(str(row["binding"]).split("; ")) if row["binding"] else ()
            answers.append(
                CapAnswer(
                    str(row["instrument"]), float(row["scale"]), float(row["too_tight"]), row["answer"],
                    bool(row["monotone"]), binding, tried,
                )
            )  # fmt: skip
        return tuple(answers)

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        if self.search.tightest_cap:
            return len(self.caps) > 0 and bool(self.caps["finished"].all())
        return (self.folder.path / FINISHED).exists()

    @property
    def files(self) -> list[Path]:
        """The scenario files of the policies that were found."""
        return sorted((self.folder.path / FRONT).glob("*.yaml"))

    @cached_property
    def runs(self) -> "pd.DataFrame":
        """All runs, batch after batch: the frame of a sweep with the number of the batch in front."""
        import pandas as pd

        frames = []
        for path in sorted(self.folder.batches.iterdir()):
            if (path / "manifest.json").exists():
                runs = SweepResult.open(path).runs
                runs.insert(0, "batch", int(path.name))
                runs.attrs = {}
                frames.append(runs)
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
