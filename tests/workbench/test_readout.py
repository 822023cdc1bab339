"""The value under the mouse, and the density that is drawn for particles."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PyQt6.QtCore import QPoint
from pytestqt.qtbot import QtBot

import resources
from core.events import StreamDeclared
from core.trace import Stream, open_trace
from tests.workbench.image_traces import image_trace
from tests.workbench.scenes import full_scene, scene
from tests.workbench.test_heat import ramp
from workbench.views import heat
from workbench.views.heat import density_heat, density_top, particle_density
from workbench.views.image import images
from workbench.views.image.layout import Layout
from workbench.views.lane2d import BASIC, MOST_DISCS, Known, Look, lane_scene
from workbench.views.marks import OVERLAYS, Arrows, Heat, Points
from workbench.views.readout import readout
from workbench.views.theme import DARK
from workbench.widgets.lane.lanes import LanesView

ALL = frozenset(OVERLAYS)


def test_it_says_the_field_and_the_error_at_the_place() -> None:
    lines = {line.label: line.value for line in readout(full_scene(5, 4), ALL, 0.6, -0.3, 0.5)}
    assert lines == {"place": "(0.60, −0.30)", "velocity": "(−0.60, 0.30)"}
    (_, error) = readout(scene(ramp()), ALL, 0.9, 0.0, 0.25)
    assert float(error.value) == pytest.approx(0.75 * 0.8 + 0.25 * 0.2, abs=2e-3)
    assert len(readout(scene(ramp()), ALL, 0.9, 1.0, 0.25)) == 1  # blank there
    assert len(readout(scene(ramp()), frozenset({"field"}), 0.9, 0.0, 0.25)) == 1  # not shown


def test_learned_and_exact_together_say_their_difference() -> None:
    shown = full_scene(5, 4)
    field = next(mark for mark in shown.marks if isinstance(mark, Arrows))
    exact = dataclasses.replace(field, overlay="exact", vectors=(1.1 * field.vectors).astype(np.float32))
    both = dataclasses.replace(shown, marks=(field, exact))
    assert readout(both, ALL, 0.6, -0.8, 0.3)[-1][:2] == ("difference", "0.100 (9.1 %)")


def test_over_images_it_says_which_one_and_of_what_also_where_the_words_above_are_short() -> None:
    shown = images.scene(image_trace(rows=3, count=16, side=28), images.ImageLook(DARK))
    layout = Layout.of((16, 1, 28, 28))
    for place, said in ((layout.place, "xₜ"), (layout.preview, "Preview x̂₁"), (layout.speed, "Speed |v|")):
        x0, x1, y0, y1 = layout.box(6, place)
        (line,) = readout(shown, ALL, (x0 + x1) / 2, (y0 + y1) / 2, 0.5)
        assert line.label.endswith(said)
        assert line.value == "image 7"
    assert readout(shown, ALL, layout.preview[0] - 1, 10.0, 0.5) == ()  # between the grids


def test_it_stands_beside_the_pointer_and_goes_with_it(qtbot: QtBot) -> None:
    lanes = LanesView()
    qtbot.addWidget(lanes)
    lanes.resize(900, 500)
    lanes.set_scenes((full_scene(20, 11), full_scene(20, 11)), DARK)
    lanes.show()
    qtbot.waitExposed(lanes)
    stage = lanes.stage
    left, width = stage.spans()[1]
    camera = stage.camera(1)
    where = QPoint(round(left + width / 2 + 0.5 * camera.scale), round(stage.height() / 2))
    qtbot.mouseMove(stage.native, QPoint(5, 5))
    qtbot.mouseMove(stage.native, where)
    qtbot.waitUntil(lambda: "velocity (−0.5" in lanes.readout.words)
    assert lanes.readout.isVisible()
    assert lanes.readout.geometry().left() > left
    assert lanes.readout.geometry().right() < left + width
    stage.pointer_left.emit()
    assert not lanes.readout.isVisible()


def stream(positions: np.ndarray) -> Stream:
    declared = StreamDeclared(
        name="x", row_shape=positions.shape[1:], dims=("t", "particle", "xy"), kind="points", columns=("t",),
        capacity=len(positions),
    )  # fmt: skip
    return Stream(declared, positions, {"t": np.linspace(0, 1, len(positions))}, lambda: len(positions))


def test_density_sums_to_the_share_inside_and_finds_the_crowd() -> None:
    rng = np.random.default_rng(1)
    crowd = rng.normal((1.0, -0.5), 0.1, (3, 4000, 2)).astype(np.float32)
    crowd[:, :1000] += 50.0  # a quarter has left the view
    extent = (-3.0, 3.0, -3.0, 3.0)
    density = particle_density(crowd, extent)
    cell = 6.0 / (density.shape[1] - 1)
    np.testing.assert_allclose(density.sum(axis=(1, 2)) * cell**2, 0.75, rtol=1e-3)
    row, column = np.unravel_index(density[1].argmax(), density[1].shape)
    assert (-3 + column * cell, -3 + row * cell) == (pytest.approx(1.0, abs=0.1), pytest.approx(-0.5, abs=0.1))
    times = stream(crowd).column("t")
    heat = density_heat(density, times, extent, density_top([density]), "density", glide=True)
    assert heat.cover[0, 5, 5] == 0.0


def test_a_crowd_is_drawn_as_its_density() -> None:
    trace = open_trace(resources.path("traces", "swiss-roll-flow.h5"))
    x = trace["x"]
    many = np.tile(x[:2], (1, MOST_DISCS // x.declared.row_shape[0] + 1, 1))
    big = Stream(
        reshaped(x.declared, many.shape[1:]), many, {n: x.column(n)[:2] for n in x.declared.columns}, lambda: 2
    )
    trace.streams = {"x": big}
    known = Known(density=particle_density(many, (-5.0, 5.0, -5.0, 5.0)))
    shown = lane_scene("run", trace, Look(DARK, overlays=BASIC), known)
    assert shown is not None
    (crowd,) = [mark for mark in shown.marks if mark.overlay == "particles"]
    assert isinstance(crowd, Heat)
    assert not any(isinstance(mark, Points) and mark.overlay == "particles" for mark in shown.marks)


def reshaped(declared: StreamDeclared, row_shape: tuple[int, ...]) -> StreamDeclared:
    """The same stream with other rows."""
    import msgspec

    return msgspec.structs.replace(declared, row_shape=row_shape)


def test_densities_of_a_run_are_smoothed_many_at_once_and_are_those_of_each_step_alone(monkeypatch) -> None:
    """One by one it took two frames to count a run of two lanes."""
    calls, smoothed = [], heat._smoothed
    monkeypatch.setattr(heat, "_smoothed", lambda counts: (calls.append(len(counts)), smoothed(counts))[1])
    x = np.random.default_rng(0).normal(size=(21, 500, 2)).astype(np.float32)
    together = heat.particle_density(x, (-4.0, 4.0, -4.0, 4.0))
    assert len(calls) <= 3
    assert sum(calls) == len(x)
    alone = [heat.particle_density(step[None], (-4.0, 4.0, -4.0, 4.0))[0] for step in x]
    np.testing.assert_array_equal(together, alone)
    cell = 8.0 / (together.shape[1] - 1)
    np.testing.assert_allclose(together.sum(axis=(1, 2)) * cell**2, 1.0, atol=0.01)
