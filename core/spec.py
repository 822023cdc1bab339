"""RunSpec: what a run is, as a frozen value without torch.

A run is described by parts. A part names an implementation (``sampler = ddim``) and gives that implementation's
parameters; the typed struct of a part stands in the implementation's file, and `core.catalog` checks a spec against the
published schemas, so that a form, the command line and a TOML file report the same mistake with the same words.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from core.errors import SpecError, no_file, shown, unknown
from core.machine.local_file import one_line
from core.parts.schema import check_params, check_value, properties

#: The kinds of parts, in the order in which a form and a TOML file show them.
PARTS = (
    "data", "source", "coupling", "path", "objective", "network", "optimiser", "schedule",
    "field", "guidance", "clipping", "grid", "sampler",
)  # fmt: skip

#: Bytes of a TOML file, at most.
_LARGEST = 1 << 20

#: Weights that come with the product are named ``shipped:NAME``.
SHIPPED = "shipped:"


Device = Literal["auto", "cuda", "mps", "cpu"]
Precision = Literal["float32", "float64"]
#: To sample, to train, or to find out more about what was sampled: see `core.analysis`.
Action = Literal["sample", "train", "measure", "preview", "exact-field", "error-map", "forward", "size", "report"]


def names_weights(name: str) -> bool:
    """Whether what a command is given names a checkpoint: a file of weights, or ``shipped:NAME``."""
    return name.startswith(SHIPPED) or name.endswith(".safetensors")


class Part(msgspec.Struct, frozen=True):
    """An implementation by name, with the parameters that differ from its defaults."""

    name: str
    params: dict[str, Any] = {}

    def __str__(self) -> str:
        """As a sentence names it, such as ``mlp (width = 64)``."""
        given = ", ".join(f"{name} = {_toml_value(value)}" for name, value in self.params.items())
        return f"{self.name} ({given})" if given else self.name

    def with_params(self, **params: Any) -> Part:
        return Part(self.name, {**self.params, **params})


class Training(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a network is trained."""

    n_steps: Annotated[int, Meta(ge=1, le=10_000_000, title="Training steps", description="Optimiser steps")] = 5000
    batch_size: Annotated[int, Meta(ge=1, le=65536, title="Batch", description="Samples in one step")] = 256
    accumulation: Annotated[
        int, Meta(ge=1, le=1024, title="Accumulation", description="Batches whose gradients make one step, on average")
    ] = 1
    in_pairs: Annotated[
        bool,
        Meta(
            title="Steps in pairs",
            description="Small networks for points learn two steps at once: on two cores, without a window",
        ),
    ] = True
    learning_rate: Annotated[
        float, Meta(gt=0, le=1, title="Learning rate", description="At its peak; the schedule says how it changes")
    ] = 2e-3
    warm_up: Annotated[
        int, Meta(ge=0, le=100_000, title="Warm-up", description="Steps over which the learning rate rises linearly")
    ] = 100
    weight_decay: Annotated[
        float, Meta(ge=0, le=1, title="Weight decay", description="Decoupled in AdamW, in the gradient elsewhere")
    ] = 0.0
    ema: Annotated[
        float, Meta(ge=0, lt=1, title="EMA", description="Decay of the averaged weights that are sampled")
    ] = 0.998
    clip: Annotated[float, Meta(ge=0, title="Gradient clip", description="Largest gradient norm, 0 for none")] = 1.0
    conditional: Annotated[
        bool, Meta(title="Class labels", description="The network is told the class of each sample")
    ] = False
    label_dropout: Annotated[
        float,
        Meta(ge=0, le=1, title="Label drop-out", description="Share of samples whose class is withheld, for guidance"),
    ] = 0.1
    autocast: Annotated[
        bool,
        Meta(title="bfloat16", description="Computes products in half precision, where the device has units for that"),
    ] = False
    channels_last: Annotated[
        bool, Meta(title="Channels last", description="Layout of images: faster on CUDA, slower on a processor")
    ] = False
    compile: Annotated[
        bool,
        Meta(title="Compile", description="torch.compile: pays in long runs on CUDA, not on a processor"),
    ] = False
    n_points: Annotated[
        int, Meta(ge=0, le=10_000_000, title="Points", description="Size of a fixed training set, 0 for fresh points")
    ] = 0
    n_snapshots: Annotated[
        int,
        Meta(
            ge=0, le=1000, title="Snapshots",
            description="Samples and fields recorded while training, 0 for none; else at least 2, at its start and end",
        ),
    ] = 24  # fmt: skip
    n_validations: Annotated[
        int, Meta(ge=0, le=1000, title="Validations", description="How often the loss of held-out data is measured")
    ] = 24
    keep_every: Annotated[
        int,
        Meta(ge=0, le=10_000_000, title="Keep every", description="Steps between checkpoints that stay, 0: none"),
    ] = 0
    init_from: Annotated[
        str,
        Meta(title="Starts from", description="A checkpoint whose weights are the start; empty: fresh weights"),
    ] = ""
    init_sha256: Annotated[
        str,
        Meta(
            pattern=r"^([0-9a-f]{64})?$", extra_json_schema={"written": "64 hexadecimal digits"},
            title="Its SHA-256", description="Filled in when the training begins",
        ),
    ] = ""  # fmt: skip


class RunSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One run: train a network, or sample a field. Everything that decides the numbers of its trace is here."""

    title: str = ""
    action: Action = "sample"
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, title="Seed", description="Same seed, same noise in every lane")] = 11
    n_samples: Annotated[int, Meta(ge=1, le=1_000_000, title="Particles", description="Particles that are sampled")] = (
        1000
    )
    label: Annotated[
        str, Meta(title="Class", description="Name or number; several, with commas, in turn; empty for all classes")
    ] = ""
    data: Part = Part("swiss-roll")
    source: Part = Part("normal")
    coupling: Part = Part("independent")
    path: Part = Part("linear")
    objective: Part = Part("flow-matching")
    network: Part = Part("mlp")
    optimiser: Part = Part("adamw")
    schedule: Part = Part("cosine")
    field: Part = Part("exact")
    guidance: Part = Part("none")
    clipping: Part = Part("none")
    grid: Part = Part("uniform")
    sampler: Part = Part("euler")
    training: Training = Training()
    device: Device = "auto"
    precision: Annotated[Precision, Meta(title="Precision", description="Of the numbers that are computed with")] = (
        "float32"
    )
    threads: Annotated[
        int,
        Meta(ge=0, le=1024, title="Threads", description="Processor threads, 0 for as many as pay"),
    ] = 0

    def part(self, kind: str) -> Part:
        """The part of one of the `PARTS`."""
        return getattr(self, kind)  # type: ignore[no-any-return]  # PARTS are exactly the Part fields

    def replace(self, **changes: Any) -> RunSpec:
        return msgspec.structs.replace(self, **changes)


_WITHOUT = {"in_pairs": False}
"""Fields of a training that are newer than some recordings, with the value that means what was done before."""

#: The fields of a run that are plain values, with their schemas.
VALUES = {name: schema for name, schema in properties(RunSpec).items() if name not in (*PARTS, "training")}


def to_dict(spec: RunSpec) -> dict[str, Any]:
    """Plain nested dictionaries in the shape of the TOML file: a part's parameters stand beside its name."""
    out: dict[str, Any] = {}
    for name in RunSpec.__struct_fields__:
        value = getattr(spec, name)
        if isinstance(value, Part):
            out[name] = {"name": value.name, **value.params}
        elif isinstance(value, Training):
            out[name] = msgspec.structs.asdict(value)
        else:
            out[name] = value
    return out


def from_dict(data: dict[str, Any]) -> RunSpec:
    """The inverse of `to_dict`; missing fields take their defaults.

    Raises:
        SpecError: an unknown field, a wrong type or a value out of range, naming the field and what would work.
    """
    known = RunSpec.__struct_fields__
    plain = dict(data)
    for name in plain:
        if name not in known:
            raise SpecError(shown(name), unknown("field", name, known))
        _check_text(name, plain[name])
    for kind in PARTS:
        if kind in plain:
            plain[kind] = _part(kind, plain[kind])
    for name, schema in VALUES.items():
        if name in plain:
            check_value(name, schema, plain[name])
    training = plain.get("training", {})
    if not isinstance(training, dict):
        raise SpecError("training", f"Give a table, such as training.n_steps = 2000. Given {shown(repr(training))}.")
    check_params("training", properties(Training), training)
    return msgspec.convert(plain, RunSpec)


def _check_text(field: str, value: Any) -> None:
    """Refuse what no file can hold: JSON and a command line may give half of a character that UTF-16 writes as two."""
    if isinstance(value, dict):
        for key, item in value.items():
            for text in (key, item):
                if not isinstance(text, dict):
                    _check_text(f"{field}.{shown(str(key))}", text)
    elif isinstance(value, str) and any("\ud800" <= sign <= "\udfff" for sign in value):
        raise SpecError(field, f"{shown(value)} has half a character in it. Write it anew.")


def _part(kind: str, value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"name": value}
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise SpecError(kind, f'Give a table with a name, such as {{name = "…"}}. Given {shown(repr(value))}.')
    return {"name": value["name"], "params": {key: item for key, item in value.items() if key != "name"}}


def to_json(spec: RunSpec) -> str:
    return json.dumps(to_dict(spec), ensure_ascii=False)


def from_json(text: str | bytes) -> RunSpec:
    """The inverse of `to_json`, also of what was recorded by an earlier version."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SpecError("", f"The spec is not JSON: {one_line(error)}.") from None
    if not isinstance(data, dict):
        raise SpecError("", "The spec is not a JSON object.")
    return from_recorded(data)


def from_recorded(data: dict[str, Any]) -> RunSpec:
    """The inverse of `to_dict`; what was recorded before a field of the training existed did without that.

    Raises:
        SpecError: as `from_dict`.
    """
    training = data.get("training")
    return from_dict(data | {"training": _WITHOUT | training} if isinstance(training, dict) else data)


def to_toml(spec: RunSpec) -> str:
    """A TOML file that `from_toml` reads back as the same spec."""
    top, tables = [], []
    for name, value in to_dict(spec).items():
        if isinstance(value, dict):
            rows = [f"{key} = {_toml_value(item)}" for key, item in value.items()]
            tables.append("\n".join([f"[{name}]", *rows]))
        else:
            top.append(f"{name} = {_toml_value(value)}")
    return "\n\n".join(["\n".join(top), *tables]) + "\n"


def _toml_value(value: Any) -> str:
    if isinstance(value, float):
        return repr(value)  # JSON would write 1e-05 alike, but never inf or nan
    # strings, integers, booleans and lists of them agree with TOML, but for the one control character that JSON leaves
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        SpecError: the file is missing, is not text or is not TOML; the message names the file and the line.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise SpecError("", f"{path} is larger than {_LARGEST // 1024} KB: no spec is.")
        return tomllib.loads(data.decode("utf-8-sig"))  # which some editors begin with a mark that TOML does not know
    except UnicodeDecodeError:
        raise SpecError("", f"{path} is not a text file.") from None
    except (ValueError, RecursionError) as error:  # ValueError is also what TOMLDecodeError is, and a number too long
        raise SpecError("", f"{path} is not TOML: {one_line(error)}.") from None
    except FileNotFoundError:
        raise SpecError("", no_file(path)) from None
    except OSError as error:
        raise SpecError("", f"{path} cannot be read: {error.strerror}.") from None


def from_toml(text: str) -> RunSpec:
    try:
        return from_dict(tomllib.loads(text))
    except (ValueError, RecursionError) as error:
        raise SpecError("", f"The spec is not TOML: {one_line(error)}.") from None
