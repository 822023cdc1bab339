"""The folder of recorded runs: what is in it, and what each run is called. No Qt."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.errors import FlowscopeError, SpecError
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
    loss: float | None
    """Mean of the newest 100 losses."""
    status: str
    n_bytes: int
    when: datetime


def places() -> list[Path]:
    """Folders and files in the folder of runs, and the newest live runs; newest first."""
    root = folders.home() / "runs"
    found = [each for each in root.iterdir() if _is_run(each)] if root.is_dir() else []
    return sorted([*found, *live.files()[:_MOST_LIVE]], key=lambda each: each.name, reverse=True)


def read(all_places: list[Path], method: Callable[[Trace], Method]) -> Iterator[Run | None]:
    """Each run, or None where a file cannot be read (the log says why)."""
    for place in all_places:
        try:
            yield _read(place, method)
        except (FlowscopeError, OSError) as error:
            logging.warning("%s is left out of the runs: %s", place, error)
            yield None


def rename(run: Run, name: str) -> None:
    """Give a run another name; a live run that has one is kept for good.

    Raises:
        SpecError: the name is empty, or a file of that name exists.
    """
    name = " ".join(name.split())
    if not name:
        raise SpecError("", "A run needs a name.")
    if run.place.is_dir():
        folders.write(run.place / _NAME, name.encode())
        return
    folder = run.place.parent if run.place.parent != live.folder() else folders.home() / "runs"
    other = folder / f"{name}{run.place.suffix}"
    if other.name != f"{Path(name).name}{run.place.suffix}" or other.exists():
        raise SpecError("", f"“{name}” cannot be the name of this file. Choose one that is free and has no slash.")
    folder.mkdir(parents=True, exist_ok=True)
    run.place.rename(other)


def _is_run(place: Path) -> bool:
    try:
        return _trace_of(place) is not None
    except OSError as error:  # such as a folder of somebody else, or one that has just gone to the bin
        logging.warning("%s is left out of the runs: %s", place, error)
        return False


def _trace_of(place: Path) -> Path | None:
    if place.is_file():
        return place if place.suffix.lower() in TRACES else None
    return next((file for file in sorted(place.iterdir()) if file.suffix.lower() in TRACES), None)


def _read(place: Path, method: Callable[[Trace], Method]) -> Run:
    file = _trace_of(place)
    if file is None:
        raise SpecError("", "there is no trace in it")
    trace = open_trace(file)
    try:
        loss = trace.streams.get("loss")
        newest = loss[-min(_NEWEST, len(loss)) :] if loss is not None and len(loss) else None
        return Run(
            place=place,
            trace=file,
            name=_name(place, trace),
            method=method(trace),
            data=trace.spec.data.name,
            steps=int(steps_done(trace)),
            loss=float(newest.mean()) if newest is not None else None,
            status=trace.status,
            n_bytes=sum(each.stat().st_size for each in (place.iterdir() if place.is_dir() else [place])),
            when=datetime.fromtimestamp(file.stat().st_mtime, UTC),
        )
    finally:
        trace.close()


def _name(place: Path, trace: Trace) -> str:
    given = place / _NAME
    if place.is_dir() and given.is_file():
        return given.read_text(encoding="utf-8", errors="replace").strip() or place.name
    if place.is_file():
        return (place.parent == live.folder() and _live_name(trace)) or place.stem
    return trace.spec.title or place.name


def _live_name(trace: Trace) -> str:
    """What a live run was, such as ``Swiss roll, flow matching, Heun 25``: its file bears the moment it began."""
    sampler = trace.spec.sampler
    words = sampler_words(trace.meta.get("sampler_title", sampler.name), sampler.params.get("n_steps", ""))
    return f"{trace.spec.title}, {words}" if trace.spec.title else ""
