"""Guidance: how strongly a class is asked for. One kind, one file; a guided field is a field again."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from core.fields import Field
from core.numerics.mixture import Mixture


class Guidance(msgspec.Struct, frozen=True):
    """Turns a class-conditional field into one that asks for the class more strongly."""

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ("classes",)
    #: evaluations of the field for one of the guided field, at most
    nfe: ClassVar[int] = 1

    @property
    def evaluations(self) -> int | None:
        """Evaluations of the field for one of the guided field with these parameters, None where they hang on t."""
        return self.nfe

    def base(self, field: Field, mixture: Mixture | None) -> Field:
        """The field that is evaluated; ``mixture`` is the density of the data, where it has one."""
        return field

    def wrap(self, field: Field) -> Field:
        """The guided field, made of evaluations of that one."""
        return field

    @classmethod
    def facts(cls) -> dict[str, Any]:
        return {"needs": list(cls.needs), "nfe": cls.nfe}
