"""Sobol indices of a Saltelli sample, with the noise of seeds taken out and in the intervals."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scenarios.analysis.replicates import Floats, Replicates

Ints = npt.NDArray[np.int64]


class Indices(NamedTuple):
    """First and total order (parameters,), second order (pairs,), empty where it was not sampled."""

    first: Floats
    total: Floats
    second: Floats


class Blocks(NamedTuple):
    """The rows of a Saltelli sample by base sample: a (N,), b (N,), ab (N, D), ba (N, D) or (N, 0)."""

    a: Ints
    b: Ints
    ab: Ints
    ba: Ints


def blocks_of(sample: Floats) -> Blocks | None:
    """Return the rows of each base sample in SALib's order; None where the sample is no Saltelli sample.

    With D columns a base sample has D + 2 rows, or 2 D + 2 where second-order indices were asked for. Which of the two
    shows in the points themselves: row D + 1 ends the shorter block and has the value of B in every column.
    """
    rows, columns = sample.shape
    for second in (False, True):
        step = (2 if second else 1) * columns + 2
        if rows == 0 or rows % step:
            continue
        start = np.arange(0, rows, step)
        steps = np.arange(columns)
        a, b = start, start + step - 1
        ab = start[:, None] + 1 + steps
        ba = ab + columns if second else ab[:, :0]
        own = np.broadcast_to(np.eye(columns, dtype=bool), (len(start), columns, columns))
        if not np.array_equal(sample[ab], np.where(own, sample[b][:, None], sample[a][:, None])):
            continue
        if second and not np.array_equal(sample[ba], np.where(own, sample[a][:, None], sample[b][:, None])):
            continue
        return Blocks(a, b, ab, ba)
    return None


def whole_blocks(blocks: Blocks, means: Floats) -> tuple[Blocks, int]:
    """Return the base samples all of whose rows have a value, and how many were left out."""
    known = np.isfinite(means)
    whole = known[blocks.a] & known[blocks.b] & known[blocks.ab].all(axis=1) & known[blocks.ba].all(axis=1)
    return Blocks(*(rows[whole] for rows in blocks)), int((~whole).sum())


def indices(means: Floats, errors: Floats, blocks: Blocks) -> Indices:
    """Return the indices of the expected outcome.

    SALib gives the indices of the means over seeds (first order: Saltelli et al. 2010; total: Jansen 1999; second:
    Saltelli 2002), each a mean of products of two rows over the variance. The seeds' part of such a product is the
    covariance of the two means, and of the variance the mean variance of the means; both are known from the errors
    and are subtracted. Without that the total order of a parameter that does nothing would be the seeds' share.

    Parameters
    ----------
    means, errors : of the rows of the design, see `replicates`.
    """
    from SALib.analyze import sobol

    a, b, ab, ba = (means[rows] for rows in blocks)
    noise_a, noise_b, noise_ab, noise_ba = (errors[rows] for rows in blocks)
    size = ab.shape[1]
    both = np.concatenate([a, b])
    variance = float(both.var()) if both.size else 0.0
    nothing = np.full(size, np.nan)
    pairs = np.triu_indices(size, 1) if ba.shape[1] else (np.empty(0, dtype=np.int64),) * 2
    if len(a) < 2 or variance <= (1e-12 * np.abs(both).max(initial=0.0)) ** 2:
        return Indices(nothing, nothing, np.full(len(pairs[0]), np.nan))
    centre = np.concatenate([both, ab.ravel(), ba.ravel()]).mean()
    a, b, ab, ba = a - centre, b - centre, ab - centre, ba - centre
    wide_a, wide_b = (np.broadcast_to(one[:, None], ab.shape) for one in (a, b))
    noise = float((np.concatenate([noise_a, noise_b]) ** 2).sum(axis=1).mean())
    left = variance - noise
    if left <= 0.0:  # seeds explain all there is: nothing to share out
        return Indices(nothing, nothing, np.full(len(pairs[0]), np.nan))
    apart = noise_ab - noise_a[:, None]
    first_noise = np.einsum("ns,nds->d", noise_b, apart) / len(a)
    total_noise = 0.5 * np.einsum("nds,nds->d", apart, apart) / len(a)
    first = (sobol.first_order(wide_a, ab, wide_b) * variance - first_noise) / left
    total = (sobol.total_order(wide_a, ab, wide_b) * variance - total_noise) / left
    if not ba.shape[1]:
        return Indices(first, total, np.empty(0))
    j, k = pairs
    wide_a, wide_b = (np.broadcast_to(one[:, None], (len(a), len(j))) for one in (a, b))
    second_noise = np.einsum("nds,nds->d", noise_ba[:, j], noise_ab[:, k]) - np.einsum("ns,ns->", noise_a, noise_b)
    second_noise = second_noise / len(a) - first_noise[j] - first_noise[k]
    plain = sobol.second_order(wide_a, ab[:, j], ab[:, k], ba[:, j], wide_b)
    return Indices(first, total, (plain * variance - second_noise) / left)


def block_errors(values: Replicates, blocks: Blocks, resamples: int, rng: np.random.Generator) -> Indices:
    """Return the standard errors of the indices that come from base samples, which are drawn with replacement."""
    number = len(blocks.a)
    if number < 2:
        return Indices(*(np.full_like(one, np.nan) for one in indices(values.means, values.errors, blocks)))
    drawn = []
    for _ in range(resamples):
        chosen = rng.integers(number, size=number)
        drawn.append(indices(values.means, values.errors, Blocks(*(rows[chosen] for rows in blocks))))
    return Indices(*(np.std(column, axis=0, ddof=1) for column in zip(*drawn, strict=True)))
