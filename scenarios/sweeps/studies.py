"""The studies that ship: sweeps and searches of the library's scenarios, by name."""

from difflib import get_close_matches
from pathlib import Path

from scenarios.errors import InputError, Problem

FOLDER = Path(__file__).resolve().parents[1] / "studies"


def studies() -> dict[str, Path]:
    """Return the studies that ship, by name."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}


def study(name: str | Path) -> Path:
    """Return the file of a study that ships, or of a path.

    Raises
    ------
    InputError : where there is neither.
    """
    known = studies()
    if str(name) in known:
        return known[str(name)]
    path = Path(name)
    if path.is_file():
        return path
    close = get_close_matches(str(name), known, n=1)
    remedy = f"Did you mean {close[0]}?" if close else f"Give a file, a folder or one of {', '.join(known)}."
    message = (
        "it is a folder without a sweep in it" if path.is_dir() else "there is no such file and no study of this name"
    )
    raise InputError([Problem(str(name), 0, "name", message, remedy)])
