"""Fixed texts of the pages in a language: `texts/PAGE.LANGUAGE.yaml`, the same keys in every language."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from scenarios.display import Language
from scenarios.documents import read_document
from scenarios.errors import InputError

TEXTS = Path(__file__).resolve().parent / "texts"


@lru_cache(maxsize=64)
def texts(page: str, language: Language) -> dict[str, Any]:
    """Return the texts of a page in a language."""
    name = f"{page}.{language}.yaml"
    tree, problems = read_document(TEXTS / name, name)
    if problems:
        raise InputError(problems)
    plain: dict[str, Any] = tree.plain()
    return plain


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of all pages in one language; a path begins with the name of the page: `markets.title`."""

    language: Language

    def text(self, path: str) -> Any:
        """Return a text, or a group of texts, by dotted path."""
        page, *steps = path.split(".")
        found: Any = texts(page, self.language)
        for step in steps:
            found = found[step]
        return found

    def fill(self, path: str, /, **values: object) -> str:
        """Return a text with values put in."""
        return str(self.text(path)).format(**values)

    def group(self, path: str) -> dict[str, str]:
        """Return a group of texts by key."""
        return {str(key): str(value) for key, value in self.text(path).items()}
