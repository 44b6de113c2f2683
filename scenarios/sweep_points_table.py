"""The tidy table that figures of sweeps take, made from a sweep: policies, or the points of a joint design, as arms."""

from typing import TYPE_CHECKING

import numpy as np

from scenarios.sweep_choice import by_policy, levers_of

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.sweep_page import SweepPage


def points_table(page: "SweepPage") -> "tuple[pd.DataFrame, list[str]]":
    """Return the columns of `scenarios.sweep_table.sweep_table`, and those of them that hold what varies.

    An arm is a policy where policies meet the same worlds and are few, else a point. ``value`` is the mean over its
    worlds and seeds, ``low`` and ``high`` hold the middle 90 % of its runs; failed runs are in neither.
    """
    import pandas as pd

    result = page.result
    grouped = by_policy(result) and bool(levers_of(result))
    side = "policy" if grouped else "point"
    names = levers_of(result) if grouped else [one.name for one in result.parameters]
    first = result.points.drop_duplicates(side).set_index(side)
    parts = []
    summary = result.summary(by=[side], outcomes=page.outcomes)
    varied = {page.words[name].with_unit(page.display): name for name in names if first[name].nunique() > 1}
    for kpi, own in summary.groupby("kpi", sort=False):
        arms = own[side].to_numpy()
        called = [page.policies[int(arm)] if grouped else page.display.fill("sweep.point", number=arm) for arm in arms]
        columns = {"arm": called}
        for title, name in varied.items():
            values = first[name].reindex(arms)
            number = values.dtype.kind in "fi"
            columns[title] = values.to_numpy(dtype=np.float64) if number else values.astype(str).tolist()
        measured = {"value": own["mean"], "low": own["q05"], "high": own["q95"], "n": own["n"]}
        parts.append(pd.DataFrame({**columns, "kpi": kpi, **{key: one.to_numpy() for key, one in measured.items()}}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(), list(varied)
