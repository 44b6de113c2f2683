"""Stacks: declared order, the balance of every allowance over time, what is refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from market.policies.containment import (
    Collar,
    Containment,
    CorridorRelease,
    CostContainmentReserve,
    EmissionsContainmentReserve,
    Halt,
    MarketStabilityReserve,
    Pool,
    PriceLimit,
    PricePath,
    PriceStep,
    PriceSteps,
    PriceTrigger,
    PublicState,
    ReservePrice,
    ReserveTier,
    SupplyShift,
    YearlyAmount,
    names,
    offer,
    opening,
    reserve,
    settle,
    trading_rules,
)

AT, UNITS = PricePath.constant, YearlyAmount.constant
MSR = MarketStabilityReserve.eu_2023(1.0, inflow={2021: 50.0}, opening_stock=300.0, holding_limit=350.0, step=0.0)
ECR = EmissionsContainmentReserve(trigger=AT(6.0), amount=YearlyAmount(share=0.1))
TIER = ReserveTier(trigger=PricePath(prices={2021: 13.0}, growth=0.07), amount=UNITS(40.0))
PARTS = (
    MSR,
    MSR.model_copy(update={"application": "monthly", "start": 2, "invalidation_at": "end"}),
    SupplyShift(changes={2020: -90.0, 2022: 70.0}),
    SupplyShift(changes={2021: -9000.0, 2023: 9000.0}),
    ReservePrice(price=AT(4.0)),
    ECR,
    CostContainmentReserve(tiers=(TIER, ReserveTier(trigger=AT(20.0), amount=YearlyAmount(share=0.05)))),
    CostContainmentReserve(tiers=(ReserveTier(trigger=AT(15.0), amount=UNITS(60.0)),), renewal="once"),
    PriceSteps(
        steps=(
            PriceStep(price=AT(8.0), amount=UNITS(100.0)),
            PriceStep(price=AT(9.0), amount=YearlyAmount(share=0.2), unsold="cancelled"),
            PriceStep(price=AT(18.0), amount=UNITS(30.0), source="issued"),
        )
    ),
    PriceTrigger(release=35.0, stock=80.0, reference_periods=2, tested_periods=1, multiples={2020: 1.1}),
    CorridorRelease(lower=AT(5.0), upper=AT(14.0), stock=55.0, release=25.0, purchase=20.0),
    Collar(floor=AT(3.0), ceiling=AT(25.0)),
    Collar(floor=AT(3.0), ceiling=AT(25.0), stock=33.0, purchases=70.0, bought="reserve"),
    PriceLimit(band=0.1),
    Halt(move=0.2),
)


@pytest.mark.slow
@given(st.lists(st.sampled_from(PARTS), max_size=6, unique_by=id), st.data())
def test_nothing_is_created_or_lost(rules, data):
    """Over four years of four auctions, any stack, any banks, prices and sales, to the last unit:

    base + what reserves held at first + issued = sold net + unsold + cancelled + what they hold at the end.
    """
    rules = tuple(rules)
    holdings = opening(rules)
    first = reserve(rules, holdings)
    total = dict.fromkeys(Pool, 0.0)
    base_total, prices = 0.0, ()
    part = st.floats(0.0, 1.0)
    for year in range(2020, 2024):
        bank = data.draw(st.floats(0, 2000))
        for period in range(4):
            base = data.draw(st.floats(0, 400))
            public = PublicState(
                year, period, 4, bank=bank, bank_before=500.0, last_auction=600.0, cap=1600.0, prices=prices
            )
            before = reserve(rules, holdings)
            supply, after = offer(rules, base, public, holdings)
            into, out = supply.moved(target=Pool.RESERVE), supply.moved(source=Pool.RESERVE)
            assert reserve(rules, after) - before == pytest.approx(into - out, abs=1e-6)
            assert supply.offered == pytest.approx(
                base + supply.moved(target=Pool.OFFER) - supply.moved(source=Pool.OFFER), abs=1e-6
            )
            assert all(step.quantity > 0 for step in supply.steps)
            assert [s.price for s in supply.steps] == sorted(s.price for s in supply.steps)
            sold = [min(step.quantity, 500.0) * data.draw(part) for step in supply.steps]
            bought = [min(bid.quantity, 500.0) * data.draw(part) for bid in supply.bids]
            done = settle(rules, supply, sold, bought, after)
            for entry in (*supply.movements, *done.movements):
                total[entry.source] -= entry.quantity
                total[entry.target] += entry.quantity
            base_total += base
            holdings = done.holdings
            assert all(number >= -1e-9 for held in holdings for number in held)
            prices = (*prices, data.draw(st.floats(1, 30)))
    assert total[Pool.OFFER] == pytest.approx(-base_total, abs=1e-5)
    assert total[Pool.RESERVE] == pytest.approx(reserve(rules, holdings) - first, abs=1e-5)
    assert total[Pool.ISSUED] <= 0.0
    assert total[Pool.CANCELLED] >= 0.0
    left = total[Pool.SOLD] + total[Pool.UNSOLD] + total[Pool.CANCELLED] + reserve(rules, holdings)
    assert base_total + first - total[Pool.ISSUED] == pytest.approx(left, abs=1e-5)


def test_rules_act_in_declared_order():
    """What the emissions reserve has priced is no longer there for the stability reserve to take, and the other way."""
    public = PublicState(2020, bank=5000.0, cap=100.0)
    supply, _ = offer((ECR, MSR), 100.0, public, opening((ECR, MSR)))
    assert [(step.price, step.quantity) for step in supply.steps] == [(6.0, 10.0)]
    supply, _ = offer((MSR, ECR), 100.0, public, opening((MSR, ECR)))
    assert supply.steps == ()


def test_every_entry_names_its_rule():
    rules = (MSR, SupplyShift(changes={2021: -10.0}), SupplyShift(changes={2021: -20.0}))
    assert names(rules) == ("market_stability_reserve", "supply_shift", "supply_shift.2")
    supply, _ = offer(rules, 900.0, PublicState(2021, bank=1000.0), opening(rules))
    assert supply.moved(Pool.OFFER, Pool.RESERVE, "supply_shift.2") == 20.0
    assert supply.moved(Pool.OFFER, Pool.RESERVE) == 270.0
    assert supply.moved(rule="market_stability_reserve") == 290.0


def test_steps_never_lie_below_the_reserve_price():
    rules = (ECR, ReservePrice(price=AT(7.0)), Collar(floor=AT(5.0)))
    supply, _ = offer(rules, 100.0, PublicState(2021, cap=100.0), opening(rules))
    assert [(step.price, step.quantity) for step in supply.steps] == [(7.0, 90.0), (7.0, 10.0)]


def test_trading_rules_stand_aside():
    rules = (PriceLimit(band=0.1), ReservePrice(price=AT(4.0)), Halt(move=0.2))
    assert trading_rules(rules) == (rules[0], rules[2])
    supply, holdings = offer(rules, 10.0, PublicState(2021), opening(rules))
    assert (supply.offered, holdings) == (10.0, ((), (), ()))


def test_no_rules_no_change():
    supply, holdings = offer((), 10.0, PublicState(2021), opening(()))
    assert (supply.steps[0].quantity, supply.movements, holdings) == (10.0, (), ())


def test_what_cannot_be_is_refused():
    rules = (Collar(ceiling=AT(25.0)),)
    supply, holdings = offer(rules, 10.0, PublicState(2021), opening(rules))
    for sold, message in (([1.0], "1 numbers for 2"), ([11.0, 0.0], "between 0 and 10"), ([0.0, math.inf], "finite")):
        with pytest.raises(ValueError, match=message):
            settle(rules, supply, sold, [], holdings)
    for base in (-1.0, math.inf, math.nan):
        with pytest.raises(ValueError, match="to be offered"):
            offer(rules, base, PublicState(2021), holdings)
    with pytest.raises(ValueError, match="opening"):
        offer(rules, 1.0, PublicState(2021), ())
    with pytest.raises(ValueError, match="period 4"):
        PublicState(2021, 4, 4)
    with pytest.raises(ValueError, match="one each"):
        PublicState(2021, prices=(1.0, 2.0), volumes=(1.0,))


def test_a_stack_is_read_from_data():
    read = TypeAdapter(tuple[Containment, ...]).validate_json(
        '[{"kind": "price_limit", "band": 0.1, "outside": "hold"}, {"kind": "cost_containment_reserve", "tiers": ['
        '{"trigger": {"prices": {"2021": 13.0}, "growth": 0.07}, "amount": {"share": 0.1}}]}]',
        strict=True,
    )
    assert names(read) == ("price_limit", "cost_containment_reserve")
    assert read[1].tiers[0].trigger.level(2023) == 14.88
    for rule in PARTS:
        again = TypeAdapter(Containment).validate_json(rule.model_dump_json(), strict=True)
        assert again == rule
    with pytest.raises(ValidationError, match="price_floor"):
        TypeAdapter(Containment).validate_json('{"kind": "price_floor"}')
