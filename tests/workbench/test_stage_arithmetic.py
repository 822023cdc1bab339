"""Cameras, lanes and trail windows: pure arithmetic, no display."""

from __future__ import annotations

from itertools import pairwise

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
    assert {b[0] - a[0] - a[1] for a, b in pairwise(spans)} <= {GUTTER}
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
@pytest.mark.parametrize("limit", [6, 48])
@pytest.mark.parametrize("glide", [True, False])
def test_trail_window_holds_the_span_and_keeps_to_its_limit(rows: int, limit: int, glide: bool) -> None:
    times, span = np.linspace(0, 1, rows) ** 1.5, 0.26
    room = most_segments(times, span, limit)
    assert room <= limit
    for t in np.linspace(0, 1.2, 57):
        seen = window(times, float(t), span, limit, glide=glide)
        moment = locate(times, float(t), glide=glide)
        assert seen.row == moment.row
        assert seen.head - seen.tail == pytest.approx(span)
        assert times[seen.first] <= max(seen.tail, 0.0) + 1e-12
        assert seen.first % seen.stride == 0
        assert -(-(seen.row - seen.first) // seen.stride) + (moment.fraction > 0) <= room
