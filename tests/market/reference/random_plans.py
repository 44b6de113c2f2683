"""Random plans of every kind, from one seed: what the property tests of the reference draw."""

from dataclasses import dataclass

import numpy as np

from market.reference import OutsideSupply, PlanProblem
from market.technology import Technology


@dataclass(frozen=True)
class Features:
    """What a random plan has besides sloped measures and caps."""

    steps: bool = False
    groups: bool = False
    cuts: bool = False
    backstop: bool = True
    outside: bool = False
    mixed_banking: bool = False
    changing_baseline: bool = False
    part_years: bool = False


def random_problem(seed: int, firms: int, measures: int, blocks: int, instruments: int, has: Features) -> PlanProblem:
    """Return a plan whose caps lie between what all measures leave and somewhat above the baseline."""
    draw = np.random.default_rng(seed)
    unit = 10.0 ** draw.uniform(-2, 4, instruments)
    baseline = draw.uniform(0.2, 2.0, (firms, instruments)) * draw.lognormal(0, 1, (firms, 1)) * unit
    share = draw.uniform(-0.05, 0.8 / measures, (firms, measures, instruments))
    share *= draw.random((1, measures, instruments)) < 0.7
    limit = draw.uniform(0.5, 2.0, (firms, measures)) * (draw.random((firms, measures)) < 0.9)
    effect = share * baseline[:, None, :] / 2.0
    worth = (np.abs(effect) / unit).sum(axis=2) * 50.0 + 1e-3
    intercept = worth * draw.uniform(0.0, 1.0, (firms, measures))
    slope = worth * draw.uniform(0.05, 1.0, (firms, measures))
    if has.steps:
        slope *= draw.random((firms, measures)) < 0.5
    technology = Technology.build(
        baseline,
        effect,
        intercept,
        slope,
        limit,
        margin=(baseline / unit).sum(axis=1) * draw.uniform(20, 80, firms) if has.cuts else 0.0,
        output_slope=(baseline / unit).sum(axis=1) * draw.uniform(5, 80, firms) if has.cuts else 0.0,
        output_limit=draw.uniform(0, 1, firms) if has.cuts else 0.0,
    )
    if has.groups:
        technology = Technology(
            technology.baseline, technology.effect, technology.intercept, technology.slope, technology.limit,
            group=draw.integers(-1, 2, (firms, measures)), weight=draw.uniform(0.5, 1.5, (firms, measures)),
            group_limit=draw.uniform(0.3, 1.5, (firms, 2)), margin=technology.margin,
            output_slope=technology.output_slope, output_limit=technology.output_limit,
        )  # fmt: skip
    activity = draw.uniform(0.8, 1.2, (blocks, firms))
    if has.part_years:
        activity[0] *= 0.4
    full = np.einsum("ti,ik->tk", activity, baseline)
    lowest = np.einsum("ti,ik->tk", activity, np.maximum(technology.lowest_flow(), 0.0))
    tightness = draw.uniform(-0.1, 0.7, (1, instruments)) + draw.uniform(-0.15, 0.15, (blocks, instruments))
    permits = np.maximum(full - tightness * (full - lowest), 0.0)
    outside = None
    if has.outside:
        outside = OutsideSupply(
            price=unit**-1 * draw.uniform(1, 60, (blocks, instruments)),
            slope=draw.choice([0.0, 1.0], (blocks, instruments)) * 30.0 / unit / full,
            import_limit=full * draw.choice([0.0, 0.1, 1.0], (blocks, instruments)),
            export_limit=full * draw.choice([0.0, 0.1], (blocks, instruments)),
        )
    return PlanProblem(
        technology,
        activity,
        permits,
        discount_rate=float(draw.uniform(0, 0.12)),
        years=np.arange(blocks) - 0.6 * (np.arange(blocks) > 0) if has.part_years else None,
        banking=draw.random(instruments) < 0.6 if has.mixed_banking else True,
        initial_bank=draw.choice([0.0, 0.1], instruments) * full[0],
        backstop=np.broadcast_to(draw.uniform(30, 500, instruments) / unit, permits.shape) if has.backstop else np.inf,
        baseline=baseline * draw.uniform(0.8, 1.2, (blocks, 1, 1)) if has.changing_baseline else None,
        outside=outside,
    )
