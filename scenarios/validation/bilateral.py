"""Trade by twos: the sealed-offer equilibrium of Chatterjee and Samuelson, and search that ends at least cost."""

import numpy as np
import numpy.typing as npt

from market.matching import BilateralSearch, KDoubleAuction
from market.matching.protocol import Grid
from market.orders import BUY, SELL, OrderBatch
from market.randomness import Streams
from market.reference.sealed_offers import (
    FIRST_BEST,
    chance_of_trade,
    equilibrium_ask,
    equilibrium_bid,
    expected_gain,
    expected_seller_gain,
)
from scenarios.validation.cases import Case

Floats = npt.NDArray[np.float64]

SEALED = "Chatterjee and Samuelson (1983); linear equilibrium"
SEARCH = "ten firms, 100 permits (A10f); integer optimum"
TICKS = 1_000_000
PAIRS = 200_000


def sealed_offers() -> list[Case]:
    """K-double auction: the paper's equilibrium at k = 1/2, by formula."""
    offers = (float(equilibrium_bid(0.6)), float(equilibrium_ask(0.6)))
    return [
        Case("k_double.bid_at_0.6", SEALED, 2 / 3 * 0.6 + 1 / 12, offers[0], 1e-12, "money/unit"),
        Case("k_double.ask_at_0.6", SEALED, 2 / 3 * 0.6 + 1 / 4, offers[1], 1e-12, "money/unit"),
        Case("k_double.expected_gain", SEALED, 9 / 64, expected_gain(0.5), 1e-12, "money"),
        Case("k_double.share_of_first_best", SEALED, 0.84375, expected_gain(0.5) / FIRST_BEST, 1e-12),
        Case("k_double.seller_gain", SEALED, 9 / 128, expected_seller_gain(0.5), 1e-12, "money"),
    ]


def sealed_offers_played() -> list[Case]:
    """K-double auction: equilibrium offers of random pairs through the mechanism itself, for five k."""
    cases = []
    for i, k in enumerate((0.5, 0.0, 0.25, 0.75, 1.0)):
        stream = Streams(83).at("pairs", i)
        value, cost = stream.generator().random((2, PAIRS))
        gain, seller_gain, traded, wrong = _played(value, cost, k, i)
        name = f"k_double.played.k{k:g}"
        # Standard errors are at most 0.24 / √200,000 = 0.00054 and 0.45 / √200,000 = 0.001; four of them are allowed.
        cases += [
            Case(f"{name}.gain", SEALED, (1 + k) * (2 - k) / 16, gain, 2.1e-3, "money"),
            Case(f"{name}.chance_of_trade", SEALED, chance_of_trade(k), traded, 4e-3),
            Case(f"{name}.seller_gain", SEALED, expected_seller_gain(k), seller_gain, 2.1e-3, "money"),
            Case(f"{name}.trades_outside_the_triangle", SEALED, 0.0, wrong, 2e-5),
        ]
    return cases


def _played(value: Floats, cost: Floats, k: float, period: int) -> tuple[float, float, float, float]:
    """Return gain and seller's gain a pair, the share of pairs that traded, and that should not have."""
    n = value.size
    bid = np.round(equilibrium_bid(value, k) * TICKS).astype(np.int64)
    ask = np.round(equilibrium_ask(cost, k) * TICKS).astype(np.int64)
    side = np.repeat(np.array([BUY, SELL], dtype=np.int8), n)
    orders = OrderBatch(np.arange(2 * n), side, np.concatenate((bid, ask)), np.ones(2 * n, dtype=np.int64))
    _, result = KDoubleAuction(k=k).clear(None, orders, Streams(84).at("clearing", period))
    trades = result.trades
    assert trades is not None  # noqa: S101 (this mechanism always names them)
    gain = value[trades.buyer] - cost[trades.seller - n]
    seller_gain = trades.price / TICKS - cost[trades.seller - n]
    # Whoever traded lies in the triangle of the theory; together with the chance of trade that fixes the trades.
    outside = value[trades.buyer] < (1 - k) / 2 + cost[trades.seller - n] * (1 + k) / (2 - k) - 4 / TICKS
    return float(gain.sum()) / n, float(seller_gain.sum()) / n, result.volume / n, float(outside.sum()) / n


def search_to_the_optimum() -> list[Case]:
    """A10f by bilateral search: lot by lot, firms that meet again and again end at least cost, however they start."""
    starts = {
        "equal": [10] * 10,
        "first_five": [20] * 5 + [0] * 5,
        "last_five": [0] * 5 + [20] * 5,
    }
    cases = []
    for name, start in starts.items():
        cost, holdings = searched(np.array(start), seed=7)
        cases.append(Case(f"bilateral.A10f.{name}.cost", SEARCH, 1861.5, cost, 1e-9, "money"))
        cases.append(Case(f"bilateral.A10f.{name}.permits", SEARCH, 100.0, float(holdings.sum()), 0.0, "permits"))
    return cases


def searched(start: npt.NDArray[np.int64], seed: int, days: int = 400) -> tuple[float, npt.NDArray[np.int64]]:
    """Return cost and holdings after ``days`` of search: marginal cost ``beta (20 − permits)``, a permit at a time."""
    beta = np.arange(1.0, 11.0)
    held = start.astype(np.int64)
    mechanism = BilateralSearch(meetings=1)
    state = mechanism.open(Grid())
    firms = np.arange(10)
    streams = Streams(seed)
    for day in range(days):
        worth_more = np.floor(100 * beta * (20 - held - 0.5)).astype(np.int64)  # of one permit more, in cents
        worth_less = np.ceil(100 * beta * (20 - held + 0.5)).astype(np.int64)  # of the last one held
        buys, sells = np.flatnonzero(held < 20), np.flatnonzero(held > 0)
        orders = OrderBatch(
            np.concatenate((firms[buys], firms[sells])),
            np.repeat(np.array([BUY, SELL], dtype=np.int8), (buys.size, sells.size)),
            np.concatenate((worth_more[buys], worth_less[sells])),
            np.ones(buys.size + sells.size, dtype=np.int64),
        )
        state, result = mechanism.clear(state, orders, streams.at("search", day))
        np.add.at(held, orders.account, result.filled * orders.side)
    return float((0.5 * beta * (20.0 - held) ** 2).sum()), held


SUITES = (sealed_offers, sealed_offers_played, search_to_the_optimum)
