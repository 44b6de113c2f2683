"""Conditions: what is read, what is refused and how, what holds in runs, in both languages."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.analysis.conditions import (
    OPERATORS,
    ChanceConstraint,
    Condition,
    holds,
    parse_conditions,
    parse_constraint,
    shares,
)
from scenarios.errors import InputError
from scenarios.problem_words import problem_sentence

OUTCOMES = ("carbon.mean_price", "efficiency", "carbon.compliance_rate")


def refused(text, read=parse_conditions) -> list[str]:
    with pytest.raises(InputError) as stop:
        read(text, OUTCOMES)
    return [str(problem) for problem in stop.value.problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("carbon.mean_price > 150", ("carbon.mean_price", ">", 150.0)),
        ("  efficiency<0.9 ", ("efficiency", "<", 0.9)),
        ("efficiency <= 90 %", ("efficiency", "<=", 0.9)),
        ("efficiency≥.5", ("efficiency", ">=", 0.5)),
        ("carbon.mean_price != -1.5e3", ("carbon.mean_price", "!=", -1500.0)),
        ("carbon.mean_price == −2", ("carbon.mean_price", "==", -2.0)),
    ],
)
def test_conditions_are_read_as_people_write_them(text, expected):
    assert parse_conditions(text, OUTCOMES) == (Condition(*expected),)
    assert parse_constraint(text, OUTCOMES) == Condition(*expected)


def test_conditions_are_joined_by_and_or_given_apart():
    joined = parse_conditions("carbon.mean_price > 150 and efficiency < 0.9", OUTCOMES)
    assert joined == parse_conditions(["carbon.mean_price > 150", "efficiency < 0.9"], OUTCOMES)
    assert [str(one) for one in joined] == ["carbon.mean_price > 150", "efficiency < 0.9"]


def test_chance_constraints():
    found = parse_constraint("P(carbon.mean_price > 150 and efficiency < 0.9) < 5 %", OUTCOMES)
    conditions = (Condition("carbon.mean_price", ">", 150.0), Condition("efficiency", "<", 0.9))
    assert found == ChanceConstraint(conditions, "<", 0.05)
    assert str(found) == "P(carbon.mean_price > 150 and efficiency < 0.9) < 0.05"
    assert [found.met_by(share) for share in (0.0, 0.049, 0.05, 0.5, np.nan)] == [True, True, False, False, False]
    assert parse_constraint("p( efficiency>=0.9 )>=0.95", OUTCOMES).met_by(0.95)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("carbon.mean_prise > 150", ("condition: carbon.mean_prise > 150: there is no outcome 'carbon.mean_prise'. "
         "Did you mean carbon.mean_price?")),
        ("zzz > 1", ("condition: zzz > 1: there is no outcome 'zzz'. "
         "Known here: carbon.mean_price, efficiency, carbon.compliance_rate.")),
        ("efficiency => 1", "condition: efficiency => 1: '=>' is not a comparison. Use one of <, <=, >, >=, ==, !=."),
        ("efficiency = 1", "condition: efficiency = 1: '=' is not a comparison. Use one of <, <=, >, >=, ==, !=."),
        ("efficiency < 1,000", ("condition: efficiency < 1,000: '1,000' is not a number. "
         "Write digits only, without units or separators; a percentage such as 5 % is a share.")),
        ("efficiency < inf", ("condition: efficiency < inf: 'inf' is not a number. "
         "Write digits only, without units or separators; a percentage such as 5 % is a share.")),
        ("efficiency", ("condition: efficiency: 'efficiency' is not a condition. "
         "Write an outcome, a comparison and a number, such as carbon.mean_price > 150.")),
        ("", ("condition: : '' is not a condition. "
         "Write an outcome, a comparison and a number, such as carbon.mean_price > 150.")),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told(text, said):
    assert refused(text) == [said]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("P(efficiency < 0.9) == 0.05", "a probability cannot be compared by '=='. Use one of <, <=, >, >=."),
        ("P(efficiency < 0.9) < 5", ("'5' is not a probability. "
         "Write a number from 0 to 1 or a percentage such as 5 %.")),
        ("efficiency < 1 and efficiency > 0", ("more than one condition is given. "
         "Write each as a constraint of its own.")),
    ],
)  # fmt: skip
def test_constraints_that_cannot_be_read_are_told(text, said):
    assert refused(text, parse_constraint) == [f"constraint: {text}: {said}"]


def test_all_mistakes_are_told_together_and_in_chinese():
    with pytest.raises(InputError) as stop:
        parse_conditions(["efficency < much", "carbon.mean_price ~ 3", "efficiency =< 1"], OUTCOMES, "sweep.yaml")
    problems = stop.value.problems
    assert [problem.file for problem in problems] == ["sweep.yaml"] * 4
    assert [problem_sentence(problem, "zh") for problem in problems] == [
        "没有指标 'efficency'。是否应为 efficiency？",
        "'much' 不是数。只写数字，不带单位或分隔符；5 % 这样的百分数表示份额。",
        "'carbon.mean_price ~ 3' 不是条件。写“指标、比较符、数”，例如 carbon.mean_price > 150。",
        "'=<' 不是比较符。使用 <、<=、>、>=、== 或 !=。",
    ]


def test_what_is_not_known_is_neither_met_nor_broken_unless_another_condition_is():
    runs = pd.DataFrame({"a": [1.0, 1.0, 3.0, np.nan, np.nan], "b": [1.0, 9.0, np.nan, 9.0, 1.0]})
    found = holds(runs, parse_conditions("a < 2 and b < 5"))
    assert found.tolist()[:4] == [1.0, 0.0, 0.0, 0.0]
    assert np.isnan(found[4])
    assert holds(runs, ()).tolist() == [1.0] * 5


def test_shares_count_the_runs_that_cannot_be_judged():
    runs = pd.DataFrame({"world": [1, 1, 1, 0, 0, 2], "a": [1.0, 3.0, np.nan, 1.0, 1.0, np.nan]})
    found = shares(runs, parse_conditions("a < 2"), ["world"])
    assert found["world"].tolist() == [0, 1, 2]
    assert found["share"].tolist()[:2] == [1.0, 0.5]
    assert np.isnan(found["share"][2])
    assert found["n"].tolist() == [2, 2, 0]
    assert found["failed"].tolist() == [0, 1, 1]


@given(
    st.from_regex(r"[a-z][a-z0-9_]{0,8}(\.[a-z_]{1,8})?", fullmatch=True),
    st.sampled_from(list(OPERATORS)),
    st.integers(-(10**9), 10**9).map(lambda number: number / 64),
    st.floats(allow_nan=True),
)
def test_a_condition_is_read_back_from_its_text_and_holds_as_its_operator(name, sign, bound, value):
    condition = Condition(name, sign, bound)
    (read,) = parse_conditions(str(condition))
    assert (read.outcome, read.operator) == (name, sign)
    assert read.bound == pytest.approx(bound, rel=1e-11)
    found = condition.holds([value])[0]
    expected = {"<": value < bound, "<=": value <= bound, ">": value > bound, ">=": value >= bound}
    expected |= {"==": value == bound, "!=": value != bound}
    assert np.isnan(found) if not np.isfinite(value) else found == expected[sign]
