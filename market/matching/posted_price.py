"""The posted price: an authority sells at a price that it names, and may buy back at it."""

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator

from market.matching.house import with_house, withdrawn_among
from market.matching.protocol import Grid, MechanismRule, Offers
from market.orders import BUY, NO_PRICE, SELL, ClearingResult, Ints, OrderBatch, Reason
from market.randomness import Stream, tie_break
from market.rules import parameter

Price = Annotated[float, Field(ge=0)]


@dataclass(frozen=True, slots=True)
class PostedPriceState:
    """The posted price in ticks (NO_PRICE until one is set), and the lots left to sell (None: without limit)."""

    price: int
    left: int | None


class PostedPrice(MechanismRule):
    """A fixed price for all, in any quantity or as long as the stock lasts: the price instrument (Weitzman 1974).

    A tax on flows is the sale of rights without limit at the rate of the tax. Accounts trade with the authority only: a
    bid at or above the price buys at the price, an offer at or below it sells if the authority buys back. Where the
    stock does not suffice, accounts are served in the order in which they happen to arrive (the largest hash of stream
    and account first), not by limit: a posted price does not ask who would have paid more. An account's own orders
    come together, its best limit first, then its largest. What the authority buys back it keeps.

    An account that would buy and sell in one clearing has equal lots of both withdrawn for `Reason.SELF_TRADE`.
    """

    kind: Literal["posted"] = parameter("posted", description="an authority sells at a posted price")
    price: Price | dict[int, Price] | None = parameter(
        None,
        description="the price: one for all years, or by calendar year (the latest year named holds on; before the"
        " first the first), or none: the model sets it each year, say to the expected least-cost price",
        unit="money/unit",
    )
    buys: bool = parameter(True, description="whether the authority also buys back at the price, without limit")
    yearly_stock: float | None = parameter(
        None, description="what the authority sells in a year at most; none: without limit", unit="units/year", gt=0
    )

    house: ClassVar[Literal["none", "reserve", "dealer"]] = "reserve"

    @field_validator("price")
    @classmethod
    def _years(cls, price: float | dict[int, float] | None) -> float | dict[int, float] | None:
        if not isinstance(price, dict):
            return price
        wrong = [year for year in price if not 1900 <= year <= 2200]
        if wrong or not price:
            raise ValueError(f"a table of posted prices needs years between 1900 and 2200, got {wrong or 'none'}")
        return dict(sorted(price.items()))

    @property
    def unlimited(self) -> bool:
        """Whether the authority sells without limit, so that rights are issued when they are sold."""
        return self.yearly_stock is None

    def open(self, grid: Grid) -> PostedPriceState:
        """Return the state of the first year."""
        year = min(self.price) if isinstance(self.price, dict) else 0
        return self.open_year(PostedPriceState(NO_PRICE, None), grid, year)

    def open_year(self, state: PostedPriceState, grid: Grid, year: int) -> PostedPriceState:
        """Return the state with which a calendar year begins: its price if one is declared, and its stock."""
        price = self.price
        if isinstance(price, dict):
            price = price[max((y for y in price if y <= year), default=min(price))]
        left = None if self.yearly_stock is None else grid.lots(self.yearly_stock)
        return PostedPriceState(state.price if price is None else grid.ticks(price), left)

    def with_price(self, state: PostedPriceState, ticks: int) -> PostedPriceState:
        """Return the state with another posted price (the model moves it where none is declared)."""
        if ticks < 0:
            raise ValueError(f"a posted price of {ticks} ticks is negative; it must be zero or more")
        return replace(state, price=int(ticks))

    def standing(self, state: PostedPriceState) -> tuple[Offers, Offers]:
        """Return the sale at the posted price, and the purchase at it if the authority buys back."""
        if state.price == NO_PRICE:
            return (), ()
        return ((state.price, state.left),), ((state.price, None),) if self.buys else ()

    def stock(self, state: PostedPriceState) -> int:
        """Return the lots left to sell; 0 where they are issued as they are sold."""
        return state.left or 0

    def clear(
        self, state: PostedPriceState, orders: OrderBatch, stream: Stream
    ) -> tuple[PostedPriceState, ClearingResult]:
        """Return the state with what is left, and the fills.

        Raises
        ------
        OrderError
            Where the batch has wrong types, sides, prices or quantities (all are listed).
        """
        orders.validate()
        filled = np.zeros(len(orders), dtype=np.int64)
        if state.price == NO_PRICE:
            reason = np.full(len(orders), Reason.NO_COUNTERPARTY, dtype=np.int8)
            return state, with_house(orders, filled, filled, reason)
        buys = orders.side == BUY
        meets = (orders.price - state.price) * orders.side >= 0
        eligible = meets & (buys | self.buys)
        withdrawn = withdrawn_among(orders, eligible)
        wanted = np.where(eligible, orders.quantity - withdrawn, 0)
        filled[~buys] = wanted[~buys]
        rows = np.flatnonzero(buys & (wanted > 0))
        filled[rows] = wanted[rows] if state.left is None else _served(orders, rows, wanted[rows], state.left, stream)
        reason = np.full(len(orders), Reason.NO_STOCK, dtype=np.int8)
        reason[~meets] = Reason.OUTSIDE_PRICE
        if not self.buys:
            reason[orders.side == SELL] = Reason.WRONG_SIDE
        reason[withdrawn > 0] = Reason.SELF_TRADE
        reason[filled == orders.quantity] = Reason.FILLED
        if state.left is not None:
            state = replace(state, left=state.left - int(filled[buys].sum()))
        return state, with_house(orders, filled, filled * state.price, reason)


def _served(orders: OrderBatch, rows: Ints, wanted: Ints, left: int, stream: Stream) -> Ints:
    """Return the lots sold to the bids at ``rows``, account by account in random order, until nothing is left."""
    arrival = ~tie_break(stream.key, orders.account[rows])
    place = np.lexsort((-orders.quantity[rows], -wanted, -orders.price[rows], arrival))
    asked = wanted[place]
    served = np.empty(rows.size, dtype=np.int64)
    served[place] = np.clip(left - (np.cumsum(asked) - asked), 0, asked)
    return served
