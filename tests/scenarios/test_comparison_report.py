"""The report of a comparison: what differs comes first, both languages, nothing from outside, figures by hand."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scenarios.comparison import Comparison
from scenarios.comparison_arms import Arm
from scenarios.comparison_choice import focus, main_kpis
from scenarios.comparison_findings import verdict
from scenarios.comparison_report import comparison_report, write_comparison_report
from scenarios.comparison_tables import tables_of_outcomes
from scenarios.comparison_words import path_meaning, path_title
from scenarios.display import Display, texts
from scenarios.errors import InputError
from scenarios.figures.comparison import effects, ladder_by_arm, price_overlay
from scenarios.kpis import kpis_of
from scenarios.run_pool import Outcome, prices_of
from tests.scenarios.fake_run import PERIODS, YEARS, fake, scenario
from tests.scenarios.test_reports import LATIN_WORD, NOT_WORDS, Page

ARMS = {"call": 0.0, "posted": 2.0, "<b>bold</b>": 0.0}


def made_up(
    seeds: int = 6, failed: tuple[int, int] | None = None, arms: dict[str, float] = ARMS, **changes: Any
) -> Comparison:
    """The fake run with a price that is 0.1 higher each seed and, in the second arm, 2 higher throughout."""
    plain = scenario(**changes)
    given = tuple(Arm(name, {"instruments.carbon.venues": name}, plain) for name in arms)
    outcomes, units = [], {}
    for which, more in enumerate(arms.values()):
        for seed in range(seeds):
            tables = dict(fake().tables)
            rows = tables["markets"].copy()
            rows["turnover"] += rows["volume"] * (more + 0.1 * seed)
            tables["markets"] = rows
            kpis = kpis_of(tables, plain)
            units = kpis.attrs["units"]
            warning = (
                f"water: {seed + 1} times an account was short at a deadline, in 1 of 3 years, "
                "by 6 1000 m3 in all (0.02 of what was due)"
            )
            done = Outcome(which, seed, dict(kpis.items()), units, prices_of(rows), (warning,))
            outcomes.append(Outcome(which, seed, stage="run", message="it broke") if (which, seed) == failed else done)
    manifest = {"versions": {"quotalab": "0.1.0"}, "content_hash": "abc"}
    tables = tables_of_outcomes(given, outcomes)
    return Comparison("fake", given, tuple(range(seeds)), {"rounds": 1}, 0, tables, units, manifest)


@pytest.fixture(scope="module")
def found() -> Comparison:
    return made_up()


@pytest.fixture(params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> str:
    return request.param


def test_what_differs_comes_first_with_the_value_of_each_arm(found: Comparison, language: str) -> None:
    page = Page(comparison_report(found, language))
    words = texts(language)["comparison"]
    headings = [text for tag, text in page.words if tag == "h2"]
    assert headings == [words["sections"][name] for name in words["sections"] if name != "failures"]
    assert words["differ"] in page.text
    assert "instruments.carbon.venues" in page.text
    assert "rounds=1" in page.text
    for arm in ARMS:
        assert arm in page.text
    assert "quotalab compare fake --vary 'instruments.carbon.venues=call,posted,\"<b>bold</b>\"'" in page.text


def test_findings_say_what_is_higher_and_that_nothing_else_is(found: Comparison) -> None:
    text = Page(comparison_report(found, "en")).text.replace("\u00a0", " ")
    # Mean price: 15.5 + 0.25 over six seeds, and 2 higher in every seed of the arm `posted`.
    assert "Higher: Carbon allowance: Mean price (+12.7 %)" in text
    assert "No difference in any main indicator." in text  # of the third arm, which is the same
    assert "+2 yuan/tCO₂" in text
    assert "2 to 2" in text
    assert "15.75 yuan/tCO₂" in text


def test_the_chinese_report_is_in_chinese(found: Comparison) -> None:
    page = Page(comparison_report(found, "zh"))
    body = " ".join(word for tag, word in page.words if tag not in {"script", "style", "code"})
    for own in (*ARMS, "instruments.carbon.venues", "rounds=1", "abc", *found.manifest["versions"]):
        body = body.replace(own, "")
    body = re.sub(r"\b\d[\w.]+", "", body)
    assert set(LATIN_WORD.findall(body)) <= NOT_WORDS
    assert "2 个履约年度" not in body
    assert "6 个种子中有 6 个" in body  # one line for the six warnings that differ by a number only


@pytest.mark.slow
def test_a_failed_run_is_told_at_the_top(language: str) -> None:
    page = Page(comparison_report(made_up(failed=(1, 3)), language))
    first = next(text for tag, text in page.words if tag == "h2")
    assert first == texts(language)["comparison"]["sections"]["failures"]
    assert "it broke" in page.text


def test_one_seed_has_a_report_without_intervals(language: str) -> None:
    page = Page(comparison_report(made_up(seeds=1), language))
    assert texts(language)["comparison"]["one_seed"] in page.text
    assert texts(language)["comparison"]["verdicts"]["unknown"] in page.text


def test_it_is_safe_and_self_contained(found: Comparison) -> None:
    attack = "</script><script>alert(1)</script>"
    hostile = made_up(2, arms={"call": 0.0, attack: 1.0}, title={"en": attack, "zh": attack})
    for one in (found, hostile):
        page = Page(comparison_report(one))
        assert not page.open
        assert len(page.all("script")) == 3
        assert not page.all("b")
        assert not [a for _, a in page.elements if "src" in a or str(a.get("href", "#"))[0] != "#"]
        identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(identifiers) == len(set(identifiers))
        assert all("scope" in attributes for attributes in page.all("th"))


def test_it_is_written_whole_and_in_a_known_language(found: Comparison, tmp_path: Path) -> None:
    path = write_comparison_report(found, tmp_path / "report.html", "zh")
    assert path.read_text(encoding="utf-8") == comparison_report(found, "zh")
    with pytest.raises(InputError, match="no language"):
        write_comparison_report(found, path, "fr")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("difference", "low", "high", "n", "expected"),
    [
        (1.0, 0.5, 1.5, 9, "higher"), (-1.0, -1.5, -0.5, 9, "lower"), (1.0, -0.5, 2.5, 9, "unclear"),
        (0.0, 0.0, 0.0, 9, "none"), (0.0, -1.0, 1.0, 9, "unclear"), (2.0, np.nan, np.nan, 1, "unknown"),
        (np.nan, np.nan, np.nan, 0, "unknown"), (0.0, np.nan, np.nan, 1, "none"),
    ],
)  # fmt: skip
def test_verdicts(difference: float, low: float, high: float, n: int, expected: str) -> None:
    assert verdict(pd.Series({"difference": difference, "low": low, "high": high, "n": n})) == expected


def test_the_varied_right_is_shown_first(found: Comparison) -> None:
    assert focus(found) == ["carbon", "water"]  # two rights are few
    names = main_kpis(found, ["carbon"])
    assert names[0] == "carbon.mean_price"
    assert "penalties" in names
    assert not any(name.startswith("water.") for name in names)
    assert "carbon.shortfall" not in names  # zero in every arm


def test_prices_are_means_over_seeds_and_bands_hold_the_middle(found: Comparison) -> None:
    display = Display.of(found.scenario, "en")
    years = (2025, 2025 + YEARS - 1)
    figure = price_overlay(found.prices, "carbon", found.labels, years, display)
    lines = [trace for trace in figure.data if trace.fill is None]
    assert [line.name for line in lines] == ["call", "posted", "&lt;b&gt;bold&lt;/b&gt;"]
    assert np.array(lines[0].y) == pytest.approx(10.25 + np.arange(YEARS * PERIODS))
    assert np.array(lines[1].y) == pytest.approx(12.25 + np.arange(YEARS * PERIODS))
    assert lines[0].x[0] == 2025.125
    bands = [trace for trace in figure.data if trace.fill == "toself"]
    assert len(bands) == 3
    n = YEARS * PERIODS
    assert np.array(bands[0].y[:n]) == pytest.approx(10.45 + np.arange(n))  # 0.9 · 5 of ten steps of 0.1
    assert np.array(bands[0].y[n:])[::-1] == pytest.approx(10.05 + np.arange(n))
    assert "yuan/tCO₂" in figure.layout.yaxis.title.text
    few = made_up(seeds=2)
    assert not [t for t in price_overlay(few.prices, "carbon", few.labels, years, display).data if t.fill == "toself"]
    nothing = price_overlay(found.prices.iloc[:0], "carbon", found.labels, years, display)
    assert nothing.layout.annotations[0].text == "Nothing to show"


def test_effects_are_percentages_of_the_baseline(found: Comparison) -> None:
    display = Display.of(found.scenario, "en")
    names = {"carbon.mean_price": "Price", "penalties": "Penalties", "carbon.shortfall": "Zero at the baseline"}
    figure = effects(found.differences, names, display)
    assert list(figure.layout.yaxis.ticktext) == ["Price", "Penalties"]
    posted = next(trace for trace in figure.data if trace.name == "posted")
    assert posted.x[0] == pytest.approx(100 * 2 / 15.75)
    assert posted.error_x.array[0] == pytest.approx(0.0, abs=1e-9)
    rows = found.differences.copy()
    ends = ["relative", "relative_low", "relative_high"]
    rows.loc[rows["kpi"] == "penalties", ends] = [0.0, -0.2, 0.2]
    none = next(trace for trace in effects(rows, names, display).data if trace.name == "posted")
    assert (none.x[1], none.error_x.array[1], none.error_x.arrayminus[1]) == pytest.approx((0.0, 20.0, 20.0))
    rows.loc[rows["kpi"] == "penalties", ends] = [4.0, 2.0, 6.0]
    far = effects(rows, names, display)
    assert "+400 %" in next(trace for trace in far.data if trace.name == "posted").text


def test_the_ladder_stacks_the_steps_of_every_arm(found: Comparison) -> None:
    display = Display.of(found.scenario, "en")
    means = {arm: {"least_cost": 900.0, "misallocation": 60.0, "volume": -5.0, "friction": 0.0} for arm in ARMS}
    figure = ladder_by_arm(means, display)
    assert [trace.name for trace in figure.data] == ["misallocation", "unused or exceeded caps"]
    assert list(figure.data[1].x) == [-5.0] * 3
    assert figure.layout.barmode == "relative"


def test_varied_keys_are_explained(found: Comparison) -> None:
    plain = found.scenario
    display = Display.of(plain, "zh")
    path = "instruments.carbon.cap.initial"
    assert path_title(display, path) == f"碳排放权：{path}"
    assert path_title(display, "rounds") == "rounds"
    assert path_meaning(plain, path) == "cap of the first year (units/year)"
    assert path_meaning(plain, "behaviours.0.horizon_years") != ""
    assert path_meaning(plain, "rounds").startswith("indicative rounds")
    assert path_meaning(plain, "no.such.path") == ""


def test_periods_without_neighbours_are_marked(found: Comparison) -> None:
    years = (2025, 2025 + YEARS - 1)
    figure = price_overlay(found.prices, "water", found.labels, years, Display.of(found.scenario, "en"))
    line = next(trace for trace in figure.data if trace.mode == "lines+markers")
    marked = np.isfinite(np.array(line.y, dtype=float))  # water trades in the last quarter of each year only
    assert marked.sum() == YEARS
    assert (np.array(line.marker.size)[marked] > 0).all()
