"""Supply besides the accounts': the outside market's ladder, the regulator's slices, allocation in a run."""

import numpy as np
import pytest

from agents.model import RightsMarketModel
from agents.suppliers import expected_supply, government_orders, outside_orders, outside_terms
from market.net_demand_kernel import outside_supply
from market.orders import BUY, SELL
from tests.agents.mixed import START, province


@pytest.fixture
def model():
    return RightsMarketModel(province(), 7)


def carbon_desk(model, period=5):
    desk = model.exchange.desks[0]
    return desk, desk.horizon_at(period)


def test_the_outside_ladder_is_the_depth_formula(model):
    desk, horizon = carbon_desk(model)
    market, rule = desk.rule.outside, desk.rule
    centre = market.prices(model.spec.calendar_years)[0]
    expected = 1.1 * centre
    orders = outside_orders(desk, horizon, 0, expected, model.registry.outside)
    orders.validate()
    growth = desk.growth(horizon.left, horizon.weight.size)[0, 0]
    for price in np.unique(orders.price):
        net = expected_supply(orders, price * rule.tick, rule)
        exact = outside_supply(price * rule.tick * growth, centre, market.slope, market.import_limit,
                               market.export_limit) / 12  # fmt: skip
        if orders.side[orders.price == price][0] == SELL:
            assert net == pytest.approx(exact, abs=0.51 * rule.lot)
    sells, buys = orders.side == SELL, orders.side == BUY
    assert orders.quantity[sells].sum() * rule.lot <= market.import_limit / 12 + rule.lot
    assert orders.quantity[buys].sum() * rule.lot <= market.export_limit / 12 + rule.lot
    assert orders.price[buys].max() < orders.price[sells].min()  # it never trades with itself


def test_the_outside_market_never_gives_more_than_the_formula_between_its_steps(model):
    desk, horizon = carbon_desk(model)
    market, rule = desk.rule.outside, desk.rule
    centre = market.prices(model.spec.calendar_years)[0]
    orders = outside_orders(desk, horizon, 0, centre, model.registry.outside)
    growth = desk.growth(horizon.left, horizon.weight.size)[0, 0]
    step = 0.4 / 40 * centre * 2.0
    for price in np.linspace(0.81, 1.19, 101) * centre:
        net = expected_supply(orders, price, rule)
        low, high = (
            outside_supply(p * growth, centre, market.slope, market.import_limit, market.export_limit) / 12
            for p in (price - step, price + step)
        )
        assert low - rule.lot <= net <= high + rule.lot


def test_without_an_outside_market_there_are_no_orders(model):
    desk = model.exchange.desks[1]
    horizon = desk.horizon_at(3)
    assert len(outside_orders(desk, horizon, 0, 10.0, model.registry.outside)) == 0
    terms, limits, shares = outside_terms(desk, horizon, 0)
    assert not terms.any()
    assert not limits.any()
    assert not shares.any()


def test_outside_prices_are_interpolated_and_held(model):
    prices = model.spec.instruments["carbon"].outside.prices(np.array([START - 1, START, START + 1, START + 9]))
    np.testing.assert_allclose(prices, [30.0, 30.0, 35.0, 45.0])


def test_a_flat_outside_price_is_a_step():
    for price, expected in ((29.0, -5.0), (30.0, 0.0), (31.0, 8.0)):
        assert outside_supply(price, 30.0, 0.0, 8.0, 5.0) == expected
    assert outside_supply(32.0, 30.0, 0.5, 8.0, 5.0) == 4.0
    assert outside_supply(99.0, 30.0, 0.5, 8.0, 5.0) == 8.0
    assert outside_supply(0.0, 30.0, 0.5, 8.0, 5.0) == -5.0


def test_an_auction_is_offered_in_equal_parts_up_to_the_deadline(model):
    model.step()
    desk = model.exchange.desks[1]
    offered = []
    for period in range(1, 15):
        horizon = desk.horizon_at(period)
        batch = government_orders(desk, horizon, model.regulator, model.registry.reserve)
        assert batch.price.tolist() == [300]  # the reserve price in ticks
        offered.append(int(batch.quantity[0]))
        model.regulator.for_auction[0, 1] -= offered[-1]
    assert model.regulator.for_auction[0, 1] == 0
    assert max(offered) - min(offered) <= 1


def test_the_paid_share_is_offered_whole_at_its_base_price(model):
    model.regulator.start_year(0, 0, model.registry)
    desk = model.exchange.desks[2]
    batch = government_orders(desk, desk.horizon_at(0), model.regulator, model.registry.reserve)
    left = model.registry.balances[model.registry.product(2, 0), model.registry.reserve]
    assert left * desk.rule.lot == pytest.approx(0.15 * model.regulator.cap[0, 2], abs=desk.rule.lot)
    assert batch.quantity.tolist() == [left]
    assert batch.price.tolist() == [1200]


def test_what_is_sold_comes_off_the_cheaper_offer_first(model):
    model.step()
    regulator = model.regulator
    regulator.for_sale[0, 1], regulator.for_auction[0, 1] = 50, 100  # base price 0, reserve price 3
    regulator.sold(1, 0, 60, 10)
    assert (regulator.for_sale[0, 1], regulator.for_auction[0, 1]) == (0, 90)
    regulator.for_sale[0, 2], regulator.for_auction[0, 2] = 50, 100  # base price 12, reserve price 0
    regulator.sold(2, 0, 20, 4)  # of the 25 on auction in this period
    assert (regulator.for_sale[0, 2], regulator.for_auction[0, 2]) == (50, 80)
    regulator.sold(2, 0, 60, 4)  # 20 on auction, and 40 at the base price
    assert (regulator.for_sale[0, 2], regulator.for_auction[0, 2]) == (10, 60)
    regulator.withdraw(2, 0)
    assert regulator.for_sale[0, 2] == regulator.for_auction[0, 2] == 0


def test_free_rights_are_shared_by_past_flows(model):
    model.step()
    spec, registry = model.spec, model.registry
    share = spec.technology.baseline[:, 2] / spec.technology.baseline[:, 2].sum()
    for vintage in range(spec.years):
        free = 0.85 * model.regulator.cap[vintage, 2]
        issued = model.regulator.issued[vintage, :, 2]
        np.testing.assert_allclose(issued, share * free, atol=spec.lots[2])
        assert issued.sum() == pytest.approx(free, abs=spec.lots[2])
        # A five-year right is granted at once; its later vintages cannot have been traded yet.
        if vintage:
            held = registry.balances[registry.product(2, vintage), : len(spec.population)] * spec.lots[2]
            np.testing.assert_allclose(held, issued)


def test_a_benchmark_advances_a_share_and_trues_up_to_real_output():
    model = RightsMarketModel(province(), 7)
    advance = None
    while model.period <= model.spec.true_up(0, 0):
        model.step()
        advance = model.regulator.issued[0, :, 0].copy() if advance is None else advance
    spec, final = model.spec, model.regulator.issued[0, :, 0]
    np.testing.assert_allclose(advance, 0.9 * model.regulator._earned[:, 0], atol=1.01 * spec.lots[0])
    earned = model.regulator._earned[:, 0] * model.activity_years[0]
    np.testing.assert_allclose(final, earned, atol=1.01 * spec.lots[0])
    # From its third year the cap is absolute: entitlements add up to it.
    assert model.regulator.entitlement[2, :, 0].sum() == pytest.approx(model.regulator.cap[2, 0])


def test_a_dry_year_cuts_every_holder_pro_rata():
    model = RightsMarketModel(province(), 7)
    while model.period <= 12:
        model.step()
    wet, dry = (model.regulator.issued[year, :, 3] for year in (0, 1))
    ratio = model.regulator.cap[1, 3] / model.regulator.cap[0, 3]
    assert ratio < 0.8
    np.testing.assert_allclose(dry, ratio * wet, atol=2.1 * model.spec.lots[3])


def test_planners_take_an_auction_that_they_need_at_the_expected_price():
    """What is auctioned every month is needed; no month's offer may push the price off its path."""
    model = RightsMarketModel(province(), 7)
    for _ in range(14):  # the next month is the last before the deadline
        model.step()
    price, expected = model.recorder.market["price"][:14, 1], model.recorder.market["indicative"][:14, 1]
    assert np.nanmin(price / expected) > 0.9
