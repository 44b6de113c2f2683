"""The compliers of a run: what each group of them knows of a market, and its orders (`agents.behaviours.complier`)."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from agents.behaviours import complier
from agents.behaviours.declared import ComplierRule
from agents.desk import Desk, Horizon, Quote
from agents.expectations import Outlook
from agents.spec import MarketSpec
from market.orders import OrderBatch
from market.registry import Registry

if TYPE_CHECKING:
    from market.net_demand_kernel import Firms

Ints = npt.NDArray[np.int64]


class Compliers:
    """All groups of compliers."""

    __slots__ = ("_groups", "_registry", "_spec")

    def __init__(self, spec: MarketSpec, group_of: Ints, registry: Registry) -> None:
        self._spec, self._registry = spec, registry
        self._groups = [
            (g, rule, np.flatnonzero(group_of == g))
            for g, rule in enumerate(spec.behaviours)
            if isinstance(rule, ComplierRule)
        ]

    def orders(
        self, desk: Desk, horizon: Horizon, quote: Quote, firms: "Firms | None", period: int, product: int,
        outlook: Outlook,
    ) -> list[OrderBatch]:  # fmt: skip
        """Return the orders of each group that takes part in an instrument."""
        if not self._groups:
            return []
        from market.net_demand_kernel import front_needs

        spec, k = self._spec, desk.k
        known = spec.true_up(k, horizon.front)
        free = self._registry.free(product)
        batches = []
        need = np.empty(desk.rows.size)
        front_needs(outlook.belief[:, k], firms, desk.layout, quote.ahead, need)
        position = np.full(len(spec.population), -1)
        position[desk.rows] = np.arange(desk.rows.size)
        for g, rule, members in self._groups:
            rows = position[members]
            rows = rows[rows >= 0]
            if not rows.size:
                continue
            accounts = desk.rows[rows]
            yearly = spec.technology.baseline[accounts, k] * desk.activity[0][rows]
            gap = need[rows]  # with the measures that it will use at the price that it believes in
            unknown = 1.0 if period < known else 0.0  # flows and benchmarks become known at verification
            view = complier.GapView(
                accounts=accounts, gap=gap, yearly=yearly, free=free[accounts],
                expected_price=max(outlook.belief[g, k], quote.price, desk.rule.tick), unknown_share=unknown,
                months_to_know=(known - period) * 12 // spec.periods, last_chance=horizon.front_left <= 1,
                worthless_after=not desk.rule.banked, backstop=quote.backstop, lot=desk.rule.lot, tick=desk.rule.tick,
            )  # fmt: skip
            batches.append(complier.orders(rule, view))
        return batches
