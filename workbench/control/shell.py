"""The window's manners: palette, shortcuts, undo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QKeySequence

from core import presets
from workbench import actions as table
from workbench.control.shortcuts import Shortcuts
from workbench.control.undo import Undo
from workbench.model.recents import size_words, when_words
from workbench.model.settings import Store
from workbench.widgets.palette import TOP, Entry, Palette

if TYPE_CHECKING:
    from workbench.control.controller import Controller


class Shell(QObject):
    """Keeps what belongs to the window as a whole."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller.window)
        self._main = controller
        self.settings = Store()
        self.shortcuts = Shortcuts(controller.actions, self.settings)
        self.undo = Undo(self, controller.session, controller.runs, self._show_undo)
        self._show_undo()

    def _show_undo(self) -> None:
        self._main.actions["undo"].setEnabled(self.undo.can_undo)
        self._main.actions["redo"].setEnabled(self.undo.can_redo)

    # --- the palette ---------------------------------------------------------------------------------------------

    def show_palette(self) -> None:
        window = self._main.window
        card = Palette([*self._actions(), *self._presets(), *self._runs()], window.theme)
        scrim = window.over(card, TOP)
        card.done.connect(scrim.close_)

    def _actions(self) -> list[Entry]:
        """Every action of the table but the one that opened the palette."""
        entries = []
        for spec in table.TABLE:
            action = self._main.actions[spec.id]
            if spec.id == "palette":
                continue
            key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            hint = spec.help.replace("<br>", " ")
            entries.append(
                Entry("Actions", spec.text, hint, action.trigger, key, spec.icon, enabled=action.isEnabled())
            )
        return entries

    def _presets(self) -> list[Entry]:
        desk, entries = self._main.desk, []
        for name in presets.names():
            card = desk.card(name)
            entries.append(
                Entry(
                    "Presets", card.title, card.help, lambda name=name: desk.open_preset(name),  # type: ignore[misc]
                    method=card.methods[0], also=lambda name=name: desk.open_preset(name, add=True),  # type: ignore[misc]
                )
            )  # fmt: skip
        return entries

    def _runs(self) -> list[Entry]:
        desk, entries = self._main.desk, []
        for recent in desk.recents.entries:
            if not recent.missing:
                hint = f"{when_words(recent.when)} · {size_words(recent.n_bytes)}"
                path = Path(recent.path)
                entries.append(
                    Entry(
                        "Runs", recent.title, hint, lambda path=path: desk.open_files([path]),  # type: ignore[misc]
                        method=recent.method, also=lambda path=path: desk.add_trace(path),  # type: ignore[misc]
                    )
                )  # fmt: skip
        return entries
