"""The overlay bar: what the lanes show on top of each other, how the field is read, and the cameras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from PyQt6.QtCore import QEvent, QSize, Qt
from PyQt6.QtGui import QAction, QActionGroup, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget

from workbench.model.session import MOST_SAID, FieldKind, ViewState
from workbench.views.theme import Theme
from workbench.widgets.chip import Chip
from workbench.widgets.controls import IconButton
from workbench.widgets.icons import put_icon

#: The chips: action and key. One row adds a chip.
OVERLAYS = (
    ("particles", "P"), ("trails", "T"), ("field", "F"), ("preview", "H"), ("density", "D"), ("real", "R"),
    ("exact", "E"), ("error", "M"), ("ways", "W"), ("frames", "K"),
)  # fmt: skip
#: Those of lanes of images, which stand in their place.
IMAGE_OVERLAYS = (
    ("image", "X"), ("image-preview", "H"), ("speed", "V"), ("keys", "K"), ("labels", "L"), ("arrows", "W"),
)  # fmt: skip
FACTORS = (1.0, 2.0, 4.0)


class OverlayBar(QWidget):
    """Chips trigger actions; the field's menu writes to the view state and shows what it says."""

    def __init__(self, actions: Mapping[str, QAction], view: ViewState) -> None:
        super().__init__()
        self.setFixedHeight(40)
        self._view, self._actions = view, actions
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.chips = {name: Chip.of(actions[name], key=key) for name, key in dict(OVERLAYS + IMAGE_OVERLAYS).items()}
        for chip in self.chips.values():
            row.addWidget(chip)
        self.more = Chip("More overlays", "More", menu=QMenu(self))
        row.addWidget(self.more)
        row.addStretch(1)
        self.field = Chip("Read the field as", menu=QMenu(self))
        self.field.setToolTip("What the arrows show, and how long they are")
        row.addWidget(self.field)
        self._choices: dict[tuple[str, object], QAction] = {}
        for kind in get_args(FieldKind):
            self._add_choice("field_kind", kind, f"Field as {kind}")
        self._menu().addSeparator()
        for factor in FACTORS:
            self._add_choice("field_factor", factor, f"Arrows {factor:g}×")
        self._buttons = [IconButton(actions[name], name, 16, 28) for name in ("link", "home")]
        for each in self._buttons:
            row.addWidget(each)
        self.add = _AddButton(actions["add-lane"])
        row.addWidget(self.add)
        view.events.field_kind.connect(self._show_field)
        view.events.field_factor.connect(self._show_field)
        self._wanted = dict(OVERLAYS)
        self.show_images(False)
        self._show_field()

    def show_images(self, images: bool) -> None:
        """The chips for lanes of images, or those for lanes of points; the keys of the others rest."""
        self._wanted = dict(IMAGE_OVERLAYS if images else OVERLAYS)
        for name in self.chips:
            self._actions[name].setEnabled(name in self._wanted)
        self._arrange()

    def retheme(self, theme: Theme) -> None:
        for chip in (*self.chips.values(), self.more, self.field):
            chip.retheme(theme)
        for each in self._buttons:
            each.retheme(theme, theme.t1 if each.isCheckable() else theme.t2)
        self.add.retheme(theme)
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        """Narrower than its chips: those that find no room go into a menu."""
        rest = (self.more, self.field, *self._buttons, self.add)
        return QSize(sum(each.sizeHint().width() + 8 for each in rest), self.height())

    def event(self, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self._arrange()  # a chip says more or less than before: a longer key, arrows twice as long
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self._arrange()

    def _arrange(self) -> None:
        """Show as many of the wanted chips as there is room for."""
        room = self.width() - self.minimumSizeHint().width() + self.more.sizeHint().width() + 8
        for name in self.chips.keys() - self._wanted.keys():
            self.chips[name].hide()
        chips = {name: self.chips[name] for name in self._wanted}
        widths = [chip.sizeHint().width() + 8 for chip in chips.values()]
        fits = len(widths)
        if sum(widths) > room:
            room -= self.more.sizeHint().width() + 8
            fits = next((n for n in range(len(widths), 0, -1) if sum(widths[:n]) <= room), 0)
        menu = self.more.menu()
        assert menu is not None  # it was made with one
        menu.clear()
        for i, (name, chip) in enumerate(chips.items()):
            chip.setVisible(i < fits)
            if i >= fits:
                menu.addAction(self._actions[name])
        self.more.setVisible(fits < len(widths))

    def _menu(self) -> QMenu:
        menu = self.field.menu()
        assert menu is not None  # it was made with one
        return menu

    def _add_choice(self, name: str, value: object, text: str) -> None:
        action = self._menu().addAction(text)
        assert action is not None  # Qt made it
        action.setCheckable(True)
        group = next((each.actionGroup() for (key, _), each in self._choices.items() if key == name), None)
        action.setActionGroup(group or QActionGroup(self))
        action.triggered.connect(lambda: setattr(self._view, name, value))
        self._choices[name, value] = action

    def _show_field(self) -> None:
        kind, factor = self._view.field_kind, self._view.field_factor
        self.field.set_words(kind if factor == 1.0 else f"{kind} · {factor:g}×", "Field as")
        for (name, value), action in self._choices.items():
            action.setChecked(getattr(self._view, name) == value)


class _AddButton(QPushButton):
    """Shows the action that adds a lane."""

    def __init__(self, action: QAction) -> None:
        super().__init__(action.text())
        self.setObjectName("small")
        self.setAccessibleName(action.text())
        self.setToolTip(action.toolTip())
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(action.trigger)
        action.enabledChanged.connect(self._enable)

    def _enable(self, enabled: bool) -> None:
        self.setEnabled(enabled)
        self.setToolTip(MOST_SAID if not enabled else "One to four stand side by side")

    def retheme(self, theme: Theme) -> None:
        put_icon(self, "plus", theme.t1, 16)
