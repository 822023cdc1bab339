"""What the set-up form shows for a spec: sections of rows, made from the catalog. No Qt."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from core import spec as specs
from core.catalog import Catalog
from core.errors import SpecError, unknown
from core.parts.classes import numbers_of
from core.parts.entry import Entry
from core.parts.needs import PROVIDERS, provided, words
from core.parts.schema import check_value
from core.spec import Part, RunSpec
from workbench.model.crossing import crossed, crosses, shape_of
from workbench.model.facts import order_of, said, size_of
from workbench.model.titles import KINDS, title_of
from workbench.views.words import typed_number

#: Changing one of these asks for other weights.
_TRAINED = ("data", "source", "coupling", "path", "objective", "network", "training", "optimiser", "schedule")
#: These give way where a choice leaves them without what they need.
_YIELDING = ("path", "objective", "guidance", "clipping", "grid", "sampler")
_HIDDEN = ("field.weights",)
#: Kinds whose parameters are seldom touched: the form shows them when their section is opened.
_DETAILED = ("data", "source", "coupling", "path", "network", "optimiser", "schedule")
#: Of the training all else is a detail, and where it went on from is no setting of the form.
_AT_ONCE = ("n_steps", "batch_size", "learning_rate", "conditional", "n_points")
_ORIGIN = ("init_from", "init_sha256")
_MOST_SEGMENTS = 4
#: What has a closed form, or a meaning, for points alone.
_OF_POINTS = (("field", "exact"), ("field", "exact-points"), ("source", "shape"))


@dataclass(frozen=True)
class Choice:
    """An entry of a menu: its name in a spec, its title, what is said beside it, and why it cannot be chosen."""

    value: Any
    title: str
    fact: str = ""
    reason: str | None = None


@dataclass(frozen=True)
class Row:
    """One field of the spec: ``field`` is its dotted name, ``schema`` its JSON Schema property.

    ``detail`` rows are shown when their section is opened.
    """

    field: str
    title: str
    value: Any
    schema: dict[str, Any] = dataclasses.field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    help: str = ""
    detail: bool = False


@dataclass(frozen=True)
class Section:
    """Rows under a title, with facts at its right."""

    title: str
    rows: tuple[Row, ...]
    fact: str = ""


def sections(catalog: Catalog, spec: RunSpec, devices: list[str], parameters: int | None = None) -> list[Section]:
    """The form of a spec; ``parameters`` are those of its network, where they were counted."""
    learned = spec.field.name == "network"
    sampler = catalog.entry("sampler", spec.sampler.name)
    data = catalog.entry("data", spec.data.name)
    network = _part(catalog, spec, "network") if learned else ()
    out = [
        Section("Data", _data(catalog, spec, data), f"std {data.facts['std']:.2f}" if "std" in data.facts else ""),
        Section("Objective", (*_part(catalog, spec, "objective"), *_part(catalog, spec, "path"))),
        Section("Network", (*_field(catalog, spec), *network), size_of(catalog, spec, parameters) if learned else ""),
        Section(
            "Sampler",
            (
                *_part(catalog, spec, "sampler"),
                *_part(catalog, spec, "grid"),
                *_classes(catalog, spec, data),
                *_part(catalog, spec, "clipping"),
            ),
            order_of(sampler),
        ),
        Section(
            "Noise", tuple(_plain(catalog.run, spec, name) for name in ("seed", "n_samples")), "shared by all lanes"
        ),
    ]
    if learned:
        others = _seldom(catalog, spec, ("optimiser", "schedule"))
        out.append(Section("Training", (*_training(catalog, spec), *others)))
    exactness = (_plain(catalog.run, spec, name, detail=True) for name in ("precision", "threads"))
    out.append(Section("Engine", (_device(spec, devices), *exactness)))
    return out


def _training(catalog: Catalog, spec: RunSpec) -> tuple[Row, ...]:
    """How a network is trained; what is seldom changed is a detail, what means nothing beside the rest is left out."""
    data, values = catalog.entry("data", spec.data.name).facts, msgspec.structs.asdict(spec.training)
    in_pairs = all(catalog.entry(kind, spec.part(kind).name).facts["in_pairs"] for kind in ("objective", "optimiser"))
    means_nothing = {
        "conditional": not data.get("classes"),
        "label_dropout": not (data.get("classes") and spec.training.conditional),
        "channels_last": shape_of(catalog, spec.data.name) != "images",
        "in_pairs": shape_of(catalog, spec.data.name) == "images" or not in_pairs,
        "warm_up": catalog.entry("schedule", spec.schedule.name).facts.get("warms_up", False),
    }
    return tuple(
        _row(f"training.{name}", schema, values[name], detail=name not in _AT_ONCE)
        for name, schema in catalog.training.items()
        if name not in _ORIGIN and not means_nothing.get(name, False)
    )


def _data(catalog: Catalog, spec: RunSpec, data: Entry) -> tuple[Row, ...]:
    """The data set; where they start from and how they are paired are details, unless they were changed."""
    return (*_part(catalog, spec, "data"), *_seldom(catalog, spec, ("source", "coupling")))


def _field(catalog: Catalog, spec: RunSpec) -> tuple[Row, ...]:
    """The field; what it can do besides is a detail as long as it is off."""
    rows = _part(catalog, spec, "field")
    return tuple(dataclasses.replace(row, detail=row.detail or row.value is False) for row in rows)


def _seldom(catalog: Catalog, spec: RunSpec, kinds: tuple[str, ...]) -> tuple[Row, ...]:
    """Parts that are details unless they were changed."""
    usual = RunSpec()
    return tuple(
        dataclasses.replace(row, detail=row.detail or spec.part(kind) == usual.part(kind))
        for kind in kinds
        for row in _part(catalog, spec, kind)
    )


def _classes(catalog: Catalog, spec: RunSpec, data: Entry) -> tuple[Row, ...]:
    """Which class is asked for, and how strongly, where the data have classes and the field knows them: a network does
    that was told them. What was asked for all the same can be seen and taken back."""
    told = spec.field.name != "network" or spec.training.conditional
    asked = spec.label or spec.guidance.name != "none"
    if not data.facts.get("classes") or not (told or asked):
        return ()
    label = _plain(catalog.run, spec, "label")
    if names := _classes_of(catalog, spec):
        choices = {"": "Any", ",".join(names): "One of each"} | {name: name for name in names}
        choices.setdefault(spec.label, spec.label)  # by number, or some of them
        label = dataclasses.replace(label, choices=tuple(Choice(*each) for each in choices.items()))
    else:  # there may be more or fewer than the catalog knows of
        label = dataclasses.replace(label, help=f"{label.help}: {', '.join(data.facts['classes'])}")
    return (label, *_part(catalog, spec, "guidance"))


def _classes_of(catalog: Catalog, spec: RunSpec) -> Sequence[str]:
    """The names of the classes; none where they hang on parameters that were changed."""
    usual = catalog.values("data", spec.data) == catalog.values("data", Part(spec.data.name))
    names: Sequence[str] = catalog.entry("data", spec.data.name).facts.get("classes", ()) if usual else ()
    return names


def _part(catalog: Catalog, spec: RunSpec, kind: str) -> tuple[Row, ...]:
    part = spec.part(kind)
    entry = catalog.entry(kind, part.name)
    choices = tuple(
        Choice(name, other.title, said(catalog, spec, kind, other), reason_not(catalog, spec, kind, name))
        for name, other in catalog.parts[kind].items()
    )
    values = catalog.values(kind, part)
    head = Row(f"{kind}.name", KINDS[kind], part.name, choices=choices, help=_help(entry))
    params = (
        _row(f"{kind}.{n}", s, values[n], detail=kind in _DETAILED)
        for n, s in entry.params.items()
        if f"{kind}.{n}" not in _HIDDEN
    )
    return (head, *params)


def _help(entry: Entry) -> str:
    """One line of help, where it comes from, and of a path how much signal is left where sampling starts."""
    left = entry.facts.get("signal_left")
    gap = "" if left is None else f"\nSignal left in the noise at t = 0: α/σ = {left:g}"
    return f"{entry.help}{gap}\n{entry.reference}".strip()


def _row(name: str, schema: dict[str, Any], value: Any, *, detail: bool = False) -> Row:
    options = schema.get("enum", ())
    choices = tuple(Choice(option, str(option)) for option in options) if len(options) > _MOST_SEGMENTS else ()
    help_ = str(schema.get("description", ""))
    return Row(name, title_of(name, schema), value, schema, choices, help_, detail)


def _plain(schemas: dict[str, dict[str, Any]], spec: RunSpec, name: str, *, detail: bool = False) -> Row:
    return _row(name, schemas[name], getattr(spec, name), detail=detail)


def _device(spec: RunSpec, devices: list[str]) -> Row:
    choices = tuple(
        Choice(name, name, reason=None if name == "auto" or name in devices else "not on this machine")
        for name in ("auto", "cuda", "mps", "cpu")
    )
    return Row(
        "device", "Device", spec.device, choices=choices, help="Where the engine computes; auto takes the fastest",
        detail=True,
    )  # fmt: skip


def reason_not(catalog: Catalog, spec: RunSpec, kind: str, name: str) -> str | None:
    """Why a part cannot be chosen beside the others of the spec, or None."""
    entry = catalog.entry(kind, name)
    data = catalog.entry("data", spec.data.name).facts
    if kind == "data":
        return None
    reads = shape_of(catalog, spec.data.name)
    if kind == "network":
        return None if entry.facts.get("reads") == reads else f"reads {entry.facts.get('reads')}"
    if reads == "images" and (kind, name) in _OF_POINTS:
        return "is made for points"
    there = provided(
        catalog.entry(other, spec.part(other).name).facts
        for other in PROVIDERS
        if other != "objective" or spec.field.name == "network"
    )
    if data.get("classes"):
        there.add("classes")
    missing = [need for need in entry.facts.get("needs", []) if need not in there]
    return f"needs {words(missing[0])}" if missing else None


def set_value(catalog: Catalog, spec: RunSpec, name: str, value: Any) -> RunSpec:
    """The spec with one field changed.

    Naming another implementation keeps the knobs that both have; a grid or sampler that no longer fits gives way.

    Raises:
        SpecError: there is no such field, its value is not allowed, or the part does not go with the others.
    """
    section, _, key = name.partition(".")
    if not key:
        check_value(name, _schema(catalog.run, name, section), value)
        if name == "label" and (names := _classes_of(catalog, spec)):
            numbers_of(value, names)
        return spec.replace(**{section: value})
    if section == "training":
        check_value(name, _schema(catalog.training, name, key), value)
        return spec.replace(training=msgspec.structs.replace(spec.training, **{key: value}))
    if section not in specs.PARTS:
        raise SpecError(name, unknown("field", name, specs.PARTS))
    if key == "name":
        return _named(catalog, spec, section, value)
    entry = catalog.entry(section, spec.part(section).name)
    check_value(name, _schema(entry.params, name, key), value)
    return spec.replace(**{section: spec.part(section).with_params(**{key: value})})


def _schema(schemas: dict[str, dict[str, Any]], name: str, key: str) -> dict[str, Any]:
    if key not in schemas:
        raise SpecError(name, unknown("field", name, schemas))
    return schemas[key]


def _named(catalog: Catalog, spec: RunSpec, kind: str, name: str) -> RunSpec:
    before, entry = spec, catalog.entry(kind, name)
    reason = reason_not(catalog, spec, kind, name)
    if reason is not None:
        raise SpecError(kind, f"{entry.title} {reason}.")
    if kind == "data" and crosses(catalog, spec, name):
        spec = crossed(catalog, spec, name)
    else:
        spec = _with_name(catalog, spec, kind, name)
    if kind == "data" and by_name(spec.label, entry.facts.get("classes", ())) is None:
        spec = spec.replace(label="")
    usual_sampler = entry.facts.get("sampler")
    if usual_sampler and spec.field.name == "network":
        spec = _with_name(catalog, spec, "sampler", usual_sampler)
    for other in _YIELDING:
        if other != kind and reason_not(catalog, spec, other, spec.part(other).name):
            usual = (RunSpec().part(other).name, *catalog.parts[other])
            fitting = (each for each in usual if not reason_not(catalog, spec, other, each))
            jumps = "flow-map" in catalog.entry(other, spec.part(other).name).facts.get("needs", ())
            if jumps:  # the few steps that jumps take say nothing about others
                spec = spec.replace(**{other: Part(spec.part(other).name)})
            spec = _with_name(catalog, spec, other, next(fitting, spec.part(other).name))
    return _retitled(catalog, before, spec)


def by_name(label: str, names: Sequence[str]) -> str | None:
    """The classes that a spec asks for, by name where it gave numbers; None where one is not among them."""
    try:
        return ",".join(names[number] for number in numbers_of(label, names))
    except SpecError:
        return None


def _retitled(catalog: Catalog, before: RunSpec, spec: RunSpec) -> RunSpec:
    """A title that names the data set or the objective goes on naming what the spec has."""
    title = spec.title
    for kind in ("data", "objective"):
        old, new = (catalog.entry(kind, each.part(kind).name).title for each in (before, spec))
        if title.startswith(old):
            title = new + title.removeprefix(old)
        else:
            title = title.replace(old, _lower(new)).replace(_lower(old), _lower(new))
    return spec.replace(title=title)


def _lower(title: str) -> str:
    """As it stands within a line: a name such as MeanFlow keeps its capital."""
    return title[:1].lower() + title[1:] if title[1:] == title[1:].lower() else title


def _with_name(catalog: Catalog, spec: RunSpec, kind: str, name: str) -> RunSpec:
    entry = catalog.entry(kind, name)
    kept = {key: value for key, value in spec.part(kind).params.items() if key in entry.params}
    usual = entry.facts.get("for_images", {}) if shape_of(catalog, spec.data.name) == "images" else {}
    return spec.replace(**{kind: Part(name, usual | kept)})


def defaults(spec: RunSpec, trained: Sequence[RunSpec] = ()) -> RunSpec:
    """The same parts with none of their parameters changed, but for the weights that were learned.

    What weights were ``trained`` for is their default, where it is of the same parts: they can be used then.
    """
    weights = spec.field.params.get("weights")
    fresh: dict[str, Any] = {kind: Part(spec.part(kind).name) for kind in specs.PARTS}
    fresh["training"] = specs.Training()
    if weights:
        fresh["field"] = Part(spec.field.name, {"weights": weights})
    for known in trained:
        if all(known.part(kind).name == spec.part(kind).name for kind in _TRAINED if kind in specs.PARTS):
            fresh |= {kind: getattr(known, kind) for kind in _TRAINED}
    return spec.replace(**fresh)


def fits(trained: RunSpec, wanted: RunSpec) -> bool:
    """Whether weights trained for one spec answer another."""
    return not misfits(trained, wanted)


def misfits(trained: RunSpec | None, wanted: RunSpec) -> list[str]:
    """What has to be learned anew: the parts in which a spec differs from that of the weights, all without weights."""
    return [kind for kind in _TRAINED if trained is None or getattr(trained, kind) != getattr(wanted, kind)]


def nearest_allowed(schema: dict[str, Any], value: Any) -> Any | None:
    """The legal number closest to a refused one, or None where there is none to name."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return None
    nearest = min(max(value, schema.get("minimum", value)), schema.get("maximum", value))
    if schema.get("type") == "integer":
        nearest = round(nearest)
    try:
        check_value("", schema, nearest)
    except SpecError:  # an open limit has no nearest number
        return None
    return nearest


def parse(schema: dict[str, Any], text: str) -> Any:
    """What somebody typed into a field, as the schema's type where that is possible; finite numbers only."""
    if schema.get("type") not in ("integer", "number"):
        return text.strip()
    try:
        number = typed_number(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if schema["type"] == "integer" and number.is_integer() else number
