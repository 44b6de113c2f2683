"""The regulator: announces caps, issues and trues up allocations, and offers what is not free.

All of it is public: caps and entitlements of later years are what accounts expect (`entitlement` less `issued`).
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from agents.spec import MarketSpec
from agents.unsold import Leftover
from market.compliance import true_up
from market.orders import NO_PRICE
from market.policies.allocation import OutputBenchmark, benchmark_credit, to_lots
from market.policies.cap import CapContext

if TYPE_CHECKING:
    from market.registry import Registry

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Regulator:
    """Supply of every instrument.

    Attributes
    ----------
    cap : (T, K) rights of each compliance year, in units; expected until the year begins.
    entitlement, issued : (T, n, K) free rights of each account, and what it has received of them, in units.
    credit : (n, K) rights that a unit of activity earns this year under an output benchmark, else 0.
    for_auction, for_sale : (T, K) lots that are still to be offered at the reserve price and at the base price.
    unsold : what the auctions of each instrument left; None where it joins the later auctions of its year.
    debt : (n, K) lots that accounts owe from true-ups and shortfalls.
    """

    __slots__ = (
        "_earned",
        "_share",
        "_spec",
        "_tightening",
        "cap",
        "credit",
        "debt",
        "entitlement",
        "expected_index",
        "for_auction",
        "for_sale",
        "issued",
        "unsold",
    )

    def __init__(self, spec: MarketSpec, expected_activity: Floats) -> None:
        years, n, instruments = spec.years, len(spec.population), len(spec.keys)
        self._spec = spec
        self.expected_index = expected_activity
        self.cap = np.zeros((years, instruments))
        self.entitlement = np.zeros((years, n, instruments))
        self.issued = np.zeros((years, n, instruments))
        self.credit = np.zeros((n, instruments))
        self.for_auction = np.zeros((years, instruments), dtype=np.int64)
        self.for_sale = np.zeros((years, instruments), dtype=np.int64)
        self.debt = np.zeros((n, instruments), dtype=np.int64)
        rules = [rule.allocation.unsold for rule in spec.rules]
        self.unsold = [None if rule is None else Leftover(rule) for rule in rules]
        self._share = np.zeros((n, instruments))
        self._earned = np.zeros((n, instruments))
        self._tightening = [getattr(rule.allocation, "tightening", 0.0) for rule in spec.rules]
        for k in range(instruments):
            self._announce(k)

    def _announce(self, k: int) -> None:
        """Set the expected caps and entitlements of every year."""
        spec, rule = self._spec, self._spec.rules[k]
        baseline = spec.technology.baseline[:, k]
        total = baseline.sum()
        self._share[:, k] = baseline / total if total > 0 else 0.0
        if isinstance(rule.allocation, OutputBenchmark):
            names = spec.population.sectors
            factor = np.array([rule.allocation.sector_factor.get(name, rule.allocation.factor) for name in names])
            self._earned[:, k] = benchmark_credit(
                rule.allocation, baseline, spec.population.size, spec.population.sector, factor
            )
        self.cap[:, k] = self._caps(k, np.ones(spec.years))
        for year in range(spec.years):
            activity = self.expected_index[year]
            if not self._binds(k, year):
                self.cap[year, k] = self._unscaled(k, year, activity).sum()
            self.entitlement[year, :, k] = self._entitled(k, year, activity)

    def _caps(self, k: int, water: Floats) -> Floats:
        spec = self._spec
        weights = spec.technology.baseline[:, k]
        total = weights.sum()
        output = self.expected_index @ (weights / total) if total > 0 else np.ones(spec.years)
        return spec.rules[k].cap.levels(CapContext(spec.calendar_years, output, water))

    def _binds(self, k: int, year: int) -> bool:
        rule = self._spec.rules[k]
        if not isinstance(rule.allocation, OutputBenchmark):
            return True
        return bool(rule.cap.binds(self._spec.calendar_years)[year])

    def _unscaled(self, k: int, year: int, activity: Floats) -> Floats:
        return self._earned[:, k] * activity * (1.0 - self._tightening[k]) ** year

    def _entitled(self, k: int, year: int, activity: Floats) -> Floats:
        """Return the free rights (n,) of a year if activity is as given."""
        allocation = self._spec.rules[k].allocation
        free = self.cap[year, k] * allocation.free_share
        if not isinstance(allocation, OutputBenchmark):
            return self._share[:, k] * free
        earned = self._unscaled(k, year, activity)
        if not self._binds(k, year):
            return earned * allocation.free_share
        total = earned.sum()
        return earned * (free / total) if total > 0 else earned

    def water_arrives(self, year: int, water: float) -> None:
        """Cut this year's caps that are shares of available water, pro rata."""
        for k, rule in enumerate(self._spec.rules):
            if rule.cap.kind == "water_share":
                index = np.ones(self._spec.years)
                index[year] = water
                self.cap[year, k] = self._caps(k, index)[year]
                self.entitlement[year, :, k] = self._entitled(k, year, self.expected_index[year])

    def start_year(self, year: int, period: int, registry: "Registry") -> None:
        """Issue what falls due at the start of a compliance year and put the rest up for auction and sale."""
        for k, rule in enumerate(self._spec.rules):
            allocation = rule.allocation
            if isinstance(allocation, OutputBenchmark):
                advance = allocation.preallocation * self.entitlement[year, :, k]
                self._issue(k, year, to_lots(advance, rule.lot), period, registry)
                earned = self._unscaled(k, year, self.expected_index[year]).sum()
                fixed = self._binds(k, year) and earned > 0
                ratio = self.cap[year, k] / earned if fixed else 1.0  # under a fixed total all are scaled to it
                scale = ratio * allocation.free_share
                self.credit[:, k] = self._unscaled(k, year, np.ones(len(self._spec.population))) * scale
            elif year % rule.validity_years == 0:
                for vintage in range(year, min(year + rule.validity_years, self._spec.years)):
                    free = int(self.cap[vintage, k] * allocation.free_share / rule.lot + 1e-6)
                    self._issue(k, vintage, to_lots(self.entitlement[vintage, :, k], rule.lot, free), period, registry)
                    self.entitlement[vintage, :, k] = self.issued[vintage, :, k]
            elif rule.cap.kind == "water_share":  # granted earlier for a normal year: a dry one cuts what was granted
                free = int(self.cap[year, k] * allocation.free_share / rule.lot + 1e-6)
                self._finalise(k, year, to_lots(self.entitlement[year, :, k], rule.lot, free), period, registry)
            if year == 0 and rule.initial_bank > 0:
                bank = to_lots(
                    self._share[:, k] * rule.initial_bank, rule.lot, int(rule.initial_bank / rule.lot + 1e-6)
                )
                registry.issue(registry.product(k, 0), registry.firm_accounts, bank, period)
            whole = int(self.cap[year, k] / rule.lot + 1e-6)
            self.for_auction[year, k] = int(whole * allocation.auction_share)
            self.for_sale[year, k] = int(whole * allocation.paid_share)
            offered = int(self.for_auction[year, k] + self.for_sale[year, k])
            if offered:
                accounts = np.array([registry.reserve])
                registry.issue(registry.product(k, year), accounts, np.array([offered]), period)

    def _issue(self, k: int, vintage: int, lots: Ints, period: int, registry: "Registry") -> None:
        registry.issue(registry.product(k, vintage), registry.firm_accounts, lots, period)
        self.issued[vintage, :, k] += lots * self._spec.lots[k]

    def verify(self, k: int, year: int, activity: Floats, period: int, registry: "Registry") -> None:
        """Make an output benchmark's allocation final for the verified activity (n,) of a year.

        What was issued too much is taken back; what cannot be taken back is a debt.
        """
        rule = self._spec.rules[k]
        if not isinstance(rule.allocation, OutputBenchmark):
            return
        whole = int(self.cap[year, k] * rule.allocation.free_share / rule.lot + 1e-6) if self._binds(k, year) else None
        final = to_lots(self._entitled(k, year, activity), rule.lot, whole)
        self._finalise(k, year, final, period, registry)
        if not self._binds(k, year):  # what was put up for auction and sale stays
            offered = self.cap[year, k] * (1.0 - rule.allocation.free_share)
            self.cap[year, k] = float(final.sum()) * rule.lot + offered

    def _finalise(self, k: int, year: int, final: Ints, period: int, registry: "Registry") -> None:
        """Issue or take back what makes the free rights of a year ``final`` lots (n,); what cannot be had is a debt."""
        lot = self._spec.lots[k]
        issued = np.rint(self.issued[year, :, k] / lot).astype(np.int64)
        product = registry.product(k, year)
        more, taken, owed = true_up(final, issued, registry.free(product)[: len(self._spec.population)])
        registry.issue(product, registry.firm_accounts, more, period)
        registry.cancel(product, registry.firm_accounts, taken, period)
        self.debt[:, k] += owed
        self.issued[year, :, k] = final * lot
        self.entitlement[year, :, k] = self.issued[year, :, k]

    def to_come(self, k: int, year: int) -> Floats:
        """Return the free rights (n,) of a year that accounts still expect, in units (negative: to be taken back)."""
        return self.entitlement[year, :, k] - self.issued[year, :, k]

    def supply(self, k: int, front: int, windows: int, front_left: int) -> tuple[Floats, Floats]:
        """Return what is still to be auctioned and sold by window (2, W), in units, and at which prices (2,).

        What waits unsold counts as far as it can come back before the deadline, in ``front_left`` periods.
        """
        rule = self._spec.rules[k]
        offered = np.zeros((2, windows))
        for w in range(windows):
            year = front + w
            if self.for_auction[year, k] or self.for_sale[year, k]:
                offered[:, w] = self.for_auction[year, k] * rule.lot, self.for_sale[year, k] * rule.lot
            elif year > front:
                cap = self.cap[year, k]
                offered[:, w] = cap * rule.allocation.auction_share, cap * rule.allocation.paid_share
        offered[0, 0] += self.coming_back(k, front, front_left) * rule.lot
        return offered, np.array([rule.allocation.reserve_price, rule.allocation.base_price])

    def coming_back(self, k: int, year: int, front_left: int) -> int:
        """Return the lots unsold so far that are offered again before a deadline if prices stay above the reserve."""
        waiting = self.unsold[k]
        if waiting is None:
            return 0
        return waiting.expected(year, part_of_auction(int(self.for_auction[year, k]), front_left), front_left)

    def on_auction(self, k: int, year: int, front_left: int) -> tuple[int, int]:
        """Return the lots auctioned in this period: an equal part of what is left, and what is offered again."""
        part = part_of_auction(int(self.for_auction[year, k]), front_left)
        waiting = self.unsold[k]
        return part, 0 if waiting is None else waiting.again(year, part)

    def sold(self, k: int, year: int, lots: int, front_left: int, price: int = NO_PRICE, venue_reserve: int = 0) -> int:
        """Take note of what was sold of a vintage with ``front_left`` periods to go: the cheaper offer sells first.

        Parameters
        ----------
        price, venue_reserve : lowest price of the sale, and the venue's own reserve price, in ticks.

        Returns
        -------
        The lots left unsold that are to be cancelled at once.
        """
        rule = self._spec.rules[k]
        part, again = self.on_auction(k, year, front_left)
        reserve = ticks_of(rule.allocation.reserve_price, rule.tick)
        if ticks_of(rule.allocation.base_price, rule.tick) < reserve:
            sale = min(lots, int(self.for_sale[year, k]))
        else:
            sale = lots - min(lots, part + again)
        self.for_sale[year, k] -= sale
        auctioned, waiting = lots - sale, self.unsold[k]
        if waiting is None:
            self.for_auction[year, k] -= auctioned
            return 0
        self.for_auction[year, k] -= part
        if not part + again:
            return 0
        return waiting.close(year, again, part + again - auctioned, price, max(reserve, venue_reserve))

    def withdraw(self, k: int, year: int) -> None:
        """Take what was not sold by a deadline off the market."""
        self.for_auction[year, k] = self.for_sale[year, k] = 0
        waiting = self.unsold[k]
        if waiting is not None:
            waiting.deadline(year)


def part_of_auction(lots: int, periods: int) -> int:
    """Return the lots of an auction that are offered in this period, an equal part of what is left."""
    return -(-lots // periods)


def ticks_of(price: float, tick: float) -> int:
    """Return an offer's price in ticks, at least one."""
    return max(1, round(price / tick))
