"""Checkpoints: raw and averaged weights and the optimiser's state as safetensors, the spec as metadata. No pickle."""

from __future__ import annotations

import copy
import json
import math
import os
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import NamedTuple

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from core import spec as specs
from core.checkpoint import BEFORE, EMA, RAW, SPEC, STEP, history_of, locate, sha256
from core.errors import FlowscopeError, SpecError
from core.parts.making import make
from core.presets import placed
from core.spec import Part, RunSpec
from trainers.schedules import State as Memory

FILE_NAME = "checkpoint.safetensors"
_OPTIMISER, _TEACHER, _SCHEDULE, _AHEAD = "optimiser.", "teacher.", "schedule.", "ahead."
_VALIDATED, _BEST = "validated", "best"
#: What must be as it was when a run is resumed.
_SAME_PARTS = ("data", "source", "coupling", "path", "objective", "network", "optimiser", "schedule")
_SAME_TRAINING = ("batch_size", "accumulation", "conditional", "label_dropout", "n_points")
"""The same of the field ``training``: what decides the network, and the sequence of its batches."""


class Learned(NamedTuple):
    """What is known of a step before it is taken: its mean loss, 0-dimensional, and its gradient [P]."""

    loss: Tensor
    gradient: Tensor


@dataclass
class State:
    """What training changes: raw weights, averaged weights, optimiser, schedule, and how many steps were done."""

    network: nn.Module
    average: nn.Module
    optimiser: torch.optim.Optimizer
    step: int = 0
    teacher: nn.Module | None = None
    """The averaged weights with which the present round of the objective began."""
    schedule: Memory = field(default_factory=dict)
    """What the schedule remembers of validation losses."""
    validated: int = -1
    """The last step at which the schedule was told a validation loss."""
    best: float = math.inf
    """The least validation loss."""
    ahead: Learned | None = None
    """The next step, where it was learned together with the last one."""
    before: str = ""
    """What made the weights that the run started from, as `told`."""


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
    tensors |= {_SCHEDULE + name: torch.tensor(value, dtype=torch.float64) for name, value in state.schedule.items()}
    if state.ahead is not None:
        tensors |= {_AHEAD + name: value for name, value in state.ahead._asdict().items()}
    metadata = {
        SPEC: specs.to_json(spec), STEP: str(state.step), _VALIDATED: str(state.validated), _BEST: repr(state.best),
        **reading,
    }  # fmt: skip
    if state.before:
        metadata[BEFORE] = state.before
    part = file.with_suffix(".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file({name: value.detach().cpu().contiguous() for name, value in tensors.items()}, part, metadata)
        os.replace(part, file)
    except (OSError, SafetensorError) as error:
        part.unlink(missing_ok=True)
        raise FlowscopeError(f"{file} cannot be written: {error}.") from None


def slim(file: Path, out: Path, *, half: bool = False) -> None:
    """Copy a checkpoint with its averaged weights alone: enough to sample, a quarter of the size.

    In half precision (float16, which is read back as float32) it is an eighth. A start from other weights is named by
    its file and folder, wherever that was, and the runs that made them are told.

    Raises:
        SpecError, FlowscopeError: the weights that the run started from are gone, or are others now.
        FlowscopeError: a weight is too large for half precision.
    """
    with safe_open(file, framework="pt") as tensors:
        metadata = tensors.metadata()
        averaged = {key: tensors.get_tensor(key) for key in tensors.keys() if key.startswith(EMA)}  # noqa: SIM118
    spec = specs.from_json(metadata[SPEC])
    if spec.training.init_from and BEFORE not in metadata:
        start = locate(spec.training.init_from)
        if sha256(start) != spec.training.init_sha256:
            raise FlowscopeError(f"{start} is no longer the file that {file.name} was trained from.")
        metadata[BEFORE] = told(start)
    metadata[SPEC] = specs.to_json(_placeless(spec))
    if half:
        averaged = {key: value.half() for key, value in averaged.items()}
        if not all(bool(value.isfinite().all()) for value in averaged.values()):
            raise FlowscopeError(f"{file} has weights beyond 65,504, which half precision cannot hold.")
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file(averaged, out, metadata)


def told(file: Path) -> str:
    """The runs that made a checkpoint, for the metadata of another that starts from it."""
    return json.dumps([(specs.to_json(_placeless(spec)), steps) for spec, steps in history_of(file)])


def _placeless(spec: RunSpec) -> RunSpec:
    """The spec with its origin named by file and folder, wherever that was."""
    origin = "/".join(PurePath(spec.training.init_from).parts[-2:])
    return spec.replace(training=msgspec.structs.replace(spec.training, init_from=origin))


def resume(file: Path, state: State, spec: RunSpec) -> None:
    """Load a checkpoint into a state that was made from the same spec.

    Raises:
        SpecError: the file is missing, is no checkpoint, or belongs to a training of another network on other batches.
            How long and at which rate it goes on, what is kept and shown of it, and how it is sampled may differ.
    """
    metadata, values = _read(file)
    saved = placed(specs.from_json(metadata[SPEC]))
    was, asked = specs.to_dict(saved), specs.to_dict(spec)
    others = [name for name in _SAME_PARTS if not _same_part(name, getattr(saved, name), getattr(spec, name))]
    pairs = [("seed", saved.seed, spec.seed)] + [(name, was[name], asked[name]) for name in others]
    pairs += [(f"training.{name}", was["training"][name], asked["training"][name]) for name in _SAME_TRAINING]
    for name, before, now in pairs:
        if before != now:
            raise SpecError(
                name,
                f"{file} was trained with another {name}, {json.dumps(before)}. Ask for that, or choose a new folder.",
            )
    raw = _under(values, RAW)
    if not raw:
        raise SpecError(
            "",
            f"{file} holds averaged weights alone, which no training can go on with. Start from them with --init-from.",
        )
    state.average.load_state_dict(_under(values, EMA))
    state.network.load_state_dict(raw)
    teacher = _under(values, _TEACHER)
    if teacher:
        state.teacher = copy.deepcopy(state.average)
        state.teacher.load_state_dict(teacher)
    _load_optimiser(state.optimiser, _under(values, _OPTIMISER))
    ahead = _under(values, _AHEAD)
    state.ahead = Learned(**ahead) if ahead else None
    state.schedule = {name: float(value) for name, value in _under(values, _SCHEDULE).items()}
    state.step, state.validated = int(metadata[STEP]), int(metadata.get(_VALIDATED, "-1"))
    state.best = float(metadata.get(_BEST, "inf"))
    state.before = metadata.get(BEFORE, "")


def _same_part(kind: str, one: Part, other: Part) -> bool:
    """Whether two parts are one, whichever defaults were written out."""
    return one.name == other.name and bool(make(kind, one) == make(kind, other))


def _read(file: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    try:
        with safe_open(file, framework="pt") as tensors:
            metadata = tensors.metadata() or {}
            values = {key: tensors.get_tensor(key) for key in tensors.keys()}  # noqa: SIM118  # not a mapping
    except (OSError, SafetensorError) as error:
        raise SpecError("", f"{file} is not a checkpoint that can be resumed: {error}.") from None
    if SPEC not in metadata or STEP not in metadata:
        raise SpecError("", f"{file} holds no Flowscope checkpoint.")
    return metadata, values


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
