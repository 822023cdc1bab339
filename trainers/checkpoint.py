"""Checkpoints: raw and averaged weights and the optimiser's state as safetensors, the spec as metadata. No pickle."""

from __future__ import annotations

import copy
import os
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from core import spec as specs
from core.errors import FlowscopeError, SpecError
from core.learned import EMA, RAW, SPEC, STEP
from core.spec import RunSpec

FILE_NAME = "checkpoint.safetensors"
_OPTIMISER, _TEACHER = "optimiser.", "teacher."


@dataclass
class State:
    """What training changes: raw weights, averaged weights, optimiser, and how many steps were done."""

    network: nn.Module
    average: nn.Module
    optimiser: torch.optim.Optimizer
    step: int = 0
    teacher: nn.Module | None = None
    """The averaged weights with which the present round of the objective began."""


def save(file: Path, state: State, spec: RunSpec, reading: dict[str, str]) -> None:
    """Write a checkpoint; ``reading`` says how to use the network. The file is replaced only by a complete one.

    Raises:
        FlowscopeError: the folder is gone or the disk is full; an older checkpoint is untouched.
    """
    tensors = {EMA + name: value for name, value in state.average.state_dict().items()}
    tensors |= {RAW + name: value for name, value in state.network.state_dict().items()}
    tensors |= _optimiser_tensors(state.optimiser)
    if state.teacher is not None:
        tensors |= {_TEACHER + name: value for name, value in state.teacher.state_dict().items()}
    metadata = {SPEC: specs.to_json(spec), STEP: str(state.step), **reading}
    part = file.with_suffix(".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file({name: value.detach().cpu().contiguous() for name, value in tensors.items()}, part, metadata)
        os.replace(part, file)
    except (OSError, SafetensorError) as error:
        part.unlink(missing_ok=True)
        raise FlowscopeError(f"{file} cannot be written: {error}.") from None


def slim(file: Path, out: Path) -> None:
    """Copy a checkpoint with its averaged weights alone: enough to sample, a quarter of the size."""
    with safe_open(file, framework="pt") as tensors:
        metadata = tensors.metadata()
        averaged = {key: tensors.get_tensor(key) for key in tensors.keys() if key.startswith(EMA)}  # noqa: SIM118
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file(averaged, out, metadata)


def resume(file: Path, state: State, spec: RunSpec) -> None:
    """Load a checkpoint into a state that was made from the same spec.

    Raises:
        SpecError: the file is missing, is no checkpoint, or belongs to another spec (only the number of training steps,
            of samples, and the title may differ).
    """
    try:
        with safe_open(file, framework="pt") as tensors:
            metadata = tensors.metadata() or {}
            values = {key: tensors.get_tensor(key) for key in tensors.keys()}  # noqa: SIM118  # not a mapping
    except (OSError, SafetensorError) as error:
        raise SpecError("", f"{file} is not a checkpoint that can be resumed: {error}.") from None
    if SPEC not in metadata or STEP not in metadata:
        raise SpecError("", f"{file} holds no Flowscope checkpoint.")
    saved = specs.from_json(metadata[SPEC])
    for name in ("seed", "data", "source", "coupling", "path", "objective", "network"):
        if getattr(saved, name) != getattr(spec, name):
            raise SpecError(name, f"The checkpoint {file} was trained with another {name}: {getattr(saved, name)}.")
    state.average.load_state_dict(_under(values, EMA))
    state.network.load_state_dict(_under(values, RAW))
    teacher = _under(values, _TEACHER)
    if teacher:
        state.teacher = copy.deepcopy(state.average)
        state.teacher.load_state_dict(teacher)
    _load_optimiser(state.optimiser, _under(values, _OPTIMISER))
    state.step = int(metadata[STEP])


def _under(values: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}


def _optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    state = optimiser.state_dict()["state"]
    return {
        f"{_OPTIMISER}{index}.{name}": value
        for index, slots in state.items()
        for name, value in slots.items()
        if isinstance(value, Tensor)
    }


def _load_optimiser(optimiser: torch.optim.Optimizer, values: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in values.items():
        index, _, name = key.partition(".")
        state.setdefault(int(index), {})[name] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
