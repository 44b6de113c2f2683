"""Block agreement 大宗协议: large lots, negotiated between two."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from market.matching.bargaining import deals_of_pairs, pairs_at_random, reasons_of_pairs
from market.matching.call_auction import own_crossing
from market.matching.deals import result_of
from market.matching.price_limits import price_band
from market.matching.protocol import Grid, MechanismRule
from market.orders import BUY, NO_PRICE, ClearingResult, OrderBatch, Reason
from market.randomness import Stream
from market.rules import parameter


@dataclass(frozen=True, slots=True)
class BlockState:
    """The close around which the limits lie, in ticks (NO_PRICE before a first), and the smallest block in lots.

    ``dataclasses.replace(state, close=…)`` takes over the close of another venue: in the national carbon market the
    limits of blocks are counted from the close of the listed agreement.
    """

    close: int
    minimum: int


class BlockAgreement(MechanismRule):
    """Two who want a large block meet and agree on one price.

    Buyers and sellers of blocks are paired at random; a pair whose bid is at least the ask makes one deal, of as many
    lots as both want, at the Nash split of their two limits, held within ± ``price_limit`` of the close. Who met
    nobody, or nobody who agreed, comes back another day. An order beyond the limits, that no deal inside them could
    serve, is sent back; so is one below the minimum.

    In China's national carbon market blocks of 100,000 t and more, within ±30 % of the close, make up most of the
    volume (rules of the Ministry of Ecology and Environment, 2021). For whoever asks about block discounts and where
    large compliance trades go.
    """

    negotiated: ClassVar[bool] = True

    kind: Literal["block"] = parameter("block", description="large lots, negotiated in pairs")
    minimum: float = parameter(100_000.0, description="the smallest block", unit="units", ge=0)
    price_limit: float | None = parameter(
        0.30,
        description="how far from the last close one may trade; none: anywhere",
        unit="share of the close",
        gt=0,
        le=1,
    )
    seller_weight: float = parameter(
        0.5, description="the seller's bargaining weight: its share of the gain of a deal", unit="share", ge=0, le=1
    )
    opening_price: float | None = parameter(
        None,
        description="the close before the first day; none: no limits before a first trade",
        unit="money per unit",
        gt=0,
    )
    rounds: int = parameter(20, description="trading days in a period", unit="days", ge=1)

    @property
    def own_limit_counts(self) -> bool:
        """Whether an order may trade at its own limit."""
        return True

    def band(self, state: BlockState) -> tuple[int, int] | None:
        """Return the day's price limits in ticks, None before a first close or without limits."""
        if self.price_limit is None or state.close == NO_PRICE:
            return None
        return price_band(state.close, self.price_limit)

    @property
    def rounds_a_period(self) -> int:
        """Trading days in a period."""
        return self.rounds

    def open(self, grid: Grid) -> BlockState:
        """Return the state before the first day."""
        close = NO_PRICE if self.opening_price is None else grid.ticks(self.opening_price)
        lots = grid.lots(self.minimum)
        return BlockState(close, lots + int(lots * grid.lot < self.minimum * (1 - 1e-12)))

    def clear(self, state: BlockState, orders: OrderBatch, stream: Stream) -> tuple[BlockState, ClearingResult]:
        """Return the state after one trading day and its fills.

        Raises
        ------
        OrderError
            Where the batch has wrong types, sides, prices or quantities (all are listed).
        """
        orders.validate()
        low, high = price_band(state.close, self.price_limit)
        small = orders.quantity < state.minimum
        barred = np.where(orders.side == BUY, orders.price < low, orders.price > high)
        admitted = np.flatnonzero(~small & ~barred)
        withdrawn = np.zeros(len(orders), dtype=np.int64)
        withdrawn[admitted] = own_crossing(orders.take(admitted))
        left = orders.quantity - withdrawn
        rows = admitted[left[admitted] >= max(state.minimum, 1)]
        buys, sells = pairs_at_random(orders, rows, stream.key)
        deals = deals_of_pairs(orders, left, buys, sells, self.seller_weight, low, high)
        reason = reasons_of_pairs(orders, buys, sells, deals)
        reason[withdrawn > 0] = Reason.SELF_TRADE
        reason[barred] = Reason.PRICE_LIMIT
        reason[small] = Reason.BELOW_MINIMUM
        result = result_of(orders, deals, reason)
        return (state if result.price == NO_PRICE else replace(state, close=result.price)), result
