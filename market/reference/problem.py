"""What a least-cost plan is asked: technology, activity, rights by block, and what comes from outside the firms."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from market.technology import Floats, Technology


@dataclass(frozen=True, slots=True)
class OutsideSupply:
    """Rights bought from (z > 0) or sold to (z < 0) a market or a stock outside, at a price ``price + slope·z``.

    Resource cost of z is the area under that line, ``price·z + ½ slope·z²``; a stock sold at a price has slope 0.
    Every field is (T, K) or broadcasts to it: price in money per unit, slope in money per unit squared, limits in
    units a block.
    """

    price: npt.ArrayLike
    slope: npt.ArrayLike = 0.0
    import_limit: npt.ArrayLike = 0.0
    export_limit: npt.ArrayLike = 0.0

    def cost(self, imports: npt.ArrayLike) -> Floats:
        """Return the resource cost (T, K) of imports (T, K); exports are negative."""
        z = np.asarray(imports, dtype=np.float64)
        return np.asarray(self.price) * z + 0.5 * np.asarray(self.slope) * z * z


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """Least cost of meeting cumulative caps over T blocks (years, or parts of them) with K instruments.

    Attributes
    ----------
    technology : the firms and their measures.
    activity : (T, n) activity in each block; a part of a year is that fraction of a year's activity.
    permits : (T, K) rights that become usable in each block, units.
    discount_rate : a year, as a fraction.
    years : (T,) time of each block in years from now; default 0 … T−1.
    banking : (K,) whether unused rights carry over to later blocks; nothing can be borrowed.
    initial_bank : (K,) rights held at the start, usable from the first block.
    backstop : (T, K) money per unit at which any shortfall is met; inf: there must be none.
    baseline : (T, n, K) flow at activity 1 if it changes over time; default `technology.baseline`.
    outside : priced supply from outside the firms.
    """

    technology: Technology
    activity: npt.ArrayLike
    permits: npt.ArrayLike
    discount_rate: float
    years: npt.ArrayLike | None = None
    banking: npt.ArrayLike = True
    initial_bank: npt.ArrayLike = 0.0
    backstop: npt.ArrayLike = np.inf
    baseline: npt.ArrayLike | None = None
    outside: OutsideSupply | None = None

    def with_permits(self, permits: npt.ArrayLike) -> "PlanProblem":
        """Return the same problem under other caps."""
        return replace(self, permits=permits)


@dataclass(frozen=True, slots=True)
class PlanArrays:
    """A `PlanProblem` with every field an array of full shape; ``baseline`` is (1 or T, n, K)."""

    technology: Technology
    activity: Floats
    permits: Floats
    years: Floats
    discount: Floats
    banking: npt.NDArray[np.bool_]
    initial_bank: Floats
    backstop: Floats
    baseline: Floats
    outside_price: Floats
    outside_slope: Floats
    import_limit: Floats
    export_limit: Floats

    @property
    def backstop_or_zero(self) -> Floats:
        """The backstop where there is one, otherwise 0, so that shortfall times it is a number."""
        return np.where(np.isfinite(self.backstop), self.backstop, 0.0)


def full_arrays(problem: PlanProblem) -> PlanArrays:
    """Check a problem and spread its fields to full shape; ValueError names a field that does not fit."""
    technology = problem.technology
    n, instruments = technology.firms, technology.instruments
    permits = fitted("permits", problem.permits)
    if permits.ndim != 2 or permits.shape[1] != instruments or permits.shape[0] == 0:
        raise ValueError(f"permits: expected shape (blocks, {instruments}), got {permits.shape}")
    shape = permits.shape
    blocks = shape[0]
    years = np.arange(blocks, dtype=np.float64) if problem.years is None else problem.years
    times = fitted("years", years, (blocks,))
    rate = fitted("discount_rate", problem.discount_rate, ())
    if rate <= -1.0:
        raise ValueError(f"discount_rate: must be above -1, got {float(rate)}")
    base = technology.baseline[None] if problem.baseline is None else problem.baseline
    baseline = fitted("baseline", base)
    if baseline.ndim != 3 or baseline.shape[0] not in {1, blocks} or baseline.shape[1:] != (n, instruments):
        raise ValueError(f"baseline: expected shape ({blocks}, {n}, {instruments}), got {baseline.shape}")
    outside = problem.outside or OutsideSupply(0.0)
    return PlanArrays(
        technology=technology,
        activity=fitted("activity", problem.activity, (blocks, n), least=0.0),
        permits=permits,
        years=times,
        discount=(1.0 + float(rate)) ** -times,
        banking=np.ascontiguousarray(np.broadcast_to(np.asarray(problem.banking, dtype=bool), (instruments,))),
        initial_bank=fitted("initial_bank", problem.initial_bank, (instruments,)),
        backstop=fitted("backstop", problem.backstop, shape, least=0.0, infinite=True),
        baseline=baseline,
        outside_price=fitted("outside.price", outside.price, shape),
        outside_slope=fitted("outside.slope", outside.slope, shape, least=0.0),
        import_limit=fitted("outside.import_limit", outside.import_limit, shape, least=0.0),
        export_limit=fitted("outside.export_limit", outside.export_limit, shape, least=0.0),
    )


def fitted(
    name: str,
    values: npt.ArrayLike,
    shape: tuple[int, ...] | None = None,
    *,
    least: float = -np.inf,
    infinite: bool = False,
) -> Floats:
    """Return a fresh float array of ``shape``, or raise a ValueError that names the argument and what is wrong."""
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: expected numbers in a regular array") from error
    if shape is not None and array.shape != shape:
        try:
            array = np.array(np.broadcast_to(array, shape))
        except ValueError as error:
            raise ValueError(f"{name}: expected shape {shape} or one that spreads to it, got {array.shape}") from error
    lowest, highest = float(array.min(initial=np.inf)), float(array.max(initial=-np.inf))
    if np.isnan(lowest):
        raise ValueError(f"{name}: has {int(np.isnan(array).sum())} missing value(s) (NaN)")
    if not infinite and array.size and (np.isinf(lowest) or np.isinf(highest)):
        raise ValueError(f"{name}: must be finite")
    if lowest < least:
        raise ValueError(f"{name}: must not be below {least:g}, got {lowest:g}")
    return np.ascontiguousarray(array) if array.ndim else array
