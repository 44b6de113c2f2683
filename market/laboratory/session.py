"""A session: periods of a continuous double auction among zero-intelligence traders, and how well they did.

The rules are those of Gode and Sunder (1993, J. Political Economy 101): at each step a trader drawn at random quotes a
price for one unit; a quote must better the best of its side; where quotes meet they trade at the earlier one's price,
and all other quotes are cancelled. The book is that of `market.matching` with ``improve_only`` and ``clear_at_trade``.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.laboratory.economy import Economy, competitive
from market.randomness import Streams

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Session:
    """What happened in each period; every period begins anew.

    Attributes
    ----------
    economy : whose traders they were.
    holdings : (periods, n) units at the end of each period.
    period, buyer, seller, price : (trades,) every trade in order; prices in ticks.
    """

    economy: Economy
    holdings: Ints
    period: Ints
    buyer: Ints
    seller: Ints
    price: Ints

    @property
    def trades(self) -> Ints:
        """Trades of each period (periods,)."""
        return np.bincount(self.period, minlength=self.holdings.shape[0]).astype(np.int64)

    @property
    def gained(self) -> Ints:
        """What trade gained in each period (periods,), in ticks."""
        before = self.economy.value(self.economy.start).sum()
        return np.asarray(self.economy.value(self.holdings).sum(axis=1) - before)

    @property
    def profit(self) -> Ints:
        """What each trader gained in each period (periods, n), money received and paid included, in ticks."""
        profit = self.economy.value(self.holdings) - self.economy.value(self.economy.start)
        np.add.at(profit, (self.period, self.seller), self.price)
        np.subtract.at(profit, (self.period, self.buyer), self.price)
        return profit

    @property
    def efficiency(self) -> Floats:
        """Share of what trade could gain at most that was gained, by period (periods,); NaN where there is nothing."""
        most = competitive(self.economy).surplus
        return self.gained / most if most else np.full(self.holdings.shape[0], np.nan)

    @property
    def mean_price(self) -> Floats:
        """Mean price of each period (periods,) in ticks; NaN without trades."""
        return self._by_period(self.price.astype(np.float64))

    @property
    def deviation(self) -> Floats:
        """Root of the mean squared distance of prices from the competitive one, by period (periods,), in ticks."""
        return np.sqrt(self._by_period(np.square(self.price - competitive(self.economy).price, dtype=np.float64)))

    @property
    def alpha(self) -> Floats:
        """Smith's (1962) α of each period (periods,): `deviation` in per cent of the competitive price."""
        return 100.0 * self.deviation / competitive(self.economy).price

    def mean_of_last(self, count: int) -> Floats:
        """Return the mean price of the last ``count`` trades of each period (periods,) in ticks; NaN without trades."""
        trades = self.trades
        place = np.arange(self.period.size) - (np.cumsum(trades) - trades)[self.period]
        late = place >= trades[self.period] - count
        total = np.bincount(self.period[late], weights=self.price[late], minlength=trades.size)
        return np.divide(total, np.minimum(trades, count), out=np.full(trades.size, np.nan), where=trades > 0)

    def _by_period(self, each: Floats) -> Floats:
        trades = self.trades
        total = np.bincount(self.period, weights=each, minlength=trades.size)
        return np.divide(total, trades, out=np.full(trades.size, np.nan), where=trades > 0)


def run_session(economy: Economy, steps: int, periods: int, streams: Streams, *, constrained: bool = True) -> Session:
    """Return a session of ``periods`` with ``steps`` quotes each.

    Parameters
    ----------
    constrained : whether nobody bids above, or asks below, what the unit is worth to it (ZI-C); otherwise every price
        of the economy's range is as likely (ZI-U). The same streams let the same traders move at the same steps.
    """
    from market.laboratory.session_kernel import trade_period
    from market.matching.order_book_kernel import BUYER, PRICE, SELLER, new_book

    traders = economy.start.size
    ladder = np.arange(economy.lowest, economy.highest + 1, dtype=np.int64)
    book = new_book(steps + 1, ladder.size)
    tape = np.empty((5, steps), dtype=np.int64)
    holdings = np.tile(economy.start, (periods, 1))
    tapes = []
    for period in range(periods):
        generator = streams.at("laboratory", period).generator()
        who, coin, height = generator.integers(0, traders, steps), generator.random(steps), generator.random(steps)
        count = trade_period(
            economy.worth, economy.capacity, economy.role, constrained, ladder, who, coin, height, *book,
            holdings[period], tape,
        )  # fmt: skip
        tapes.append(tape[:, :count].copy())
    joined = np.concatenate(tapes, axis=1) if tapes else tape[:, :0]
    number = np.repeat(np.arange(periods), [one.shape[1] for one in tapes])
    return Session(economy, holdings, number, joined[BUYER], joined[SELLER], joined[PRICE])
