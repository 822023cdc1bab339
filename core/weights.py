"""Weights on disk, and what they are read as; what their file tells of itself is in `core.checkpoint`."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from core import spec as specs
from core.checkpoint import DATA_STD, EMA, N_CLASSES, PREDICTION, SHAPE, SPEC
from core.errors import SpecError
from core.machine.local_file import one_line
from core.predictions import Prediction, Reading
from core.spec import RunSpec


class Averaged(NamedTuple):
    """The averaged weights of a checkpoint by name, the spec that they come from, classes and shape of a sample."""

    weights: dict[str, Tensor]
    spec: RunSpec
    n_classes: int
    shape: tuple[int, ...]
    reading: Reading


def averaged(file: Path, field: str = "field.weights") -> Averaged:
    """Read a checkpoint's averaged weights, in float32; ``field`` is blamed for what is wrong.

    Raises:
        SpecError: the file is missing or is no checkpoint.
    """
    try:
        with safe_open(file, framework="pt") as tensors:
            metadata = tensors.metadata() or {}
            names = [key for key in tensors.keys() if key.startswith(EMA)]  # noqa: SIM118
            weights = {key.removeprefix(EMA): tensors.get_tensor(key) for key in names}
    except SafetensorError as error:
        raise SpecError(field, f"{file} is not a safetensors file: {error}.") from None
    except OSError as error:
        raise SpecError(field, f"{file} cannot be read: {error.strerror or error}.") from None
    if SPEC not in metadata or PREDICTION not in metadata:
        raise SpecError(field, f"{file} holds no Flowscope checkpoint.")
    trained = specs.from_json(metadata[SPEC])
    try:
        shape = tuple(msgspec.json.decode(metadata.get(SHAPE, "[2]"), type=list[int]))
        reading = Reading(msgspec.convert(metadata[PREDICTION], Prediction), float(metadata.get(DATA_STD, "1")))
        n_classes = int(metadata.get(N_CLASSES, "0"))
    except (ValueError, msgspec.MsgspecError) as error:
        raise SpecError(field, f"{file} is no readable checkpoint ({one_line(error)}).") from None
    # weights that ship are stored in half precision
    whole = {name: value.float() if value.dtype == torch.float16 else value for name, value in weights.items()}
    return Averaged(whole, trained, n_classes, shape, reading)


def parameters_of(file: Path) -> int:
    """How many numbers a checkpoint's averaged network has."""
    return sum(value.numel() for value in averaged(file).weights.values())
