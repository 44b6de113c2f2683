"""Two with private values and sealed offers: the linear equilibrium of Chatterjee and Samuelson (1983).

A buyer's value v and a seller's cost c are drawn from U[0, 1] and known to themselves alone. They trade at
``k·bid + (1 − k)·ask`` where bid >= ask. Against an ask that is uniform on [a, …] the buyer's gain is largest where
``v − b = k (b − a)``; against a bid that is uniform on […, B] the seller's where ``s − c = (1 − k)(B − s)``. Both hold
at once for

    b(v) = v / (1 + k) + k (1 − k) / (2 (1 + k)),        s(c) = c / (2 − k) + (1 − k) / 2,

so that trade takes place where ``v >= (1 − k)/2 + c (1 + k)/(2 − k)``: a triangle of area ``(1 + k)(2 − k)/8`` with
vertices (c, v) = (0, (1 − k)/2), (0, 1) and (1 − k/2, 1), in whose centre ``v − c = 1/2`` for every k. First best, all
with v > c trade, and the gain is 1/6. No rule of trade whatever gets more than 9/64, that of k = 1/2 (Myerson and
Satterthwaite 1983).
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FIRST_BEST = 1.0 / 6.0
"""Expected gain from trade of a pair that knows everything: E max(v − c, 0)."""


def equilibrium_bid(value: npt.ArrayLike, k: float = 0.5) -> Floats:
    """Return the buyer's bid for each value in [0, 1]; for k = 1/2, ``2v/3 + 1/12``."""
    return (np.asarray(value, dtype=np.float64) + 0.5 * k * (1.0 - k)) / (1.0 + k)


def equilibrium_ask(cost: npt.ArrayLike, k: float = 0.5) -> Floats:
    """Return the seller's ask for each cost in [0, 1]; for k = 1/2, ``2c/3 + 1/4``."""
    return np.asarray(cost, dtype=np.float64) / (2.0 - k) + 0.5 * (1.0 - k)


def chance_of_trade(k: float = 0.5) -> float:
    """Return the probability that a pair trades in the linear equilibrium; first best, 1/2."""
    return (1.0 + k) * (2.0 - k) / 8.0


def expected_gain(k: float = 0.5) -> float:
    """Return the expected gain from trade of a pair in the linear equilibrium, both sides together."""
    return chance_of_trade(k) / 2.0


def expected_seller_gain(k: float = 0.5) -> float:
    """Return the seller's expected part of it: price minus cost in the centre of the triangle of trades."""
    cost, value = (2.0 - k) / 6.0, (5.0 - k) / 6.0
    price = k * float(equilibrium_bid(value, k)) + (1.0 - k) * float(equilibrium_ask(cost, k))
    return chance_of_trade(k) * (price - cost)
