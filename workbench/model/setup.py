"""What the set-up form shows for a spec: sections of rows, made from the catalog. No Qt."""

from __future__ import annotations

import dataclasses
import shlex
from dataclasses import dataclass
from typing import Any

import msgspec

from core import spec as specs
from core.catalog import Catalog, Entry, check_value
from core.spec import Part, RunSpec

_WORDS = {"discrete-path": "needs a discrete path", "normal-source": "needs normal, independent noise"}
#: Changing one of these asks for other weights.
_TRAINED = ("data", "coupling", "path", "objective", "network")
_HIDDEN = ("weights",)


@dataclass(frozen=True)
class Choice:
    """An entry of a menu: its name in a spec, its title, what is said beside it, and why it cannot be chosen."""

    value: str
    title: str
    fact: str = ""
    reason: str | None = None


@dataclass(frozen=True)
class Row:
    """One field of the spec: ``field`` is its dotted name, ``schema`` its JSON Schema property."""

    field: str
    title: str
    value: Any
    schema: dict[str, Any] = dataclasses.field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    help: str = ""


@dataclass(frozen=True)
class Section:
    """Rows under a title, with facts at its right."""

    title: str
    rows: tuple[Row, ...]
    fact: str = ""


def sections(catalog: Catalog, spec: RunSpec, devices: list[str]) -> list[Section]:
    """The form of a spec."""
    learned = spec.field.name == "network"
    sampler = catalog.entry("sampler", spec.sampler.name)
    data = catalog.entry("data", spec.data.name)
    network = _part(catalog, spec, "network", "Layers") if learned else ()
    out = [
        Section("Data", _part(catalog, spec, "data", "Data set"), f"std {data.facts.get('std', 0):.2f}"),
        Section("Objective", (*_part(catalog, spec, "objective", "Method"), *_part(catalog, spec, "path", "Path"))),
        Section("Network", (*_part(catalog, spec, "field", "Field"), *network)),
        Section(
            "Sampler",
            (*_part(catalog, spec, "sampler", "Sampler"), *_part(catalog, spec, "grid", "Times")),
            facts(sampler),
        ),
        Section(
            "Noise", tuple(_plain(catalog.run, spec, name) for name in ("seed", "n_samples")), "shared by all lanes"
        ),
    ]
    if learned:
        values = msgspec.structs.asdict(spec.training)
        names = ("n_steps", "batch_size", "learning_rate", "n_points")
        rows = tuple(_row(f"training.{name}", catalog.training[name], values[name]) for name in names)
        out.append(Section("Training", rows))
    out.append(Section("Engine", (_device(spec, devices),)))
    return out


def facts(sampler: Entry) -> str:
    """``order 1 · 1 NFE a step``."""
    stochastic = " · draws noise" if sampler.facts.get("stochastic") else ""
    return f"order {sampler.facts.get('order')} · {sampler.facts.get('nfe_per_step')} NFE a step{stochastic}"


def _part(catalog: Catalog, spec: RunSpec, kind: str, title: str) -> tuple[Row, ...]:
    part = spec.part(kind)
    entry = catalog.entry(kind, part.name)
    choices = tuple(
        Choice(name, other.title, facts(other) if kind == "sampler" else "", reason_not(catalog, spec, kind, name))
        for name, other in catalog.parts[kind].items()
    )
    values = catalog.values(kind, part)
    head = Row(f"{kind}.name", title, part.name, choices=choices, help=_help(entry))
    params = (_row(f"{kind}.{n}", s, values[n]) for n, s in entry.params.items() if n not in _HIDDEN)
    return (head, *params)


def _help(entry: Entry) -> str:
    return f"{entry.help}\n{entry.reference}".strip()


def _row(name: str, schema: dict[str, Any], value: Any) -> Row:
    title = str(schema.get("title", name.rpartition(".")[2]))
    symbol = schema.get("symbol")
    return Row(name, f"{title} {symbol}" if symbol else title, value, schema, help=str(schema.get("description", "")))


def _plain(schemas: dict[str, dict[str, Any]], spec: RunSpec, name: str) -> Row:
    return _row(name, schemas[name], getattr(spec, name))


def _device(spec: RunSpec, devices: list[str]) -> Row:
    choices = tuple(
        Choice(name, name, reason=None if name == "auto" or name in devices else "not on this machine")
        for name in ("auto", "cuda", "mps", "cpu")
    )
    return Row(
        "device", "Device", spec.device, choices=choices, help="Where the engine computes; auto takes the fastest"
    )


def reason_not(catalog: Catalog, spec: RunSpec, kind: str, name: str) -> str | None:
    """Why a part cannot be chosen beside the others of the spec, or None."""
    provided = {
        need
        for other in ("path", "coupling")
        for need in catalog.entry(other, spec.part(other).name).facts.get("provides", [])
    }
    missing = [need for need in catalog.entry(kind, name).facts.get("needs", []) if need not in provided]
    return _WORDS.get(missing[0], f"needs {missing[0]}") if missing else None


def set_value(catalog: Catalog, spec: RunSpec, name: str, value: Any) -> RunSpec:
    """The spec with one field changed. Naming a part gives it its defaults; a grid that no longer fits gives way.

    Raises:
        SpecError: the value is outside what the field allows.
    """
    section, _, key = name.partition(".")
    if not key:
        schema = catalog.run[section]
        check_value(name, schema, value)
        return spec.replace(**{section: value})
    if section == "training":
        check_value(name, catalog.training[key], value)
        return spec.replace(training=msgspec.structs.replace(spec.training, **{key: value}))
    if key == "name":
        return _named(catalog, spec, section, value)
    entry = catalog.entry(section, spec.part(section).name)
    check_value(name, entry.params[key], value)
    return spec.replace(**{section: spec.part(section).with_params(**{key: value})})


def _named(catalog: Catalog, spec: RunSpec, kind: str, name: str) -> RunSpec:
    entry = catalog.entry(kind, name)
    # knobs that both implementations have, such as the number of steps, keep their values
    kept = {key: value for key, value in spec.part(kind).params.items() if key in entry.params}
    changed = spec.replace(**{kind: Part(name, kept)})
    if kind == "path" and reason_not(catalog, changed, "grid", spec.grid.name):
        changed = changed.replace(grid=Part("uniform"))
    return changed


def defaults(catalog: Catalog, spec: RunSpec) -> RunSpec:
    """The same parts with none of their parameters changed, but for the weights that were learned."""
    weights = spec.field.params.get("weights")
    parts = {kind: Part(spec.part(kind).name) for kind in specs.PARTS}
    if weights:
        parts["field"] = Part(spec.field.name, {"weights": weights})
    return spec.replace(**parts, training=specs.Training())


def fits(trained: RunSpec, wanted: RunSpec) -> bool:
    """Whether weights trained for one spec answer another."""
    return all(trained.part(kind) == wanted.part(kind) for kind in _TRAINED)


def nearest_allowed(schema: dict[str, Any], value: Any) -> Any | None:
    """The legal number closest to a refused one, or None where the value is no number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    low, high = schema.get("minimum", value), schema.get("maximum", value)
    return min(max(value, low), high)


def parse(schema: dict[str, Any], text: str) -> Any:
    """What somebody typed into a field, as the schema's type where that is possible."""
    cleaned = text.strip().replace(",", "").replace("−", "-").replace("\u202f", "")
    try:
        return int(cleaned) if schema.get("type") == "integer" else float(cleaned)
    except ValueError:
        return text


def as_command(spec: RunSpec) -> str:
    """The command line that repeats this run from any preset of the same action."""
    base = specs.to_dict(specs.from_dict({}))
    sets = []
    for name, value in specs.to_dict(spec).items():
        if isinstance(value, dict):
            reference = base[name] if base[name].get("name") == value.get("name") else {}
            keys = ["name", *(key for key in value if key != "name")] if "name" in value else list(value)
            sets += [f"{name}.{key}={value[key]}" for key in keys if key in value and reference.get(key) != value[key]]
        elif value != base[name] and name not in ("title", "action"):
            sets.append(f"{name}={value}")
    arguments = " ".join(f"--set {shlex.quote(item)}" for item in sets)
    verb, out = ("train", "runs/mine") if spec.action == "train" else ("sample", "mine.h5")
    return f"python main.py {verb} default {arguments} -o {out}".replace("  ", " ")
