"""One instrument over several years: banking without borrowing, by windows at the ends of which the bank runs out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.reference.competitive import abatement, abatement_cost, clearing_price, largest_abatement
from market.reference.problem import fitted
from market.technology import Floats


@dataclass(frozen=True, slots=True)
class IntertemporalEquilibrium:
    """Prices (T,) in the money of each year, emissions (T, n), bank (T,) after each year, present value of cost."""

    price: Floats
    emissions: Floats
    bank: Floats
    cost: float


def intertemporal_equilibrium(
    intercept: npt.ArrayLike,
    slope: npt.ArrayLike,
    baseline: npt.ArrayLike,
    permits: npt.ArrayLike,
    discount_rate: float,
    initial_bank: float = 0.0,
    borrowing: bool = False,
    backstop: float = np.inf,
) -> IntertemporalEquilibrium:
    """Return the equilibrium of one market over T years with foresight (Rubin 1996), exact by the taut string.

    From the first year of a window the discounted price is ``max_τ q^τ``, where ``q^τ`` clears cumulative emissions up
    to τ against cumulative permits and the bank; the price grows at the discount rate until that τ, where the bank is
    empty, and the next window starts. With borrowing there is one window. The end bank is worthless.

    Parameters
    ----------
    intercept, slope : 1-D over firms; marginal cost ``intercept + slope·a``, ``0 <= a <= baseline``.
    baseline : (T, n) or (n,) units a year. permits : (T,) units a year.
    discount_rate : a year; the first year is not discounted.
    initial_bank : units usable from the first year.
    borrowing : rights of later years may be used at par.
    backstop : money per unit at which a shortfall is planned; emissions then exceed permits, and its cost counts.

    Raises
    ------
    ValueError
        On NaN, shapes that do not fit, or a negative slope, baseline, permit or bank; names the argument.
    """
    rights = np.atleast_1d(fitted("permits", permits, least=0.0))
    if rights.ndim != 1 or rights.size == 0:
        raise ValueError(f"permits: expected one number a year, got shape {rights.shape}")
    flow = np.atleast_1d(fitted("baseline", baseline, least=0.0))
    if flow.ndim > 2 or (flow.ndim == 2 and flow.shape[0] != rights.size):
        raise ValueError(f"baseline: expected shape (firms,) or ({rights.size}, firms), got {flow.shape}")
    alpha, beta = fitted("intercept", intercept), fitted("slope", slope, least=0.0)
    n = max(flow.shape[-1], alpha.size, beta.size) if flow.shape[-1] == 1 else flow.shape[-1]
    alpha, beta = fitted("intercept", alpha, (n,)), fitted("slope", beta, (n,))
    u = fitted("baseline", flow, (rights.size, n))
    rate = float(fitted("discount_rate", discount_rate, ()))
    if rate <= -1.0:
        raise ValueError(f"discount_rate: must be above -1, got {rate:g}")
    bank = float(fitted("initial_bank", initial_bank, (), least=0.0))
    ceiling = float(fitted("backstop", backstop, (), least=0.0, infinite=True))
    discount = (1.0 + rate) ** -np.arange(rights.size, dtype=np.float64)
    market = _Market(discount[:, None] * alpha, discount[:, None] * beta, u, rights, discount * ceiling)

    price, done, shortfall = np.zeros(rights.size), np.zeros_like(u), np.zeros(rights.size)
    start = 0
    while start < rights.size:
        supply = bank if start == 0 else 0.0
        ends = [rights.size - 1] if borrowing else range(start, rights.size)
        q, end = market.binding_window(start, ends, supply)
        years = slice(start, end + 1)
        done[years], shortfall[end] = market.window_abatement(start, end, q, supply)
        price[years] = q / discount[years]
        start = end + 1
    emissions = u - done
    held = bank + np.cumsum(rights + shortfall - emissions.sum(axis=1))
    held[np.abs(held) <= 1e-11 * float(u.sum() + rights.sum() + bank)] = 0.0
    spent = abatement_cost(done, market.alpha, market.beta).sum()
    if shortfall.any():
        spent += (discount * ceiling * shortfall).sum()
    return IntertemporalEquilibrium(np.minimum(price, ceiling), emissions, held, float(spent))


@dataclass(frozen=True, slots=True)
class _Market:
    """Marginal costs in present value: firm i in year t is a firm of one big market at discounted prices (T, n)."""

    alpha: Floats
    beta: Floats
    u: Floats
    rights: Floats
    ceiling: Floats

    def _window(self, start: int, end: int) -> tuple[Floats, Floats, Floats]:
        years = slice(start, end + 1)
        return self.alpha[years].ravel(), self.beta[years].ravel(), self.u[years].ravel()

    def binding_window(self, start: int, ends: "list[int] | range", supply: float) -> tuple[float, int]:
        """Return the highest clearing discounted price over the windows from ``start`` and the end of its window."""
        q = 0.0
        for end in ends:
            firms = self._window(start, end)
            required = self._required(start, end, supply)
            if q >= self.ceiling[end] or largest_abatement(q, *firms) >= required - 1e-13 * float(firms[2].sum()):
                continue
            q = max(q, min(clearing_price(*firms, required, lowest=True), float(self.ceiling[end])))
        last, most = ends[-1], -np.inf
        if q > 0.0:
            # A step at q may serve several windows: the one that asks most of it is the one that ends with no bank.
            for end in ends:
                firms = self._window(start, end)
                missing = self._required(start, end, supply) - float(abatement(q, *firms).sum())
                if q <= self.ceiling[end] * (1.0 + 1e-12) and missing >= most - 1e-12 * float(firms[2].sum()):
                    last, most = end, max(missing, most)
        return q, last

    def _required(self, start: int, end: int, supply: float) -> float:
        return float(self.u[start : end + 1].sum() - self.rights[start : end + 1].sum()) - supply

    def window_abatement(self, start: int, end: int, q: float, supply: float) -> tuple[Floats, float]:
        """Return abatement (years, n) at ``q`` and the shortfall; steps at that price are used early."""
        alpha, beta, u = self._window(start, end)
        done = abatement(q, alpha, beta, u)
        missing = self._required(start, end, supply) - float(done.sum())
        tied = np.flatnonzero((beta <= 0.0) & (alpha == q))
        if tied.size and (missing > 0.0 or q == 0.0):
            before = np.concatenate([[0.0], np.cumsum(u[tied])[:-1]])
            used = u[tied] if q == 0.0 else np.clip(missing - before, 0.0, u[tied])
            done[tied] = used
            missing -= float(used.sum())
        short = missing if 0.0 < self.ceiling[end] <= q and missing > 0.0 else 0.0
        if self.ceiling[end] == 0.0:
            short = max(0.0, missing)
        return done.reshape(end - start + 1, -1), short
