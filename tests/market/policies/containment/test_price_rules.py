"""Reserve price, CCR, ECR, steps and collar: schedules, and what a uniform-price auction makes of them."""

import math

import pytest
from pydantic import ValidationError

from market.policies.containment import (
    Collar,
    CostContainmentReserve,
    EmissionsContainmentReserve,
    Pool,
    PricePath,
    PriceStep,
    PriceSteps,
    PublicState,
    ReservePrice,
    ReserveTier,
    YearlyAmount,
    offer,
    opening,
    reserve,
    settle,
)
from tests.market.policies.containment.reference_auction import clear

AT = PricePath.constant
UNITS = YearlyAmount.constant
BIDS = ((20, 10), (18, 15), (16, 20), (14, 15), (12, 20), (9, 20), (7, 10), (5, 20), (3, 20))


def ccr(*tiers, **more):
    return CostContainmentReserve(tiers=tuple(ReserveTier(trigger=AT(p), amount=UNITS(q)) for p, q in tiers), **more)


def ecr(trigger, quantity):
    return EmissionsContainmentReserve(trigger=AT(trigger), amount=UNITS(quantity))


def auction(rules, base, bids=BIDS):
    supply, holdings = offer(rules, base, PublicState(2020), opening(rules))
    price, sold = clear([(step.price, step.quantity) for step in supply.steps], bids)
    return price, sold, supply, settle(rules, supply, sold, [0.0] * len(supply.bids), holdings)


@pytest.mark.parametrize(
    ("base", "rules", "price", "total"),
    [
        (70, (), 12, 70),
        (55, (ccr((13, 10)),), 13, 60),
        (40, (ccr((13, 10)),), 14, 50),
        (40, (ccr((13, 30)),), 13, 60),
        (115, (ecr(6, 11),), 6, 110),
        (125, (ecr(6, 12),), 5, 113),
        (160, (ReservePrice(price=AT(4.0)),), 4, 130),
    ],
)
def test_textbook_auctions_with_a_step_supply(base, rules, price, total):
    """Nine bids against seven supplies: the price is a bid where supply is vertical, a trigger where it is flat."""
    found, sold, _, _ = auction(rules, base)
    assert (found, sum(sold)) == (price, total)


def test_what_is_withheld_is_cancelled_and_counts_against_the_year():
    rules = (ecr(6, 11),)
    _, _, supply, after = auction(rules, 115)
    assert [(step.price, step.quantity) for step in supply.steps] == [(0.0, 104.0), (6.0, 11.0)]
    assert [(m.source, m.target, m.quantity) for m in after.movements if m.rule] == [
        (Pool.OFFER, Pool.SOLD, 6.0),
        (Pool.OFFER, Pool.CANCELLED, 5.0),
    ]
    later, _ = offer(rules, 115, PublicState(2020, 1, 4), after.holdings)
    assert [(step.price, step.quantity) for step in later.steps] == [(0.0, 109.0), (6.0, 6.0)]
    anew, _ = offer(rules, 115, PublicState(2021), after.holdings)
    assert anew.steps[-1].quantity == 11.0


def test_a_partly_sold_reserve_leaves_the_rest_to_the_year_and_not_to_the_next():
    rules = (ccr((13, 10), (15, 20)),)
    price, sold, _, after = auction(rules, 55)
    assert (price, sold) == (13, [55, 5, 0])
    assert after.holdings == ((5.0, 20.0),)
    later, held = offer(rules, 55, PublicState(2020, 1, 4), after.holdings)
    assert [step.quantity for step in later.steps] == [55.0, 5.0, 20.0]
    assert held == after.holdings
    anew, held = offer(rules, 55, PublicState(2021), after.holdings)
    assert held == ((10.0, 20.0),)
    assert (anew.moved(Pool.RESERVE, Pool.CANCELLED), anew.moved(Pool.ISSUED, Pool.RESERVE)) == (25.0, 30.0)


def test_a_reserve_filled_once_is_used_up():
    rules = (ccr((13, 10), renewal="once"),)
    assert opening(rules) == ((10.0,),)
    _, sold, _, after = auction(rules, 40)
    assert (sold, after.holdings) == ([40, 10], ((0.0,),))
    anew, _ = offer(rules, 40, PublicState(2021), after.holdings)
    assert [step.quantity for step in anew.steps] == [40.0]
    with pytest.raises(ValidationError, match="filled once"):
        CostContainmentReserve(tiers=(ReserveTier(trigger=AT(13.0), amount=YearlyAmount(share=0.1)),), renewal="once")


def test_a_trigger_that_has_not_begun_holds_nothing():
    later = ReserveTier(trigger=PricePath(prices={2025: 10.0}), amount=YearlyAmount(share=0.1))
    rules = (CostContainmentReserve(tiers=(later,)),)
    supply, holdings = offer(rules, 40, PublicState(2024, cap=100.0), opening(rules))
    assert (len(supply.steps), holdings) == (1, ((0.0,),))
    supply, holdings = offer(rules, 40, PublicState(2025, cap=100.0), holdings)
    assert holdings == ((10.0,),)


def test_rggi_2014_sells_the_whole_reserve_at_its_trigger():
    """Auction 23: 18,491,350 offered, 5,000,000 in the reserve, all 23,491,350 sold at 4.00 dollars (the trigger)."""
    rules = (ReservePrice(price=AT(2.0)), ccr((4.0, 5e6)))
    supply, holdings = offer(rules, 18_491_350.0, PublicState(2014), opening(rules))
    assert sum(step.quantity for step in supply.steps) == 23_491_350.0
    after = settle(rules, supply, [step.quantity for step in supply.steps], [], holdings)
    assert (after.unsold, reserve(rules, after.holdings)) == (0.0, 0.0)


def test_excess_supply_at_the_floor_stays_unsold():
    _, sold, supply, after = auction((ReservePrice(price=AT(4.0)),), 160)
    assert (sold, after.unsold) == ([130], 30.0)
    assert supply.steps[0].price == 4.0


def test_a_ceiling_holds_whatever_the_demand_or_until_its_stock_is_sold():
    price, sold, supply, _ = auction((Collar(ceiling=AT(10.0)),), 20)
    assert (price, sum(sold)) == (10.0, 80)
    assert math.isinf(supply.steps[-1].quantity)
    finite = (Collar(ceiling=AT(10.0), stock=30.0),)
    price, sold, _, after = auction(finite, 20)
    assert (price, sold, after.holdings[0][0]) == (14, [20, 30], 0.0)


def test_a_floor_is_bought_without_limit_and_nothing_is_offered_below_it():
    rules = (
        Collar(
            floor=PricePath(prices={2020: 10.0}, inflation={2021: 0.03}), ceiling=AT(30.0), stock=0.0, bought="reserve"
        ),
    )
    supply, holdings = offer(rules, 100.0, PublicState(2021), opening(rules))
    assert (supply.steps[0].price, supply.bids[0].price) == (10.3, 10.3)
    after = settle(rules, supply, [0.0], [40.0], holdings)
    assert reserve(rules, after.holdings) == 40.0
    again, _ = offer(rules, 100.0, PublicState(2021), after.holdings)
    assert [(step.price, step.quantity) for step in again.steps] == [(10.3, 100.0), (30.0, 40.0)]
    cancelling = (Collar(floor=AT(10.0), purchases=25.0),)
    supply, holdings = offer(cancelling, 0.0, PublicState(2021), opening(cancelling))
    after = settle(cancelling, supply, [], [20.0], holdings)
    assert [(m.source, m.target, m.quantity) for m in after.movements] == [(Pool.SOLD, Pool.CANCELLED, 20.0)]
    supply, _ = offer(cancelling, 0.0, PublicState(2021), after.holdings)
    assert supply.bids[0].quantity == 5.0


def test_a_collar_has_a_side():
    with pytest.raises(ValidationError, match="floor or a ceiling"):
        Collar()
    with pytest.raises(ValidationError, match="has a stock"):
        Collar(floor=AT(1.0), bought="reserve")


def test_any_supply_curve_in_steps():
    """Declared in any order, offered by rising price; the dearest parts are taken from the offer first."""
    rules = (
        PriceSteps(
            steps=(
                PriceStep(price=AT(12.0), amount=YearlyAmount(share=0.2), unsold="cancelled"),
                PriceStep(price=AT(8.0), amount=UNITS(90.0)),
                PriceStep(price=AT(20.0), amount=UNITS(50.0), source="issued"),
            )
        ),
    )
    supply, _ = offer(rules, 100.0, PublicState(2020, cap=100.0), opening(rules))
    assert [(s.price, s.quantity, s.source, s.unsold) for s in supply.steps] == [
        (8.0, 80.0, Pool.OFFER, Pool.UNSOLD),
        (12.0, 20.0, Pool.OFFER, Pool.CANCELLED),
        (20.0, 50.0, Pool.ISSUED, Pool.UNSOLD),
    ]
    quarter, _ = offer(rules, 100.0, PublicState(2020, 0, 4, cap=100.0), opening(rules))
    assert [step.quantity for step in quarter.steps] == [72.5, 22.5, 5.0, 12.5]
