"""Invariants of whole runs: nothing is lost, equal inputs give equal bits, a policy moves nobody's weather."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agents.model import RightsMarketModel
from agents.world import World
from market.journal import replay
from tests.agents.mixed import SECTORS, fingerprint, finished, province, whole_numbers

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def model():
    return finished()


def odd_province(seed):
    """A province with rules drawn at random: any bank, any share, any calendar."""
    draw = np.random.default_rng(seed)
    periods = int(draw.choice([1, 4, 12]))
    spec = province(n=int(draw.integers(2, 16)), years=int(draw.integers(1, 5)), periods=periods, seed=seed)
    changed = {}
    for key, rule in spec.instruments.items():
        auction, paid = draw.choice([0.0, 0.3, 0.5], 2)
        deadline = int(draw.integers(0, 13))
        known = min(deadline, int(draw.integers(0, 13)))
        if not known * periods % 12 == 0 == deadline * periods % 12:
            known = deadline = 0
        cap = rule.cap
        if cap.kind == "linear":
            cap = cap.model_copy(update={"initial": cap.initial * float(draw.uniform(0.3, 1.3))})
        changed[key] = rule.model_copy(
            update={
                "cap": cap,
                "allocation": rule.allocation.model_copy(
                    update={"auction_share": float(auction), "paid_share": float(paid)}
                ),
                "banking": spec.instruments[draw.choice(list(spec.instruments))].banking,
                "compliance": rule.compliance.model_copy(update={"true_up_after": known, "deadline_after": deadline}),
                "initial_bank": float(draw.choice([0.0, 30.0])),
            }
        )
    behaviour = spec.population.behaviour
    behaviour[:] = draw.integers(0, 2, behaviour.size)
    return replace(spec, instruments=changed, rounds=int(draw.integers(0, 3)))


def check_between_steps(model):
    registry = model.registry
    registry.check()
    assert not registry.locked.any()
    assert not registry.cash_locked.any()
    assert model.regulator.debt.min() >= 0
    assert model.flow.min() >= 0.0
    assert registry.balances.min() >= 0
    offered = model.regulator.for_auction + model.regulator.for_sale
    in_reserve = registry.balances[:, registry.reserve].reshape(offered.shape[1], offered.shape[0]).T
    np.testing.assert_array_equal(offered, in_reserve)
    assert not registry.balances[:, registry.government].any()
    assert np.isfinite(model.exchange.prices).all()


def check_journal(model):
    registry = model.registry
    found = replay(registry.journal, registry.products, registry.accounts)
    np.testing.assert_array_equal(found.balances, registry.balances)
    np.testing.assert_array_equal(found.cash, registry.cash)
    for name, total in found.totals.items():
        np.testing.assert_array_equal(total, getattr(registry, name), err_msg=name)


def test_nothing_is_lost_in_any_step():
    model = RightsMarketModel(province(), 7)
    debts = 0
    while not model.done:
        model.step()
        check_between_steps(model)
        debts += model.regulator.debt.sum()
    check_journal(model)
    # Everything that the province was built for has happened.
    recorder, registry = model.recorder, model.registry
    carbon, energy, so2, water = range(4)
    assert debts > 0
    assert registry.imported.sum() + registry.balances[:, registry.outside].sum() > 0
    assert recorder.deadlines["expired"][:, carbon].sum() > 0
    assert recorder.deadlines["carried"][:, energy].sum() > 0
    assert not recorder.deadlines["carried"][:, so2].any()
    assert model.regulator.cap[1, water] < model.regulator.cap[0, water]
    assert registry.cash[registry.government] + registry.cash[registry.reserve] > 0
    assert recorder.trading_cost.sum() > 0.0


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_lost_under_random_rules(seed):
    model = RightsMarketModel(odd_province(seed), seed)
    while not model.done:
        model.step()
        check_between_steps(model)
    check_journal(model)
    spec, deadlines = model.spec, model.recorder.deadlines
    np.testing.assert_allclose(deadlines["surrendered"] + deadlines["shortfall"], deadlines["obligation"], atol=1e-6)
    surrendered = model.registry.surrendered.reshape(len(spec.keys), spec.years).T * spec.lots
    np.testing.assert_allclose(deadlines["surrendered"], surrendered, atol=1e-6)


def test_obligations_are_flows_rounded_up_to_lots(model):
    spec, deadlines = model.spec, model.recorder.deadlines
    lots = np.ceil(model.flow / spec.lots - 1e-6).sum(axis=1)
    owed = lots.astype(float) * spec.lots
    # Debts come on top where they must be made good.
    assert np.all(deadlines["obligation"] >= owed - 1e-6)
    np.testing.assert_allclose(deadlines["obligation"][0, 1:], owed[0, 1:], atol=1e-6)


def test_the_same_run_twice_is_the_same(model):
    assert fingerprint(finished()) == fingerprint(model)


@pytest.mark.slow
def test_the_same_run_in_other_processes_is_the_same(model):
    expected = f"{fingerprint(model)} {whole_numbers(model)}"
    for hash_seed in ("1", "4711"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        found = subprocess.run(
            [sys.executable, "-m", "tests.agents.mixed"],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        assert found.stdout.strip() == expected


def test_another_seed_is_another_run(model):
    assert fingerprint(finished(seed=8)) != fingerprint(model)


def test_recording_does_not_change_a_run(model):
    bare = finished(record_firms=False, record_journal=False)
    assert bare.recorder.firms == {}
    assert bare.registry.journal is None
    assert fingerprint(bare, accounts=False) == fingerprint(model, accounts=False)


def test_progress_and_views_do_not_change_a_run(model):
    seen = []
    watched = RightsMarketModel(province(), 7)
    assert len(watched.agents) == len(watched.population)
    watched.run(lambda done, total: seen.append((done, total)))
    assert seen == [(t + 1, model.spec.total_periods) for t in range(model.spec.total_periods)]
    assert fingerprint(watched) == fingerprint(model)


def weather(model):
    """What a run drew for the world: activity of every account and year, and available water."""
    water = [model.world.water(year, 1900) for year in range(model.spec.years)]
    return model.activity_mean, np.array(water)


@pytest.mark.parametrize("change", ["caps", "rules", "behaviour"])
def test_a_policy_moves_nobodys_demand_or_water(model, change):
    spec = province()
    if change == "caps":
        spec = province(tight=0.7)
    elif change == "rules":
        plain = {key: rule.allocation.model_copy(update={"auction_share": 0.4, "paid_share": 0.0})
                 for key, rule in spec.instruments.items()}  # fmt: skip
        spec = replace(
            spec,
            instruments={k: r.model_copy(update={"allocation": plain[k]}) for k, r in spec.instruments.items()},
            rounds=0,
        )
    else:
        spec.population.behaviour[:] = 0
    other = RightsMarketModel(spec, 7).run()
    assert fingerprint(other) != fingerprint(model)
    for mine, theirs in zip(weather(model), weather(other), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_water_is_drawn_where_no_year_names_it():
    drawn = [finished(years=1, world=World(water_sd=0.2), seed=seed) for seed in (1, 1, 2)]
    first, again, other = (weather(model)[1] for model in drawn)
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()
    cap = drawn[0].regulator.cap[0, 3]
    full = drawn[0].spec.technology.baseline[:, 3].sum()
    assert cap == pytest.approx(min(0.95, 0.8 * 1.2 * min(1.0, first[0])) * full)


def test_a_new_account_moves_nobody_elses_draws(model):
    grown = finished(extra=3)
    n = len(model.population)
    np.testing.assert_array_equal(grown.activity_mean[:, :n], model.activity_mean)
    np.testing.assert_array_equal(grown.exchange.jitter[:n], model.exchange.jitter)


def test_a_new_account_of_a_new_sector_moves_nobody_elses_draws(model):
    from agents.population import FirmPopulation

    spec = province(extra=1)
    start = spec.population
    columns = {name: start.column(name).copy() for name in ("sector", "city", "size", "revenue", "behaviour")}
    columns["sector"][-1] = len(SECTORS)
    population = FirmPopulation(start.ids, columns, (*SECTORS, "ceramics"), start.cities)
    spec = replace(spec, population=population, sector_growth=np.array([0.02, -0.01, 0.0, 0.05]))
    grown = RightsMarketModel(spec, 7).run()
    np.testing.assert_array_equal(grown.activity_mean[:, :-1], model.activity_mean)


def test_shocks_are_bounded_persistent_and_partly_common():
    spec = province(n=60, years=4, world=World(activity_sd=0.1, persistence=0.8, common_share=0.5))
    spec = replace(spec, sector_growth=np.zeros(3))
    model = RightsMarketModel(spec, 3)
    drawn = []
    while model.period < 48:
        model.world.step(model.period)
        drawn.append(np.log(model.world.activity(0)))
        model.period += 1
    shocks = np.array(drawn)
    assert np.abs(shocks).max() <= 0.3 + 1e-12
    assert 0.07 < shocks.std() < 0.13
    again = [np.corrcoef(shocks[:-1, i], shocks[1:, i])[0, 1] for i in range(60)]
    assert 0.5 < np.mean(again) < 0.9
    sector = spec.population.sector
    same = np.corrcoef(shocks[:, sector == 0].T)[np.triu_indices(20, 1)].mean()
    across = np.corrcoef(np.stack([shocks[:, sector == s].mean(axis=1) for s in range(3)]))
    assert same > 0.25
    assert np.abs(across[np.triu_indices(3, 1)]).max() < 0.75


def test_growth_of_activity_is_by_sector():
    spec = replace(province(), world=World())
    world = RightsMarketModel(spec, 1).world
    sector = spec.population.sector
    np.testing.assert_allclose(world.activity(3), (1.0 + spec.sector_growth[sector]) ** 3)
    np.testing.assert_allclose(world.expected(2), (1.0 + spec.sector_growth[sector]) ** 2)
