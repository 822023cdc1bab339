"""Measures what the lanes show, lane by lane, in the engine; the page says what is known, and the words leave by it."""

from __future__ import annotations

import dataclasses
import json
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QGuiApplication

from core.errors import FlowscopeError
from core.events import Event, RunStarted
from core.trace import Trace, save
from workbench.control.disk.exporter import lies_in
from workbench.control.disk.files import Files
from workbench.control.workspace import Workspace
from workbench.engine.client import EngineClient
from workbench.engine.commands import JobEnded, Progress
from workbench.model.session import LaneState
from workbench.pages.reports import ReportPage
from workbench.views.marks import Scene
from workbench.views.reports import LaneReport, as_csv, as_json, as_text

PLACE = "measurements"
_CANCELLED = "Cancelled"
_GROWING = "It is still being sampled. Measure again when it has come to its end."


@dataclass
class _Subject:
    """A lane that is measured, the trace it showed when that was asked for, and the file which holds that."""

    lane: LaneReport
    trace: Trace
    file: Path | None = None


class Reports(QObject):
    """One measurement of all lanes at a time."""

    _filed = pyqtSignal(int, list)

    def __init__(
        self,
        workspace: Workspace,
        engine: EngineClient,
        files: Files,
        lanes: Callable[[], list[tuple[Scene, LaneState]]],
        when_ready: Callable[[Callable[[], None], str], None],
    ) -> None:
        """``lanes`` are those that sample or train, with what they show; ``when_ready`` does something as soon as there
        is an engine, and says so where there is none."""
        super().__init__(workspace.window)
        self._workspace, self._window, self._runs = workspace, workspace.window, workspace.runs
        self._engine, self._files, self._lanes, self._when_ready = engine, files, lanes, when_ready
        self.page: ReportPage | None = None
        self._subjects: list[_Subject] = []
        self._at = 0
        """The subject that is measured, or whose turn it is next."""
        self._number = 0
        """Of the measurement; what an older one still brings is nothing to anybody."""
        self._job: int | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._filed.connect(self._on_filed)
        engine.batch.connect(self._on_batch)
        engine.progress.connect(self._on_progress)
        engine.ended.connect(self._on_ended)
        workspace.window.closing.connect(self._clean)

    @property
    def measured(self) -> list[LaneReport]:
        """What is known of each lane."""
        return [subject.lane for subject in self._subjects]

    @property
    def busy(self) -> bool:
        return self._at < len(self._subjects)

    # --- what a person asks for ----------------------------------------------------------------------------------

    def ask(self) -> None:
        """Show the measurements of what the lanes show; they are made where they are not there yet."""
        found = self._found()
        known = [subject.trace for subject in self._subjects]
        asked = [subject.trace for subject in found]
        alike = len(known) == len(asked) and all(a is b for a, b in zip(known, asked, strict=True))
        if alike and (self.busy or all(lane.report for lane in self.measured)) and asked:
            self._window.show_place(PLACE)
        else:
            self.measure()

    def measure(self) -> None:
        """Measure every lane that has samples."""
        if self._any(self._found()):
            self._when_ready(self._measure, "the lanes are measured as soon as it is ready")

    def _any(self, found: list[_Subject]) -> bool:
        """Whether there is anything to measure; a line says so where there is not."""
        there = not all(subject.lane.problem for subject in found)
        if not there:
            self._window.refuse("There is nothing to measure yet", "lanes must have come to their end")
        return there

    def _measure(self) -> None:
        found = self._found()
        if not self._any(found):  # any more: the engine may have been waited for
            return
        self._stop()
        self._clean()
        self._subjects, self._at = found, 0
        self._folder = tempfile.TemporaryDirectory(
            prefix="flowscope-measure-",
            ignore_cleanup_errors=True,  # the engine may read there still
        )
        self._show()
        self._show_progress(0, 1, 0.0)
        self._window.show_place(PLACE)
        self._workspace.playhead.pause()
        work = partial(self._file, self._number, found, Path(self._folder.name))
        threading.Thread(target=work, name="measure-traces", daemon=True).start()

    def cancel(self) -> None:
        """Nothing more is measured; what is known stays."""
        if not self.busy:
            return
        self._stop()
        for subject in self._subjects[self._at :]:
            subject.lane = dataclasses.replace(subject.lane, problem=_CANCELLED)
        self._end()

    def copy(self) -> None:
        clipboard = QGuiApplication.clipboard()
        assert clipboard is not None  # there is an application
        clipboard.setText(as_text(self.measured))
        self._window.tell("Copied the measurements", "as text")

    def ask_save(self) -> None:
        self._files.ask_save_text("Save measurements", "measurements", self.texts())

    def texts(self) -> dict[str, tuple[str, Callable[[], str]]]:
        """What can be saved, by suffix: its kind, and its words."""
        lanes = self.measured
        return {
            ".json": ("JSON", lambda: as_json(lanes)),
            ".csv": ("CSV", lambda: as_csv(lanes)),
            ".txt": ("Text", lambda: as_text(lanes)),
        }

    def retheme(self) -> None:
        if self.page is not None:
            self.page.retheme(self._workspace.theme)

    # --- the work ------------------------------------------------------------------------------------------------

    def _found(self) -> list[_Subject]:
        """The lanes that show samples; one that still grows shows fewer, or those of an earlier knob."""
        found = []
        for scene, lane in self._lanes():
            if lane.trace is not None:
                problem = _GROWING if lane.key in self._runs.sampling else ""
                known = LaneReport(scene.lane.title, scene.lane.sampler, scene.lane.method, problem=problem)
                found.append(_Subject(known, lane.trace))
        return found

    def _file(self, number: int, subjects: list[_Subject], folder: Path) -> None:
        """In a thread: put the samples where the engine can read them."""
        filed: list[Path | str] = []
        for i, subject in enumerate(subjects):
            if subject.lane.problem:
                filed.append(subject.lane.problem)
                continue
            try:
                file = lies_in(subject.trace)
                if file is None:
                    file = folder / f"{i}.h5"
                    x = {name: stream for name, stream in subject.trace.streams.items() if name == "x"}
                    save(dataclasses.replace(subject.trace, streams=x), file)
                filed.append(file)
            except FlowscopeError as error:
                filed.append(str(error))
        self._filed.emit(number, filed)

    def _on_filed(self, number: int, filed: list[Path | str]) -> None:
        if number != self._number or not self.busy:
            return
        for subject, file in zip(self._subjects, filed, strict=True):
            if isinstance(file, str):
                subject.lane = dataclasses.replace(subject.lane, problem=file)
            else:
                subject.file = file
        self._next()

    def _next(self) -> None:
        """Measure the next lane that has a file, or end."""
        while self.busy and self._subjects[self._at].file is None:
            self._at += 1
        if not self.busy:
            self._end()
            return
        subject = self._subjects[self._at]
        self._job = self._engine.submit(subject.trace.spec.replace(action="report"), place=subject.file)
        self._show()

    def _stop(self) -> None:
        self._number += 1
        if self._job is not None:
            self._engine.stop(self._job)
            self._job = None

    def _end(self) -> None:
        self._at = len(self._subjects)
        self._clean()
        self._show()
        if self.page is not None:
            self.page.show_end()
        if self._window.place != PLACE:
            self._window.toast.tell("Measured", "", "Show", lambda: self._window.show_place(PLACE))

    def _clean(self) -> None:
        folder, self._folder = self._folder, None
        if folder is not None:
            folder.cleanup()

    # --- what is shown -------------------------------------------------------------------------------------------

    def _show(self) -> None:
        if self.page is None:
            page = self.page = ReportPage()
            page.again.connect(self.measure)
            page.cancelled.connect(self.cancel)
            page.copied.connect(self.copy)
            page.save_asked.connect(self.ask_save)
            self._window.add_place(PLACE, page)
            self.retheme()
        self.page.show_lanes(self.measured)

    def _show_progress(self, done: int, total: int, rate: float) -> None:
        """Steps of the lane that is measured; the others are taken to have as many."""
        assert self.page is not None  # it is shown before anything is asked for
        n = len(self._subjects)
        done, total = self._at * total + done, n * total
        left = (total - done) / rate if rate > 0.0 else None
        self.page.show_progress(f"Measuring {self._subjects[self._at].lane.title}", done, total, left)

    # --- what the engine says ------------------------------------------------------------------------------------

    def _on_batch(self, job: int, events: list[Event]) -> None:
        if job != self._job:
            return
        for event in events:
            if isinstance(event, RunStarted):
                subject = self._subjects[self._at]
                subject.lane = dataclasses.replace(subject.lane, report=json.loads(event.meta["report"]))

    def _on_progress(self, progress: Progress) -> None:
        if progress.job == self._job:
            self._show_progress(progress.done, progress.total, progress.rate)

    def _on_ended(self, end: JobEnded) -> None:
        if end.job != self._job:
            return
        self._job = None
        if end.status != "finished":
            subject = self._subjects[self._at]
            subject.lane = dataclasses.replace(subject.lane, report=None, problem=end.message or _CANCELLED)
        self._at += 1
        self._next()
