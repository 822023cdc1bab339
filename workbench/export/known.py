"""What an export shows beside what traces recorded: densities, and the exact field and errors, as analyses found them.

An analysis that nobody has made yet is made here, in a process of its own, and kept where the window keeps its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from core import spec as specs
from core.trace import Trace
from workbench.model.analyses import Kind, analysis_spec, fingerprint, kept, place, refused, trim
from workbench.views.heat import NO_ERROR, ErrorMap, analysed, recorded, run_density
from workbench.views.image import images
from workbench.views.lane2d import MOST_DISCS, NOTHING, Known, extent, presence_on
from workbench.views.marks import Overlay

_NAMES: dict[Kind, str] = {"exact-field": "exact field", "error-map": "error map"}
_POLL = 0.1


@contextmanager
def known(run: Trace, more: Collection[Overlay]) -> Iterator[Known]:
    """What is known about a run of what ``more`` asks for; its traces are open until the end of the block.

    The density of more particles than are drawn stands in for them, whoever asks. Of images nothing is.
    """
    if images.shows_images(run):
        yield NOTHING
        return
    exact = _found(run, "exact-field") if _asks(run, more, "exact-field") else None
    errors = _found(run, "error-map") if _asks(run, more, "error-map") else None
    dense = "density" in more or run["x"].declared.row_shape[0] > MOST_DISCS
    try:
        yield Known(
            exact if "exact" in more else None,
            _error(run, exact, errors) if "error" in more else None,
            run_density(run["x"], extent(run)) if dense else None,
            tuple(_notes(run, more, exact, errors)),
        )
    finally:
        for trace in (exact, errors):
            if trace is not None:
                trace.close()


def compute(
    file: Path, run: Trace, more: Collection[Overlay], tell: Callable[[str], None], alive: Callable[[], None]
) -> None:
    """Make the analyses of a file's run that ``more`` asks for and that are not kept yet.

    ``tell`` hears what is computed and what cannot be; ``alive`` is called now and then, and ends all by raising.
    """
    for kind, name in _NAMES.items():
        if not _asks(run, more, kind):
            continue
        trace = _found(run, kind)
        if trace is not None:
            trace.close()
            continue
        tell(f"computing the {name} of {file.name}")
        problem = refused(run, kind) or _compute(run, kind, alive)
        if problem:
            tell(f"the {name} of {file.name} cannot be computed: {problem}")


def _asks(run: Trace, more: Collection[Overlay], kind: Kind) -> bool:
    """Whether an analysis of a run is needed. What training made has recorded its field, and needs the exact one."""
    if images.shows_images(run):
        return False
    trained = run.spec.action == "train"
    if kind == "exact-field":
        return "exact" in more or ("error" in more and trained)
    return "error" in more and not trained and _learned(run)


def _learned(run: Trace) -> bool:
    return run.spec.action == "train" or (run.spec.action == "sample" and run.spec.field.name != "exact")


def _notes(run: Trace, more: Collection[Overlay], exact: Trace | None, errors: Trace | None) -> Iterator[str]:
    for (kind, name), found in zip(_NAMES.items(), (exact, errors), strict=True):
        if _asks(run, more, kind) and found is None:
            yield f"The {name} could not be computed"
    if "error" in more and not _learned(run):
        yield NO_ERROR


def _error(run: Trace, exact: Trace | None, errors: Trace | None) -> ErrorMap | None:
    if errors is not None:
        return analysed(errors)
    if run.spec.action != "train" or exact is None:
        return None
    field = run["field/velocity"]
    return recorded(field, exact["field/exact"], presence_on(field.static["grid"], run["x"][:]))


def _found(run: Trace, kind: Kind) -> Trace | None:
    return None if refused(run, kind) else kept(place(fingerprint(analysis_spec(run.spec, kind))))


def _compute(run: Trace, kind: Kind, alive: Callable[[], None]) -> str:
    """Make an analysis in a process of its own; returns what went wrong, if anything."""
    spec = analysis_spec(run.spec, kind)
    file = place(fingerprint(spec))
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.stem}-{os.getpid()}.part")
    command = [sys.executable, "-m", "workbench.engine.analyse", str(part)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    text: str | None = specs.to_json(spec)
    try:
        while True:
            alive()
            try:
                _, error = process.communicate(text, timeout=_POLL)
                break
            except subprocess.TimeoutExpired:
                text = None  # it has been sent
        if process.returncode == 0:
            part.replace(file)
            trim({file})
            return ""
        return error.strip().splitlines()[-1] if error.strip() else "its process ended."
    finally:
        process.kill()
        process.communicate()
        part.unlink(missing_ok=True)
