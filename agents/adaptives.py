"""Adaptive accounts in all markets: where they take part, what they expect at first, and what they learn."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from agents.behaviours import adaptive
from agents.behaviours.declared import AdaptiveRule
from agents.desk import Desk, Horizon
from agents.expectations import learn
from agents.population import FirmPopulation
from agents.spec import MarketSpec
from market.orders import OrderBatch
from market.randomness import Streams
from market.registry import Registry

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NO_ORDERS = OrderBatch.empty()


class Adaptives:
    """The accounts of all adaptive behaviours.

    Attributes
    ----------
    mask : (n,) which accounts are adaptive; ``any`` and ``all`` : whether some or all of them are.
    traders : by instrument, those who take part, None where nobody does.
    seen : (K,) prices of this period that this year's flows are worth, NaN where nothing was traded.
    error : (n, K) factors by which accounts misjudge the first price.
    first : (K,) mean of first expectations where all are told a first price, else NaN.
    expecting : whether first expectations have been formed.
    """

    def __init__(
        self, spec: MarketSpec, desks: Sequence[Desk], group_of: Ints, population: FirmPopulation, streams: Streams
    ) -> None:
        self.spec = spec
        self.group_of = group_of
        self.rules = [(g, rule) for g, rule in enumerate(spec.behaviours) if isinstance(rule, AdaptiveRule)]
        weight = np.zeros(len(spec.behaviours))
        for g, rule in self.rules:
            weight[g] = rule.adaptation
        self.weight = weight[group_of]
        self.mask = np.array([isinstance(rule, AdaptiveRule) for rule in spec.behaviours])[group_of]
        self.any, self.all = bool(self.mask.any()), bool(self.mask.all())
        self.traders = [adaptive.traders(spec, desk.k, desk.rows, group_of) for desk in desks]
        self.expected = population.expected_price
        self.seen = np.full(len(spec.keys), np.nan)
        self.error = adaptive.first_errors(spec, streams, group_of) if self.any else np.zeros(0)
        self.expecting = False
        self.first = np.full(len(spec.keys), np.nan)
        if self.any and all(self.told(k) for k in range(len(desks))):
            self._form(self.first)

    def alone(self, k: int) -> bool:
        """Return whether nobody else takes part in a market, so that nobody asks what others would pay."""
        who = self.traders[k]
        return who is not None and who.alone

    def told(self, k: int) -> bool:
        """Return whether nobody else takes part and all are told a first price."""
        return self.alone(k) and all(self.spec.keys[k] in rule.first_prices for _, rule in self.rules)

    def begin(self, prices: Floats) -> None:
        """Let each account expect the declared price, or the one that would clear (K,), with its own error.

        Where all are told a first price, their mean expectation becomes the newest price.
        """
        if np.isnan(self.first).all():
            self._form(prices)
        prices[:] = np.where(np.isnan(self.first), prices, self.first)
        self.expecting = True

    def _form(self, prices: Floats) -> None:
        """Form first expectations; ``first`` (K,) becomes their mean where all are told a first price."""
        for g, rule in self.rules:
            told = [rule.first_prices.get(key, prices[k]) for k, key in enumerate(self.spec.keys)]
            self.expected[self.group_of == g] = told
        self.expected *= self.error
        for k in range(len(self.traders)):
            if self.told(k):
                self.first[k] = self.expected[self.mask, k].mean()

    def orders(self, desk: Desk, horizon: Horizon, firms: object, bound: float, registry: Registry) -> OrderBatch:
        """Return the orders for the front vintage of an instrument, as far as this year's flows ask for it."""
        who = self.traders[desk.k]
        if who is None:
            return NO_ORDERS
        product = registry.product(desk.k, horizon.front)
        look = min(horizon.windows, horizon.pending + 1), horizon.pending, float(horizon.weight[0])
        return adaptive.orders(
            who, firms, desk.fixed, desk.activity, registry.balances[product], registry.locked[product], self.expected,
            look, bound, desk.rule.lot, desk.rule.tick,
        )  # fmt: skip

    def learn(self) -> None:
        """Move expectations towards the prices seen."""
        if self.any:
            learn(self.expected, self.weight, self.seen)
            self.seen[:] = np.nan
