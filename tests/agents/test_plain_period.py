"""A whole period of a plain market in one compiled call is the same, bit for bit, as its steps one by one."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from agents.model import RightsMarketModel
from agents.plain_period import recorded_by_market
from agents.spec import MarketSpec
from agents.trading import Exchange
from agents.world import World
from benchmarks.permit_market import specification
from market.instruments import Instrument
from tests.agents.mixed import fingerprint

SHOCKS = World(activity_sd=0.05)
LATE = {"compliance": {"true_up_after": 2, "deadline_after": 4}}


def market(n: int, years: int = 3, rule: dict[str, Any] | None = None, **changes: Any) -> MarketSpec:
    spec = replace(specification(n, years), **{"world": SHOCKS} | changes)
    plain = spec.rules[0].model_dump(by_alias=True) | (rule or {})
    return replace(spec, instruments={"permit0": Instrument.model_validate(plain)})


CASES = {
    "shocks": market(40),
    "one account": market(1),
    "many": market(700, 2),
    "no shocks": market(12, world=World(growth={"industry": 0.02})),
    "late deadlines": market(25, rule=LATE),
    "no banking": market(25, rule=LATE | {"banking": {"kind": "none"}}),
    "quarters": market(25, 5, periods=4),
    "years": market(25, 5, periods=1),
    "little credit": market(25, credit_limit=3000.0),
    "debts": market(25, rule={"penalty": {"kind": "multiple", "multiple": 3, "floor": 5, "ceiling": 400}}),
}


@pytest.mark.parametrize("name", CASES)
def test_a_period_at_once_is_its_steps_one_by_one(name: str) -> None:
    spec = CASES[name]
    short, long = RightsMarketModel(spec, 3), RightsMarketModel(spec, 3)
    long.exchange.plain = [False]  # not even the short way through the trade step
    while not short.done:
        short.step()
        long.step()
        short.registry.check()
        assert short.exchange.prices.tolist() == long.exchange.prices.tolist()
        assert short.exchange.operating.tolist() == long.exchange.operating.tolist()
    assert fingerprint(short) == fingerprint(long)
    for column in ("expected_price", "activity", "output_cut", "operating_cost"):
        assert short.population.column(column).tobytes() == long.population.column(column).tobytes(), column
    for table in ("venues", "state", "market"):
        mine, theirs = getattr(short.recorder, table), getattr(long.recorder, table)
        assert all(mine[key].tobytes() == theirs[key].tobytes() for key in theirs), table
    for array in ("levels", "flow", "activity_mean", "activity_years", "period_flow"):
        assert getattr(short, array).tobytes() == getattr(long, array).tobytes(), array
    assert (short.recorder.session_vintage == long.recorder.session_vintage).all()


def steps_of(spec: MarketSpec, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The periods in which the trade step was taken by itself."""
    taken: list[int] = []
    whole = Exchange.trade

    def trade(self: Exchange, period: int, *rest: Any) -> Any:
        taken.append(period)
        return whole(self, period, *rest)

    monkeypatch.setattr(Exchange, "trade", trade)
    RightsMarketModel(spec, 3).run()
    return taken


def test_it_is_taken_in_all_periods_but_the_first_and_the_settlement_months(monkeypatch: pytest.MonkeyPatch) -> None:
    assert steps_of(CASES["late deadlines"], monkeypatch) == [0, 36, 37, 38, 39]


def test_where_orders_are_not_covered_the_steps_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = steps_of(CASES["little credit"], monkeypatch)
    assert 1 < len(taken) < 36


def test_runs_that_record_more_take_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    for kept in ("record_firms", "record_journal", "record_quality", "record_trades", "record_sessions"):
        spec = replace(CASES["shocks"], **{kept: True})
        assert not recorded_by_market(spec)
        assert steps_of(spec, monkeypatch) == list(range(36))
        monkeypatch.undo()
    assert not recorded_by_market(specification(4, 1, instruments=2))
    assert recorded_by_market(CASES["shocks"])


def test_what_is_recorded_does_not_move_a_price() -> None:
    spec = CASES["shocks"]
    bare = RightsMarketModel(spec, 5).run()
    full = RightsMarketModel(replace(spec, record_firms=True, record_journal=True, record_quality=True), 5).run()
    np.testing.assert_array_equal(bare.recorder.market["price"], full.recorder.market["price"])
    np.testing.assert_array_equal(bare.registry.balances, full.registry.balances)
