"""Maps of the plane: their colours, edges and lines on the stage, and the same on a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PyQt6.QtGui import QImage
from pytestqt.qtbot import QtBot

from tests.workbench.scenes import scene
from workbench.painters.paper.page import MARGIN, Page
from workbench.painters.stage import Stage
from workbench.views.heat import error_heat, recorded
from workbench.views.maps import bar_labels, round_top, table
from workbench.views.marks import Heat, Scene
from workbench.views.theme import DARK

SIZE = 300
AXIS = np.linspace(-1.5, 1.5, 31)


def ramp() -> Heat:
    """From 0 at the left to 1 at the right at t = 0, the other way round at t = 1; blank above y = 0.5."""
    x, y = np.meshgrid(AXIS, AXIS)
    rising = (x + 1.5) / 3
    values = np.stack([rising, 1 - rising]).astype(np.float32)
    cover = np.stack([np.clip(0.5 + 4 * (0.5 - y), 0, 1)] * 2).astype(np.float32)
    relief = np.stack([y] * 2).astype(np.float32)
    return Heat(
        "error", values, cover, np.array([0.0, 1.0]), (-1.5, 1.5, -1.5, 1.5), "cividis", 1.0, "error", relief, (-0.5,)
    )


@pytest.fixture
def staged(qtbot: QtBot) -> Iterator[Callable[[Scene, float], QImage]]:
    """What the stage shows of a scene. Stages live as long as the test: none is collected while another draws."""
    stages = []

    def made(shown: Scene, t: float) -> QImage:
        stage = Stage()
        stages.append(stage)
        stage.resize(SIZE, SIZE)
        stage.set_scenes((shown,), DARK)
        stage.show()
        qtbot.waitExposed(stage)
        stage.set_cursor(t)
        return stage.picture()

    yield made
    for stage in stages:
        stage.close()


def paged(shown: Scene, t: float) -> QImage:
    page = Page([[shown]], (SIZE + 2 * MARGIN, SIZE + 2 * MARGIN), DARK, words=False)
    return page.paint(t).copy(MARGIN, MARGIN, SIZE, SIZE)


def colour(image: QImage, x: float, y: float) -> np.ndarray:
    """RGB in [0, 1] at a place of a canvas that shows -2 to 2."""
    unit = image.width() / 4
    pixel = image.pixelColor(int(image.width() / 2 + x * unit), int(image.height() / 2 - y * unit))
    return np.array([pixel.redF(), pixel.greenF(), pixel.blueF()])


@pytest.mark.parametrize("where", ["stage", "page"])
def test_a_map_shows_its_colours_its_blank_and_its_line(staged, where: str) -> None:
    shown = scene(ramp())
    ground = np.array([0x0C, 0x0E, 0x11]) / 255
    for t, share in ((0.0, 0.8), (1.0, 0.2), (0.5, 0.5)):
        image = staged(shown, t) if where == "stage" else paged(shown, t)
        expected = 0.92 * table("cividis")[round(255 * share)] + 0.08 * ground
        np.testing.assert_allclose(colour(image, 0.9, 0.05), expected, atol=0.03)
        np.testing.assert_allclose(colour(image, 0.33, 1.1), ground, atol=0.02)
        line = max(colour(image, 0.33, -0.5 + d).min() for d in (-0.014, 0.0, 0.014))
        assert line > 0.8
        assert colour(image, 0.33, -0.3).min() < 0.7


def test_the_bar_stands_beside_the_map_only_while_it_is_seen(staged) -> None:
    shown = scene(ramp())
    with_bar = staged(shown, 0.0)
    low = [with_bar.pixelColor(x, SIZE - 57) for x in range(100, 275)]
    brightness = [pixel.lightness() for pixel in low]
    assert brightness[-1] - brightness[0] > 60
    without = staged(Scene(shown.lane, shown.marks, shown.extent, overlays=frozenset({"field"})), 0.0)
    assert max(without.pixelColor(x, SIZE - 57).lightness() for x in range(100, 275)) < 40


def test_scales_end_at_round_numbers_and_say_that_they_clip() -> None:
    assert [round_top(value) for value in (0.34, 0.6, 0.61, 17.0, 0.0)] == [0.4, 0.6, 0.8, 20.0, 1.0]
    assert bar_labels(0.6) == ((0.0, "0"), (pytest.approx(1 / 3), "0.2"), (pytest.approx(2 / 3), "0.4"), (1.0, "≥ 0.6"))


def test_the_error_of_a_recorded_field_is_its_distance_from_the_exact_one(staged) -> None:
    from core.events import StreamDeclared
    from core.trace import Stream

    axis = np.arange(-2, 3) * 0.5
    x, y = np.meshgrid(axis, axis)
    grid = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)

    def stream(name: str, data: np.ndarray) -> Stream:
        declared = StreamDeclared(
            name=name, row_shape=data.shape[1:], dims=("t", "place", "xy"), kind="vectors", columns=("t",),
            capacity=len(data), static={"grid": grid},
        )  # fmt: skip
        return Stream(declared, data, {"t": np.linspace(0, 1, len(data))}, lambda: len(data))

    learned, exact = np.zeros((3, 25, 2), np.float32), np.zeros((3, 25, 2), np.float32)
    learned[1, 12] = (0.3, 0.4)
    known = recorded(stream("field/velocity", learned), stream("field/exact", exact), np.ones((3, 25), np.float32))
    assert known is not None
    np.testing.assert_allclose(known.rms, [0.0, 0.1, 0.0], atol=1e-6)
    image = staged(scene(error_heat(known, 0.5)), 0.5)
    assert colour(image, 0.0, 0.0)[0] > 0.8 > 0.3 > colour(image, 0.75, 0.75)[0]
