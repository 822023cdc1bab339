"""The row of a file: its name, and a button that asks for it."""

from __future__ import annotations

from pathlib import PurePath

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtWidgets import QFileDialog, QToolButton

from workbench.model import kinds
from workbench.model.setup import Row
from workbench.views.theme import Theme
from workbench.widgets.icons import icon
from workbench.widgets.setup.number_row import NumberRow
from workbench.widgets.sheet import wear


class FileRow(NumberRow):
    """The whole path stands in the field while somebody types there; else the name alone, for which there is room."""

    def __init__(self, row: Row, theme: Theme) -> None:
        super().__init__(row, theme)
        self._field.installEventFilter(self)
        self._field.editingFinished.connect(self._show)
        self._button = choose = QToolButton()
        choose.setIcon(icon("open", theme.t2, 18))
        choose.setAccessibleName(f"Choose {row.title.lower()}")
        choose.setToolTip("Choose…")
        choose.clicked.connect(self._ask)
        self._line.addWidget(choose)

    def retheme(self, theme: Theme) -> None:
        super().retheme(theme)
        self._button.setIcon(icon("open", theme.t2, 18))

    def _show(self) -> None:
        if self.problem:  # what was typed stays to be mended
            return
        super()._show()
        if not self._field.hasFocus():
            self._field.setText(PurePath(self.row.value).name)
            self._field.setCursorPosition(0)
        self._field.setToolTip(f"{self.row.value}\n{self.row.help}".strip())

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.FocusIn and not self._field.isModified():
            self._field.setText(self.row.value)
        return super().eventFilter(watched, event)

    def _ask(self) -> None:
        kind, title = self.row.schema["file"], f"Choose {self.row.title.lower()}"
        dialog = QFileDialog(self.window(), title, str(self.row.value))
        if kind == "folder":
            dialog.setFileMode(QFileDialog.FileMode.Directory)
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
            dialog.setNameFilter(kinds.filter_of(kind))
        wear(dialog)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._emit)
        dialog.open()
