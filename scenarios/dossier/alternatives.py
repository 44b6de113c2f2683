"""The alternatives that a dossier compares with the scenario as it is: named in a file, varied, or a few by default."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from market.instruments import Text
from market.rules import Rule, parameter
from scenarios.changes import applied
from scenarios.comparison_arms import SCENARIO, Arm, arms_of, written
from scenarios.display import Display, texts
from scenarios.dossier.asked import Asked
from scenarios.errors import InputError, Problem
from scenarios.lever_changes import changed
from scenarios.levers import in_short, mechanisms_named
from scenarios.schema import Scenario
from scenarios.sweeps.base import LABEL, Base

BASE = "base"
MECHANISMS = ("call", "order_book", "listed+block")
CAP_SCALES = (95.0, 105.0)
MOST = 12


class Named(Rule):
    """An alternative in a file."""

    name: Text = parameter(description="what it is called in both languages")
    settings: dict[str, Any] = Field(
        alias="set",
        description="values by dotted path, or by the name of a lever such as carbon.cap_scale",
        min_length=1,
    )


class AlternativesFile(Rule):
    """The alternatives of a dossier."""

    alternatives: dict[str, Named] = parameter(description="alternatives by a short name", min_length=1)


@dataclass(frozen=True, slots=True)
class Alternative:
    """A version of the scenario.

    Attributes
    ----------
    label : short name, in the data.
    name : in both languages.
    settings : what it changes, by dotted path or name of a lever; nothing for the scenario as it is.
    """

    label: str
    name: Text
    settings: dict[str, Any]
    scenario: Scenario

    @property
    def arm(self) -> Arm:
        """The alternative as an arm of a comparison."""
        return Arm(self.label, self.settings, self.scenario)


def alternatives_of(asked: Asked, scenario: Scenario) -> tuple[tuple[Alternative, ...], tuple[Problem, ...]]:
    """Return the scenario as it is and its alternatives, and why default ones are left out.

    Raises
    ------
    InputError : with every mistake in alternatives that were asked for.
    """
    words = texts_of("as_declared")
    base = Alternative(BASE, words, {}, scenario)
    if asked.alternatives is not None:
        return (base, *_of_file(asked.alternatives, scenario)), ()
    if asked.vary:
        varied = [arm for arm in arms_of(asked.name, asked.vary, asked.overrides) if not _same(arm.scenario, scenario)]
        return (base, *(_of_arm(arm) for arm in varied)), ()
    found, problems = _defaults(asked, scenario)
    return (base, *found), problems


def texts_of(key: str, **values: object) -> Text:
    """Return a text of the dossier in both languages."""
    en, zh = (str(texts(language)["dossier"]["alternatives"][key]).format(**values) for language in ("en", "zh"))
    return Text(en=en, zh=zh)


def _defaults(asked: Asked, scenario: Scenario) -> tuple[list[Alternative], tuple[Problem, ...]]:
    keys = list(scenario.instruments)
    key = asked.right or keys[0]
    if key not in keys:
        message = f"the scenario has no right {key!r}"
        raise InputError([Problem("dossier", 0, "--right", message, f"Choose one of: {', '.join(keys)}.")])
    plain = scenario.model_dump(mode="json", by_alias=True)
    present = in_short(plain["instruments"][key]["venues"])
    offered: list[tuple[str, Text, dict[str, Any]]] = []
    for short in MECHANISMS:
        if short != present:
            name = Text(en=mechanisms_named(short, "en"), zh=mechanisms_named(short, "zh"))
            offered.append((short, name, {f"{key}.mechanism": short}))
    for scale in CAP_SCALES:
        name = texts_of("cap", what=f"{scale:g}")
        offered.append((f"cap {scale:g} %", name, {f"{key}.cap_scale": scale}))
    found, problems = [], []
    for label, name, settings in offered:
        try:
            found.append(Alternative(label, name, settings, changed_scenario(scenario, settings)))
        except InputError as error:
            problems += [Problem("dossier", 0, label, p.message, p.remedy) for p in error.problems[:1]]
    return found, tuple(problems)


def _same(one: Scenario, other: Scenario) -> bool:
    return one.model_dump() == other.model_dump()


def _of_arm(arm: Arm) -> Alternative:
    return Alternative(arm.label, Text(en=arm.label, zh=arm.label), dict(arm.values), arm.scenario)


def _of_file(path: Path, scenario: Scenario) -> list[Alternative]:
    from scenarios.documents import as_json, read_document
    from scenarios.layers import collect
    from scenarios.loading import Origin, shown
    from scenarios.messages import explain

    label = shown(path)
    tree, problems = read_document(path, label)
    places: dict[str, tuple[str, int]] = {}
    collect(tree, "", places)
    origin = Origin(label, places, {"": path.parent})
    try:
        declared = AlternativesFile.model_validate_json(as_json(tree), strict=True)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            path_of, message, remedy = explain(detail, tree, AlternativesFile)
            problems.append(origin.problem(".".join(map(str, path_of)) or "alternatives", message, remedy))
        raise InputError(problems) from None
    if len(declared.alternatives) > MOST:
        message = f"{len(declared.alternatives)} alternatives are more than a page can compare ({MOST})"
        problems.append(origin.problem("alternatives", message, "Name fewer."))
    if BASE in declared.alternatives:
        message = f"{BASE} is the name of the scenario as it is"
        problems.append(origin.problem(f"alternatives.{BASE}", message, "Choose another."))
    found = []
    for key, one in declared.alternatives.items():
        where = f"alternatives.{key}.set"
        try:
            changed_one = changed_scenario(scenario, one.settings)
        except InputError as error:
            problems += [origin.problem(where, _told(problem), problem.remedy) for problem in error.problems]
            continue
        if _same(changed_one, scenario):
            problems.append(origin.problem(where, "it changes nothing", "Set a value that makes a difference."))
        found.append(Alternative(key, one.name, dict(one.settings), changed_one))
    if problems:
        raise InputError(problems)
    return found


def _told(problem: Problem) -> str:
    return f"{problem.key.removeprefix('--set ')}: {problem.message}"


def changed_scenario(scenario: Scenario, settings: Mapping[str, Any]) -> Scenario:
    """Return a scenario with values set by dotted path or by the name of a lever.

    Raises
    ------
    InputError : with every mistake.
    """
    from scenarios.loading import read_node

    base = Base.of(scenario)
    now = base.plain
    found: dict[str, Any] = {}
    for name, value in settings.items():
        key, _, what = name.partition(".")
        if key in base.plain["instruments"] and what:
            try:
                more = changed(now, name, value, base.plain)
            except KeyError:
                message = f"there is no lever {name!r}"
                remedy = "Write the path of a value, such as instruments.carbon.penalty.rate."
                raise InputError([Problem("dossier", 0, name, message, remedy)]) from None
            now = applied(now, more)
            found |= more
        else:
            found[name] = value
    draft = read_node(base.tree, LABEL, base.folders, found)
    if draft.scenario is None or draft.problems:
        raise InputError(draft.problems)
    return draft.scenario


def changed_rights(alternatives: tuple[Alternative, ...], keys: Sequence[str]) -> list[str]:
    """Return the rights that the settings of alternatives name; all of them where none is named."""
    steps = [path.split(".") for one in alternatives for path in one.settings]
    named = {step[1] if step[0] == "instruments" and len(step) > 1 else step[0] for step in steps}
    return [key for key in keys if key in named] or list(keys)


def settings_told(alternative: Alternative, display: Display) -> str:
    """Return what an alternative sets, as the command line and files write it."""
    gap = str(display.text("numbers.list_gap"))
    return gap.join(f"{path} = {written(value)}" for path, value in alternative.settings.items() if path != SCENARIO)
