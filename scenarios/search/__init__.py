"""Which policy is best over a fixed set of worlds, and how tight a cap can be: declared, searched, kept, read.

`declared`: the YAML file. `loading`: a plan with every mistake told at once. `running`: `search`. `cap_bisection`: the
commonest question by bisection. `results`: tables, the front, the policies as scenario files.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scenarios.search.cap_bisection import tightest_cap as tightest_cap
    from scenarios.search.loading import load_search as load_search
    from scenarios.search.loading import search_of as search_of
    from scenarios.search.results import SearchResult as SearchResult
    from scenarios.search.running import search as search

__all__ = ["SearchResult", "load_search", "search", "search_of", "tightest_cap"]

_WHERE = {
    "SearchResult": "results", "load_search": "loading", "search": "running", "search_of": "loading",
    "tightest_cap": "cap_bisection",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import the public functions when they are first used."""
    if name in _WHERE:
        from importlib import import_module

        return getattr(import_module(f"scenarios.search.{_WHERE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
