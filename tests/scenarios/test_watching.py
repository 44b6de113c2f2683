"""Watchers: they see the market as the tables tell it afterwards, may stop a run, and change nothing."""

import numpy as np
import pandas as pd
import pytest

from scenarios.build import build
from scenarios.loading import load
from scenarios.result_files import content_hash
from scenarios.runner import simulate
from scenarios.watching import MarketSoFar, Stopped


@pytest.mark.parametrize("name", ["textbook-banking", "textbook-montgomery"])
def test_a_watched_run_leaves_the_same_bytes(name: str) -> None:
    scenario = load(name)
    spec = build(scenario)
    seen: list[tuple[int, int, int]] = []

    def watcher(done: int, total: int, market: MarketSoFar) -> None:
        seen.append((done, total, len(market.frame())))

    watched = simulate(scenario, spec, 3, watcher=watcher)
    alone = simulate(scenario, spec, 3)
    assert content_hash(watched.frames) == content_hash(alone.frames)
    rights = len(scenario.instruments)
    assert seen == [(t, spec.total_periods, t * rights) for t in range(1, spec.total_periods + 1)]


def test_the_last_frame_is_what_the_tables_say() -> None:
    scenario = load("textbook-banking")
    frames: list[pd.DataFrame] = []
    tables = simulate(scenario, build(scenario), 0, watcher=lambda done, total, market: frames.append(market.frame()))
    last, instruments, markets = frames[-1], tables.frames["instruments"], tables.frames["markets"]
    for column in ("period", "year", "month", "instrument", "flow", "bank"):
        assert last[column].tolist() == instruments[column].tolist()
    open_ = last[last["period"].isin(markets["period"])]  # one venue: its price is the market's
    np.testing.assert_array_equal(open_["price"].to_numpy(), markets["price"].to_numpy())
    np.testing.assert_array_equal(open_["volume"].to_numpy(), markets["volume"].to_numpy())
    assert last.attrs["units"]["flow"] == "units"


def test_a_frame_stays_as_it_was_while_the_run_goes_on() -> None:
    scenario = load("textbook-banking", {"calendar.years": 2})
    frames: list[pd.DataFrame] = []
    simulate(scenario, build(scenario), 0, watcher=lambda done, total, market: frames.append(market.frame()))
    pd.testing.assert_frame_equal(frames[5], frames[-1].iloc[: len(frames[5])])


def test_a_watcher_stops_the_run_between_two_periods() -> None:
    scenario = load("textbook-banking")
    calls: list[int] = []

    def watcher(done: int, total: int, market: MarketSoFar) -> None:
        calls.append(done)
        if done == 4:
            raise Stopped

    with pytest.raises(Stopped):
        simulate(scenario, build(scenario), 0, watcher=watcher)
    assert calls == [1, 2, 3, 4]
