"""Containment at work: what an authority's rules do to supply in a period, booked lot by lot.

Each instrument with supply rules (`market.policies.containment`) has an office here. In every period it folds the
rules over what was going to be offered, turns the steps and bids into orders of the authority, and after trade books
what was sold and bought. Rights behind the rules lie in the registry's reserve account; what a rule creates is issued
(at the latest when it is sold), what it cancels is cancelled, so every entry is in the allowance balance. Rules count
in units, the registry in lots: a rule's stock and its lots in the reserve differ by less than a lot.
"""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from agents.unsold import auctioned, reserve_price_of, with_step
from market.instruments import Instrument
from market.orders import BUY, LARGEST_TOTAL, NO_PRICE, SELL, OrderBatch
from market.policies.containment import (
    Holdings,
    Movement,
    Pool,
    PublicState,
    Step,
    Supply,
    offer,
    opening,
    reserve,
    settle,
    trading_rules,
)
from market.registry import Registry

if TYPE_CHECKING:
    from agents.regulator import Regulator

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SLACK = 1e-6


@dataclass(slots=True)
class Office:
    """The containment rules of one instrument while a run goes on.

    Attributes
    ----------
    holdings : what each rule keeps in mind.
    prices, volumes : mean price and volume of every past period.
    bank, bank_before : rights in circulation at the end of last year and of the year before, units.
    sold, sold_last : units that the authority sold this year so far and last year.
    supply : what is offered in the present period.
    movements : period and entry of everything that moved between pools, for the record.
    parts : what is left of a lot, by source and target of movements.
    again : lots unsold before that are offered again in the present period.
    of_desks : lots in the reserve's account that are the stock of a venue's own desk, which no rule may sell.
    """

    k: int
    rule: Instrument
    rules: tuple[Any, ...]
    holdings: Holdings
    prices: list[float] = field(default_factory=list)
    volumes: list[float] = field(default_factory=list)
    bank: float = 0.0
    bank_before: float = 0.0
    sold: float = 0.0
    sold_last: float = float("inf")
    supply: Supply | None = None
    movements: list[tuple[int, Movement]] = field(default_factory=list)
    parts: dict[tuple[Pool, Pool], float] = field(default_factory=dict)
    again: int = 0
    of_desks: int = 0

    @property
    def unlimited(self) -> bool:
        """Whether a rule sells without end, so that what it sells is issued when it is sold."""
        return self.supply is not None and any(step.source is Pool.ISSUED for step in self.supply.steps)

    def start_year(self, bank: float, product: int, period: int, registry: Registry) -> None:
        """Take note of the bank at the end of last year; at the very start issue what reserves hold."""
        self.bank_before, self.bank = (self.bank if period else bank), bank
        if period:
            self.sold_last, self.sold = self.sold, 0.0
        else:
            stock = int(reserve(self.rules, self.holdings) / self.rule.lot + SLACK)
            _issue(registry, product, stock, period)

    def public(self, year: int, period: int, periods: int, cap: float) -> PublicState:
        """Return what everybody knows."""
        return PublicState(
            year, period, periods, max(0.0, self.bank), max(0.0, self.bank_before), self.sold_last, cap,
            tuple(self.prices), tuple(self.volumes),
        )  # fmt: skip

    def announce(
        self, periods_left: int, public: PublicState, product: int, period: int, registry: Registry,
        regulator: "Regulator", vintage: int,
    ) -> OrderBatch:  # fmt: skip
        """Apply the rules to what is left for auction, offer an equal part of it, and book what moved.

        Decisions about a year's volume see all of it; what is sold out of reserves and beyond the cap stands behind
        every auction as a whole.
        """
        left = int(regulator.for_auction[vintage, self.k]) * self.rule.lot
        supply, self.holdings = offer(self.rules, left, public, self.holdings)
        self._book(supply.movements, product, period, registry, regulator, vintage)
        steps = tuple(
            replace(step, quantity=step.quantity / periods_left) if step.source is Pool.OFFER else step
            for step in supply.steps
        )
        self.supply = replace(supply, steps=self._in_lots(steps, regulator, vintage, periods_left))
        waiting = self._offer_again(regulator, vintage, period)
        return self._orders(registry, product, int(regulator.for_sale[vintage, self.k]) + waiting)

    def _offer_again(self, regulator: "Regulator", vintage: int, period: int) -> int:
        """Put what comes back of unsold lots beside the offer at its reserve price; return the lots that still wait."""
        waiting, supply = regulator.unsold[self.k], self.supply
        self.again = 0
        if waiting is None or supply is None:
            return 0
        held, offered = waiting.held(vintage), auctioned(supply.steps)
        planned = round(sum(step.quantity for step in offered) / self.rule.lot)
        self.again = waiting.again(vintage, planned)
        if self.again:
            units = self.again * self.rule.lot
            self.movements.append((period, Movement(Pool.UNSOLD, Pool.OFFER, units)))
            self.supply = with_step(supply, units)
        return held - self.again

    def _in_lots(
        self, steps: tuple[Step, ...], regulator: "Regulator", vintage: int, periods_left: int
    ) -> tuple[Step, ...]:
        """Return the steps in whole lots: those of the offer add up to an equal part of what is left, rounded up."""
        lot, room = self.rule.lot, -(-int(regulator.for_auction[vintage, self.k]) // periods_left)
        found: list[Step] = []
        for step in steps:
            if step.quantity == np.inf:
                found.append(step)
                continue
            lots = int(step.quantity / lot + SLACK)
            if step.source is Pool.OFFER:
                last = not any(later.source is Pool.OFFER for later in steps[len(found) + 1 :])
                lots = room if last else min(lots, room)
                room -= lots
            found.append(replace(step, quantity=lots * lot))
        return tuple(found)

    def _book(
        self, movements: tuple[Movement, ...], product: int, period: int, registry: Registry, regulator: "Regulator",
        vintage: int,
    ) -> None:  # fmt: skip
        """Issue, cancel and move between what is for auction and what rules hold, in whole lots.

        What is left of a lot counts for the next movement of the kind. Nothing leaves the reserve that is not in it.
        """
        for entry in movements:
            self.movements.append((period, entry))
            kind = (entry.source, entry.target)
            exact = entry.quantity / self.rule.lot + self.parts.get(kind, 0.0)
            lots = int(exact + SLACK)
            self.parts[kind] = exact - lots
            if entry.source is Pool.RESERVE:
                lots = min(lots, self._in_reserve(registry, product, regulator, vintage))
            if entry.source is Pool.OFFER and entry.target in {Pool.RESERVE, Pool.CANCELLED}:
                lots = min(lots, int(regulator.for_auction[vintage, self.k]))
                regulator.for_auction[vintage, self.k] -= lots
            elif entry.source is Pool.ISSUED and entry.target is not Pool.SOLD:
                _issue(registry, product, lots, period)
            if entry.target is Pool.OFFER:
                regulator.for_auction[vintage, self.k] += lots
            elif entry.target is Pool.CANCELLED and entry.source is not Pool.SOLD:
                _cancel(registry, product, lots, period)

    def _in_reserve(self, registry: Registry, product: int, regulator: "Regulator", vintage: int) -> int:
        """Return the lots in the authority's account that are neither for auction or sale nor wait unsold."""
        others = regulator.for_auction[vintage, self.k] + regulator.for_sale[vintage, self.k]
        waiting = regulator.unsold[self.k]
        others += 0 if waiting is None else waiting.held(vintage)
        return max(0, int(registry.free(product)[registry.reserve]) - int(others) - self.of_desks)

    def _orders(self, registry: Registry, product: int, others: int) -> OrderBatch:
        """Return the steps as offers of the reserve and the bids as bids of the government, in lots and ticks.

        ``others`` lots in the reserve's account are on sale at the base price or wait.
        """
        supply, tick = self.supply, self.rule.tick
        if supply is None:
            return OrderBatch.empty()
        most = int(min(LARGEST_TOTAL >> 8, registry.balances[product].sum() + 1))
        everybody = max(
            most, int(sum(step.quantity for step in supply.steps if step.quantity < np.inf) / self.rule.lot)
        )
        rows, room = [], int(registry.free(product)[registry.reserve]) - others - self.of_desks
        for step in supply.steps:
            lots = everybody if step.quantity == np.inf else int(step.quantity / self.rule.lot + SLACK)
            if step.source is not Pool.ISSUED:
                lots = max(0, min(lots, room))
                room -= lots
            rows.append((registry.reserve, SELL, self._ask(step.price, supply), lots))
        for bid in supply.bids:
            lots = most if bid.quantity == np.inf else int(bid.quantity / self.rule.lot + SLACK)
            rows.append((registry.government, BUY, max(1, round(bid.price / tick)), lots))
        columns = np.array(rows, dtype=np.int64).reshape(-1, 4)
        columns = columns[columns[:, 3] > 0]
        return OrderBatch(
            columns[:, 0].copy(), columns[:, 1].astype(np.int8), columns[:, 2].copy(), columns[:, 3].copy()
        )

    def _ask(self, price: float, supply: Supply) -> int:
        """Return a step's price in ticks: at least one, and above what the authority itself pays."""
        tick = self.rule.tick
        return max(1, 1 + max((max(1, round(bid.price / tick)) for bid in supply.bids), default=0), round(price / tick))

    def book(
        self, sold: int, bought: int, price: float, volume: float, product: int, period: int, registry: Registry,
        regulator: "Regulator", vintage: int, settled: tuple[int, int] = (NO_PRICE, 0),
    ) -> int:  # fmt: skip
        """Book what the authority sold and bought, in lots; return the lots sold out of what was for auction.

        ``settled``: the lowest price of its sales and the venue's own reserve price, in ticks.

        Cheaper steps sell first, dearer bids buy first, which is how every venue fills them. The paid share, which no
        rule touches, stands among the steps at its base price.
        """
        self.prices.append(price)
        self.volumes.append(volume)
        supply = self.supply
        if supply is None:
            return sold
        lot = self.rule.lot
        limits = [step.quantity for step in supply.steps]
        place = sum(step.price <= self.rule.allocation.base_price for step in supply.steps)
        limits.insert(place, int(regulator.for_sale[vintage, self.k]) * lot)
        by_step = _spread(sold * lot, limits)
        paid = round(by_step.pop(place) / lot)
        regulator.for_sale[vintage, self.k] -= paid
        by_bid = _spread(bought * lot, [bid.quantity for bid in supply.bids])
        done = settle(self.rules, supply, by_step, by_bid, self.holdings)
        self.holdings = done.holdings
        offered = sum(amount for amount, step in zip(by_step, supply.steps, strict=True) if step.source is Pool.OFFER)
        mine = round(offered / lot)
        self.sold += (sold - paid) * lot
        regulator.for_auction[vintage, self.k] -= mine
        self._put_by(round(done.unsold / lot), supply, settled, product, period, registry, regulator, vintage)
        self._book(done.movements, product, period, registry, regulator, vintage)
        returned = sum(a for a, bid in zip(by_bid, supply.bids, strict=True) if bid.target is Pool.RESERVE)
        self._take_back(bought, int(returned / lot + SLACK), product, period, registry)
        return 0

    def _put_by(
        self, unsold: int, supply: Supply, settled: tuple[int, int], product: int, period: int, registry: Registry,
        regulator: "Regulator", vintage: int,
    ) -> None:  # fmt: skip
        """Let the rule for unsold lots have what is left of an auction; without one it stays for later auctions."""
        waiting = regulator.unsold[self.k]
        if waiting is None or not auctioned(supply.steps):
            return
        regulator.for_auction[vintage, self.k] -= unsold - self.again
        reserve = max(self._ask(reserve_price_of(supply.steps), supply), settled[1])
        gone = waiting.close(vintage, self.again, unsold, settled[0], reserve)
        if gone:
            self.movements.append((period, Movement(Pool.UNSOLD, Pool.CANCELLED, gone * self.rule.lot)))
            _cancel(registry, product, gone, period)

    def _take_back(self, bought: int, kept: int, product: int, period: int, registry: Registry) -> None:
        """Cancel what the government bought, or move it to the reserve."""
        if not bought:
            return
        change = np.zeros(registry.accounts, dtype=np.int64)
        change[registry.government], change[registry.reserve] = -kept, kept
        if kept:
            registry.transfer(product, change, period)
        if bought > kept:
            registry.cancel(product, np.array([registry.government]), np.array([bought - kept]), period)

    def held_lots(self) -> int:
        """Return the whole lots that rules hold."""
        return int(reserve(self.rules, self.holdings) / self.rule.lot + SLACK)

    def expected(self, base: Floats, caps: Floats, years: Ints, banks: Floats, periods_left: float) -> list[Supply]:
        """Return the supply of each coming year (W,) if the bank runs as expected and reserves stay unsold.

        Parameters
        ----------
        base : (W,) units that were to be offered before any rule; the first year's is what is left of it.
        banks : (W,) expected bank at the end of the year before.
        periods_left : of the first year, in which no yearly decision is repeated.
        """
        holdings, found = self.holdings, []
        for w, year in enumerate(years):
            public = replace(
                self.public(int(year), 0, 1, float(caps[w])),
                bank=float(banks[w]),
                bank_before=float(banks[max(0, w - 1)]),
            )
            if w == 0 and periods_left < 1.0:
                public = replace(public, period=1, periods=2)
            supply, holdings = offer(self.rules, float(base[w]), public, holdings)
            found.append(supply)
        return found


def offices(rules: tuple[Instrument, ...]) -> list[Office | None]:
    """Return an office for every instrument with supply rules, None for the others."""
    found: list[Office | None] = []
    for k, rule in enumerate(rules):
        mine = supply_rules(rule.containment)
        found.append(Office(k, rule, mine, opening(mine)) if mine else None)
    return found


def supply_rules(rules: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the rules that act on supply."""
    trading = trading_rules(rules)
    return tuple(rule for rule in rules if rule not in trading)


def _spread(total: float, most: list[float]) -> list[float]:
    """Return how much of ``total`` each of several lines takes, the first ones first."""
    found = []
    for limit in most:
        here = min(total, limit)
        found.append(max(0.0, here))
        total -= here
    return found


def _issue(registry: Registry, product: int, lots: int, period: int) -> None:
    if lots:
        registry.issue(product, np.array([registry.reserve]), np.array([lots]), period)


def _cancel(registry: Registry, product: int, lots: int, period: int) -> None:
    lots = min(lots, int(registry.free(product)[registry.reserve]))
    if lots:
        registry.cancel(product, np.array([registry.reserve]), np.array([lots]), period)
