"""Mechanisms of trade: one file each, one protocol, `clear(state, orders, stream) -> (state, ClearingResult)`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from market.matching.ascending_clock import AscendingClock
from market.matching.call_auction import CallAuction
from market.matching.hybrid import Hybrid
from market.matching.market_maker import MarketMaker
from market.matching.order_book import OrderBook
from market.matching.posted_price import PostedPrice
from market.matching.protocol import MechanismRule
from market.matching.reserve_desk import ReserveDesk
from market.matching.sealed_bid import SealedBidAuction
from market.orders import NO_PRICE

AnyMechanism = Annotated[
    CallAuction
    | OrderBook
    | SealedBidAuction
    | AscendingClock
    | PostedPrice
    | Hybrid
    | ReserveDesk
    | MarketMaker,
    Field(discriminator="kind"),
]
"""Every built-in mechanism; a venue declares one by its ``kind``."""

MECHANISMS: Mapping[str, type[MechanismRule]] = MappingProxyType(
    {
        "call_auction": CallAuction,
        "order_book": OrderBook,
        "sealed_bid": SealedBidAuction,
        "ascending_clock": AscendingClock,
        "posted": PostedPrice,
        "hybrid": Hybrid,
        "reserve_desk": ReserveDesk,
        "market_maker": MarketMaker,
    }
)

__all__ = [
    "MECHANISMS",
    "NO_PRICE",
    "AnyMechanism",
    "AscendingClock",
    "CallAuction",
    "Hybrid",
    "MarketMaker",
    "OrderBook",
    "PostedPrice",
    "ReserveDesk",
    "SealedBidAuction",
]
