"""Venues at work: one place to trade an instrument each, with its mechanism, the mechanism's state and its record.

A venue holds one session a period, of one round or of several: accounts then come over the rounds at random, several
times each, with what they still want to trade (`agents.placing`). In every round what is on offer is locked, cleared
and settled (`market.settlement.trade`). What a session did is told in lots and ticks, whatever the mechanism.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from agents.placing import ONE_VISIT, Visits, placed
from agents.step_price import at_the_step
from agents.trading_rules import Guard, guard_of
from market import settlement
from market.instruments import Instrument, Venue
from market.matching.bilateral_search import BilateralSearch
from market.matching.order_book_state import BookOrders
from market.matching.protocol import Grid, MechanismRule
from market.orders import ClearingResult, OrderBatch, Reason, Trades
from market.randomness import Streams
from market.registry import Registry

Ints = npt.NDArray[np.int64]


@dataclass(slots=True)
class OpenVenue:
    """One venue while a run goes on.

    Attributes
    ----------
    number, position : among all venues of all instruments, and among those of its own.
    rule : its declaration; ``mechanism`` : how orders become trades there.
    house : the account that trades where the venue itself does, None where it never does.
    state, vintage : the mechanism's state and the vintage that it belongs to.
    guard : trading rules, None without any. held : orders shown at the edge of a price limit, this period.
    slippage, filled : what accounts have met there of late (`agents.routing`): by how much buyers paid more, and
        sellers got less, than expected, as shares of the expected price; and the share that found a partner.
    """

    number: int
    position: int
    rule: Venue
    mechanism: MechanismRule
    house: int | None
    state: Any = None
    vintage: int = -1
    guard: Guard | None = None
    held: int = 0
    slippage: list[float] = field(default_factory=lambda: [0.0, 0.0])
    filled: float = 1.0


@dataclass(slots=True)
class Session:
    """What one venue did in one period.

    Attributes
    ----------
    venue : where; ``orders`` : everything that was sent there, ``filled`` (n,) lots of each order when all was over,
        ``paid`` (n,) ticks·lots paid or received for them (None: all at ``price``), ``reason`` (n,) of the rest.
    price : ticks, the volume-weighted mean of the session, NaN without trade; ``low``, ``high``, ``last`` likewise.
    volume, value : lots and ticks·lots bought.
    net, money : lots and minor units (A,) that accounts gained.
    money_per_lot_tick : minor units of one lot at one tick.
    trades : single trades by round, where the mechanism trades one by one.
    quotes : best bid and best ask in ticks, and the lots near their middle, when the session ended; NaN without a book.
    expected : price in ticks that accounts expected.
    charges : money (A,) that search and brokers cost accounts, None where there are none.
    fees : money that trading here cost accounts beside the price.
    shown : the orders at the limits at which they were shown, where these may differ from ``orders``.
    book : the mechanism's state when the session ended, where orders rest over several rounds.
    """

    venue: OpenVenue
    orders: OrderBatch
    filled: Ints
    paid: Ints | None
    reason: npt.NDArray[np.int8]
    price: float
    low: float
    high: float
    last: float
    volume: int
    value: int
    net: Ints
    money: Ints
    money_per_lot_tick: int
    trades: list[tuple[int, Trades]] = field(default_factory=list)
    quotes: tuple[float, float, float] = (np.nan, np.nan, np.nan)
    expected: float = np.nan
    charges: npt.NDArray[np.float64] | None = None
    fees: float = 0.0
    shown: OrderBatch | None = None
    book: Any = None

    @property
    def worth(self) -> Ints:
        """Ticks·lots (n,) that each order pays or receives."""
        if self.paid is not None:
            return self.paid
        return self.filled * (int(self.price) if self.volume else 0)

    @property
    def money_ticks(self) -> npt.NDArray[np.float64]:
        """Ticks·lots (A,) that accounts gained."""
        return self.money / self.money_per_lot_tick


def open_venues(rules: Sequence[Instrument], registry: Registry, periods: int) -> list[list[OpenVenue]]:
    """Return the venues of every instrument, numbered through."""
    number = 0
    found: list[list[OpenVenue]] = []
    for rule in rules:
        mine = []
        for position, venue in enumerate(rule.venues):
            house = {"none": None, "reserve": registry.reserve, "dealer": registry.dealer}[venue.mechanism.house]
            mechanism = venue.mechanism
            if rule.containment or rule.allocation.unsold is not None:
                mechanism = at_the_step(mechanism, (registry.reserve, registry.government))
            opened = OpenVenue(number, position, venue, mechanism, house)
            opened.guard = guard_of(rule, venue.mechanism.rounds_a_period, periods)
            mine.append(opened)
            number += 1
        found.append(mine)
    return found


def turn_to(
    venue: OpenVenue, vintage: int, year: int, rule: Instrument, registry: Registry, product: int, period: int
) -> None:
    """Open the venue for a vintage if it is not yet: a fresh state, and the house's stock issued to its account."""
    if venue.vintage == vintage:
        return
    venue.vintage = vintage
    grid = Grid(rule.lot, rule.tick)
    venue.state = venue.mechanism.open_year(venue.mechanism.open(grid), grid, year)
    stock = venue.mechanism.stock(venue.state)
    if stock and venue.house is not None:
        registry.issue(product, np.array([venue.house]), np.array([stock]), period)


def shut(venue: OpenVenue, vintage: int, registry: Registry, product: int, worth: int) -> None:
    """End a venue's trade in a vintage that has come to its deadline: what rests is free again."""
    if venue.vintage == vintage:
        settlement.close(registry, product, venue.mechanism, venue.state, worth)
        venue.vintage, venue.state = -1, None


def stock_of(venues: Sequence[OpenVenue], vintage: int, account: int) -> int:
    """Return the lots of a vintage in an account that the venues behind which it stands may still sell."""
    return sum(
        venue.mechanism.stock(venue.state) for venue in venues if (venue.house, venue.vintage) == (account, vintage)
    )


def hold_session(
    venue: OpenVenue,
    orders: OrderBatch,
    registry: Registry,
    product: int,
    streams: Streams,
    money_per_lot_tick: int,
    period: int,
    issuer: int | None = None,
    expected: float = 0.0,
) -> Session:
    """Clear and settle the orders sent to a venue, in one round or in several.

    ``issuer`` is the authority's account where it sells without limit. ``expected`` is the price that accounts expect,
    in ticks: where their own limit may become their price they do not show it all at once (`agents.placing`).
    """
    mechanism, rounds, price = venue.mechanism, venue.mechanism.rounds_a_period, max(1, round(expected))

    def clear(part: OrderBatch, turn: int) -> tuple[ClearingResult, settlement.SettlementSummary]:
        if isinstance(part, BookOrders):  # those who come for the last time withdraw what they have resting
            plain = OrderBatch(part.account, part.side, part.price, part.quantity)
            venue.state = settlement.release_replaced(
                registry, product, plain, mechanism, venue.state, money_per_lot_tick, issuer
            )
        stream = streams.at("clearing", period, turn + (venue.position << 16), product)
        venue.state, result, summary = settlement.trade(
            registry, product, part, mechanism, venue.state, stream, money_per_lot_tick, period, venue.house, issuer
        )
        if isinstance(mechanism, BilateralSearch):
            state = venue.state
            np.add.at(charges, state.accounts, np.sum(mechanism.charges(state), axis=0))
        return result, summary

    searching = isinstance(mechanism, BilateralSearch)
    charges = np.zeros(registry.accounts) if searching else np.empty(0)
    guard, firms = venue.guard, registry.firms
    venue.held = 0
    if guard is not None:
        guard.start_period()
        clear = _guarded(clear, venue, guard, registry, product, money_per_lot_tick, issuer)
    if rounds == 1:
        shown = placed(venue, orders, price, ONE_VISIT, firms)
        result, summary = clear(shown, 0)
        session = _of_one_round(venue, orders, result, summary, money_per_lot_tick)
        session.shown = shown
    else:
        key = streams.at("arrival", period, venue.position, product).key
        visits = Visits(venue, orders, rounds, key, firms)
        session = _of_rounds(venue, orders, clear, visits, money_per_lot_tick, price)
    session.expected = expected
    session.charges = charges if searching else None
    if venue.state is not None:
        venue.state = settlement.end_period(registry, product, mechanism, venue.state, money_per_lot_tick, issuer)
    return session


def _of_one_round(
    venue: OpenVenue,
    orders: OrderBatch,
    result: ClearingResult,
    summary: settlement.SettlementSummary,
    money_per_lot_tick: int,
) -> Session:
    price = float(result.price) if result.volume else np.nan
    low = high = price
    if result.value is not None and result.volume:
        each = result.value[result.filled > 0] / result.filled[result.filled > 0]
        low, high, price = float(each.min()), float(each.max()), result.turnover / result.volume
    trades = [(0, result.trades)] if result.trades is not None else []
    return Session(
        venue, orders, result.filled, result.value, result.reason, price, low, high, price, result.volume,
        result.turnover,
        summary.net_lots, summary.net_money, money_per_lot_tick, trades,
    )  # fmt: skip


def _of_rounds(
    venue: OpenVenue, orders: OrderBatch, clear: Any, visits: Visits, money_per_lot_tick: int, price: int
) -> Session:
    """Let accounts come and come again over the rounds, each time with what they still want to trade."""
    session = Session(
        venue, orders, np.zeros(len(orders), dtype=np.int64), None, np.zeros(len(orders), dtype=np.int8),
        np.nan, np.inf, -np.inf, np.nan, 0, 0, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64),
        money_per_lot_tick,
    )  # fmt: skip
    for turn in range(visits.rounds):
        if turn == visits.rounds - 1:  # in which nothing rests any more
            session.quotes, session.book = venue.mechanism.quotes(venue.state), venue.state
        rows, batch = visits.at(turn, session, price)
        if not rows.size and turn:
            continue
        result, summary = clear(batch, turn)
        session.reason[rows] = result.reason
        _add(session, result, summary, turn)
        visits.traded(session, result, batch)
    session.filled = orders.quantity - visits.left()
    session.reason[session.filled == orders.quantity] = Reason.FILLED
    if session.volume:
        session.price = session.value / session.volume
    else:
        session.low = session.high = np.nan
    return session


def _add(session: Session, result: ClearingResult, summary: settlement.SettlementSummary, turn: int) -> None:
    if not session.net.size:
        session.net, session.money = summary.net_lots.copy(), summary.net_money.copy()
    else:
        session.net += summary.net_lots
        session.money += summary.net_money
    if not result.volume:
        return
    if result.trades is not None:
        prices = result.trades.price.astype(np.float64)
        session.trades.append((turn, result.trades))
    else:
        prices = result.worth[result.filled > 0] / result.filled[result.filled > 0]
    session.low, session.high = min(session.low, float(prices.min())), max(session.high, float(prices.max()))
    session.last = float(prices[-1])
    session.volume += result.volume
    session.value += result.turnover


def _guarded(
    clear: Any, venue: OpenVenue, guard: Guard, registry: Registry, product: int, worth_of_one: int, issuer: int | None
) -> Any:
    """Return a clearing that first turns away what trading rules do not let through, and watches its close.

    What still rests and would trade outside the band of a new close is withdrawn.
    """

    def guarded(part: OrderBatch, turn: int) -> tuple[ClearingResult, settlement.SettlementSummary]:
        band = guard.band()
        if band is not None:
            venue.state = settlement.release_outside(
                registry, product, venue.mechanism, venue.state, *band, worth_of_one, issuer
            )
        admitted, rows, reason = guard.admit(part, registry, product)
        result, summary = clear(admitted, turn)
        last = result.trades.price[-1] if result.trades is not None and len(result.trades) else result.price
        guard.observe(int(last))
        filled, worth = np.zeros(len(part), dtype=np.int64), np.zeros(len(part), dtype=np.int64)
        filled[rows], worth[rows], reason[rows] = result.filled, result.worth, result.reason
        cut = (reason == Reason.FILLED) & (filled < part.quantity)
        reason[cut] = Reason.HOLDING_LIMIT
        return replace(result, filled=filled, value=worth, reason=reason), summary

    return guarded
