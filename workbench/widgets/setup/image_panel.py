"""The panel for images: the chosen one large, which class to make, and how strongly to guide towards it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from workbench.model.setup import Row
from workbench.views.image.closeup import WHATS, What
from workbench.views.marks import Method, Scene, locate
from workbench.views.theme import DARK, GLYPHS, Theme
from workbench.widgets.controls import Segments, hairline, label
from workbench.widgets.icons import pixmap
from workbench.widgets.lane.pixels import ScenePicture
from workbench.widgets.setup.class_picker import ClassPicker
from workbench.widgets.setup.number_row import NumberRow

_SIDE = 256
_WORDS: dict[What, str] = {"x": "x", "preview": "Preview", "final": "Final", "noise": "Noise"}


@dataclass(frozen=True)
class Asked:
    """What all lanes are asked to make: the names of the classes, a spec's label, and the row of the guidance."""

    names: Sequence[str]
    label: str
    guidance: Row | None


class ImagePanel(QWidget):
    """Shows what it is given and says what somebody chose."""

    class_chosen = pyqtSignal(str)
    guidance_chosen = pyqtSignal(object)
    what_chosen = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._theme: Theme = DARK
        self._scene: Scene | None = None
        self._cursor = 0.0
        self._guidance: NumberRow | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 8)
        column.setSpacing(8)
        self.title = label("", "section")
        column.addWidget(self.title)
        self.picture = ScenePicture(_SIDE)
        column.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignHCenter)
        self.whats = Segments([(what, _WORDS[what]) for what in WHATS], "Show")
        self.whats.set_value("x")
        self.whats.chosen.connect(self.what_chosen)
        column.addWidget(self.whats)
        column.addLayout(self._facts())
        self._picker_title = label("Class", "section")
        self.classes = ClassPicker()
        self.classes.chosen.connect(self.class_chosen)
        column.addWidget(self._picker_title)
        column.addWidget(self.classes)
        self._guidance_place = QVBoxLayout()
        column.addLayout(self._guidance_place)
        column.addWidget(hairline())
        self.hide()

    def _facts(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        self._glyph, self._when, self._size = QLabel(), label("", "small"), label("", "small")
        row.addWidget(self._glyph)
        row.addWidget(self._when)
        row.addStretch(1)
        row.addWidget(self._size)
        return row

    @property
    def what(self) -> What:
        return next(what for what in WHATS if what == self.whats.value())

    def show_image(self, scene: Scene | None, title: str, theme: Theme) -> None:
        """The chosen image of the selected lane; without a scene it has none yet."""
        if theme is not self._theme:
            self._theme, old, self._guidance = theme, self._guidance, None
            if old is not None:
                self._drop(old)
        self._scene = scene
        self.title.setText(title)
        self.picture.show_scene(scene, theme)
        self._glyph.setVisible(scene is not None)
        self._size.setVisible(scene is not None)
        if scene is not None:
            method: Method = scene.lane.method
            self._glyph.setPixmap(pixmap(GLYPHS[method], theme.methods[method], 10, self.devicePixelRatioF()))
            x0, x1, y0, y1 = scene.extent
            self._size.setText(f"{x1 - x0:.0f} × {y1 - y0:.0f}")
        self.set_cursor(self._cursor)

    def show_asked(self, asked: Asked) -> None:
        for part in (self._picker_title, self.classes):
            part.setVisible(bool(asked.names))
        self.classes.show_classes(asked.names, asked.label, self._theme)
        if asked.guidance is None:
            if self._guidance is not None:
                self._guidance.hide()
            return
        if self._guidance is None:
            self._guidance = NumberRow(asked.guidance, self._theme)
            self._guidance.changed.connect(lambda _, value: self.guidance_chosen.emit(value))
            self._guidance_place.addWidget(self._guidance)
        self._guidance.show_row(asked.guidance)
        self._guidance.show()

    def set_cursor(self, t: float) -> None:
        self._cursor = t
        self.picture.set_cursor(t)
        if self._scene is None or len(self._scene.lane.times) == 0:
            self._when.setText("No image yet")
            return
        times, what = self._scene.lane.times, self.what
        row = {"final": len(times) - 1, "noise": 0}.get(what, locate(times, t, glide=False).row)
        self._when.setText(f"{self._scene.lane.title}, t = {times[row]:.3f}")

    def _drop(self, row: NumberRow) -> None:
        self._guidance_place.removeWidget(row)
        row.hide()
        row.deleteLater()
