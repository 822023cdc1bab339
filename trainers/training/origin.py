"""The start from another run's weights: which they are, whether they fit, and how one time becomes two.

The averaged weights are taken. Those of a network of one time may start one of two times (a flow's, MeanFlow): what
reads the span s - t begins at zero, so that the average velocity is the velocity until it is trained.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import Tensor, nn

from core import registry
from core import spec as specs
from core.checkpoint import locate, sha256, spec_of
from core.errors import SpecError
from core.learned import build_network
from core.parts.making import make
from core.spec import RunSpec
from core.weights import averaged

_FIELD = "training.init_from"


def identified(spec: RunSpec) -> RunSpec:
    """The spec with the SHA-256 of the checkpoint that it starts from.

    Raises:
        SpecError: there is no such file, or it is not the one that the spec was written for.
    """
    training = spec.training
    if not training.init_from:
        return spec.replace(training=msgspec.structs.replace(training, init_sha256=""))
    try:
        found = sha256(locate(training.init_from))
    except OSError as error:
        raise SpecError(_FIELD, f"{training.init_from} cannot be read: {error.strerror or error}.") from None
    if training.init_sha256 not in ("", found):
        raise SpecError(
            _FIELD,
            f"{training.init_from} is another file than the run started from: its SHA-256 begins with {found[:12]}, "
            f"and {training.init_sha256[:12]} is wanted. Empty training.init_sha256 to start from it all the same.",
        )
    return spec.replace(training=msgspec.structs.replace(training, init_sha256=found))


def kept(spec: RunSpec, file: Path) -> RunSpec:
    """The spec with the origin that the run of a checkpoint had; it is not asked for again."""
    before = spec_of(file).training
    origin = {"init_from": before.init_from, "init_sha256": before.init_sha256}
    return spec.replace(training=msgspec.structs.replace(spec.training, **origin))


def load(network: nn.Module, spec: RunSpec, shape: tuple[int, ...], n_classes: int) -> None:
    """Put the weights that the spec starts from into its fresh network.

    Raises:
        SpecError: they are of another network, other data, or other classes.
    """
    file = locate(spec.training.init_from)
    weights, trained, classes, samples, _ = averaged(file, _FIELD)
    two_times, were_two = _two_times(spec), _two_times(trained)
    if make("network", trained.network) != make("network", spec.network):
        raise SpecError(
            _FIELD, f"{file.name} was trained with the network {_named(trained)}, and this run has {_named(spec)}."
        )
    given: dict[str, tuple[Any, Any]] = {
        "samples of shape": (samples, shape),
        "the number of classes": (classes, n_classes),
    }
    for what, (theirs, ours) in given.items():
        if theirs != ours:
            raise SpecError(_FIELD, f"{file.name} was trained with {what} {theirs}, and this run asks for {ours}.")
    if were_two and not two_times:
        raise SpecError(_FIELD, f"{file.name} holds a network of two times, and this objective asks for one of one.")
    source = build_network(trained, shape, n_classes)
    try:
        source.load_state_dict(weights)
    except RuntimeError:
        raise SpecError(_FIELD, f"{file} does not fit the network that it names.") from None
    fresh = network.state_dict()
    network.load_state_dict({name: _widened(weights.get(name), value) for name, value in fresh.items()})
    if two_times and not were_two and not _same(source, network, shape, n_classes):
        raise SpecError(
            _FIELD, f"{file.name} holds weights of one time, which the network {spec.network.name} cannot take for two."
        )


def _two_times(spec: RunSpec) -> bool:
    two_times: bool = registry.find("objective", spec.objective.name).two_times
    return two_times


def _named(spec: RunSpec) -> str:
    return json.dumps(specs.to_dict(spec)["network"])


def _widened(value: Tensor | None, fresh: Tensor) -> Tensor:
    """A weight in the shape of a fresh one: columns that are new are zero, a new layer is as it begins."""
    if value is None:
        return fresh
    if value.shape == fresh.shape:
        return value
    wide = torch.zeros_like(fresh)
    wide[tuple(slice(n) for n in value.shape)] = value
    return wide


def _same(one: nn.Module, two: nn.Module, shape: tuple[int, ...], n_classes: int) -> bool:
    """Whether a network of two times says what one of one time does, wherever it jumps to."""
    t, s = torch.linspace(0.1, 0.4, 4), torch.linspace(0.9, 0.5, 4)
    x = torch.linspace(-1.0, 1.0, 4 * t.new_zeros(shape).numel()).reshape(4, *shape)
    cond = torch.arange(4) % n_classes if n_classes else None
    with torch.no_grad():
        return torch.allclose(one(x, t, cond, None), two(x, t, cond, s), rtol=1e-4, atol=1e-5)
