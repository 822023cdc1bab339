"""The report of a trace as a run of its own: its start says all of it, as JSON in the meta data ``report``.

Nothing is drawn or written; the trace is the one that somebody looks at, opened to be read.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path

from core.events import Event, RunFinished, StopRun, Tick
from core.reports import images, points
from core.run import started
from core.setup import resolve
from core.trace import open_trace

_NAME = "This run"


def report(file: Path) -> Generator[Event | Tick]:
    """Measure the samples at the end of a trace; a tick for every step.

    Raises:
        SpecError: it holds no samples at t = 1, or they cannot be held against real ones.
        TraceError: the file cannot be read.
    """
    trace = open_trace(file)
    try:
        if images.is_of_images(trace.spec.data.name):
            steps = images.trace_report(trace, _NAME)
        else:
            steps = points.points_report(points.subject_of(trace, trace.spec, _NAME), points.known_metrics())
        while True:
            try:
                yield Tick(*next(steps))
            except StopIteration as end:
                found = end.value
                break
        yield started(resolve(trace.spec), report=json.dumps(found, ensure_ascii=False))
    except StopRun:
        yield RunFinished("stopped")
        return
    finally:
        trace.close()
    yield RunFinished("finished")
