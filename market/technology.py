"""What firms can do about their flows: measures with effect vectors, overlap groups and the last resort.

A measure costs ``intercept·x + ½·slope·x²`` a year and lowers *every* flow of its firm by its effect column. Measures
act per unit of activity: a firm whose activity is ``a`` (1 in the base year) and that cuts a share ``y`` of it emits

    e_k = a (1 − y) (baseline_k − Σ_m effect_mk x_m)
    cost = a [ (1 − y) Σ_m (intercept_m x_m + ½ slope_m x_m²) + margin·y + ½ output_slope·y² ]

so two firms merged are one firm of twice the activity, and no flow can turn negative if none does at activity 1 with
every measure at its limit, which `Technology.check` refuses. In a year of N periods each period uses 1/N of a year at
the same levels, so costs stated per year hold (monthly slope is N times the annual one).
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NO_GROUP = -1


@dataclass(frozen=True, slots=True)
class Technology:
    """Baselines and measures of n firms, M measures at most each, K instruments; rows are firms.

    Attributes
    ----------
    baseline : (n, K) flow a year at activity 1, in the instrument's unit.
    effect : (n, M, K) reduction of each flow per unit of a measure's level; negative where a measure adds to a flow.
    intercept, slope, limit : (n, M) money per unit of level, money per unit squared, units a year.
        A measure that a firm does not have has limit 0.
    group, weight : (n, M) overlap group of a measure (−1: none) and its weight in the group's sum.
    group_limit : (n, G) the largest weighted sum of levels in each group; G may be 0.
    margin, output_slope, output_limit : (n,) money lost a year per unit share of output cut, money per share squared,
        and the largest share that can be cut (0: output is fixed).
    """

    baseline: Floats
    effect: Floats
    intercept: Floats
    slope: Floats
    limit: Floats
    group: Ints
    weight: Floats
    group_limit: Floats
    margin: Floats
    output_slope: Floats
    output_limit: Floats
    measure_names: tuple[tuple[str, ...], ...] = field(default=())

    @classmethod
    def build(
        cls,
        baseline: npt.ArrayLike,
        effect: npt.ArrayLike,
        intercept: npt.ArrayLike,
        slope: npt.ArrayLike,
        limit: npt.ArrayLike,
        *,
        margin: npt.ArrayLike = 0.0,
        output_slope: npt.ArrayLike = 0.0,
        output_limit: npt.ArrayLike = 0.0,
    ) -> "Technology":
        """Return a technology without overlap groups; scalars and ``(M, K)`` effects are spread over the firms."""
        flows = np.ascontiguousarray(baseline, dtype=np.float64)
        first = np.asarray(intercept, dtype=np.float64)
        n, measures = flows.shape[0], first.shape[-1]
        effects = np.asarray(effect, dtype=np.float64)
        return cls(
            baseline=flows,
            effect=np.ascontiguousarray(np.broadcast_to(effects, (n, measures, flows.shape[1]))),
            intercept=_spread(intercept, (n, measures)),
            slope=_spread(slope, (n, measures)),
            limit=_spread(limit, (n, measures)),
            group=np.full((n, measures), NO_GROUP, dtype=np.int64),
            weight=np.ones((n, measures)),
            group_limit=np.zeros((n, 0)),
            margin=_spread(margin, (n,)),
            output_slope=_spread(output_slope, (n,)),
            output_limit=_spread(output_limit, (n,)),
        )

    @property
    def firms(self) -> int:
        """Number of firms."""
        return int(self.baseline.shape[0])

    @property
    def measures(self) -> int:
        """Largest number of measures at a firm."""
        return int(self.intercept.shape[1])

    @property
    def instruments(self) -> int:
        """Number of instruments."""
        return int(self.baseline.shape[1])

    def arrays(self) -> tuple[Floats, Floats, Floats, Floats, Ints, Floats, Floats, Floats, Floats, Floats]:
        """Return what compiled kernels take after the baseline, in their order."""
        return (self.effect, self.intercept, self.slope, self.limit, self.group, self.weight, self.group_limit,
                self.margin, self.output_slope, self.output_limit)  # fmt: skip

    def lowest_flow(self) -> Floats:
        """Return (n, K) a lower bound of each flow at activity 1: every measure that lowers it at its limit.

        Within an overlap group the bound is the group's fractional knapsack, so competing measures are not all counted.
        """
        reduction = np.maximum(self.effect, 0.0) * self.limit[:, :, None]
        lowest = self.baseline - reduction.sum(axis=1)
        suspects = np.unique(np.nonzero(lowest < -1e-9 * (1.0 + self.baseline))[0])
        for i in suspects:
            for k in range(self.instruments):
                lowest[i, k] = self.baseline[i, k] - self._largest_reduction(int(i), k)
        return lowest

    def _largest_reduction(self, i: int, k: int) -> float:
        free = self.group[i] == NO_GROUP
        total = float((np.maximum(self.effect[i, free, k], 0.0) * self.limit[i, free]).sum())
        for g in range(self.group_limit.shape[1]):
            members = np.flatnonzero((self.group[i] == g) & (self.effect[i, :, k] > 0) & (self.limit[i] > 0))
            room = float(self.group_limit[i, g])
            rate = self.effect[i, members, k] / np.maximum(self.weight[i, members], 1e-300)
            for m in members[np.argsort(-rate, kind="stable")]:
                x = min(float(self.limit[i, m]), room / max(float(self.weight[i, m]), 1e-300))
                total += float(self.effect[i, m, k]) * x
                room -= float(self.weight[i, m]) * x
        return total


def _spread(values: npt.ArrayLike, shape: tuple[int, ...]) -> Floats:
    return np.ascontiguousarray(np.broadcast_to(np.asarray(values, dtype=np.float64), shape))


def best_response(
    technology: Technology, price: npt.ArrayLike, credit: npt.ArrayLike | None = None
) -> tuple[Floats, Floats]:
    """Return the levels (n, M) and output cuts (n,) that minimise each firm's cost plus the value of its flows.

    ``x = clip((effect @ π − intercept) / slope, 0, limit)``, with a multiplier per overlap group that binds; then
    ``y = clip((Σ_k π_k (baseline_k − credit_k) − gain − margin) / output_slope, 0, output_limit)``.

    Parameters
    ----------
    technology : the firms.
    price : (K,) or (n, K), money per unit.
    credit : (n, K) rights that a unit of activity brings under an output benchmark; 0 if allocation does not follow
        output.
    """
    from market.abatement_kernel import best_response_rows

    n, instruments = technology.baseline.shape
    prices = _spread(price, (n, instruments))
    credits_ = np.zeros((n, instruments)) if credit is None else _spread(credit, (n, instruments))
    x, cut = best_response_rows(prices, technology.baseline, credits_, *technology.arrays())
    return x, cut


def flows(
    technology: Technology, x: Floats, cut: Floats, activity: npt.ArrayLike = 1.0, baseline: Floats | None = None
) -> Floats:
    """Return the flows (n, K) a year of levels ``x`` (n, M) and output cuts (n,) at an activity (n,) or scalar.

    ``baseline`` (n, K) takes the place of the technology's own where it is given.
    """
    full = technology.baseline if baseline is None else baseline
    unit = full - np.einsum("im,imk->ik", x, technology.effect)
    scale: Floats = np.asarray(activity, dtype=np.float64) * (1.0 - cut)
    return scale[:, None] * unit


def operating_cost(technology: Technology, x: Floats, cut: Floats, activity: npt.ArrayLike = 1.0) -> Floats:
    """Return each firm's cost a year (n,) of levels ``x`` and output cuts at an activity, without payments."""
    measures = (technology.intercept * x + 0.5 * technology.slope * x * x).sum(axis=1)
    lost = technology.margin * cut + 0.5 * technology.output_slope * cut * cut
    cost: Floats = np.asarray(activity, dtype=np.float64) * ((1.0 - cut) * measures + lost)
    return cost
