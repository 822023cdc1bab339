"""One door for every kind of run: a spec goes in, events come out."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from core.analysis import ANALYSES, analyse
from core.errors import SpecError
from core.events import Event, Tick
from core.reports.run import report
from core.run import sample
from core.size import size
from core.spec import RunSpec
from trainers.loop import train
from trainers.measure import measure


def start(spec: RunSpec, place: Path | None = None) -> Generator[Event | Tick]:
    """The events of a spec's run; a training keeps its checkpoint in the place, a report is of the trace there."""
    if spec.action in ANALYSES:
        return analyse(spec)
    if spec.action == "train":
        return train(spec, place)
    if spec.action == "report":
        if place is None:
            raise SpecError("action", "A report is of a trace. Name it.")
        return report(place)
    if spec.action == "size":
        return size(spec)
    if spec.action == "measure":
        return measure(spec)
    return sample(spec.replace(action="sample"), plane=spec.action != "preview")
