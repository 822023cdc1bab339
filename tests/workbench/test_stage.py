"""The stage: what is seen where, at which t, and that a scrub costs no upload."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QImage, QWheelEvent
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from vispy.gloo import glir

from tests.workbench.scenes import full_scene, points, scene
from workbench.painters.stage import Stage, StageError, frame_ms
from workbench.painters.stage.table import TEXTURE_LIMIT, Table
from workbench.views.marks import Arrows, Overlay, Scene, Trails
from workbench.views.theme import DARK, LIGHT

SIZE = (400, 400)
DARK_BELOW, BRIGHT_ABOVE = 60, 200


@pytest.fixture(params=["of a graphics card", "read back"])
def show(qtbot: QtBot, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Stage]:
    monkeypatch.setattr("workbench.painters.stage.stage.in_software", lambda: request.param == "read back")

    def made(*scenes: Scene | None) -> Stage:
        stage = Stage()
        qtbot.addWidget(stage)
        stage.resize(*SIZE)
        stage.set_scenes(scenes, DARK)
        stage.show()
        qtbot.waitExposed(stage)
        return stage

    return made


def picture(stage: Stage) -> QImage:
    return stage.picture()


def level(stage: Stage, lane: int, x: float, y: float) -> int:
    """The brightness, 0 to 255, of the pixel where (x, y) of the data lies in a lane."""
    camera, (left, width) = stage.camera(lane), stage.spans()[lane]
    image = picture(stage)
    ratio = image.width() / stage.width()
    px = (left + width / 2 + (x - camera.x) * camera.scale) * ratio
    py = (stage.height() / 2 - (y - camera.y) * camera.scale) * ratio
    return image.pixelColor(int(px), int(py)).lightness()


MOVING = [[[-1.2, 0.7]], [[1.2, 0.7]]]


def test_particle_is_where_it_is_at_the_cursor(show: Callable[..., Stage]) -> None:
    stage = show(scene(points(MOVING)))
    for t, x in ((0.0, -1.2), (0.25, -0.6), (1.0, 1.2)):
        stage.set_cursor(t)
        assert level(stage, 0, x, 0.7) > BRIGHT_ABOVE
        assert level(stage, 0, -x, 0.7) < DARK_BELOW


def test_without_glide_the_last_recorded_row_is_shown(show: Callable[..., Stage]) -> None:
    stage = show(scene(points(MOVING, glide=False)))
    stage.set_cursor(0.75)
    assert level(stage, 0, -1.2, 0.7) > BRIGHT_ABOVE
    assert level(stage, 0, 0.6, 0.7) < DARK_BELOW
    stage.set_cursor(1.0)
    assert level(stage, 0, 1.2, 0.7) > BRIGHT_ABOVE


def test_rows_wider_than_a_texture(show: Callable[..., Stage]) -> None:
    places = np.full((2, 2 * TEXTURE_LIMIT + 3, 2), 50.0, np.float32)
    places[:, -1] = [[-1.2, 0.7], [1.2, 0.7]]
    stage = show(scene(points(places.tolist())))
    stage.set_cursor(0.25)
    assert level(stage, 0, -0.6, 0.7) > BRIGHT_ABOVE


def test_more_than_it_can_hold_is_one_clear_line() -> None:
    with pytest.raises(StageError, match="Record fewer steps"):
        Table().set(
            np.lib.stride_tricks.as_strided(np.zeros(1, np.float32), (TEXTURE_LIMIT, 2 * TEXTURE_LIMIT, 2), (0, 0, 0))
        )


@pytest.mark.parametrize("rows", [3, 21, 301])
def test_trail_ends_at_the_particle_and_fades_with_age(show: Callable[..., Stage], rows: int) -> None:
    times, white = np.linspace(0, 1, rows), np.ones((1, 4), np.float32)
    way = np.full((rows, 1, 2), 0.7, np.float32)
    way[:, 0, 0] = -1.6 + 3.2 * times
    stage = show(scene(Trails("trails", way[:2], times[:2], white, width=5.0, span=0.5)))
    picture(stage)
    stage.set_scenes((scene(Trails("trails", way, times, white, width=5.0, span=0.5)),), DARK)
    for t in (0.77, 0.62, 0.96):
        stage.set_cursor(t)
        head, tail = -1.6 + 3.2 * t, -1.6 + 3.2 * (t - 0.5)
        levels = [level(stage, 0, x, 0.7) for x in np.linspace(tail + 0.4, head - 0.05, 9)]
        # A pixel on the seam of two segments may be drawn twice.
        assert np.diff(levels).min() > -40
        assert levels[0] > DARK_BELOW - 30
        assert levels[-1] > BRIGHT_ABOVE
        assert max(level(stage, 0, head + 0.1, 0.7), level(stage, 0, tail - 0.1, 0.7)) < 30


def test_at_the_data_the_whole_way_is_seen_alike_where_that_is_asked_for(show: Callable[..., Stage]) -> None:
    times, white = np.linspace(0, 1, 21), np.ones((1, 4), np.float32)
    way = np.full((21, 1, 2), 0.7, np.float32)
    way[:, 0, 0] = -1.6 + 3.2 * times
    stage = show(scene(Trails("trails", way, times, white, width=5.0, span=0.26, whole=0.5)))
    stage.set_cursor(1.0)
    levels = [level(stage, 0, x, 0.7) for x in np.linspace(-1.5, 1.5, 13)]
    assert min(levels) > 100
    assert np.median(np.abs(np.diff(levels))) < 8, "no part of it is fainter"
    stage.set_cursor(0.98)
    assert level(stage, 0, -1.0, 0.7) < 30, "before the data the last part alone"


def test_arrow_points_from_its_origin_along_the_vector(show: Callable[..., Stage]) -> None:
    origin = np.array([[0.3, 0.3]], np.float32)
    vectors = np.array([[[1.0, 0.0]], [[0.0, 1.0]]], np.float32)
    mark = Arrows("field", origin, vectors, np.ones((2, 1), np.float32), np.array([0.0, 1.0]), 1.0, 1.0, (1, 1, 1, 1))
    stage = show(scene(mark))
    stage.set_cursor(0.0)
    assert level(stage, 0, 0.7, 0.3) > 100 > level(stage, 0, 0.3, 0.7)
    stage.set_cursor(1.0)
    assert level(stage, 0, 0.3, 0.7) > 100 > level(stage, 0, 0.7, 0.3)


@pytest.fixture
def uploads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by one name for every buffer or texture that is really sent to GL."""
    sent: list[str] = []
    for kind in (glir.GlirBuffer, glir.GlirTexture2D):

        def spy(self: object, *args: object, real: Callable[..., None] = kind.set_data) -> None:
            sent.append(type(self).__name__)
            real(self, *args)

        monkeypatch.setattr(kind, "set_data", spy)
    return sent


def test_scrubbing_uploads_nothing(show: Callable[..., Stage], uploads: list[str]) -> None:
    stage = show(full_scene(200, 20), full_scene(200, 20))
    picture(stage)
    assert uploads
    uploads.clear()
    overlays: frozenset[Overlay] = frozenset({"trails", "field"})
    for t in np.linspace(0, 1, 17):
        stage.set_cursor(float(t))
        picture(stage)
    stage.set_overlays(overlays)
    picture(stage)
    assert uploads == []


def test_same_arrays_are_not_uploaded_again(show: Callable[..., Stage], uploads: list[str]) -> None:
    first = full_scene(200, 20)
    stage = show(first)
    picture(stage)
    uploads.clear()
    stage.set_scenes((Scene(first.lane, first.marks, first.extent),), DARK)
    picture(stage)
    assert uploads.count("GlirTexture2D") <= 1  # the numbers' picture, without the key
    uploads.clear()
    stage.set_scenes((full_scene(200, 21),), DARK)
    picture(stage)
    assert uploads.count("GlirTexture2D") >= 3


def test_the_same_scenes_again_cost_no_frame(show: Callable[..., Stage], qtbot: QtBot) -> None:
    shown = scene(points(MOVING))
    stage = show(shown)
    picture(stage)
    qtbot.wait(50)
    with qtbot.assertNotEmitted(stage.drawn, wait=100):
        stage.set_scenes((shown,), DARK)
        stage.set_selected(-1)
    with qtbot.waitSignal(stage.drawn, timeout=2000):
        stage.set_scenes((shown,), LIGHT)


def test_what_lies_over_the_stage_and_goes_costs_no_frame_off_screen(qtbot: QtBot, monkeypatch) -> None:
    monkeypatch.setattr("workbench.painters.stage.stage.in_software", lambda: True)
    stage = Stage()
    qtbot.addWidget(stage)
    stage.resize(*SIZE)
    stage.set_scenes((full_scene(50, 5),), DARK)
    with qtbot.waitSignal(stage.drawn, timeout=5000):
        stage.show()
    over = QWidget(stage)
    over.resize(100, 100)
    with qtbot.assertNotEmitted(stage.drawn, wait=100):
        over.show()
        qtbot.wait(30)
        over.hide()


def test_both_canvases_show_the_same(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = []
    for software in (True, False):
        monkeypatch.setattr("workbench.painters.stage.stage.in_software", lambda software=software: software)
        stage = Stage()
        qtbot.addWidget(stage)
        stage.resize(*SIZE)
        stage.set_scenes((full_scene(200, 20), None), LIGHT)
        stage.set_cursor(0.4)
        stage.show()
        qtbot.waitExposed(stage)
        image = stage.picture().convertToFormat(QImage.Format.Format_RGBX8888)
        pictures.append(np.frombuffer(image.constBits().asarray(image.sizeInBytes()), np.uint8).astype(int))
    assert pictures[0].std() > 10
    assert np.abs(pictures[0] - pictures[1]).max() <= 1


def test_growing_and_changing_scenes_leak_no_gl_objects(show: Callable[..., Stage]) -> None:
    stage = show(full_scene(50, 3), full_scene(50, 3))
    picture(stage)

    def held() -> int:
        return len(stage._canvas.context.shared.parser._objects)

    before = held()
    for rows in range(4, 30):
        stage.set_scenes((full_scene(50, rows), full_scene(60, rows)), DARK)
        stage.set_cursor(1.0)
        picture(stage)
    for lanes in (4, 1, 3):
        stage.set_scenes(tuple(full_scene(10, 5) for _ in range(lanes)), LIGHT)
        picture(stage)
    stage.set_scenes((full_scene(50, 3), full_scene(50, 3)), DARK)
    picture(stage)
    assert held() == before


def test_overlays_hide_and_show(show: Callable[..., Stage]) -> None:
    stage = show(scene(points([[[0.5, 0.5]]])))
    assert level(stage, 0, 0.5, 0.5) > BRIGHT_ABOVE
    stage.set_overlays(frozenset({"trails"}))
    assert level(stage, 0, 0.5, 0.5) < DARK_BELOW
    stage.set_overlays(frozenset({"particles"}))
    assert level(stage, 0, 0.5, 0.5) > BRIGHT_ABOVE


def test_marks_stay_in_their_lane(show: Callable[..., Stage]) -> None:
    stage = show(scene(points([[[0.0, 0.7]]], size=60.0)), scene())
    stage.set_camera(0, stage.camera(0).panned(stage.spans()[0][1] / 2 - 9, 0))
    left, _width = stage.spans()[1]
    y = int(stage.height() / 2 - 0.7 * stage.camera(1).scale)
    image = picture(stage)
    ratio = image.width() / stage.width()
    assert image.pixelColor(int((left + 6) * ratio), int(y * ratio)).lightness() < DARK_BELOW
    assert image.pixelColor(int((left - 12) * ratio), int(y * ratio)).lightness() > BRIGHT_ABOVE


@pytest.mark.parametrize("lanes", [1, 2, 3, 4])
@pytest.mark.parametrize(("particles", "rows"), [(0, 3), (5, 1), (5, 0), (5, 2)])
def test_any_number_of_lanes_particles_and_rows(
    show: Callable[..., Stage], lanes: int, particles: int, rows: int
) -> None:
    stage = show(*[full_scene(particles, rows)] * lanes)
    for t in (-0.5, 0.0, 0.3, 1.0, 1.5):
        stage.set_cursor(t)
        assert not picture(stage).isNull()


def test_no_lanes_and_empty_lanes(show: Callable[..., Stage]) -> None:
    stage = show()
    picture(stage)
    stage.set_scenes((None, full_scene(5, 5)), LIGHT)
    stage.home()
    picture(stage)


def wheel(stage: Stage, x: float, y: float, steps: int) -> None:
    where = QPointF(x, y)
    event = QWheelEvent(
        where, stage.native.mapToGlobal(where), QPoint(), QPoint(0, 120 * steps), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(stage.native, event)


def test_wheel_zooms_about_the_pointer_in_all_linked_lanes(show: Callable[..., Stage]) -> None:
    stage = show(full_scene(5, 5), full_scene(5, 5))
    before = stage.camera(0)
    under = before.data(40.0, -60.0)
    left, width = stage.spans()[0]
    wheel(stage, left + width / 2 + 40, stage.height() / 2 - 60, 2)
    after = stage.camera(0)
    assert after.scale > 1.3 * before.scale
    assert after.data(40.0, -60.0) == pytest.approx(under)
    assert stage.camera(1) == after
    stage.set_linked(False)
    wheel(stage, left + width / 2, stage.height() / 2, -1)
    assert stage.camera(0) != after
    assert stage.camera(1) == after
    stage.home()
    assert stage.camera(0) == before


def test_a_lane_takes_along_where_it_looks_and_another_is_seen_as_a_whole(show: Callable[..., Stage]) -> None:
    stage, (one, other) = show(), (full_scene(5, 5), full_scene(6, 5))
    stage.set_linked(False)
    stage.set_scenes((one, other), DARK, (7, 8))
    whole, near = stage.camera(1), stage.camera(0).zoomed(3.0, 0.0, 0.0)
    stage.set_camera(0, near)
    stage.set_scenes((other, one), DARK, (8, 7))
    assert (stage.camera(0), stage.camera(1)) == (whole, near)
    stage.set_scenes((other, None), DARK, (8, 7))
    stage.set_scenes((other, full_scene(7, 5)), DARK, (8, 7))
    assert stage.camera(1) == near, "other particles in the same plane"
    stage.set_scenes((other, dataclasses.replace(one, pixels=True)), DARK, (8, 7))
    assert stage.looks == [], "images have a plane of their own"
    stage.set_camera(0, near)
    stage.set_scenes((other, one), DARK, (9, 10))
    assert stage.looks == [], "something else was opened"


def test_drag_pans_and_the_pointer_tells_lane_and_place(show: Callable[..., Stage], qtbot: QtBot) -> None:
    stage = show(full_scene(5, 5), full_scene(5, 5))
    before = stage.camera(1)
    left, width = stage.spans()[1]
    start = QPoint(round(left + width / 2), round(stage.height() / 2))
    with qtbot.waitSignal(stage.lane_pressed) as pressed:
        qtbot.mousePress(stage.native, Qt.MouseButton.LeftButton, pos=start)
    assert pressed.args == [1]
    with qtbot.waitSignal(stage.pointer_moved) as moved:
        qtbot.mouseMove(stage.native, start + QPoint(30, 12))
    qtbot.mouseRelease(stage.native, Qt.MouseButton.LeftButton, pos=start + QPoint(30, 12))
    after = stage.camera(0)
    assert after.x == pytest.approx(before.x - 30 / before.scale)
    assert after.y == pytest.approx(before.y + 12 / before.scale)
    assert moved.args == [
        1,
        pytest.approx(before.x, abs=1 / before.scale),
        pytest.approx(before.y, abs=1 / before.scale),
    ]


def test_home_shows_the_extent_after_a_resize(show: Callable[..., Stage], qtbot: QtBot) -> None:
    stage = show(full_scene(5, 5))
    stage.resize(700, 300)
    qtbot.wait(20)
    camera = stage.camera(0)
    assert camera.scale * 4 == pytest.approx(300, abs=3)
    assert picture(stage).height() == round(300 * stage.devicePixelRatioF())


def test_frame_ms_gives_one_number_a_frame(show: Callable[..., Stage]) -> None:
    taken = frame_ms(show(full_scene(100, 10)), frames=3)
    assert taken.shape == (3,)
    assert (taken > 0).all()
