"""Banking: what of a vintage may be carried over when its deadline has passed; the rest expires.

Carrying over converts rights of vintage v into rights of vintage v + 1 (as China does from 2025 and the EU did between
its phases), so every right is valid until the deadline of the vintage that it carries.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

from market.rules import Rule, parameter

Ints = npt.NDArray[np.int64]


class CarryOverLimit(Rule):
    """A limit by account: ``base + per_net_sale · net sales of the vintage`` up to and including a year."""

    through: int = parameter(description="last vintage under this limit", unit="year")
    base: float = parameter(description="rights that every account may carry over", unit="units", ge=0)
    per_net_sale: float = parameter(0.0, description="further rights per right sold net", ge=0)


class Banking(Rule):
    """Rules of carry-over: none, full, or limited by account up to a year and full afterwards."""

    kind: Literal["none", "full", "limited"] = parameter("none", description="none, full or limited by account")
    limits: tuple[CarryOverLimit, ...] = parameter(
        (), description="limits in force, for kind 'limited', in order of their last year"
    )

    def limit_for(self, year: int) -> CarryOverLimit | None:
        """Return the limit on a vintage, or None where carry-over is free."""
        if self.kind == "limited":
            for limit in self.limits:
                if year <= limit.through:
                    return limit
        return None

    def carried(self, year: int, left: Ints, net_sales: Ints, lot: float) -> Ints:
        """Return how many lots (n,) of what is left of a vintage live on; the rest expires."""
        if self.kind == "none":
            return np.zeros_like(left)
        limit = self.limit_for(year)
        if limit is None:
            return left.copy()
        allowed = limit.base / lot + limit.per_net_sale * np.maximum(net_sales, 0)
        return np.minimum(left, np.floor(allowed + 1e-9).astype(np.int64))
