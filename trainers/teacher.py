"""The trained network that an objective learns from, where its ``weights`` name one."""

from __future__ import annotations

from core import registry
from core.checkpoint import locate, spec_of
from core.errors import SpecError
from core.fields import Field
from core.learned import load_field
from core.setup import Setup


def named_field(setup: Setup, weights: str) -> Field:
    """The field of the named weights, on the run's path.

    Raises:
        SpecError: they are missing or of other data, jump and are no field, or know no classes where these are learned.
    """
    try:
        field = load_field(locate(weights), setup.path, setup.device, setup.dtype, setup.shape)
        trained = spec_of(locate(weights))
    except SpecError as error:
        raise SpecError("objective.weights", error.message) from None
    if "field" not in registry.find("objective", trained.objective.name).provides:
        raise SpecError("objective.weights", "These weights jump and have no field to follow. Name a trained flow.")
    if setup.spec.training.conditional and not trained.training.conditional:
        raise SpecError("objective.weights", "These weights know no classes. Turn class labels off.")
    return field
