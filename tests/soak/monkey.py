"""Random hands on the real window: clicks, keys, drags, wheels, typed nonsense and resizes, the same for one seed.

    python -m tests.soak.monkey --seconds 1200 --seed 7

Another kind of hand is another function in `HANDS`: it is given the monkey, does one thing, and says what it did.
Stalls are printed; an exception, or memory that grows, ends with exit code 1.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QKeySequence, QMouseEvent, QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QMenu,
    QWidget,
)  # fmt: skip

import resources
from core.trace import open_trace
from workbench import actions
from workbench.app import START, App
from workbench.control import memory
from workbench.widgets.cards.dialogs import Scrim
from workbench.widgets.timeline.track import Track

LEFT_OUT = frozenset({"open", "save", "export", "quit", "full-screen"})
"""Actions that open a dialog of the system, or leave the window."""
STALL_MS = 200.0
_SETTLES_MS = 3000
_NO_KEYS, _LEFT = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
_KEYS = tuple(Qt.Key(key) for key in (
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Tab, Qt.Key.Key_Escape,
    Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_Up, Qt.Key.Key_Down,
))  # fmt: skip
_NONSENSE = ("", "0", "1", "-3", "1e9", "nan", "noise", "0.5", "12", "7,5")


@dataclass
class Stall:
    """How long the window was busy with one thing, and how much of it was work of its own thread."""

    what: str
    ms: float
    own_ms: float


@dataclass
class Monkey:
    """Plays with an application. ``errors`` are what went wrong, ``stalls`` what took long."""

    app: App
    seed: int
    stalls: list[Stall] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    done: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def play(self, seconds: float) -> None:
        """One thing after the other, with the event loop running in between."""
        qt, end = QApplication.instance(), time.monotonic() + seconds
        assert isinstance(qt, QApplication)
        while time.monotonic() < end:
            hand = self.random.choice(HANDS)
            began, own = time.perf_counter(), time.thread_time()
            what = hand(self)
            self.leave_dialogs()
            qt.processEvents()
            spent = Stall(what, 1e3 * (time.perf_counter() - began), 1e3 * (time.thread_time() - own))
            self.done += 1
            if spent.ms > STALL_MS:
                self.stalls.append(spent)
            QTest.qWait(self.random.randrange(1, 12))

    def leave_dialogs(self) -> None:
        """Close what asks for a file: it waits for a real hand, and its own messages would hold everything up."""
        for each in QApplication.topLevelWidgets():
            if isinstance(each, QFileDialog) and each.isVisible():
                each.reject()

    def pick(self, kind: type[QWidget]) -> QWidget | None:
        """A control of a kind that a hand could reach now."""
        cards = [each for each in self.app.window.findChildren(Scrim) if each.isVisible()]
        found = [
            each
            for each in (cards[-1] if cards else self.app.window).findChildren(kind)  # an open card lies over the rest
            if each.isVisible() and each.isEnabled() and not each.visibleRegion().isEmpty()
        ]
        return self.random.choice(found) if found else None

    def place(self, control: QWidget) -> QPoint:
        return QPoint(self.random.randrange(max(1, control.width())), self.random.randrange(max(1, control.height())))


def press_a_button(monkey: Monkey) -> str:
    """A click; of a menu one of its entries, since an open one would wait for a real hand."""
    button = monkey.pick(QAbstractButton)
    if not isinstance(button, QAbstractButton):
        return "no button"
    menu = _menu_of(button)
    if menu is not None:
        entries = [each for each in menu.actions() if each.isEnabled() and each.objectName() not in LEFT_OUT]
        entry = monkey.random.choice(entries) if entries else None
        if entry is None or entry.text().endswith("…") or entry.menu() is not None:
            return "nothing of a menu"
        entry.trigger()
        return f"menu {button.accessibleName()}: {entry.text()}"
    ids = {spec.id for spec in actions.TABLE if spec.text == button.accessibleName()}
    if ids & LEFT_OUT or button.accessibleName().endswith("…"):
        return "left out"
    QTest.mouseClick(button, _LEFT, pos=button.rect().center())
    return f"button {button.accessibleName()}"


def _menu_of(control: QWidget) -> QMenu | None:
    """The menu that a control would open, and that would wait for a real hand."""
    menu = control.menu() if hasattr(control, "menu") else None
    return menu if isinstance(menu, QMenu) else None


def press_a_key(monkey: Monkey) -> str:
    """An arrow or the like where the focus is, or the key of an action."""
    if monkey.random.random() < 0.5:
        key = monkey.random.choice(_KEYS)
        control = monkey.app.window.focusWidget() or monkey.app.window
        if _menu_of(control) is not None:
            return "nothing of a menu"
        QTest.keyClick(control, key)
        return f"key {key.name}"
    spec = monkey.random.choice([spec for spec in actions.TABLE if spec.keys and spec.id not in LEFT_OUT])
    combination = QKeySequence(spec.keys[0])[0]
    QTest.keyClick(monkey.app.window, combination.key(), combination.keyboardModifiers())
    return f"key of {spec.id}"


def drag_something(monkey: Monkey) -> str:
    """Over a slider, a track or the stage, a dozen moves."""
    stage = monkey.app.controller.lanes.stage.native
    control = monkey.random.choice([monkey.pick(Track), monkey.pick(QAbstractSlider), stage])
    if control is None:
        return "nothing to drag"
    keys = monkey.random.choice([_NO_KEYS, _NO_KEYS, Qt.KeyboardModifier.ShiftModifier])
    at = monkey.place(control)
    _mouse(control, QEvent.Type.MouseButtonPress, at, keys)
    for _ in range(12):
        at += QPoint(monkey.random.randrange(-40, 41), monkey.random.randrange(-20, 21))
        _mouse(control, QEvent.Type.MouseMove, at, keys)
    _mouse(control, QEvent.Type.MouseButtonRelease, at, keys)
    return f"drag {type(control).__name__} {control.accessibleName()}"


def turn_the_wheel(monkey: Monkey) -> str:
    stage = monkey.app.controller.lanes.stage.native
    at = QPointF(monkey.place(stage))
    turn = QPoint(0, monkey.random.choice([-120, 120, 240]))
    event = QWheelEvent(
        at, QPointF(stage.mapToGlobal(at)), QPoint(), turn, Qt.MouseButton.NoButton, _NO_KEYS,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(stage, event)
    return "wheel"


def choose_something(monkey: Monkey) -> str:
    box = monkey.pick(QComboBox)
    if not isinstance(box, QComboBox) or box.count() == 0:
        return "no choice"
    row = monkey.random.randrange(box.count())
    index = box.model().index(row, 0)
    if not index.flags() & Qt.ItemFlag.ItemIsEnabled:
        return "greyed choice"
    box.setCurrentIndex(row)
    box.activated.emit(row)
    return f"choice {box.accessibleName()}: {box.itemText(row) if row < box.count() else row}"


def type_something(monkey: Monkey) -> str:
    line = monkey.pick(QLineEdit)
    if not isinstance(line, QLineEdit):
        return "no field"
    text = monkey.random.choice(_NONSENSE)
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, monkey.random.choice([Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Tab]))
    return f"text {text!r} in {line.accessibleName()}"


def resize_the_window(monkey: Monkey) -> str:
    width, height = monkey.random.randrange(900, 1600), monkey.random.randrange(600, 1000)
    monkey.app.window.resize(width, height)
    return f"resize {width} × {height}"


def _mouse(control: QWidget, kind: QEvent.Type, at: QPoint, keys: Qt.KeyboardModifier) -> None:
    here = QPointF(at)
    held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else _LEFT
    button = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseMove else _LEFT
    event = QMouseEvent(kind, here, QPointF(control.mapToGlobal(here)), button, held, keys)
    QApplication.sendEvent(control, event)


HANDS: list[Callable[[Monkey], str]] = [
    press_a_button, press_a_button, press_a_key, press_a_key, drag_something, drag_something, turn_the_wheel,
    choose_something, type_something, resize_the_window,
]  # fmt: skip


def settled_mb(app: App) -> float:
    """Memory that the process holds with the first run open, where the system tells; 0 elsewhere.

    What is open at a moment, one lane of points or four of images, would hide what has been left behind.
    """
    app.controller.workspace.show_traces([open_trace(resources.path("traces", f"{name}.h5")) for name in START], "")
    QTest.qWait(_SETTLES_MS)
    gc.collect()
    memory.compact()
    return (memory.held(os.getpid()) or 0) / 1e6


def report(monkey: Monkey, grown: float) -> str:
    """What it did, the longest stalls, and every error."""
    worst = sorted(monkey.stalls, key=lambda stall: -stall.ms)[:10]
    lines = [f"{monkey.done:,} things done with seed {monkey.seed}, memory {grown:+.1f} MB"]
    lines += [f"stall {stall.ms:.0f} ms, {stall.own_ms:.0f} of its own: {stall.what}" for stall in worst]
    lines += [f"error, {n} times: {error}" for error, n in Counter(monkey.errors).items()]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="random hands on the window")
    parser.add_argument("--seconds", type=float, default=1200.0)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("--most-mb", type=float, default=50.0, help="memory that may grow after the first fifth (50)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["FLOWSCOPE_HOME"] = home
        return _soak(args.seconds, args.seed, args.most_mb)


def _soak(seconds: float, seed: int, most_mb: float) -> int:
    from workbench.app import application

    qt = application()
    app = App([])
    monkey = Monkey(app, seed)
    sys.excepthook = lambda kind, error, trace: monkey.errors.append(
        "".join(traceback.format_exception(kind, error, trace))
    )
    app.window.resize(1440, 900)
    app.start()
    print(f"seed {seed}", flush=True)
    monkey.play(seconds / 5)
    before = settled_mb(app)
    monkey.play(seconds * 4 / 5)
    grown = settled_mb(app) - before
    app.engine.shutdown()
    app.window.close()
    qt.processEvents()
    print(report(monkey, grown))
    return 1 if monkey.errors or grown > most_mb else 0


if __name__ == "__main__":
    sys.exit(main())
