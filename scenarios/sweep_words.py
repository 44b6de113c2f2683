"""How a sweep words what varies: parameters, their values and ranges, designs, seeds, policies."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isclose
from typing import TYPE_CHECKING, Any

from scenarios.comparison_words import setting_in_words
from scenarios.display import Display, plain_number
from scenarios.forms import form_of
from scenarios.levers import levers
from scenarios.path_words import STEP, path_in_words
from scenarios.sweeps.declared import Crossed, Until
from scenarios.sweeps.parameters import Parameter

if TYPE_CHECKING:
    from scenarios.sweeps.results import SweepResult

HEADS = ("world", "behaviours")
"""Sections of a scenario whose names say nothing about a value in them."""


@dataclass(frozen=True, slots=True)
class ParameterWords:
    """What a parameter is called.

    Attributes
    ----------
    title : all labels on the way to its value.
    short : the first and the last of them; the title where another parameter would be called the same.
    unit : in the display's language.
    """

    title: str
    short: str
    unit: str

    def with_unit(self, display: Display) -> str:
        """Return the short words with the unit, as a figure's axis has them."""
        if not self.unit or self.unit in self.short:
            return self.short
        return f"{self.short}{display.fill('numbers.bracket', inside=self.unit)}"


def display_of(result: "SweepResult", language: Any) -> Display:
    """Return the words of a sweep's scenario, with the names that its tables give to sectors, cities and measures."""
    from scenarios.results import input_files

    scenario = result.store.base.scenario
    return Display.of(scenario, language, input_files(scenario))


def parameter_words(result: "SweepResult", display: Display) -> dict[str, ParameterWords]:
    """Return what the parameters of a sweep are called, by name."""
    plain = result.store.base.plain
    known = {lever.name: lever for lever in levers(plain, display.language)}
    found: dict[str, tuple[str, str, str]] = {}
    for one in result.parameters:
        lever = known.get(one.path)
        if lever is not None:
            colon = display.text("numbers.colon") if lever.group_label else ""
            title = f"{lever.group_label}{colon}{lever.label}"
            found[one.name] = title, title, lever.unit
        else:
            found[one.name] = _of_path(plain, one.path, display)
    shorts = [short for _, short, _ in found.values()]
    return {
        name: ParameterWords(title, short if shorts.count(short) == 1 else title, unit)
        for name, (title, short, unit) in found.items()
    }


def _of_path(plain: Mapping[str, Any], path: str, display: Display) -> tuple[str, str, str]:
    steps = path.split(".")
    unit = _unit_at(plain, path, display)
    labels = path_in_words(plain, path, display.language).removesuffix(f" ({unit})").split(STEP)
    labels = [_named(label, steps, display) for label in labels]
    rest = labels[1:] if steps[0] in HEADS and len(labels) > 1 else labels
    return STEP.join(labels), rest[0] if len(rest) == 1 else f"{rest[0]}{STEP}{rest[-1]}", unit


def _named(label: str, steps: list[str], display: Display) -> str:
    """Return the name of a sector, city or measure where a label is its bare key."""
    if label not in steps:
        return label
    kinds = ("sector", "city", "measure")
    return next((name for kind in kinds if (name := display.name(kind, label)) != label), label)


def _unit_at(plain: Mapping[str, Any], path: str, display: Display) -> str:
    """Return the unit of a value; a value of a table has the table's."""
    for one in (path, path.rpartition(".")[0]):
        try:
            return form_of(plain, one, display.language).unit
        except KeyError:
            continue
    return ""


def value_in_words(one: Parameter, value: Any, words: ParameterWords, display: Display, result: "SweepResult") -> str:
    """Return a value of a parameter: a number with its unit, mechanisms by their names, other categories by label."""
    if one.kind == "switch":
        return str(display.text("sweep.yes" if value else "sweep.no"))
    if one.kind == "categorical":
        data = one.data[one.values.index(value)] if value in one.values else value
        path = one.path if one.path.startswith("instruments.") else f"instruments.{one.path}"
        said = setting_in_words(display, path, data, result.store.base.scenario) if isinstance(data, str) else ""
        return said or str(value)
    return display.with_unit(float(value), words.unit) if words.unit else display.number(float(value))


def range_in_words(one: Parameter, words: ParameterWords, display: Display, result: "SweepResult") -> str:
    """Return the values that a parameter may have: both ends, or all of a list, with the unit once."""
    gap = str(display.text("numbers.list_gap"))
    if one.values:
        return gap.join(value_in_words(one, value, words, display, result) for value in one.values)
    low, high = (display.number(end) for end in one.ends)
    last = value_in_words(one, one.ends[1], words, display, result) if words.unit else high
    text = display.fill("comparison.interval", low=low, high=last)
    return f"{text}{gap}{display.text('sweep.log')}" if one.scale == "log" else text


def design_in_words(result: "SweepResult", display: Display) -> str:
    """Return how the points were chosen."""
    design = result.design
    policies, worlds = (result.points[side].nunique() for side in ("policy", "world"))
    if not isinstance(design, Crossed):
        return _rule(design, len(result.points), display)
    roles = {one.role for one in result.parameters}
    if roles == {"lever"}:
        return _rule(design.levers, policies, display)
    if roles == {"uncertainty"}:
        return _rule(design.uncertainties, worlds, display)
    return display.fill(
        "sweep.designs.crossed", policies=policies, worlds=worlds, levers=_rule(design.levers, policies, display),
        uncertainties=_rule(design.uncertainties, worlds, display),
    )  # fmt: skip


def _rule(design: Any, count: int, display: Display) -> str:
    given = {key: value for key, value in design.model_dump().items() if isinstance(value, int)}
    return display.fill(f"sweep.designs.{design.kind}", **(given | {"count": f"{count:,}"}))


def seeds_in_words(result: "SweepResult", display: Display) -> str:
    """Return how many seeds a point has, and which."""
    seeds = result.store.sweep.seeds
    if isinstance(seeds, Until):
        return display.fill(
            "sweep.seeds.until", least=seeds.least, most=seeds.most, outcome=seeds.outcome,
            half_width=plain_number(seeds.half_width), confidence=display.share(seeds.confidence),
        )  # fmt: skip
    given = result.store.seeds
    if len(given) == 1:
        return display.fill("sweep.seeds.one", seed=given[0])
    listed = display.text("numbers.list_gap").join(map(str, given)) if len(given) <= 4 else f"{given[0]} … {given[-1]}"
    return display.fill("sweep.seeds.many", count=len(given), seeds=listed)


def policies_in_words(result: "SweepResult", words: Mapping[str, ParameterWords], display: Display) -> dict[int, str]:
    """Return what each policy is called: the value of its lever, or of each of its levers after its name."""
    own = [one for one in result.parameters if one.role == "lever"]
    if not own:
        return dict.fromkeys(map(int, result.points["policy"].unique()), str(display.text("sweep.as_it_is")))
    gap, colon = str(display.text("numbers.list_gap")), str(display.text("numbers.colon"))
    found = {}
    for row in result.points.drop_duplicates("policy").to_dict("records"):
        said = [value_in_words(one, row[one.name], words[one.name], display, result) for one in own]
        if len(own) > 1:
            said = [f"{words[one.name].short}{colon}{text}" for one, text in zip(own, said, strict=True)]
        found[int(row["policy"])] = gap.join(said)
    return found


def own_policy(result: "SweepResult") -> int:
    """Return the policy in which every lever has the scenario's own value; the first policy where none does."""
    plain = result.store.base.plain
    known = {lever.name: lever.value for lever in levers(plain)}
    policies = result.points.drop_duplicates("policy")
    for one in result.parameters:
        if one.role == "lever":
            own = known[one.path] if one.path in known else _at(plain, one.path)
            policies = policies[[_same(one.given(value), own) for value in policies[one.name]]]
    return int(policies["policy"].iloc[0]) if len(policies) else 0


def _same(one: Any, other: Any) -> bool:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other))
    return isclose(one, other, rel_tol=1e-9) if numbers else bool(one == other)


def _at(plain: Mapping[str, Any], path: str) -> Any:
    here: Any = plain
    for step in path.split("."):
        if isinstance(here, Mapping):
            here = here.get(step)
        elif isinstance(here, list) and step.isdecimal() and int(step) < len(here):
            here = here[int(step)]
        else:
            return None
    return here
