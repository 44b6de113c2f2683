"""Mechanisms of trade: one file each, one protocol, `clear(state, orders, stream) -> (state, ClearingResult)`."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from market.matching.call_auction import CallAuction
from market.matching.hybrid import Hybrid
from market.matching.market_maker import MarketMaker
from market.matching.posted_price import PostedPrice
from market.matching.protocol import Mechanism
from market.matching.reserve_desk import ReserveDesk
from market.orders import NO_PRICE

MECHANISMS: Mapping[str, Callable[..., Mechanism]] = MappingProxyType(
    {
        "call_auction": CallAuction,
        "posted": PostedPrice,
        "hybrid": Hybrid,
        "reserve_desk": ReserveDesk,
        "market_maker": MarketMaker,
    }
)

__all__ = [
    "MECHANISMS",
    "NO_PRICE",
    "CallAuction",
    "Hybrid",
    "MarketMaker",
    "PostedPrice",
    "ReserveDesk",
]
