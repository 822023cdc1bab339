"""What an export shows beside what traces recorded: densities, and the exact field and errors, as analyses found them.

An analysis that nobody has made yet is made here, in a process of its own, and kept where the window keeps its own.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from core import spec as specs
from core.spec import RunSpec
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


class Analyst:
    """Analyses, made one after the other by one process of their own, since most of the time one takes is its start.

    ``alive`` is called now and then while one is made, and ends all by raising.
    """

    def __init__(self, alive: Callable[[], None]) -> None:
        self._alive = alive
        self._process: subprocess.Popen[str] | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed at the end; a pipe that nobody reads fills up
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()

    def __enter__(self) -> Analyst:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._errors.close()

    def make(self, spec: RunSpec, file: Path) -> str:
        """Make the analysis that a spec asks for as a trace file; returns what went wrong, if anything."""
        process = self._started()
        assert process.stdin is not None  # all of its streams are pipes
        with suppress(OSError):  # it has ended; what it answered says why
            process.stdin.write(json.dumps([str(file), specs.to_json(spec)]) + "\n")
            process.stdin.flush()
        answer = self._answer()
        if answer:
            problem: str = json.loads(answer)
            return problem
        error = self._end()
        return error.splitlines()[-1] if error else "its process ended."

    def _answer(self) -> str:
        try:
            while True:
                self._alive()
                with suppress(queue.Empty):
                    return self._answers.get(timeout=_POLL)
        except BaseException:
            self._end()  # before its file is removed
            raise

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            command = [sys.executable, "-m", "workbench.engine.analyse"]
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=self._errors, text=True, encoding="utf-8"
            )
            self._listener = threading.Thread(target=_listen, args=(self._process.stdout, self._answers), daemon=True)
            self._listener.start()
        return self._process

    def _end(self) -> str:
        """End the process, if there is one; returns what it has said of errors."""
        process, self._process = self._process, None
        if process is None:
            return ""
        process.kill()
        self._listener.join()
        with suppress(OSError), process:  # what it was still to be sent
            pass
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace").strip()


def _listen(answers: TextIO, heard: queue.SimpleQueue[str]) -> None:
    """Hand on each line, and at the end one that has not even an end of line."""
    for line in answers:
        heard.put(line)
    heard.put("")


def compute(
    file: Path, run: Trace, more: Collection[Overlay], tell: Callable[[str], None], analyst: Analyst
) -> Iterator[str]:
    """Let the analyst make the analyses of a file's run that ``more`` asks for and that are not kept yet.

    ``tell`` hears what is computed; what cannot be is yielded, as a sentence.
    """
    for kind, name in _NAMES.items():
        if not _asks(run, more, kind):
            continue
        trace = _found(run, kind)
        if trace is not None:
            trace.close()
            continue
        problem = refused(run, kind)
        if not problem:
            tell(f"computing the {name} of {file.name}")
            problem = _compute(run, kind, analyst)
        if problem:
            yield f"The {name} of {file.name} cannot be computed: {problem}"


def _asks(run: Trace, more: Collection[Overlay], kind: Kind) -> bool:
    """Whether an analysis of a run is needed. What training made has recorded its field, and needs the exact one."""
    if images.shows_images(run):
        return False
    trained = run.spec.action == "train"
    if kind == "exact-field":
        return "exact" in more or ("error" in more and trained)
    return "error" in more and not trained and learned(run)


def learned(run: Trace) -> bool:
    """Whether a network made it, whose field can err."""
    return run.spec.action == "train" or (run.spec.action == "sample" and run.spec.field.name != "exact")


def _notes(run: Trace, more: Collection[Overlay], exact: Trace | None, errors: Trace | None) -> Iterator[str]:
    for (kind, name), found in zip(_NAMES.items(), (exact, errors), strict=True):
        if _asks(run, more, kind) and found is None:
            yield f"The {name} could not be computed"
    if "error" in more and not learned(run):
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


def _compute(run: Trace, kind: Kind, analyst: Analyst) -> str:
    """Make an analysis and keep it; returns what went wrong, if anything."""
    spec = analysis_spec(run.spec, kind)
    file = place(fingerprint(spec))
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.stem}-{os.getpid()}.part")
    try:
        problem = analyst.make(spec, part)
        if not problem:
            part.replace(file)
            trim({file})
        return problem
    finally:
        part.unlink(missing_ok=True)
