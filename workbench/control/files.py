"""The dialogs that name files: open, save, export. None of them blocks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtWidgets import QFileDialog

from workbench.control.exporter import Exporter
from workbench.model.session import Session
from workbench.widgets.export_dialog import ExportChoice, ExportDialog
from workbench.widgets.window import MainWindow

FILTERS = (
    "All that can be opened (*.h5 *.hdf5 *.toml *.csv *.npy *.png *.jpg *.jpeg);;Traces (*.h5 *.hdf5);;"
    "Set-ups (*.toml);;Points (*.csv *.npy);;Pictures (*.png *.jpg *.jpeg *.webp *.gif *.bmp *.tif *.tiff)"
)


class Files(QObject):
    """Asks for a file and hands it on."""

    def __init__(
        self, window: MainWindow, session: Session, exporter: Exporter, open_traces: Callable[[list[Path]], None],
        moment: Callable[[], float],
    ) -> None:  # fmt: skip
        """``moment`` is the time that the lanes show."""
        super().__init__(window)
        self._window, self._session, self._exporter, self._open_traces = window, session, exporter, open_traces
        self._moment = moment

    def ask_open(self, then: Callable[[list[Path]], None] | None = None, *, several: bool = True) -> None:
        """Ask for files to open; with ``then`` for traces to hand on."""
        dialog = QFileDialog(self._window, "Open", "", FILTERS if then is None else "Traces (*.h5 *.hdf5)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles if several else QFileDialog.FileMode.ExistingFile)
        dialog.filesSelected.connect(lambda names: (then or self._open_traces)([Path(name) for name in names]))
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
        """Ask what is to be made, then where to."""
        session = self._session
        start = ExportChoice(theme=session.view.theme, title=session.title, at=round(self._moment(), 3))
        card = ExportDialog(start, self._exporter.titles(), trained=self._exporter.trained())
        scrim = self._window.over(card)
        card.cancelled.connect(scrim.close_)

        def choose(choice: ExportChoice) -> None:
            scrim.close_()
            kind = choice.suffix.removeprefix(".").upper()
            name, kinds = (f"flowscope{choice.suffix}", f"{kind} (*{choice.suffix})") if kind else ("frames", "")
            dialog = QFileDialog(self._window, f"Export {kind or 'PNG frames into a new folder'}", name, kinds)
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setDefaultSuffix(choice.suffix.removeprefix("."))
            dialog.fileSelected.connect(lambda name: self._exporter.export(Path(name), choice))
            _show(dialog)

        card.chosen.connect(choose)


def _show(dialog: QFileDialog) -> None:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
