"""The page of a sweep's report that is being written: its result, its words, and what is shown first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scenarios import comparison_words
from scenarios.display import Display, Language, plain_number
from scenarios.figures.sweeps import axis_of
from scenarios.kpis import declared
from scenarios.report_sections import Sheet
from scenarios.sweep_choice import by_policy, shown_outcomes
from scenarios.sweep_words import ParameterWords, display_of, parameter_words, policies_in_words

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.sweeps.results import SweepResult


@dataclass(slots=True, kw_only=True)
class SweepPage(Sheet):
    """The report of a sweep that is being written.

    Attributes
    ----------
    words : what parameters are called, by name.
    policies : what policies are called, by number.
    outcomes : the outcomes that are shown.
    """

    result: "SweepResult"
    words: Mapping[str, ParameterWords]
    policies: Mapping[int, str]
    outcomes: list[str]

    @classmethod
    def of(cls, result: "SweepResult", language: Language, outcomes: Sequence[str] | None = None) -> "SweepPage":
        """Return a page with nothing written on it."""
        display = display_of(result, language)
        words = parameter_words(result, display)
        shown = list(outcomes) if outcomes is not None else shown_outcomes(result)
        return cls(
            display=display, result=result, words=words, policies=policies_in_words(result, words, display),
            outcomes=shown,
        )  # fmt: skip

    @property
    def runs(self) -> "pd.DataFrame":
        """The runs that are there."""
        return self.result.runs

    @property
    def several(self) -> bool:
        """Whether outcomes are told policy by policy."""
        return by_policy(self.result) and self.runs["policy"].nunique() > 1

    @property
    def missing(self) -> int:
        """How many runs, or points where each has as many seeds as it needs, are still to be made."""
        made = self.runs["point"].nunique() if self.result.store.adaptive else len(self.runs)
        return max(self.result.total - made, 0)

    @property
    def one_seed(self) -> bool:
        """Whether no point has more than one seed, so that the noise of seeds is not known."""
        return len(self.result.store.seeds) == 1

    def title(self, kpi: str) -> str:
        """Return what an outcome is called; its right goes without saying where the scenario has one only."""
        one = len(self.display.titles) == 1
        return (comparison_words.short_title if one else comparison_words.title)(self.display, kpi)

    def scaled(self, kpi: str, values: "np.typing.ArrayLike") -> tuple[float, str]:
        """Return what values of an outcome are multiplied with in a table or figure, and its name with the unit."""
        factor, heading = axis_of(self.display, kpi, values)
        return factor, heading.replace(comparison_words.title(self.display, kpi), self.title(kpi), 1)

    def aim(self, kpi: str) -> str:
        """Return whether less or more of an outcome is better, in words; nothing where neither is."""
        direction = declared(kpi).direction
        if direction == "neutral":
            return ""
        return str(self.display.text(f"sweeps.better_{'high' if direction == 'higher' else 'low'}"))


def figure_or_dash(value: float, display: Display, digits: int = 4) -> str:
    """Return a number with as many digits as it takes; a dash where there is none."""
    return plain_number(value, digits) if np.isfinite(value) else str(display.text("numbers.not_number"))
