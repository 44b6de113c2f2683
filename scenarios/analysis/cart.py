"""CART, a classification tree (Breiman et al. 1984), by scikit-learn, read as boxes.

The EMA Workbench wraps the same tree, but its boxes do not follow splits that ask for a category, and its trees break
ties by a generator that nobody seeds. Categories are ordered here by how often their points fail, and split as numbers
are: with two classes that order holds the best split into two sets (Breiman et al. 1984, theorem 4.5).
"""

from typing import Any

import numpy as np

from scenarios.analysis.boxes import Box, Limit, Points
from scenarios.analysis.replicates import Floats

Bounds = dict[str, tuple[float, float]]


def leaves(points: Points, least_mass: float) -> list[Box]:
    """Return the boxes of the leaves in which most points fail, those that cover most first.

    Where all leaves below a split fail, the split tells nothing and the box before it is returned.

    Raises
    ------
    InputError : where scikit-learn is not installed.
    """
    from scenarios.sweeps.designs import missing

    try:
        from sklearn.tree import DecisionTreeClassifier
    except ImportError:
        raise missing("scikit-learn", "CART boxes", "analysis") from None
    orders = {name: _order(points, name) for name in points.categories}
    columns = [_ranked(column, orders.get(name)) for name, column in points.columns.items()]
    least = max(1, int(np.ceil(least_mass * points.fails.size)))
    tree = DecisionTreeClassifier(min_samples_leaf=least, random_state=0)
    tree.fit(np.column_stack(columns), points.fails)
    found = [
        points.box(_limits(points, bounds, orders)) for bounds in _failing(tree.tree_, 0, {}, list(points.columns))
    ]
    return sorted(found, key=lambda box: -box.coverage)


def _order(points: Points, name: str) -> list[int]:
    """Return the numbers of a parameter's categories, that whose points fail least first."""
    column = points.columns[name]
    shares = [float(points.fails[column == number].mean()) for number in range(len(points.categories[name]))]
    return sorted(range(len(shares)), key=lambda number: shares[number])


def _ranked(column: Floats, order: list[int] | None) -> Floats:
    return column if order is None else np.argsort(order)[column.astype(np.int64)].astype(np.float64)


def _failing(tree: Any, node: int, bounds: Bounds, names: list[str]) -> list[Bounds]:
    """Return the boxes below a node in which most points fail; the node's own box if that is all of them."""
    left, right = int(tree.children_left[node]), int(tree.children_right[node])
    if left == right:
        succeed, fail = tree.value[node][0]
        return [bounds] if fail > succeed else []
    name, split = names[int(tree.feature[node])], float(tree.threshold[node])
    low, high = bounds.get(name, (-np.inf, np.inf))
    above = float(np.nextafter(split, np.inf))
    sides = [(left, {**bounds, name: (low, split)}), (right, {**bounds, name: (above, high)})]
    below = [_failing(tree, child, own, names) for child, own in sides]
    return (
        [bounds]
        if all(boxes == [own] for boxes, (_, own) in zip(below, sides, strict=True))
        else [*below[0], *below[1]]
    )


def _limits(points: Points, bounds: Bounds, orders: dict[str, list[int]]) -> list[Limit]:
    found = []
    for name, (low, high) in bounds.items():
        kept = [number for rank, number in enumerate(orders.get(name, [])) if low <= rank <= high]
        limit = points.limit(name, low, high, kept)
        if limit is not None:
            found.append(limit)
    return found
