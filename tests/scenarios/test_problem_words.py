"""Problems and warnings in Chinese: every sentence of the source has one, nothing in a hole is lost, nothing raises."""

import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.accounts import read_accounts
from scenarios.display import Display, texts
from scenarios.errors import InputError, Problem
from scenarios.loading import load, read
from scenarios.problem_words import HOLE, problem_line, problem_sentence, sentences, told, warning_told
from scenarios.report_warnings import worded
from tests.scenarios.problem_sources import leads, templates

ROOT = Path(__file__).resolve().parents[2]
CASES = sorted((ROOT / "tests" / "bad_input").glob("*.yaml"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")
QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`")
ENGLISH = re.compile(r"(?<![\w./-])[A-Za-z]+(?: [A-Za-z]+){2,}")
NO_SENTENCES = {
    "--set {}", "--vary {}", "command line", "column {}", "scenario {}",  # keys and files
    "fuel {}", "size {}", "cost {}", "{}, {} {}", "{}{}: {}",  # names of random streams and rows of YAML
    "quotalab calibrate", "quotalab compare", "quotalab dossier", "quotalab run", "quotalab search", "quotalab sweep",
    "not installed", "{} ({})", "{} {}", "{} {} {}", "more than ",  # parts of holes
    "stream end", "end of stream", "undefined alias",  # looked for in what the YAML parser says
    "Known names", "Library names", "Known here", "Remove it; columns that could be added",  # leads, see below
    "{}: {}.", "{}: {}{}.", "; or give the path of a file", "{}, {}{}",  # lists after leads, and descriptions of fields
    " (first on line {})", "{} itself extends {!r}; one level is allowed",  # joined to others: told with them
    "at least", "at most", "greater than", "less than", "{} is not {} {}", "Give a value {} {} for {}.",  # see BOUNDS
}  # fmt: skip
BOUNDS = ("at least", "at most", "greater than", "less than")


def canonical(template: str) -> str:
    """A template without the names of its holes."""
    shape = HOLE.sub(lambda hole: f"{{{hole['as'] or ''}{':' + hole['form'] if hole['form'] else ''}}}", template)
    return shape.removesuffix(".")


def has_chinese(template: str, table: set[str]) -> bool:
    """Whether a table of canonical sentences has one of the source, whole or as a message and a remedy."""
    whole = canonical(template)
    message, gap, advice = whole.partition("; ")
    return bool({whole, f"{whole[:1].lower()}{whole[1:]}"} & table) or (bool(gap) and {message, advice} <= table)


@cache
def problems_of(path: Path) -> tuple[Problem, ...]:
    """Everything that is wrong with a file and with the tables that it names."""
    try:
        draft = read(path)
        accounts = [] if draft.problems else read_accounts(draft.parts, draft.origin)[1]
    except InputError as error:
        return error.problems
    return (*draft.problems, *draft.warnings, *accounts)


def test_every_sentence_of_the_source_has_a_chinese_one():
    found, table = templates(), {canonical(one) for one in sentences()}
    wanted = {f"{lead}: {{}}": "a lead of a list" for lead in leads()}
    wanted |= {text.format(bound): "a bound" for text in ("{{}} is not {} {{}}", "Give a value {} {{}} for {{}}.")
               for bound in BOUNDS}  # fmt: skip
    wanted |= {text: where for text, where in found.items() if text not in NO_SENTENCES}
    assert {f"{where}: {text}" for text, where in wanted.items() if not has_chinese(text, table)} == set()
    assert set(found) >= NO_SENTENCES  # none is kept that the source has no more
    assert len(found) > 400  # the walk has not gone blind
    for text in ("the column is missing", "there is no instrument {!r}", "a collar needs a floor or a ceiling"):
        assert text in found


def test_a_sentence_that_the_table_lacks_is_found():
    table = {canonical("there is no file {file}"), canonical("it stands still"), canonical("push it")}
    assert has_chinese("there is no file {}", table)
    assert has_chinese("There is no file {}.", table)
    assert has_chinese("it stands still; push it", table)
    assert not has_chinese("it stands still; pull it", table)
    assert not has_chinese("there is no file {!r}", table)


def test_the_holes_of_both_languages_are_the_same():
    for english, chinese in sentences().items():
        names = [hole["name"] for hole in HOLE.finditer(english)]
        assert sorted(names) == sorted(hole["name"] for hole in HOLE.finditer(chinese)), english
        assert len(set(names)) == len(names), english
        assert CHINESE.search(HOLE.sub("", chinese)) or names, english
        assert not chinese.endswith("。"), chinese


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_what_is_wrong_with_bad_input_is_told_in_chinese(path):
    found = problems_of(path)
    assert found
    for problem in found:
        said = told(problem, "zh")
        assert (said.file, said.line, said.key) == (problem.file, problem.line, problem.key)
        for english, chinese in ((problem.message, said.message), (problem.remedy, said.remedy)):
            assert CHINESE.search(chinese), problem
            assert not ENGLISH.search(QUOTED.sub("", chinese)), chinese
            for hole in (*QUOTED.findall(english), *re.findall(r"\b\w+(?:\.\w+)+\b", english)):
                assert hole in chinese
        assert told(said, "zh") == said
        assert warning_told(str(problem), "zh") == problem_line(problem, "zh")


def test_english_stays_as_it_is():
    problem = Problem("a.yaml", 3, "rounds", "the key is missing", "Remove it.")
    assert told(problem, "en") is problem
    assert problem_line(problem, "en") == str(problem) == "a.yaml:3: rounds: the key is missing. Remove it."
    assert problem_sentence(problem, "en") == "the key is missing. Remove it."
    assert warning_told("reference: odd", "en") == "reference: odd"


def test_chinese_wording():
    problem = Problem("a.yaml", 3, "cap.initial", "-5 is not at least 0",
                      "Give a value at least 0 for `initial`, cap of the first year (units/year).")  # fmt: skip
    told_so = "-5 小于 0。为 `initial`（第一年的总量，单位：单位/年）给出不小于 0 的值。"
    assert problem_sentence(problem, "zh") == told_so
    assert problem_line(problem, "zh") == f"a.yaml 第 3 行：cap.initial：{told_so}"
    whole = Problem("a.yaml", 0, "file", "the file is empty", "Did you mean b.yaml?")
    assert problem_line(whole, "zh") == "a.yaml：文件：文件是空的。是否应为 b.yaml？"


def test_what_the_table_does_not_know_is_shown_in_english():
    problem = Problem("a.yaml", 0, "rounds", "the moon is in the way", "Wait for it to set.")
    assert told(problem, "zh") == problem
    assert problem_line(problem, "zh") == "a.yaml：rounds：the moon is in the way。Wait for it to set。"
    assert warning_told("carbon: the moon is in the way", "zh") == "carbon: the moon is in the way"
    half = Problem("a.yaml", 0, "rounds", "the key is missing", "Wait for it to set.")
    assert told(half, "zh").message == "缺少该键"
    assert told(half, "zh").remedy == "Wait for it to set."


def test_a_hole_that_holds_sentences_of_the_table_is_not_touched():
    problem = Problem("a.yaml", 0, "x", "there is no instrument 'the key is missing'", "Did you mean the file?")
    assert told(problem, "zh").message == "没有品种 'the key is missing'"
    assert told(problem, "zh").remedy == "是否应为 the file？"


def test_a_message_that_was_cut_short_is_told():
    remedy = f"Known here: {', '.join(['money'] * 80)}"[:400] + "…"
    assert told(Problem("a", 0, "x", "the key is not known", remedy), "zh").remedy.startswith("此处可用：money、money")


def test_warnings_of_runs():
    beyond = (
        "reference: carbon: the least-cost plan meets the caps without containment (collar, reserve_price), "
        "the trade ratio of 0.8, the venue pool that sells or buys itself"
    )
    names = texts("zh")["rules"]["containment"]
    assert warning_told(beyond, "zh") == (
        f"最低成本方案（carbon）实现总量时不考虑价格稳控规则（{names['collar']}、{names['reserve_price']}）、"
        "交易比例 0.8、自身买卖权益的交易场所 pool"
    )
    short = "so2: 1 time an account was short at a deadline, in 1 of 3 years, by 0.5 t in all (0.01 of what was due)"
    assert (
        warning_told(short, "zh")
        == "so2：3 个履约年度中有 1 年出现缺口，计 1 个主体次，合计缺 0.5 t（占应清缴量的 0.01）"
    )
    outside = (
        "x.yaml:7: world.water: 2020 lie outside the run (2025 to 2030) and only shape interpolation. "
        "Remove them if that is not meant."
    )
    assert warning_told(outside, "zh") == (
        "x.yaml 第 7 行：world.water：2020 不在模拟年份（2025 至 2030）之内，只影响插值。若非本意，请删除。"
    )


words = st.one_of(
    st.text(max_size=60),
    st.sampled_from(sorted(sentences())),
    st.builds(lambda one, other: one + other, st.sampled_from(sorted(sentences())), st.text(max_size=20)),
    st.builds(
        lambda one, other: HOLE.sub(lambda _: other, one), st.sampled_from(sorted(sentences())), st.text(max_size=9)
    ),
)


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=12), st.integers(0, 9), st.text(max_size=12), words, words)
def test_odd_texts_never_raise_and_twice_is_once(file, line, key, message, remedy):
    problem = Problem(file, line, key, message, remedy)
    said = told(problem, "zh")
    assert told(said, "zh") == said
    assert problem_line(said, "zh") == problem_line(problem, "zh")
    for text in (message, remedy, str(problem)):
        assert warning_told(warning_told(text, "zh"), "zh") == warning_told(text, "zh")


def test_reports_tell_the_other_warnings_too():
    display = Display.of(load("jiangxi"), "zh")
    title = display.titles["carbon"]
    beyond = "reference: carbon: the least-cost plan meets the caps without containment (collar)"
    assert worded(beyond, display) == f"{title}：最低成本方案实现总量时不考虑价格稳控规则（价格上下限）。"
    check = "jiangxi.yaml:7: world.water: 2020 lie outside the run (2025 to 2030) and only shape interpolation"
    check += ". Remove them if that is not meant."
    assert worded(check, display) == warning_told(check, "zh")
    unmet = (
        "reference: permits: the caps cannot be met with the measures given: instrument 1 is short of 5 units by "
        "block 3; raise the cap, add measures or give a finite backstop; missing rights were priced at the bound on "
        "willingness to pay"
    )
    said = worded(unmet, display)
    assert said is not None
    assert "第 1 个品种到第 3 个履约年度缺 5 单位" in said
    assert not re.search("[a-z]{2}", said)
    assert worded("something else", display) is None
    english = Display.of(load("jiangxi"), "en")
    assert worded(check, english) is None
    title = english.titles["carbon"]
    assert worded(beyond, english) == f"{title}: the least-cost plan meets the caps without containment (collar)."
