"""The window measured: its event loop while both methods train, and the time from a drag to the drawn frame."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from PyQt6.QtCore import QEventLoop, Qt, QTimer
from PyQt6.QtWidgets import QApplication

from workbench.app import App, application
from workbench.painters.stage.measure import frame_ms
from workbench.views.charts import steps_done

TICK_MS = 16
_SIZE = (1440, 900)
_STEPS = 1_000_000
_DRAGS = 60


def measure_window(seconds: float) -> dict[str, Any]:
    """Open the real window, train both methods at full speed, and report in milliseconds."""
    qt = application()
    app = App([])
    app.window.resize(*_SIZE)
    app.start()
    try:
        return _measure(qt, app, seconds)
    finally:
        app.engine.shutdown()
        app.window.close()


def _measure(qt: QApplication, app: App, seconds: float) -> dict[str, Any]:
    _wait(app.engine.hello, 60.0)
    idle = _drag(qt, app)
    for field, value in (("data.name", "three-gaussians"), ("training.n_steps", _STEPS)):
        app.controller.panel.form.changed.emit(field, value)
    app.controller.run()
    gaps = _gaps(seconds)
    steps = sum(int(steps_done(lane.training)) for lane in app.session.lanes if lane.training is not None)
    app.runs.stop()
    empty = _empty(qt, app)
    return {
        "seconds of training": round(seconds, 1),
        "training steps in that time, both methods": steps,
        "largest gap of the event loop, ms": round(float(gaps.max()), 1),
        "p95 of a 16 ms tick, ms": round(float(np.quantile(gaps, 0.95)), 1),
        "median of a 16 ms tick, ms": round(float(np.median(gaps)), 1),
        "drag to drawn frame, p95, ms": round(float(np.quantile(idle, 0.95)), 1),
        "drag to drawn frame, median, ms": round(float(np.median(idle)), 1),
        "a frame without marks, median, ms": round(float(np.median(empty)), 1),
    }


def _wait(signal: Any, seconds: float) -> None:
    loop = QEventLoop()
    signal.connect(loop.quit)
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def _gaps(seconds: float) -> np.ndarray:
    """Times between the ticks of a precise timer, while the window plays and everything else goes on."""
    ticks = [time.perf_counter()]
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(TICK_MS)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    timer.start()
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()
    timer.stop()
    return 1000 * np.diff(ticks)


def _drag(qt: QApplication, app: App) -> np.ndarray:
    """From a move of the slider to the frame that shows it, with nothing else going on."""
    app.playhead.pause()
    spent = []
    for place in np.linspace(0.05, 0.95, _DRAGS):
        drawn = QEventLoop()
        native = app.controller.lanes.stage.native
        native.frameSwapped.connect(drawn.quit)  # type: ignore[attr-defined]  # a QOpenGLWidget
        start = time.perf_counter()
        app.controller.transport.track.moved.emit(float(place))
        QTimer.singleShot(1000, drawn.quit)
        drawn.exec()
        spent.append(1000 * (time.perf_counter() - start))
        native.frameSwapped.disconnect(drawn.quit)  # type: ignore[attr-defined]  # a QOpenGLWidget
        qt.processEvents()
    app.playhead.play()
    return np.array(spent)


def _empty(qt: QApplication, app: App) -> np.ndarray:
    """Frames of the same stage with every overlay off."""
    app.playhead.pause()
    app.session.view.overlays = frozenset()
    qt.processEvents()
    return np.asarray(frame_ms(app.controller.lanes.stage))
