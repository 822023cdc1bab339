"""Whole ways: which particles, what marks their ends, and that the screen and the paper show the same shapes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PyQt6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

import resources
from core.trace import open_trace
from tests.workbench.scenes import EXTENT, scene
from workbench.painters.bits import pixels
from workbench.painters.paper.brush import marks_image
from workbench.painters.paper.canvas import Viewport
from workbench.painters.paper.vector import draw_marks
from workbench.painters.stage import Stage
from workbench.painters.stage.camera import BORDER
from workbench.views.lane2d import Look
from workbench.views.lane2d import scene as lane
from workbench.views.marks import Points, Trails
from workbench.views.theme import DARK, LIGHT
from workbench.views.whole_ways import WAYS, whole_ways

SIDE = 400


def on_stage(qtbot: QtBot, *marks: Points) -> QImage:
    stage = Stage()
    qtbot.addWidget(stage)
    stage.resize(SIDE + 2 * BORDER, SIDE)
    stage.set_scenes((scene(*marks),), DARK)
    stage.set_plain(True)
    stage.show()
    qtbot.waitExposed(stage)
    picture = stage.picture()
    assert picture.width() == SIDE + 2 * BORDER, "one pixel to a logical one"
    return picture.copy(BORDER, 0, SIDE, SIDE)


def as_pixels(_qtbot: QtBot, *marks: Points) -> QImage:
    return marks_image(marks, 0.0, Viewport(SIDE, SIDE, EXTENT), 1.0)


def as_shapes(_qtbot: QtBot, *marks: Points) -> QImage:
    image = QImage(SIDE, SIDE, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    draw_marks(painter, image.rect().toRectF(), scene(*marks), 0.0, Viewport(SIDE, SIDE, EXTENT))
    painter.end()
    return image


@pytest.mark.parametrize("draw", [on_stage, as_pixels, as_shapes])
@pytest.mark.parametrize("square", [False, True])
@pytest.mark.parametrize("line", [0.0, 6.0])
def test_every_painter_covers_the_area_of_a_disc_a_square_and_their_outlines(
    qtbot: QtBot, draw: Callable[..., QImage], square: bool, line: float
) -> None:
    size, white = 40.0, np.ones((1, 4), np.float32)
    mark = Points("ways", np.zeros((1, 1, 2), np.float32), np.zeros(1), white, size, line=line, square=square)
    cover = pixels(draw(qtbot, mark))[..., :3].astype(float).mean(axis=2) / 255
    cover[cover < 0.1] = 0.0  # the canvas is not quite black
    inner = size - 2 * line if line else 0.0
    area = (size**2 - inner**2) * (1.0 if square else np.pi / 4)
    assert cover.sum() == pytest.approx(area, rel=0.06), "QPainter makes rings 5 % thinner than they are"
    y, x = np.nonzero(cover > 0.5)
    assert (x.max() - x.min() + 1, y.max() - y.min() + 1) == pytest.approx((size, size), abs=1)
    assert (cover[SIDE // 2, SIDE // 2] > 0.9) == (line == 0.0)
    assert (cover[SIDE // 2 - 18, SIDE // 2 - 18] > 0.9) == square, "only squares have corners"


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_rings_stand_in_the_noise_and_squares_at_the_data_of_the_same_particles_in_every_lane(theme) -> None:
    found = []
    for name in ("diffusion", "flow"):
        trace = open_trace(resources.path("traces", f"swiss-roll-{name}.h5"))
        marks = [
            mark for mark in lane(trace, Look(theme, overlays=frozenset({"ways"}))).marks if mark.overlay == "ways"
        ]
        x = trace["x"]
        rings = [mark for mark in marks if isinstance(mark, Points) and mark.line and not mark.square]
        squares = [mark for mark in marks if isinstance(mark, Points) and mark.square]
        (line,) = [mark for mark in marks if isinstance(mark, Trails)]
        np.testing.assert_array_equal(rings[0].positions[0], x[0][:WAYS])
        np.testing.assert_array_equal(squares[-1].positions[0], x[-1][:WAYS])
        assert line.span >= line.times[-1] - line.times[0], "the whole way is seen"
        found.append(rings[0].positions[0] / x.column("sigma")[0])
        trace.close()
    np.testing.assert_allclose(*found, atol=1e-4)


def test_what_still_grows_has_no_end() -> None:
    x, times, colours = np.zeros((5, 30, 2), np.float32), np.linspace(0, 0.4, 5), np.ones((30, 4), np.float32)
    grows, ended = (whole_ways(x, times, colours, DARK, glide=True, ended=each) for each in (False, True))
    assert not any(isinstance(mark, Points) and mark.square for mark in grows)
    assert len(ended) > len(grows)
    assert all(mark.positions.shape[1] == WAYS for mark in ended if isinstance(mark, Points | Trails))
    assert whole_ways(x[:0], times[:0], colours, DARK, glide=True, ended=False) == []
