"""The command line that a spec is copied as. No Qt."""

from __future__ import annotations

import json
import shlex
from typing import Any

from core import spec as specs
from core.assignments import apply_sets
from core.spec import RunSpec


def as_command(spec: RunSpec) -> str:
    """The command line that repeats this run from any preset of the same action."""
    base = specs.to_dict(specs.from_dict({}))
    sets = []
    for name, value in specs.to_dict(spec).items():
        if isinstance(value, dict):
            reference = base[name] if base[name].get("name") == value.get("name") else {}
            changed = [key for key in value if key != "name" and reference.get(key) != value[key]]
            if "name" in value and (changed or not reference):
                changed.insert(0, "name")  # naming a part drops the parameters of the one before
            sets += [f"{name}.{key}={_plain_text(value[key])}" for key in changed]
        elif value != base[name] and name not in ("title", "action"):
            sets.append(f"{name}={_plain_text(value)}")
    arguments = " ".join(f"--set {shlex.quote(item)}" for item in sets)
    verb, out = ("train", "runs/mine") if spec.action == "train" else ("sample", "mine.h5")
    return f"python main.py {verb} default {arguments} -o {out}".replace("  ", " ")


def _plain_text(value: Any) -> str:
    """A value as ``--set`` reads it back: bare text where that is not mistaken for something else, TOML elsewhere."""
    if isinstance(value, str) and apply_sets({}, [f"title={value}"])["title"] == value:
        return value
    return repr(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)
