"""The runs of a sweep as an xarray dataset: outcomes over policies, worlds and seeds, with units."""

from collections.abc import Hashable, Iterable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from scenarios.errors import InputError, Problem
from scenarios.sweeps.designs import missing

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from scenarios.sweeps.parameters import Parameter


def xarray_cube(
    runs: "pd.DataFrame",
    parameters: "Sequence[Parameter]" = (),
    *,
    unfold: bool = True,
    outcomes: Sequence[str] | None = None,
) -> "xr.Dataset":
    """Return the runs of a sweep as a dataset.

    Parameters
    ----------
    runs : the frame of runs.
    parameters : of the sweep; without them a parameter is a lever if no world changes it.
    unfold : whether a full grid of policies, or of worlds, becomes one dimension a parameter; a side on which nothing
        varies then has no dimension.
    outcomes : names of the outcomes that are wanted; by default all.

    Returns
    -------
    Dataset with a variable per outcome and ``failed``. Its dimensions are policy and world where levers and
    uncertainties are crossed, or else point; then seed. Values of parameters are coordinates; units are in ``attrs``.
    What failed or has not been run is NaN, and ``failed`` is 1, or −1 where there is no run.

    Raises
    ------
    InputError : where xarray is not installed, or a point was run twice with one seed.

    Examples
    --------
    >>> cube = xarray_cube(result.runs, result.parameters)  # doctest: +SKIP
    >>> cube["carbon.mean_price"].mean("seed").sel({"carbon.cap_scale": 90})  # doctest: +SKIP
    """
    xarray = _xarray()
    if runs.empty:
        raise InputError([Problem("runs", 0, "run", "there is no run yet", "Wait for the first results.")])
    units = runs.attrs.get("units", {})
    names = list(runs.columns)
    varied = names[names.index("seed") + 1 : names.index("stage")]
    wanted = names[names.index("message") + 1 :] if outcomes is None else _known(outcomes, names)
    sides = _sides(runs, varied, parameters)
    places = {side: np.unique(runs[side].to_numpy(), return_inverse=True) for side in (*sides, "seed")}
    shape = tuple(labels.size for labels, _ in places.values())
    cell = np.ravel_multi_index(tuple(index for _, index in places.values()), shape)
    if np.unique(cell).size < cell.size:
        message = "a point was run more than once with the same seed"
        raise InputError([Problem("runs", 0, "seed", message, "Give the runs of one sweep, each once.")])
    new_dims, new_shape, coords = _axes(runs, sides, places, units, unfold)

    def laid_out(values: npt.NDArray[Any], empty: Any) -> npt.NDArray[Any]:
        cube = np.full(prod(shape), empty, dtype=values.dtype)
        cube[cell] = values
        return cube.reshape(new_shape)

    data: dict[Hashable, Any] = {
        name: (new_dims, laid_out(runs[name].to_numpy(dtype=np.float64), np.nan), _unit(units, name)) for name in wanted
    }
    failed = (runs["stage"].fillna("").to_numpy() != "").astype(np.int8)
    data["failed"] = new_dims, laid_out(failed, -1), {"description": "1 failed, 0 done, -1 not run"}
    return xarray.Dataset(data, coords)


def _axes(
    runs: "pd.DataFrame", sides: "dict[str, list[str]]", places: dict[str, Any], units: Any, unfold: bool
) -> tuple[tuple[str, ...], tuple[int, ...], dict[Hashable, Any]]:
    """Return dimensions, their sizes, and coordinates: a side that is a full grid in order is unfolded."""
    dims: list[str] = []
    sizes: list[int] = []
    coords: dict[Hashable, Any] = {}
    for side, inside in sides.items():
        labels = places[side][0]
        rows = runs.drop_duplicates(side).sort_values(side)
        axes = {name: _in_order(rows[name].tolist()) for name in inside}
        if unfold and _is_grid(rows, axes):
            dims += inside
            sizes += [len(axis) for axis in axes.values()]
            coords |= {name: (name, _coordinate(axis), _unit(units, name)) for name, axis in axes.items()}
            continue
        dims.append(side)
        sizes.append(labels.size)
        coords[side] = side, labels
        coords |= {name: (side, _coordinate(rows[name].tolist()), _unit(units, name)) for name in inside}
    seeds = places["seed"][0]
    return (*dims, "seed"), (*sizes, seeds.size), {**coords, "seed": ("seed", seeds)}


def _sides(runs: "pd.DataFrame", varied: list[str], parameters: "Sequence[Parameter]") -> dict[str, list[str]]:
    """Return the dimensions that points have, each with its parameters."""
    pairs = runs[["point", "policy", "world"]].drop_duplicates()
    if (pairs["policy"] == pairs["world"]).all() and len(pairs) > 1:
        return {"point": varied}  # levers and uncertainties were sampled together
    roles = {one.name: one.role for one in parameters}
    by_world = runs.groupby("policy")[varied].nunique() if varied else None
    levers = [name for name in varied if roles.get(name, _role(by_world, name)) == "lever"]
    return {"policy": levers, "world": [name for name in varied if name not in levers]}


def _role(by_world: Any, name: str) -> str:
    return "uncertainty" if (by_world[name] > 1).any() else "lever"


def _in_order(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


def _is_grid(rows: "pd.DataFrame", axes: dict[str, list[Any]]) -> bool:
    """Whether the rows are every combination of the values, in the order in which an array of them is laid out."""
    if len(rows) != prod(len(axis) for axis in axes.values()):
        return False
    if not axes:
        return True  # the one row of a side on which nothing varies
    index = [rows[name].map({value: i for i, value in enumerate(axis)}).to_numpy() for name, axis in axes.items()]
    flat = np.ravel_multi_index(tuple(index), tuple(len(axis) for axis in axes.values()))
    return bool((flat == np.arange(len(rows))).all())


def _coordinate(values: list[Any]) -> npt.NDArray[Any]:
    return np.array(values, dtype=object if isinstance(values[0], str) else None)


def _unit(units: Any, name: str) -> dict[str, str]:
    return {"units": str(units[name])} if units.get(name) else {}


def _known(outcomes: Sequence[str], names: list[str]) -> list[str]:
    unknown = [name for name in outcomes if name not in names]
    if unknown:
        message = f"the runs have no outcome {unknown[0]!r}"
        raise InputError([Problem("runs", 0, "outcomes", message, "`list(runs.columns)` has their names.")])
    return list(outcomes)


def _xarray() -> Any:
    try:
        import xarray
    except ImportError:
        raise missing("xarray", "labelled arrays", "analysis") from None
    return xarray
