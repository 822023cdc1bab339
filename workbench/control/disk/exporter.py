"""Saving and exporting from the window: in a thread or a process of their own, with progress and cancel."""

from __future__ import annotations

import dataclasses
import json
import sys
import tempfile
import threading
import time
from pathlib import Path

import msgspec
from PyQt6.QtCore import QObject, QProcess, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices

from core.errors import FlowscopeError
from core.trace import Trace, save
from workbench.export.job import CANCELLED, Order, Over
from workbench.export.scenes import MORE, Shown
from workbench.export.stills import write_chart
from workbench.export.whole import remove_part
from workbench.model.recents import size_words
from workbench.model.session import Session
from workbench.painters.chart_page import ChartPage
from workbench.views.lane2d import ASPECTS
from workbench.views.marks import OVERLAYS
from workbench.widgets.cards.export_dialog import ExportChoice
from workbench.widgets.window import MainWindow

_PATIENCE_MS = 1000
"""How long a window that closes waits for its export to stop; it looks up after every frame."""


class Exporter(QObject):
    """One export at a time."""

    saved = pyqtSignal(str, str)
    exported = pyqtSignal(object)
    _ready = pyqtSignal(object, str)

    def __init__(self, window: MainWindow, session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self._busy = self._cancelled = False
        self._process: QProcess | None = None
        self._number = 0
        """The process's, also once it has ended."""
        self._out = Path()
        """Where the process writes."""
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._began = 0.0
        self.saved.connect(self._on_saved)
        self._ready.connect(self._start)
        window.closing.connect(self._leave)

    # --- traces --------------------------------------------------------------------------------------------------

    def save_trace(self, trace: Trace, path: Path) -> None:
        """Write a trace in the background; `saved` says the path and what went wrong, if anything."""

        def work() -> None:
            try:
                save(trace, path)
                self.saved.emit(str(path), "")
            except FlowscopeError as error:
                self.saved.emit(str(path), str(error))

        threading.Thread(target=work, name="save", daemon=True).start()

    def _on_saved(self, path: str, problem: str) -> None:
        if problem:
            self._window.toast.finish()
            self._window.message("The trace was not saved", problem)
        else:
            self._window.tell(f"Saved {Path(path).name}", size_words(Path(path).stat().st_size))

    # --- charts --------------------------------------------------------------------------------------------------

    def save_chart(self, page: ChartPage, cursor: float, out: Path) -> None:
        """Write a chart at once: it takes about a tenth of a second."""
        try:
            write_chart(page, cursor, out)
        except FlowscopeError as error:
            self._window.message("The chart was not saved", str(error))
        else:
            self._tell_exported(out)

    # --- films ---------------------------------------------------------------------------------------------------

    def titles(self) -> tuple[str, ...]:
        """Of the lanes that can be exported, in their order."""
        traces, lanes = self._lanes("sampling")
        methods = [trace.meta.get("method_title", trace.spec.objective.name) for trace in traces]
        return tuple(lane.name or ASPECTS.get(lane.aspect) or methods[lane.trace] for lane in lanes)

    def trained(self) -> bool:
        """Whether any lane shows how samples changed in training."""
        return any("snapshot/x" in trace for trace in self._lanes("training")[0])

    def _lanes(self, over: Over) -> tuple[list[Trace], list[Shown]]:
        """The lanes that show something, and the traces that they show; over training of what was trained all of it."""
        session = self._session
        runs = [lane for lane in session.lanes if session.run_of(lane) is lane]
        shown = [
            Shown(runs.index(run), lane.aspect, lane.name, lane.overlays)
            for lane in session.lanes
            if (run := session.run_of(lane)) is not None
        ]
        traces = [lane.training if over == "training" and lane.training is not None else lane.trace for lane in runs]
        return [trace for trace in traces if trace is not None], shown

    def export(self, out: Path, choice: ExportChoice) -> None:
        """Make a film, a picture or numbers of the lanes as they are, in a child process."""
        if self._busy:
            self._window.refuse("An export is still going on")
            return
        traces, lanes = self._lanes(choice.over)
        if not traces:
            self._window.refuse("There is nothing to export yet")
            return
        self._busy, self._cancelled = True, False
        self._folder = tempfile.TemporaryDirectory(prefix="flowscope-export-")
        files = [str(lies_in(trace) or Path(self._folder.name) / f"{i}.h5") for i, trace in enumerate(traces)]
        view = self._session.view
        chosen = dataclasses.asdict(choice)
        chosen.pop("suffix")  # the file's name has it
        order = Order(
            traces=files, out=str(out), lanes=tuple(lanes), field_kind=view.field_kind, factor=view.field_factor,
            hidden=[each for each in OVERLAYS if each not in view.overlays],
            more=[each for each in MORE if each in view.overlays], **chosen,
        )  # fmt: skip
        self._window.toast.progress("Exporting", 0, 1, None, self.cancel)

        def work() -> None:
            problem = ""
            try:
                for trace, file in zip(traces, files, strict=True):
                    if lies_in(trace) is None:
                        save(trace, Path(file))
            except FlowscopeError as error:
                problem = str(error)
            self._ready.emit(order, problem)

        threading.Thread(target=work, name="export-traces", daemon=True).start()

    def cancel(self) -> None:
        self._cancelled = True
        if self._process is not None:
            self._process.closeWriteChannel()  # the sign for it to stop and to leave nothing behind

    def _leave(self) -> None:
        """The window closes: an export ends now, and what it has written so far goes."""
        self.cancel()
        process = self._process
        if process is None:
            return
        process.readyReadStandardOutput.disconnect()
        process.finished.disconnect()
        if not process.waitForFinished(_PATIENCE_MS):
            process.kill()
            process.waitForFinished(_PATIENCE_MS)
            remove_part(self._out, self._number)
        process.deleteLater()
        self._process = None
        self._end()

    def _start(self, order: Order, problem: str) -> None:
        """The traces lie in files, or something went wrong."""
        if problem or self._cancelled:
            self._end()
            if problem:
                self._window.message("The export was not made", problem)
            else:
                self._window.tell("Export cancelled")
            return
        process, self._out = QProcess(self), Path(order.out)
        self._process = process
        process.setProgram(sys.executable)
        process.setArguments(["-m", "workbench.export.job"])
        process.readyReadStandardOutput.connect(self._progress)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._not_started)
        self._began = time.monotonic()
        process.start()
        self._number = process.processId()
        process.write(msgspec.json.encode(order) + b"\n")

    def _progress(self) -> None:
        assert self._process is not None  # it has just written
        lines = self._process.readAllStandardOutput().data().decode().strip().splitlines()
        if lines:
            state = json.loads(lines[-1])
            spent = time.monotonic() - self._began
            left = spent / max(1, state["done"]) * (state["total"] - state["done"])
            self._window.toast.progress("Exporting", state["done"], state["total"], left, self.cancel)

    def _end(self) -> None:
        self._busy = False
        if self._folder is not None:
            self._folder.cleanup()
        self._window.toast.finish()

    def _not_started(self, error: QProcess.ProcessError) -> None:
        """Of a process that never was, nothing else is heard."""
        if error != QProcess.ProcessError.FailedToStart or self._process is None:
            return
        why = self._process.errorString()
        self._process.deleteLater()
        self._process = None
        self._end()
        self._window.message("The export was not made", f"{sys.executable} cannot be started: {why}.")

    def _finished(self, code: int, how: QProcess.ExitStatus) -> None:
        assert self._process is not None  # it has just ended
        words = self._process.readAllStandardError().data().decode().strip().splitlines()
        self._process.deleteLater()
        self._process = None
        self._end()
        if code == CANCELLED and how == QProcess.ExitStatus.NormalExit:
            self._window.tell("Export cancelled")
        elif how == QProcess.ExitStatus.CrashExit:
            remove_part(self._out, self._number)
            self._window.message("The export was not made", "The export stopped by itself; memory may have run out.")
        elif code != 0:
            self._window.message("The export was not made", words[-1] if words else "The export stopped.")
        else:
            self._tell_exported(self._out)

    def _tell_exported(self, out: Path) -> None:
        size = sum(file.stat().st_size for file in (out.iterdir() if out.is_dir() else [out]))
        show = QUrl.fromLocalFile(str(out.parent))
        self._window.toast.tell(f"Exported {out.name}", size_words(size), "Show in folder", lambda: _open(show))
        self.exported.emit(out)


def lies_in(trace: Trace) -> Path | None:
    """The file that holds all of a trace already: it may be large, and is not copied."""
    files = {stream.file for stream in trace.streams.values()}
    file = files.pop() if len(files) == 1 else None
    return file.absolute() if file is not None and trace.status != "running" and file.is_file() else None


def _open(url: QUrl) -> None:
    QDesktopServices.openUrl(url)
