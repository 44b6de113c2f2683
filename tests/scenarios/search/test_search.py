"""Constraints, statistics, regret and fronts by hand; the declaration's mistakes, all at once and by their lines."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from scenarios.errors import InputError
from scenarios.loading import load
from scenarios.problem_words import told
from scenarios.search import SearchResult, load_search, search, search_of
from scenarios.search.constraints import constraint_of, judged
from scenarios.search.declared import Objective
from scenarios.search.judging import policies_table, policy_of, statistic
from scenarios.search.loading import SearchPlan


def runs(prices: list[float], failed: int = 0, world: list[int] | None = None) -> pd.DataFrame:
    """Runs with the given prices (NaN: no trade), then failed ones."""
    values = [*prices, *[np.nan] * failed]
    stage = [""] * len(prices) + ["run"] * failed
    return pd.DataFrame({"stage": stage, "price": values, "world": world or list(range(len(values)))})


# Constraints ---------------------------------------------------------------------------------------------------------


def test_chance_constraint_has_its_share_and_exact_interval() -> None:
    one = judged(constraint_of("P(price > 150) < 0.3"), runs([100.0, 160.0, 120.0, 140.0]))
    assert (one.value, one.kept, one.runs) == (0.25, True, 4)
    assert one.violation == pytest.approx(-0.05)
    assert (one.low, one.high) == pytest.approx((beta.ppf(0.025, 1, 4), beta.ppf(0.975, 2, 3)))


@pytest.mark.parametrize(
    ("text", "value", "kept"),
    [
        ("P(price > 150) < 0.5", 0.5, False),  # one is above, one has failed, one has none: three of six, not below
        ("P(price > 150) <= 0.5", 0.5, True),
        ("P(price < 150) >= 0.5", 0.5, True),
        ("P(price < 150) > 50 %", 0.5, False),
        ("price <= 1000", 2.0 / 6.0, False),
    ],
)
def test_failed_and_unknown_runs_count_against_the_policy(text: str, value: float, kept: bool) -> None:
    one = judged(constraint_of(text), runs([100.0, 160.0, 120.0, 140.0, np.nan], failed=1))
    assert one.value == pytest.approx(value)
    assert one.kept is kept
    assert (one.violation > 0.0) is not kept
    assert (one.failed, one.unknown) == (1, 1)


def test_statistics_as_constraints() -> None:
    three = runs([1.0, 2.0, 6.0])
    found = {text: judged(constraint_of(text), three) for text in (
        "mean(price) <= 3", "median(price) < 2", "max(price) <= 5", "min( price ) >= 1")}  # fmt: skip
    assert [one.value for one in found.values()] == [3.0, 2.0, 6.0, 1.0]
    assert [one.kept for one in found.values()] == [True, False, False, True]
    assert found["max(price) <= 5"].violation == pytest.approx(0.2)
    assert not judged(constraint_of("mean(price) <= 3"), runs([1.0, 2.0, 6.0], failed=1)).kept
    assert not judged(constraint_of("mean(price) <= 3"), runs([], failed=2)).kept


@pytest.mark.parametrize("text", ["P(price > ) < 0.05", "mean(price)", "P(price > 3) < 2", "cheap", "mean(odd) < 3"])
def test_what_is_no_constraint_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        constraint_of(text, ["price"])


# Objectives ----------------------------------------------------------------------------------------------------------


def test_statistics_leave_failed_runs_out() -> None:
    four = runs([4.0, 1.0, 2.0, 3.0])
    of = {name: statistic(Objective(outcome="price", statistic=name), four)
          for name in ("mean", "median", "max", "min", "quantile 0.75")}  # fmt: skip
    assert of == {"mean": 2.5, "median": 2.5, "max": 4.0, "min": 1.0, "quantile 0.75": 3.25}
    assert np.isnan(statistic(Objective(outcome="price"), runs([])))


def plan_of(**more: object) -> SearchPlan:
    declared = {
        "name": "caps",
        "scenario": "textbook-montgomery",
        "decisions": {"carbon.cap_scale": {"low": 80.0, "high": 110.0}},
        "objectives": [{"outcome": "abatement_cost"}],
    }
    return search_of({**declared, **more})


def test_regret_and_front_by_hand() -> None:
    objectives = [{"outcome": "abatement_cost", "statistic": "regret"},
                  {"outcome": "carbon.volume", "direction": "higher"}]  # fmt: skip
    plan = plan_of(objectives=objectives, constraints=["carbon.shortfall <= 0"])
    costs = [[10.0, 20.0], [12.0, 14.0], [9.0, 30.0], [1.0, 1.0]]
    volumes, short = [5.0, 4.0, 4.0, 9.0], [0.0, 0.0, 0.0, 1.0]
    policies = [
        policy_of(
            number,
            {"carbon.cap_scale": 80.0 + number},
            pd.DataFrame({"stage": ["", ""], "world": [0, 1], "abatement_cost": costs[number],
                          "carbon.volume": volumes[number], "carbon.shortfall": [0.0, short[number]]}),
            plan,
            plan.constraints,
        )
        for number in range(4)
    ]  # fmt: skip
    table = policies_table(policies, plan)
    # Best in the two worlds: 1 and 1, of the policy that is not feasible but sound.
    assert table["regret(abatement_cost)"].tolist() == [19.0, 13.0, 29.0, 0.0]
    assert table["feasible"].tolist() == [True, True, True, False]
    assert table["front"].tolist() == [True, True, False, False]


# Whole searches ------------------------------------------------------------------------------------------------------


def test_front_of_cost_and_emissions(tmp_path: Path) -> None:
    """A tighter cap costs more and emits less: with fixed output all kept caps are on the front."""
    plan = plan_of(
        objectives=[{"outcome": "abatement_cost"}, {"outcome": "carbon.mean_price", "statistic": "max"}],
        constraints=["carbon.mean_price < 18"],
        decisions={"carbon.cap_scale": {"values": [85, 90, 95, 100, 105]}, "rounds": {"low": 0, "high": 1}},
        optimiser={"trials": 14, "batch": 7, "sampler": "nsga2", "population": 5, "seed": 2},
    )
    found = search(plan, tmp_path / "front", workers=1)
    assert len(found.policies) <= 10  # what was tried is not tried again
    assert len(found.policies.drop_duplicates(["carbon.cap_scale", "rounds"])) == len(found.policies)
    kept = found.policies[found.policies["feasible"]]
    assert (kept["carbon.cap_scale"] >= 100).all()  # the competitive price at 95 % is 18.2
    assert (found.front["carbon.cap_scale"] == kept["carbon.cap_scale"].max()).all()
    scenario = load(found.files[0])
    assert scenario.instruments["carbon"].cap.initial == pytest.approx(2.4 * found.front["carbon.cap_scale"].iloc[0])
    assert scenario.name.startswith("caps-")
    again = SearchResult.open(tmp_path / "front")
    assert again.objectives == ["mean(abatement_cost)", "max(carbon.mean_price)"]
    with pytest.raises(InputError, match="optimiser changed"):
        search(plan_of(**{**plan.search.model_dump(mode="json", exclude={"version", "optimiser", "name", "scenario"}),
                          "optimiser": {"trials": 15}}), tmp_path / "front", workers=1)  # fmt: skip


SHARED = re.compile("beside this file|different whole numbers")  # sentences of sweeps

# Mistakes ------------------------------------------------------------------------------------------------------------

BAD = """\
search: 1
name: odd
scenario: textbook-montgomery
decisions:
  carbon.cap_scale: {low: -20, high: 300}
  carbon.cap_scal: {low: 1, high: 2}
worlds:
  uncertainties:
    world.activity_sd: {values: [0.1, 9]}
objectives:
  - {outcome: costs}
constraints:
  - P(carbon.price > 3) < 0.05
  - mean(carbon.shortfall) less than 3
"""


def test_mistakes_are_told_together_by_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text(BAD)
    with pytest.raises(InputError) as caught:
        load_search(file)
    found = {(problem.key, problem.line) for problem in caught.value.problems}
    assert found >= {
        ("decisions.carbon.cap_scal", 6), ("objectives.0.outcome", 11), ("constraints.0", 13), ("constraints.1", 14),
    }  # fmt: skip
    mended = BAD.replace("  carbon.cap_scal: {low: 1, high: 2}\n", "")
    file.write_text(mended)
    with pytest.raises(InputError) as caught:
        load_search(file)
    keys = {problem.key for problem in caught.value.problems}
    assert {"decisions.carbon.cap_scale.low", "worlds.uncertainties.world.activity_sd.values.1"} <= keys


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"decisions": {}}, "nothing is decided"),
        ({"objectives": []}, "nothing is to be low or high"),
        ({"objectives": [{"outcome": "abatement_cost", "statistic": "modus"}]}, "'modus' is no statistic"),
        ({"tightest_cap": {"instrument": "carbon"}}, "stands alone"),
        ({"decisions": {}, "objectives": [], "tightest_cap": {"instrument": "carbon"}}, "nothing holds the cap back"),
        ({"decisions": {}, "objectives": [], "constraints": ["carbon.shortfall <= 0"],
          "tightest_cap": [{"instrument": "water"}]}, "no instrument 'water'"),
        ({"decisions": {}, "objectives": [], "constraints": ["carbon.shortfall <= 0"],
          "tightest_cap": {"instrument": "carbon", "low": 90, "high": 80}}, "low (90) is not below high (80)"),
        ({"worlds": {"seeds": [1, 1]}}, "no list of different whole numbers"),
        ({"optimiser": {"sampler": "luck"}}, "not one of the choices"),
        ({"scenario": "nowhere"}, "no scenario 'nowhere'"),
    ],
)  # fmt: skip
def test_what_a_search_needs(more: dict, said: str) -> None:
    with pytest.raises(InputError) as caught:
        plan_of(**more)
    assert said in str(caught.value)
    for problem in caught.value.problems:
        if not SHARED.search(problem.message):
            assert told(problem, "zh").message != problem.message, problem
