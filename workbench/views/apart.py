"""What tells lanes of one method and data set apart, beyond what their headers say in any case."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, NamedTuple

from core.catalog import Catalog
from core.parts.entry import Entry
from core.spec import SHIPPED, Part, RunSpec
from workbench import folders
from workbench.views.marks import Scene
from workbench.views.words import SHORT

_ALWAYS = ("network", "guidance")
"""Parts that a lane says nowhere else."""
_IF_NEEDED = ("objective", "sampler", "path", "grid", "clipping", "coupling", "source")
_IN_HEADER = "n_steps"
_LEARNED_WITH = (
    "n_steps", "batch_size", "accumulation", "learning_rate", "warm_up", "weight_decay", "ema", "clip", "conditional",
    "label_dropout", "n_points",
)  # fmt: skip
"""Of a training what its weights hang on; not what was recorded of it, nor how it was computed."""


class Apart(NamedTuple):
    """A few words for a set-up, empty where method, data, sampler and path say enough; and whether its sampler is
    what it is called by, beside lanes of the same method with other samplers."""

    words: str = ""
    by_sampler: bool = False


ALIKE = Apart()
"""Nothing more is to be said."""


def names_of(catalog: Catalog, specs: Sequence[RunSpec]) -> list[Apart]:
    """What tells each set-up from the others."""
    names = [ALIKE] * len(specs)
    groups: dict[tuple[str, str], list[int]] = {}
    for i, spec in enumerate(specs):
        groups.setdefault((spec.objective.name, spec.data.name), []).append(i)
    for group in groups.values():
        samplers = {(specs[i].sampler.name, specs[i].sampler.params.get(_IN_HEADER)) for i in group}
        by_sampler = 1 < len(group) == len(samplers)
        for i, words in zip(group, _names(catalog, [specs[i] for i in group]), strict=True):
            names[i] = Apart(words, by_sampler)
    return names


def told_apart(scene: Scene, name: Apart, *, named: bool = False) -> Scene:
    """The scene with such words at the beginning of its lane's second line, whose end narrow lanes cut off; or with
    the sampler as its title, and the method in the second line, unless it was ``named`` by somebody."""
    lane = scene.lane
    if name.by_sampler and lane.sampler and not named:
        rest = lane.subtitle.removeprefix(f"{lane.sampler}, ")
        lane = dataclasses.replace(lane, title=lane.sampler, subtitle=f"{lane.title}, {rest}")
    if name.words:
        lane = dataclasses.replace(lane, subtitle=f"{_begun(name.words)}, {lane.subtitle}", apart=name.words)
    return scene if lane is scene.lane else dataclasses.replace(scene, lane=lane)


def _begun(words: str) -> str:
    """With a capital, unless they begin with a symbol or with the name of a file."""
    first, _, rest = words.partition(" ")
    return words if len(first) == 1 or PurePath(first).suffix else f"{first[0].upper()}{first[1:]} {rest}".rstrip()


def _names(catalog: Catalog, specs: Sequence[RunSpec]) -> list[str]:
    """Parts that differ and are not seen, then as much more as it takes until no two read alike."""
    headers = [_header(catalog, spec) for spec in specs]
    said = [_said(catalog, kind, [spec.part(kind) for spec in specs]) for kind in _ALWAYS]
    more = [_said(catalog, kind, [spec.part(kind) for spec in specs]) for kind in _IF_NEEDED]
    seeds = _differing([f"seed {spec.seed}" for spec in specs])
    for words in (*more, seeds, *_learned(catalog, specs), _weights(specs)):
        if len(set(zip(headers, *said, strict=True))) == len(specs):
            break
        said.append(words)
    return [", ".join(filter(None, words)) for words in zip(*said, strict=True)]


def _header(catalog: Catalog, spec: RunSpec) -> str:
    path = _entry(catalog, "path", spec.path)
    title = path.title.split(",")[0] if path is not None else spec.path.name
    return repr((spec.sampler.name, spec.sampler.params.get(_IN_HEADER), title))


def _said(catalog: Catalog, kind: str, parts: Sequence[Part]) -> list[str]:
    """What a part is where it is not the same in all; else those of its parameters that are not."""
    if len({part.name for part in parts}) > 1:
        return [""] * len(parts) if kind == "sampler" else [_title(catalog, kind, part) for part in parts]
    entry = _entry(catalog, kind, parts[0])
    if entry is None:
        return [""] * len(parts)
    values = [catalog.values(kind, part) for part in parts]
    columns = [
        _differing([_parameter(schema, name, each[name]) for each in values])
        for name, schema in entry.params.items()
        if name != _IN_HEADER
    ]
    return [", ".join(filter(None, words)) for words in zip(*columns, strict=True)] if columns else [""] * len(parts)


def _title(catalog: Catalog, kind: str, part: Part) -> str:
    entry = _entry(catalog, kind, part)
    if part.name == "none":
        return f"no {kind}"
    return part.name if entry is None else entry.title


def _parameter(schema: dict[str, Any], name: str, value: Any) -> str:
    words = schema.get("symbol") or schema.get("title", name).lower()
    if isinstance(value, bool):
        return words if value else f"no {words}"
    return f"{words} {value:g}" if isinstance(value, float) else f"{words} {SHORT.get(value, value)}"


def _learned(catalog: Catalog, specs: Sequence[RunSpec]) -> list[list[str]]:
    """How weights were trained, where all have some."""
    if any(spec.field.name != "network" for spec in specs):
        return []
    settings = [
        _differing([_parameter(catalog.training[name], name, getattr(spec.training, name)) for spec in specs])
        for name in _LEARNED_WITH
    ]
    kinds = [_said(catalog, kind, [spec.part(kind) for spec in specs]) for kind in ("optimiser", "schedule")]
    return [*settings, *kinds]


def _weights(specs: Sequence[RunSpec]) -> list[str]:
    """The names of their files, with as many of the folders above as it takes to tell one from another."""
    given = [spec.field.params.get("weights", "") for spec in specs]
    parts = list(map(_parts, given))
    for n in range(1, max(map(len, parts)) + 1):
        words = ["/".join(each[-n:]) for each in parts]
        if len(set(words)) == len(set(given)):
            return _differing(words)
    return _differing(["/".join(PurePath(weights).parts[-2:]) for weights in given])  # begun in the same second


def _parts(weights: str) -> tuple[str, ...]:
    """A path, piece by piece; a name that all trainings give says nothing without its folder, or when that began."""
    if weights.startswith(SHIPPED):
        return (weights.removeprefix(SHIPPED),)
    path = PurePath(weights)
    if path.name != folders.CHECKPOINT or len(path.parts) < 2:
        return path.parts
    began = folders.began(path.parent.name)
    said = f"trained {began:%Y-%m-%d %H:%M:%S}" if began else f"{path.parent.name}/{path.name}"
    return (*path.parts[:-2], said)


def _differing(words: Sequence[str]) -> list[str]:
    return list(words) if len(set(words)) > 1 else [""] * len(words)


def _entry(catalog: Catalog, kind: str, part: Part) -> Entry | None:
    """None where a plug-in's part is not here."""
    return catalog.parts.get(kind, {}).get(part.name)
