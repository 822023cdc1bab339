"""Recorded runs: those in the window's own folder or below any other, and what each is called. No Qt."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast, get_args

from core.errors import FlowscopeError, SpecError
from core.machine.local_file import one_line
from core.spec import RunSpec
from core.trace import Trace, open_trace
from workbench import folders
from workbench.model import live
from workbench.model.kinds import TRACES
from workbench.views.chart.charts import steps_done
from workbench.views.marks import Method
from workbench.views.words import sampler_words

_NAME = "name.txt"
"""Holds the name that somebody gave: weights are referred to by the folder, which therefore keeps its own."""
_NEWEST = 100
_MOST_LIVE = 40


@dataclass(frozen=True)
class Run:
    """A run on disk; ``place`` is its folder, or its file where it has none of its own."""

    place: Path
    trace: Path
    name: str
    method: Method
    data: str
    steps: int
    """Training steps that it holds; 0 of a sampling."""
    nfe: int | None
    """Network evaluations of a sampling, as far as it came; None of a training, and where they were not counted."""
    loss: float | None
    """Mean of the newest 100 losses."""
    status: str
    n_bytes: int
    """Of the file, or of all in its folder."""
    when: datetime
    """When it was last written, UTC."""
    spec: RunSpec


@dataclass(frozen=True)
class Unreadable:
    """A file or folder that is no run that can be read, and why in one line."""

    place: Path
    problem: str


def places() -> list[Path]:
    """Folders and files in the folder of runs, and the newest live runs; newest first."""
    root = folders.runs()
    found = [each for each in root.iterdir() if _is_run(each)] if root.is_dir() else []
    return sorted([*found, *live.files()[:_MOST_LIVE]], key=lambda each: each.name, reverse=True)


def places_below(folder: Path) -> Iterator[Path | Unreadable]:
    """Every trace in a folder and in the folders below it, and the folders that cannot be looked into.

    A training is known by its folder, which bears its name and holds its weights.
    """
    closed: list[Unreadable] = []

    def refused(error: OSError) -> None:
        closed.append(Unreadable(Path(error.filename), f"{error.filename} cannot be read: {error.strerror}."))

    for parent, below, names in os.walk(folder, onerror=refused):
        below.sort()
        for name in sorted(names):
            if Path(name).suffix.lower() in TRACES:
                yield Path(parent) if name == folders.RECORD else Path(parent, name)
    yield from closed


def read(all_places: list[Path], check: Callable[[Path], Path] | None = None) -> Iterator[Run | Unreadable]:
    """Each run, or why it cannot be read; ``check`` is asked first where files may be another's."""
    for place in all_places:
        try:
            yield _read(place, check)
        except FlowscopeError as error:
            yield Unreadable(place, str(error))
        except OSError as error:
            yield Unreadable(place, f"{place} cannot be read: {error.strerror or one_line(error)}.")


def name_of(trace: Trace) -> str:
    """What a trace that lies in a file is called, as in the list of runs."""
    assert trace.source is not None  # it lies in a file
    return _name(trace.source.parent if trace.source.name == folders.RECORD else trace.source, trace)


def rename(run: Run, name: str) -> Path:
    """Give a run another name; a live run that has one is kept for good. Returns where its trace lies now.

    Raises:
        SpecError: the name is empty, a file of that name exists, or the system refuses it.
    """
    name = " ".join(name.split())
    if not name:
        raise SpecError("", "A run needs a name.")
    try:
        if not run.place.is_dir():
            return _rename_file(run.place, name)
        folders.put(run.place / _NAME, name.encode())
        return run.trace
    except OSError as error:  # such as a name that is too long, a folder of somebody else, or a file that has gone
        raise SpecError("", f"{run.name} cannot be renamed: {error.strerror or one_line(error)}.") from None


def _rename_file(place: Path, name: str) -> Path:
    folder = place.parent if place.parent != live.folder() else folders.runs()
    other = folder / f"{name}{place.suffix}"
    if other.name != f"{Path(name).name}{place.suffix}" or other.exists():
        raise SpecError("", f"“{name}” cannot be the name of this file. Choose one that is free and has no slash.")
    folder.mkdir(parents=True, exist_ok=True)
    return place.rename(other)


def _is_run(place: Path) -> bool:
    try:
        return _trace_of(place) is not None
    except OSError as error:  # such as a folder of somebody else, or one that has just gone to the bin
        logging.warning("%s is left out of the runs: %s", place, error)
        return False


def _trace_of(place: Path) -> Path | None:
    if place.is_file():
        return place if place.suffix.lower() in TRACES else None
    files = [file for file in sorted(place.iterdir()) if file.suffix.lower() in TRACES]
    return next((file for file in files if file.name == folders.RECORD), files[0] if files else None)


def _read(place: Path, check: Callable[[Path], Path] | None) -> Run:
    file = _trace_of(place)
    if file is None:
        raise SpecError("", f"There is no trace in {place}.")
    trace = open_trace(check(file) if check is not None else file)
    try:
        loss = trace.streams.get("loss")
        newest = loss[-min(_NEWEST, len(loss)) :] if loss is not None and len(loss) else None
        return Run(
            place=place,
            trace=file,
            name=_name(place, trace),
            method=_method(trace),
            data=trace.spec.data.name,
            steps=int(steps_done(trace)),
            nfe=_nfe(trace),
            loss=float(newest.mean()) if newest is not None else None,
            status=trace.status,
            n_bytes=sum(each.stat().st_size for each in (place.iterdir() if place.is_dir() else [place])),
            when=datetime.fromtimestamp(file.stat().st_mtime, UTC),
            spec=trace.spec,
        )
    finally:
        trace.close()


def _method(trace: Trace) -> Method:
    """Whose colour and shape a run bears."""
    said = trace.meta.get("method")
    return cast(Method, said) if said in get_args(Method) else "flow"


def _nfe(trace: Trace) -> int | None:
    x = trace.streams.get("x")
    counts = x is not None and len(x) and "nfe" in x.declared.columns
    spent = int(x.column("nfe")[-1]) if x is not None and counts else -1
    return spent if spent >= 0 else None


def _name(place: Path, trace: Trace) -> str:
    given = place / _NAME
    if place.is_dir() and given.is_file():
        return given.read_text(encoding="utf-8", errors="replace").strip() or place.name
    if place.is_file() and place.parent == live.folder():
        return _live_name(trace) or place.stem
    if place.is_file() and place.parent == folders.runs():  # where a file bears the name that somebody gave
        return place.stem
    return trace.spec.title or (place.name if place.is_dir() else place.stem)


def _live_name(trace: Trace) -> str:
    """What a live run was, such as ``Swiss roll, flow matching, Heun 25``: its file bears the moment it began."""
    sampler = trace.spec.sampler
    words = sampler_words(trace.meta.get("sampler_title", sampler.name), sampler.params.get("n_steps", ""))
    return f"{trace.spec.title}, {words}" if trace.spec.title else ""
