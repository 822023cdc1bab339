"""Weights that another program saved with torch.save: read as numbers alone, and fitted to one of our networks.

A file is opened with ``weights_only``, which builds tensors and nothing else; what is packed is refused, since its size
does not back what it unpacks to. Parameters are matched by name, or else by their order where all shapes agree.
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import Tensor, nn

from core.errors import SpecError
from core.setup import resolve
from core.spec import RunSpec
from trainers.training.trainer import Trainer

_USUAL = ("ema_state_dict", "ema", "model_state_dict", "state_dict", "model", "net", "network", "weights")
"""Where programs keep a network's parameters in a file, averaged ones first."""
_WRAPPERS = ("module.", "_orig_mod.", "model.", "net.", "network.", "ema_model.")
_COUNTERS = ("num_batches_tracked",)
_FIELD = "FILE"


def read_parameters(file: Path, key: str = "") -> dict[str, Tensor]:
    """The parameters of one network in a .pt or .pth file, in the order in which they were saved, as float32.

    ``key`` names where they are, with dots; without it they are looked for where programs usually keep them.

    Raises:
        SpecError: the file cannot be read as numbers alone, or the parameters are not there.
    """
    content = _load(file)
    if key:
        for part in key.split("."):
            if not isinstance(content, Mapping) or part not in content:
                raise SpecError("--key", f"There is no {key} in {file}. There are {_names(content)}.")
            content = content[part]
    found = content if _is_parameters(content) else _usual(content)
    if found is None:
        raise SpecError("--key", f"{file} does not say where its parameters are. There are {_names(content)}.")
    return {name: value.float() for name, value in found.items() if isinstance(value, Tensor) and not _is_counter(name)}


def convert(parameters: Mapping[str, Tensor], spec: RunSpec, out: Path) -> int:
    """Write the parameters as the raw and averaged weights of a checkpoint of the spec; returns how many numbers.

    Raises:
        SpecError: they are of another network than the spec's, or the spec cannot be trained here.
        FlowscopeError: the checkpoint cannot be written.
    """
    training = msgspec.structs.replace(spec.training, init_from="", n_validations=0)
    trainer = Trainer(resolve(spec.replace(action="train", training=training)))
    weights = fitted(parameters, trainer.state.network)
    for network in (trainer.state.network, trainer.state.average):
        network.load_state_dict(weights)
    trainer.save(out)
    return sum(value.numel() for value in weights.values())


def fitted(parameters: Mapping[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    """The parameters under the names of our network's.

    Raises:
        SpecError: they are of another network; the message names the first that differs.
    """
    ours = network.state_dict()
    theirs = _unwrapped(parameters)
    if theirs.keys() == ours.keys() and all(theirs[name].shape == ours[name].shape for name in ours):
        return {name: theirs[name] for name in ours}
    for i, ((name, value), (own, wanted)) in enumerate(zip(theirs.items(), ours.items(), strict=False)):
        if value.shape != wanted.shape:
            raise SpecError(
                "network",
                f"These weights are of another network: parameter {i + 1} of the file, {name}, is "
                f"{_shape(value)}, and {own} is {_shape(wanted)}. Name the network with --set network=…",
            )
    if len(theirs) != len(ours):
        raise SpecError(
            "network",
            f"The file has {len(theirs)} parameters, and the network {len(ours)}. Name it with --set network=…",
        )
    return dict(zip(ours, theirs.values(), strict=True))


def _load(file: Path) -> Any:
    """Any: whatever plain containers and tensors the file holds."""
    try:
        if not zipfile.is_zipfile(file):
            file.open("rb").close()  # a missing file is told as that
            raise SpecError(_FIELD, f"{file} is no file of torch.save (version 1.6 or newer).")
        with zipfile.ZipFile(file) as archive:
            if any(item.compress_type != zipfile.ZIP_STORED for item in archive.infolist()):
                raise SpecError(_FIELD, f"{file} is packed. Save it again with torch.save.")
        return torch.load(file, map_location="cpu", weights_only=True)
    except OSError as error:
        raise SpecError(_FIELD, f"{file} cannot be read: {error.strerror or error}.") from None
    except (pickle.UnpicklingError, RuntimeError, EOFError, zipfile.BadZipFile, ValueError, KeyError, TypeError):
        raise SpecError(
            _FIELD,
            f"{file} holds more than numbers, or is damaged: it is not opened. Save the network's state_dict() alone.",
        ) from None


def _is_parameters(content: object) -> bool:
    return isinstance(content, Mapping) and any(isinstance(value, Tensor) for value in content.values())


def _usual(content: object) -> Mapping[str, Any] | None:
    if not isinstance(content, Mapping):
        return None
    return next((content[name] for name in _USUAL if name in content and _is_parameters(content[name])), None)


def _unwrapped(parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Without the prefixes that wrappers put before every name."""
    out = dict(parameters)
    while prefix := next((each for each in _WRAPPERS if out and all(name.startswith(each) for name in out)), ""):
        out = {name.removeprefix(prefix): value for name, value in out.items()}
    return out


def _is_counter(name: str) -> bool:
    return name.rpartition(".")[2] in _COUNTERS


def _names(content: object) -> str:
    return ", ".join(map(str, content)) if isinstance(content, Mapping) and content else "no names in it"


def _shape(value: Tensor) -> str:
    return " × ".join(map(str, value.shape)) or "a number"
