"""The dialogs that name files: open, save, export. None of them blocks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QFileDialog

from core.checker import checked
from core.errors import FlowscopeError
from workbench.control.exporter import Exporter
from workbench.model.session import Session
from workbench.widgets.dialogs import ExportChoice, ExportDialog
from workbench.widgets.window import MainWindow

_SOON_MS = 300
"""A walk that takes longer is told."""


class Files(QObject):
    """Asks for a file and hands it on; a trace only once a child process has walked it."""

    _walked = pyqtSignal(list, list)

    def __init__(
        self, window: MainWindow, session: Session, exporter: Exporter, open_traces: Callable[[list[Path]], None]
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._exporter, self._open_traces = window, session, exporter, open_traces
        self._walks = 0
        self._walked.connect(self._on_walked)

    def open(self, paths: list[Path]) -> None:
        """Open traces, soon: meanwhile the window stays alive."""
        self._walks += 1
        QTimer.singleShot(_SOON_MS, self._tell_waiting)
        threading.Thread(target=lambda: self._walked.emit(*walked(paths)), name="check", daemon=True).start()

    def open_now(self, paths: list[Path]) -> None:
        """The same while there is no window yet to keep alive."""
        self._open_walked(*walked(paths))

    def _tell_waiting(self) -> None:
        if self._walks:
            self._window.tell("Checking what is in the file")

    def _on_walked(self, good: list[Path], problems: list[str]) -> None:
        self._walks -= 1
        self._open_walked(good, problems)

    def _open_walked(self, good: list[Path], problems: list[str]) -> None:
        for problem in problems:
            self._window.message("This file cannot be opened", problem)
        if good:
            self._open_traces(good)

    def ask_open(self) -> None:
        dialog = QFileDialog(self._window, "Open trace", "", "Traces (*.h5 *.hdf5)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(lambda names: self.open([Path(name) for name in names]))
        _show(dialog)

    def ask_save(self, key: int | None = None) -> None:
        """Save a lane's trace; without a key that of the selected lane. A lane that was trained saves its training."""
        lane = self._session.lane(key) if key is not None else self._session.working_lane()
        if lane is None or lane.trace is None:
            self._window.tell("There is no trace to save yet")
            return
        trace = lane.training if lane.training is not None and lane.trace.source is None else lane.trace
        dialog = QFileDialog(self._window, "Save trace", f"{lane.trace.spec.data.name}.h5", "Traces (*.h5)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("h5")
        dialog.fileSelected.connect(lambda name: self._exporter.save_trace(trace, Path(name)))
        _show(dialog)

    def ask_export(self) -> None:
        card = ExportDialog()
        scrim = self._window.over(card)
        card.cancelled.connect(scrim.close_)

        def choose(choice: ExportChoice) -> None:
            scrim.close_()
            dialog = QFileDialog(self._window, "Export GIF", "flowscope.gif", "GIF (*.gif)")
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setDefaultSuffix("gif")
            dialog.fileSelected.connect(lambda name: self._exporter.export(Path(name), choice))
            _show(dialog)

        card.chosen.connect(choose)


def walked(paths: list[Path]) -> tuple[list[Path], list[str]]:
    """The files that may be opened, and one line for each of the others."""
    good, problems = [], []
    for path in paths:
        try:
            good.append(checked(path))
        except FlowscopeError as error:
            problems.append(str(error))
    return good, problems


def _show(dialog: QFileDialog) -> None:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
