"""How a comparison words an indicator, its value, its difference from the baseline, and the command that made it."""

import shlex
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from market.matching import MECHANISMS
from market.policies.containment import names
from scenarios.comparison_arms import label, written
from scenarios.display import Display, plain_number, say
from scenarios.kpis import declared
from scenarios.rule_words import containment_name, mechanism_name, venue_names
from scenarios.schema import Scenario
from scenarios.short_forms import MECHANISM

if TYPE_CHECKING:
    from scenarios.comparison import Comparison
    from scenarios.comparison_arms import Arm


def in_words(found: "Comparison", display: Display) -> "Comparison":
    """Return the comparison with its arms called by words: mechanisms and containment rules by their names.

    An arm whose words another arm has too keeps its label beside them.
    """
    titles = [_arm_title(display, arm) for arm in found.arms]
    called = {
        arm.label: title if titles.count(title) == 1 else f"{title}{display.fill('numbers.bracket', inside=arm.label)}"
        for arm, title in zip(found.arms, titles, strict=True)
    }
    tables = {
        name: frame.assign(arm=frame["arm"].map(called)) if len(frame) else frame
        for name, frame in found.tables.items()
    }
    arms = tuple(replace(arm, label=called[arm.label]) for arm in found.arms)
    return replace(found, arms=arms, tables=tables)


def _arm_title(display: Display, arm: "Arm") -> str:
    """Return an arm's label with what it says about venues and containment rules in words."""
    parts = {path: setting_in_words(display, path, value, arm.scenario) for path, value in arm.values.items()}
    if not any(parts.values()):
        return arm.label
    plain = label({path: value for path, value in arm.values.items() if not parts[path]})
    return str(display.text("numbers.comma")).join([*filter(None, parts.values()), *filter(None, [plain])])


def setting_in_words(display: Display, path: str, value: Any, scenario: Scenario) -> str:
    """Return the words for a varied value; nothing where there are none for it."""
    steps = path.split(".")
    if len(steps) != 3 or steps[0] != "instruments" or steps[1] not in scenario.instruments:
        return ""
    rule = scenario.instruments[steps[1]]
    if steps[2] == "venues" and isinstance(value, str):
        kinds = [MECHANISM.get(word.strip(), word.strip()) for word in value.split("+")]
        return " + ".join(mechanism_name(display, kind) for kind in kinds) if set(kinds) <= set(MECHANISMS) else ""
    if steps[2] == "venues":
        return " + ".join(venue_names(display, rule).values())
    if steps[2] == "containment":
        called = [containment_name(display, name) for name in names(rule.containment)]
        return " + ".join(called) or str(display.text("rules.no_containment"))
    return ""


def short_title(display: Display, kpi: str) -> str:
    """Return what an indicator is called, with its venue if it is one of a venue."""
    steps = kpi.split(".")
    name = say(declared(kpi).text, display.language)
    venue = mechanism_name(display, ".".join(steps[1:-1]))
    return f"{name}{display.fill('numbers.bracket', inside=venue)}" if len(steps) > 2 else name


def title(display: Display, kpi: str) -> str:
    """Return what an indicator is called, with its right."""
    key = _right(kpi) if "." in kpi else ""
    name = short_title(display, kpi)
    return f"{display.titles.get(key, key)}{display.text('numbers.colon')}{name}" if key else name


def value(display: Display, kpi: str, number: float) -> str:
    """Return a value with its unit."""
    unit = declared(kpi).unit
    key = _right(kpi)
    if unit == "{money}/{unit}":
        return display.price(key, number)
    if unit == "{unit}":
        return display.amount(key, number)
    if unit.startswith("{money}"):
        return display.money(number)
    return display.share(number) if _is_share(unit) else display.number(number)


def difference(display: Display, kpi: str, number: float) -> str:
    """Return a difference with its sign and unit; shares differ by percentage points."""
    if not isfinite(number):
        return str(display.text("numbers.not_number"))
    sign = "+" if number > 0 else ""
    if _is_share(declared(kpi).unit):
        return display.fill("comparison.points", value=f"{sign}{plain_number(100.0 * number, 3)}")
    return f"{sign}{value(display, kpi, number)}"


def interval(display: Display, kpi: str, low: float, high: float) -> str:
    """Return both ends of an interval, the unit once."""
    if not (isfinite(low) and isfinite(high)):
        return str(display.text("numbers.not_number"))
    factor = display.amount_unit(_right(kpi))[0] if declared(kpi).unit == "{unit}" else 1.0
    if _is_share(declared(kpi).unit):
        ends = [plain_number(100.0 * end, 3) for end in (low, high)]
    else:
        ends = [display.number(factor * end, 3) for end in (low, high)]
    return display.fill("comparison.interval", low=ends[0], high=ends[1])


def relative(display: Display, share: float) -> str:
    """Return a relative difference with its sign."""
    said = display.share(share)
    return f"+{said}" if share > 0 and said[:1].isdigit() else said


def path_title(display: Display, path: str) -> str:
    """Return a varied path, after the name of the right that it belongs to."""
    steps = path.split(".")
    if len(steps) > 2 and steps[0] == "instruments" and steps[1] in display.titles:
        return f"{display.titles[steps[1]]}{display.text('numbers.colon')}{path}"
    return path


def path_meaning(scenario: Scenario, path: str) -> str:
    """Return what the schema says about a path, with its unit; empty where it names no declared key."""
    here: Any = scenario
    said = ""
    for step in path.split("."):
        declared_here = getattr(type(here), "model_fields", {}).get(step)
        if declared_here is not None:
            extra = declared_here.json_schema_extra
            unit = extra.get("unit") if isinstance(extra, dict) else None
            said = f"{declared_here.description or ''}{f' ({unit})' if unit else ''}"
            here = getattr(here, step)
        elif isinstance(here, dict):
            here = here.get(step, here.get(int(step) if step.isdecimal() else step))
        elif isinstance(here, tuple | list) and step.isdecimal() and int(step) < len(here):
            here = here[int(step)]
        else:
            return ""
    return said


def command(found: "Comparison") -> str:
    """Return the command that makes the same comparison; of seeds that are no 0, 1, 2, … the call in Python."""
    varied = {
        path: list({written(arm.values[path]): arm.values[path] for arm in found.arms}.values())
        for path in found.arms[0].values
    }
    if found.seeds != tuple(range(len(found.seeds))):
        given = f", {found.overrides!r}" if found.overrides else ""
        chosen = f", baseline={found.baseline}" if found.baseline else ""
        return f"compare({found.name!r}, {varied!r}, {list(found.seeds)!r}{given}{chosen})"
    words = ["quotalab", "compare", found.name]
    for path, values in varied.items():
        words += ["--vary", f"{path}={','.join(map(written, values))}"]
    words += ["--seeds", str(len(found.seeds))]
    for path, setting in found.overrides.items():
        words += ["--set", f"{path}={written(setting)}"]
    if found.baseline:
        words += ["--baseline", str(found.baseline + 1)]
    return shlex.join(words)


def _right(kpi: str) -> str:
    return kpi.partition(".")[0]


def _is_share(unit: str) -> bool:
    return unit.startswith(("share", "1/"))
