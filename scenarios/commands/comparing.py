"""The command `compare`: parse what is varied, run every arm, save tables, write the report, print the differences."""

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.commands.running import REPORT, Language, free_folder, overrides
from scenarios.commands.screens import progress_bar, say, say_json, tell
from scenarios.errors import InputError, Problem

if TYPE_CHECKING:
    from scenarios.comparison import Comparison

CLOSING = {"]": "[", "}": "{"}
EXAMPLE = "Write --vary instruments.carbon.cap.values.2030=40,45, for instance."


def compare(
    name: str,
    vary: Sequence[str],
    seeds: int,
    settings: list[str],
    out: Path | None,
    language: Language,
    *,
    baseline: str,
    workers: int | None,
    as_json: bool,
) -> int:
    """Run a comparison, save its tables, write the report and the differences; 1 if a run failed."""
    from scenarios.comparison import compare as run_arms

    varied, fixed = varied_values(vary), overrides(settings)
    folder = free_folder(out, f"compare-{Path(name).stem}")
    with progress_bar(f"compare {Path(name).stem}", at_once=True) as progress:
        found = run_arms(name, varied, seeds, fixed, baseline=baseline, workers=workers, progress=progress)
    found.save(folder)
    report = None
    if len(found.kpis):
        from scenarios.comparison_report import write_comparison_report

        report = write_comparison_report(found, folder / REPORT, language)
    if as_json:
        say_json(_document(found, folder, report))
    else:
        _print(found, folder, report)
    for row in found.failures.itertuples():
        tell(f"failed: arm {row.arm}, seed {row.seed}, {row.stage}: {row.message}")
    return 1 if len(found.failures) else 0


def varied_values(settings: Sequence[str]) -> dict[str, list[Any]]:
    """Return ``path=a,b,c`` as lists of values by dotted key; commas inside brackets, braces and quotes do not part."""
    from scenarios.documents import parse

    found: dict[str, list[Any]] = {}
    problems: list[Problem] = []
    for setting in settings:
        path, equals, text = setting.partition("=")
        path = path.strip()

        def refuse(key: str, message: str, remedy: str) -> None:
            problems.append(Problem("command line", 0, f"--vary {key}", message, remedy))

        if not equals or not path:
            refuse(setting, "this is not path=value,value", EXAMPLE)
            continue
        if path in found:
            refuse(path, "the key is varied twice", "Give all its values in one list.")
            continue
        found[path] = []
        for item in parts(text):
            if not item.strip():
                refuse(path, "a value is missing", "Remove the comma, or write null for no value.")
                continue
            try:
                tree, faults = parse(f"value: {item.strip()}", "command line")
            except InputError as error:
                faults = list(error.problems)
            else:
                found[path].append(tree.plain()["value"])
            for fault in faults:
                refuse(path, fault.message, fault.remedy)
    if problems:
        raise InputError(problems)
    return found


def parts(text: str) -> list[str]:
    """Return the pieces of a text between the commas that stand outside brackets, braces and quotes."""
    pieces, start, quote = [], 0, ""
    opened: list[str] = []
    for place, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote and text[place - 1] != "\\" else quote
        elif sign in "\"'" and not text[start:place].strip(" [{,:"):
            quote = sign
        elif sign in "[{":
            opened.append(sign)
        elif sign in "]}":
            if opened and opened[-1] == CLOSING[sign]:
                opened.pop()
        elif sign == "," and not opened:
            pieces.append(text[start:place])
            start = place + 1
    return [*pieces, text[start:]]


def _document(found: "Comparison", folder: Path, report: Path | None) -> dict[str, Any]:
    return {
        "scenario": found.name,
        "arms": [{"label": arm.label, "values": arm.values} for arm in found.arms],
        "baseline": found.labels[found.baseline],
        "seeds": list(found.seeds),
        "folder": str(folder),
        "report": None if report is None else str(report),
        "summary": found.summary.to_dict("records"),
        "differences": found.differences.to_dict("records"),
        "failures": found.failures.to_dict("records"),
        "warnings": found.warnings.to_dict("records"),
    }


def _print(found: "Comparison", folder: Path, report: Path | None) -> None:
    """Write the main indicators: each arm's mean, its difference from the baseline and the interval of that."""
    from scenarios.comparison_choice import focus, main_kpis

    base = found.labels[found.baseline]
    for warning in dict.fromkeys(text for arm in found.arms for text in arm.warnings):
        tell(f"warning: {warning}")
    seeds = "1 seed" if len(found.seeds) == 1 else f"{len(found.seeds)} seeds"
    say(f"{len(found.arms)} arms, {seeds} each; differences are from {base}, seed by seed")
    for key in dict.fromkeys(path for arm in found.arms for path in arm.values):
        say(f"varied: {key}")
    summary = found.summary.set_index(["arm", "kpi"])
    differences = found.differences.set_index(["arm", "kpi"])
    width = max(14, *(len(arm) + 2 for arm in found.labels))
    say(f"\n{'':{width}}{'mean':>16}{'difference':>16}  95 % interval")
    for kpi in main_kpis(found, focus(found)):
        say(f"{kpi} ({found.units[kpi]})")
        for arm in found.labels:
            line = f"  {arm:{width - 2}}{_short(summary.loc[(arm, kpi), 'mean'], 5):>16}"
            if arm != base:
                one = differences.loc[(arm, kpi)]
                interval = f"{_short(one['low'], 4)} to {_short(one['high'], 4)}" if one["n"] > 1 else "-"
                line += f"{_short(one['difference'], 4):>16}  {interval}"
            say(line)
    say()
    if len(found.seeds) == 1:
        say("one seed gives no interval: ask for more with --seeds")
    total = len(found.arms) * len(found.seeds)
    if len(found.warnings):
        runs = len(found.warnings[["arm", "seed"]].drop_duplicates())
        say(f"{runs} of {total} runs gave warnings: see the report")
    if len(found.failures):
        say(f"{len(found.failures)} of {total} runs failed and are not in the table")
    say(f"tables: {folder}")
    if report is not None:
        say(f"report: {report}")


def _short(value: float, digits: int) -> str:
    """Return a number of so many significant digits, whatever its size."""
    from scenarios.display import plain_number

    return plain_number(value, digits).replace("\u2212", "-") if isfinite(value) else "-"
