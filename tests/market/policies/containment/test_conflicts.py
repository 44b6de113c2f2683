"""Stacks that cannot work are refused with the key, the reason and what would work."""

import pytest

from market.policies.containment import (
    Collar,
    CorridorRelease,
    CostContainmentReserve,
    EmissionsContainmentReserve,
    Halt,
    HoldingLimit,
    MarketStabilityReserve,
    PriceLimit,
    PricePath,
    PriceStep,
    PriceSteps,
    PriceTrigger,
    ReservePrice,
    ReserveTier,
    SupplyShift,
    YearlyAmount,
    conflicts,
)

AT, UNITS = PricePath.constant, YearlyAmount.constant


def ccr(*triggers, units=10.0):
    tiers = tuple(ReserveTier(trigger=AT(price), amount=UNITS(units)) for price in triggers)
    return CostContainmentReserve(tiers=tiers)


def ecr(trigger, units=10.0):
    return EmissionsContainmentReserve(trigger=AT(trigger), amount=UNITS(units))


def floor(price):
    return ReservePrice(price=AT(price))


def corridor(lower=20.0, upper=150.0, stock=50.0, release=10.0):
    return CorridorRelease(lower=AT(lower), upper=AT(upper), stock=stock, release=release)


def msr(**changes):
    return MarketStabilityReserve.eu_2023(**changes)


SOUND = (
    MarketStabilityReserve.eu_2018(),
    SupplyShift(changes={2014: -9.0, 2019: 9.0}),
    SupplyShift(changes={2015: -9.0}),
    floor(2.38),
    ecr(6.0),
    ccr(13.0, 20.0),
    corridor(2.0, 15.0),
    PriceTrigger(release=1.0, stock=1.0),
    Collar(floor=AT(2.0), ceiling=AT(60.0)),
    PriceLimit(band=0.1),
    Halt(move=0.1),
    Halt(move=0.3, window=5),
    HoldingLimit(share=0.2),
    PriceSteps(steps=(PriceStep(price=AT(8.0), amount=UNITS(3.0)),)),
)


def test_a_sound_stack_has_no_conflict():
    assert conflicts(SOUND, trading_days=21, periods=12) == []
    assert conflicts((), trading_days=21) == []


@pytest.mark.parametrize(
    ("rules", "key", "words"),
    [
        ((Collar(floor=AT(30.0), ceiling=AT(20.0)),), "[0].ceiling", "must be above"),
        ((Collar(floor=AT(30.0), ceiling=AT(30.0)),), "[0].ceiling", "must be above"),
        ((floor(30.0), Collar(ceiling=AT(20.0))), "[1].ceiling", "the reserve price"),
        ((floor(10.0), ccr(9.0)), "[1].tiers[0].trigger", "the reserve price ([0].price) is 10"),
        ((ccr(40.0), Collar(ceiling=AT(30.0))), "[1].ceiling", "no lower than"),
        ((floor(10.0), ecr(9.0)), "[1].trigger", "no lower than"),
        ((Collar(floor=AT(10.0)), ecr(9.0)), "[1].trigger", "the floor"),
        ((ecr(14.0), ccr(13.0)), "[1].tiers[0].trigger", "emissions containment reserve"),
        ((ccr(13.0, 11.0),), "[0].tiers[1].trigger", "tier 0"),
        ((corridor(150.0, 20.0),), "[0].upper", "lower bound"),
        ((corridor(), ccr(15.0)), "[1].tiers[0].trigger", "lower bound"),
        ((floor(9.0), PriceSteps(steps=(PriceStep(price=AT(8.0), amount=UNITS(3.0)),))), "[1].steps[0].price", "p 0"),
        ((msr(lower=900e6),), "[0].lower", "not below the upper"),
        ((msr(upper_full=800e6),), "[0].upper_full", "before it begins"),
        ((msr(application="monthly", start=12),), "[0].start", "periods 0 to 11"),
        ((ccr(13.0, units=0.0),), "[0].tiers[0].amount", "without stock"),
        ((ecr(6.0, units=0.0),), "[0].amount", "nothing could be withheld"),
        ((PriceTrigger(release=1.0, stock=0.0),), "[0].stock", "without stock"),
        ((PriceTrigger(release=0.0, stock=1.0),), "[0].release", "without stock"),
        ((corridor(stock=0.0),), "[0].stock", "without stock"),
        ((corridor(release=0.0),), "[0].release", "without stock"),
        ((Collar(ceiling=AT(30.0), stock=0.0),), "[0].stock", "without stock"),
        ((PriceLimit(band=0.0),), "[0].band", "lets no price move"),
        ((PriceLimit(band=0.1, slower="refuse"),), "[0].slower", "clears every 21"),
        ((msr(), floor(1.0), msr()), "[2].kind", "is there already, as [0]"),
        ((ccr(9.0), ccr(9.5)), "[1].kind", "has no second"),
    ],
)  # fmt: skip
def test_each_conflict_has_its_key_and_its_reason(rules, key, words):
    (found,) = conflicts(rules, trading_days=21, periods=12)
    assert found.key == key
    assert words in found.message
    assert found.remedy


def test_prices_that_cross_later_are_found_with_the_year():
    """A reserve price of 14.07 that grows at 5 % passes a flat ceiling of 20 in 2028: ..., 18.85, 19.79, 20.78."""
    rules = (ReservePrice(price=PricePath(prices={2020: 14.07}, growth=0.05)), Collar(ceiling=AT(20.0)))
    (found,) = conflicts(rules)
    assert found.message.startswith("in 2028 the ceiling is 20 and the reserve price ([0].price) is 20.79")
    assert conflicts(rules, years=range(2020, 2028)) == []
