"""A synthetic population: named plants as they are, the rest drawn so that every control total holds.

Each sector's accounts beyond its named plants draw heavy-tailed sizes and stand in cities by the table of locations.
What named plants leave of a sector's and a city's totals is spread over the cells (sector, city) that have accounts by
iterative proportional fitting (Deming and Stephan 1940), which ends on the sectors; within a cell each flow follows
size and a lognormal intensity. The draws depend on the seed alone; the totals do not depend on it.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from market.randomness import Streams
from scenarios.errors import Problem, TableError
from scenarios.synthesis_fitting import FUEL, fit_accounts, proportional_fit, ratio, residual_totals
from scenarios.synthesis_tables import SynthesisTables, load_tables

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SynthesisTables", "load_tables", "measures_of", "proportional_fit", "synthesise", "totals"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def synthesise(tables: SynthesisTables, seed: int = 2017, accounts: int | None = None) -> "pd.DataFrame":
    """Return one row per account: names, place, size, a flow a year per instrument at activity 1, costs, source.

    Parameters
    ----------
    tables : of `load_tables`.
    seed : of the synthetic accounts, not of a run.
    accounts : number of accounts in all; the tables' own number if not given. Few accounts leave sectors without an
        account in some city, and then only the sectors' totals can be met.

    Raises
    ------
    TableError : where there are too few accounts for the named plants, or the totals contradict each other.
    """
    import pandas as pd

    streams, residual = Streams(seed), residual_totals(tables)
    places = np.zeros(tables.locations.shape, dtype=np.int64)
    frames = [_named(tables)]
    for s, (sector, count) in enumerate(zip(tables.sectors.index, _counts(tables, accounts), strict=True)):
        if count:
            share, city = _sizes(tables, streams, sector, int(count))
            places[s] = np.bincount(city, minlength=len(tables.cities))
            frames.append(_drawn(tables, streams, sector, city, residual["output"][s] * share))
    frame = pd.concat(frames, ignore_index=True)
    flows = fit_accounts(tables, frame, residual, places, strict=accounts is None)
    for name, values in flows.items():
        frame[name] = values
    order = pd.Categorical(frame["sector"], tables.sectors.index)
    frame = frame.iloc[np.lexsort((np.arange(len(frame)), order.codes))].reset_index(drop=True)
    return _with_economics(tables, frame, streams)


def _named(tables: SynthesisTables) -> "pd.DataFrame":
    plants = tables.plants
    frame = plants[["id", "name_en", "name_zh", "sector", "city"]].copy()
    frame["kind"] = "named"
    frame["size"] = plants["output"]
    for instrument in tables.instruments.index:
        frame[instrument] = plants[instrument]
    frame["source"] = plants["source"]
    frame["confidence"] = plants["confidence"].replace("V", "D")  # a read capacity times factors is arithmetic
    return frame


def _counts(tables: SynthesisTables, accounts: int | None) -> Ints:
    """Return the number of unnamed accounts by sector; a sector that has something left keeps at least one."""
    declared = tables.sectors["accounts"].to_numpy(dtype=np.int64)
    named = tables.plants["sector"].value_counts().reindex(tables.sectors.index, fill_value=0).to_numpy(dtype=np.int64)
    if accounts is None:
        return declared - named
    free = accounts - int(named.sum())
    least = len(declared)
    if free < least:
        message = f"{accounts} accounts are too few for {int(named.sum())} named plants and {least} sectors"
        file = str(tables.folder / "plants.csv")
        raise TableError([Problem(file, 0, "accounts", message, f"Ask for at least {accounts - free + least}.")])
    return 1 + _largest_remainder((declared - named).astype(np.float64), free - least)


def _largest_remainder(weight: Floats, total: int) -> Ints:
    """Split a whole number in proportion to weights (Hamilton's method; ties to the first)."""
    exact = weight / weight.sum() * total
    whole = np.floor(exact).astype(np.int64)
    whole[np.argsort(whole - exact, kind="stable")[: total - int(whole.sum())]] += 1
    return whole


def _sizes(tables: SynthesisTables, streams: Streams, sector: str, count: int) -> tuple[Floats, Ints]:
    """Return each unnamed account's share of the sector's unnamed output, and its city, by city and falling size.

    Sizes are a truncated Pareto sample. The largest account that is left goes to the city that lacks most of its
    location share; then each city's accounts are scaled to that share.
    """
    uniform = streams.at(f"size {sector}", 0).generator().random(count)
    tail = float(tables.sectors.loc[sector, "tail"])
    size = (1.0 - uniform * (1.0 - tables.constants["size_ratio_limit"] ** -tail)) ** (-1.0 / tail)
    size = np.sort(size / size.sum())[::-1]
    wanted = tables.locations.loc[sector].to_numpy(dtype=np.float64)
    lacking = wanted.copy()
    city = np.empty(count, dtype=np.int64)
    for i in range(count):
        city[i] = np.argmax(lacking)
        lacking[city[i]] -= size[i]
    order = np.lexsort((np.arange(count), city))
    size, city = size[order], city[order]
    found = np.bincount(city, weights=size, minlength=wanted.size)
    size *= (wanted * ratio(np.ones_like(found), found))[city]
    return size / size.sum(), city


def _drawn(tables: SynthesisTables, streams: Streams, sector: str, city: Ints, size: Floats) -> "pd.DataFrame":
    """Return a sector's unnamed accounts, with a raw flow per instrument that is fitted later."""
    import pandas as pd

    count = size.size
    constants, row = tables.constants, tables.sectors.loc[sector]
    number = np.arange(count) - np.searchsorted(city, city) + 1
    keys, cities = tables.cities.index.to_numpy(), tables.cities
    frame = pd.DataFrame(
        {
            "id": [f"{sector}-{keys[c]}-{k:03d}" for c, k in zip(city, number, strict=True)],
            "name_en": [
                f"{row['name_en']}, {cities['name_en'].iloc[c]} {k}" for c, k in zip(city, number, strict=True)
            ],
            "name_zh": [f"{cities['name_zh'].iloc[c]}{row['name_zh']}{k}" for c, k in zip(city, number, strict=True)],
            "sector": sector,
            "city": keys[city],
            "kind": "synthetic",
            "size": size,
        }
    )
    relative = np.maximum(size, 1e-12) / max(float(size.mean()), 1e-12)
    small = relative ** constants["intensity_size_exponent"]
    fuel = streams.at(f"fuel {sector}", 0).generator().standard_normal(count) * constants["fuel_flow_sd"]
    for instrument in tables.instruments.index:
        own = streams.at(f"{instrument} {sector}", 0).generator().standard_normal(count) * constants["own_flow_sd"]
        same_fuel = 0.2 * own if instrument in ("carbon", "energy") else own
        frame[instrument] = relative * small * np.exp(same_fuel + (fuel if instrument in FUEL else 0.0))
    frame["source"], frame["confidence"] = "rule", "default"
    return frame


def _with_economics(tables: SynthesisTables, frame: "pd.DataFrame", streams: Streams) -> "pd.DataFrame":
    """Add zone, revenue, the last resort, growth and the spread of abatement cost."""
    constants = tables.constants
    sectors = tables.sectors.loc[frame["sector"]]
    size = frame["size"].to_numpy(dtype=np.float64)
    frame.insert(5, "zone", tables.cities["zone"].loc[frame["city"]].to_numpy())
    frame["revenue"] = sectors["price"].to_numpy() * size
    frame["margin"] = sectors["margin"].to_numpy() * size
    frame["output_slope"] = sectors["output_slope"].to_numpy() * frame["margin"]
    frame["output_limit"] = sectors["output_limit"].to_numpy()
    frame["growth"] = sectors["growth"].to_numpy()
    frame["activity_sd"] = sectors["activity_sd"].to_numpy()
    factor = np.ones(len(frame))
    for sector in tables.sectors.index:
        rows = np.flatnonzero((frame["sector"] == sector).to_numpy())
        if rows.size == 0:
            continue
        own = streams.at(f"cost {sector}", 0).generator().standard_normal(rows.size) * constants["cost_sd"]
        relative = np.maximum(size[rows], 1e-12) / max(float(np.median(size[rows])), 1e-12)
        factor[rows] = np.exp(own) * relative ** constants["cost_size_exponent"]
        factor[rows] /= np.average(factor[rows], weights=size[rows] if size[rows].sum() > 0 else None)
    frame["cost_factor"] = factor
    names = ["id", "name_en", "name_zh", "sector", "city", "zone", "kind", "size", *tables.instruments.index]
    return frame[[*names, *(name for name in frame.columns if name not in names)]]


def measures_of(frame: "pd.DataFrame", tables: SynthesisTables) -> "pd.DataFrame":
    """Return each account's measures in its own units, one row a measure; ``firm`` is the account's id.

    A level is in units of the measure's lead flow. ``effect_k = elasticity_k · baseline_k / baseline_lead``, so a
    measure at its limit removes the share ``elasticity_k · share_limit`` of flow k whatever the account's size. In a
    group on flow g the weight is ``effect_g`` and the limit a share of ``baseline_g``.
    """
    import pandas as pd

    instruments = list(tables.instruments.index)
    groups = tables.groups.set_index(["sector", "group"])
    rules = tables.measures.reset_index(names="rule")
    shared = groups.reindex(pd.MultiIndex.from_frame(rules[["sector", "group"]]))
    lead = rules["lead"].map(instruments.index).to_numpy()
    group_flow = shared["instrument"].map({name: k for k, name in enumerate(instruments)}).fillna(-1).to_numpy(np.int64)
    pairs = frame[["sector"]].reset_index(names="row").merge(rules[["sector", "rule"]], on="sector")
    pairs = pairs.sort_values(["row", "rule"], kind="stable")
    row, rule = pairs["row"].to_numpy(), pairs["rule"].to_numpy()
    flows = frame[instruments].to_numpy(dtype=np.float64)
    kept = flows[row, lead[rule]] > 0
    row, rule = row[kept], rule[kept]
    base = flows[row, lead[rule]]
    elasticity = rules[[f"effect_{name}" for name in instruments]].to_numpy(dtype=np.float64)
    effect = elasticity[rule] * flows[row] / base[:, None]
    factor = frame["cost_factor"].to_numpy(dtype=np.float64)[row]
    start, end, share = (rules[name].to_numpy()[rule] for name in ("cost_start", "cost_end", "share_limit"))
    limit = share * base
    grouped = group_flow[rule] >= 0
    flow_of_group = np.maximum(group_flow[rule], 0)
    each = np.arange(rule.size)
    columns = {
        "firm": frame["id"].to_numpy()[row],
        **{name: rules[name].to_numpy()[rule] for name in ("measure", "name_en", "name_zh", "lead")},
        "intercept": start * factor,
        "slope": np.divide((end - start) * factor, limit, out=np.zeros_like(limit), where=limit > 0),
        "limit": limit,
        **{f"effect_{name}": effect[:, k] for k, name in enumerate(instruments)},
        "group": np.where(grouped, rules["group"].to_numpy()[rule], ""),
        "weight": np.where(grouped, effect[each, flow_of_group], 1.0),
        "group_limit": np.where(
            grouped, shared["share_limit"].fillna(0.0).to_numpy()[rule] * flows[row, flow_of_group], 0.0
        ),
    }
    return pd.DataFrame(columns)


def totals(frame: "pd.DataFrame", tables: SynthesisTables) -> "pd.DataFrame":
    """Return every control total beside the population's, and their difference in per cent of the control."""
    import pandas as pd

    instruments = list(tables.instruments.index)
    long = pd.concat(
        [
            frame.groupby(level)[instruments].sum().stack().rename_axis(["key", "instrument"]).rename("population")
            for level in ("sector", "city")
        ],
        keys=["sector", "city"],
        names=["level"],
    )
    table = tables.controls.rename(columns={"total": "control"})
    found = long.reindex(pd.MultiIndex.from_frame(table[["level", "key", "instrument"]])).fillna(0.0).to_numpy()
    table = table.assign(population=found)
    province = table[table["level"] == "sector"].groupby("instrument", sort=False)
    whole = province.agg(control=("control", "sum"), population=("population", "sum"), unit=("unit", "first"))
    whole = whole.reset_index().assign(level="province", key="jiangxi", source="rule", confidence="D")
    table = pd.concat([whole, table], ignore_index=True)
    off = table["population"] - table["control"]
    table["difference"] = 100.0 * np.divide(
        off, table["control"], out=np.where(off == 0, 0.0, np.inf), where=(table["control"] > 0).to_numpy()
    )
    return table[["level", "key", "instrument", "control", "population", "difference", "unit", "source", "confidence"]]
