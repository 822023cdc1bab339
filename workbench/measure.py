"""The window measured: its first frame, drags, knobs, and its event loop while both methods train."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from PyQt6.QtCore import QCoreApplication, QEventLoop, Qt, QTimer
from PyQt6.QtWidgets import QApplication

from core import spec as specs
from core.events import Chunk, RunStarted, StreamDeclared
from core.trace import Trace, TraceBuilder
from workbench.app import App, application
from workbench.model.session import LaneState
from workbench.painters.stage.measure import frame_ms
from workbench.views.chart.charts import steps_done

TICK_MS = 16
_SIZE = (1440, 900)
_STEPS = 1_000_000
_DRAGS, _KNOBS, _STARTS = 60, 16, 3
_COUNTS = (2_000, 10_000)
_PARTICLES, _SAMPLING_STEPS = 2_000, 50
_LATE_MS = 20_000
_SETTLE = 4.0
"""Seconds for which the engine, once it is idle, imports what its first training needs: nothing else is to run."""
#: What is aimed at, in milliseconds, on two cores with software GL, with nothing else running.
AIMS = {
    "first window after start": 1500,
    "drag to drawn frame, 2,000 particles": 33,
    "drag to drawn frame, 10,000 particles": 60,
    "knob to first changed picture": 150,
}


def measure_window(seconds: float) -> dict[str, Any]:
    """Open the real window and report medians and p95 in milliseconds, each beside an empty frame of the same run."""
    starts = [first_window_ms() for _ in range(_STARTS)]
    qt = application()
    app = App([])
    app.window.resize(*_SIZE)
    app.start()
    try:
        return _row("first window after start", np.array(starts)) | _measure(qt, app, seconds)
    finally:
        app.engine.shutdown()
        app.window.close()


def _row(name: str, taken: np.ndarray) -> dict[str, Any]:
    median, p95 = (round(float(np.quantile(taken, q)), 1) for q in (0.5, 0.95))
    return {f"{name}, median, ms": median, f"{name}, p95, ms": p95}


def _measure(qt: QApplication, app: App, seconds: float) -> dict[str, Any]:
    _wait(app.engine.hello, 180.0)
    _rest(_SETTLE)
    shipped = [lane.trace for lane in app.session.lanes if lane.trace is not None]
    out: dict[str, Any] = {}
    for count in _COUNTS:
        app.controller.workspace.show_traces([_with_particles(trace, count) for trace in shipped], "")
        _rest(1.0)
        out |= _row(f"drag to drawn frame, {count:,} particles", _drag(qt, app))
    app.controller.workspace.show_traces(shipped, "")
    first, whole = _knob(app)
    out |= _row("knob to first changed picture", first) | _row("knob to all particles", whole)
    for name, value in (("data.name", "three-gaussians"), ("training.n_steps", _STEPS)):
        app.controller.panel.form.changed.emit(name, value)
    app.controller.run()
    gaps = _gaps(seconds)
    steps = sum(int(steps_done(lane.training)) for lane in app.session.lanes if lane.training is not None)
    app.runs.stop()
    return out | {
        "seconds of training": round(seconds, 1),
        "training steps in that time, both methods": steps,
        "largest gap of the event loop, ms": round(float(gaps.max()), 1),
        **_row("a 16 ms tick while both methods train", gaps),
        **_row("a frame without marks", _empty(qt, app)),
    }


# --- the first window ------------------------------------------------------------------------------------------------


def first_window_ms() -> float:
    """From the start of a Python of its own to the first frame that its stage has drawn."""
    began = time.time()
    code = "from workbench.measure import say_first_frame; say_first_frame()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    return 1000 * (float(done.stdout.split()[-1]) - began)


def say_first_frame() -> None:
    """Open the window, print the time at which it was drawn, and go."""
    qt = application()
    app = App([])

    def drawn() -> None:
        print(time.time(), flush=True)
        QTimer.singleShot(0, QCoreApplication.quit)

    app.controller.lanes.stage.drawn.connect(drawn)
    app.window.show()
    qt.exec()
    app.window.close()


# --- hands -----------------------------------------------------------------------------------------------------------


def _with_particles(trace: Trace, n: int) -> Trace:
    """A recorded run with n particles: the ones there are, again and again, each time a little beside."""
    x, builder = trace["x"], TraceBuilder()
    spec = trace.spec.replace(n_samples=n)
    builder.feed(RunStarted(specs.to_json(spec), trace.meta))
    again = -(-n // x.declared.row_shape[0])
    beside = np.random.default_rng(0).normal(0, 0.02, (1, n, 2)).astype(np.float32)
    for name in ("x", "x1_hat", "field/velocity"):
        stream = trace[name]
        data = stream[:]
        if name != "field/velocity":
            data = np.tile(data, (1, again, 1))[:, :n] + beside
        declared = stream.declared
        builder.feed(StreamDeclared(
            name=name, row_shape=data.shape[1:], dims=declared.dims, kind=declared.kind, columns=declared.columns,
            capacity=len(data), units=declared.units, static=dict(stream.static),
        ))  # fmt: skip
        builder.feed(Chunk(name, data, {column: stream.column(column) for column in declared.columns}))
    builder.trace.status = "finished"
    return builder.trace


def _drag(qt: QApplication, app: App) -> np.ndarray:
    """From a move of the slider to the frame that shows it: two lanes with field and trails, nothing else going on."""
    app.playhead.pause()
    spent = []
    for place in np.linspace(0.05, 0.95, _DRAGS):
        spent.append(_until_frame(app, partial(app.controller.transport.track.moved.emit, float(place))))
        qt.processEvents()
    app.playhead.play()
    return np.array(spent)


def _until_frame(app: App, act: Callable[[], object], shows: Callable[[], bool] = lambda: True) -> float:
    """Milliseconds from an act to the frame after which ``shows`` is true."""
    loop, stage = QEventLoop(), app.controller.lanes.stage
    began, ended = time.perf_counter(), [0.0]

    def drawn() -> None:
        if shows():
            ended[0] = time.perf_counter()
            loop.quit()

    stage.drawn.connect(drawn)
    act()
    QTimer.singleShot(_LATE_MS, loop.quit)
    loop.exec()
    stage.drawn.disconnect(drawn)
    return 1000 * ((ended[0] or time.perf_counter()) - began)


def _knob(app: App) -> tuple[np.ndarray, np.ndarray]:
    """From a change of steps or sampler to the first frame with another picture at the data, and with all particles."""
    app.playhead.pause()
    app.playhead.seek(1.0)
    emit = app.controller.panel.form.changed.emit
    emit("n_samples", _PARTICLES)
    _until(lambda: not app.runs.sampling)
    lane = app.session.working_lane()
    assert lane is not None  # two runs are shown
    first, whole = [], []
    for i in range(_KNOBS):
        old = _shown(app, lane)
        field, value = ("sampler.n_steps", _SAMPLING_STEPS - i % 2) if i % 4 < 2 else ("sampler.name", _other(lane))
        began = time.perf_counter()
        changed = _until_frame(app, partial(emit, field, value), partial(_is_new, app, lane, old))
        first.append(changed)
        _until(lambda: not app.runs.sampling)
        whole.append(1000 * (time.perf_counter() - began))
    return np.array(first), np.array(whole)


def _shown(app: App, lane: LaneState) -> object:
    """The particles that the stage draws for a lane."""
    scene = app.controller.scenes.shown[app.session.lanes.index(lane)]
    return scene.marks[-1] if scene is not None else None


def _is_new(app: App, lane: LaneState, old: object) -> bool:
    return _shown(app, lane) is not old


def _other(lane: LaneState) -> str:
    return "dpm-solver-1" if lane.spec is not None and lane.spec.sampler.name == "ddim" else "ddim"


# --- waiting ---------------------------------------------------------------------------------------------------------


def _wait(signal: Any, seconds: float) -> None:
    loop = QEventLoop()
    signal.connect(loop.quit)
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def _rest(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def _until(true: Callable[[], bool]) -> None:
    """Let the window live until something holds, at most as long as a measurement may take."""
    end = time.monotonic() + _LATE_MS / 1000
    while not true() and time.monotonic() < end:
        _rest(0.01)


def _gaps(seconds: float) -> np.ndarray:
    """Times between the ticks of a precise timer, while the window plays and everything else goes on."""
    ticks = [time.perf_counter()]
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(TICK_MS)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    timer.start()
    _rest(seconds)
    timer.stop()
    return 1000 * np.diff(ticks)


def _empty(qt: QApplication, app: App) -> np.ndarray:
    """Frames of the same stage with every overlay off."""
    app.playhead.pause()
    app.session.view.overlays = frozenset()
    qt.processEvents()
    return np.asarray(frame_ms(app.controller.lanes.stage))
