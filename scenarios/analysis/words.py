"""What is found in words, in either language: parameters, limits, conditions, boxes."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

from scenarios import comparison_words
from scenarios.analysis.boxes import Box, Limit
from scenarios.analysis.conditions import Condition
from scenarios.display import Display
from scenarios.field_words import field_texts, unit_of
from scenarios.kpis import declared

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.analysis.discovery import Discovery
    from scenarios.sweeps.parameters import Parameter

Names = Mapping[str, str]


def outcome_title(display: Display, outcome: str) -> str:
    """Return what an outcome is called; one that is no indicator by its name."""
    return comparison_words.title(display, outcome) if _is_declared(outcome) else outcome


def outcome_value(display: Display, outcome: str, number: float) -> str:
    """Return a value of an outcome with its unit."""
    return comparison_words.value(display, outcome, number) if _is_declared(outcome) else display.number(number)


def parameter_title(display: Display, parameter: "Parameter", names: Names) -> str:
    """Return what a parameter is called: by the names given, else by its own."""
    title = names.get(parameter.name)
    return title if title is not None else comparison_words.path_title(display, parameter.name)


def parameter_unit(display: Display, parameter: "Parameter") -> str:
    """Return the unit of a parameter in words; a unit that has none as it is."""
    if parameter.unit not in field_texts(display.language)["units"]:
        return parameter.unit
    steps = parameter.path.split(".")
    key = next((step for step in steps[:2] if step in display.unit_keys), "")
    return unit_of(parameter.unit, display.language, display.currency, display.unit(key) if key else "")


def parameter_value(display: Display, parameter: "Parameter", value: Any) -> str:
    """Return a value of a parameter with its unit; a category or switch by its word."""
    if isinstance(value, bool):
        return str(display.text(f"analysis.{'on' if value else 'off'}"))
    if isinstance(value, str):
        return value
    unit = parameter_unit(display, parameter)
    number = display.number(float(value), 3)
    gap = "" if display.language == "zh" and not unit[:1].isascii() else "\u00a0"
    return f"{number}{gap}{unit}" if unit else number


def condition_words(display: Display, condition: Condition) -> str:
    """Return a condition with the outcome's title and unit, such as "Carbon: Mean price > 150 yuan/tCO2"."""
    sign = {"<=": "≤", ">=": "≥", "!=": "≠", "==": "="}.get(condition.operator, condition.operator)
    bound = outcome_value(display, condition.outcome, condition.bound)
    return f"{outcome_title(display, condition.outcome)} {sign} {bound}"


def limit_words(display: Display, limit: Limit, parameter: "Parameter", names: Names) -> str:
    """Return what a box asks of a parameter, such as "Growth ≥ 0.031 per year"."""
    title = parameter_title(display, parameter, names)
    if limit.values:
        said = [parameter_value(display, parameter, value) for value in limit.values]
        if len(said) == 1:
            return f"{title} = {said[0]}"
        return str(display.fill("analysis.one_of", title=title, values=str(display.text("analysis.or")).join(said)))
    ends = {"low": limit.low, "high": limit.high}
    shown = {end: parameter_value(display, parameter, value) for end, value in ends.items() if value is not None}
    if len(shown) == 2:
        return str(display.fill("analysis.between", title=title, **shown))
    return f"{title} ≥ {shown['low']}" if "low" in shown else f"{title} ≤ {shown['high']}"


def box_sentence(
    display: Display, found: "Discovery", box: Box, parameters: "Sequence[Parameter]", names: Names | None = None
) -> str:
    """Return where a condition holds, how surely there, and how much of it the box explains, in one sentence.

    Parameters
    ----------
    names : what parameters are called; by default by their own names.
    """
    by_name = {parameter.name: parameter for parameter in parameters}
    gap = str(display.text("analysis.and"))
    limits = gap.join(limit_words(display, limit, by_name[limit.parameter], names or {}) for limit in box.limits)
    conditions = gap.join(condition_words(display, condition) for condition in found.conditions)
    return str(
        display.fill(
            "analysis.box_sentence", limits=limits, conditions=conditions, density=display.share(box.density),
            coverage=display.share(box.coverage), failing=box.failing, points=box.points, all=found.failing,
            base=display.share(found.failing / found.n if found.n else float("nan")),
        )
    )  # fmt: skip


def discovery_note(display: Display, found: "Discovery") -> str:
    """Return what boxes were looked for in: points, failing ones, and what is left out."""
    conditions = str(display.text("analysis.and")).join(condition_words(display, one) for one in found.conditions)
    kind = "none" if not found.failing else "all" if found.failing == found.n else "some" if found.boxes else "no_box"
    share = display.share(found.failing / found.n if found.n else float("nan"))
    said = display.fill(f"analysis.fails.{kind}", conditions=conditions, failing=found.failing, n=found.n, share=share)
    if found.failed or found.left_out:
        said += display.text("analysis.sentence_gap") + display.fill(
            "analysis.not_judged", failed=found.failed, left_out=found.left_out
        )
    return said


def sensitivity_note(display: Display, indices: "pd.DataFrame", outcome: str) -> str:
    """Return what the indices of an outcome are, what seeds do to them and what is left out, for below a figure."""
    rows = indices[indices["outcome"] == outcome]
    method = str(indices.attrs.get("method", "first_order"))
    n = int(rows["n"].max()) if len(rows) else 0
    said = [display.fill(f"analysis.about.{method}", outcome=outcome_title(display, outcome), n=f"{n:,}")]
    share = float(rows["noise_share"].max()) if len(rows) else float("nan")
    if isfinite(share):
        kind = "told" if method == "morris" else "taken_out"
        said.append(display.fill(f"analysis.noise.{kind}", share=display.share(share)))
    else:
        said.append(display.fill("analysis.noise.unknown"))
    failed, left_out = (int(rows[column].max()) if len(rows) else 0 for column in ("failed", "left_out"))
    if failed or left_out:
        said.append(display.fill("analysis.missing", failed=failed, left_out=left_out))
    return str(display.text("analysis.sentence_gap")).join(said)


def policy_names(
    display: Display, runs: "pd.DataFrame", parameters: "Sequence[Parameter]", names: Names | None = None
) -> dict[int, str]:
    """Return what policies are called: the values of the levers that vary, by number."""
    levers = [one for one in parameters if one.role == "lever" and runs[one.name].nunique() > 1]
    found = {}
    for number, row in runs.drop_duplicates("policy").set_index("policy").sort_index().iterrows():
        said = [
            display.fill(
                "analysis.setting", title=parameter_title(display, one, names or {}),
                value=parameter_value(display, one, row[one.name]),
            )
            for one in levers
        ]  # fmt: skip
        found[int(str(number))] = str(display.text("numbers.comma")).join(said) or str(number)
    return found


def _is_declared(outcome: str) -> bool:
    try:
        declared(outcome)
    except KeyError:
        return False
    return True
