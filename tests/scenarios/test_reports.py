"""The report: complete in both languages, safe, readable without a network, and written whole."""

import errno
import inspect
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from scenarios import load, reference_run, run
from scenarios.display import Display, texts
from scenarios.errors import InputError
from scenarios.report_sections import command
from scenarios.report_warnings import worded
from scenarios.reports import report, write_report
from scenarios.results import RunResult
from scenarios.tables import shortfalls
from tests.scenarios.fake_run import Fake, fake

VOID = {"meta", "br", "link", "img", "hr", "input"}
LATIN_WORD = re.compile(r"[A-Za-z]{3,}")
# Names, units and what users wrote or a program printed; everything else in a Chinese report is Chinese.
NOT_WORDS = {
    "QuotaLab", "PNG", "JavaScript", "recording", "firms", "false", "Gini", "money", "unit", "tCO", "CO", "fake",
    "power", "paper", "measure", "Uptown", "Downtown", "COD", "SO", "NOx", "name", "count", "inside", "HHI",
}  # fmt: skip


NAMES = {
    "McKay", "Saltelli", "Sobol", "Morris", "Friedman", "Fisher", "Bryant", "Lempert", "Breiman", "Wilson",
    "PRIM", "CART", "CSV", "Parquet",
}  # fmt: skip
"""Authors of methods, the methods that go by their letters, and formats of files."""


class Page(HTMLParser):
    """What a browser would build: elements with their text, and whether the tags close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append((self.open[-1] if self.open else "", data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(words for tag, words in self.words if tag not in {"script", "style"})


@pytest.fixture(scope="module")
def result() -> RunResult:
    return fake().result(("first warning", "second <b>warning</b>"))


@pytest.fixture(scope="module", params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def page(result: RunResult, language: str) -> Page:
    return Page(report(result, language))


def leaves(tree: Any, path: str = "") -> dict[str, Any]:
    if isinstance(tree, dict):
        return {key: leaf for name, child in tree.items() for key, leaf in leaves(child, f"{path}.{name}").items()}
    if isinstance(tree, list):
        return {key: leaf for i, child in enumerate(tree) for key, leaf in leaves(child, f"{path}.{i}").items()}
    return {path: tree}


def test_both_languages_say_the_same_things() -> None:
    en, zh = leaves(texts("en")), leaves(texts("zh"))
    scales = ".numbers.scales"
    assert {key for key in en if not key.startswith(scales)} == {key for key in zh if not key.startswith(scales)}
    for key, text in en.items():
        holes = re.findall(r"{\w+}", str(text))
        assert key.startswith(scales) or sorted(holes) == sorted(re.findall(r"{\w+}", str(zh[key]))), key


def test_no_english_is_left_in_the_chinese_texts() -> None:
    for key, text in leaves(texts("zh")).items():
        plain = re.sub(
            r"{\w+}|`[^`]*`|（[\w.]+/?）|[\w.]+\.json|SHA-256|message 列", "", str(text)
        )  # holes, commands, files
        words = set(LATIN_WORD.findall(plain)) - NOT_WORDS - NAMES
        assert not words, (key, words)


def test_no_english_is_left_in_the_chinese_report(result: RunResult) -> None:
    page = Page(report(result, "zh"))
    body = " ".join(word for tag, word in page.words if tag not in {"script", "style", "code"})
    body = body.replace("first warning", "").replace("second <b>warning</b>", "")
    body = re.sub("|".join([*result.manifest["versions"], r"\b\d[\w.]+"]), "", body)
    assert set(LATIN_WORD.findall(body)) <= NOT_WORDS
    labels = " ".join(str(attributes.get("aria-label") or "") for _, attributes in page.elements)
    assert set(LATIN_WORD.findall(labels)) <= NOT_WORDS


def test_it_has_every_section_and_every_warning_and_note(page: Page, language: str) -> None:
    headings = texts(language)["sections"].values()
    for heading in headings:
        assert sum(words == heading for tag, words in page.words if tag == "h2") == 1
    for expected in ("first warning", "second <b>warning</b>", "quotalab run scenario.yaml --seed 7"):
        assert expected in page.text
    title, note = ("A made-up run", "A plain note.") if language == "en" else ("虚构的运行", "一条说明。")
    assert any(tag == "h1" and words == title for tag, words in page.words)
    assert note in page.text
    assert sum(tag == "span" for tag, _ in page.words) == 1  # one of the two notes is flagged
    assert texts(language)["view"]["open"] in page.text
    for text in texts(language)["model_notes"]:
        assert text in page.text


def test_sentences_say_what_happened(result: RunResult) -> None:
    text = Page(report(result, "en")).text.replace("\u00a0", " ")
    for expected in (
        "mean price 15.5 yuan/tCO₂, from 11.5 in 2025 to 19.5 in 2027.",
        "At least cost the price of 2027 would be 13 yuan/tCO₂.",
        "At least cost the price of 2027 would be zero: the cap would not bind.",
        "Flows stayed 12 tCO₂ (4.0 %) below the caps.",
        "12 tCO₂ were bought from outside on balance, for 186 yuan.",
        "6,000 m³ (2.1 % of what was due) were missing at deadlines.",
        "accounts spent 1,000 yuan (present value)",
        "The least that the same caps could have cost is 900 yuan. So 90.0 % of what was spent was needed.",
        "The largest reason for the difference is misallocation: 60 yuan.",
        "Gini index of 0.25",
    ):
        assert expected in text, expected


def test_prices_at_the_bound_are_told_apart_from_the_mean() -> None:
    made = fake()
    markets = made.tables["markets"]
    peak = (markets["instrument"] == "carbon") & (markets["period"] == 11)
    markets.loc[peak, "price"] = 30.0
    markets.loc[peak, "turnover"] = 300.0
    # Eleven quarters at 10 … 20, and one at the bound of 30.
    text = Page(report(made.result(), "en")).text.replace("\u00a0", " ")
    assert "In 1 of 12 periods with trade (8.3 % of the volume) the price came to the most" in text
    assert "up to 30 yuan/tCO₂" in text
    assert "At all other times the mean was 15 yuan/tCO₂." in text


def test_months_after_the_last_year_are_explained(language: str) -> None:
    made = fake()
    explained = texts(language)["intro"]["settled"]
    assert explained not in Page(report(made.result(), language)).text
    made.tables["markets"]["year"] += 1
    assert explained in Page(report(made.result(), language)).text


def test_warnings_of_a_run_are_given_in_chinese() -> None:
    """The words are those of the programs that warn; another warning is shown as it is."""
    deadlines = {"shortfall": np.array([[0.0], [2.0]]), "obligation": np.full((2, 1), 100.0)}
    for times in (1, 3):
        recorder = SimpleNamespace(deadlines={**deadlines, "accounts_short": np.array([[0], [times]])})
        spec = SimpleNamespace(keys=("water",), years=2, rules=(SimpleNamespace(unit="1000 m3"),))
        given = shortfalls(cast("Any", SimpleNamespace(spec=spec, recorder=recorder)))
        page = Page(report(fake().result((*given, "something else")), "zh"))
        assert f"水权：2 个履约年度中有 1 年出现缺口，按履约年度计共 {times} 个主体次" in page.text
        assert "合计缺 2,000立方米（占应清缴量的 1.0\u00a0%）" in page.text
        assert "short at a deadline" not in page.text
        assert "something else" in page.text
        assert "Water right: in 1 of 2 years" in Page(report(fake().result(tuple(given)), "en")).text


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("reference: carry-over limits by account are not", "what they cost is part of the rungs above it"),
        ("reference: optimality conditions hold to ", "1e-03 only"),
        ("reference: ", "no plan; missing rights were priced at the bound on willingness to pay"),
    ],
)
def test_notes_on_the_reference_have_words_in_both_languages(start: str, end: str) -> None:
    source = inspect.getsource(reference_run.score)
    middle = " in the least-cost plan; " if start.endswith("not") else ""
    assert start in source
    assert middle in source
    assert end.removeprefix("1e-03").removeprefix("no plan") in source
    for language in ("en", "zh"):
        assert worded(start + middle + end, Display.of_result(fake().result(), language)) is not None


def test_the_page_is_accessible(page: Page, language: str) -> None:
    assert not page.open
    assert page.all("html")[0]["lang"] == ("en" if language == "en" else "zh-CN")
    for landmark in ("header", "nav", "main", "footer"):
        assert len(page.all(landmark)) == 1
    assert len(page.all("h1")) == 1
    assert all("scope" in attributes for attributes in page.all("th"))
    identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    plots = [attributes for attributes in page.all("div") if attributes.get("class") == "plot"]
    assert len(plots) == 2 * 5 + 4 - 1  # water cannot be carried over, so it has no bank
    assert all(attributes["role"] == "img" and attributes["aria-label"] for attributes in plots)
    assert all(str(link["href"]).startswith("#") for link in page.all("a"))
    assert {str(link["href"])[1:] for link in page.all("a")} <= set(identifiers)


def test_nothing_is_loaded_from_outside(page: Page) -> None:
    assert not [a for _, a in page.elements if "src" in a or str(a.get("href", "#"))[0] != "#"]
    policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert str(policy).startswith("default-src 'none'")
    scripts = [words for tag, words in page.words if tag == "script"]
    assert sum("plotly.js v" in words for words in scripts) == 1
    assert not re.search(r"(?:url\(|@import)", next(words for tag, words in page.words if tag == "style"))


@pytest.mark.parametrize("attack", ["</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<!--"])
def test_what_users_write_is_shown_and_never_run(attack: str) -> None:
    text = {"en": attack, "zh": attack}
    made = fake()
    plain = made.result().scenario.model_dump(mode="json", by_alias=True)["instruments"]
    made.tables["firms"]["sector"] = attack
    made.tables["measures"]["measure"] = attack
    plain["carbon"] = {**plain["carbon"], "title": text, "unit": attack}
    hostile = made.result(
        (attack,),
        title=text,
        summary=text,
        instruments=plain,
        notes=[{"key": "n", "text": text}],
        money={"currency": text},
    )
    page = Page(report(hostile))
    assert len(page.all("script")) == 3
    assert not page.all("img")
    assert page.text.count(attack) >= 8
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)


def test_a_result_without_accounts_or_trades_has_a_report(language: str) -> None:
    tables = {name: frame for name, frame in fake().tables.items() if name not in {"firms", "measures"}}
    tables["markets"] = tables["markets"].assign(price=float("nan"), volume=0.0, turnover=0.0)
    tables["prices"] = tables["prices"].assign(mean_price=float("nan"))
    page = Page(report(Fake(tables).result(), language))
    assert texts(language)["sentences"]["no_price"] in page.text
    assert texts(language)["cost"]["not_recorded"] in page.text
    assert texts(language)["warnings"]["none"] in page.text


def test_the_same_result_gives_the_same_report(result: RunResult, tmp_path: Path) -> None:
    again = RunResult.open(result.save(tmp_path / "run"))
    again.manifest.pop("created")
    assert report(again) == report(result)


def test_it_is_written_whole_or_not_at_all(result: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_report(result, tmp_path / "new" / "report.html")
    before = path.read_bytes()
    assert before.startswith(b"<!DOCTYPE html>")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left"):
        write_report(result, path, "zh")
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["report.html"]
    with pytest.raises(InputError, match="no language"):
        write_report(result, path, "fr")  # type: ignore[arg-type]


def test_a_real_run_has_a_report_and_its_command() -> None:
    scenario = load("textbook-montgomery")
    real = run(scenario, seed=4)
    assert command(real) == "quotalab run textbook-montgomery --seed 4"
    page = Page(report(real))
    assert scenario.title.en in page.text
    changed = run(load("textbook-montgomery", {"money.social_discount_rate": 0.02}))
    assert command(changed) == "quotalab run scenario.yaml --seed 0"
