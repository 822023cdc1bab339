"""The panels above and below the form: what will be done, and how far a training is."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import (
    QWidget,
)

from core.events import Chunk, RunStarted, StreamDeclared
from core.spec import RunSpec, to_json
from core.trace import TraceBuilder
from workbench.views.theme import THEMES
from workbench.widgets.setup.setup_panel import SetupPanel
from workbench.widgets.setup.training_panel import TrainingPanel, time_left, training_facts

DARK = THEMES["dark"]


@pytest.fixture
def panel(qtbot) -> SetupPanel:
    run, stop = QAction("Run"), QAction("Stop and keep")
    run.setShortcut(QKeySequence("Ctrl+R"))
    made = SetupPanel(run, stop, QAction("Reset to defaults"), [QAction("Copy as TOML")])
    made.actions_kept = (run, stop)
    qtbot.addWidget(made)
    made.retheme(DARK)
    made.resize(296, 800)
    made.show()
    return made


def test_the_button_says_what_it_will_do(qtbot, panel) -> None:
    panel.show_lane("Diffusion", "diffusion")
    panel.show_buttons(running=False, needs_training=False, enabled=True)
    assert (panel.run.text(), panel.run.isVisible(), panel.stop.isVisible()) == ("Run", True, False)
    panel.show_buttons(running=False, needs_training=True, enabled=True)
    assert panel.run.text() == "Train"
    with qtbot.waitSignal(panel.actions_kept[0].triggered):
        qtbot.mouseClick(panel.run, Qt.MouseButton.LeftButton)
    panel.show_buttons(running=True, needs_training=False, enabled=True)
    assert (panel.run.isVisible(), panel.stop.text(), panel.stop.isVisible()) == (False, "Stop and keep", True)
    panel.grab()


def test_training_shows_amount_time_left_and_what_was_measured(qtbot) -> None:
    shown = TrainingPanel()
    qtbot.addWidget(shown)
    shown.show_progress(3100, 5000, 237.5, paused=False)
    shown.show_facts([("Batch", "512")])
    texts = [child.text() for child in shown.findChildren(QWidget) if hasattr(child, "text") and child.isVisible()]
    for wanted in ("3,100", "of 5,000 steps", "8 s left", "238 it/s", "512", "Pause"):
        assert wanted in texts
    shown.show_facts([("Batch", "512"), ("Loss", "0.312")])
    assert shown._values["Loss"][0].y() < shown._values["Batch"][0].y(), "though it came later"
    shown.show_facts([])  # another training, which has said nothing yet
    assert not any(child.isVisible() for child in shown._values["Batch"])
    shown.show_progress(3100, 5000, 0.0, paused=True)
    assert shown.pause.text() == "Go on"
    assert not any(child.isVisible() for child in shown._values["Speed"])
    with qtbot.waitSignal(shown.paused):
        qtbot.mouseClick(shown.pause, Qt.MouseButton.LeftButton)


def test_a_training_of_long_steps_says_what_it_does(qtbot) -> None:
    shown = TrainingPanel()
    qtbot.addWidget(shown)
    shown.show_progress(0, 5000, 0.0, paused=False)
    assert shown._left.text() == "before the first step"
    shown.show_progress(3, 5000, 0.21, paused=False)
    assert (shown._left.text(), shown._values["Speed"][1].text()) == ("6.6 h left", "0.21 it/s")
    shown.show_progress(3, 5000, 0.21, paused=False, stopping=True)
    assert shown._left.text() == "Stopping"


def test_training_facts_are_one_value_or_one_for_each() -> None:
    traces = []
    for error in (0.25, 0.125):
        builder = TraceBuilder()
        builder.feed(RunStarted(to_json(RunSpec()), {"parameters": "66050"}))
        told = {
            "loss": ("step", "learning_rate"), "validation/loss": ("step",), "metric/velocity_error": ("step",),
            "metric/jump_error": ("step",),
        }  # fmt: skip
        for name, columns in told.items():
            builder.feed(
                StreamDeclared(name=name, row_shape=(), dims=("step",), kind="scalar", columns=columns, capacity=1)
            )
        one = np.array([1.0])
        builder.feed(Chunk("loss", np.array([2 * error]), {"step": one, "learning_rate": np.array([6.66e-4])}))
        builder.feed(Chunk("validation/loss", np.array([3 * error]), {"step": one}))
        builder.feed(Chunk("metric/velocity_error", np.array([error]), {"step": one}))
        builder.feed(Chunk("metric/jump_error", np.array([0.5]), {"step": one}))
        traces.append(builder.trace)
    assert dict(training_facts(traces)) == {
        "Loss": "0.500 and 0.250", "Learning rate": "6.7e−4", "Batch": "256", "Parameters": "66,050 each",
        "Held-out loss": "0.750 and 0.375", "Error against exact": "25.0 % and 12.5 %", "Error of jumps": "50.0 %",
    }  # fmt: skip
    assert training_facts([]) == []


@pytest.mark.parametrize(("seconds", "words"), [(8.2, "8 s left"), (200, "3 min left"), (9000, "2.5 h left")])
def test_time_left_in_words(seconds: float, words: str) -> None:
    assert time_left(seconds) == words
