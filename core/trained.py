"""What a spec says of the weights that it samples: no other network and objective than those that made them."""

from __future__ import annotations

from core.checkpoint import locate, spec_of
from core.errors import SpecError
from core.parts.making import make
from core.spec import RunSpec

MADE_BY = ("network", "objective")
"""The parts that weights settle; the path can be another, where a field is re-timed."""


def as_trained(spec: RunSpec) -> RunSpec:
    """The spec with the parts that made its weights, where it leaves them as they usually are.

    Raises:
        SpecError: it asks for others, or its weights are no checkpoint.
    """
    weights = _weights(spec)
    if not weights:
        return spec
    usual, trained = RunSpec(), spec_of(locate(weights))
    left = {kind: trained.part(kind) for kind in MADE_BY if spec.part(kind) == usual.part(kind)}
    spec = spec.replace(**left)
    _check(spec, trained)
    return spec


def check_as_trained(spec: RunSpec) -> None:
    """Hold every part that was asked for to what made the weights.

    Raises:
        SpecError: the spec asks for another network or objective, or its weights are no checkpoint.
    """
    if weights := _weights(spec):
        _check(spec, spec_of(locate(weights)))


def _weights(spec: RunSpec) -> str:
    return str(spec.field.params.get("weights", "")) if spec.field.name == "network" else ""


def _check(spec: RunSpec, trained: RunSpec) -> None:
    for kind in MADE_BY:
        given, was = spec.part(kind), trained.part(kind)
        if make(kind, given) != make(kind, was):
            raise SpecError(
                kind, f"These weights were trained with the {kind} {was}. Leave it at that, or train {given} anew."
            )
