"""The exact field of the tilted density p(x1) p(class | x1)^w: what guidance is said to sample, and does not.

The density is tilted on a mesh of the plane, whose nodes carry narrow Gaussians: a mixture again, and so a field in
closed form. Classifier-free guidance with the same w ends elsewhere.
Reference: Bradley and Nakkiran, "Classifier-Free Guidance is a Predictor-Corrector" (2024), section 3.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar

import torch
from msgspec import Meta
from torch import Tensor

from core.errors import SpecError
from core.fields import Field
from core.guidance import Guidance
from core.numerics.mixture import Mixture, MixtureField
from core.registry import register

_MOST_NODES = 201
_CELL = 0.25
"""Side of the mesh's cells in standard deviations of a component: half a cell of blur adds one percent to it."""
_WIDEST = 4.5
"""Side of a cell, in the same unit, from which most of a component falls between the nodes."""
_MARGIN = 4.0
"""Standard deviations of a component that the mesh reaches beyond the outermost centre."""
_NEGLIGIBLE = 16.0
"""Nodes whose log density is this far below the highest are left out."""


@register("guidance")
class Tilted(Guidance, frozen=True):
    """The exact field of the density in which the class counts w times."""

    name = "tilted"
    title = "Exact tilt"
    reference = "Bradley and Nakkiran 2024, Classifier-Free Guidance is a Predictor-Corrector"
    needs: ClassVar[tuple[str, ...]] = ("classes", "exact-field", "normal-source")

    scale: Annotated[
        float,
        Meta(
            ge=0, le=20, title="Scale", description="1 asks for the class as it is", extra_json_schema={"symbol": "w"}
        ),
    ] = 2.0

    def base(self, field: Field, mixture: Mixture | None) -> Field:
        assert mixture is not None  # the exact field has one
        device: Any = getattr(field, "device", torch.device("cpu"))
        return MixtureField(tilt(mixture, self.scale), field.path, device)


def tilt(mixture: Mixture, scale: float) -> Mixture:
    """The mixture tilted towards each of its classes: labelled nodes of a mesh with the tilted log densities.

    Raises:
        SpecError: its components are so narrow that they fall between the nodes.
    """
    reach = float(mixture.centres.abs().max()) + _MARGIN * mixture.std
    n = min(_MOST_NODES, math.ceil(2.0 * reach / (_CELL * max(mixture.std, 1e-9))))
    axis = torch.linspace(-reach, reach, n, dtype=torch.float64)
    cell = float(axis[1] - axis[0])
    if cell > _WIDEST * mixture.std:
        raise SpecError(
            "guidance",
            f"{Tilted.title} needs data as wide as its mesh can show: these have a width of {mixture.std:.2g} where "
            f"{1.05 * cell / _WIDEST:.2g} would do. Choose a larger width, or another guidance.",
        )
    mesh = torch.cartesian_prod(axis, axis)
    log_p = mixture.log_density(mesh)
    nodes, logs, labels = [], [], []
    assert mixture.labels is not None  # "classes" are needed
    for label in sorted(mixture.classes):
        share = mixture.weights()[mixture.labels == label].sum()
        log_class = mixture.of_class(label).log_density(mesh) + share.log() - log_p
        tilted = _without_nan(log_p + scale * log_class)
        keep = tilted > tilted.max() - _NEGLIGIBLE
        nodes.append(mesh[keep])
        logs.append(tilted[keep] - torch.logsumexp(tilted[keep], 0))
        labels.append(torch.full((int(keep.sum()),), label))
    return Mixture(torch.cat(nodes), cell / 2, torch.cat(logs), torch.cat(labels), mixture.n_classes)


def _without_nan(logs: Tensor) -> Tensor:
    return torch.where(torch.isfinite(logs), logs, -torch.inf)
