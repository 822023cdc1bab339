"""Resolve a spec: every part made, every demand between parts checked, before anything runs."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from core import device as devices
from core.catalog import check_params, check_value, properties
from core.couplings import Coupling
from core.datasets import Dataset
from core.errors import SpecError
from core.fields import Field, FieldSpec
from core.grids import Grid
from core.mixture import Mixture
from core.parts import make
from core.paths import Path
from core.samplers import Sampler
from core.spec import PARTS, RunSpec, Training

_WORDS = {
    "discrete-path": "a discrete path, such as VP with linear β",
    "normal-source": "normal, independent noise",
}


@dataclass(frozen=True)
class Setup:
    """The parts of a run, made and compatible."""

    spec: RunSpec
    dataset: Dataset
    mixture: Mixture
    coupling: Coupling
    path: Path
    grid: Grid
    sampler: Sampler
    field_spec: FieldSpec
    device: torch.device
    dtype: torch.dtype
    threads: int

    def field(self) -> Field:
        """The field that the spec names; loading weights may raise `SpecError`."""
        return self.field_spec.build(self.dataset, self.path, self.spec.seed, self.device, self.dtype)

    def times(self) -> torch.Tensor:
        return self.grid.times(self.path, self.sampler.n_steps)


def resolve(spec: RunSpec) -> Setup:
    """Make every part of a spec.

    Raises:
        SpecError: the first thing that is unknown, out of range, or does not go together.
    """
    for name, schema in properties(RunSpec).items():
        if name not in (*PARTS, "training"):
            check_value(name, schema, getattr(spec, name))
    check_params("training", properties(Training), {n: getattr(spec.training, n) for n in properties(Training)})
    device, dtype = devices.choose(spec)
    dataset: Dataset = make("data", spec.data)
    setup = Setup(
        spec=spec,
        dataset=dataset,
        mixture=dataset.mixture(),
        coupling=make("coupling", spec.coupling),
        path=make("path", spec.path),
        grid=make("grid", spec.grid),
        sampler=make("sampler", spec.sampler),
        field_spec=make("field", spec.field),
        device=device,
        dtype=dtype,
        threads=devices.configure(spec),
    )
    _check_needs(setup)
    setup.times()  # a grid refuses step counts that its path does not have
    return setup


def _check_needs(setup: Setup) -> None:
    provided = {*setup.path.provides, *setup.coupling.provides}
    for kind, part in (("grid", setup.grid), ("sampler", setup.sampler)):
        for need in part.needs:
            if need not in provided:
                raise SpecError(kind, f"{part.title} needs {_WORDS.get(need, need)}.")
