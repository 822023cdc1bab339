"""What a checkpoint tells of itself, read without torch: safetensors with the spec that it was trained by as metadata,
and nothing that can run code."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta
from safetensors import SafetensorError, safe_open

import resources
from core import spec as specs
from core.errors import SpecError, unknown
from core.machine.local_file import check_name
from core.spec import SHIPPED, RunSpec

#: before the names of averaged and of raw weights
EMA, RAW = "ema.", "raw."
#: what the metadata hold: the spec, how the network is read, shape and classes of a sample, steps, and the runs before
SPEC, PREDICTION, DATA_STD, SHAPE, N_CLASSES = "spec", "prediction", "data_std", "shape", "n_classes"
STEP, BEFORE = "step", "before"

#: How a parameter names weights; empty for none.
Weights = Annotated[
    str,
    Meta(
        pattern=rf"^$|^{SHIPPED}|\.safetensors$",
        extra_json_schema={"written": "a .safetensors file", "file": "weights"},
    ),
]


def spec_of(file: Path) -> RunSpec:
    """The spec that a checkpoint was trained from.

    Raises:
        SpecError: the file is missing or is no checkpoint.
    """
    return specs.from_json(_metadata(file)[SPEC])


def steps_of(file: Path) -> int | None:
    """The training steps that a checkpoint has behind it, None where it does not say.

    Raises:
        SpecError: the file is missing or is no checkpoint.
    """
    step = _metadata(file).get(STEP)
    return None if step is None else int(step)


class Stage(NamedTuple):
    """One of the runs that made a checkpoint, and how many steps of it were made: it may have been stopped."""

    spec: RunSpec
    steps: int


def history_of(file: Path) -> list[Stage]:
    """The runs that made a checkpoint: those that its own went on from, where the file tells of them, and its own.

    Raises:
        SpecError: the file is missing or is no checkpoint.
    """
    try:
        # files of earlier versions tell specs alone, of runs that made all of their steps
        before = msgspec.json.decode(_metadata(file).get(BEFORE, "[]"), type=list[str | tuple[str, int]])
    except msgspec.DecodeError as error:
        raise SpecError("", f"{file} does not tell what it went on from: {error}.") from None
    stages = [_stage(*((text, None) if isinstance(text, str) else text)) for text in before]
    return [*stages, _stage(specs.to_json(spec_of(file)), steps_of(file))]


def _stage(text: str, steps: int | None) -> Stage:
    spec = specs.from_json(text)
    return Stage(spec, spec.training.n_steps if steps is None else steps)


def _metadata(file: Path) -> dict[str, str]:
    try:
        with safe_open(file, framework="numpy") as tensors:
            metadata: dict[str, str] = tensors.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise SpecError("", f"{file} is not a checkpoint: {error}.") from None
    if SPEC not in metadata:
        raise SpecError("", f"{file} holds no Flowscope checkpoint.")
    return metadata


def locate(weights: str) -> Path:
    """The file that a spec's ``weights`` name: a path, or ``shipped:NAME`` for what comes with the product.

    Raises:
        SpecError: nothing of that name ships, or no file can have it.
    """
    if not weights.startswith(SHIPPED):
        check_name("field.weights", weights)
        return Path(weights)
    name = weights.removeprefix(SHIPPED)
    known = sorted(file.stem for file in resources.path("weights").glob("*.safetensors"))
    if name not in known:
        raise SpecError("field.weights", unknown("checkpoint", name, known))
    return resources.path("weights", f"{name}.safetensors")


def sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def lost(weights: str, was: str) -> str:
    """Why the field that a run was sampled with is not to be had any more, as one line; empty where it is.

    Args:
        weights: what the run's spec names, empty for none.
        was: the sha256 that the run recorded; where it recorded none, what is there now is believed.
    """
    if not weights or not was:
        return ""
    try:
        file = locate(weights)
        state = file.stat()
        same = _sha256_of(file, state.st_size, state.st_mtime_ns) == was
    except SpecError as error:
        return error.message
    except FileNotFoundError:
        return f"{Path(weights).name} is gone. Sample it again with other weights."
    except OSError as error:
        return f"{Path(weights).name} cannot be read: {error.strerror}."
    return "" if same else f"{Path(weights).name} holds other weights now. Sample it again."


@lru_cache(maxsize=64)
def _sha256_of(file: Path, _size: int, _mtime_ns: int) -> str:
    """That of a file in this state: whoever shows a run asks at every turn."""
    return sha256(file)
