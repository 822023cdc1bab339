"""What a person has chosen for good: theme, size of type, shortcuts, layout, and what was open. No Qt."""

from __future__ import annotations

import logging
from typing import Any, Literal

import msgspec
from psygnal import Signal

from workbench import folders
from workbench.model import live
from workbench.model.part import LoopMode
from workbench.views.lane2d import Aspect
from workbench.views.marks import AxisKind, Overlay

ThemeChoice = Literal["dark", "light", "system"]
SCALES = (1.0, 1.1, 1.25)


class KeptLane(msgspec.Struct, frozen=True):
    """A lane that was open at the end: its file if it has one, the spec that makes it anew, and how it was shown."""

    trace: str
    spec: dict[str, Any] | None
    training: str = ""
    """The file of the training that it shows, or that it learned by."""
    aspect: Aspect | None = None
    """None in an older file, where a lane without a spec is one of real data."""
    of: int = -1
    """The place of the lane that it shows an aspect of."""
    name: str = ""
    overlays: list[Overlay] | None = None


class KeptPlayhead(msgspec.Struct, frozen=True):
    """How time is read and played, and where it stood."""

    t: float = 0.0
    axis: AxisKind = "t"
    mode: LoopMode = "loop"
    span: tuple[float, float] = (0.0, 1.0)
    speed: float = 1.0
    keep_time: bool = True


class Settings(msgspec.Struct, frozen=True):
    """Every field has a default, so that an older or a partly written file still counts."""

    theme: ThemeChoice = "dark"
    scale: float = 1.0
    """Of type and of what holds it; 1 is 13 px."""
    still: bool = False
    """Nothing moves but what is played."""
    keys: dict[str, list[str]] = {}
    """The shortcuts of actions that have others than their own."""
    live_bytes: int = live.USUAL
    """What recorded live runs may take on disk."""
    panel: bool = True
    window: str = ""
    """Qt's own record of place and size, base 64."""
    lanes: list[KeptLane] = []
    selected: int = 0
    """The place of the lane that the set-up is of."""
    looks: list[tuple[float, float, float]] = []
    """Where each lane looks, as centre and scale; none where all fit what they show."""
    charts: dict[str, list[str]] = {}
    """The charts that were chosen, by the occasion on which they are shown."""
    title: str = ""
    view: dict[str, Any] = {}
    playhead: KeptPlayhead = KeptPlayhead()


class Store:
    """The settings, kept in ``settings.json`` whenever they change."""

    changed = Signal(str)
    """The name of the field."""

    def __init__(self) -> None:
        self._file = folders.home() / "settings.json"
        self.now = self._read(Settings())

    def set(self, **changes: Any) -> None:
        """Change some fields, keep the file, and tell for each that is really another.

        What another window has chosen meanwhile stays in the file.
        """
        before, self.now = self.now, msgspec.structs.replace(self.now, **changes)
        if before == self.now:
            return
        kept = msgspec.structs.replace(self._read(before), **changes)
        folders.write(self._file, msgspec.json.format(msgspec.json.encode(kept)))
        for name in changes:
            if getattr(before, name) != getattr(self.now, name):
                self.changed.emit(name)

    def reset(self) -> None:
        """Everything as it was first."""
        fresh = Settings()
        self.set(**{name: getattr(fresh, name) for name in fresh.__struct_fields__})

    def _read(self, otherwise: Settings) -> Settings:
        """What the file says; ``otherwise`` where there is none, or none that can be read."""
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Settings)
        except FileNotFoundError:
            return otherwise
        except (OSError, msgspec.DecodeError) as error:
            logging.warning("%s cannot be read: %s", self._file, error)
            return otherwise
