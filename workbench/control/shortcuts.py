"""Shortcuts that a person has changed: kept in the settings, refused where another action has the key."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtGui import QAction, QKeySequence

from core.errors import SpecError
from workbench import actions as table
from workbench.model.settings import Store


class Shortcuts:
    """Gives the actions of the table the keys that the settings name."""

    def __init__(self, actions: Mapping[str, QAction], store: Store) -> None:
        self._actions, self._store = actions, store
        self._specs = {spec.id: spec for spec in table.TABLE}
        self.apply()

    def keys(self, action: str) -> list[str]:
        """The keys of an action, in Qt's portable form."""
        own = list(self._specs[action].keys)
        return self._store.now.keys.get(action, own)

    def owner(self, key: str) -> str | None:
        """The action that has a key."""
        wanted = QKeySequence(key)
        return next((name for name in self._specs if wanted in map(QKeySequence, self.keys(name))), None)

    def set(self, action: str, keys: list[str]) -> None:
        """Give an action other keys.

        Raises:
            SpecError: another action has one of them; nothing has changed.
        """
        for key in keys:
            other = self.owner(key)
            if other not in (None, action):
                name = self._specs[str(other)].text.rstrip("…")
                raise SpecError("", f"{table.native(key)} belongs to “{name}”. Give that one another key first.")
        own = list(self._specs[action].keys)
        kept = {name: value for name, value in self._store.now.keys.items() if name != action}
        self._store.set(keys=kept if keys == own else {**kept, action: keys})
        self.apply()

    def apply(self) -> None:
        """Bring actions and their tooltips up to the settings; unknown names in them are left alone."""
        for name, spec in self._specs.items():
            keys = self.keys(name)
            self._actions[name].setShortcuts([QKeySequence(key) for key in keys])
            self._actions[name].setToolTip(table.tooltip(spec, keys))
