"""A market outside the model that trades the same right: a price path and a finite depth.

At a net import of z units a year the outside price is ``price_y + slope·z`` (exports are z < 0), between two limits. A
province is small in the nation: with this market open, a provincial cap moves imports rather than the price.
"""

import numpy as np
import numpy.typing as npt

from market.rules import Rule, parameter

Floats = npt.NDArray[np.float64]


class OutsideMarket(Rule):
    """A priced supply of rights: path by year, depth and limits."""

    price: dict[int, float] = parameter(
        description="outside price by calendar year; interpolated between, held outside",
        unit="money/unit",
        min_length=1,
    )
    slope: float = parameter(
        description="rise of the outside price per unit imported in a year", unit="money/unit²", ge=0
    )
    import_limit: float = parameter(description="largest net import in a year", unit="units/year", ge=0)
    export_limit: float = parameter(description="largest net export in a year", unit="units/year", ge=0)

    def prices(self, years: npt.NDArray[np.int64]) -> Floats:
        """Return the outside price at no net trade, by year (T,)."""
        known = sorted(self.price)
        return np.interp(
            years.astype(np.float64),
            np.array(known, dtype=np.float64),
            np.array([self.price[y] for y in known]),
        )
