"""Networks as fields, and their weights on disk (safetensors with the spec as metadata; nothing that can run code)."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path as FilePath

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

import resources
from core import spec as specs
from core.errors import SpecError
from core.networks import Network
from core.parts import make
from core.paths import Path
from core.predictions import Estimate, Prediction, decode
from core.spec import SHIPPED, RunSpec

EMA, RAW = "ema.", "raw."
SPEC, PREDICTION = "spec", "prediction"


def locate(weights: str) -> FilePath:
    """The file that a spec's ``weights`` name: a path, or ``shipped:NAME`` for what comes with the product."""
    if weights.startswith(SHIPPED):
        return resources.path("weights", f"{weights.removeprefix(SHIPPED)}.safetensors")
    return FilePath(weights)


class NetworkField:
    """A network's output decoded to an `Estimate`; x [B, D], t 0-dimensional or [B]."""

    def __init__(self, network: nn.Module, prediction: Prediction, path: Path) -> None:
        self.network, self.prediction, self.path = network, prediction, path

    def __call__(self, x: Tensor, t: Tensor, cond: Tensor | None = None) -> Estimate:
        inside = t.clamp(self.path.t_min, self.path.t_max)
        times = inside.to(x.device, x.dtype).expand(len(x))
        y = self.network(x, times, cond)
        return decode(self.prediction, y, x, self.path.at(inside).over(x))


def load_field(file: FilePath, path: Path, device: torch.device, dtype: torch.dtype) -> NetworkField:
    """The averaged (EMA) weights of a checkpoint as a field on the path that they were trained on.

    Raises:
        SpecError: there is no such file, it is no checkpoint, or it was trained on another path.
    """
    try:
        return _load(file, file.stat().st_mtime_ns, path, device, dtype)
    except OSError as error:
        raise SpecError("field.weights", f"{file} cannot be read: {error.strerror or error}.") from None


@lru_cache(maxsize=16)
def _load(file: FilePath, _: int, path: Path, device: torch.device, dtype: torch.dtype) -> NetworkField:
    try:
        with safe_open(file, framework="pt") as tensors:
            metadata = tensors.metadata() or {}
            weights = {key.removeprefix(EMA): tensors.get_tensor(key) for key in tensors.keys() if key.startswith(EMA)}  # noqa: SIM118
    except SafetensorError as error:
        raise SpecError("field.weights", f"{file} is not a safetensors file: {error}.") from None
    if SPEC not in metadata or PREDICTION not in metadata:
        raise SpecError("field.weights", f"{file} holds no Flowscope checkpoint.")
    trained = specs.from_json(metadata[SPEC])
    if make("path", trained.path) != path:
        given = json.dumps(specs.to_dict(trained)["path"])
        raise SpecError("path", f"These weights were trained on the path {given}. Choose that path, or train again.")
    prediction = msgspec.convert(metadata[PREDICTION], Prediction)
    dim = int(metadata.get("dim", "2"))
    network = build_network(trained, dim).to(device, dtype)
    try:
        network.load_state_dict(weights)
    except RuntimeError:
        raise SpecError("field.weights", f"{file} does not fit the network that it names.") from None
    return NetworkField(network.eval().requires_grad_(False), prediction, path)


def spec_of(file: FilePath) -> RunSpec:
    """The spec that a checkpoint was trained from.

    Raises:
        SpecError: the file is missing or is no checkpoint.
    """
    try:
        with safe_open(file, framework="pt") as tensors:
            metadata = tensors.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise SpecError("", f"{file} is not a checkpoint: {error}.") from None
    if SPEC not in metadata:
        raise SpecError("", f"{file} holds no Flowscope checkpoint.")
    return specs.from_json(metadata[SPEC])


def build_network(spec: RunSpec, dim: int) -> nn.Module:
    """The spec's network, initialised from its seed; the global generator is left as it was."""
    network: Network = make("network", spec.network)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(spec.seed)
        return network.build(dim)


def sha256(file: FilePath) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
