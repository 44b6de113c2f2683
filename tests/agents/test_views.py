"""Accounts as Mesa agents: made once, lazily, as views of rows that follow the model."""

import mesa
import numpy as np
import pytest

from agents.firm import Firm
from agents.model import RightsMarketModel
from tests.agents.mixed import finished, province


@pytest.fixture
def model():
    return RightsMarketModel(province(n=10, years=2), 7)


def test_a_run_never_makes_views():
    model = finished(n=10, years=1)
    assert not model._views_made
    assert len(model._all_agents) == 0


def test_views_are_made_once_at_the_first_access(model):
    assert len(model._all_agents) == 0
    agents = model.agents
    assert len(agents) == 10
    assert all(isinstance(firm, Firm) for firm in agents)
    assert [firm.id for firm in agents] == list(model.population.ids)
    before = [firm.unique_id for firm in agents]
    model.step()
    assert [firm.unique_id for firm in model.agents] == before
    assert len(set(before)) == 10


def test_a_view_reads_its_row(model):
    for _ in range(14):
        model.step()
    spec, registry = model.spec, model.registry
    for firm in model.agents:
        row = firm.row
        assert firm.sector == model.population.sectors[row % 3]
        assert firm.city == model.population.cities[row % 2]
        assert firm.behaviour == ("planner" if row % 5 < 2 else "complier")
        assert firm.cash == pytest.approx(registry.cash[row] * spec.minor_unit)
        assert firm.size == model.population.size[row]
        assert firm.activity == model.population.activity[row]
        assert isinstance(firm.revenue, float)
        for k, key in enumerate(spec.keys):
            assert firm.flow(key) == model.flow[1, row, k]
            held = sum(registry.balances[registry.product(k, v), row] for v in range(spec.years))
            assert firm.holding(key) == pytest.approx(held * spec.lots[k])


def test_a_view_follows_the_model_and_cannot_be_written_through(model):
    firm = model.agents[0]
    assert firm.flow("energy") == 0.0
    model.step()
    first = firm.flow("energy")
    assert first > 0.0
    model.step()
    assert firm.flow("energy") > first
    with pytest.raises(ValueError, match="not in"):
        firm.flow("helium")
    with pytest.raises(AttributeError):
        _ = firm.no_such_column


def test_select_and_aggregate(model):
    for _ in range(3):
        model.step()
    power = model.agents.select(lambda firm: firm.sector == "power")
    assert [firm.row for firm in power] == [0, 3, 6, 9]
    assert model.agents.agg("activity", np.mean) == pytest.approx(model.population.activity.mean())
    assert model.agents.get("size") == pytest.approx(model.population.size.tolist())
    grouped = model.agents.groupby("city").count()
    assert grouped == {"Nanchang": 5, "Jiujiang": 5}
    assert len(model.agents_by_type[Firm]) == 10


def test_a_data_collector_works(model):
    collector = mesa.DataCollector(
        model_reporters={"price": lambda m: float(m.exchange.prices[1]), "flow": lambda m: m.period_flow[:, 1].sum()},
        agent_reporters={"energy": lambda firm: firm.flow("energy"), "cash": "cash"},
    )
    for _ in range(3):
        model.step()
        collector.collect(model)
    by_model = collector.get_model_vars_dataframe()
    np.testing.assert_allclose(by_model["flow"].cumsum().iloc[-1], model.flow[0, :, 1].sum())
    by_agent = collector.get_agent_vars_dataframe()
    assert len(by_agent) == 30
    last = by_agent["energy"].to_numpy()[-10:]
    np.testing.assert_array_equal(last, model.flow[0, :, 1])


def test_one_model_does_not_change_another():
    spec = province(n=10, years=1)
    activity = spec.population.activity.copy()
    first = RightsMarketModel(spec, 7)
    second = RightsMarketModel(spec, 8)
    second.run()
    assert first.period == 0
    assert not first.flow.any()
    assert len(second.agents) == 10
    assert len(first._all_agents) == 0
    np.testing.assert_array_equal(first.population.activity, activity)
    np.testing.assert_array_equal(spec.population.activity, activity)
    assert all(firm.model is second for firm in second.agents)
    again = RightsMarketModel(spec, 8).run()
    np.testing.assert_array_equal(again.registry.balances, second.registry.balances)


def test_the_name_agents_belongs_to_mesa(model):
    with pytest.raises(AttributeError, match="Mesa"):
        model.agents = []
