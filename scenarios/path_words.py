"""A dotted path in words: the labels of the fields that it passes, as forms show them."""

from collections.abc import Mapping
from typing import Any

from scenarios.display import Language
from scenarios.forms import form_of

STEP = " › "


def path_in_words(plain: Mapping[str, Any], path: str, language: Language) -> str:
    """Return the labels of a path's fields, the name of its right first; a step without a label stands as it is.

    Parameters
    ----------
    plain : the scenario as plain data, with every default.
    """
    steps = path.split(".")
    rights = plain.get("instruments") or {}
    start, said = 0, []
    if len(steps) > 1 and steps[0] == "instruments" and steps[1] in rights:
        title = rights[steps[1]].get("title") or {}
        said.append(str(title.get(language) or steps[1]))
        start = 2
    for length in range(start + 1, len(steps) + 1):
        try:
            field = form_of(plain, ".".join(steps[:length]), language)
        except KeyError:
            said.append(steps[length - 1])
            continue
        unit = f" ({field.unit})" if field.unit and length == len(steps) else ""
        said.append(f"{field.label}{unit}" if field.label else steps[length - 1])
    return STEP.join(said)
