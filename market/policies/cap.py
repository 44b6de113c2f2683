"""Caps: how many rights are issued for each compliance year.

Each rule is a frozen class with ``levels(context) -> (T,)``, in units of the instrument. A cap never turns negative.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator

from market.rules import Rule, parameter

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CapContext:
    """What a cap may depend on: the years (T,), an output index (T,) and the available water (T,), both 1 if normal."""

    years: npt.NDArray[np.int64]
    output_index: Floats
    water_index: Floats


class _Cap(Rule):
    absolute_from: int | None = parameter(
        None,
        description="first year in which the cap is absolute; before it an output benchmark issues what output earns",
        unit="year",
    )

    def binds(self, years: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Return (T,) whether the total is fixed in each year, rather than earned by output."""
        if self.absolute_from is None:
            return np.ones(years.shape, dtype=np.bool_)
        return np.asarray(years >= self.absolute_from)


class LinearCap(_Cap):
    """A cap that falls by the same number of rights each year: ``initial · max(0, 1 − factor·(y − y0))``."""

    kind: Literal["linear"] = parameter("linear", description="a linear reduction factor")
    initial: float = parameter(description="cap of the first year", unit="units/year", ge=0)
    factor: float = parameter(
        0.0, description="yearly reduction as a share of the first cap", unit="1/year", ge=-1, le=1
    )

    def levels(self, context: CapContext) -> Floats:
        """Return the cap of each year (T,)."""
        elapsed = (context.years - context.years[0]).astype(np.float64)
        return np.maximum(0.0, self.initial * (1.0 - self.factor * elapsed))


class TableCap(_Cap):
    """Caps by year; between two given years the cap is interpolated, outside them the nearest holds."""

    kind: Literal["table"] = parameter("table", description="a cap for each year named")
    values: dict[int, Annotated[float, Field(ge=0)]] = parameter(
        description="cap by calendar year", unit="units/year", min_length=1
    )

    @field_validator("values")
    @classmethod
    def _years(cls, values: dict[int, float]) -> dict[int, float]:
        wrong = [year for year in values if not 1900 <= year <= 2200]
        if wrong:
            raise ValueError(f"years must lie between 1900 and 2200, got {wrong}")
        return dict(sorted(values.items()))

    def levels(self, context: CapContext) -> Floats:
        """Return the cap of each year (T,)."""
        years = np.array(list(self.values), dtype=np.float64)
        return np.interp(context.years.astype(np.float64), years, np.array(list(self.values.values())))


class GrowthCap(_Cap):
    """A cap that follows an index of output: ``initial · index_y^elasticity · (1 − tightening)^(y − y0)``."""

    kind: Literal["growth"] = parameter("growth", description="follows an output index")
    initial: float = parameter(description="cap of the first year", unit="units/year", ge=0)
    elasticity: float = parameter(1.0, description="percent change of the cap per percent of output", ge=0, le=2)
    tightening: float = parameter(0.0, description="yearly tightening", unit="1/year", ge=-0.5, le=1)

    def levels(self, context: CapContext) -> Floats:
        """Return the cap of each year (T,)."""
        elapsed = (context.years - context.years[0]).astype(np.float64)
        return self.initial * context.output_index**self.elasticity * (1.0 - self.tightening) ** elapsed


class WaterShareCap(_Cap):
    """A share of the water that is there: ``share · volume · min(1, index_y)``, cut pro rata in a dry year.

    A wet year does not raise it: ``total`` is an upper limit where one is set (the control total of water use).
    """

    kind: Literal["water_share"] = parameter("water_share", description="share of available water")
    volume: float = parameter(description="water available in a normal year", unit="units/year", ge=0)
    share: float = parameter(description="share of it that may be withdrawn", ge=0, le=1)
    total: float | None = parameter(None, description="control total that no year exceeds", unit="units/year", ge=0)
    tightening: float = parameter(0.0, description="yearly tightening of the share", unit="1/year", ge=-0.5, le=1)

    def levels(self, context: CapContext) -> Floats:
        """Return the cap of each year (T,)."""
        elapsed = (context.years - context.years[0]).astype(np.float64)
        available = self.share * self.volume * np.minimum(1.0, context.water_index) * (1.0 - self.tightening) ** elapsed
        return available if self.total is None else np.minimum(available, self.total)


Cap = Annotated[LinearCap | TableCap | GrowthCap | WaterShareCap, Field(discriminator="kind")]
