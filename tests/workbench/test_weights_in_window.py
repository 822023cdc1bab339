"""Weights from elsewhere in the real window: dropped or opened they become lanes; what is none is told in a line."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QApplication, QFileDialog, QLabel
from pytestqt.qtbot import QtBot
from safetensors.numpy import save_file

import resources
from tests.workbench.opened import lanes, opened, start_engine
from workbench.app import App
from workbench.widgets.cards.dialogs import Message
from workbench.widgets.cards.drop_veil import DropVeil

NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def app(qtbot: QtBot, qapp) -> Iterator[App]:
    with opened(qtbot) as app:
        yield app


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Somebody's weights, in a folder of their own."""
    return Path(shutil.copy(resources.path("weights", "swiss-roll-flow.safetensors"), tmp_path / "mine.safetensors"))


def drag(app: App, file: Path, keys: Qt.KeyboardModifier = NONE) -> tuple[str, str]:
    """What the window says it would do with a file that is held over it."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    event = QDragEnterEvent(QPoint(600, 400), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, keys)
    QApplication.sendEvent(app.window, event)
    assert event.isAccepted()
    (veil,) = app.window.findChildren(DropVeil)
    return veil.words


def drop(app: App, file: Path, keys: Qt.KeyboardModifier = NONE) -> None:
    drag(app, file, keys)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    event = QDropEvent(QPointF(600, 400), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, keys)
    QApplication.sendEvent(app.window, event)


def titles(app: App) -> list[str]:
    """What can be read above the lanes, from left to right."""
    shown = [header for header in app.controller.lanes._headers if header.isVisible()]
    return [each.accessibleName().partition(",")[0] for each in sorted(shown, key=lambda header: header.x())]


def test_dropped_weights_become_one_more_lane_that_samples_them(qtbot, app, mine) -> None:
    before = [lane.trace for lane in app.session.lanes]
    assert drag(app, mine) == ("Open as a new lane", "Hold Ctrl to replace what is open")
    drop(app, mine)
    qtbot.waitUntil(lambda: len(app.controller.scenes.shown) == 4, timeout=20_000)
    assert [lane.trace for lane in app.session.lanes[:3]] == before, "what was there stays"
    lane = app.session.lanes[-1]
    assert lane.spec.field.params == {"weights": str(mine.resolve())}
    assert not app.runs.needs_training(lane)

    start_engine(qtbot, app)
    qtbot.waitUntil(lambda: titles(app) == ["Diffusion", "Flow matching", "Real data", "Flow matching"], timeout=60_000)
    # last: after a quick answer of some particles comes that of all, which is a run of its own
    qtbot.waitUntil(lambda: lane.trace is not None and lane.trace.status == "finished", timeout=60_000)
    shipped = lanes(app)[1].trace
    assert (shipped.spec.seed, shipped.spec.sampler) == (lane.spec.seed, lane.spec.sampler)
    made = lane.trace["x"][-1]
    np.testing.assert_allclose(made, shipped["x"][-1][: len(made)], atol=1e-3)


def test_weights_are_opened_by_the_dialog_in_place_of_what_was_there(qtbot, app, mine) -> None:
    app.controller.actions["open"].trigger()
    (dialog,) = app.window.findChildren(QFileDialog)
    assert any("*.safetensors" in each for each in dialog.nameFilters())
    dialog.filesSelected.emit([str(mine)])
    dialog.close()
    qtbot.waitUntil(lambda: len(app.controller.scenes.shown) == 2, timeout=20_000)
    assert [lane.real for lane in app.session.lanes] == [False, True]
    seen = [label.text() for label in app.window.findChildren(QLabel) if label.isVisible()]
    assert "Waiting for the engine" in seen
    assert app.window.top.title.text() == "Swiss roll, flow matching"
    assert lanes(app)[0].spec.field.params["weights"] == str(mine.resolve())


def of_another_program(file: Path) -> None:
    save_file({"layer.weight": np.zeros((2, 2), np.float32)}, file)


def of_a_plug_in(file: Path) -> None:
    spec = '{"sampler": {"name": "of-a-plug-in"}}'
    save_file({"ema.layer.weight": np.zeros((2, 2), np.float32)}, file, {"spec": spec, "prediction": "velocity"})


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:20_000])


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (of_another_program, "holds no Flowscope checkpoint"),
        (of_a_plug_in, "There is no sampler “of-a-plug-in”"),
        (cut_short, "its header promises another size than the file has"),
    ],
)
def test_a_file_that_is_none_is_told_in_one_line_and_nothing_changes(qtbot, app, mine, spoil, words) -> None:
    spoil(mine)
    before = [(lane.spec, lane.trace) for lane in app.session.lanes]
    drop(app, mine, CTRL)
    qtbot.waitUntil(lambda: bool(app.window.findChildren(Message)), timeout=20_000)
    (card,) = app.window.findChildren(Message)
    texts = [label.text() for label in card.findChildren(QLabel)]
    (told,) = (text for text in texts if words in text)
    assert "\n" not in told
    assert any(mine.name in text for text in texts)
    assert [(lane.spec, lane.trace) for lane in app.session.lanes] == before
    card.done.emit("Close")
