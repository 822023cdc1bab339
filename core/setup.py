"""Resolve a spec: every part made, every demand between parts checked, before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import torch

from core import registry
from core.clipping import Clipping
from core.couplings import Coupling
from core.datasets import Dataset
from core.errors import SpecError, shown
from core.fields import Field, FieldSpec
from core.grids import Grid
from core.guidance import Guidance
from core.machine import device as devices
from core.numerics.mixture import Mixture
from core.parts.classes import numbers_of
from core.parts.making import make
from core.parts.needs import provided, sentence
from core.parts.schema import check_params, check_value, properties
from core.paths import Path
from core.samplers import Sampler
from core.sources import Source
from core.spec import VALUES, RunSpec, Training


@dataclass(frozen=True)
class Setup:
    """The parts of a run, made and compatible."""

    spec: RunSpec
    dataset: Dataset
    mixture: Mixture | None
    source: Source
    coupling: Coupling
    path: Path
    grid: Grid
    sampler: Sampler
    field_spec: FieldSpec
    guidance: Guidance
    clipping: Clipping
    classes: tuple[int, ...]
    device: torch.device
    dtype: torch.dtype
    threads: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample."""
        return self.dataset.shape

    @property
    def n_classes(self) -> int:
        return len(self.dataset.class_names)

    @property
    def n_told(self) -> int:
        """How many classes a network in training is told."""
        return self.n_classes if self.spec.training.conditional else 0

    def field(self) -> Field:
        """The field that the spec names; loading weights may raise `SpecError`."""
        spec = self.field_spec
        field = spec.build(self.dataset, self.source, self.path, self.spec.seed, self.device, self.dtype)
        if self.classes and not getattr(field, "conditional", True):
            raise SpecError(
                "label", "These weights know no classes. Leave the class empty, or train with class labels."
            )
        there = getattr(field, "classes", self.classes)
        for number in self.classes:
            if number not in there:
                name = shown(self.dataset.class_names[number])
                raise SpecError(
                    "label",
                    f"None of the points of the exact field is of class “{name}”. Choose another, or more points.",
                )
        return self.guidance.base(field, self.mixture)

    @property
    def samples_in_bfloat16(self) -> bool:
        """Whether the field's products are computed in bfloat16: that is asked for, and the device has units for it."""
        return bool(getattr(self.field_spec, "autocast", False)) and devices.has_bfloat16(self.device)

    def wrap(self, field: Field) -> Field:
        """The field as it is sampled: guided and clipped."""
        return self.clipping.wrap(self.guidance.wrap(field))

    def times(self) -> torch.Tensor:
        return self.grid.times(self.path, self.sampler.n_steps)

    def labels(self, n: int) -> torch.Tensor | None:
        """The class of each of n particles [n], the spec's classes in turn; None where no class is asked for."""
        if not self.classes:
            return None
        return torch.tensor(self.classes, device=self.device)[torch.arange(n, device=self.device) % len(self.classes)]

    @property
    def provided(self) -> set[str]:
        """What the parts provide together, such as ``normal-source``."""
        parts: list[Any] = [self.source, self.coupling, self.path]
        training = self.spec.action == "train"  # where the field is what is learned, whatever is named for later
        if not training:
            parts.append(self.field_spec)
        if training or self.spec.field.name == "network":
            parts.append(registry.find("objective", self.spec.objective.name))
        there = provided({"provides": part.provides, "spoils": getattr(part, "spoils", ())} for part in parts)
        return there | {"classes"} if self.n_classes else there

    def nfe_after(self, n: int) -> int:
        """Evaluations in the first n steps, -1 where they hang on a tolerance or on an interval of guidance."""
        sampler, each = self.sampler, self.guidance.evaluations if self.classes else 1
        if sampler.adaptive or each is None:
            return -1
        last = 1 if n == sampler.n_steps and not sampler.jumps else sampler.evaluations
        return ((n - 1) * sampler.evaluations + last) * each if n else 0


def resolve(spec: RunSpec) -> Setup:
    """Make every part of a spec.

    Raises:
        SpecError: the first thing that is unknown, out of range, or does not go together.
    """
    for name, schema in VALUES.items():
        check_value(name, schema, getattr(spec, name))
    check_params("training", properties(Training), msgspec.structs.asdict(spec.training))
    device, dtype = devices.choose(spec)
    dataset: Dataset = make("data", spec.data)
    setup = Setup(
        spec=spec,
        dataset=dataset,
        mixture=dataset.mixture(),
        source=make("source", spec.source),
        coupling=make("coupling", spec.coupling),
        path=make("path", spec.path),
        grid=make("grid", spec.grid),
        sampler=make("sampler", spec.sampler),
        field_spec=make("field", spec.field),
        guidance=make("guidance", spec.guidance),
        clipping=make("clipping", spec.clipping),
        classes=_classes(spec.label, dataset),
        device=device,
        dtype=dtype,
        threads=devices.configure(spec),
    )
    _check_needs(setup)
    setup.times()  # a grid refuses step counts that its path does not have
    return setup


def _classes(label: str, dataset: Dataset) -> tuple[int, ...]:
    """The numbers of the classes that a spec's label names."""
    names = dataset.class_names
    if label and not names:
        raise SpecError("label", f"{dataset.title} has no classes. Leave the class empty.")
    return numbers_of(label, names)


def _check_needs(setup: Setup) -> None:
    _check_shape(setup)
    there, objective = setup.provided, registry.find("objective", setup.spec.objective.name)
    wanted: dict[str, Any] = {"path": setup.path, "grid": setup.grid, "guidance": setup.guidance}
    if setup.spec.action == "train":
        wanted["objective"] = objective
    else:
        wanted["field"] = setup.field_spec
    wanted["clipping"] = setup.clipping
    for kind, part in wanted.items():
        _check(kind, part.title, part.needs, there)
    setup.source.check(setup.shape)
    _check_ends(setup.path, setup.dtype)
    if setup.spec.action == "forward":  # of the sampler it asks for the times alone
        return
    if objective.sampler and "field" not in there and "field" in setup.sampler.needs:
        raise SpecError("sampler", f"{setup.sampler.title} needs {sentence('field')}. Choose {objective.sampler}.")
    _check("sampler", setup.sampler.title, setup.sampler.needs, there)
    if setup.clipping.active and setup.sampler.jumps:
        raise SpecError("clipping", f"{setup.sampler.title} jumps: there is no preview to clip. Turn clipping off.")


def _check_shape(setup: Setup) -> None:
    """Of data sets from elsewhere: what records and draws a run knows the plane and images alone."""
    if setup.shape != (2,) and len(setup.shape) != 3:
        raise SpecError(
            "data",
            f"{setup.dataset.title} has samples of shape {setup.shape}. Points have two numbers, x and y, and images "
            "channels, rows and columns.",
        )


def _check_ends(path: Path, dtype: torch.dtype) -> None:
    # Samplers divide by alpha and sigma and multiply by what comes of it: they need room below for all their digits.
    number = torch.finfo(dtype)
    least, precision = number.tiny / number.eps, str(dtype).removeprefix("torch.")
    ends = path.at(torch.tensor([path.t_min, path.t_max], dtype=torch.float64))
    if not (ends.alpha >= least).all():
        raise SpecError(
            "path", f"{path.title}: noise so strong leaves nothing of the data in {precision}. Choose less of it."
        )
    if not (ends.sigma >= least).all():
        raise SpecError("path", f"{path.title}: so little noise at the end is none in {precision}. Choose more of it.")


def _check(kind: str, title: str, needs: tuple[str, ...], there: set[str]) -> None:
    for need in needs:
        if need not in there:
            raise SpecError(kind, f"{title} needs {sentence(need)}.")
