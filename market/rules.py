"""The base of every declared rule: frozen, strict, each field with a description and, where it has one, a unit."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict


class Rule(BaseModel):
    """A declared rule: no unknown keys, no change after construction, no NaN or infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True)


def parameter(default: Any = ..., *, description: str, unit: str | None = None, **bounds: Any) -> Any:
    """Return a pydantic field that carries its unit into the JSON Schema, the docs and the forms."""
    extra: JsonDict | None = {"unit": unit} if unit else None
    return Field(default, description=description, json_schema_extra=bounds.pop("json_schema_extra", extra), **bounds)
