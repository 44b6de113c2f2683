"""The linear equilibrium of sealed offers: best responses, gains and shares by brute force."""

import numpy as np
import pytest

from market.reference.sealed_offers import (
    FIRST_BEST,
    chance_of_trade,
    equilibrium_ask,
    equilibrium_bid,
    expected_gain,
    expected_seller_gain,
)

MIDDLES = (np.arange(2_000) + 0.5) / 2_000
K = (0.0, 0.2, 0.5, 0.8, 1.0)


def test_the_papers_case():
    assert equilibrium_bid([0.25, 1.0]).tolist() == pytest.approx([0.25, 0.75])
    assert equilibrium_ask([0.0, 0.75]).tolist() == pytest.approx([0.25, 0.75])
    assert expected_gain() == pytest.approx(9 / 64)
    assert expected_gain() / FIRST_BEST == pytest.approx(0.84375)


@pytest.mark.parametrize("k", K)
def test_no_other_bid_gains_more(k):
    asks = equilibrium_ask(MIDDLES, k)
    offers = np.linspace(0, 1, 801)
    for value in (0.55, 0.8, 1.0):

        def gain(bid, value=value):
            return np.where(bid >= asks, value - k * bid - (1 - k) * asks, 0.0).mean()

        assert gain(float(equilibrium_bid(value, k))) >= max(gain(bid) for bid in offers) - 1e-3


@pytest.mark.parametrize("k", K)
def test_no_other_ask_gains_more(k):
    bids = equilibrium_bid(MIDDLES, k)
    offers = np.linspace(0, 1, 801)
    for cost in (0.0, 0.2, 0.45):

        def gain(ask, cost=cost):
            return np.where(bids >= ask, k * bids + (1 - k) * ask - cost, 0.0).mean()

        assert gain(float(equilibrium_ask(cost, k))) >= max(gain(ask) for ask in offers) - 1e-3


@pytest.mark.parametrize("k", K)
def test_gains_by_brute_force(k):
    value, cost = MIDDLES[:, None], MIDDLES[None, :]
    bid, ask = equilibrium_bid(value, k), equilibrium_ask(cost, k)
    traded = bid >= ask
    assert traded.mean() == pytest.approx(chance_of_trade(k), abs=1e-3)
    assert ((value - cost) * traded).mean() == pytest.approx(expected_gain(k), abs=5e-4)
    seller = (k * bid + (1 - k) * ask - cost) * traded
    assert seller.mean() == pytest.approx(expected_seller_gain(k), abs=5e-4)


def test_sides_change_places():
    for k in K:
        assert expected_seller_gain(k) == pytest.approx(expected_gain(1 - k) - expected_seller_gain(1 - k))
