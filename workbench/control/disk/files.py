"""The dialogs that name files: open, save, export. None of them blocks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QFileDialog

from core.checker import checked
from core.errors import FlowscopeError
from workbench.control.disk.exporter import Exporter
from workbench.export.stills import CHARTS
from workbench.model import kinds
from workbench.model.recents import size_words
from workbench.model.session import Session
from workbench.painters.chart_page import ChartPage
from workbench.widgets.cards.export_dialog import ExportChoice, ExportDialog
from workbench.widgets.sheet import wear
from workbench.widgets.window import MainWindow

Opener = Callable[[list[Path]], None]
_SOON_MS = 300
_WAITING = "Checking what is in the file"
"""A walk that takes longer is told."""


class Files(QObject):
    """Asks for a file and hands it on; a trace or weights only once a child process has walked it."""

    _walked = pyqtSignal(list, list, object)

    def __init__(
        self, window: MainWindow, session: Session, exporter: Exporter, open_traces: Opener, hand_on: Opener,
        moment: Callable[[], float],
    ) -> None:  # fmt: skip
        """``hand_on`` opens files of any kind, ``open_traces`` traces that were walked; ``moment`` is the time that the
        lanes show."""
        super().__init__(window)
        self._window, self._session, self._exporter, self._open_traces = window, session, exporter, open_traces
        self._hand_on, self._moment = hand_on, moment
        self._walks = 0
        self._walked.connect(self._on_walked)

    def open(self, paths: list[Path], then: Opener | None = None) -> None:
        """Open traces or weights, soon: meanwhile the window stays alive. Without ``then`` traces become lanes."""
        self._walks += 1
        QTimer.singleShot(_SOON_MS, self._tell_waiting)
        opener = then or self._open_traces
        threading.Thread(target=lambda: self._walked.emit(*walked(paths), opener), name="check", daemon=True).start()

    def open_now(self, paths: list[Path], then: Opener | None = None) -> None:
        """The same while there is no window yet to keep alive."""
        self._open_walked(*walked(paths), then or self._open_traces)

    def _tell_waiting(self) -> None:
        if self._walks:
            self._window.tell(_WAITING)

    def _on_walked(self, good: list[Path], problems: list[str], opener: Opener) -> None:
        self._walks -= 1
        if not self._walks:
            self._window.toast.withdraw(_WAITING)
        self._open_walked(good, problems, opener)

    def _open_walked(self, good: list[Path], problems: list[str], opener: Opener) -> None:
        for problem in problems:
            self._window.message("This file cannot be opened", problem)
        if good:
            opener(good)

    def ask_open(self, then: Opener | None = None, *, several: bool = True) -> None:
        """Ask for files to open; with ``then`` for traces to hand on."""
        dialog = QFileDialog(self._window, "Open", "", kinds.filters() if then is None else kinds.filter_of("traces"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles if several else QFileDialog.FileMode.ExistingFile)
        opener = self._hand_on if then is None else lambda paths: self.open(paths, then)
        dialog.filesSelected.connect(lambda names: opener([Path(name) for name in names]))
        show_dialog(dialog)

    def ask_save(self, key: int | None = None) -> None:
        """Save a lane's trace; without a key that of the selected lane. One that shows its training saves all of it."""
        lane = self._session.lane(key) if key is not None else self._session.working_lane()
        if lane is None or lane.trace is None:
            self._window.refuse("There is no trace to save yet")
            return
        trace = (lane.training if lane.shows_training else None) or lane.trace
        dialog = QFileDialog(self._window, "Save trace", f"{lane.trace.spec.data.name}.h5", "Traces (*.h5)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("h5")
        dialog.fileSelected.connect(lambda name: self._exporter.save_trace(trace, Path(name)))
        show_dialog(dialog)

    def ask_save_chart(self, page: ChartPage, cursor: float) -> None:
        """Save a chart as a picture or as numbers: as what its name ends in, or as the kind that is chosen."""
        kinds = {f"{kind} (*{suffix})": suffix for suffix, kind in CHARTS.items()}
        dialog = QFileDialog(self._window, "Save chart", page.chart.key, ";;".join(kinds))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(".png")
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(kinds[chosen]))
        dialog.fileSelected.connect(lambda name: self._exporter.save_chart(page, cursor, Path(name)))
        show_dialog(dialog)

    def ask_save_text(self, title: str, name: str, texts: Mapping[str, tuple[str, Callable[[], str]]]) -> None:
        """Save words as what the file's name ends in, or as the kind that is chosen; ``texts`` are kinds and what they
        hold, by suffix."""
        kinds = {f"{kind} (*{suffix})": suffix for suffix, (kind, _) in texts.items()}
        first = next(iter(texts))
        dialog = QFileDialog(self._window, title, f"{name}{first}", ";;".join(kinds))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(first)
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(kinds[chosen]))
        dialog.fileSelected.connect(lambda chosen: self.save_text(Path(chosen), texts))
        show_dialog(dialog)

    def save_text(self, path: Path, texts: Mapping[str, tuple[str, Callable[[], str]]]) -> None:
        """Write what a suffix stands for; a line says that it is there, or why not."""
        if path.suffix not in texts:
            self._window.message("Nothing was saved", f"The name must end in {' or '.join(texts)}. Given {path.name}.")
            return
        try:
            path.write_text(texts[path.suffix][1](), encoding="utf-8", newline="\n")
        except OSError as error:
            self._window.message("Nothing was saved", f"{path} cannot be written: {error.strerror or error}.")
        else:
            self._window.tell(f"Saved {path.name}", size_words(path.stat().st_size))

    def ask_export(self) -> None:
        """Ask what is to be made, then where to."""
        session = self._session
        start = ExportChoice(theme=session.view.theme, title=session.title, at=round(self._moment(), 3))
        card = ExportDialog(start, self._exporter.titles(), trained=self._exporter.trained())
        scrim = self._window.over(card)
        card.cancelled.connect(scrim.close_)

        def choose(choice: ExportChoice) -> None:
            scrim.close_()
            kind = choice.suffix.removeprefix(".").upper()
            name, filter_ = (f"flowscope{choice.suffix}", f"{kind} (*{choice.suffix})") if kind else ("frames", "")
            dialog = QFileDialog(self._window, f"Export {kind or 'PNG frames into a new folder'}", name, filter_)
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setDefaultSuffix(choice.suffix.removeprefix("."))
            dialog.fileSelected.connect(lambda name: self._exporter.export(Path(name), choice))
            show_dialog(dialog)

        card.chosen.connect(choose)


def walked(paths: list[Path]) -> tuple[list[Path], list[str]]:
    """The files that may be opened, and one line for each of the others."""
    good, problems = [], []
    for path in paths:
        try:
            good.append(checked(path, "checkpoint" if path.suffix.lower() in kinds.WEIGHTS else "trace"))
        except FlowscopeError as error:
            problems.append(str(error))
    return good, problems


def show_dialog(dialog: QFileDialog) -> None:
    """Open a dialog that goes once it has been answered."""
    wear(dialog)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
