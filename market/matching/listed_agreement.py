"""Listed agreement 挂牌协议: some post lots at a price, others take them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from market.matching.call_auction import own_crossing
from market.matching.deals import Deals, arrival, result_of
from market.matching.price_limits import price_band
from market.matching.protocol import Grid, MechanismRule
from market.orders import BUY, NO_PRICE, Bytes, ClearingResult, Ints, OrderBatch, Reason
from market.randomness import Stream
from market.rules import parameter

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ListedState:
    """The last close in ticks (NO_PRICE before a first trade) and the listings that wait for a taker."""

    close: int
    listings: OrderBatch


class ListedAgreement(MechanismRule):
    """Lots are listed at a price and taken at that price, within daily limits around the last close.

    Orders arrive one after another, accounts in random order. Who finds a listing that it accepts on the other side
    takes the best ones first, each at the listing's own price; who finds none lists its lots. A taker never lists
    what it could not get: it comes back another day. Takers choose among equal prices at random, each for itself, so
    there is no queue by time; an order book differs in both. An account that comes again replaces its listings, and
    meets none of its own: equal lots of its own crossing orders are withdrawn first.

    One clearing is one trading day. Its limits are counted from the close before it; its close is the mean price of
    its lots, or the one before where nothing traded. Listings whose price has left the band wait.

    This is how most carbon allowances, discharge rights and energy-use rights change hands on China's exchanges: in
    the national carbon market (rules of the Ministry of Ecology and Environment, 2021) for orders below 100,000 t and
    within ±10 % of the last close. For whoever asks what the limits, or the lack of a queue, do to price and volume.
    """

    kind: Literal["listed"] = parameter("listed", description="posted lots, taken by others at the listed price")
    price_limit: float | None = parameter(
        0.10,
        description="how far from the last close one may trade; none: anywhere",
        unit="share of the close",
        gt=0,
        le=1,
    )
    beyond: Literal["reject", "hold"] = parameter(
        "reject",
        description="an order beyond the limits is sent back, or held to the limit if it could trade there (a bid above"
        " the upper limit, an offer below the lower one)",
    )
    opening_price: float | None = parameter(
        None,
        description="the close before the first day; none: no limits before a first trade",
        unit="money per unit",
        gt=0,
    )
    whole_lots: bool = parameter(False, description="a listing is taken whole or not at all")
    persistent: bool = parameter(False, description="listings outlive the period")
    rounds: int = parameter(20, description="trading days in a period", unit="days", ge=1)

    @property
    def own_limit_counts(self) -> bool:
        """Whether an order may trade at its own limit."""
        return True

    def band(self, state: ListedState) -> tuple[int, int] | None:
        """Return the day's price limits in ticks, None before a first close or without limits."""
        if self.price_limit is None or state.close == NO_PRICE:
            return None
        return price_band(state.close, self.price_limit)

    @property
    def rounds_a_period(self) -> int:
        """Trading days in a period."""
        return self.rounds

    def open(self, grid: Grid) -> ListedState:
        """Return a venue without listings."""
        close = NO_PRICE if self.opening_price is None else grid.ticks(self.opening_price)
        return ListedState(close, OrderBatch.empty())

    def end_period(self, state: ListedState) -> ListedState:
        """Return the state with which the next period begins: the close stays, listings go unless they persist."""
        return state if self.persistent else ListedState(state.close, OrderBatch.empty())

    def resting(self, state: ListedState) -> OrderBatch:
        """Return the listings that wait."""
        return state.listings

    def clear(self, state: ListedState, orders: OrderBatch, stream: Stream) -> tuple[ListedState, ClearingResult]:
        """Return the state after one trading day and its fills.

        Raises
        ------
        OrderError
            Where the batch has wrong types, sides, prices or quantities (all are listed).
        """
        from market.matching.listed_agreement_kernel import take_listings

        orders.validate()
        low, high = price_band(state.close, self.price_limit)
        entered, barred = self._entered(orders, low, high)
        admitted = np.flatnonzero(~barred)
        withdrawn = np.zeros(len(orders), dtype=np.int64)
        withdrawn[admitted] = own_crossing(orders.take(admitted))
        left = np.where(barred, 0, orders.quantity - withdrawn)
        rows = arrival(orders, stream.key)  # at their own limits, which tell apart what is held to the same price
        rows = rows[left[rows] > 0]
        before = state.listings.take(np.flatnonzero(~np.isin(state.listings.account, orders.account)))
        book = OrderBatch.concatenate((before, _with_quantity(entered.take(rows), left[rows])))
        wait = len(before)

        remaining, took, *columns = take_listings(
            book.account, book.side, book.price, book.quantity, wait, low, high, self.whole_lots, np.uint64(stream.key)
        )
        place = np.concatenate((np.arange(wait), wait + rows))  # rows of the waiting listings, then of the batch
        buy, sell, price, lots, aggressor = columns
        deals = Deals(place[buy], place[sell], price, lots, aggressor)
        reason = _reasons(len(orders), rows, remaining[wait:], took[wait:], withdrawn, barred)
        result = result_of(OrderBatch.concatenate((before, orders)), deals, reason, wait)
        close = state.close if result.price == NO_PRICE else result.price
        listed = np.flatnonzero((remaining > 0) & ~took)
        return ListedState(close, _with_quantity(book.take(listed), remaining[listed])), result

    def _entered(self, orders: OrderBatch, low: int, high: int) -> tuple[OrderBatch, Bools]:
        """Return the orders at the prices at which they enter, and (n,) which are sent back."""
        if self.beyond == "reject":
            return orders, (orders.price < low) | (orders.price > high)
        buys = orders.side == BUY
        barred = np.where(buys, orders.price < low, orders.price > high)
        price = np.where(buys, np.minimum(orders.price, high), np.maximum(orders.price, low))
        return OrderBatch(orders.account, orders.side, price, orders.quantity), barred


def _with_quantity(orders: OrderBatch, quantity: Ints) -> OrderBatch:
    return OrderBatch(orders.account, orders.side, orders.price, quantity)


def _reasons(
    orders: int,
    rows: Ints,
    remaining: Ints,
    took: Bools,
    withdrawn: Ints,
    barred: Bools,
) -> Bytes:
    reason = np.zeros(orders, dtype=np.int8)
    unfilled = np.where(took, Reason.PARTLY_FILLED_AT_MARGIN, Reason.RESTING)
    reason[rows] = np.where(remaining > 0, unfilled, Reason.FILLED)
    reason[withdrawn > 0] = Reason.SELF_TRADE
    reason[barred] = Reason.PRICE_LIMIT
    return reason
