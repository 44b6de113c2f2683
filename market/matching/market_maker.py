"""The constant-product market maker: a pool of rights and money that quotes from its own stock."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import model_validator

from market.matching.house import with_house, withdrawn_among
from market.matching.protocol import Grid, MechanismRule
from market.orders import ClearingResult, OrderBatch, Reason
from market.randomness import Stream, tie_break
from market.rules import parameter
from market.units import steps_down, steps_nearest

FEE_STEP = 1_000_000
"""Fees are counted in millionths."""
WIDEST = 1 << 122
DIGIT = 62
LARGEST_PAYMENT = 1 << 61


@dataclass(frozen=True, slots=True)
class MarketMakerState:
    """The pool.

    Attributes
    ----------
    lots : rights in it. money : ticks·lots in it, fees and roundings included.
    product : lots times the ticks·lots on the curve; it never changes.
    """

    lots: int
    money: int
    product: int

    @property
    def price(self) -> float:
        """The marginal price in ticks, before fees."""
        return self.product / self.lots**2


class MarketMaker(MechanismRule):
    r"""A pool with x rights and y money that trades along ``x·y = k`` (Angeris and Chitra 2020; Buterin 2016).

    Buying q lots of x costs ``k/(x − q) − k/x``, selling q earns ``k/x − k/(x + q)``; at the margin a lot costs
    ``k/x²``. Buyers pay a share ``fee`` more, sellers receive a share less. Accounts arrive one by one in a random
    order (the largest hash of stream and account first), their best limit first, and each takes whole lots along the
    curve as long as the next one costs no more than its bid, or brings no less than its offer asks.

    Payments are whole ticks·lots, rounded in the pool's favour. Fees and roundings lie beside the curve, which is moved
    by lots alone: k is the same for ever, what the pool holds beyond the curve, ``y − k/x``, never falls, and the lots
    that trade depend neither on the size of a tick nor on how a trade is cut into pieces. The pool does not sell its
    last lot. Own orders that meet are withdrawn as in the call auction.
    """

    kind: Literal["market_maker"] = parameter("market_maker", description="a pool that trades along x·y = k")
    opening_stock: float = parameter(description="rights in the pool at the start", unit="units", gt=0)
    opening_price: float | None = parameter(
        None, description="marginal price at the start; sets the money in the pool", unit="money/unit", gt=0
    )
    budget: float | None = parameter(
        None, description="money in the pool at the start, instead of a price", unit="money", gt=0
    )
    fee: float = parameter(0.003, description="share of the price that the pool keeps, of each side", ge=0, le=0.5)

    house: ClassVar[Literal["none", "reserve", "dealer"]] = "dealer"
    unlimited: ClassVar[bool] = False
    """Whether rights are issued as they are sold; the pool sells what it has."""

    @model_validator(mode="after")
    def _one_of_two(self) -> "MarketMaker":
        if (self.opening_price is None) == (self.budget is None):
            raise ValueError("a market maker's pool opens with an opening_price or a budget; give one of the two")
        return self

    def open(self, grid: Grid) -> MarketMakerState:
        """Return the pool at the start.

        Raises
        ------
        ValueError
            Where the pool has fewer than two lots or no money, or is too large to be counted exactly.
        """
        lots = grid.lots(self.opening_stock)
        if self.budget is not None:
            money = int(steps_down(self.budget, grid.lot * grid.tick))
        else:
            money = int(steps_nearest(self.opening_price or 0.0, grid.tick)) * lots
        if lots < 2 or money < 1:
            raise ValueError(
                f"a pool of {lots} lots and {money} ticks·lots of money cannot trade; give it two lots at least and an"
                " opening price of a tick at least"
            )
        if lots * money * 2 >= WIDEST or money >= LARGEST_PAYMENT:
            raise ValueError(
                "a pool this large cannot be counted exactly; choose a coarser lot or tick, or a smaller pool"
            )
        return MarketMakerState(lots, money, lots * money)

    def stock(self, state: MarketMakerState) -> int:
        """Return the lots in the pool."""
        return state.lots

    def money(self, state: MarketMakerState) -> int:
        """Return the ticks·lots in the pool; the account behind it must be able to pay them."""
        return state.money

    def clear(
        self, state: MarketMakerState, orders: OrderBatch, stream: Stream
    ) -> tuple[MarketMakerState, ClearingResult]:
        """Return the pool after the batch, and the fills.

        Raises
        ------
        OrderError
            Where the batch has wrong types, sides, prices or quantities (all are listed).
        """
        from market.matching.market_maker_kernel import trade_along

        orders.validate()
        withdrawn = withdrawn_among(orders)
        wanted = orders.quantity - withdrawn
        filled, value = np.zeros((2, len(orders)), dtype=np.int64)
        reason = np.full(len(orders), Reason.SELF_TRADE, dtype=np.int8)
        rows = np.flatnonzero(wanted)
        arrival = ~tie_break(stream.key, orders.account[rows])
        best_first = (-orders.quantity[rows], -wanted[rows], -orders.price[rows] * orders.side[rows], orders.side[rows])
        rows = rows[np.lexsort((*best_first, arrival))]
        fee = round(self.fee * FEE_STEP)
        ask = -(-state.product * (FEE_STEP + fee) // FEE_STEP)
        bid = state.product * (FEE_STEP - fee) // FEE_STEP
        least = max(1, -(-ask // LARGEST_PAYMENT))  # so that no payment exceeds it
        lots = trade_along(
            rows, orders.side, orders.price, wanted, state.lots, least, *_digits(ask), *_digits(bid), filled, value,
            reason,
        )  # fmt: skip
        reason[withdrawn > 0] = Reason.SELF_TRADE
        result = with_house(orders, filled, value, reason)
        return replace(state, lots=int(lots), money=state.money - result.house_value), result


def _digits(number: int) -> tuple[int, int]:
    return number >> DIGIT, number & ((1 << DIGIT) - 1)
