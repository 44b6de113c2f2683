"""The baseline is a fair market, and a bound that is missed is told."""

import numpy as np
import pytest

from agents.model import RightsMarketModel
from benchmarks.__main__ import bounded, main, table
from benchmarks.figures import Figure
from benchmarks.permit_market import specification
from benchmarks.plain_mesa import ALLOCATION_SHARE, PENALTY, Order, OrderBook, PermitMarket, market_summary


def competitive_price(firms: int, seed: int) -> float:
    """Σ MAC_i^{-1}(p) = Σ (baseline − permits): with MAC = c·(baseline − e), p = Σ (baseline − permits) / Σ 1/c."""
    draws = np.random.default_rng(seed)
    baseline = 1000.0 * np.exp(0.8 * draws.standard_normal(firms))
    slope = draws.uniform(50.0, 150.0, firms) / baseline
    return float((baseline - np.floor(ALLOCATION_SHARE * baseline)).sum() / (1.0 / slope).sum())


@pytest.mark.parametrize("seed", [0, 1])
def test_plain_mesa_loses_no_permit_and_no_money(seed):
    done = market_summary(firms=80, steps=36, seed=seed)
    assert done.issued == done.held + done.surrendered
    assert done.cash == pytest.approx(-PENALTY * done.shortfall, abs=1e-6)
    assert sum(done.volumes) > 0


def test_plain_mesa_finds_the_competitive_price():
    done = market_summary(firms=200, steps=60, seed=0)
    late = [price for price in done.prices[24:] if price is not None]
    assert np.mean(late) == pytest.approx(competitive_price(200, 0), rel=0.05)
    assert sum(done.emissions) == pytest.approx(done.issued, rel=0.005)


def test_the_engine_runs_the_same_market_as_plain_mesa():
    """The same firms and rights, the same first expectations, prices near the same competitive one, the same flows."""
    spec = specification(200, 5)
    model = RightsMarketModel(spec, 0)
    plain = PermitMarket(200, 0)
    firms = list(plain.agents)
    np.testing.assert_allclose(spec.technology.baseline[:, 0], [firm.baseline for firm in firms])
    np.testing.assert_allclose(spec.technology.slope[:, 0], [firm.slope for firm in firms])
    model.step()
    spread = model.exchange.adaptives.error
    assert 0.5 <= spread.min() < 0.52
    assert 1.48 < spread.max() <= 1.5
    assert model.registry.issued[0] == pytest.approx(sum(firm.allocation for firm in firms), abs=200)
    model.run()
    late = model.recorder.market["price"][24:, 0]
    assert np.nanmean(late) == pytest.approx(competitive_price(200, 0), rel=0.05)
    assert np.isfinite(late).mean() > 0.9
    done = market_summary(firms=200, steps=60, seed=0)
    assert model.recorder.flow.sum() == pytest.approx(sum(done.emissions), rel=0.005)


def book_with(asks: list[tuple[float, int]]):
    """A book with these asks, in order of arrival, the firms behind them, and one more firm."""
    firms = list(PermitMarket(firms=len(asks) + 1, seed=0).agents)
    book = OrderBook()
    for firm, (price, lots) in zip(firms, asks, strict=False):
        firm.permits = lots
        book.sell(Order(firm, price, lots))
    return book, firms[:-1], firms[-1]


def test_best_price_first_then_the_earlier_order_and_partial_fills():
    book, sellers, buyer = book_with([(11.0, 5), (10.0, 4), (10.0, 4), (13.0, 9)])
    book.buy(Order(buyer, 11.0, 10))
    assert [seller.permits for seller in sellers] == [3, 0, 0, 9]
    assert (buyer.permits, buyer.cash) == (10, -(8 * 10.0 + 2 * 11.0))
    assert book.bids == []
    book.buy(Order(buyer, 12.0, 5))
    assert (buyer.permits, [bid[2].quantity for bid in book.bids]) == (13, [2])


@pytest.mark.parametrize(
    ("value", "bound", "kind", "passed"),
    [
        (30.0, 30.0, "at least", True),
        (29.9, 30.0, "at least", False),
        (2.0, 3.0, "at most", True),
        (3.1, 3.0, "at most", False),
        (float("nan"), 3.0, "at most", False),
        (9.0, None, "at most", True),
    ],
)
def test_a_bound_is_kept_or_missed(value, bound, kind, passed):
    assert Figure("f", value, "x", bound=bound, kind=kind).passed == passed


def test_only_times_are_scaled_to_the_machine():
    held = {"time": {"at_most": 2.0}, "ratio": {"at_least": 30.0}}
    assert bounded(Figure("time", 3.0, "s"), held, machine=2.0).bound == 4.0
    kept = Figure("ratio", 31.0, "x", "", 30.0, "at least")
    assert bounded(Figure("ratio", 31.0, "x"), held, machine=2.0) == kept
    assert bounded(Figure("other", 1.0, "ns/order"), held, machine=2.0).bound is None


def test_a_missed_bound_ends_the_check_with_exit_code_1(monkeypatch, capsys):
    slow = Figure("plain Mesa, 100 firms", 1e9, "ns/firm-step")
    monkeypatch.setattr("benchmarks.plain_mesa.measure", lambda: [slow])
    monkeypatch.setattr("benchmarks.__main__.factor", lambda: 1.0)
    assert main(["plain_mesa"]) == 0
    assert main(["--check", "plain_mesa"]) == 1
    assert "miss their bound: plain Mesa, 100 firms" in capsys.readouterr().out
    monkeypatch.setattr("benchmarks.plain_mesa.measure", list)
    monkeypatch.setattr("benchmarks.__main__.BENCHMARKS", ("plain_mesa",))
    assert main(["--check"]) == 1
    assert "no benchmark measures" in capsys.readouterr().out


def test_the_table_tells_what_missed():
    text = table([Figure("speed", 12.0, "x", "plain Mesa", 30.0, "at least")])
    assert text.splitlines()[1].split("  ")[0] == "speed"
    assert "NO" in text
    assert "at least 30" in text
