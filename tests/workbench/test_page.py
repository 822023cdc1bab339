"""Views, the page painter and films: what is drawn where, at which time, without a display."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtGui import QFontMetricsF, QImage

import resources
from core.trace import Trace, open_trace
from tests.workbench.image_traces import image_trace
from workbench.export import peer, pictures
from workbench.export.film import Film, Sampling
from workbench.export.moments import END, key_frames
from workbench.export.pacing import PACINGS, frame_times
from workbench.export.scenes import Shown, lanes
from workbench.painters import equations, fonts
from workbench.painters.bits import pixels
from workbench.painters.paper.page import Page, Viewport, paint_page, places
from workbench.painters.paper.splat import Layer
from workbench.views.arrows import segments
from workbench.views.axes import ticks
from workbench.views.lane2d import Look, presence_on, scene
from workbench.views.marks import Arrows, Points, locate
from workbench.views.tex import NAMED
from workbench.views.theme import DARK, LIGHT, noise_colours
from workbench.views.words import lane_words


@pytest.fixture(scope="module")
def traces() -> list[Trace]:
    return [open_trace(resources.path("traces", f"swiss-roll-{name}.h5")) for name in ("diffusion", "flow")]


@pytest.mark.parametrize("size", [(1200, 640), (1201, 641), (997, 503), (240, 240)])
@pytest.mark.parametrize(("columns", "n"), [(1, 1), (3, 2), (5, 1), (6, 4)])
def test_lanes_are_of_one_size_to_the_pixel_and_fill_the_page(size: tuple[int, int], columns: int, n: int) -> None:
    rects = [rect for row in places(size, [[None] * columns] * n, 40) for rect in row]  # type: ignore[list-item]
    assert len({(rect.width(), rect.height()) for rect in rects}) == 1
    assert all(rect.toRect().toRectF() == rect for rect in rects)
    left, right = min(rect.left() for rect in rects), size[0] - max(rect.right() for rect in rects)
    top, below = min(rect.top() for rect in rects) - 40, size[1] - max(rect.bottom() for rect in rects)
    assert 8 <= left <= right < 8 + columns
    assert 0 <= top <= below - 8 < n


@pytest.mark.parametrize("pacing", PACINGS)
def test_every_pacing_runs_from_noise_to_data_and_never_back(pacing: str) -> None:
    times = frame_times(pacing, 20, 3.0, hold=0.5)
    assert times[0] == 0.0
    assert times[-1] == 1.0
    assert (np.diff(times) >= 0).all()
    assert len(times) == 70


def test_a_disc_covers_its_area_in_its_colour() -> None:
    layer = Layer(60, 40)
    colour = np.array([[1.0, 0.5, 0.0, 0.9]], np.float32)
    layer.discs(layer.all, np.array([[30.3, 20.7]]), 6.0, colour)
    out = layer.premultiplied().astype(float) / 255
    assert out[..., 3].sum() == pytest.approx(0.9 * np.pi * 36, rel=0.03)
    b, g, r, a = out[20, 30]
    assert (r / a, g / a, b / a) == pytest.approx((1.0, 0.5, 0.0), abs=0.02)
    y, x = np.indices((40, 60))
    weight = out[..., 3]
    assert ((x + 0.5) * weight).sum() / weight.sum() == pytest.approx(30.3, abs=0.1)
    assert ((y + 0.5) * weight).sum() / weight.sum() == pytest.approx(20.7, abs=0.1)


def test_what_lies_outside_is_cut_and_what_is_not_a_number_is_left_out() -> None:
    layer = Layer(20, 20)
    colours = np.ones((3, 4), np.float32)
    layer.discs(layer.all, np.array([[-50.0, 5.0], [19.5, 10.0], [np.nan, 3.0]]), 3.0, colours)
    out = layer.premultiplied()
    assert out[:, :10].sum() == 0
    assert out[10, 18, 3] > 200
    assert not layer.premultiplied().any()  # what has been taken is gone


def test_a_line_is_as_wide_as_asked() -> None:
    layer = Layer(50, 50)
    layer.lines(
        layer.all, np.array([[5.0, 25.0]]), np.array([[45.0, 25.0]]), 1.0, np.array([[1, 1, 1, 0.2]], np.float32)
    )
    depth = -np.log1p(-layer.premultiplied()[..., 3].astype(float) / 255)
    assert depth[:, 25].sum() == pytest.approx(0.2, rel=0.2)


@pytest.mark.parametrize("width", [0.6, 1.15, 2.0, 2.3, 3.0])
@pytest.mark.parametrize("angle", [0.0, 30.0, 60.0, 90.0])
def test_a_wide_line_is_no_brighter_than_a_thin_one_and_covers_its_area(width: float, angle: float) -> None:
    layer, alpha = Layer(60, 60), 0.5
    way = 20 * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    colour = np.array([[1, 1, 1, alpha]], np.float32)
    layer.lines(layer.all, np.array([[30.3, 30.3]]) - way, np.array([[30.3, 30.3]]) + way, width, colour)
    seen = layer.premultiplied()[..., 3].astype(float) / 255
    assert seen.sum() == pytest.approx(alpha * 40 * width, rel=0.12)
    assert seen.max() <= 1.4 * alpha


def test_a_page_of_twice_the_pixels_shows_the_same_twice_as_sharp(qapp, traces) -> None:
    scenes = [scene(trace, Look(DARK), trace["x"].static.get("data")) for trace in traces]
    once, twice = (pixels(paint_page(scenes, 0.7, (640, 360), DARK, scale=scale)).astype(float) for scale in (1.0, 2.0))
    assert twice.shape == (720, 1280, 4)
    halved = twice.reshape(360, 2, 640, 2, 4).mean(axis=(1, 3))
    canvas = slice(60, 300), slice(20, 300)
    assert halved[canvas][..., :3].mean() == pytest.approx(once[canvas][..., :3].mean(), rel=0.03)
    assert np.abs(halved - once)[canvas].mean() < 3.0


def test_arrows_have_one_scale_for_all_times_and_end_in_heads() -> None:
    origins = np.array([[0.0, 0.0], [1.0, 0.0]], np.float32)
    vectors = np.array([[2.0, 0.0], [0.0, 9.0]], np.float32)
    mark = Arrows(
        "field", origins, vectors[None], np.ones((1, 2), np.float32), np.array([0.5]), 0.65, 4.0, (1, 1, 1, 0.6)
    )
    start, end, alpha = segments(mark, vectors, np.array([1.0, 0.0]), unit=100.0)
    length = np.linalg.norm(end[:2] - start[:2], axis=1)
    np.testing.assert_allclose(length, [0.95 * 0.65 * 0.5, 0.95 * 0.65])
    np.testing.assert_allclose(alpha[:2], [0.6 * 0.8, 0.6 * 1.0 * 0.25], rtol=1e-6)
    heads = np.linalg.norm(end[2:] - start[2:], axis=1) * 100
    assert ((heads >= 2.4) & (heads <= 5.1)).all()


@pytest.mark.parametrize(("low", "high"), [(-4.2, 4.2), (0.0, 0.03), (-1200.0, 900.0)])
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    values = ticks(low, high, 400.0)
    assert 2 <= len(values) <= 9
    assert (values >= low).all()
    assert (values <= high).all()
    step = np.diff(values)[0]
    assert round(step / 10 ** np.floor(np.log10(step)), 6) in (1.0, 2.0, 5.0)


def test_the_viewport_keeps_the_aspect_and_shows_the_extent() -> None:
    view = Viewport(400, 200, (-2, 2, -2, 2))
    corner, middle = view(np.array([[2.0, 2.0], [0.0, 0.0]]))
    np.testing.assert_allclose(middle, [200, 100])
    np.testing.assert_allclose(corner, [300, 0])


def test_the_moment_between_rows_glides_or_stays() -> None:
    times = np.array([0.0, 0.5, 1.0])
    assert locate(times, 0.75) == locate(times, 0.75, glide=True)
    assert (locate(times, 0.75).row, locate(times, 0.75).fraction) == (1, 0.5)
    assert (locate(times, 0.75, glide=False).row, locate(times, 0.75, glide=False).fraction) == (1, 0.0)
    assert locate(times, 1.0).row == 2


def test_same_particle_same_colour_in_both_methods(traces) -> None:
    colours = [
        next(m.colours for m in scene(trace, Look(DARK)).marks if isinstance(m, Points) and m.overlay == "particles")
        for trace in traces
    ]
    np.testing.assert_allclose(*colours, atol=1e-3)


def test_colours_of_the_noise_are_even_in_lightness() -> None:
    """WCAG's relative luminance of particles on the canvas: none falls below 4.5 : 1 in either theme."""
    x0 = np.random.default_rng(1).normal(size=(2000, 2)).astype(np.float32)
    for theme in (DARK, LIGHT):
        rgb = noise_colours(x0, theme)[:, :3].astype(float)
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        luminance = linear @ [0.2126, 0.7152, 0.0722]
        canvas = 0.0045 if theme is DARK else 1.0
        brighter, darker = np.maximum(luminance, canvas), np.minimum(luminance, canvas)
        assert ((brighter + 0.05) / (darker + 0.05)).min() > 3.0


def test_presence_is_where_particles_are() -> None:
    axis = np.arange(-3, 4) * 1.0
    grid = np.stack([g.ravel() for g in np.meshgrid(axis, axis)], axis=1).astype(np.float32)
    positions = np.tile(np.array([[2.0, -1.0]], np.float32), (1, 5, 1))
    presence = presence_on(grid, positions)[0]
    assert presence[((grid - [2, -1]) ** 2).sum(axis=1) < 0.1].min() == 1.0
    assert presence[((grid - [2, -1]) ** 2).sum(axis=1) > 9].max() == 0.0


def test_header_tells_evaluations_and_time(traces) -> None:
    words = lane_words(scene(traces[0], Look(DARK)).lane, 0.76)
    assert words.evaluations == "NFE 38 of 50"
    assert words.time == "t = 0.760"
    assert words.facts[0].startswith("α 0.74")


@pytest.mark.parametrize("name", NAMED)
def test_every_formula_has_ink_and_its_width(qapp, name: str) -> None:
    from PyQt6.QtGui import QPainter

    image = QImage(400, 60, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    equations.draw(painter, name, 10, 35, 20, "#FFFFFF")
    painter.end()
    ink = np.flatnonzero(pixels(image)[..., 0].max(axis=0) > 80)
    assert ink[0] >= 8
    assert ink[-1] <= 10 + equations.width(name, 20) + 4


def test_a_page_shows_particles_where_they_are(qapp, traces) -> None:
    page = pixels(paint_page(lanes(traces, DARK), 1.0, (900, 460), DARK)).astype(int)
    early = pixels(paint_page(lanes(traces, DARK), 0.0, (900, 460), DARK)).astype(int)
    assert page.shape == (460, 900, 4)
    assert (np.abs(page - early).max(axis=2) > 40).sum() > 2000
    # the third lane is the data itself and does not move
    assert np.array_equal(page[60:390, 610:890], early[60:390, 610:890])


def test_a_page_looks_the_same_whatever_it_showed_before(qapp, traces) -> None:
    page = Page([lanes(traces, LIGHT)], (600, 320), LIGHT)
    for t in (0.1, 0.37, 0.9):
        page.paint(t)
    assert np.array_equal(pixels(page.paint(0.4)), pixels(paint_page(lanes(traces, LIGHT), 0.4, (600, 320), LIGHT)))


@pytest.mark.parametrize("width", [400, 214, 120])
def test_a_formula_finds_room_beside_the_numbers_or_is_left_out(qapp, traces, width: int) -> None:
    (exact,) = lanes(traces, DARK, [Shown(1, "exact")])
    page = pixels(paint_page([exact], 0.5, (width + 16, 300), DARK)).astype(int)
    foot = page[246:282, 9 : width + 7]
    inked = (np.abs(foot - foot[0, 3]).max(axis=2) > 40).any(axis=0)
    numbers = QFontMetricsF(fonts.ui(12)).horizontalAdvance("α 0.500")
    left = round(width - 14 - numbers)
    assert inked[left : left + 12].any(), "the numbers"
    assert not inked[left - 12 : left - 2].any(), "a gap before them"
    assert inked[: left - 12].any() == (width > 200), "the formula, unless there is hardly any room"


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_a_key_frame_is_the_lane_at_the_recorded_time_that_it_names(qapp, traces, theme) -> None:
    whole = lanes(traces, theme, overlays=frozenset({"particles", "trails", "field", "ways"}))
    rows = key_frames(whole, 5)
    assert [len(row) for row in rows] == [5, 5], "real data do not move"
    for lane, row in zip(whole, rows, strict=False):
        for panel in row[1:4]:
            (t,) = panel.lane.times
            there, then = (paint_page([each], at, (300, 320), theme) for each, at in ((panel, END), (lane, t)))
            assert np.array_equal(pixels(there), pixels(then))


@pytest.mark.parametrize("draw", [pictures.key_frames, pictures.trajectories, pictures.vector_field])
def test_every_picture_has_something_on_it(qapp, traces, draw) -> None:
    image = pixels(draw(traces[1], DARK))
    assert image.std() > 3


def test_generated_points_lie_over_real_ones(qapp, traces) -> None:
    assert pixels(pictures.real_against_generated(traces[0], LIGHT)).shape[2] == 4


def test_the_peer_draws_the_same_lanes(qapp, traces) -> None:
    costs = peer.frame_times(Film(Sampling([lanes(traces, DARK)]), DARK, size=(600, 320)))
    assert costs["ratio"] == pytest.approx(costs["matplotlib"] / costs["page"])


def test_key_frames_of_images_are_images_alone_for_which_there_is_room() -> None:
    """Beside them in a sixth of a page, previews and speeds would lie under each other's words."""
    (lane,) = lanes([image_trace()], LIGHT, real=False, alone=True)
    (beside,) = lanes([image_trace()], LIGHT, real=False)
    assert {mark.overlay for mark in lane.marks} == {"image"} < {mark.overlay for mark in beside.marks}
    assert lane.extent[1] - lane.extent[0] < beside.extent[1] - beside.extent[0]
