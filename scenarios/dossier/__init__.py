"""The dossier of a policy before its rollout: one offline page, with the data of everything that it shows.

`gather` makes the runs, `dossier_page` writes the page from what they gave, `save_dossier` keeps both in a folder.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scenarios.dossier.asked import Asked as Asked
    from scenarios.dossier.asked import Effort as Effort
    from scenarios.dossier.files import save_dossier as save_dossier
    from scenarios.dossier.gathering import gather as gather
    from scenarios.dossier.page import dossier_page as dossier_page

__all__ = ["Asked", "Effort", "dossier_page", "gather", "save_dossier"]

_WHERE = {
    "Asked": "asked",
    "Effort": "asked",
    "save_dossier": "files",
    "gather": "gathering",
    "dossier_page": "page",
}


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used."""
    if name in _WHERE:
        from importlib import import_module

        return getattr(import_module(f"scenarios.dossier.{_WHERE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
