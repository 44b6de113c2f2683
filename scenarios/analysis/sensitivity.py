"""Which parameters matter for an outcome: Sobol indices, Morris effects, first-order indices of any sample.

The value of a point is its mean over seeds. With two or more seeds a point the noise that seeds leave in these means is
known: Sobol and first-order indices are those of the expected outcome, with the noise taken out, and ``noise_share``
says how much of the variance between points it was. With one seed neither can be done: noise then counts as
interaction of all parameters, and intervals hold for that seed only. Intervals cover the choice of points and of seeds.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from scenarios.analysis import correlation_ratio, morris, sobol
from scenarios.analysis.intervals import interval, seed_errors
from scenarios.analysis.replicates import Floats, Replicates, replicates

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.sweeps.parameters import Parameter

Rows = Literal["point", "world", "policy"]
COLUMNS = (
    "outcome", "parameter", "other", "index", "value", "low", "high", "n", "left_out", "failed", "noise_share",
)  # fmt: skip
RANKED_BY = ("total", "mu_star", "first")
"""By which index parameters are ranked: the first of these that a method gives."""
CONFIDENCE = 0.95
RESAMPLES = 200


def sensitivity(
    runs: "pd.DataFrame", parameters: "Sequence[Parameter]", outcomes: Sequence[str], rule: str = "",
    sample: Floats | None = None, rows: Rows = "point", confidence: float = CONFIDENCE, resamples: int = RESAMPLES,
    seed: int = 0,
) -> "pd.DataFrame":  # fmt: skip
    """Return how much each parameter matters, by the method that fits the design.

    Parameters
    ----------
    runs : the frame of runs.
    rule : what the design is called; ``sobol`` and ``morris`` need the sample, any other takes the points as they are.
    sample : (rows, parameters) the design in the unit cube, its columns in the order of the parameters.
    rows : the column of the runs that numbers the rows of the sample: ``point``, or ``world`` where the sample is of
        uncertainties and the runs are those of one policy.
    resamples, seed : of the bootstrap over base samples, trajectories or points.

    Returns
    -------
    A row per outcome, parameter and index. ``index`` is ``first``, ``total`` or ``second`` (of ``parameter`` with
    ``other``), shares of variance; or ``mu``, ``mu_star``, ``sigma`` and ``noise``, in the outcome's unit over the
    parameter's whole range. ``n`` counts the base samples, trajectories, points, worlds or policies used, ``left_out``
    those with a point of which no run has a value, ``failed`` runs without a value. ``attrs`` has the ``method`` and
    the units by outcome.
    """
    if rule == "sobol" and sample is not None:
        return sobol_indices(runs, parameters, outcomes, sample, rows, confidence, resamples, seed)
    if rule == "morris" and sample is not None:
        return morris_effects(runs, parameters, outcomes, sample, rows, confidence, resamples, seed)
    return first_order(runs, parameters, outcomes, confidence, resamples, seed)


def sobol_indices(
    runs: "pd.DataFrame", parameters: "Sequence[Parameter]", outcomes: Sequence[str], sample: Floats,
    rows: Rows = "point", confidence: float = CONFIDENCE, resamples: int = RESAMPLES, seed: int = 0,
) -> "pd.DataFrame":  # fmt: skip
    """Return first- and total-order Sobol indices, and second-order ones where they were sampled; see `sensitivity`."""
    sample = np.asarray(sample, dtype=np.float64)
    blocks = sobol.blocks_of(sample)
    if blocks is None:
        raise ValueError("the sample is not a Sobol sample in SALib's order; pass the whole sample of the design")
    names = [parameter.name for parameter in parameters]
    pairs = [(one, other) for at, one in enumerate(names) for other in names[at + 1 :]]
    labels = [(name, "", index) for index in ("first", "total") for name in names]
    labels += [(one, other, "second") for one, other in pairs] if blocks.ba.shape[1] else []

    def measured(values: Replicates) -> _Measured:
        whole, left_out = sobol.whole_blocks(blocks, values.means)

        def measure(means: Floats) -> Floats:
            return np.concatenate(sobol.indices(means, values.errors, whole))

        by_block = sobol.block_errors(values, whole, resamples, np.random.default_rng(seed))
        by_seed = seed_errors(measure, values)
        return _Measured(labels, measure(values.means), np.concatenate(by_block), by_seed, len(whole.a), left_out)

    return _table(runs, outcomes, rows, len(sample), measured, confidence, "sobol")


def morris_effects(
    runs: "pd.DataFrame", parameters: "Sequence[Parameter]", outcomes: Sequence[str], sample: Floats,
    rows: Rows = "point", confidence: float = CONFIDENCE, resamples: int = RESAMPLES, seed: int = 0,
) -> "pd.DataFrame":  # fmt: skip
    """Return the mean, the mean size and the standard deviation of elementary effects; see `sensitivity`.

    They are SALib's, of means over seeds, and noise is not taken out of them: ``noise`` is the standard deviation that
    seeds alone give an elementary effect. A ``sigma`` of that size is no sign of interactions, and a ``mu_star`` of
    √(2/π) of it no sign of an effect.
    """
    sample = np.asarray(sample, dtype=np.float64)
    steps = morris.trajectories_of(sample)
    if steps is None:
        raise ValueError(
            "the sample is not a Morris sample in SALib's order; pass that of the design with all its rows"
        )
    names = [parameter.name for parameter in parameters]
    labels = [(name, "", index) for index in ("mu", "mu_star", "sigma", "noise") for name in names]

    def measured(values: Replicates) -> _Measured:
        known = np.isfinite(values.means)
        whole = (known[steps.before] & known[steps.after]).all(axis=1)
        used = steps.of(whole)
        number = len(used.before)
        nothing = np.full(len(names), np.nan)
        noise = np.sqrt((morris.effects(values.errors, used) ** 2).sum(axis=2).mean(axis=0)) if number else nothing
        if not number:
            return _Measured(labels, *(np.full(len(labels), np.nan),) * 3, 0, int((~whole).sum()))
        of_whole = np.repeat(whole, len(names) + 1)
        found = morris.by_salib(sample[of_whole], values.means[of_whole], used.levels)
        rng = np.random.default_rng(seed)
        by_trajectory = morris.measure_errors(morris.effects(values.means, used), resamples, rng).ravel()
        by_seed = seed_errors(lambda means: morris.measures(morris.effects(means, used)).ravel(), values)
        value = np.concatenate([found.ravel(), noise if values.replicated else nothing])
        return _Measured(
            labels, value, np.concatenate([by_trajectory, nothing]), np.concatenate([by_seed, nothing]), number,
            int((~whole).sum()),
        )  # fmt: skip

    return _table(runs, outcomes, rows, len(sample), measured, confidence, "morris")


def first_order(
    runs: "pd.DataFrame", parameters: "Sequence[Parameter]", outcomes: Sequence[str], confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES, seed: int = 0,
) -> "pd.DataFrame":  # fmt: skip
    """Return first-order indices of any sample, see `correlation_ratio`; parameters with one value are left out.

    Where policies are crossed with worlds, the independent units are the worlds for an uncertainty and the policies for
    a lever, and the value of a unit is its mean over the others. Where a lever has each of its values in one policy
    only, the policies are all there is: chance cannot be told from effect, and there is no interval.
    """
    varied = [parameter for parameter in parameters if runs[parameter.name].nunique() > 1]
    crossed = runs["point"].nunique() > max(runs["policy"].nunique(), runs["world"].nunique())
    sides = {"lever": ("policy", "world"), "uncertainty": ("world", "policy")}
    layout = runs.drop_duplicates("point").set_index("point")
    labels = [(parameter.name, "", "first") for parameter in varied]

    def measured(values: Replicates) -> _Measured:
        points = np.flatnonzero(np.isfinite(values.means))
        used = values.of(points)
        noise = (used.errors**2).sum(axis=1)
        columns = layout.reindex(points)
        rng = np.random.default_rng(seed)
        found = []
        for parameter in varied:
            own, other = sides[parameter.role] if crossed else ("point", "")
            unit = points if own == "point" else columns[own].to_numpy()
            alone = crossed and [one.role for one in varied].count(parameter.role) == 1
            crossed_with = columns[other] if other else None
            units = correlation_ratio.units_of(columns[parameter.name], unit, crossed_with, alone)
            value, by_unit = correlation_ratio.share_and_error(used, units, resamples, rng)
            by_seed = seed_errors(lambda means: correlation_ratio.share(means, noise, units), used)  # noqa: B023
            every = layout.index.nunique() if own == "point" else runs[own].nunique()
            found.append((value, by_unit, float(by_seed), units.number, every - units.number))
        value, by_unit, by_seed, number, left_out = (np.array(column) for column in zip(*found, strict=True))
        return _Measured(labels, value, by_unit, by_seed, number, left_out)

    count = int(runs["point"].max()) + 1 if len(runs) else 0
    return _table(runs, outcomes, "point", count, measured, confidence, "first_order")


def ranking(indices: "pd.DataFrame") -> "pd.DataFrame":
    """Return the rows of the index that parameters are ranked by, largest first, with their ``rank`` by outcome."""
    present = set(indices["index"])
    by = next((index for index in RANKED_BY if index in present), RANKED_BY[-1])
    rows = indices[indices["index"] == by].sort_values(["value"], ascending=False, kind="stable")
    rows = rows.assign(rank=rows.groupby("outcome", sort=False).cumcount() + 1)
    order = {outcome: at for at, outcome in enumerate(dict.fromkeys(indices["outcome"]))}
    rows = rows.sort_values("outcome", key=lambda column: column.map(order), kind="stable").reset_index(drop=True)
    rows.attrs = dict(indices.attrs)
    return rows


class _Measured(NamedTuple):
    """What a method found of one outcome: a value and two standard errors a label."""

    labels: list[tuple[str, str, str]]
    value: Floats
    by_unit: Floats
    by_seed: Floats
    n: "int | npt.NDArray[np.int64]"
    left_out: "int | npt.NDArray[np.int64]"


def _table(
    runs: "pd.DataFrame", outcomes: Sequence[str], rows: Rows, count: int, measured: Callable[[Replicates], _Measured],
    confidence: float, method: str,
) -> "pd.DataFrame":  # fmt: skip
    import pandas as pd

    units = runs.attrs.get("units", {})
    parts = []
    for outcome in outcomes:
        values = replicates(runs, outcome, rows, count)
        one = measured(values)
        low, high = interval(
            one.value, one.by_unit, one.by_seed, np.asarray(one.n), values.errors.shape[1], confidence
        )  # fmt: skip
        parts.append(
            pd.DataFrame(
                {
                    "outcome": outcome,
                    "parameter": [label[0] for label in one.labels], "other": [label[1] for label in one.labels],
                    "index": [label[2] for label in one.labels], "value": one.value, "low": low, "high": high,
                    "n": one.n, "left_out": one.left_out, "failed": values.failed, "noise_share": values.noise_share,
                },
                columns=list(COLUMNS),
            )
        )  # fmt: skip
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    table.attrs = {"method": method, "units": {outcome: units[outcome] for outcome in outcomes if outcome in units}}
    return table
