"""Auction rules on own schedules and published rows: stepped supply, RGGI, California-Québec, the call (A10, B4, B5).

The rows publish volumes and prices, not bids. Each gets the plainest demand that passes through its published point:
a straight line, a bid at every cent. What is held against the row is then what the rule makes of that point: trigger
or reserve price where supply is horizontal, exhaustion, what stays unsold and when it comes back.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from market.matching import CallAuction, SealedBidAuction
from market.matching.primary import tiers
from market.matching.protocol import Grid
from market.orders import BUY, SELL, ClearingResult, OrderBatch
from market.policies.unsold import UnsoldState, UnsoldVolume
from market.randomness import Streams
from scenarios.validation.cases import Case, interval

Ints = npt.NDArray[np.int64]
Schedule = Sequence[tuple[float, int]]

STEPS = "Own schedule, by hand; rule of RGGI (2017): lowest accepted bid, or the trigger price"
RGGI = "RGGI auction results; linear demand through the published point"
CALIFORNIA = "California-Québec auction results; linear demand through the published point"
UNSOLD = "17 CCR 95911(f): two auctions above the reserve price, at most 25 % of the volume"
GODE = "Gode and Sunder (1993), own schedule; 20,000 periods, U(0, value) and U(cost, 200)"
SMITH = "Own schedule; competitive equilibrium by hand"
PRICE, UNITS = "money/unit", "units"

CENT = Grid(tick=0.01)
STREAM = Streams(1).at("validation auctions", 0)


def sold_at(schedule: Schedule, bids: Schedule, grid: Grid, **declared: float) -> tuple[ClearingResult, Ints]:
    """Return the result of a uniform sealed-bid auction and the lots sold of each tier of the schedule."""
    rows = [(BUY, *bid) for bid in bids] + [(SELL, *offer) for offer in schedule]
    account = np.minimum(np.arange(len(rows)), len(bids))  # a bidder each, and one authority
    orders = OrderBatch(
        account.astype(np.int64),
        np.array([side for side, _, _ in rows], dtype=np.int8),
        np.array([grid.ticks(price) for _, price, _ in rows], dtype=np.int64),
        np.array([lots for _, _, lots in rows], dtype=np.int64),
    )
    auction = SealedBidAuction(**declared)
    _, result = auction.clear(auction.open(grid), orders, STREAM)
    return result, tiers(orders, result).sold


def stepped_supply() -> list[Case]:
    """A10g: base volume, cost and emissions containment reserves, reserve price."""
    bids = ((20, 10), (18, 15), (16, 20), (14, 15), (12, 20), (9, 20), (7, 10), (5, 20), (3, 20))
    # volume, CCR (lots, trigger), ECR (lots, trigger), reserve price; price, sold, of which CCR, withheld by the ECR
    rows = (
        (70, None, None, 0, 12, 70, 0, 0),
        (55, (10, 13), None, 0, 13, 60, 5, 0),
        (40, (10, 13), None, 0, 14, 50, 10, 0),
        (40, (30, 13), None, 0, 13, 60, 20, 0),
        (115, None, (11, 6), 0, 6, 110, 0, 5),
        (125, None, (12, 6), 0, 5, 113, 0, 12),
        (160, None, None, 4, 4, 130, 0, 0),
    )
    cases: list[Case] = []
    for volume, containment, emissions, reserve, price, sold, released, withheld in rows:
        held, name = (emissions or (0, 0)), f"A10g.volume{volume}"
        schedule: list[tuple[float, int]] = [(reserve, volume - held[0])]
        if containment:
            schedule.append((containment[1], containment[0]))
            name += f".ccr{containment[0]}"
        if emissions:
            schedule.append((emissions[1], emissions[0]))
            name += f".ecr{emissions[0]}"
        result, used = sold_at(schedule, bids, Grid())
        cases += [
            Case(f"{name}.price", STEPS, price, result.price, 0.0, PRICE),
            Case(f"{name}.sold", STEPS, sold, result.volume, 0.0, UNITS),
            Case(f"{name}.of_ccr", STEPS, released, int(used[1]) if containment else 0, 0.0, UNITS),
            Case(f"{name}.withheld", STEPS, withheld, held[0] - int(used[1]) if emissions else 0, 0.0, UNITS),
        ]
    return cases


def line_through(price: float, lots: int, low: float, slope: float = 1.0) -> list[tuple[float, int]]:
    """Return bids at every cent from ``low`` to where demand ends: ``lots`` are wanted at exactly ``price``.

    Demand falls by ``slope`` per cent for a price higher by a per cent, counted from the point.
    """
    at, first = CENT.ticks(price), CENT.ticks(low)
    ticks = np.arange(first, at + int(at / slope) + 2)
    wanted = np.floor(np.maximum(lots * (1.0 - slope * (ticks - at) / at), 0.0) + 0.5).astype(np.int64)
    bid = wanted - np.append(wanted[1:], 0)
    return [(tick * CENT.tick, int(n)) for tick, n in zip(ticks.tolist(), bid, strict=True) if n > 0]


def rggi() -> list[Case]:
    """B4: reserve price, cost and emissions containment in published auctions."""
    # auction, volume (0: not published, twice what was sold is assumed), reserve price, trigger price and lots of the
    # CCR, published price and lots sold, of which CCR
    rows = (
        ("2008dec", 31_505_898, 1.86, None, 3.38, 31_505_898, 0),
        ("2010dec", 0, 1.86, None, 1.86, 24_000_000, 0),
        ("2014mar", 18_491_350, 2.00, (4.00, 5_000_000), 4.00, 23_491_350, 5_000_000),
        ("2016mar", 14_800_000, 2.10, (8.00, 10_000_000), 5.25, 14_800_000, 0),
        ("2016jun", 15_000_000, 2.10, (8.00, 10_000_000), 4.53, 15_000_000, 0),
        ("2021jun", 22_987_719, 2.38, (13.00, 11_980_000), 7.97, 22_987_719, 0),
    )
    cases: list[Case] = []
    for auction, volume, reserve, containment, price, sold, released in rows:
        schedule = [(reserve, volume or 2 * sold)]
        if containment:
            schedule.append(containment)
        result, used = sold_at(schedule, line_through(price, sold, 1.00), CENT, reserve_price=reserve)
        cases += [
            Case(f"B4.{auction}.price", RGGI, price, result.price * CENT.tick, 1e-9, PRICE),
            Case(f"B4.{auction}.sold", RGGI, sold, result.volume, 0.0, UNITS),
        ]
        if containment:
            cases.append(Case(f"B4.{auction}.of_ccr", RGGI, released, int(used[1]), 0.0, UNITS))
    return [*cases, *_any_demand_at_the_trigger(), *_emissions_containment()]


def _any_demand_at_the_trigger() -> list[Case]:
    """March 2014 with other demand: the trigger price exactly while some of the CCR is left, above it afterwards."""
    source = "Rule of RGGI (2013) on the volumes of March 2014, demand varied"
    volume, reserve = 18_491_350, 5_000_000
    cases: list[Case] = []
    for part in (0.01, 0.25, 0.5, 0.75, 0.99):
        wanted = volume + round(part * reserve)
        result, used = sold_at([(2.0, volume), (4.0, reserve)], line_through(4.00, wanted, 1.00), CENT)
        name = f"B4.2014mar.ccr_part{part:g}"
        cases += [
            Case(f"{name}.price", source, 4.00, result.price * CENT.tick, 1e-9, PRICE),
            Case(f"{name}.of_ccr", source, round(part * reserve), int(used[1]), 0.0, UNITS),
        ]
    result, used = sold_at([(2.0, volume), (4.0, reserve)], line_through(4.40, volume + reserve, 1.00), CENT)
    return [
        *cases,
        Case("B4.2014mar.more_demand.price", source, 4.40, result.price * CENT.tick, 1e-9, PRICE),
        Case("B4.2014mar.more_demand.of_ccr", source, reserve, int(used[1]), 0.0, UNITS),
    ]


def _emissions_containment() -> list[Case]:
    """June 2021 with a tenth of the volume in the ECR at 6.00: sold above, withheld in part at 6.00, in full below."""
    source = "Rule of RGGI (2017) on the volume of June 2021, a tenth of it in the ECR, demand varied"
    volume, trigger = 22_987_719, 6.00
    held = volume // 10
    rows = (
        ("at7.97", 7.97, volume, 7.97, 0),
        ("half", trigger, volume - held + held // 2, trigger, held - held // 2),
        ("below", 5.50, volume - held, 5.50, held),
    )
    cases: list[Case] = []
    for name, price, wanted, expected, withheld in rows:
        schedule = [(2.38, volume - held), (trigger, held)]
        result, used = sold_at(schedule, line_through(price, wanted, 1.00), CENT)
        cases += [
            Case(f"B4.ecr.{name}.price", source, expected, result.price * CENT.tick, 1e-9, PRICE),
            Case(f"B4.ecr.{name}.withheld", source, withheld, held - int(used[1]), 0.0, UNITS),
        ]
    return cases


def california_quebec() -> list[Case]:
    """B5: settlements above the floor and at it, what stays unsold, and when it is offered again."""
    # auction, volume offered, floor, published price, sold
    rows = (
        ("2014nov", 23_070_987, 11.34, 12.10, 23_070_987),
        ("2016may", 67_676_000, 12.73, 12.73, 7_260_000),
        ("2018nov", 78_800_000, 14.53, 15.31, 78_800_000),
        ("2020feb", 57_090_077, 16.68, 17.87, 57_090_077),
    )
    cases: list[Case] = []
    for auction, volume, floor, price, sold in rows:
        result, _ = sold_at([(floor, volume)], line_through(price, sold, 5.00), CENT, reserve_price=floor)
        cases += [
            Case(f"B5.{auction}.price", CALIFORNIA, price, result.price * CENT.tick, 1e-9, PRICE),
            Case(f"B5.{auction}.sold", CALIFORNIA, sold, result.volume, 0.0, UNITS),
            Case(f"B5.{auction}.unsold", CALIFORNIA, volume - sold, volume - result.volume, 0.0, UNITS),
        ]
    return [*cases, *_unsold_volume()]


def _unsold_volume() -> list[Case]:
    """May 2016's unsold lots, followed by auctions of the same volume above, at and above the floor."""
    rule, floor, planned, state = UnsoldVolume(kind="hold"), 12.73, 67_676_000, UnsoldState()
    quarter = planned // 4
    left = planned - 7_260_000
    # settlement price, lots wanted at it, offered again, held afterwards
    auctions = (
        (12.73, 7_260_000, 0, left),
        (13.00, planned, 0, left),
        (12.73, planned - 1_000_000, 0, left + 1_000_000),
        (13.00, planned, 0, left + 1_000_000),
        (13.10, planned, 0, left + 1_000_000),
        (13.20, planned + quarter, quarter, left + 1_000_000 - quarter),
        (13.20, planned + quarter, quarter, left + 1_000_000 - 2 * quarter),
    )
    cases: list[Case] = []
    for i, (price, wanted, expected, held) in enumerate(auctions):
        again = rule.offered_again(state, planned)
        offered = planned + again
        result, _ = sold_at([(floor, offered)], line_through(price, wanted, 5.00), CENT, reserve_price=floor)
        state = rule.after(state, again, offered - result.volume, result.price, CENT.ticks(floor))
        cases += [
            Case(f"B5.unsold.auction{i}.price", UNSOLD, price, result.price * CENT.tick, 1e-9, PRICE),
            Case(f"B5.unsold.auction{i}.offered_again", UNSOLD, expected, again, 0.0, UNITS),
            Case(f"B5.unsold.auction{i}.held", UNSOLD, held, state.held, 0.0, UNITS),
        ]
    return cases


VALUES = np.array(
    (150, 100, 70, 50, 145, 95, 68, 45, 140, 90, 66, 40, 135, 85, 64, 35, 130, 80, 62, 30, 125, 75, 60, 25)
)
COSTS = np.array((10, 45, 65, 95, 15, 50, 67, 100, 20, 55, 69, 105, 25, 60, 71, 110, 30, 62, 73, 115, 35, 64, 75, 120))
GAINS = 885
"""The largest gains from trade of A10b's schedule, of 14 units at a price in [67, 68]."""


def call_of(bids: Ints, asks: Ints, period: int) -> tuple[ClearingResult, int]:
    """Return a call auction of A10b's units, four to an account, and the gains that it realises."""
    account = np.arange(VALUES.size + COSTS.size) // 4
    side = np.repeat(np.array((BUY, SELL), dtype=np.int8), (VALUES.size, COSTS.size))
    orders = OrderBatch(account, side, np.concatenate((bids, asks)), np.ones(account.size, dtype=np.int64))
    _, result = CallAuction().clear(None, orders, Streams(1).at("call of zero intelligence", period))
    gains = result.filled[: VALUES.size] @ VALUES - result.filled[VALUES.size :] @ COSTS
    return result, int(gains)


def call_auction() -> list[Case]:
    """A10b: truthful bids in a uniform-price call are efficient; budget-constrained random ones lose two thirds."""
    result, gains = call_of(VALUES, COSTS, 0)
    cases = [
        Case("A10b.call.truthful.efficiency", SMITH, 100.0, 100.0 * gains / GAINS, 1e-12, "%"),
        Case("A10b.call.truthful.volume", SMITH, 14, result.volume, 0.0, "lots"),
        interval("A10b.call.truthful.price", SMITH, 67, 68, result.price, PRICE),
    ]
    periods, highest = 20_000, 200
    generator = Streams(1).at("quotes of zero intelligence", 0).generator()
    bids = generator.integers(0, VALUES + 1, (periods, VALUES.size))
    asks = generator.integers(COSTS, highest + 1, (periods, COSTS.size))
    outcomes = [call_of(bids[period], asks[period], period) for period in range(periods)]
    efficiency = 100.0 * sum(gain for _, gain in outcomes) / (periods * GAINS)
    volume = sum(result.volume for result, _ in outcomes) / periods
    return [
        *cases,
        Case("A10b.call.zero_intelligence.efficiency", GODE, 33.1, efficiency, 0.5 / 33.1, "%"),
        Case("A10b.call.zero_intelligence.volume", GODE, 3.20, volume, 0.05 / 3.20, "lots"),
    ]


SUITES = (stepped_supply, rggi, california_quebec, call_auction)
