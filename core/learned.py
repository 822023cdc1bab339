"""Trained networks as fields: their output decoded, their input scaled, and read from a file of weights."""

from __future__ import annotations

from contextlib import nullcontext
from functools import lru_cache
from pathlib import Path as FilePath
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from core import registry
from core.architecture.weightless import Weightless
from core.errors import SpecError, no_file
from core.fields import Field, jumping
from core.networks import Network
from core.numerics.per_particle import over
from core.parts.making import make
from core.paths import Path
from core.predictions import Estimate, Reading
from core.spec import Part, RunSpec
from core.weights import averaged


class Learner(Protocol):
    """What a field must know of the objective that its network was trained by."""

    def field_output(self, network: Evaluation, x: Tensor, t: Tensor, cond: Tensor | None) -> Tensor: ...

    def flow_map(
        self, network: Evaluation, path: Path, reading: Reading, x: Tensor, t: Tensor, s: Tensor, cond: Tensor | None
    ) -> Tensor: ...


class Evaluation:
    """A network with its input scaled for the path: called with x [B, ...], t [B], cond [B] or None, s [B] or None.

    With ``half`` its products are computed in bfloat16; what goes in and comes out keeps its precision. What comes out
    lies in memory as x does by default, however the network computes.
    """

    def __init__(self, network: nn.Module, path: Path, reading: Reading, *, half: bool = False) -> None:
        self._network, self._path, self._reading, self._half = network, path, reading, half

    def __call__(self, x: Tensor, t: Tensor, cond: Tensor | None = None, s: Tensor | None = None) -> Tensor:
        scaled = self._reading.inputs(self._path, x, t)
        if not self._half:
            y: Tensor = self._network(scaled, t, cond, s)
            return y.contiguous()
        with torch.autocast(x.device.type, torch.bfloat16):
            y = self._network(scaled, t, cond, s)
        return y.to(x.dtype).contiguous()


class NetworkField:
    """A network's output decoded to an `Estimate`; x [B, ...], t 0-dimensional or [B]."""

    def __init__(
        self,
        network: nn.Module,
        reading: Reading,
        path: Path,
        learner: Learner,
        *,
        conditional: bool = False,
        half: bool = False,
    ) -> None:
        self.conditional = conditional
        """Whether the network was told classes."""
        self.network, self.reading, self.path = Evaluation(network, path, reading, half=half), reading, path
        self._learner = learner
        self._shares_time = getattr(network, "shares_time", False)

    def __call__(self, x: Tensor, t: Tensor, cond: Tensor | None = None) -> Estimate:
        now = self._inside(t, x)
        y = self._learner.field_output(self.network, x, self._times(now, x), cond)
        # one time for all is one place on the path: its coefficients are not worked out for every sample
        return self.reading.decode(y, x, self.path.at(now).over(x))

    def flow_map(self, x: Tensor, t: Tensor, s: Tensor, cond: Tensor | None = None) -> Tensor:
        """x at time s from x at time t, in one evaluation."""
        starts, ends = self._times(self._inside(t, x), x), self._times(s.to(x.device, x.dtype), x)
        return self._learner.flow_map(self.network, self.path, self.reading, x, starts, ends, cond)

    def _times(self, t: Tensor, x: Tensor) -> Tensor:
        """t as the network takes it: what it works out of a time that all samples share, it works out once."""
        return t.reshape(1) if self._shares_time and not t.ndim else t.expand(len(x))

    def _inside(self, t: Tensor, x: Tensor) -> Tensor:
        """t where the network was trained, in the precision of x."""
        return t.clamp(self.path.t_min, self.path.t_max).to(x.device, x.dtype)


class RetimedField:
    """A field on another path: at equal log-SNR the two x_t differ by a factor, and the estimates are the same.

    Reference: Karras et al. (2022), section 2; Pokle et al. (2023), proposition 1.
    """

    def __init__(self, field: Field, path: Path) -> None:
        self._field, self.path = field, path
        self.conditional = getattr(field, "conditional", True)

    def __call__(self, x: Tensor, t: Tensor, cond: Tensor | None = None) -> Estimate:
        there, ratio = self._there(x, t)
        return self._field(x * ratio, there.to(t.dtype), cond)

    def flow_map(self, x: Tensor, t: Tensor, s: Tensor, cond: Tensor | None = None) -> Tensor:
        """The jump on the trained path: a particle's ways on both paths differ by the same factor at every time."""
        (there, ratio), (ahead, ratio_ahead) = self._there(x, t), self._there(x, s)
        x_s = jumping(self._field).flow_map(x * ratio, there.to(t.dtype), ahead.to(s.dtype), cond)
        return x_s / ratio_ahead

    def _there(self, x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """The time on the trained path with the log-SNR of t, and what x is multiplied by there; t = 1 is its own."""
        here, other = self.path.at(t), self._field.path
        lam = here.lam.detach().cpu().double()
        there = (other.times_of_lam(lam) if t.ndim else other.t_of_lam(lam)).to(t.device)
        there = torch.where(t < 1.0, there, 1.0)
        then = other.at(there)
        # Equal where the log-SNRs are. Beyond the trained path's ends only what is left of x keeps its scale: the noise
        # at one end, the data at the other.
        ratio = torch.where(here.lam > 0, then.alpha / here.alpha, then.sigma / here.sigma).to(x.dtype)
        return there, over(ratio, x)


def load_field(
    file: FilePath,
    path: Path,
    device: torch.device,
    dtype: torch.dtype,
    shape: tuple[int, ...],
    *,
    retime: bool = False,
    half: bool = False,
) -> Field:
    """The averaged (EMA) weights of a checkpoint as a field on a path; with ``half`` its products are in bfloat16.

    Raises:
        SpecError: there is no such file, it is no checkpoint, its samples have another shape, or it was trained on
            another path and ``retime`` is off.
    """
    try:
        field = _load(file, file.stat().st_mtime_ns, device, dtype, half)
    except FileNotFoundError:  # such as those of a run that lies in the bin
        raise SpecError("field.weights", f"{no_file(file)} Put it back, choose others, or train again.") from None
    except OSError as error:
        raise SpecError("field.weights", f"{file} cannot be read: {error.strerror or error}.") from None
    if field.shape != shape:
        raise SpecError("field.weights", f"These weights make samples of shape {field.shape}; the data have {shape}.")
    if field.field.path == path:
        return field.field
    if retime:
        return RetimedField(field.field, path)
    raise SpecError(
        "path",
        f"These weights were trained on the path {field.trained_path}. Choose that path, set field.retime = true to "
        "sample on this one all the same, or train again.",
    )


class _Loaded(NamedTuple):
    field: NetworkField
    shape: tuple[int, ...]
    trained_path: Part


@lru_cache(maxsize=16)
def _load(file: FilePath, _: int, device: torch.device, dtype: torch.dtype, half: bool) -> _Loaded:
    weights, trained, n_classes, shape, reading = averaged(file)
    path, learner = make("path", trained.path), make("objective", trained.objective)
    hollow = build_network(trained, shape, n_classes, weightless=True)  # a spec can ask for a network of any size
    sizes = {name: value.shape for name, value in hollow.state_dict().items()}
    if sizes != {name: value.shape for name, value in weights.items()}:
        raise SpecError("field.weights", f"{file} does not fit the network that it names.")
    network = build_network(trained, shape, n_classes).to(device, dtype)
    try:
        network.load_state_dict({name: value.to(dtype) for name, value in weights.items()})
    except RuntimeError:
        raise SpecError("field.weights", f"{file} does not fit the network that it names.") from None
    frozen, told = network.eval().requires_grad_(False), n_classes > 0
    if device.type == "cpu" and len(shape) == 3:
        # convolutions take about four fifths of the time then, and without gradients GroupNorm takes no longer
        frozen = frozen.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # left out by torch
    field = NetworkField(frozen, reading, path, learner, conditional=told, half=half)
    return _Loaded(field, shape, trained.path)


def build_network(spec: RunSpec, shape: tuple[int, ...], n_classes: int, *, weightless: bool = False) -> nn.Module:
    """The spec's network, initialised from its seed, or without weights; the global generator is left as it was.

    Raises:
        SpecError: the network reads points where the data are images, or the other way round.
    """
    network: Network = make("network", spec.network)
    reads = "points" if len(shape) == 1 else "images"
    if network.reads != reads:
        raise SpecError("network", f"{network.title} reads {network.reads}, and the data are {reads}.")
    two_times = registry.find("objective", spec.objective.name).two_times
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(spec.seed)
        # around the making alone: tensors of whatever else is worked out, or imported, would be without numbers too
        with Weightless() if weightless else nullcontext():
            return network.build(shape, n_classes, two_times)
