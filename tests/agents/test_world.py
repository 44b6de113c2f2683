"""Activity against the formula of its shocks, period by period, however the periods are worked out."""

import numpy as np
import pytest

from agents import world
from agents.world import World, WorldState
from market.randomness import Streams

SECTOR = np.array([0, 1, 1, 0, 2, 1])
GROWTH = np.array([0.02, -0.01, 0.0])
RULE = World(activity_sd=0.2, persistence=0.7, common_share=0.4)
YEARS, PERIODS = 3, 4


def shocks(periods: list[int]) -> list[np.ndarray]:
    """The shocks of periods that follow one another: z' = ρ z + √(1 − ρ²) ε, mixed, bounded at three deviations."""
    streams, common, own, found = Streams(5), np.zeros(3), np.zeros(6), []
    for t in periods:
        keep = 0.7 if t else 0.0
        fresh = np.sqrt(1.0 - keep * keep)
        common = keep * common + fresh * streams.at("sector activity", t).generator().standard_normal(3)
        own = keep * own + fresh * streams.at("activity", t).generator().standard_normal(6)
        found.append(0.2 * np.clip(np.sqrt(0.4) * common[SECTOR] + np.sqrt(0.6) * own, -3.0, 3.0))
    return found


def state(rule: World = RULE) -> WorldState:
    return WorldState(rule, Streams(5), SECTOR, GROWTH, YEARS, PERIODS)


@pytest.mark.parametrize("ahead", [1, 13, 10_000])
@pytest.mark.parametrize("periods", [list(range(12)), [0, 1, 2, 5, 6, 3, 3, 4], [2, 3, 4]])
def test_activity_follows_its_formula(monkeypatch: pytest.MonkeyPatch, ahead: int, periods: list[int]) -> None:
    monkeypatch.setattr(world, "MOST_AHEAD", ahead)
    moved = state()
    for t, shock in zip(periods, shocks(periods), strict=True):
        moved.step(t)
        year, left = t // PERIODS, PERIODS - t % PERIODS
        announced = ((1.0 + GROWTH) ** year)[SECTOR]
        fade = (1.0 - 0.7**left) / (left * (1.0 - 0.7))
        assert (moved.activity(year) == announced * np.exp(shock)).all()
        assert (moved.expected_rest_of_year(year, left) == announced * np.exp(shock * fade)).all()
        other = (1.0 - 0.7**2) / (2 * (1.0 - 0.7))
        assert (moved.expected_rest_of_year(0, 2) == np.exp(shock * other)).all()
        assert (moved.expected(2) == ((1.0 + GROWTH) ** 2)[SECTOR]).all()


def test_without_shocks_activity_is_as_announced() -> None:
    still = state(World())
    still.step(0)
    for year in range(YEARS):
        announced = ((1.0 + GROWTH) ** year)[SECTOR]
        assert (still.activity(year) == announced).all()
        assert (still.expected_rest_of_year(year, 3) == announced).all()
