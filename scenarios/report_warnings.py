"""Warnings of a run in the report's language: they are kept as plain text, and these are the ones that are known."""

import re

from scenarios.display import Display
from scenarios.problem_words import parts_told, warning_told

KNOWN = {
    "short": re.compile(
        r"(?P<right>\S+): (?P<times>\d+) times? an account was short at a deadline, in (?P<short>\d+) of "
        r"(?P<years>\d+) years, by (?P<gap>\S+) (?P<unit>.+) in all \((?P<share>\S+) of what was due\)"
    ),
    "limits": re.compile(
        r"reference: carry-over limits by account are not in the least-cost plan; "
        r"what they cost is part of the rungs above it"
    ),
    "unmet": re.compile(r"reference: (?P<reason>.+); missing rights were priced at the bound on willingness to pay"),
    "beyond": re.compile(r"reference: (?P<right>\S+): the least-cost plan meets the caps without (?P<parts>.+)"),
    "residual": re.compile(r"reference: optimality conditions hold to (?P<size>\S+) only"),
}
"""Each warning that `scenarios.tables` and `scenarios.reference_run` give, by the name of its words in the texts."""


def worded(warning: str, display: Display) -> str | None:
    """Return a warning in the words of a language, None if it has none there.

    The ones of `KNOWN` are told in full, with names and units; any other as `scenarios.problem_words` tells it.
    """
    for name, pattern in KNOWN.items():
        if found := pattern.fullmatch(warning):
            values = found.groupdict()
            if name == "short" and values["right"] in display.titles:
                values["gap"] = display.amount(values["right"], float(values["gap"]))
                values["share"] = display.share(float(values["share"]))
                values["right"] = display.titles[values["right"]]
            if name == "beyond":
                values["right"] = display.titles.get(values["right"], values["right"])
                values["parts"] = parts_told(values["parts"], display.language)
            if name == "unmet":
                values["reason"] = warning_told(values["reason"], display.language)
            return display.fill(f"warnings.{name}", **values)
    told = warning_told(warning, display.language)
    return told if told != warning else None
