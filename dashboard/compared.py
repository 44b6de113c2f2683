"""The arms of a view as a comparison: the baseline first, then the scenario and the others."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from dashboard.found import Arm, Found
from dashboard.view import Choice, View
from scenarios.comparison_arms import label, written
from scenarios.comparison_of_results import arms_that_differ, comparison_of_results, unlike
from scenarios.display import Display
from scenarios.winners import net_cost

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.comparison import Comparison

LONGEST_LABEL = 40


@dataclass(frozen=True)
class Compared:
    """What can be compared in a view.

    Attributes
    ----------
    comparison : baseline first; arms and tables carry the labels of the view.
    arms : the arms with results in the order of the comparison.
    display : words of all arms.
    calendars : labels of arms whose calendar is not the baseline's, so that their prices have no common axis.
    """

    comparison: "Comparison"
    arms: tuple[Arm, ...]
    display: Display
    calendars: tuple[str, ...] = ()

    @property
    def base(self) -> str:
        """Label of the baseline."""
        return self.comparison.labels[0]

    @property
    def others(self) -> list[str]:
        """Labels of the other arms."""
        return self.comparison.labels[1:]

    @property
    def one_seed(self) -> bool:
        """Whether no difference has an interval."""
        return all(len(arm.results) < 2 for arm in self.arms[1:]) or len(self.arms[0].results) < 2

    @cached_property
    def summary(self) -> "pd.DataFrame":
        """The comparison's means, a row an arm and indicator."""
        return self.comparison.summary.set_index(["arm", "kpi"])

    @cached_property
    def differences(self) -> "pd.DataFrame":
        """The comparison's paired differences, a row an arm and indicator."""
        return self.comparison.differences.set_index(["arm", "kpi"])

    @cached_property
    def paid(self) -> "dict[str, tuple[list[pd.DataFrame], list[pd.DataFrame]]]":
        """What accounts pay in each other arm and in the baseline, for the seeds that both have; empty without any."""
        every = [
            {result.seed: net_cost(result.firms) for result in arm.results if "firms" in result.tables}
            for arm in self.arms
        ]
        pairs = {
            label: (
                [own[seed] for seed in own if seed in every[0]],
                [every[0][seed] for seed in own if seed in every[0]],
            )
            for label, own in zip(self.others, every[1:], strict=True)
        }
        return {label: pair for label, pair in pairs.items() if pair[0]}


def ordered(found: Found) -> tuple[Arm, ...]:
    """Return the arms of a view with the baseline first."""
    return (found.baseline, *(arm for arm in found.arms if arm is not found.baseline))


def left_out(found: Found) -> list[tuple[Arm, tuple[str, ...]]]:
    """Return the arms that have nothing to subtract from the baseline, and why."""
    base = found.baseline.scenario
    return [(arm, reasons) for arm in found.arms if (reasons := unlike(base, arm.scenario))]


def compared(view: View, found: Found) -> Compared | None:
    """Return the comparison of the arms whose results are there; None where there are not two with the baseline."""
    refused = [arm for arm, _ in left_out(found)]
    arms = tuple(arm for arm in ordered(found) if arm.results and arm not in refused)
    if len(arms) < 2 or arms[0] is not found.baseline:
        return None
    choices = [arm.choice for arm in arms]
    given, shared = arms_that_differ(
        [arm.label for arm in arms],
        [arm.scenario for arm in arms],
        [choice.changes for choice in choices],
        [choice.base for choice in choices],
    )
    comparison = comparison_of_results(arms[0].choice.base, given, [arm.results for arm in arms], shared)
    own = arms[0].scenario.calendar
    other = tuple(arm.label for arm in given if arm.scenario.calendar != own)
    return Compared(comparison, arms, _words(arms, view), other)


def label_of(choice: Choice) -> str:
    """Return what a choice is called in a control: its base and what it changes, cut where it is long."""
    if not choice.changes:
        return choice.base
    text = f"{choice.base}: {label(dict(choice.changes))}" if len(choice.changes) > 1 else _one(choice)
    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"


def _one(choice: Choice) -> str:
    path, value = next(iter(choice.changes.items()))
    return f"{choice.base}: {'.'.join(path.split('.')[-2:])}={written(value)}"


def _words(arms: tuple[Arm, ...], view: View) -> Display:
    """Return the words of all arms; where they differ, the baseline's."""
    displays = [arm.display(view.language) for arm in reversed(arms)]
    base = displays[-1]
    return Display(
        base.language,
        base.currency,
        {key: title for one in (*displays[-1:], *displays) for key, title in one.titles.items()},
        {key: unit for one in (*displays[-1:], *displays) for key, unit in one.unit_keys.items()},
        {key: text for one in displays for key, text in one.names.items()},
    )
