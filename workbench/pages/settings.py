"""Settings: theme, size of type, motion, and the shortcut of every action."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PyQt6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from core.errors import SpecError
from workbench import actions as table
from workbench.model import live
from workbench.model.analyses import BUDGET
from workbench.model.recents import size_words
from workbench.model.settings import SCALES, Settings
from workbench.views.theme import Theme
from workbench.widgets.controls import Segments, button, hairline, label
from workbench.widgets.sheet import Ground, ground

_WIDTH, _NAMES = 760, 200
_MODIFIERS = (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)


class SettingsPage(QScrollArea):
    """Shows settings and says what somebody changes."""

    changed = pyqtSignal(str, object)
    reset_asked = pyqtSignal()
    log_asked = pyqtSignal()

    def __init__(self, keys: Callable[[str], list[str]], set_keys: Callable[[str, list[str]], None]) -> None:
        """``keys`` gives an action's shortcuts; ``set_keys`` changes them or raises `SpecError`."""
        super().__init__()
        self.setAccessibleName("Settings")
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._keys, self._set_keys = keys, set_keys
        self.setFrameShape(QFrame.Shape.NoFrame)
        whole = Ground("win")
        outer = QHBoxLayout(whole)
        outer.setContentsMargins(24, 16, 24, 24)
        inside = QWidget()
        inside.setMaximumWidth(_WIDTH)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        outer.addWidget(inside, 1)
        outer.addStretch(0)
        column.addWidget(label("Settings", "lead"))
        column.addWidget(self._appearance())
        column.addWidget(self._live())
        column.addWidget(self._shortcuts())
        column.addWidget(self._rest())
        column.addStretch(1)
        self.setWidget(whole)
        for each in (self, whole.parentWidget(), inside):
            assert each is not None  # Qt has put it there
            ground(each)

    def _appearance(self) -> QWidget:
        card, grid = _card("Appearance")
        self.theme = Segments([("dark", "Dark"), ("light", "Light"), ("system", "As the system")], "Theme")
        self.scale = Segments([(f"{scale:g}", f"{100 * scale:.0f} %") for scale in SCALES], "Size of type")
        self.still = Segments([("no", "Cards move"), ("yes", "Only what is played moves")], "Motion")
        self.theme.chosen.connect(lambda value: self.changed.emit("theme", value))
        self.scale.chosen.connect(lambda value: self.changed.emit("scale", float(value)))
        self.still.chosen.connect(lambda value: self.changed.emit("still", value == "yes"))
        rows = (("Theme", self.theme), ("Size of type", self.scale), ("Motion", self.still))
        for row, (name, control) in enumerate(rows, start=1):
            grid.addWidget(label(name, "t2"), row, 0)
            grid.addWidget(control, row, 1, Qt.AlignmentFlag.AlignLeft)
        return card

    def _live(self) -> QWidget:
        card, grid = _card("Live runs")
        self.live = Segments([(str(size), words) for size, words in live.BUDGETS.items()], "Kept on disk")
        self.live.chosen.connect(lambda value: self.changed.emit("live_bytes", int(value)))
        self.used = label("", "small")
        self.used.setWordWrap(True)
        grid.addWidget(label("Kept on disk", "t2"), 1, 0)
        grid.addWidget(self.live, 1, 1, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(self.used, 2, 1)
        return card

    def show_used(self, n_bytes: int, analyses: int) -> None:
        """What live runs and analyses take on disk now."""
        now = size_words(n_bytes) if n_bytes else "Nothing"
        beside = size_words(analyses) if analyses else "nothing"
        self.used.setText(
            f"{now} now. What you sample is recorded; the oldest go first. All runs lists the newest, "
            f"and one that you rename stays. Beside them exact fields and error maps take {beside} of "
            f"{size_words(BUDGET)}."
        )

    def _shortcuts(self) -> QWidget:
        card, grid = _card("Shortcuts")
        column = card.layout()
        assert isinstance(column, QVBoxLayout)  # so it was made
        self.problem = label("Press a button, then the keys. Backspace leaves none, Escape goes back.", "small")
        self.problem.setWordWrap(True)
        grid.addWidget(self.problem, 1, 0, 1, 2)
        self.keys: dict[str, KeyButton] = {}
        for group, specs in table.groups().items():  # a part each: to style all of them takes several frames
            part = QWidget()
            rows = _grid()
            part.setLayout(rows)
            column.addWidget(part)
            rows.addWidget(label(group, "heading"), 0, 0)
            rows.setRowMinimumHeight(0, 32)
            for row, spec in enumerate(specs, start=1):
                rows.addWidget(label(spec.text.rstrip("…"), "t2"), row, 0)
                each = self.keys[spec.id] = KeyButton(spec.text.rstrip("…"))
                each.chosen.connect(lambda keys, name=spec.id: self._give(name, keys))
                rows.addWidget(each, row, 1, Qt.AlignmentFlag.AlignLeft)
        return card

    def _rest(self) -> QWidget:
        card, grid = _card("When something is wrong")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(button("Copy the log", self.log_asked.emit))
        row.addWidget(button("Reset settings and layout", self.reset_asked.emit))
        row.addStretch(1)
        grid.addLayout(row, 1, 0, 1, 2)
        return card

    def show_settings(self, now: Settings) -> None:
        self.show_values(now)
        for name, each in self.keys.items():
            each.show_keys(self._keys(name))

    def show_values(self, now: Settings) -> None:
        """All but the keys."""
        self.theme.set_value(now.theme)
        self.scale.set_value(f"{min(SCALES, key=lambda scale: abs(scale - now.scale)):g}")
        self.still.set_value("yes" if now.still else "no")
        self.live.set_value(str(min(live.BUDGETS, key=lambda size: abs(size - now.live_bytes))))

    def retheme(self, theme: Theme) -> None:
        """All else comes from the style sheet."""
        for each in self.findChildren(Ground):
            each.repaint_in(theme)

    def _give(self, action: str, keys: list[str]) -> None:
        try:
            self._set_keys(action, keys)
        except SpecError as error:
            self.problem.setText(error.message)
        else:
            self.problem.setText("Kept" if keys else "This action has no key any more; the palette still finds it")
        self.keys[action].show_keys(self._keys(action))


def _card(title: str) -> tuple[QWidget, QGridLayout]:
    """A card and the grid below its title, both in one part; more can stand below."""
    card, head = Ground("panel", rounded=True), QWidget()
    column = QVBoxLayout(card)
    column.setContentsMargins(20, 16, 20, 16)
    column.setSpacing(6)
    column.addWidget(head)
    above = QVBoxLayout(head)
    above.setContentsMargins(0, 0, 0, 0)
    above.setSpacing(12)
    above.addWidget(label(title, "title"))
    above.addWidget(hairline())
    grid = _grid()
    above.addLayout(grid)
    return card, grid


def _grid() -> QGridLayout:
    """Names at the left, what is set at the right, at the same place on every card."""
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(6)
    grid.setColumnMinimumWidth(0, _NAMES)
    grid.setColumnStretch(1, 1)
    return grid


class KeyButton(QPushButton):
    """Shows an action's keys; pressed, it takes the next ones."""

    chosen = pyqtSignal(list)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName("small")
        self._name = name
        self._keys: list[str] = []
        self._listening = False
        self.setMinimumWidth(160)
        self.clicked.connect(self._listen)

    def show_keys(self, keys: list[str]) -> None:
        self._keys, self._listening = keys, False
        words = ", ".join(table.native(key) for key in keys) or "none"
        self.setText(words)
        self.setAccessibleName(f"{self._name}: {words}")

    def _listen(self) -> None:
        self._listening = True
        self.setText("Press the keys…")
        self.setFocus()

    def event(self, event: QEvent | None) -> bool:
        if self._listening and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.KeyPress:
                self._take(event)
            event.accept()  # neither a shortcut of the window nor Tab gets it
            return True
        return super().event(event)

    def _take(self, event: QKeyEvent) -> None:
        if event.key() in _MODIFIERS:
            return
        if event.key() == Qt.Key.Key_Escape:
            self.show_keys(self._keys)
        elif event.key() == Qt.Key.Key_Backspace:
            self.chosen.emit([])
        else:
            keys = QKeySequence(event.keyCombination())
            self.chosen.emit([keys.toString(QKeySequence.SequenceFormat.PortableText)])

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        if self._listening:
            self.show_keys(self._keys)
        super().focusOutEvent(event)
