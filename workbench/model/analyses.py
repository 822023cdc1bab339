"""Which run finds out what: the spec of an analysis, with all that does not decide its numbers left at one value.

Two lanes that differ in sampler, steps or number of particles have one exact field: it is computed once, and not again
while a knob is dragged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Literal

from core import spec as specs
from core.checkpoint import locate, lost
from core.errors import SpecError, TraceError
from core.spec import Part, RunSpec, Training
from core.trace import Trace, begun, open_trace
from workbench import folders

Kind = Literal["exact-field", "error-map", "forward"]
BUDGET = 500_000_000
"""Bytes that kept analyses may take: some two hundred maps of errors."""
_STEPS = 50
_SEEDLESS = ("network", "exact")
"""Fields that do not hang on the seed."""
_FILES = ("weights", "file", "folder")
"""Parameters that name what a run reads."""


def analysis_spec(spec: RunSpec, kind: Kind) -> RunSpec:
    """The analysis of a run. That of a training stands at the times of its snapshots, others at even times."""
    out = spec.replace(action=kind, title="", clipping=Part("none"), training=Training())
    if kind == "error-map":
        return _evenly(out.replace(n_samples=1, seed=0 if spec.field.name in _SEEDLESS else spec.seed))
    plain = RunSpec()
    out = out.replace(network=plain.network)
    if kind == "forward":
        return _evenly(out.replace(field=Part("network"), label="", guidance=Part("none")))
    out = out.replace(n_samples=1, seed=0, field=Part("exact"), objective=plain.objective)
    return out if spec.action == "train" else _evenly(out)


def refused(run: Trace, kind: Kind) -> str:
    """Why an analysis would not be that of a recorded run, as one line; empty where it would.

    An error is that of the weights with which the run was sampled, and of no others that bear their name by now.
    """
    if kind != "error-map":
        return ""
    return lost(str(run.spec.field.params.get("weights", "")), run.meta.get("weights_sha256", ""))


def _evenly(spec: RunSpec) -> RunSpec:
    return spec.replace(grid=Part("uniform"), sampler=Part("euler", {"n_steps": _STEPS}))


def fingerprint(spec: RunSpec) -> str:
    """A name for what an analysis yields: its spec, and the state of the files that it reads."""
    text = specs.to_json(spec)
    for name in filter(None, (str(part.params.get(each, "")) for part in (spec.field, spec.data) for each in _FILES)):
        with suppress(OSError, SpecError):  # the run will say that it is gone
            state = locate(name).stat()
            text += f" {state.st_size} {state.st_mtime_ns}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def folder() -> Path:
    return folders.home() / "derived"


def place(name: str) -> Path:
    """Where the analysis of a fingerprint is kept."""
    return folder() / f"{name}.h5"


def used() -> int:
    """Bytes that kept analyses take."""
    return sum(map(folders.size, folder().glob("*")))


def trim(kept: Collection[Path] = ()) -> None:
    """Remove the oldest until the rest fits the budget, but what is ``kept``, also where it is only begun; whoever asks
    again has them made anew."""
    in_use = {*kept, *map(begun, kept)}
    folders.trim(sorted(folder().glob("*"), key=_made, reverse=True), BUDGET, in_use)


def _made(file: Path) -> float:
    """When a file was written; one that has gone meanwhile is the oldest."""
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def kept(file: Path) -> Trace | None:
    """A finished analysis on disk; None where there is none."""
    if not file.is_file():
        return None
    try:
        trace = open_trace(file)
    except TraceError:  # half written by a window that was killed: computed again
        return None
    if trace.status != "finished":
        trace.close()
        return None
    return trace
