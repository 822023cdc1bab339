"""Traces larger than memory should be: what is not looked at is not read, and what is held keeps to its limit."""

from __future__ import annotations

import os
import pickle
import threading
import tracemalloc
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QObject
from PyQt6.QtTest import QTest

from core import spec as specs
from core.errors import TraceError
from core.events import Chunk, RunFinished, RunStarted, StreamDeclared
from core.spec import RunSpec
from core.trace import Trace, TraceWriter, open_trace, part
from core.trace.part import Part, part_of
from core.trace.trace import SAMPLING_COLUMNS
from workbench.control.lane import densities
from workbench.export.data import write_data
from workbench.views import thinned
from workbench.views.heat import crowded, density_rows, run_density
from workbench.views.image import images
from workbench.views.image.closeup import WHATS, closeup
from workbench.views.image.key_frames import key_frames
from workbench.views.lane2d import Known, Look, extent, scene
from workbench.views.marks import Heat, Images, Points
from workbench.views.theme import DARK, LIGHT

N = 40


def trace_of(file: Path, shape: tuple[int, ...], kind: str) -> Trace:
    """A straight way from noise to data in N rows, with its preview."""
    rng = np.random.default_rng(0)
    x0, x1 = rng.normal(size=(2, *shape)).astype(np.float32)
    t = np.linspace(0, 1, N)
    columns = dict(zip(SAMPLING_COLUMNS, (t, t, 1 - t, np.ones(N), -np.ones(N), t), strict=True))
    rows = np.stack([u * x1 + (1 - u) * x0 for u in t]).astype(np.float32)
    dims = ("t", "particle", "xy") if kind == "points" else ("t", "particle", "channel", "row", "column")
    with TraceWriter(file) as writer:
        writer.feed(RunStarted(specs.to_json(RunSpec()), {}))
        for name in ("x", "x1_hat"):
            writer.feed(StreamDeclared(
                name=name, row_shape=shape, dims=dims, kind=kind, columns=SAMPLING_COLUMNS, capacity=N
            ))  # type: ignore[arg-type]  # fmt: skip
        for name, values in (("x", rows), ("x1_hat", np.tile(x1, (N, *[1] * len(shape))))):
            writer.feed(Chunk(name, values, columns))
        writer.feed(RunFinished("finished"))
    return open_trace(file)


def test_a_part_is_read_a_row_at_a_time_and_outlives_its_trace(tmp_path, monkeypatch) -> None:
    trace = trace_of(tmp_path / "run.h5", (9, 1, 4, 4), "images")
    whole = trace["x"][:]
    assert isinstance(part_of(trace["x"], slice(5)), np.ndarray)
    monkeypatch.setattr(part, "MOST_HELD", 100)
    some = part_of(trace["x"], slice(2, 5))
    assert isinstance(some, Part)
    assert some.shape == (N, 3, 1, 4, 4)
    trace.close()
    for each in (some, pickle.loads(pickle.dumps(some))):
        assert np.array_equal([each[row] for row in range(N)], whole[:, 2:5])
        with pytest.raises(IndexError):
            each[N]


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a file that is open in its place")
def test_a_part_is_read_where_its_file_was_renamed_while_it_was_open(tmp_path, monkeypatch) -> None:
    trace = trace_of(tmp_path / "run.h5", (9, 1, 4, 4), "images")
    whole = trace["x"][:]
    (tmp_path / "run.h5").rename(tmp_path / "mine.h5")
    monkeypatch.setattr(part, "MOST_HELD", 100)
    some = part_of(trace["x"], slice(2, 5))
    assert np.array_equal([some[row] for row in range(N)], whole[:, 2:5])
    with pytest.raises(TraceError, match="cannot be read any more"):
        pickle.loads(pickle.dumps(some))


def test_images_of_a_large_trace_look_as_those_of_a_small_one(tmp_path, monkeypatch) -> None:
    trace = trace_of(tmp_path / "run.h5", (images.MOST + 7, 1, 4, 4), "images")
    look = images.ImageLook(DARK, selected=1)

    def shown() -> list[np.ndarray]:
        scenes = [images.scene(trace, look), *(closeup(trace, 3, what, look) for what in WHATS)]
        marks = [mark for each in scenes for mark in each.marks if isinstance(mark, Images)]
        frames = key_frames([("flow", trace)], 2, "velocity", 1.0).histories[0]
        rows = [np.stack([mark.values[row] for row in range(mark.values.shape[0])]) for mark in marks]
        return [*rows, frames.images, frames.sizes]

    small = shown()
    monkeypatch.setattr(part, "MOST_HELD", 100)
    assert isinstance(images.images_of(trace["x"]), Part)
    for one, other in zip(small, shown(), strict=True):
        assert np.array_equal(one, other)
    trace.close()


def test_points_keep_to_their_memory_and_say_so(tmp_path, monkeypatch) -> None:
    trace = trace_of(tmp_path / "run.h5", (100, 2), "points")
    x = trace["x"]
    assert scene(trace, Look(DARK)).notes == ()
    monkeypatch.setattr(thinned, "MOST_BYTES", 10 * x.row_bytes)
    held = scene(trace, Look(DARK, overlays=frozenset({"particles", "trails", "preview"})))
    assert held.notes == ("10 of 40 recorded steps are held",)
    for mark in held.marks:
        assert mark.times[0] == 0.0
        assert mark.times[-1] == 1.0
        if isinstance(mark, Points):
            assert mark.positions.nbytes <= 10 * x.row_bytes
            source = x if mark.overlay == "particles" else trace["x1_hat"]
            rows = np.searchsorted(x.column("t"), mark.times)
            assert np.array_equal(mark.positions, source[:][rows])
    trace.close()


def test_the_density_of_very_many_is_counted_at_some_steps(tmp_path, monkeypatch) -> None:
    trace = trace_of(tmp_path / "run.h5", (300, 2), "points")
    for name, value in (("MOST_COUNTED", 200), ("MOST_MAPS", 8)):
        monkeypatch.setattr(thinned, name, value)
        monkeypatch.setattr(f"workbench.views.heat.{name}", value)
    monkeypatch.setattr("workbench.views.lane2d.MOST_DISCS", 250)
    density = run_density(trace["x"], extent(trace))
    shown = scene(trace, Look(DARK), known=Known(density=density))
    heat = next(mark for mark in shown.marks if isinstance(mark, Heat))
    assert len(density) == len(heat.times) == len(density_rows(trace["x"])) == 8
    assert (heat.times[0], heat.times[-1]) == (0.0, 1.0)
    assert shown.notes == ("Density of 200 particles at 8 steps",)
    trace.close()


def test_a_lane_that_is_drawn_anew_reads_its_particles_no_second_time(tmp_path) -> None:
    trace = trace_of(tmp_path / "run.h5", (300, 2), "points")
    dark, light = (
        next(mark for mark in scene(trace, Look(theme)).marks if mark.overlay == "particles")
        for theme in (DARK, LIGHT)
    )  # fmt: skip
    assert isinstance(dark, Points)
    assert isinstance(light, Points)
    assert dark.positions is light.positions
    assert np.array_equal(dark.positions, trace["x"][:])
    held = weakref.ref(dark.positions)
    del dark, light
    assert held() is None, "and what no lane draws is not held: undo keeps many traces"
    trace.close()


def test_the_density_of_many_is_counted_in_a_thread_and_kept(qtbot, tmp_path, monkeypatch) -> None:
    trace = trace_of(tmp_path / "run.h5", (300, 2), "points")
    wanted, counted, parent = run_density(trace["x"], extent(trace)), [], QObject()

    def count(*args: Any) -> Any:
        counted.append(threading.current_thread() is threading.main_thread())
        return run_density(*args)

    monkeypatch.setattr(densities, "run_density", count)
    heard: list[int] = []
    known = densities.Densities(parent, lambda: heard.append(1))
    assert np.array_equal(known.of(0, trace)[0], wanted), "of few it is there at once"
    monkeypatch.setattr(densities, "_AT_ONCE", 300)
    assert known.of(1, trace) is None
    assert known.of(1, trace) is None, "and is not asked for twice"
    qtbot.waitUntil(lambda: heard == [1])
    density, top = known.of(1, trace)
    assert np.array_equal(density, wanted)
    assert top == crowded(wanted) > 0
    assert counted == [True, False]
    known.of(2, trace)
    known.keep({1})  # the lane is taken away
    QTest.qWait(100)
    assert heard == [1]
    trace.close()


def test_numbers_are_written_without_holding_a_whole_stream(tmp_path) -> None:
    trace = trace_of(tmp_path / "run.h5", (60_000, 2), "points")
    whole = trace["x"].row_bytes * N
    trace.close()
    tracemalloc.start()
    n = write_data([tmp_path / "run.h5"], tmp_path / "all.npz")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < whole / 3
    trace = open_trace(tmp_path / "run.h5")
    with np.load(tmp_path / "all.npz") as arrays:
        assert n == sum(arrays[name].size for name in arrays)
        (x,) = (name for name in arrays if name.endswith("/x"))
        assert np.array_equal(arrays[x], trace["x"][:])
        assert np.array_equal(arrays[f"{x}.alpha"], trace["x"].column("alpha"))
    trace.close()
