"""Outcomes of validation suites on disk: what is written comes back, what is damaged is said, nothing ships."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

import scenarios
from scenarios.errors import InputError
from scenarios.validation import SUITES, Case, outcomes
from scenarios.validation.outcomes import (
    Outcome,
    outcome_of,
    read_outcome,
    read_outcomes,
    run_suite,
    save_outcome,
    share_of_tolerance,
    suite_groups,
)

BROKEN = Case("x", "", math.nan, math.nan, 0.0, message="ValueError: why")


def same(first: Outcome, second: Outcome) -> bool:
    """Whether two outcomes are equal, NaN being equal to itself."""
    return repr(first) == repr(second)


def test_a_suite_that_is_run_comes_back_as_it_was(tmp_path):
    made = run_suite("equimarginal")
    assert len(made.cases) == 10
    assert made.cases[0].expected == 17.142857
    assert made.failed == ()
    assert save_outcome(tmp_path / "new" / "folder", made).name == "equimarginal.json"
    found, problems = read_outcomes(tmp_path / "new" / "folder")
    assert (list(found), problems) == (["equimarginal"], [])
    assert found["equimarginal"] == made
    assert found["equimarginal"].current
    assert [path.name for path in (tmp_path / "new" / "folder").iterdir()] == ["equimarginal.json"]


def test_numbers_that_are_none_come_back_too(tmp_path):
    made = outcome_of("rggi", [BROKEN, Case("y", "s", 1.0, math.inf, 0.1), Case("z", "s", 0.1, 1 / 3, 0.0)])
    back = read_outcome(save_outcome(tmp_path, made))
    assert same(back, made)
    assert len(back.failed) == 3
    assert back.largest_share == math.inf
    json.loads((tmp_path / "rggi.json").read_text(), parse_constant=pytest.fail)


def test_a_newer_outcome_takes_the_place_of_an_older_one(tmp_path):
    save_outcome(tmp_path, outcome_of("rggi", []))
    save_outcome(tmp_path, outcome_of("rggi", [BROKEN]))
    assert len(read_outcomes(tmp_path)[0]["rggi"].cases) == 1


def test_an_outcome_of_other_code_or_version_is_not_current():
    made = outcome_of("rggi", [])
    assert made.current
    assert not replace(made, version="0.0.9").current
    assert not replace(made, code="0" * 12).current


def test_shares_are_of_what_is_allowed():
    assert share_of_tolerance(Case("a", "s", 100.0, 103.0, 0.05)) == pytest.approx(0.6)
    assert share_of_tolerance(Case("a", "s", 0.1, 0.2, 0.05)) == pytest.approx(2.0)  # relative to 1
    assert share_of_tolerance(Case("a", "s", 5.0, 5.0, 0.0)) == 0.0
    assert share_of_tolerance(Case("a", "s", 5.0, 5.1, 0.0)) == math.inf
    assert share_of_tolerance(BROKEN) == math.inf


HEAD = {"format": outcomes.FORMAT, "format_version": 1, "suite": "rggi", "version": "1", "code": "1", "made": "1"}
NO_NUMBER = {"name": "x", "source": "", "expected": True, "got": 1, "tolerance": 1, "unit": "1", "message": ""}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"format": "other"}',
        json.dumps(HEAD | {"format_version": 99}).encode(),
        json.dumps(HEAD).encode(),
        json.dumps(HEAD | {"cases": [{"name": "x"}]}).encode(),
        json.dumps(HEAD | {"cases": [NO_NUMBER]}).encode(),
        json.dumps(HEAD | {"cases": ["x"]}).encode(),
        json.dumps(HEAD | {"suite": 1, "cases": []}).encode(),
    ],
)
def test_a_damaged_file_is_a_message_with_a_remedy(tmp_path, content):
    save_outcome(tmp_path, outcome_of("equimarginal", []))
    (tmp_path / "rggi.json").write_bytes(content)
    found, problems = read_outcomes(tmp_path)
    assert list(found) == ["equimarginal"]
    (problem,) = problems
    assert "rggi.json" in problem.file
    assert problem.remedy == outcomes.REMEDY
    with pytest.raises(InputError):
        read_outcome(tmp_path / "rggi.json")


def test_a_file_under_another_name_is_not_believed(tmp_path):
    save_outcome(tmp_path, outcome_of("equimarginal", []))
    (tmp_path / "equimarginal.json").rename(tmp_path / "rggi.json")
    found, problems = read_outcomes(tmp_path)
    assert found == {}
    assert "equimarginal" in problems[0].message


def test_a_disk_that_refuses_is_a_message(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot be written"):
        save_outcome(tmp_path / "file", outcome_of("rggi", []))


def test_every_suite_has_one_name_in_one_group():
    names = [name for group in suite_groups().values() for name in group]
    assert sorted(names) == sorted({suite.__name__ for suite in SUITES})
    assert len(names) == len(SUITES)
    with pytest.raises(KeyError):
        run_suite("none")


def test_no_outcome_ships():
    root = Path(scenarios.__file__).parents[1]
    shipped = [
        path
        for package in ("market", "agents", "scenarios", "dashboard")
        for path in (root / package).rglob("*.json")
        if outcomes.FORMAT in path.read_text(encoding="utf-8")
    ]
    assert shipped == []


def test_the_command_keeps_outcomes(quotalab, monkeypatch, tmp_path):
    def rggi() -> list[Case]:
        return [Case("A.x", "s", 1.0, 1.0, 1e-6)]

    monkeypatch.setattr("scenarios.validation.SUITES", (rggi,))
    code, out, _ = quotalab("validate", "--out", str(tmp_path / "kept"))
    assert code == 0
    assert "1 of 1 cases passed" in out
    assert read_outcome(tmp_path / "kept" / "rggi.json").cases == (rggi()[0],)
