"""The overlay bar: what the lanes show on top of each other, how the field is read, and the cameras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QHBoxLayout, QMenu, QWidget

from workbench.model.session import FieldKind, ViewState
from workbench.views.theme import Theme
from workbench.widgets.chip import Chip
from workbench.widgets.controls import IconButton

#: The chips: action and key. One row adds a chip.
OVERLAYS = (("particles", "P"), ("trails", "T"), ("field", "F"), ("real", "R"))
#: Those of lanes of images, which stand in their place.
IMAGE_OVERLAYS = (
    ("image", "X"), ("preview", "H"), ("speed", "V"), ("keys", "K"), ("labels", "L"), ("arrows", "A"),
)  # fmt: skip
FACTORS = (1.0, 2.0, 4.0)


class OverlayBar(QWidget):
    """Chips trigger actions; the field's menu writes to the view state and shows what it says."""

    def __init__(self, actions: Mapping[str, QAction], view: ViewState) -> None:
        super().__init__()
        self.setFixedHeight(40)
        self._view = view
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.chips = {name: Chip.of(actions[name], key=key) for name, key in OVERLAYS + IMAGE_OVERLAYS}
        for chip in self.chips.values():
            row.addWidget(chip)
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
        view.events.field_kind.connect(self._show_field)
        view.events.field_factor.connect(self._show_field)
        self._actions = actions
        self.show_images(False)
        self._show_field()

    def show_images(self, images: bool) -> None:
        """The chips for lanes of images, or those for lanes of points; the keys of the others rest."""
        for overlays, wanted in ((OVERLAYS, not images), (IMAGE_OVERLAYS, images)):
            for name, _ in overlays:
                self.chips[name].setVisible(wanted)
                self._actions[name].setEnabled(wanted)

    def retheme(self, theme: Theme) -> None:
        for chip in (*self.chips.values(), self.field):
            chip.retheme(theme)
        for each in self._buttons:
            each.retheme(theme, theme.t1 if each.isCheckable() else theme.t2)

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
