"""The report of a sweep: whole, failed and unfinished ones, in both languages."""

import re

import numpy as np
import pytest

from scenarios.display import texts
from scenarios.documents import parse
from scenarios.errors import InputError
from scenarios.sweep_choice import main_outcomes
from scenarios.sweep_effects import ranking_of
from scenarios.sweep_page import SweepPage
from scenarios.sweep_report import sweep_report, write_sweep_report
from scenarios.sweep_sections import declaration, reasons, runs_told
from scenarios.sweep_sensitivity import sensitivity_of
from scenarios.sweep_words import own_policy, policies_in_words, range_in_words
from scenarios.sweeps import SweepResult, sweep, sweep_of
from scenarios.sweeps.store import digest_of

CROSSED = {
    "name": "tiny",
    "scenario": "textbook-montgomery",
    "levers": {"cap": {"path": "carbon.cap_scale", "values": [90, 100]}},
    "uncertainties": {"shocks": {"path": "world.activity_sd", "low": 0.0, "high": 0.05}},
    "design": {"kind": "crossed", "levers": {"kind": "grid"}, "uncertainties": {"kind": "grid", "points": 3}},
    "seeds": 2,
    "outcomes": ["carbon.mean_price", "actual_cost"],
}
MORRIS = {**CROSSED, "name": "morris", "seeds": 1, "design": {"kind": "morris", "trajectories": 3},
          "levers": {"cap": {"path": "carbon.cap_scale", "low": 90, "high": 110}}}  # fmt: skip


@pytest.fixture(scope="module")
def crossed(tmp_path_factory):
    return sweep(sweep_of(CROSSED), tmp_path_factory.mktemp("sweep") / "tiny", workers=1)


@pytest.fixture(scope="module")
def morris(tmp_path_factory):
    return sweep(sweep_of(MORRIS), tmp_path_factory.mktemp("sweep") / "morris", workers=1)


def with_runs(result, runs):
    """The same sweep with other runs in its store."""
    other = SweepResult.open(result.store.folder)
    runs = runs.reset_index(drop=True)
    runs.attrs["units"] = result.units
    other.__dict__["runs"] = runs
    return other


def section(html, name):
    return re.search(rf'<section id="{name}".*?</section>', html, re.DOTALL).group(0)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_all_sections_of_a_crossed_sweep(crossed, language):
    html = sweep_report(crossed, language, ["carbon.mean_price > 30"])
    assert re.findall(r'<section id="(\w+)"', html) == [
        "varied", "runs", "outcomes", "effects", "sensitivity", "responses", "robustness", "failing",
        "assumptions", "origin",
    ]  # fmt: skip
    for heading in texts(language)["sweep"]["sections"].values():
        assert f">{heading}</h2>" in html
    assert "src=" not in html.partition("<script")[0]
    mean = crossed.runs[crossed.runs["cap"] == 90]["carbon.mean_price"].mean()
    assert f">{mean:.4g}<" in section(html, "outcomes")
    assert crossed.store.digest in section(html, "origin")


def test_a_joint_design_has_no_policies(morris):
    html = sweep_report(morris)
    for name in ("effects", "robustness", "failing"):
        assert f'<section id="{name}"' not in html
    assert "do not contain what another seed" in section(html, "varied")
    assert "Elementary effects" in section(html, "sensitivity")


def test_morris_ranks_the_cap_first_for_the_price(morris):
    ranked = ranking_of(sensitivity_of(morris, ["carbon.mean_price"]))
    assert ranked["parameter"].iloc[0] == "cap"
    assert ranked.attrs["method"] == "morris"


def test_failed_runs_are_grouped_and_left_out(crossed):
    runs = crossed.runs.copy()
    runs.loc[[0, 1, 5], crossed.outcomes] = np.nan
    runs.loc[[0, 1, 5], "stage"] = "run"
    runs.loc[[0, 1, 5], "message"] = ["no room for 3", "no room for 17", "it broke"]
    broken = with_runs(crossed, runs)
    assert [(stage, message, count) for stage, message, count, _ in reasons(broken.failures)] == [
        ("run", "no room for 3", 2), ("run", "it broke", 1),
    ]  # fmt: skip
    told = section(sweep_report(broken), "runs")
    assert "All 12 runs were made; 3 of them failed." in told
    assert "no room for 3" in told
    assert "it broke" in told


@pytest.mark.parametrize("count", [1, 4, 7])
def test_an_unfinished_sweep_says_so(crossed, count):
    part = with_runs(crossed, crossed.runs.iloc[:count])
    told = section(sweep_report(part, "en"), "runs")
    assert f"{count} runs were made so far and {12 - count} are missing" in told
    assert "The sweep is not finished" in told


def test_outcomes_that_nobody_has_are_not_shown(crossed):
    runs = crossed.runs.copy()
    runs["actual_cost"] = np.nan
    bare = with_runs(crossed, runs)
    assert main_outcomes(bare) == ["carbon.mean_price", "actual_cost"]
    page = SweepPage.of(bare, "en")
    assert page.outcomes == ["carbon.mean_price"]
    assert "12 runs that did not fail have no value of it" in runs_told(page)
    runs["carbon.mean_price"] = np.nan
    assert '<section id="outcomes"' not in sweep_report(with_runs(crossed, runs))


def test_the_declaration_in_the_report_is_the_same_sweep(crossed, morris):
    for result in (crossed, morris):
        tree, problems = parse(declaration(result.store.sweep), "report")
        assert problems == []
        plain = tree.plain()
        plain.pop("sweep")
        assert digest_of(sweep_of(plain)) == result.store.digest


def test_words_of_parameters_and_policies(crossed):
    page = SweepPage.of(crossed, "zh")
    _, shocks = crossed.parameters
    assert page.words["cap"].unit == "%"
    assert policies_in_words(crossed, page.words, page.display) == {0: "90\u00a0%", 1: "100\u00a0%"}
    assert range_in_words(shocks, page.words["shocks"], page.display, crossed) == "0 至 0.05"
    assert own_policy(crossed) == 1


def test_another_language_is_refused(crossed, tmp_path):
    with pytest.raises(InputError, match="there is no language"):
        write_sweep_report(crossed, tmp_path / "report.html", "fr")
