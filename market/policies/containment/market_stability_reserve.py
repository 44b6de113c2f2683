"""The market stability reserve (MSR) of the EU: supply follows the bank of allowances in circulation."""

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from market.policies.containment.price_path import in_force
from market.policies.containment.supply import Adjustment, Movement, Pool, PublicState, entries
from market.rules import Rule, parameter
from market.units import steps_nearest

Amounts = dict[int, Annotated[float, Field(ge=0)]]
Rates = dict[int, Annotated[float, Field(ge=0, le=1)]]


class MarketStabilityReserve(Rule):
    """Takes from the auctions when the bank is large, gives back when it is small, and cancels what it holds too much.

    With B the allowances in circulation at the end of last year (TNAC) the decision of year y is

    - intake ``rate_y · B``                       if ``B >= upper`` (with a buffer: only above ``upper_full``),
    - intake ``B − upper``                        if ``upper <= B <= upper_full``, from ``buffer_from`` on,
    - release ``min(release_y, holding)``         if ``B < lower``,
    - nothing                                     between.

    No more is taken than is to be auctioned. From ``invalidation_from`` on the holding is capped, either at what was
    auctioned last year (the rule of 2018) or at ``holding_limit`` (the rule of 2023); the rest is cancelled for good.
    Whole allowances are moved: amounts are rounded to ``step``, halves up (24 % of 1,654,909,824 is 397,178,358).

    ``application: yearly`` takes the decision out of the first period of the year, for callers that ask once a year
    with the year's volume. ``monthly`` takes equal parts (their whole allowances add up to the decision) in the periods
    from ``start`` on until ``start`` of the next year; before ``start`` it is still last year's decision, on the bank
    before. The EU publishes in May and applies from September: start 8 of 12.

    Sources: Decision (EU) 2015/1814; as amended by Directive (EU) 2018/410 (24 % and 200 M through 2023, cap by last
    year's auctions from 2023); by Decision (EU) 2023/852 (24 % and 200 M through 2030) and Directive (EU) 2023/959
    (buffer up to 1,096 M, holding of 400 M), in `eu_2018` and `eu_2023`.
    """

    kind: Literal["market_stability_reserve"] = parameter(
        "market_stability_reserve", description="reserve that follows the bank"
    )
    first_year: int = parameter(1900, description="first calendar year with intake or release", unit="year")
    upper: float = parameter(description="bank from which allowances are taken", unit="units", ge=0)
    lower: float = parameter(description="bank below which allowances are released", unit="units", ge=0)
    upper_full: float | None = parameter(
        None,
        description="bank above which the full rate is taken; up to it the bank less the upper threshold",
        unit="units",
    )
    buffer_from: int = parameter(1900, description="first year of that buffer", unit="year")
    intake_rate: Rates = parameter(
        description="share of the bank taken, by the first year in which it holds", unit="1/year", min_length=1
    )
    release: Amounts = parameter(
        description="units released a year, by the first year in which it holds", unit="units/year", min_length=1
    )
    inflow: Amounts = parameter(
        {},
        description="allowances put into the reserve from elsewhere, by year (backloaded, unallocated)",
        unit="units",
    )
    opening_stock: float = parameter(0.0, description="allowances in the reserve at the start", unit="units", ge=0)
    invalidation: Literal["none", "last_auction", "fixed"] = parameter(
        "none", description="what caps the holding: nothing, last year's auctions, or a fixed number"
    )
    invalidation_from: int = parameter(1900, description="first year in which the holding is capped", unit="year")
    invalidation_at: Literal["start", "end"] = parameter(
        "start", description="whether the holding is capped before or after the movements of a year"
    )
    holding_limit: float | None = parameter(
        None, description="largest holding, for the fixed invalidation", unit="units", ge=0
    )
    application: Literal["yearly", "monthly"] = parameter("yearly", description="at once, or in equal parts a period")
    start: int = parameter(
        0, description="first period of the year, from 0, in which the newest bank is acted on", unit="periods", ge=0
    )
    step: float = parameter(
        0.0, description="amounts are rounded to a multiple of it, halves up; 0: not rounded", unit="units", ge=0
    )

    @model_validator(mode="after")
    def _limit_where_fixed(self) -> Self:
        if (self.invalidation == "fixed") != (self.holding_limit is not None):
            raise ValueError("a holding_limit belongs to invalidation 'fixed', and that one needs it")
        return self

    @classmethod
    def eu_2018(cls, million: float = 1e6, **changes: object) -> "MarketStabilityReserve":
        """Return the EU rule of 2018; ``million`` is how many units a million allowances are (1.0 for Mt)."""
        rule = {
            "first_year": 2019,
            "upper": 833.0 * million,
            "lower": 400.0 * million,
            "intake_rate": {2019: 0.24, 2024: 0.12},
            "release": {2019: 200.0 * million, 2024: 100.0 * million},
            "inflow": {2019: 900.0 * million},  # backloaded 2014-2016; what was unallocated came in 2020
            "invalidation": "last_auction",
            "invalidation_from": 2023,
            "step": million / 1e6,
        }
        return cls.model_validate(rule | changes)

    @classmethod
    def eu_2023(cls, million: float = 1e6, **changes: object) -> "MarketStabilityReserve":
        """Return the EU rule of 2023; ``million`` is how many units a million allowances are (1.0 for Mt)."""
        rule = {
            "upper_full": 1096.0 * million,
            "buffer_from": 2024,
            "intake_rate": {2019: 0.24, 2031: 0.12},
            "release": {2019: 200.0 * million, 2031: 100.0 * million},
            "invalidation": "fixed",
            "holding_limit": 400.0 * million,
        }
        return cls.eu_2018(million, **(rule | changes))

    def decision(self, year: int, bank: float) -> float:
        """Return what a year takes (positive) or would release (negative) at a bank, in units, before any limit."""
        if bank >= self.upper:
            if self.upper_full is not None and year >= self.buffer_from and bank <= self.upper_full:
                return self._whole(bank - self.upper)
            return self._whole(in_force(self.intake_rate, year) * bank)
        return -self._whole(in_force(self.release, year)) if bank < self.lower else 0.0

    def _whole(self, amount: float) -> float:
        return int(steps_nearest(amount, self.step)) * self.step if self.step > 0.0 else amount

    def _due(self, public: PublicState) -> float:
        """Return what this period takes or would release."""
        if self.application == "yearly":
            due = public.period == 0 and public.year >= self.first_year
            return self.decision(public.year, public.bank) if due else 0.0
        done = (public.period - self.start) % public.periods
        old = public.period < self.start
        year, bank = (public.year - 1, public.bank_before) if old else (public.year, public.bank)
        if year < self.first_year:
            return 0.0
        decided = self.decision(year, bank)
        before, after = (self._whole(abs(decided) * part / public.periods) for part in (done, done + 1))
        return math.copysign(after - before, decided)

    def _excess(self, public: PublicState, stock: float) -> float:
        limit = public.last_auction if self.holding_limit is None else self.holding_limit
        capped = self.invalidation != "none" and public.year >= self.invalidation_from
        return max(0.0, stock - limit) if capped else 0.0

    def opening(self) -> tuple[float, ...]:
        """Return the stock before the first period."""
        return (self.opening_stock,)

    def adjust(self, public: PublicState, offered: float, holdings: tuple[float, ...]) -> Adjustment:
        """Return the period's intake or release, the year's inflow and what is cancelled."""
        (stock,) = holdings
        cancelled = inflow = 0.0
        if public.period == 0:
            cancelled = self._excess(public, stock) if self.invalidation_at == "start" else 0.0
            inflow = self.inflow.get(public.year, 0.0)
            stock += inflow - cancelled
        due = self._due(public)
        taken, given = min(max(0.0, due), offered), min(max(0.0, -due), stock)
        stock += taken - given
        if public.period == public.periods - 1 and self.invalidation_at == "end":
            cancelled = self._excess(public, stock)
            stock -= cancelled
        moves = entries(
            Movement(Pool.RESERVE, Pool.CANCELLED, cancelled),
            Movement(Pool.ISSUED, Pool.RESERVE, inflow),
            Movement(Pool.OFFER, Pool.RESERVE, taken),
            Movement(Pool.RESERVE, Pool.OFFER, given),
        )
        return Adjustment((stock,), moves)

    def reserve(self, holdings: tuple[float, ...]) -> float:
        """Return the allowances held, units."""
        return holdings[0]
