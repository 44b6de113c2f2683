"""Rules that went wrong once: each test derives by hand what the right answer is."""

import numpy as np

from agents.behaviours.declared import ComplierRule, PlannerRule
from agents.model import RightsMarketModel
from agents.world import World
from market.instruments import Instrument
from tests.agents import economies

TWO = {
    "baseline": [[100.0], [60.0]], "effect": [[1.0]], "intercept": [[0.0], [4.0]], "slope": [[0.5], [0.25]],
    "limit": [[90.0], [50.0]],
}  # fmt: skip


def market(caps, seed=1, **rules):
    """A market of one right with the given caps and rules, not yet run."""
    given = {"right0": economies.instrument(caps, **rules)}
    return RightsMarketModel(economies.economy(**TWO, permits=[[cap] for cap in caps], instruments=given), seed)


def benchmark(**more):
    """An output benchmark at the sector's mean intensity."""
    return {"kind": "output_benchmark", **more}


def test_under_a_fixed_total_output_earns_its_scaled_benchmark():
    """Full output would earn 160; of a cap of 120 a quarter is auctioned, so 90 are free: 9/16 of the benchmark."""
    model = market([120.0, 110.0], allocation=benchmark(auction_share=0.25))
    model.step()
    np.testing.assert_allclose(model.regulator.credit[:, 0], [100.0 * 9 / 16, 60.0 * 9 / 16])


def test_a_total_that_output_earns_includes_what_is_auctioned():
    """At a benchmark of 0.7 output earns 112 of 160: 89.6 free and 22.4 by auction, all of it issued and usable."""
    cap = {"kind": "table", "values": {2025: 130.0}, "absolute_from": 2099}
    model = market([130.0, 120.0], allocation=benchmark(factor=0.7, auction_share=0.2), cap=cap).run()
    np.testing.assert_allclose(model.regulator.cap[:, 0], 112.0, atol=1e-3)
    np.testing.assert_allclose(model.registry.issued * 1e-4, 112.0, atol=1e-3)
    np.testing.assert_allclose(model.flow.sum(), 224.0, atol=1e-2)


def test_offers_never_exceed_what_the_regulator_holds():
    """A base price between two ticks (9.004 at ticks of 0.01) sells at 9.00, and what sells there is paid share."""
    offer = {"kind": "grandfathering", "auction_share": 0.1, "paid_share": 0.3, "base_price": 9.004}
    model = market([130.0, 110.0], lot=1e-2, tick=1e-2, allocation=offer)
    regulator, registry = model.regulator, model.registry
    while not model.done:
        model.step()
        assert regulator.for_auction.min() >= 0
        assert regulator.for_sale.min() >= 0
        offered = (regulator.for_auction + regulator.for_sale)[:, 0]
        np.testing.assert_array_equal(offered, registry.balances[:, registry.reserve])
        if model.period == 1:  # the price sits at the base price, so the whole twelfth of the auction of 13 is sold
            assert model.exchange.desks[0].last_price == 9.0
            assert regulator.for_auction[0, 0] == 1300 - 109
    assert not model.recorder.deadlines["shortfall"].any()


def test_a_dry_year_cuts_rights_that_were_granted_for_several_years():
    """Three-year water rights over 130 a year: a year with 80 % of the water leaves 104, withdrawn pro rata."""
    cap = {"kind": "water_share", "volume": 130.0, "share": 1.0}
    rules = {"right0": economies.instrument([130.0] * 4, cap=cap, banking="none", validity_years=3)}
    dry = World(water={2026: 0.8})
    spec = economies.economy(**TWO, permits=[[130.0]] * 4, instruments=rules, world=dry)
    model = RightsMarketModel(spec, 1).run()
    registry = model.registry
    np.testing.assert_allclose((registry.issued - registry.cancelled) * 1e-4, [130.0, 104.0, 130.0, 130.0])
    np.testing.assert_allclose(registry.cancelled[1] * 1e-4, 26.0)
    np.testing.assert_allclose(model.flow.sum(axis=1)[:, 0], [130.0, 104.0, 130.0, 130.0], atol=1e-2)
    np.testing.assert_allclose(model.regulator.issued[1, :, 0], [65.0, 39.0], atol=1e-3)


def test_a_penalty_that_is_a_multiple_does_not_feed_on_the_shortage():
    """Every year is short; the price before the shortage was the floor of 1, so the bound stays at 5 times that."""
    fine = {"kind": "multiple", "multiple": 5.0, "floor": 1.0, "ceiling": 1000.0, "make_good": False}
    model = market([60.0, 50.0, 40.0], penalty=fine).run()
    backstop = model.recorder.market["backstop"][:, 0]
    np.testing.assert_allclose(backstop, [1.0] + 35 * [5.0])
    # At a price of 5 firm 1 cuts 5/0.5 = 10 and firm 2 cuts (5 - 4)/0.25 = 4.
    np.testing.assert_allclose(model.flow[2, :, 0], [90.0, 56.0])
    np.testing.assert_allclose(model.recorder.deadlines["penalty"][2, 0], 5.0 * (146.0 - 40.0))


def test_what_is_foreseen_is_this_years_also_where_last_years_deadline_is_open():
    """Activity grows by 5 % a year; in July of year 2 the desk must not foresee that of year 1."""
    late = {"deadline_after": 6}
    rules = {"right0": economies.instrument([130.0] * 3, banking="none", compliance=late)}
    growing = np.array([0.05])
    spec = economies.economy(**TWO, permits=[[130.0]] * 3, instruments=rules, sector_growth=growing)
    model = RightsMarketModel(spec, 1)
    for _ in range(20):
        model.step()
    np.testing.assert_allclose(model.exchange.desks[0].activity[0], 1.05)


def test_forced_sales_first_undo_net_purchases():
    """Surplus 100, base 10, 1.5 per net sale, 10 bought before: s = (100 - 10 + 15)/2.5 = 42 lets 10 + 48 be kept."""
    limits = [{"through": 2030, "base": 10.0, "per_net_sale": 1.5}]
    banking = {"kind": "limited", "limits": limits}
    rule = economies.instrument([130.0, 110.0], lot=1.0, tick=1e-2).model_dump() | {"banking": banking}
    late = {"deadline_after": 6, "true_up_after": 0}
    rules = {"right0": Instrument.model_validate(rule | {"compliance": late})}
    spec = economies.economy(**TWO, permits=[[130.0], [110.0]], instruments=rules)
    exchange = RightsMarketModel(spec, 1).exchange
    desk = exchange.desks[0]
    desk.fixed[0][:] = [-100.0, -12.0]
    desk.net_sales[:] = [-10, -10]
    forced = exchange._forced_sales(desk, desk.horizon_at(13), np.array([500, 500]))
    np.testing.assert_array_equal(forced, [42, 2])


def test_a_horizon_of_one_year_sees_this_year_while_last_years_deadline_is_open():
    """A cap of 120 from the start of year 2: marginal costs 0.5 x and 4 + 0.25 x meet a cut of 40 at 28/3."""
    late = {"deadline_after": 6}
    rules = {"right0": economies.instrument([130.0, 120.0], compliance=late)}
    planner = (PlannerRule(horizon_years=1),)
    spec = economies.economy(**TWO, permits=[[130.0], [120.0]], instruments=rules, behaviours=planner)
    model = RightsMarketModel(spec, 1)
    values = []
    for period in range(24):
        model.step()
        if period >= 12:
            values.append(model.exchange.operating[0])
    np.testing.assert_allclose(np.mean(values), 28.0 / 3.0, rtol=0.02)
    assert max(values) / min(values) < 1.07
    assert not model.run().recorder.deadlines["shortfall"].any()


def test_rights_that_cannot_be_carried_over_have_a_schedule_a_vintage():
    """With the deadline half a year late, year 2 is worked at 28/3 from January on, not at 0."""
    rules = {"right0": economies.instrument([130.0, 120.0], banking="none", compliance={"deadline_after": 6})}
    model = RightsMarketModel(economies.economy(**TWO, permits=[[130.0], [120.0]], instruments=rules), 1)
    values = []
    for period in range(24):
        model.step()
        if period >= 12:
            values.append(model.exchange.operating[0])
    np.testing.assert_allclose(np.mean(values), 28.0 / 3.0, rtol=0.02)
    assert max(values) / min(values) < 1.07


def test_imports_serve_last_years_deadline_while_it_is_open():
    """A cap of 100 needs imports: at the backstop of 1000 before, although the outside price was 5 + 0.05 x 36."""
    for months in (6, 12):
        market_outside = {"price": {2025: 5.0}, "slope": 0.05, "import_limit": 60.0, "export_limit": 0.0}
        given = {"compliance": {"deadline_after": months}, "outside": market_outside}
        model = market([100.0, 100.0, 100.0], **given).run()
        assert np.nanmax(model.recorder.market["indicative"]) < 8.0
        assert not model.recorder.deadlines["shortfall"].any()
        imports = np.nansum(model.recorder.state["outside_net_import"][:36, 0].reshape(3, 12), axis=1)
        assert imports.max() <= 60.0


def test_compliers_count_what_their_measures_save_before_they_buy():
    """Only compliers, four periods a year: all looked short at the last chance, so nobody sold and rights expired."""
    caps = [130.0, 120.0, 110.0]
    given = {"right0": economies.instrument(caps, banking="none")}
    rule = ComplierRule(trade_cost=0.0)
    spec = economies.economy(**TWO, permits=[[cap] for cap in caps], instruments=given, behaviours=(rule,), periods=4)
    model = RightsMarketModel(spec, 1).run()
    np.testing.assert_allclose(model.flow.sum(axis=(1, 2)), caps, rtol=0.02)
    assert model.recorder.deadlines["expired"].sum() < 0.02 * sum(caps)
