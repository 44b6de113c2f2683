"""What a run of the validation suites gave, kept in small files: which suite, when, by which version, every case.

One file a suite, so that suites can be run side by side. A file says what it was made with; an outcome of another
version, or of other code, is shown as that and not as a statement about this one. None ships with the package.
"""

import hashlib
import json
import math
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from scenarios.errors import InputError, Problem
from scenarios.result_files import write_file
from scenarios.validation import SUITES, run_all
from scenarios.validation.cases import Case

FORMAT = "quotalab-validation"
FORMAT_VERSION = 1
ENDING = ".json"
MOST_BYTES = 4_000_000
CASE_FIELDS = ("name", "source", "expected", "got", "tolerance", "unit", "message")
NUMBERS = frozenset({"expected", "got", "tolerance"})
REMEDY = "It is left out; run the suite again."


@dataclass(frozen=True, slots=True)
class Outcome:
    """The cases of one suite as they came out.

    Attributes
    ----------
    suite : name of the suite.
    version, code : version of QuotaLab and the hash of the code and data (`code_hash`) that gave it.
    made : when, in UTC, as ISO 8601 to the second.
    """

    suite: str
    version: str
    code: str
    made: str
    cases: tuple[Case, ...]

    @property
    def failed(self) -> tuple[Case, ...]:
        """The cases that did not pass."""
        return tuple(case for case in self.cases if not case.passed)

    @property
    def largest_share(self) -> float:
        """The largest deviation of a case as a share of what it is allowed; infinite where a case has no number."""
        return max((share_of_tolerance(case) for case in self.cases), default=0.0)

    @property
    def current(self) -> bool:
        """Whether this code gave it."""
        return (self.version, self.code) == (own_version(), code_hash())


def share_of_tolerance(case: Case) -> float:
    """Return a case's deviation as a share of what is allowed: 1 is the limit, infinite if nothing is allowed."""
    if case.message or not math.isfinite(case.deviation):
        return math.inf
    if case.deviation == 0.0:
        return 0.0
    return case.deviation / case.tolerance if case.tolerance > 0.0 else math.inf


def suite_groups() -> dict[str, tuple[str, ...]]:
    """Return the names of all suites by the module that holds them, in order."""
    groups: dict[str, tuple[str, ...]] = {}
    for suite in SUITES:
        group = suite.__module__.rpartition(".")[2]
        groups[group] = (*groups.get(group, ()), suite.__name__)
    return groups


def run_suite(name: str) -> Outcome:
    """Run the suite of a name and return what came out; a suite that raises is one failed case.

    Raises
    ------
    KeyError : where there is no such suite.
    """
    suite = {suite.__name__: suite for suite in SUITES}[name]
    return outcome_of(name, run_all(suites=(suite,)))


def outcome_of(name: str, cases: Iterable[Case]) -> Outcome:
    """Return cases of a suite that this code has just worked out as an outcome."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Outcome(name, own_version(), code_hash(), now, tuple(cases))


def save_outcome(folder: str | os.PathLike[str], outcome: Outcome) -> Path:
    """Write the file of an outcome, in place of an older one of the suite: all of it, or nothing.

    Raises
    ------
    InputError : where the disk does not take it.
    """
    target = Path(folder) / f"{outcome.suite}{ENDING}"
    partial = target.with_name(f".{target.name}.{os.getpid()}-{time.time_ns():x}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_file(partial, json.dumps(_document(outcome), ensure_ascii=False, allow_nan=False).encode())
        partial.replace(target)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        what = f"it cannot be written ({error.strerror or error})"
        remedy = "Nothing was kept; make room or choose another folder."
        raise InputError([Problem(str(target), 0, "validation", what, remedy)]) from error
    return target


def read_outcome(path: str | os.PathLike[str]) -> Outcome:
    """Return the outcome in a file.

    Raises
    ------
    InputError : where the file cannot be read, is damaged or is of another format.
    """
    file = Path(path)
    try:
        with file.open("rb") as opened:
            # A cut document is no JSON: a file that is too large is refused like a damaged one.
            return _outcome(json.loads(opened.read(MOST_BYTES)))
    except OSError as error:
        what = f"it cannot be read ({error.strerror or error})"
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        what = f"this is no outcome of a validation suite, or a damaged one ({error})"
    raise InputError([Problem(str(file), 0, "validation", what, REMEDY)])


def read_outcomes(folder: str | os.PathLike[str]) -> tuple[dict[str, Outcome], list[Problem]]:
    """Return the outcomes that a folder holds by suite, and what is wrong with files that could not be read.

    Suites that no longer exist are left out; a folder that is not there holds none.
    """
    found: dict[str, Outcome] = {}
    problems: list[Problem] = []
    for suite in SUITES:
        file = Path(folder) / f"{suite.__name__}{ENDING}"
        if not file.exists():
            continue
        try:
            outcome = read_outcome(file)
        except InputError as error:
            problems += error.problems
            continue
        if outcome.suite == suite.__name__:
            found[outcome.suite] = outcome
        else:
            problems.append(Problem(str(file), 0, "suite", f"it holds the suite {outcome.suite!r}", REMEDY))
    return found, problems


def own_version() -> str:
    """Return the version of QuotaLab that is installed."""
    try:
        return version("quotalab")
    except PackageNotFoundError:
        return "not installed"


@lru_cache(maxsize=1)
def code_hash() -> str:
    """Return a hash of everything that a case can depend on: code, scenarios and tables of the model.

    The version alone does not tell two states of a working copy apart.
    """
    root = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256()
    for package in ("market", "agents", "scenarios"):
        for file in sorted((root / package).rglob("*")):
            if file.suffix in {".py", ".yaml", ".csv"}:
                content = file.read_bytes()
                digest.update(f"{file.relative_to(root).as_posix()} {len(content)}\n".encode())
                digest.update(content)
    return digest.hexdigest()[:12]


def _document(outcome: Outcome) -> dict[str, Any]:
    cases = [
        {name: _number(getattr(case, name)) if name in NUMBERS else getattr(case, name) for name in CASE_FIELDS}
        for case in outcome.cases
    ]
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "suite": outcome.suite,
        "version": outcome.version,
        "code": outcome.code,
        "made": outcome.made,
        "cases": cases,
    }


def _outcome(document: Any) -> Outcome:
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise ValueError("no mark of the format")
    if document.get("format_version") != FORMAT_VERSION:
        raise ValueError(f"format version {document.get('format_version')!r}, known is {FORMAT_VERSION}")
    suite, own, code, made = (_text(document[name]) for name in ("suite", "version", "code", "made"))
    return Outcome(suite, own, code, made, tuple(_case(case) for case in document["cases"]))


def _case(data: Mapping[str, Any]) -> Case:
    name, source, unit, message = (_text(data[key]) for key in ("name", "source", "unit", "message"))
    expected, got, tolerance = (_value(data[key]) for key in ("expected", "got", "tolerance"))
    return Case(name, source, expected, got, tolerance, unit, message)


def _number(value: float) -> float | str:
    """Return a number as JSON can hold it: one that is not finite by its name."""
    return float(value) if math.isfinite(value) else str(float(value))


def _value(data: Any) -> float:
    if isinstance(data, bool) or (not isinstance(data, (int, float)) and data not in {"nan", "inf", "-inf"}):
        raise TypeError(f"{data!r} is no number")
    return float(data)


def _text(data: Any) -> str:
    if not isinstance(data, str):
        raise TypeError(f"{data!r} is no text")
    return data
