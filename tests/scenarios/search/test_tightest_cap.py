"""The tightest cap: against bisection on the reference's prices, at the ends of its range, where it is not monotone."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from market.reference.competitive import competitive_equilibrium
from market.reference.intertemporal import intertemporal_equilibrium
from scenarios.loading import load
from scenarios.search import search, search_of, tightest_cap
from scenarios.search.cap_bisection import Bisection, CapAnswer
from scenarios.search.declared import TightestCap
from scenarios.search.judging import Policy

DATA = Path(__file__).parents[3] / "scenarios" / "data" / "textbook"
TOLERANCE = 0.25


def tables(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    firms, measures = (pd.read_csv(DATA / f"{name}-{kind}.csv") for kind in ("firms", "measures"))
    return firms, measures.set_index("firm").loc[firms["id"]]


def montgomery(scale: float) -> float:
    """Competitive price of textbook-montgomery at a scale of its cap."""
    firms, measures = tables("montgomery")
    return competitive_equilibrium(measures["intercept"], measures["slope"], firms["carbon"], 240.0 * scale).price


def banking(scale: float) -> float:
    """Price in the sixth and last year of textbook-banking, cut short, at a scale of its caps."""
    firms, measures = tables("banking")
    caps = [scale * cap for cap in (90.0, 80.0, 70.0, 60.0, 50.0, 45.0)]
    found = intertemporal_equilibrium(measures["intercept"], measures["slope"], firms["carbon"], caps, 0.05)
    return float(found.price[-1])


def scale_at(price: Callable[[float], float], limit: float) -> float:
    """Bisect the scale, in %, at which a price that falls with it is at its limit."""
    low, high = 0.3, 1.5
    while high - low > 1e-9:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if price(middle) > limit else (low, middle)
    return 100.0 * high


def agrees(answer: CapAnswer, expected: float, slack: float) -> None:
    assert answer.answer == "found"
    assert answer.monotone
    assert 0.0 < answer.scale - answer.too_tight <= TOLERANCE
    assert answer.too_tight - slack <= expected <= answer.scale + slack
    assert dict(answer.tried)[answer.scale]
    assert not dict(answer.tried)[answer.too_tight]


def test_of_one_year_agrees_with_the_reference() -> None:
    expected = scale_at(montgomery, 20.0)
    assert montgomery(1.0) == pytest.approx(16.551724)
    limit = "mean(carbon.mean_price) <= 20"
    answer = tightest_cap("textbook-montgomery", "carbon", [limit], low=60, high=120, tolerance=TOLERANCE)
    agrees(answer, expected, 0.05)
    assert answer.binding == (limit,)


def test_with_banking_agrees_with_the_reference() -> None:
    expected = scale_at(banking, 20.0)
    chance = "P(carbon.last_price > 20) < 0.05"
    answer = tightest_cap(
        "textbook-banking", "carbon", [chance, "carbon.shortfall <= 0"], low=80, high=130, tolerance=TOLERANCE,
        overrides={"calendar.years": 6},
    )  # fmt: skip
    agrees(answer, expected, 0.1)
    assert answer.binding == (chance,)


def test_at_the_ends_of_the_range() -> None:
    loose = tightest_cap("textbook-montgomery", "carbon", ["carbon.mean_price <= 500"], low=80, high=100)
    assert (loose.answer, loose.scale, loose.binding) == ("at_low", 80.0, ())
    never = tightest_cap("textbook-montgomery", "carbon", ["carbon.mean_price <= 1"], low=80, high=100)
    assert never.answer == "none"
    assert never.scale != never.scale
    assert never.binding == ("carbon.mean_price <= 1",)
    assert len(never.tried) == len(loose.tried) == 5


@pytest.fixture
def policy() -> Policy:
    return Policy(0, {}, {}, pd.DataFrame(), {}, 10, 0)


def bisected(keeps: Callable[[float], bool], policy: Policy, **rule: float) -> CapAnswer:
    search = Bisection(TightestCap(instrument="carbon", **rule))
    while wanted := search.wanted():
        for scale in wanted:  # a policy of which most runs fail keeps nothing
            search.tried[scale] = replace(policy, failed=0 if keeps(scale) else 10)
    assert len(search.tried) <= search.most
    return search.answer()


def test_bisection_reports_what_is_not_monotone(policy: Policy) -> None:
    rule = {"low": 60.0, "high": 100.0, "tolerance": 0.5}
    plain = bisected(lambda scale: scale > 83.3, policy, **rule)
    assert plain.monotone
    assert plain.too_tight <= 83.3 < plain.scale <= plain.too_tight + 0.5
    odd = bisected(lambda scale: scale > 83.3 or scale < 65.0, policy, **rule)
    assert not odd.monotone
    assert odd.scale == plain.scale
    assert odd.binding == ("failed runs",)


def test_of_several_rights_from_a_declaration(tmp_path: Path) -> None:
    declared = {
        "name": "caps",
        "scenario": "textbook-montgomery",
        "overrides": {"world.activity_sd": 0.05},
        "worlds": {"uncertainties": {"world.common_share": {"values": [0.2, 0.8]}}, "seeds": 3},
        "constraints": ["P(carbon.mean_price > 25) < 0.5"],
        "tightest_cap": [{"instrument": "carbon", "low": 70, "high": 110, "tolerance": 5,
                          "constraints": ["mean(carbon.compliance_rate) >= 0.9"]}],
    }  # fmt: skip
    found = search(search_of(declared), tmp_path / "caps", workers=1)
    (row,) = found.caps.to_dict("records")
    assert row["answer"] == "found"
    assert found.finished
    assert set(found.constraints["constraint"]) == {*declared["constraints"], "mean(carbon.compliance_rate) >= 0.9"}
    assert (found.policies["runs"] == 6).all()
    chosen = found.policies.set_index("scale").loc[row["scale"]]
    share = chosen["P(carbon.mean_price > 25) < 0.5"]
    runs = found.runs[found.runs["carbon.cap_scale"] == row["scale"]]
    assert share == (runs["carbon.mean_price"] > 25.0).mean() < 0.5
    assert load(found.files[0]).instruments["carbon"].cap.initial == pytest.approx(2.4 * row["scale"])
