"""A comparison made of results that are there already: the tables that `scenarios.compare` gives for the same runs."""

import json
from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from scenarios.comparison import Comparison
from scenarios.comparison_arms import SCENARIO, Arm
from scenarios.run_pool import Outcome, prices_of
from scenarios.schema import Scenario

if TYPE_CHECKING:
    from scenarios.results import RunResult

NOT_SET = "–"
"""Stands for the value of a key that an arm's scenario does not have."""


def comparison_of_results(
    name: str,
    arms: Sequence[Arm],
    results: "Sequence[Sequence[RunResult]]",
    overrides: Mapping[str, Any] | None = None,
    *,
    baseline: int = 0,
) -> Comparison:
    """Return the comparison of arms whose runs are there.

    Parameters
    ----------
    name : what is compared, a library name or a file.
    arms : with different labels, of one currency and one unit a right; see `unlike`.
    results : the runs of each arm, in the order of ``arms``; a seed that one arm lacks counts for the others' means,
        and not for differences from them.
    overrides : values by dotted path that all arms share.
    baseline : index of the arm that the others are compared with.
    """
    seeds = tuple(dict.fromkeys(result.seed for own in results for result in own))
    outcomes = [
        Outcome(
            which,
            result.seed,
            {str(kpi): float(value) for kpi, value in result.kpis.items()},
            dict(result.kpis.attrs["units"]),
            prices_of(result.markets),
            tuple(text for text in result.warnings if text not in arm.warnings),
        )
        for which, (arm, own) in enumerate(zip(arms, results, strict=True))
        for result in own
    ]
    return Comparison.of(name, arms, seeds, overrides, baseline, outcomes)


def arms_that_differ(
    labels: Sequence[str], scenarios: Sequence[Scenario], changes: Sequence[Mapping[str, Any]], bases: Sequence[str]
) -> tuple[tuple[Arm, ...], dict[str, Any]]:
    """Return arms with the values of every key in which they differ, and the changed values that all of them share.

    Parameters
    ----------
    labels : what the arms are called; one that comes twice is numbered.
    changes : values by dotted path that each arm changes in its base; where one changes nothing its own value counts.
    bases : names of the scenarios that the arms start from.
    """
    paths = sorted({path for own in changes for path in own})
    documents = [scenario.model_dump(mode="json", by_alias=True) for scenario in scenarios]
    found = {
        path: [
            own[path] if path in own else value_at(plain, path) for own, plain in zip(changes, documents, strict=True)
        ]
        for path in paths
    }
    if len(set(bases)) > 1:
        found = {SCENARIO: list(bases), **found}
    shared = {path: values[0] for path, values in found.items() if len(set(map(_key, values))) == 1}
    arms = tuple(
        Arm(label, {path: values[i] for path, values in found.items() if path not in shared}, scenario)
        for i, (label, scenario) in enumerate(zip(_told_apart(labels), scenarios, strict=True))
    )
    return arms, shared


def value_at(document: Any, path: str) -> Any:
    """Return the value of a dotted path in a scenario's document; a dash where it has none."""
    here = document
    for step in path.split("."):
        if isinstance(here, Mapping) and step in here:
            here = here[step]
        elif isinstance(here, list) and step.isdecimal() and int(step) < len(here):
            here = here[int(step)]
        else:
            return NOT_SET
    return here


def unlike(one: Scenario, other: Scenario) -> tuple[str, ...]:
    """Return why two scenarios have nothing to subtract: `money`, or the rights that both count in different units."""
    money = ("money",) if one.money.currency != other.money.currency else ()
    shared = [key for key in one.instruments if key in other.instruments]
    return (*money, *(key for key in shared if one.instruments[key].unit != other.instruments[key].unit))


def is_product(found: Comparison) -> bool:
    """Return whether the arms are all combinations of their values: what one call of `compare` can make."""
    values = [_key(arm.values) for arm in found.arms]
    count = prod(len({_key(arm.values[path]) for arm in found.arms}) for path in found.arms[0].values)
    known = all(value != NOT_SET for arm in found.arms for value in arm.values.values())
    return known and len(set(values)) == count == len(found.arms)


def _key(value: Any) -> str:
    """Return a value as text, the same for numbers that are equal."""
    plain = float(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return json.dumps(plain, sort_keys=True, default=str)


def _told_apart(labels: Sequence[str]) -> list[str]:
    """Return the labels, those that came before with a number."""
    seen: dict[str, int] = {}
    told = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        told.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return told
