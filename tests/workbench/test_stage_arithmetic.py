"""Cameras, lanes and trail windows: pure arithmetic, no display."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from workbench.painters.stage.camera import GUTTER, Camera, fit, lane_spans, union
from workbench.painters.stage.trail import most_segments, window
from workbench.views.marks import locate


@pytest.mark.parametrize("width", [320, 1001, 1072, 1439])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_lanes_fill_the_width_equally(width: int, count: int) -> None:
    spans = lane_spans(width, count)
    assert spans[0][0] == 0
    assert spans[-1][0] + spans[-1][1] == width
    assert {b[0] - a[0] - a[1] for a, b in itertools.pairwise(spans)} <= {GUTTER}
    assert max(w for _, w in spans) - min(w for _, w in spans) <= 1


def test_fit_shows_all_of_the_extent() -> None:
    camera = fit((-3.0, 5.0, -1.0, 1.0), 400, 300)
    assert camera.data(-200, 0) == pytest.approx((-3.0, 0.0))
    assert camera.data(200, 150)[1] <= -1.0


def test_union_holds_every_extent() -> None:
    assert union([(-1, 2, 0, 1), (0, 3, -4, 0)]) == (-1, 3, -4, 1)


def test_zooming_in_and_out_about_one_place_is_nothing() -> None:
    camera = Camera(0.3, -0.2, 40.0)
    back = camera.zoomed(1.7, 33, -12).zoomed(1 / 1.7, 33, -12)
    assert (back.x, back.y, back.scale) == pytest.approx((camera.x, camera.y, camera.scale))


@pytest.mark.parametrize("rows", [2, 7, 51, 1001])
@pytest.mark.parametrize("glide", [True, False])
def test_trail_window_is_one_unbroken_way_that_ends_at_the_particle(rows: int, glide: bool) -> None:
    times, limit = np.linspace(0, 1, rows) ** 1.5, 48
    for t in np.linspace(0, 1.2, 57):
        seen = window(times, float(t), 0.26, limit, glide=glide)
        moment = locate(times, float(t), glide=glide)
        if moment.row + moment.fraction == 0:
            assert len(seen.rows) == 0
            continue
        a, b, begin, end = seen.rows.astype(float).T
        row = lambda fraction: a + fraction * (b - a)  # noqa: E731
        assert len(seen.rows) <= most_segments(times, 0.26, limit) <= limit
        assert row(end)[-1] == pytest.approx(moment.row + moment.fraction, abs=1e-3)
        assert row(end)[:-1] == pytest.approx(row(begin)[1:])
        assert seen.places[-1, 1] == pytest.approx(1.0, abs=1e-5)
        assert (np.diff(seen.places.ravel()) > -1e-6).all()
        assert (seen.places >= -1e-6).all()
