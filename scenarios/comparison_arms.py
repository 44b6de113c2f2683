"""The arms of a comparison: a scenario with a few values varied, every arm loaded and checked before the first run."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

from scenarios.documents import scalar_of
from scenarios.errors import InputError, Problem
from scenarios.schema import Scenario

SCENARIO = "scenario"
"""A path of this name varies the scenario itself: its values are library names or files."""
MOST_ARMS = 100
LONGEST_LABEL = 60
"""Arms whose values are longer than this, such as whole lists of venues, are numbered; the report shows the values."""
EXAMPLE = "instruments.carbon.cap.values.2030=40,45"

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm: its label, the values by dotted path that it sets, and the scenario that comes of it."""

    label: str
    values: dict[str, Any]
    scenario: Scenario
    warnings: tuple[str, ...] = ()


def arms_of(
    name: str | os.PathLike[str], vary: Mapping[str, Sequence[Any]], overrides: Values | None = None
) -> tuple[Arm, ...]:
    """Return the arms: the product of the varied values, in the order given, the last path changing fastest.

    Raises
    ------
    InputError : with every mistake of every arm, each told once; nothing was run.
    """
    from scenarios.checks import check
    from scenarios.loading import load

    fixed = dict(overrides or {})
    _check_paths(vary, fixed)
    choices = [dict(zip(vary, values, strict=True)) for values in product(*vary.values())]
    named = [label(values) for values in choices]
    labels = [text if len(text) <= LONGEST_LABEL else f"arm {i}" for i, text in enumerate(named, start=1)]
    arms: list[Arm] = []
    found: list[list[Problem]] = []
    for text, values in zip(labels, choices, strict=True):
        own = {path: value for path, value in values.items() if path != SCENARIO}
        try:
            scenario = load(values.get(SCENARIO, name), fixed | own)
            warnings = tuple(str(warning) for warning in check(scenario))
        except InputError as error:
            found.append([_of_vary(problem, own) for problem in error.problems])
        else:
            found.append([])
            arms.append(Arm(text, values, scenario, warnings))
    if any(found):
        raise InputError(_told_once(found, labels))
    _check_likeness(arms)
    return tuple(arms)


def position(arms: Sequence[Arm], baseline: int | str) -> int:
    """Return the index of the arm that the others are compared with: by label, or by number from 1 if given as text."""
    known = [arm.label for arm in arms]
    if isinstance(baseline, str):
        if baseline in known:
            return known.index(baseline)
        if baseline.isdecimal() and 1 <= int(baseline) <= len(known):
            return int(baseline) - 1
    elif 0 <= baseline < len(known):
        return baseline
    numbered = "; ".join(f"{number} {text}" for number, text in enumerate(known, start=1))
    message = f"no arm is called {baseline!r}"
    raise InputError([Problem("compare", 0, "--baseline", message, f"The arms are: {numbered}.")])


def label(values: Values) -> str:
    """Return what an arm is called: its values, each with the end of its path unless a single word says it all."""
    if len(values) == 1 and isinstance(only := next(iter(values.values())), str):
        return only
    tails = [_tail(path, 1) for path in values]
    depth = 1
    while len(set(tails)) < len(tails) and depth < max(path.count(".") + 1 for path in values):
        depth += 1
        tails = [_tail(path, depth) for path in values]
    return ", ".join(f"{tail}={written(value)}" for tail, value in zip(tails, values.values(), strict=True))


def written(value: Any) -> str:
    """Return a value as ``--vary`` and ``--set`` read it."""
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        value = value.item()  # a NumPy number
    if isinstance(value, str):
        plain = scalar_of(value) == value and value == value.strip() and not set(value) & set(",[]{}:#&*!|>'\"%@`?\n")
        return value if plain and not value.startswith("-") else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False, default=str)


def _tail(path: str, depth: int) -> str:
    """Return the last words of a path; a year or a list's position says nothing without the word before it."""
    steps = path.split(".")
    start = max(0, len(steps) - depth)
    while start > 0 and steps[start].isdecimal():
        start -= 1
    return ".".join(steps[start:])


def _check_paths(vary: Mapping[str, Sequence[Any]], fixed: Values) -> None:
    problems = [problem for path, values in vary.items() for problem in _value_problems(path, values)]
    given = [*fixed, *vary]
    for later, path in enumerate(given):
        for earlier in given[:later]:
            if earlier == path:
                problems.append(_problem(path, "the key is also given with --set", "Keep one of the two."))
            elif earlier.startswith(f"{path}."):
                message = f"it replaces {earlier}, which was given before it"
                remedy = "Give the longer path last, or write its value inside this one."
                problems.append(_problem(path, message, remedy))
    count = prod(len(values) for values in vary.values())
    if not problems and count < 2:
        message = "this makes one arm, and a comparison needs two"
        problems.append(_problem("", message, f"Vary something: --vary {EXAMPLE}."))
    elif not problems and count > MOST_ARMS:
        message = f"this makes {count} arms, and a comparison takes {MOST_ARMS}"
        problems.append(_problem("", message, "Vary fewer values."))
    if problems:
        raise InputError(problems)


def _value_problems(path: str, values: Any) -> Iterator[Problem]:
    if isinstance(values, str) or not isinstance(values, Sequence) or not len(values):
        yield _problem(path, "there is no list of values", f"Give one value an arm, as in {EXAMPLE}.")
        return
    texts = [written(value) for value in values]
    twice = sorted({text for text in texts if texts.count(text) > 1})
    if twice:
        yield _problem(path, f"the value {', '.join(twice)} is given twice", "Remove one.")
    if path == SCENARIO and not all(isinstance(value, str) for value in values):
        remedy = "`quotalab list` shows the names."
        yield _problem(path, "the values must be names or files of scenarios", remedy)


def _problem(path: str, message: str, remedy: str) -> Problem:
    return Problem("compare", 0, f"--vary {path}".strip(), message, remedy)


def _of_vary(problem: Problem, values: Values) -> Problem:
    """Return a problem at a key that was varied as one of ``--vary``, not of ``--set``."""
    path = problem.key.removeprefix("--set ")
    varied = any(path == key or path.startswith(f"{key}.") for key in values)
    return replace(problem, key=f"--vary {path}") if path != problem.key and varied else problem


def _told_once(found: Sequence[Sequence[Problem]], labels: Sequence[str]) -> list[Problem]:
    """Return the problems; one that every arm has is of the scenario, any other names the arms that have it."""
    holders: dict[Problem, list[str]] = {}
    for problems, text in zip(found, labels, strict=True):
        for problem in dict.fromkeys(problems):
            holders.setdefault(problem, []).append(text)
    told = []
    for problem, arms in holders.items():
        if len(arms) == len(labels):
            told.append(problem)
        else:
            which = f"{'arm' if len(arms) == 1 else 'arms'} {'; '.join(arms)}"
            told.append(replace(problem, message=f"{problem.message.rstrip('. ')} ({which})"))
    return told


def _check_likeness(arms: Sequence[Arm]) -> None:
    """Refuse arms that are the same scenario, or whose money or units differ so that nothing can be subtracted."""
    problems = []
    first = arms[0]
    seen: dict[str, str] = {}
    for arm in arms:
        content = json.dumps(arm.scenario.model_dump(mode="json", by_alias=True), sort_keys=True)
        if content in seen:
            message = f"the arms {seen[content]} and {arm.label} are the same scenario"
            problems.append(Problem("compare", 0, "--vary", message, "Vary a value that makes a difference."))
        seen.setdefault(content, arm.label)
        if arm.scenario.money.currency != first.scenario.money.currency:
            message = f"the arms {first.label} and {arm.label} count in different money"
            problems.append(Problem("compare", 0, "--vary", message, "Compare scenarios of one currency."))
        for key, rule in arm.scenario.instruments.items():
            other = first.scenario.instruments.get(key)
            if other is not None and other.unit != rule.unit:
                message = f"{key} is counted in {other.unit} in the arm {first.label} and in {rule.unit} in {arm.label}"
                problems.append(Problem("compare", 0, "--vary", message, "Compare rights of one unit."))
    if problems:
        raise InputError(problems)
