"""Runs that go wrong, and runs that have hardly begun, are drawn as far as they can be, at no more cost than others."""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

import resources
from core import catalog
from core import events as ev
from core.errors import TraceError
from core.trace import Trace, TraceBuilder, open_trace
from core.trace.derive import sampled, snapshot
from core.trace.save import replay
from workbench.control.lane.analyses import Analyses, Finding
from workbench.control.lane.scenes import Scenes
from workbench.engine.client import EngineClient
from workbench.export.scenes import lanes
from workbench.model.session import Session
from workbench.painters.bits import pixels
from workbench.painters.paper import page
from workbench.painters.paper.page import paint_page
from workbench.painters.paper.splat import Layer
from workbench.views.lane2d import Look, scene
from workbench.views.theme import DARK
from workbench.views.words import lane_words

Change = Callable[[NDArray[np.float32]], None]


def shipped(stream: str = "x", change: Change | None = None, **meta: str) -> Trace:
    """The shipped run of flow matching, with every chunk of one stream changed."""
    builder = TraceBuilder()
    for event in replay(open_trace(resources.path("traces", "swiss-roll-flow.h5"))):
        match event:
            case ev.RunStarted():
                event = ev.RunStarted(event.spec, event.meta | meta)
            case ev.Chunk() if change is not None and event.stream == stream:
                data = np.array(event.data)
                change(data)
                event = ev.Chunk(event.stream, data, event.columns)
        builder.feed(event)
    return builder.trace


def strays(factor: float) -> Change:
    def change(x: NDArray[np.float32]) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            x[-8:, :6:3] *= np.float32(factor)

    return change


@pytest.mark.parametrize("factor", [1e3, 1e6, 1e20, 1e37, np.inf, np.nan])
def test_particles_that_fly_away_cost_nothing_and_change_nothing_else(qapp, factor: float) -> None:
    trace = shipped(change=strays(factor))
    tracemalloc.start()
    start = time.perf_counter()
    image = pixels(paint_page(lanes([trace], DARK, real=False), 0.95, (420, 400), DARK)).astype(int)
    spent, most = time.perf_counter() - start, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert spent < 2.0
    assert most < 100e6
    sound = pixels(paint_page(lanes([shipped()], DARK, real=False), 0.95, (420, 400), DARK)).astype(int)
    # two particles of 1,400 are missing, or cross the picture on their way
    assert (np.abs(image - sound).max(axis=2) > 40).mean() < 0.02


def test_a_field_that_is_zero_or_not_a_number_has_no_arrows(qapp) -> None:
    def empty(field: NDArray[np.float32]) -> None:
        field[...] = 0.0

    def unknown(field: NDArray[np.float32]) -> None:
        field[...] = np.nan

    first, second = (
        pixels(paint_page(lanes([shipped("field/velocity", change)], DARK), 0.5, (600, 320), DARK))
        for change in (empty, unknown)
    )
    assert np.array_equal(first, second)


@pytest.mark.parametrize("kind", ["score", "noise", "data"])
@pytest.mark.parametrize("t", [0.0, 1.0])
def test_every_reading_of_the_field_is_drawn_at_both_ends(qapp, kind, t: float) -> None:
    for name in ("diffusion", "flow"):
        trace = open_trace(resources.path("traces", f"swiss-roll-{name}.h5"))
        assert not paint_page(lanes([trace], DARK, field_kind=kind), t, (400, 320), DARK).isNull()


def test_lines_are_cut_where_the_layer_ends() -> None:
    """A line far beyond both sides leaves the same ink as one that ends just outside, whatever way it runs."""
    colour = np.array([[1.0, 1.0, 1.0, 0.3]], np.float32)
    for near, far in (
        ([[-3.0, 10.0], [43.0, 10.0]], [[-3e9, 10.0], [3e9, 10.0]]),
        ([[10.0, -3.0], [10.0, 33.0]], [[10.0, -3e9], [10.0, 3e9]]),
        ([[-5.0, -5.0], [35.0, 35.0]], [[-5e5, -5e5], [5e5, 5e5]]),
    ):
        ink = []
        for start, end in (near, far):
            layer = Layer(40, 30)
            layer.lines(layer.all, np.array([start]), np.array([end]), 1.0, colour)
            ink.append(-np.log1p(-layer.premultiplied()[..., 3].astype(float) / 255).sum())
        assert ink[0] > 5
        assert ink[1] == pytest.approx(ink[0], rel=0.03)


def test_lines_that_miss_the_layer_leave_nothing() -> None:
    layer = Layer(40, 30)
    start = np.array([[-5.0, 20.0], [50.0, -9.0], [-9.0, -9.0], [-1e30, 50.0]])
    end = np.array([[-5.0, 2e9], [90.0, 60.0], [-9.0, -9.0], [1e30, 50.0]])
    layer.lines(layer.all, start, end, 1.0, np.ones((4, 4), np.float32))
    assert not layer.premultiplied().any()


def test_a_stochastic_lane_says_the_time_of_the_step_that_it_shows() -> None:
    trace = shipped(stochastic="true")
    times = trace["x"].column("t")
    words = lane_words(scene(trace, Look(DARK)).lane, float(times[18]) + 0.01)
    assert words.time == f"t = {times[18]:.3f}"
    assert words.facts == (f"α {times[18]:.3f}", f"σ {1 - times[18]:.3f}")
    assert lane_words(scene(shipped(), Look(DARK)).lane, float(times[18]) + 0.01).time == f"t = {times[18] + 0.01:.3f}"


def test_the_end_of_a_path_has_no_noise_left_and_no_minus_sign() -> None:
    trace = open_trace(resources.path("traces", "swiss-roll-diffusion.h5"))
    assert lane_words(scene(trace, Look(DARK)).lane, 1.0).facts == ("α 1.000", "σ 0.000")


def test_an_error_while_painting_lets_go_of_the_page(qapp, monkeypatch) -> None:
    """Qt ends the process when an image goes before its painter does."""

    def fail(*_: object) -> None:
        raise ArithmeticError("in the middle of a page")

    monkeypatch.setattr(page, "paint_ground", fail)
    with pytest.raises(ArithmeticError):
        paint_page(lanes([shipped()], DARK), 0.5, (400, 320), DARK)
    monkeypatch.undo()
    assert not paint_page(lanes([shipped()], DARK), 0.5, (400, 320), DARK).isNull()


def training(fields: int) -> Trace:
    """A training run whose first snapshot has come, with or without the field that belongs to it."""
    source = open_trace(resources.path("traces", "swiss-roll-flow.h5"))
    builder = TraceBuilder()
    columns = {"step": np.zeros(1), "learning_rate": np.zeros(1)}
    events = list(replay(source))
    builder.feed(events[0])
    for name, kind, rows in (("x", "trajectories", 1), ("field/velocity", "fields", fields)):
        stream = source[name]
        static = {column: stream.column(column) for column in stream.declared.columns} | stream.static
        builder.feed(ev.StreamDeclared(
            name=f"snapshot/{name}", row_shape=(len(stream), *stream.declared.row_shape), dims=("step", "t", "i", "xy"),
            kind=kind, columns=("step", "learning_rate"), capacity=4, static=static,
        ))  # fmt: skip
        if rows:
            builder.feed(ev.Chunk(f"snapshot/{name}", stream[:][None], columns))
    return builder.trace


@pytest.mark.parametrize("fields", [0, 1])
def test_a_snapshot_is_drawn_before_its_field_has_come(qapp, fields: int) -> None:
    trace = training(fields)
    assert ("field/velocity" in snapshot(trace, 0)) == bool(fields)
    assert not paint_page(lanes([trace], DARK), 0.5, (400, 320), DARK).isNull()


def test_the_error_of_a_snapshot_waits_for_its_field(qapp, monkeypatch) -> None:
    """The exact field may be there before: it was computed for an older snapshot."""
    session, shown, analyses = Session(), snapshot(training(0), 0), Analyses(EngineClient())
    shown.spec = shown.spec.replace(action="train")
    session.add(shown.spec, shown)
    session.view.overlays = session.view.overlays | {"error"}
    found = Finding("exact-field", shown.spec, trace=training(1))
    monkeypatch.setattr(analyses, "ask", lambda lane, trace, kind: found)
    scenes = Scenes(session, analyses, catalog.shipped)
    (made,) = scenes.all()
    assert made is not None
    assert not any(mark.overlay == "error" for mark in made.marks)


def test_a_training_run_without_samples_is_refused_in_one_line() -> None:
    trace = training(0)
    del trace.streams["snapshot/x"]
    with pytest.raises(TraceError, match="holds no samples yet"):
        sampled(trace)


def test_the_first_lane_imports_no_more_of_numpy() -> None:
    """Its quantiles would do so when first asked for, in the open window and for longer than a frame."""
    code = """
import sys
import resources
from core.trace import open_trace
from workbench import app
from workbench.views.lane2d import Look, scene
from workbench.views.theme import DARK
trace, before = open_trace(resources.path("traces", "swiss-roll-flow.h5")), set(sys.modules)
made = scene(trace, Look(DARK))
assert any(mark.overlay == "field" for mark in made.marks)
print(sorted(name for name in set(sys.modules) - before if name.startswith("numpy")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"
