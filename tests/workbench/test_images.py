"""Lanes of images: what stands where on the plane of pixels, and on the screen at a time."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt

import resources
from core.errors import TraceError
from core.trace import open_trace, save
from tests.workbench.image_traces import image_trace
from workbench.app import App
from workbench.export import image_pictures
from workbench.export.scenes import arranged
from workbench.export.scenes import lanes as export_lanes
from workbench.painters.atlas import as_bytes, sheet
from workbench.painters.bits import pixels
from workbench.painters.paper.page import paint_page
from workbench.views.image import images
from workbench.views.image.images import ImageLook, even
from workbench.views.image.layout import Layout
from workbench.views.marks import Images
from workbench.views.theme import DARK

EVERYTHING = frozenset({"image", "image-preview", "speed", "labels", "arrows"})


def test_a_sheet_holds_every_image_in_reading_order() -> None:
    tiles = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((5, 2, 3, 3), np.uint8)
    out = sheet(tiles, 3)
    assert out.shape == (4, 9, 3)
    assert [int(out[2 * (i // 3), 3 * (i % 3), 0]) for i in range(6)] == [0, 1, 2, 3, 4, 0]


def test_bytes_are_cut_to_the_range_and_maps_end_where_viridis_does() -> None:
    values = np.array([-3.0, -1.0, 1.0, 9.0], np.float32).reshape(1, 1, 2, 2)
    assert as_bytes(values)[0, :, :, 0].ravel().tolist() == [0, 0, 255, 255]
    low, high = as_bytes(np.array([0.0, 5.0], np.float32).reshape(1, 1, 1, 2), limit=2.0)[0, 0]
    assert (low.tolist(), high.tolist()) == ([68, 1, 84], [253, 231, 37])  # viridis' published ends


def test_the_speed_is_that_of_the_straight_line_and_one_scale_holds_for_all_times() -> None:
    trace = image_trace(rows=4, channels=3)
    x0, x1 = trace["x"][0], trace["x1_hat"][0]
    field = images.magnitude(trace, "velocity")
    expected = np.linalg.norm(x1 - x0, axis=1, keepdims=True)
    for row in range(4):  # the last one too, where no noise is left to tell it by
        np.testing.assert_allclose(field[row], expected, atol=1e-4)
    assert np.quantile(expected, 0.97) <= images.scale_top([field.top]) <= 2.5 * expected.max()
    noise = images.magnitude(trace, "noise")
    np.testing.assert_allclose(noise[1], np.linalg.norm(x0, axis=1, keepdims=True), atol=1e-4)


def test_every_place_in_a_grid_belongs_to_its_image() -> None:
    layout = Layout.of((7, 1, 4, 6))
    assert (layout.columns, layout.size) == (3, (18.0, 12.0))
    values, times = np.zeros((1, 7, 1, 4, 6), np.float32), np.zeros(1)
    for place in (layout.place, layout.preview, layout.speed):
        grid = Images("image", values, times, layout.columns, place)
        for index in range(7):
            x0, x1, y0, y1 = layout.box(index, place)
            assert grid.at((x0 + x1) / 2, (y0 + y1) / 2) == index
    grid = Images("image", values, times, layout.columns, layout.place)
    assert grid.at(17.0, 1.0) is None  # the empty place after the seventh
    assert grid.at(-1.0, 1.0) is None


def test_arrows_point_to_where_the_means_of_blocks_rise() -> None:
    ramp = np.broadcast_to(np.arange(16, dtype=np.float32), (1, 1, 16, 16))  # rises by one a pixel to the right
    gradient = images.block_gradient(ramp)
    np.testing.assert_allclose(gradient, np.broadcast_to([images.BLOCK, 0.0], gradient.shape), atol=1e-5)
    upwards = images.block_gradient(np.ascontiguousarray(-ramp.swapaxes(2, 3)))
    np.testing.assert_allclose(upwards, np.broadcast_to([0.0, images.BLOCK], upwards.shape), atol=1e-5)


def test_a_scene_says_the_classes_and_leaves_out_what_is_switched_off() -> None:
    trace = image_trace()
    whole = images.scene(trace, ImageLook(DARK, EVERYTHING, selected=1))
    assert [word.text for word in whole.words if word.text in ("3", "7")] == ["3", "7", "3", "7"]
    bare = images.scene(trace, ImageLook(DARK, frozenset({"image"})))
    assert [type(mark) for mark in bare.marks] == [Images]
    assert bare.extent[1] < whole.extent[1]  # the grid has the room for itself


@pytest.fixture
def app(qtbot, tmp_path):
    """Two runs of images in the window, at rest."""
    paths = [tmp_path / "one.h5", tmp_path / "two.h5"]
    save(image_trace(rows=5, seed=1), paths[0])
    save(image_trace(rows=3, seed=2), paths[1])
    made = App(paths)
    qtbot.addWidget(made.window)
    made.window.resize(1300, 860)
    made.window.show()
    made.window.activateWindow()
    qtbot.waitUntil(made.window.isActiveWindow, timeout=5000)
    made.playhead.pause()
    qtbot.waitUntil(lambda: len(made.controller.scenes.shown) == 3 and len(made.playhead.steps) == 2)
    yield made
    made.engine.shutdown()
    made.window.close()


def on_screen(app: App, lane: int, place: tuple[float, float, float, float], columns: int, lines: int) -> np.ndarray:
    """The middle of every pixel of a grid as it is drawn, [lines, columns, 3]."""
    stage = app.controller.lanes.stage
    picture = stage.picture()
    camera, (left, width) = stage.camera(lane), stage.spans()[lane]
    x0, x1, y0, y1 = place
    out = np.zeros((lines, columns, 3), np.uint8)
    for line in range(lines):
        for column in range(columns):
            x, y = x0 + (column + 0.5) * (x1 - x0) / columns, y1 - (line + 0.5) * (y1 - y0) / lines
            px = left + width / 2 + (x - camera.x) * camera.scale
            py = stage.height() / 2 - (y - camera.y) * camera.scale
            colour = picture.pixelColor(int(px), int(py))
            out[line, column] = colour.red(), colour.green(), colour.blue()
    return out


def test_a_scrub_shows_the_last_recorded_step_of_each_lane_pixel_by_pixel(qtbot, app) -> None:
    app.session.view.overlays = frozenset({"image", "image-preview"})
    app.session.view.image = -1  # no frame over the pixels
    app.controller.workspace.refresh()
    qtbot.waitUntil(lambda: len(app.controller.scenes.shown[0].marks) == 2)
    for t, rows in ((0.6, (2, 1)), (0.99, (3, 1)), (1.0, (4, 2))):
        app.playhead.seek(t)
        for lane, row in enumerate(rows):
            trace = app.session.lanes[lane].trace
            shown = on_screen(app, lane, Layout.of((4, 1, 8, 8)).place, 16, 16)
            np.testing.assert_array_equal(shown, sheet(as_bytes(trace["x"][row]), 2))
    assert app.controller.lanes._headers[1].words[1] == "t = 1.000"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_frame_of_the_chosen_image_is_seen_where_it_meets_the_canvas(qtbot, app, theme: str) -> None:
    app.session.view.theme = theme
    app.session.view.image = 0
    qtbot.waitUntil(lambda: app.controller.lanes.stage._theme.name == theme)
    stage = app.controller.lanes.stage
    camera, (left, width) = stage.camera(0), stage.spans()[0]
    edge = round(left + width / 2 - camera.x * camera.scale)
    line = round(stage.height() / 2 - (12.0 - camera.y) * camera.scale)  # in the middle of the first of 2 x 2 images
    picture = stage.picture()
    canvas, *frame = (picture.pixelColor(edge + x, line).lightness() for x in (-3, 0, 1, 2))
    assert max(abs(each - canvas) for each in frame) > 200
    assert max(frame) == 255  # and white on what is dark within


def test_the_chips_of_points_give_way_to_those_of_images(qtbot, app) -> None:
    chips = app.window.overlays.chips
    assert chips["image"].isVisible()
    assert not chips["particles"].isVisible()
    before = app.controller.scenes.shown[0].marks
    qtbot.keyClick(app.window, Qt.Key.Key_V)
    assert len(app.controller.scenes.shown[0].marks) < len(before)
    qtbot.mouseClick(chips["speed"], Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert len(app.controller.scenes.shown[0].marks) == len(before)


def test_the_page_shows_the_same_pixels_as_the_stage(qapp) -> None:
    trace = image_trace(rows=5, channels=3)
    scene = images.scene(trace, ImageLook(DARK, frozenset({"image"})))
    page = pixels(paint_page([scene], 0.6, (420, 480), DARK))[..., 2::-1]
    wanted = sheet(as_bytes(trace["x"][2]), 2)
    scale = int(even(min(404 / (scene.extent[1] - scene.extent[0]), 360 / (scene.extent[3] - scene.extent[2]))))
    assert scale > 4
    large = wanted.repeat(scale, 0).repeat(scale, 1)
    height, width, _ = large.shape
    corners = np.argwhere((page == large[0, 0]).all(axis=2))
    assert any(np.array_equal(page[y : y + height, x : x + width], large) for y, x in corners)


def test_images_and_points_make_no_film_together() -> None:
    points = open_trace(resources.path("traces", "swiss-roll-flow.h5"))
    with pytest.raises(TraceError, match="Images and points do not fit into one picture"):
        export_lanes([image_trace(), points], DARK)
    scenes = export_lanes([image_trace(), image_trace(seed=1)], DARK)
    assert [scene.lane.method for scene in scenes] == ["flow", "flow", "real"]
    assert {mark.limit for scene in scenes for mark in scene.marks if isinstance(mark, Images)} - {None} == {4.0}


def test_key_frames_and_comparison_of_images_are_pictures_of_recorded_states(qapp) -> None:
    trace = image_trace(rows=5)
    assert image_pictures.key_frames(trace, DARK, n=3).width() > 3 * 300
    picture = pixels(image_pictures.real_against_generated(trace, DARK))
    third = picture.shape[1] // 3
    parts = [picture[100:, i * third : (i + 1) * third] for i in range(3)]  # noise, generated, real
    ends = np.unique(as_bytes(trace["x"][-1]))  # two greys
    share = [np.isin(part[..., 1], ends).mean() for part in parts]
    assert share[0] < 0.2 < 0.4 < min(share[1:])  # noise has every grey


def test_in_a_row_for_each_lane_columns_are_the_same_noise_and_every_row_has_as_many() -> None:
    runs = [image_trace(count=count, seed=1) for count in (5, 3)]
    scenes = export_lanes(runs, DARK, in_line=True)
    assert arranged(scenes, ["a", "b", None], "rows") == [[scene] for scene in scenes]
    for scene in scenes:
        (grid,) = scene.marks
        assert isinstance(grid, Images)
        assert (grid.columns, grid.place[1]) == (3, 3 * 8.0)
        assert scene.extent[1] - scene.extent[0] < 3 * 8.0 * 1.1, "nothing stands beside it"
    for scene, run in zip(scenes, runs, strict=False):
        np.testing.assert_array_equal(scene.marks[0].values[0], run["x"][0][:3])
