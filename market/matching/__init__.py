"""Mechanisms of trade: one file each, one protocol, `clear(state, orders, stream) -> (state, ClearingResult)`."""

from collections.abc import Mapping
from types import MappingProxyType

from market.matching.ascending_clock import AscendingClock
from market.matching.call_auction import CallAuction
from market.matching.order_book import OrderBook
from market.matching.protocol import MechanismRule
from market.matching.sealed_bid import SealedBidAuction
from market.orders import NO_PRICE

MECHANISMS: Mapping[str, type[MechanismRule]] = MappingProxyType(
    {
        "call_auction": CallAuction,
        "order_book": OrderBook,
        "sealed_bid": SealedBidAuction,
        "ascending_clock": AscendingClock,
    }
)

__all__ = ["MECHANISMS", "NO_PRICE", "AscendingClock", "CallAuction", "OrderBook", "SealedBidAuction"]
