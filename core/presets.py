"""Presets: specs by name, as TOML files under resources/presets, and any TOML file in the same form.

A preset is one run, or a comparison: a title and ``lanes``, the names of the runs that stand side by side. Files that a
TOML file names are looked for beside it, and then from where the program was started.
"""

from __future__ import annotations

import os
from contextlib import suppress
from copy import deepcopy
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import msgspec

import resources
from core.assignments import apply_sets
from core.errors import SpecError, no_file, shown, unknown
from core.spec import PARTS, SHIPPED, Part, RunSpec, from_dict, names_weights, read_toml

_FILES = (("data", "file"), ("data", "folder"), ("field", "weights"), ("training", "init_from"))
"""Fields that name a file or a folder."""
_OF_A_COMPARISON = ("title", "help", "lanes")


class Preset(msgspec.Struct, frozen=True):
    """What a name stands for: one lane for a run, several for a comparison."""

    name: str
    title: str
    help: str
    lanes: list[str]


def names() -> list[str]:
    return list(_shipped_names())


def describe(name: str) -> Preset:
    data = _tables(name)
    return Preset(name, data.get("title", name), data.get("help", ""), _lanes(name, data))


def load(name: str, sets: list[str] | None = None) -> list[RunSpec]:
    """The specs of a preset or of a TOML file, one per lane, with ``--set`` assignments applied to each.

    Raises:
        SpecError: no such preset or file, or a mistake in it.
    """
    specs = _shipped_specs(name) if not sets and name in _shipped_names() else _specs(name, sets or [])
    return [placed(_own(spec)) for spec in specs]


def load_all() -> None:
    """Read all that ship, so that nobody waits for them later."""
    for name in names():
        load(name)


def _specs(name: str, sets: list[str]) -> tuple[RunSpec, ...]:
    data = _tables(name)
    runs = [_run_in(lane) for lane in _lanes(name, data)] if "lanes" in data else [data]
    return tuple(from_dict(apply_sets(_run_only(run), sets)) for run in runs)


def _own(spec: RunSpec) -> RunSpec:
    """The same, whatever becomes of the parameters of this one."""
    return spec.replace(**{kind: Part(spec.part(kind).name, dict(spec.part(kind).params)) for kind in PARTS})


def _run_in(lane: str) -> dict[str, Any]:
    data = _tables(lane)
    if "lanes" in data:
        raise SpecError("lanes", f"{lane} is a comparison itself. Name its runs: {', '.join(_lanes(lane, data))}.")
    return data


def placed(spec: RunSpec) -> RunSpec:
    """The spec with its data named as they are found from every folder: what a trace records is run again elsewhere."""
    named = {key: spec.data.params[key] for key in ("file", "folder") if spec.data.params.get(key)}
    with suppress(OSError, RuntimeError, ValueError):  # what cannot be found is told where it is read
        return spec.replace(data=spec.data.with_params(**{key: _whole(name) for key, name in named.items()}))
    return spec


def _whole(name: str) -> str:
    return str(Path(name).expanduser().resolve())


def load_one(name: str, sets: list[str] | None = None) -> RunSpec:
    """The spec of a preset or file that is one run."""
    found = load(name, sets)
    if len(found) > 1:
        lanes = " or ".join(describe(name).lanes)
        raise SpecError("", f"{name} compares {len(found)} runs. Name one of them: {lanes}.")
    return found[0]


def _lanes(name: str, data: dict[str, Any]) -> list[str]:
    """The runs that a preset or a file compares; one that is a run compares itself alone."""
    lanes = data.get("lanes", [name])
    if not isinstance(lanes, list) or not lanes or not all(isinstance(lane, str) for lane in lanes):
        raise SpecError(
            "lanes", f'Give a list of runs, such as ["swiss-roll-diffusion", "mine.toml"]. Given {lanes!r}.'
        )
    for field, value in data.items() if "lanes" in data else ():
        if field not in _OF_A_COMPARISON:
            raise SpecError(shown(field), "A comparison has a title, help and lanes alone. Set this in its runs.")
        if field != "lanes" and not isinstance(value, str):
            raise SpecError(field, f"{field.capitalize()} must be text, in quotes. Given {shown(repr(value))}.")
    return lanes


def _tables(name: str) -> dict[str, Any]:
    if name.endswith(".toml") and not _means_a_preset(Path(name)):
        return _beside(Path(name).parent, read_toml(Path(name)))
    if name not in _shipped_names():
        raise SpecError("", _no_preset(name))
    return deepcopy(_shipped(name))  # who asks may change what it is given


def _beside(folder: Path, data: dict[str, Any]) -> dict[str, Any]:
    """The tables of a file in that folder, with what they name found there first: it is opened from any other too."""

    def found(name: Any) -> Any:
        there = isinstance(name, str) and name and os.path.exists(folder / name)
        return str(folder / name) if there else name

    out = dict(data)
    if isinstance(data.get("lanes"), list):
        out["lanes"] = [found(lane) if str(lane).endswith(".toml") else lane for lane in data["lanes"]]
    for section, key in _FILES:
        table = data.get(section)
        if isinstance(table, dict) and key in table:
            out[section] = table | {key: found(table[key])}
    return out


# What ships does not change while the product runs, and menus ask for all of it on the window's thread. A file of one's
# own is read anew each time.


@lru_cache(maxsize=1)
def _shipped_names() -> tuple[str, ...]:
    return tuple(sorted(file.stem for file in resources.path("presets").glob("*.toml")))


@cache
def _shipped(name: str) -> dict[str, Any]:
    return read_toml(resources.path("presets", f"{name}.toml"))


@cache
def _shipped_specs(name: str) -> tuple[RunSpec, ...]:
    return _specs(name, [])


def _means_a_preset(file: Path) -> bool:
    return file.stem in _shipped_names() and not os.path.lexists(file)


def _no_preset(name: str) -> str:
    path = Path(name)
    if names_weights(name):
        return f"{name} is a checkpoint. To train on from it, name its preset and --init-from {name}."
    if os.path.isdir(name):
        return f"{name} is a folder. Name a TOML file, a checkpoint or a preset."
    if os.path.isfile(name):
        return f"{name} is no TOML file. Name one that ends in .toml, a checkpoint (.safetensors) or a preset."
    if path.suffix or path.name != name:  # no preset is called so
        return no_file(path) + (f" There is a preset {path.stem}." if path.stem in _shipped_names() else "")
    return unknown("preset", name, names()) + " A file of your own ends in .toml."


def _run_only(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != "help"}


def shipped_weights(name: str) -> str | None:
    """How a spec names the weights that ship for a preset of one run, where there are some."""
    file = resources.path("weights", f"{name}.safetensors")
    return f"{SHIPPED}{name}" if file.is_file() else None
