"""One table of actions: menus, buttons, shortcuts, tooltips and the help sheet come from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QAbstractButton, QAbstractItemView, QAbstractSlider, QComboBox, QLineEdit, QWidget

Group = Literal["Go to", "File", "Run", "Play", "Overlays", "View", "Help"]


@dataclass(frozen=True)
class Spec:
    """An action: what it is called, how it is reached, which icon it bears, and a line on what it means."""

    id: str
    text: str
    group: Group
    keys: tuple[str, ...] = ()
    icon: str = ""
    checkable: bool = False
    help: str = ""
    lanes: Literal["", "points", "images"] = ""
    """Works in lanes of this kind alone: actions of different kinds may share a key."""

    def meets(self, other: Spec) -> bool:
        """Whether both can be enabled at once."""
        return not (self.lanes and other.lanes and self.lanes != other.lanes)


TABLE: tuple[Spec, ...] = (
    Spec("library", "Library", "Go to", ("Ctrl+1",), "library", help="Presets and recent runs"),
    Spec("runs", "All runs", "Go to", ("Ctrl+3",), "folder", help="Search, compare, rename, throw away"),
    Spec("settings", "Settings", "Go to", ("Ctrl+,",), "settings", help="Theme, size of type, shortcuts"),
    Spec("lanes", "Lanes", "Go to", ("Ctrl+2",), "lanes", help="What is open"),
    Spec("charts", "Charts", "Go to", ("Ctrl+4",), "charts", help="What is open as curves, six at once"),
    Spec(
        "palette", "Search…", "Go to", ("Ctrl+K", "Ctrl+Shift+P"), "search", help="Actions, presets and runs by name"
    ),
    Spec("open", "Open…", "File", ("Ctrl+O",), "open"),
    Spec("save", "Save trace…", "File", ("Ctrl+S",), "save"),
    Spec("export", "Export…", "File", ("Ctrl+E",), "export"),
    Spec("quit", "Quit", "File", ("Ctrl+Q",)),
    Spec("run", "Run", "Run", ("Ctrl+R",), "play", help="Train what needs it, sample the rest"),
    Spec("stop", "Stop and keep", "Run", ("Esc",), "stop", help="What is recorded so far stays"),
    Spec(
        "measure", "Measure", "Run", ("Ctrl+M",), "measure",
        help="How near the samples of each lane come to real data,<br>beside how near two real sets are",
    ),
    Spec("play", "Play or pause", "Play", ("Space",), "play"),
    Spec("reverse", "Play backwards", "Play", ("Shift+Space",), "reverse", help="From the data back to the noise"),
    Spec("step-back", "Step back", "Play", ("Left",), "step-back", help="To the recorded step before"),
    Spec("step-on", "Step on", "Play", ("Right",), "step-on", help="To the next recorded step"),
    Spec("to-start", "To the noise", "Play", ("Home",), "to-start"),
    Spec("to-end", "To the data", "Play", ("End",), "to-end", help="On a growing run its head is followed"),
    Spec("loop", "Loop", "Play", ("Shift+L",), "loop", checkable=True, help="Loop, there and back, or once"),
    Spec(
        "keep-time", "Keep time", "Play", ("Shift+K",), checkable=True,
        help="Leave frames out where drawing is slow;<br>without it every recorded step is drawn",
    ),
    Spec("span-from", "Play from here", "Play", ("[",), help="Shift and drag on the slider chooses a part too"),
    Spec("span-to", "Play up to here", "Play", ("]",)),
    Spec("span-all", "Play all of it", "Play", ("\\",)),
    Spec(
        "play-training", "Play the training", "Play", ("Shift+T",), "play",
        help="Snapshot by snapshot, as often as Shift+L says; Shift and drag on its slider chooses a part",
    ),
    Spec("next-axis", "Next time axis", "Play", ("Shift+X",), help="t, 1 − t, σ, log-SNR, DDPM step, NFE"),
    Spec("undo", "Undo", "View", ("Ctrl+Z",), "undo", help="What is open, its set-up and how it is shown"),
    Spec("redo", "Redo", "View", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo"),
    Spec(
        "particles", "Particles", "Overlays", ("P",), checkable=True,
        help="The same noise has one colour in all lanes",
    ),
    Spec(
        "trails", "Trails", "Overlays", ("T",), checkable=True,
        help="Where particles came from, the last quarter of t",
    ),
    Spec(
        "ways", "Ways", "Overlays", ("W",), checkable=True, lanes="points",
        help="The whole ways of a few particles:<br>a ring where each begins in the noise, a square where it ends",
    ),
    Spec(
        "field", "Field", "Overlays", ("F",), checkable=True,
        help="Arrows show where a particle at this place goes next.<br>Length is speed, on one scale for all t.",
    ),
    Spec(
        "preview", "Preview x̂₁", "Overlays", ("H",), checkable=True,
        help="The data that the network expects for each particle, as rings", lanes="points",
    ),
    Spec("density", "Density", "Overlays", ("D",), checkable=True, help="How many particles are where"),
    Spec("real", "Real", "Overlays", ("R",), checkable=True, help="Points of the data set, faint below the particles"),
    Spec(
        "equations", "Equations", "Overlays", ("Q",), checkable=True,
        help="Path, loss, field and step of each lane, with the numbers of this moment",
    ),
    Spec(
        "exact", "Exact field", "Overlays", ("E",), checkable=True,
        help="The velocity in closed form: what a perfect network would have learned",
    ),
    Spec(
        "error", "Error map", "Overlays", ("M",), checkable=True,
        help="How far the learned velocity is from the exact one.<br>Blank where no particles come.",
    ),
    Spec("image", "Image x", "Overlays", ("X",), checkable=True, help="The images at the time of the slider"),
    Spec(
        "image-preview", "Preview x̂₁", "Overlays", ("H",), checkable=True,
        help="Where the images would end if noise left now", lanes="images",
    ),
    Spec(
        "speed", "Speed |v|", "Overlays", ("V",), checkable=True,
        help="How fast each pixel changes, on one scale for all lanes and times",
    ),
    Spec(
        "frames", "Key frames", "Overlays", ("K",), checkable=True,
        help="The particles of every lane at recorded times, below the lanes", lanes="points",
    ),
    Spec(
        "keys", "Key frames", "Overlays", ("K",), checkable=True,
        help="One image at recorded times, below the lanes", lanes="images",
    ),
    Spec("labels", "Labels", "Overlays", ("L",), checkable=True, help="The class that each image was asked to be"),
    Spec(
        "arrows", "Arrows", "Overlays", ("W",), checkable=True, lanes="images",
        help="Where the velocity rises on the image plane:<br>the gradient of its means over blocks of pixels",
    ),
    Spec(
        "strip", "Forward process", "View", ("Shift+F",), checkable=True,
        help="A strip below the lanes: data run to noise, on the path of the selected lane",
    ),
    Spec("add-lane", "Add lane", "View", ("A",), "plus", help="One to four stand side by side"),
    Spec("remove-lane", "Remove lane", "View", ("Shift+A",), help="The selected one"),
    Spec("link", "Link cameras", "View", ("Ctrl+L",), "link", checkable=True, help="All lanes pan and zoom together"),
    Spec("home", "Whole view", "View", ("Ctrl+0",), "home"),
    Spec("theme", "Dark or light", "View", ("Ctrl+T",), "theme"),
    Spec("panel", "Set-up panel", "View", ("Ctrl+.",), "panel", checkable=True),
    Spec("full-screen", "Full screen", "View", ("F11",), help="Lanes alone, in large type"),
    Spec("reset", "Reset settings and layout", "View", help="Theme, type, shortcuts and window as they were first"),
    Spec("copy-log", "Copy the log", "Help", (), "copy", help="To send when something broke"),
    Spec("help", "Shortcuts", "Help", ("?", "F1"), "help"),
)  # fmt: skip


def build(parent: QWidget, handlers: Mapping[str, Callable[[], None]]) -> dict[str, QAction]:
    """The actions of the table with their handlers; a missing or surplus handler is an error."""
    ids = {spec.id for spec in TABLE}
    if ids != set(handlers):
        raise KeyError(f"actions and handlers differ: {sorted(ids ^ set(handlers))}")
    actions: dict[str, QAction] = {}
    for spec in TABLE:
        actions[spec.id] = action = _action(spec, handlers[spec.id], parent)
        parent.addAction(action)
    return actions


def groups() -> dict[Group, list[Spec]]:
    """The table by group, in its order."""
    out: dict[Group, list[Spec]] = {}
    for spec in TABLE:
        out.setdefault(spec.group, []).append(spec)
    return out


def native(key: str) -> str:
    """A key as this system writes it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


def tooltip(spec: Spec, keys: Sequence[str]) -> str:
    """Name and key, and below them what it means."""
    first = f"&nbsp;&nbsp;<span style='font-weight: 400'>{native(keys[0])}</span>" if keys else ""
    rest = f"<br>{spec.help}" if spec.help else ""
    return f"<div style='white-space: pre'><b>{spec.text.rstrip('…')}</b>{first}{rest}</div>"


#: Keys that a control needs for itself when it has the focus.
_ARROWS = frozenset({
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End,
})  # fmt: skip
_OWN_KEYS: tuple[tuple[type[QWidget], frozenset[Qt.Key]], ...] = (
    (QLineEdit, frozenset({Qt.Key.Key_Escape, Qt.Key.Key_Return})),
    (QComboBox, frozenset({Qt.Key.Key_Space, *_ARROWS})),
    (QAbstractSlider, _ARROWS),
    (QAbstractItemView, _ARROWS),
)


def needs_key(control: QWidget | None, key: int, *, tabbed: bool) -> bool:
    """Whether the focused control uses a key itself, so that no shortcut may take it.

    Space presses a button only where the button was reached by Tab: after a click on one, Space still plays. So it is
    with the arrows, which go from one of several exclusive buttons to the next.
    Characters need no word here: a text field takes those by itself.
    """
    if tabbed and isinstance(control, QAbstractButton):
        group = control.group()
        return key == Qt.Key.Key_Space or (group is not None and group.exclusive() and key in _ARROWS)
    return any(isinstance(control, kind) and key in keys for kind, keys in _OWN_KEYS)


def _action(spec: Spec, handler: Callable[[], None], parent: QObject) -> QAction:
    action = QAction(spec.text, parent)
    action.setObjectName(spec.id)
    action.setCheckable(spec.checkable)
    action.setShortcuts([QKeySequence(key) for key in spec.keys])
    action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
    action.setToolTip(tooltip(spec, spec.keys))
    action.triggered.connect(lambda: handler())
    return action
