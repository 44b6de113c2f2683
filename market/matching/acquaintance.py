"""Who knows whom: networks that depend on nothing but the ids of accounts, so that they are the same in all periods."""

from functools import lru_cache
from typing import Literal

import numpy as np

from market.orders import Ints
from market.randomness import stable_hash, tie_break

Network = Literal["ring", "random_regular"]


@lru_cache(maxsize=32)
def acquaintances(network: Network, accounts: int, degree: int, number: int = 0) -> tuple[Ints, Ints]:
    """Return the links of a network of accounts 0 … accounts − 1 as two (m,) arrays of ids, the lower id first.

    ``ring``: each knows the ``degree / 2`` next ones on either side. ``random_regular``: the union of ``degree / 2``
    random cycles through all accounts; where two cycles share a link, its ends know one fewer. The arrays cannot be
    written to.

    Parameters
    ----------
    degree : how many each one knows, even.
    number : another number gives another random network.
    """
    ids = np.arange(accounts, dtype=np.int64)
    pairs = []
    for i in range(degree // 2):
        if network == "ring":
            pairs.append((ids, (ids + i + 1) % accounts))
        else:
            cycle = np.argsort(tie_break(stable_hash(f"network {number} cycle {i}"), ids), kind="stable")
            pairs.append((cycle, np.roll(cycle, -1)))
    ends = np.sort(np.concatenate([np.stack(pair) for pair in pairs], axis=1), axis=0)
    links = np.unique(ends[:, ends[0] != ends[1]], axis=1)
    first, second = np.ascontiguousarray(links[0]), np.ascontiguousarray(links[1])
    first.flags.writeable = second.flags.writeable = False
    return first, second
