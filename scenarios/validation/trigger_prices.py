"""Prices that programmes state and index: RGGI (B4), California (B5), the United Kingdom (B7)."""

from itertools import pairwise

from market.policies.containment import (
    CostContainmentReserve,
    PricePath,
    PriceTrigger,
    PublicState,
    ReservePrice,
    ReserveTier,
    YearlyAmount,
    offer,
    opening,
)
from scenarios.validation.cases import Case, interval

MODEL_RULE_2013 = "RGGI Model Rule (2013)"
MODEL_RULE_2017 = "RGGI Model Rule (2017)"
CALIFORNIA = "17 CCR § 95911(c); notices of the Air Resources Board"
MONEY = "USD/t"

CCR_2014 = PricePath(prices={2014: 4.0, 2015: 6.0, 2016: 8.0, 2017: 10.0}, growth=0.025)
CCR_2021 = PricePath(prices={2021: 13.0}, growth=0.07)
ECR_2021 = PricePath(prices={2021: 6.0}, growth=0.07)


def _years(name: str, source: str, path: PricePath, first: int, prices: tuple[float, ...]) -> list[Case]:
    years = range(first, first + len(prices))
    levels = [path.level(year) for year in years]
    return [
        Case(f"{name}.{year}", source, price, float("nan") if level is None else level, 0.0, MONEY)
        for year, price, level in zip(years, prices, levels, strict=True)
    ]


def rggi_triggers() -> list[Case]:
    """B4: trigger prices to the cent, and the supply of the auction of March 2014 at its trigger."""
    reserve = CostContainmentReserve(
        tiers=(ReserveTier(trigger=CCR_2014, amount=YearlyAmount(units={2014: 5e6, 2015: 10e6})),)
    )
    rules = (ReservePrice(price=PricePath(prices={2014: 2.0})), reserve)
    supply, _ = offer(rules, 18_491_350.0, PublicState(2014), opening(rules))
    at_trigger = sum(step.quantity for step in supply.steps if step.price <= 4.0)
    below = sum(step.quantity for step in supply.steps if step.price < 4.0)
    return [
        *_years("B4.ccr", MODEL_RULE_2013, CCR_2014, 2014, (4.0, 6.0, 8.0, 10.0, 10.25, 10.51, 10.77)),
        *_years("B4.ccr", MODEL_RULE_2017, CCR_2021, 2021, (13.0, 13.91, 14.88)),
        *_years("B4.ecr", MODEL_RULE_2017, ECR_2021, 2021, (6.0, 6.42, 6.87)),
        Case("B4.auction23.supply.below_trigger", "RGGI auction 23 (2014)", 18_491_350, below, 0.0, "units"),
        Case("B4.auction23.supply.at_trigger", "RGGI auction 23 (2014)", 23_491_350, at_trigger, 0.0, "units"),
    ]


def california_floor() -> list[Case]:
    """B5: published floors lie where 5 % and an inflation of 0.5 to 2.5 % a year put them, each from the one before."""
    published = ((2012, 10.00), (2013, 10.71), (2014, 11.34), (2018, 14.53), (2020, 16.68))
    cases = []
    for (start, price), (year, after) in pairwise(published):
        low, high = (
            PricePath(prices={start: price}, growth=0.05, inflation={start: rate}).level(year)
            for rate in (0.005, 0.025)
        )
        cases.append(interval(f"B5.floor.{year}", CALIFORNIA, low or 0.0, high or 0.0, after, MONEY))
    return cases


def british_trigger() -> list[Case]:
    """B7: the trigger of January 2022 is twice the mean of the two years before October, and three months beat it."""
    rule = PriceTrigger(multiples={2021: 2.0}, release=1.0, stock=1.0, earlier_prices=(28.29,) * 24)
    source = "UK ETS Authority (January 2022): trigger 56.58, every month from October to December above it"
    above = (56.59, 60.98, 65.0)
    return [
        Case("B7.trigger_price", source, 56.58, rule.trigger_price(above, 2022), 1e-12, "GBP/t"),
        Case("B7.triggered", source, 1.0, float(rule.triggered(above, 2022)), 0.0),
        Case(
            "B7.one_month_at_the_trigger",
            "the rule: above, not at",
            0.0,
            float(rule.triggered((56.58, 61.0, 65.0), 2022)),
            0.0,
        ),
    ]


SUITES = (rggi_triggers, california_floor, british_trigger)
