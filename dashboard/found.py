"""What there is to show for a view: the results of its scenarios so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dashboard.view import Choice, View
from scenarios.display import Display, Language
from scenarios.errors import Problem
from scenarios.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.results import RunResult
    from scenarios.validation.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class Arm:
    """One scenario of a view with its results.

    Attributes
    ----------
    label : what it is called in legends and tables, in the view's language.
    results : one a seed, in the order of the seeds; those that are still to come are missing at the end.
    sofar : while the first seed runs, its market so far: period, year, month, instrument, price, volume, flow, bank.
    """

    choice: Choice
    scenario: Scenario
    label: str
    results: "tuple[RunResult, ...]" = ()
    sofar: "pd.DataFrame | None" = None

    def display(self, language: Language) -> Display:
        """Return the words of the scenario, with the names that its accounts' tables give."""
        if self.results:
            return Display.of_result(self.results[0], language)
        return Display.of(self.scenario, language)


@dataclass(frozen=True, slots=True)
class Found:
    """The arms of a view (`View.arms`), in order: the scenario itself, its baseline if it differs, the others.

    Attributes
    ----------
    underway : whether runs of the view are still to come.
    session : id of the session, for what lies in its store.
    folders : runs, comparisons and sweeps in the session's store, where a page lists them.
    document : the scenario as a YAML document, where a page shows it.
    queue : every run of the session that is waiting, under way or was over lately, where a page lists them.
    outcomes : what validation suites gave, by name of the suite (`scenarios.validation.outcomes`).
    unread : what is wrong with files that could not be read.
    """

    arms: tuple[Arm, ...]
    underway: bool = False
    session: str = "local"
    folders: tuple[Any, ...] = ()
    queue: tuple[Any, ...] = ()
    document: str = ""
    outcomes: "Mapping[str, Outcome]" = field(default_factory=dict)
    unread: tuple[Problem, ...] = ()

    @property
    def arm(self) -> Arm:
        """The scenario itself."""
        return self.arms[0]

    @property
    def result(self) -> "RunResult | None":
        """The scenario's first result, if it is there."""
        return self.arm.results[0] if self.arm.results else None

    @property
    def baseline(self) -> Arm:
        """The baseline; the scenario itself where nothing is changed."""
        return self.arms[1] if len(self.arms) > 1 else self.arms[0]


def right_of(view: View, scenario: Scenario) -> str:
    """Return the instrument that a view looks at: the one it names, or the scenario's first."""
    return view.right if view.right in scenario.instruments else next(iter(scenario.instruments))
