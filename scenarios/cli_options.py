"""The command line itself and the options that its commands share."""

from collections.abc import Sequence
from typing import Annotated, Literal

from cyclopts import App, Parameter, Token
from cyclopts.validators import Number


def _version() -> str:
    from importlib.metadata import version

    return version("quotalab")


app = App(
    name="quotalab",
    help="A laboratory for environmental-rights markets: carbon, discharge, water and energy-use rights.",
    version=_version,
    suppress_keyboard_interrupt=False,
    result_action="return_value",
    help_format="plaintext",
)


def whole(kind: type[int], tokens: Sequence[Token]) -> int:
    """Return a whole number; a fraction is a mistake and is not rounded in silence."""
    text = tokens[0].value
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f'"{text}" is no whole number, such as 7.') from None


AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print one JSON document.")]
Language = Annotated[Literal["en", "zh"], Parameter(help="Language of the report.")]
Settings = Annotated[list[str] | None, Parameter(name="--set", negative="")]
Workers = Annotated[int | None, Parameter(converter=whole, validator=Number(gte=1, lte=512))]
