"""Indicators straight from a run are those of its tables, to the bit; only what is wanted is worked out."""

import numpy as np
import pandas as pd
import pytest

from agents.model import RightsMarketModel
from market.errors import QuotaLabError
from scenarios import load, reference_run
from scenarios.build import build
from scenarios.kpis import declared, kpis_of
from scenarios.outcomes import outcome_names, outcomes_of
from scenarios.rows import NO_ROWS, known_sum, of_frame, sums_by
from scenarios.tables import tables_of

VENUES = [
    {"name": "listed", "mechanism": {"kind": "listed"}},
    {"name": "block", "mechanism": {"kind": "block", "minimum": 0.5}},
]
COLLAR = {"kind": "collar", "floor": {"prices": {2025: 14.0}}, "ceiling": {"prices": {2025: 26.0}}, "stock": 30.0}
OUTSIDE = {"price": {2025: 15.0, 2028: 30.0}, "slope": 0.2, "import_limit": 10.0, "export_limit": 5.0}
ADAPTIVE = [{"kind": "adaptive", "first_prices": {"carbon": 20.0}, "discount_rate": 0.0}]
SHORT = {"calendar.years": 3, "world.activity_sd": 0.05}
CASES = {
    "textbook": ("textbook-banking", {"calendar.years": 5}),
    "jiangxi": ("jiangxi", {"calendar.years": 1, "population.accounts": 400}),
    "order-book": ("textbook-banking", {**SHORT, "instruments.carbon.venues": "order_book"}),
    "bilateral": ("textbook-banking", {**SHORT, "instruments.carbon.venues": "bilateral"}),
    "two-venues": ("textbook-banking", {**SHORT, "instruments.carbon.venues": VENUES}),
    "collar": ("textbook-banking", {
        **SHORT, "instruments.carbon.allocation.auction_share": 0.5, "instruments.carbon.containment": [COLLAR],
    }),
    "outside": ("textbook-banking", {**SHORT, "instruments.carbon.outside": OUTSIDE}),
    "late-deadline": ("textbook-banking", {
        **SHORT, "behaviours": ADAPTIVE, "instruments.carbon.compliance": {"true_up_after": 2, "deadline_after": 4},
    }),
    "bare": ("textbook-banking", {**SHORT, "recording": {"firms": False, "journal": False, "quality": False}}),
    "no-market": ("textbook-banking", {**SHORT, "instruments.carbon.cap": {"kind": "table", "values": {2025: 300.0}}}),
}  # fmt: skip


def finished(case: str) -> tuple[RightsMarketModel, object]:
    scenario = load(*CASES[case])
    return RightsMarketModel(build(scenario), 3).run(), scenario


@pytest.mark.parametrize("case", CASES)
def test_every_indicator_is_that_of_the_tables(case: str) -> None:
    model, scenario = finished(case)
    kpis = kpis_of(tables_of(model, scenario.money.currency.en).frames, scenario)
    found = outcomes_of(model, scenario)
    assert list(found) == list(kpis.index)
    assert [value.hex() for value in found.values()] == [float(value).hex() for value in kpis]
    assert outcome_names(scenario) == kpis.attrs["units"]
    alone = {name: outcomes_of(model, scenario, [name])[name] for name in found}
    assert [value.hex() for value in alone.values()] == [value.hex() for value in found.values()]


def test_some_are_given_in_declared_order_and_unknown_ones_refused() -> None:
    model, scenario = finished("two-venues")
    names = ["efficiency", "carbon.block.volume_share", "carbon.mean_price"]
    found = outcomes_of(model, scenario, names)
    assert list(found) == ["carbon.mean_price", "carbon.block.volume_share", "efficiency"]
    assert found == {name: outcomes_of(model, scenario)[name] for name in found}
    with pytest.raises(QuotaLabError, match=r"no indicator carbon\.prize, welfare"):
        outcomes_of(model, scenario, ["carbon.mean_price", "welfare", "carbon.prize"])


def test_a_venue_that_held_no_session_has_no_value() -> None:
    model, scenario = finished("two-venues")
    model.recorder.session_vintage[:, 1] = -1
    found = outcomes_of(model, scenario, ["carbon.block.volume", "carbon.volume"])
    assert np.isnan(found["carbon.block.volume"])
    assert found["carbon.volume"] > 0
    assert "carbon.block.volume" not in outcomes_of(model, scenario)


def test_the_least_cost_plan_is_solved_only_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    model, scenario = finished("bare")
    solved: list[int] = []
    whole = reference_run.score
    monkeypatch.setattr(reference_run, "score", lambda run: (solved.append(1), whole(run))[1])
    names = outcome_names(scenario)
    reference = {name for name in names if "." not in name} - {
        "abatement_cost", "penalties", "accounts_short", "burden_gini",
    } | {"carbon.last_reference_price"}  # fmt: skip
    outcomes_of(model, scenario, [name for name in names if name not in reference])
    assert not solved
    for name in reference:
        solved.clear()
        outcomes_of(model, scenario, [name])
        assert len(solved) == 1, name


def test_names_are_declared_for_every_venue() -> None:
    names = outcome_names(load(*CASES["two-venues"]))
    assert {"carbon.listed.mean_price", "carbon.block.volume_share"} < set(names)
    assert names["carbon.block.mean_price"] == "unit of account/unit"
    assert all(declared(name).text.zh for name in names)


def test_sums_by_group_are_those_of_a_group_by() -> None:
    draw = np.random.default_rng(4)
    for n, groups in ((1, 1), (7, 9), (500, 40), (500, 1)):
        group = draw.integers(0, groups, n)
        values = draw.standard_normal(n) * 10.0 ** draw.integers(-8, 8, n)
        values[draw.random(n) < 0.2] = np.nan
        frame = pd.DataFrame({"group": group, "value": values}).groupby("group")["value"].sum()
        found, sums = sums_by(group, values)
        order = np.argsort(found)
        assert found[order].tolist() == frame.index.tolist()
        assert sums[order].tolist() == frame.tolist()


def test_rows_are_read_when_they_are_asked_for() -> None:
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [0.5, np.nan, 2.5]})
    rows = of_frame(frame)
    some = rows.where(frame["a"].to_numpy() > 1)
    assert (len(rows), len(some), len(NO_ROWS)) == (3, 2, 0)
    assert "b" in some
    assert "c" not in some
    assert some["a"].tolist() == [2, 3]
    assert np.isnan(some.numbers("c")).all()
    assert known_sum(some["b"]) == 2.5
    assert known_sum(some["a"]) == 5.0
    assert rows.where(np.ones(3, dtype=bool)) is rows
