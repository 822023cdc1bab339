"""Make the typed struct of a part."""

from __future__ import annotations

from typing import Any

import msgspec

from core import registry
from core.errors import SpecError
from core.parts.schema import check_params, properties
from core.spec import Part


def make(kind: str, part: Part) -> Any:
    """The implementation's struct, filled from the part's parameters.

    Raises:
        SpecError: no such implementation, no such parameter, or a value outside its limits.
    """
    cls = registry.find(kind, part.name)
    check_params(kind, properties(cls), part.params)
    try:
        return msgspec.convert(part.params, cls)
    except msgspec.ValidationError as error:  # what a schema cannot say, or a pattern
        message, _, where = str(error).partition(" - at `$.")
        raise SpecError(".".join(filter(None, (kind, where.rstrip("`")))), f"{message}.") from None
