"""No guidance: the class-conditional field as it is."""

from __future__ import annotations

from typing import ClassVar

from core.guidance import Guidance
from core.registry import register


@register("guidance")
class Unguided(Guidance, frozen=True):
    """The class-conditional field as it is."""

    name = "none"
    title = "Off"
    reference = ""
    needs: ClassVar[tuple[str, ...]] = ()
