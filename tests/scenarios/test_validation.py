"""The validation table: every theory case passes, failures are shown as failures."""

import math

import pytest

from scenarios.validation import SUITES, Case, run_all
from scenarios.validation.cases import interval


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return run_all()


@pytest.mark.slow
def test_every_case_passes(cases: list[Case]) -> None:
    assert [case for case in cases if not case.passed] == []


def test_every_sub_case_is_a_line_of_its_own(cases: list[Case]) -> None:
    names = [case.name for case in cases]
    assert len(names) == len(set(names))
    for part in ("A1a", "A1b", "A1.allocation", "A1c", "A2a", "A2b", "A2c", "A2d", "A9", "A9.waterbed", "A9.tax",
                 "A2a.no_banking", "A2b.rate10", "A2b.bank60", "A2c.borrowing",
                 "A11a", "A11b", "A11c", "A11.carbon_alone", "A10b.zi_c", "A10b.zi_u", "A10d", "A10f",
                 "A10g", "B4", "B4.ecr", "B5", "B5.unsold", "A10b.call.truthful",
                 "A10b.call.zero_intelligence"):  # fmt: skip
        assert any(name.startswith(part + ".") for name in names), part
    assert all(case.source and case.unit for case in cases)


def test_a_wrong_number_fails() -> None:
    assert Case("x", "s", 10.0, 10.0 + 9e-6, 1e-6).passed
    assert not Case("x", "s", 10.0, 10.0 + 2e-5, 1e-6).passed
    assert not Case("x", "s", 10.0, math.nan, 1e-6).passed
    assert not Case("x", "s", 10.0, 10.0, 1e-6, message="ValueError: no").passed
    assert Case("x", "s", 0.0, 5e-7, 1e-6).passed


def test_an_interval_passes_at_its_ends_only() -> None:
    for got, passed in ((5.0, True), (12.0, True), (8.5, True), (4.9, False), (12.1, False)):
        assert interval("x", "s", 5.0, 12.0, got, "money").passed is passed


def test_a_suite_that_raises_is_a_failed_case_and_the_others_still_run() -> None:
    def broken() -> list[Case]:
        raise ValueError("no such cap")

    def sound() -> list[Case]:
        return [Case("sound", "s", 1.0, 1.0, 1e-6)]

    seen: list[str] = []
    found = run_all(progress=seen.append, suites=(broken, sound))
    assert seen == ["broken", "sound"]
    assert [(case.name, case.passed) for case in found] == [("broken", False), ("sound", True)]
    assert found[0].message == "ValueError: no such cap"


def test_suites_are_an_explicit_tuple() -> None:
    assert isinstance(SUITES, tuple)
    assert len({suite.__name__ for suite in SUITES}) == len(SUITES)
