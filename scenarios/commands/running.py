"""Commands that compute: run, report, validate."""

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scenarios.commands.screens import (
    number,
    progress_bar,
    say,
    say_json,
    say_table,
    tell,
    tell_problems,
)
from scenarios.errors import InputError, Problem

if TYPE_CHECKING:
    from scenarios.results import RunResult
    from scenarios.validation import Case

Language = Literal["en", "zh"]
REPORT = "report.html"


def run(
    name: str,
    seed: int,
    settings: list[str],
    out: Path | None,
    language: Language,
    *,
    as_json: bool,
    report: bool,
) -> int:
    """Run a scenario, save its tables, write the report and the indicators."""
    from scenarios.checks import check
    from scenarios.loading import load

    scenario = load(name, overrides(settings))
    folder = free_folder(out, f"{scenario.name}-{seed}")
    warnings = check(scenario)
    if not as_json:
        tell_problems(warnings, "warning: ")

    from scenarios.runner import run as simulate

    with progress_bar(scenario.name) as progress:
        result = simulate(scenario, seed, progress)
    result.save(folder)
    written = _report(result, folder, language) if report else None
    if as_json:
        say_json(
            {
                "scenario": scenario.name,
                "seed": seed,
                "folder": str(folder),
                "report": None if written is None else str(written),
                "kpis": _indicators(result),
                "warnings": list(map(str, result.warnings)),
            }
        )
        return 0
    _table(result)
    told = set(map(str, warnings))
    for warning in result.warnings:
        if warning not in told:
            tell(f"warning: {warning}")
    say(f"tables: {folder}")
    if written is not None:
        say(f"report: {written}")
    return 0


def report(folder: Path, language: Language) -> int:
    """Write the report of a saved run, comparison or sweep again."""
    from scenarios.result_files import kind_of
    from scenarios.results import RunResult

    kind = kind_of(folder)
    if kind == "quotalab-sweep":
        from scenarios.sweep_report import write_sweep_report
        from scenarios.sweeps.results import SweepResult

        written = write_sweep_report(SweepResult.open(folder), folder / REPORT, language)
    elif kind == "quotalab-comparison":
        from scenarios.comparison import Comparison
        from scenarios.comparison_report import write_comparison_report

        written = write_comparison_report(Comparison.open(folder), folder / REPORT, language)
    else:
        written = _report(RunResult.open(folder), folder, language)
    say(f"report: {written}")
    return 0


def validate(as_json: bool, out: Path | None = None) -> int:
    """Write every validation case, expected against got; 1 if one fails. ``out`` keeps a file a suite."""
    from scenarios.validation import SUITES, Case, run_all
    from scenarios.validation.outcomes import outcome_of, save_outcome

    cases: list[Case] = []
    with progress_bar("validation") as bar:
        for done, suite in enumerate(SUITES):
            if bar is not None:
                bar(done, len(SUITES))
            found = run_all(suites=(suite,))
            cases += found
            if out is not None:
                save_outcome(out, outcome_of(suite.__name__, found))
    failed = [case for case in cases if not case.passed]
    if as_json:
        fields = ("name", "source", "expected", "got", "tolerance", "unit", "deviation", "passed", "message")
        say_json([{name: getattr(case, name) for name in fields} for case in cases])
        return 1 if failed else 0
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.name.split(".")[0], case.source), []).append(case)
    for (name, source), members in groups.items():
        say(f"\n{name}" + (f": {source}" if source else ""))
        say_table(("case", "expected", "got", "unit", "off by", "allowed", ""), map(_outcome, members), (1, 2, 4, 5))
    for case in failed:
        tell(f"failed: {case.name}" + (f": {case.message}" if case.message else ""))
    say(f"{len(cases) - len(failed)} of {len(cases)} cases passed")
    return 1 if failed else 0


def _outcome(case: "Case") -> tuple[str, ...]:
    name = case.name.partition(".")[2] or case.name
    numbers = number(case.expected, 8), number(case.got, 8)
    off, allowed = f"{case.deviation:.1e}", f"{case.tolerance:.0e}"
    return (name, *numbers, case.unit, off, allowed, "pass" if case.passed else "FAIL")


def overrides(settings: list[str]) -> dict[str, Any]:
    """Return ``path=value`` settings as values by dotted key; values are written as in a scenario file."""
    from scenarios.documents import parse

    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for setting in settings:
        key, equals, text = setting.partition("=")
        key = key.strip()
        if not equals or not key:
            remedy = "Write --set instruments.carbon.cap.initial=100, for instance."
            problems.append(Problem("command line", 0, f"--set {setting}", "this is not path=value", remedy))
        elif key in found:
            problems.append(Problem("command line", 0, f"--set {key}", "the key is set twice", "Remove one."))
        else:
            try:
                tree, faults = parse(f"value: {text}", "command line")
            except InputError as error:
                faults = list(error.problems)
            else:
                found[key] = tree.plain()["value"]
            problems += [Problem("command line", 0, f"--set {key}", p.message, p.remedy) for p in faults]
    if problems:
        raise InputError(problems)
    return found


def free_folder(out: Path | None, name: str) -> Path:
    """Return a folder to write to: the one that was named if it is free, or a new one under ``runs``."""
    if out is None:
        folder, count = Path("runs") / name, 1
        while folder.exists():
            count += 1
            folder = Path("runs") / f"{name}-{count}"
    else:
        folder = out
        if os.path.lexists(folder):
            message = "something is there already; a run never overwrites"
            raise InputError([Problem(str(folder), 0, "--out", message, "Name a new folder.")])
    above = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        message = f"nothing can be written in {above}"
        raise InputError([Problem(str(folder), 0, "--out", message, "Name a folder that you may write to.")])
    return folder


def _report(result: "RunResult", folder: Path, language: Language) -> Path:
    from scenarios.reports import write_report

    path = folder / REPORT
    write_report(result, path, language)
    return path


def _indicators(result: "RunResult") -> dict[str, dict[str, Any]]:
    units = result.kpis.attrs.get("units", {})
    return {str(name): {"value": value, "unit": units.get(name, "")} for name, value in result.kpis.items()}


def _table(result: "RunResult") -> None:
    from scenarios.kpis import InstrumentKpi, declared

    def known(name: str, value: float) -> bool:
        kpi = declared(name)
        return not math.isnan(value) or not (isinstance(kpi, InstrumentKpi) and kpi.quality)

    entries = {name: entry for name, entry in _indicators(result).items() if known(name, float(entry["value"]))}
    rows = [(name, _shown(entry["value"]), entry["unit"]) for name, entry in entries.items()]
    say_table(("indicator", "value", "unit"), rows, (1,))


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else number(float(value))
