"""The hybrid: a call auction between a floor and a ceiling at which the authority itself buys and sells."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import model_validator

from market.matching.call_auction import CallAuction
from market.matching.house import withdrawn_among
from market.matching.protocol import Grid, MechanismRule, Offers
from market.orders import BUY, LARGEST_PRICE, SELL, ClearingResult, OrderBatch, Reason
from market.randomness import Stream
from market.rules import parameter


@dataclass(frozen=True, slots=True)
class HybridState:
    """Floor and ceiling in ticks (None: there is none), and the lots left to sell at the ceiling (None: no limit)."""

    floor: int | None
    ceiling: int | None
    left: int | None


class Hybrid(MechanismRule):
    """A quantity with a safety valve (Roberts and Spence 1976), cleared in one call auction.

    Where more is bid for at the ceiling than accounts offer there, the authority sells what is missing, and the price
    is the ceiling. Where more is offered at the floor than accounts bid for there, it buys the excess, a subsidy for
    rights that are not used, and the price is the floor. Otherwise the call auction's rule chooses among the prices
    from floor to ceiling. So the price never leaves them, and the authority never trades with itself.

    A finite stock that does not cover what is missing at the ceiling is sold whole, and the price may rise above it; a
    ceiling without stock is none. What the authority buys it keeps. Own orders that meet are withdrawn as in the
    call auction.
    """

    kind: Literal["hybrid"] = parameter("hybrid", description="call auction with a price floor and a price ceiling")
    floor: float | None = parameter(
        None,
        description="price at which the authority buys whatever is offered; none: no floor",
        unit="money/unit",
        ge=0,
    )
    ceiling: float | None = parameter(
        None,
        description="price at which the authority sells what is missing; none: no ceiling",
        unit="money/unit",
        gt=0,
    )
    ceiling_stock: float | None = parameter(
        None, description="what it sells at the ceiling in a year at most; none: without limit", unit="units/year", ge=0
    )
    rationing: Literal["pro_rata"] = parameter("pro_rata", description="how the long side shares its marginal limit")

    house: ClassVar[Literal["none", "reserve", "dealer"]] = "reserve"

    @model_validator(mode="after")
    def _ordered(self) -> "Hybrid":
        if self.floor is not None and self.ceiling is not None and self.floor >= self.ceiling:
            raise ValueError(
                f"the floor of {self.floor:g} is not below the ceiling of {self.ceiling:g}; lower the floor, raise the"
                " ceiling, or choose a posted price if the price is to be one number"
            )
        if self.ceiling_stock is not None and self.ceiling is None:
            raise ValueError("a stock is sold at the ceiling, and there is none; name a ceiling or leave the stock out")
        return self

    def standing(self, state: HybridState) -> tuple[Offers, Offers]:
        """Return the sale at the ceiling and the purchase at the floor."""
        sells = () if state.ceiling is None else ((state.ceiling, state.left),)
        return sells, () if state.floor is None else ((state.floor, None),)

    @property
    def unlimited(self) -> bool:
        """Whether the authority sells without limit, so that rights are issued when they are sold."""
        return self.ceiling is not None and self.ceiling_stock is None

    def open(self, grid: Grid) -> HybridState:
        """Return the state of the first year."""
        stock = None if self.ceiling_stock is None else grid.lots(self.ceiling_stock)
        state = HybridState(None, None, stock)
        return self.with_collar(
            state,
            None if self.floor is None else grid.ticks(self.floor),
            None if self.ceiling is None else grid.ticks(self.ceiling),
        )

    def open_year(self, state: HybridState, grid: Grid, year: int) -> HybridState:  # noqa: ARG002 - as for PostedPrice
        """Return the state with which a calendar year begins: its stock; floor and ceiling as they are."""
        return replace(state, left=None if self.ceiling_stock is None else grid.lots(self.ceiling_stock))

    def with_collar(self, state: HybridState, floor: int | None, ceiling: int | None) -> HybridState:
        """Return the state with another floor and ceiling, in ticks (the model may index them).

        Raises
        ------
        ValueError
            Where they are not a tick apart, so that the authority would buy and sell at one price.
        """
        if floor is not None and ceiling is not None and floor >= ceiling:
            raise ValueError(
                f"the floor of {floor} ticks is not below the ceiling of {ceiling} ticks; choose a finer tick, or"
                " prices that lie further apart"
            )
        return replace(state, floor=floor, ceiling=ceiling)

    def stock(self, state: HybridState) -> int:
        """Return the lots left to sell; 0 where they are issued as they are sold."""
        return state.left or 0

    def clear(self, state: HybridState, orders: OrderBatch, stream: Stream) -> tuple[HybridState, ClearingResult]:
        """Return the state with what is left, and the fills.

        Raises
        ------
        OrderError
            Where the batch has wrong types, sides, prices or quantities (all are listed).
        """
        orders.validate()
        withdrawn = withdrawn_among(orders)
        left = orders.quantity - withdrawn
        rows = np.flatnonzero(left)
        rest = OrderBatch(orders.account[rows], orders.side[rows], orders.price[rows], left[rows])
        rest, sells = _between(rest, state)
        _, found = CallAuction().clear(None, rest, stream)
        filled = np.zeros(len(orders), dtype=np.int64)
        reason = np.full(len(orders), Reason.SELF_TRADE, dtype=np.int8)
        filled[rows] = found.filled[: rows.size]
        reason[rows] = np.where(withdrawn[rows] > 0, np.int8(Reason.SELF_TRADE), found.reason[: rows.size])
        house = -sells * int(found.filled[rows.size :].sum())
        if state.left is not None and house < 0:
            state = replace(state, left=state.left + house)
        return state, replace(
            found, filled=filled, reason=reason, house_lots=house, house_value=house * max(found.price, 0)
        )


def _between(orders: OrderBatch, state: HybridState) -> tuple[OrderBatch, int]:
    """Return the batch that clears between floor and ceiling, the house's order last; and +1 if the house sells.

    No bid needs to exceed a ceiling at which all that is missing is sold, and no offer needs to be below the floor:
    their limits are moved there, and all of them trade whole. The house's order is the excess and no more, so that
    accounts are served before it.
    """
    price, extra = orders.price, OrderBatch.empty()
    sells = 0
    if state.floor is not None:
        excess = -_excess_demand(orders, state.floor)
        if excess > 0:
            extra, sells = _house_order(orders, BUY, state.floor, excess), -1
        price = np.where((orders.side == SELL) & (price < state.floor), np.int64(state.floor), price)
    if state.ceiling is not None and (state.left is None or state.left > 0):
        excess = _excess_demand(orders, state.ceiling)
        offered = excess if state.left is None else min(excess, state.left)
        if excess > 0:
            extra, sells = _house_order(orders, SELL, state.ceiling, offered), 1
        if excess <= offered or excess <= 0:
            price = np.where((orders.side == BUY) & (price > state.ceiling), np.int64(state.ceiling), price)
    moved = OrderBatch(orders.account, orders.side, price, orders.quantity)
    return OrderBatch.concatenate([moved, extra]), sells


def _excess_demand(orders: OrderBatch, price: int) -> int:
    """Return the lots bid at a price or more less those offered at it or less."""
    meets = (orders.price - price) * orders.side >= 0
    return int((orders.quantity * orders.side)[meets].sum())


def _house_order(orders: OrderBatch, side: int, price: int, lots: int) -> OrderBatch:
    return OrderBatch(
        np.array([orders.account.max() + 1], dtype=np.int64),
        np.array([side], dtype=np.int8),
        np.array([min(price, LARGEST_PRICE)], dtype=np.int64),
        np.array([lots], dtype=np.int64),
    )
