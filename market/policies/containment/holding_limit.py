"""A holding limit: no owner may come to hold more than a number or a share of the rights in circulation."""

from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import model_validator

from market.orders import BUY, Bytes, Ints
from market.rules import Rule, parameter


class HoldingLimit(Rule):
    """Cuts buy orders back so that all of them together, if filled, stay within the limit; or turns them away.

    The dearest bids of an owner are served first, then those that came first. Sells of the same batch make no room:
    they may not trade. ``reject`` turns away the first bid that does not fit and those served after it. Who is above
    the limit already (by allocation) keeps what it has and buys nothing.

    Source: California's holding limit, 17 CCR § 95920; China's interim rules (2021) let the exchange set one.
    """

    kind: Literal["holding_limit"] = parameter("holding_limit", description="largest holding of an owner")
    units: float | None = parameter(None, description="largest holding", unit="units", ge=0)
    share: float | None = parameter(None, description="largest share of the rights in circulation", gt=0, le=1)
    outside: Literal["cut", "reject"] = parameter(
        "cut", description="cut an order back to what is allowed, or turn away every order that does not fit as a whole"
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.units is None) == (self.share is None):
            raise ValueError("state the largest holding in units or as a share, and not both")
        return self

    def limit(self, circulation: int, lot: float) -> int:
        """Return the largest holding in lots, for rights of ``circulation`` lots of ``lot`` units."""
        if self.units is not None:
            return int(self.units / lot + 1e-9)
        return int((self.share or 0.0) * circulation + 1e-9)

    def allowed(self, owner: npt.ArrayLike, side: Bytes, price: Ints, quantity: Ints, held: Ints, limit: int) -> Ints:
        """Return how many lots (n,) of each order may go on; sells go on as they are.

        Parameters
        ----------
        owner : (n,) row of the owner of each order's account. held : lots by owner, with what its open bids would add.
        """
        who = np.asarray(owner, dtype=np.int64)
        result = quantity.copy()
        buys = np.flatnonzero(side == BUY)
        buys = buys[np.lexsort((buys, -price[buys], who[buys]))]
        rows = who[buys]
        first = np.searchsorted(rows, rows)
        room = np.maximum(0, limit - held)[rows]
        total = np.cumsum(quantity[buys])
        before = total - quantity[buys]
        own = before - before[first]
        if self.outside == "cut":
            result[buys] = np.clip(room - own, 0, quantity[buys])
        else:
            result[buys] = np.where(own + quantity[buys] <= room, quantity[buys], 0)
        return result
