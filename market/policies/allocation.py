"""Initial allocation: how a cap reaches the accounts.

A share of the cap is free, a share is offered at a posted base price and a share is auctioned; what is free is divided
by past flows (grandfathering) or by output times a benchmark, with a pre-allocation and a later true-up.
"""

from functools import cache
from types import ModuleType
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from market.policies.unsold import UnsoldVolume
from market.rules import Rule, parameter

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class _Allocation(Rule):
    auction_share: float = parameter(
        0.0, description="share of the cap sold by auction in equal parts each period", ge=0, le=1
    )
    reserve_price: float = parameter(0.0, description="lowest price of the auction", unit="money/unit", ge=0)
    unsold: UnsoldVolume | None = parameter(
        None,
        description="what becomes of lots that an auction leaves; not given: they join the year's later auctions in"
        " equal parts",
    )
    paid_share: float = parameter(0.0, description="share of the cap offered at the base price", ge=0, le=1)
    base_price: float = parameter(0.0, description="posted price of the paid share", unit="money/unit", ge=0)

    @model_validator(mode="after")
    def _shares(self) -> "_Allocation":
        if self.auction_share + self.paid_share > 1.0:
            raise ValueError("auction_share and paid_share add up to more than 1")
        return self

    @property
    def free_share(self) -> float:
        """Share of the cap that is given away."""
        return 1.0 - self.auction_share - self.paid_share


class Grandfathering(_Allocation):
    """Free rights in proportion to the flows of the base year, issued at the start of each year."""

    kind: Literal["grandfathering"] = parameter("grandfathering", description="by past flows")


class OutputBenchmark(_Allocation):
    """Free rights by output: ``factor · (sector's mean intensity) · output · (1 − tightening)^(y − y0)``.

    A share of the year's expected entitlement is issued at its start; after verification the account is trued up to
    its actual output, which may leave a debt. Under an absolute cap all entitlements are scaled to the cap. The mean
    intensity is that of the base year; ``own_weight`` mixes in the account's own (1: pure own intensity).
    """

    kind: Literal["output_benchmark"] = parameter("output_benchmark", description="by output times a benchmark")
    factor: float = parameter(1.0, description="benchmark as a share of the sector's mean intensity", ge=0, le=2)
    sector_factor: dict[str, Annotated[float, Field(ge=0, le=2)]] = parameter(
        default_factory=dict, description="benchmark as a share of the mean intensity for single sectors"
    )
    own_weight: float = parameter(0.0, description="weight of the account's own intensity in its benchmark", ge=0, le=1)
    tightening: float = parameter(0.0, description="yearly tightening of the benchmark", unit="1/year", ge=-0.5, le=1)
    preallocation: float = parameter(
        0.7, description="share of the expected entitlement issued at the year's start", ge=0, le=1
    )


Allocation = Annotated[Grandfathering | OutputBenchmark, Field(discriminator="kind")]


def benchmark_credit(rule: OutputBenchmark, baseline: Floats, size: Floats, sector: Ints, factor: Floats) -> Floats:
    """Return the rights a year (n,) that full output of the base year earns before tightening.

    Parameters
    ----------
    baseline : (n,) flow a year at activity 1.
    size : (n,) output a year at activity 1; sectors are compared within themselves only.
    sector : (n,) sector of each account.
    factor : (sectors,) benchmark as a share of the sector's mean intensity.
    """
    output = np.bincount(sector, weights=size, minlength=factor.size)
    flow = np.bincount(sector, weights=baseline, minlength=factor.size)
    intensity = np.divide(flow, output, out=np.zeros_like(flow), where=output > 0)
    own = np.divide(baseline, size, out=np.zeros_like(baseline), where=size > 0)
    mixed = rule.own_weight * own + (1.0 - rule.own_weight) * intensity[sector]
    return np.where(baseline > 0, factor[sector] * mixed * size, 0.0)


def to_lots(amounts: Floats, lot: float, total: int | None = None) -> Ints:
    """Round amounts (n,) down to lots, then hand out what is missing to ``total`` lots by largest remainder.

    Without a total every amount is rounded down. Ties go to the lower row, so the result depends on nothing else.
    """
    given = np.ascontiguousarray(amounts, dtype=np.float64)
    if total is None:
        return np.floor(given / lot + 1e-9).astype(np.int64)
    lots = np.empty(given.shape[0], dtype=np.int64)
    too_many = _compiled().share_out(given, lot, total, lots)
    if too_many:  # amounts a hair below a whole lot were taken as whole: the ones furthest below give it back
        held = np.flatnonzero(lots > 0)
        lots[held[np.argsort((given / lot - lots)[held], kind="stable")][:too_many]] -= 1
    return lots


@cache
def _compiled() -> ModuleType:
    """Return the compiled loops; they are loaded when first used, because that takes longer than a schema needs."""
    from market.policies import allocation_kernel

    return allocation_kernel
