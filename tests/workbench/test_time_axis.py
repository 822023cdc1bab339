"""Reading time: every axis is a map of t that can be gone back, in numbers that follow from alpha and sigma."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from core.errors import SpecError
from core.trace import open_trace
from resources import path
from workbench.views.lane2d import Look, scene
from workbench.views.marks import AxisKind, Lane, locate
from workbench.views.theme import DARK
from workbench.views.time_axis import KINDS, shared, time_axis


@pytest.fixture(scope="module")
def lanes() -> dict[str, Lane]:
    """Lanes of the shipped runs: DDIM on a VP path and Heun on the linear one."""
    traces = {name: open_trace(path("traces", f"swiss-roll-{name}.h5")) for name in ("diffusion", "flow")}
    return {name: scene(trace, Look(DARK)).lane for name, trace in traces.items()}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["diffusion", "flow"])
def test_a_place_leads_back_to_its_time_and_rises_with_it(lanes: dict[str, Lane], name: str, kind: AxisKind) -> None:
    axis = time_axis(kind, lanes[name])
    t = np.linspace(0, 1, 501)
    places = axis.places(t)
    assert (np.diff(places) > 0).all()
    assert places[[0, -1]] == pytest.approx([0.0, 1.0])
    assert [axis.time(float(p)) for p in places] == pytest.approx(t.tolist(), abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_read_can_be_typed(lanes: dict[str, Lane], kind: AxisKind) -> None:
    lane = lanes["flow"]
    axis = time_axis(kind, lane)
    for row in (0, 7, 20, len(lane.times) - 1):
        t = float(lane.times[row])
        back = axis.parse(axis.words(t))
        assert lane.times[np.abs(lane.times - back).argmin()] == t


def test_noise_left_and_log_snr_of_the_linear_path(lanes: dict[str, Lane]) -> None:
    lane = lanes["flow"]
    assert time_axis("sigma", lane).words(0.25) == "0.750"
    assert float(time_axis("log-snr", lane).words(0.75)) == pytest.approx(2 * math.log(3), abs=0.01)
    assert time_axis("log-snr", lane).words(1.0) == "∞"
    assert time_axis("ddpm", replace(lanes["diffusion"], ddpm_steps=500)).words(0.9) == "50"
    assert time_axis("nfe", lanes["diffusion"]).words(0.5) == "25"


def test_lanes_share_an_axis_that_holds_all_of_them(lanes: dict[str, Lane]) -> None:
    late = time_axis("nfe", replace(lanes["diffusion"], times=lanes["diffusion"].times + 2e-5))
    assert late.words(0.5) == "25"  # as the header says: a path may begin a little after 0
    slow, quick = shared([time_axis("nfe", lane) for lane in (lanes["diffusion"], lanes["flow"])])
    assert slow.span == quick.span == (0.0, 50.0)
    assert quick.place(1.0) == pytest.approx(0.98)
    both = shared([time_axis("log-snr", lane) for lane in lanes.values()])
    assert both[0].span[0] == min(axis.value[0] for axis in both)
    assert both[0].span[1] == max(axis.value[-1] for axis in both)


@pytest.mark.parametrize("text", ["", "noise", "1.2", "-0.1", "nan", "0.5 s"])
def test_nonsense_is_refused_with_what_would_work(lanes: dict[str, Lane], text: str) -> None:
    with pytest.raises(SpecError, match=r"Noise left σ must be .*0 to 1.* Given"):
        time_axis("sigma", lanes["flow"]).parse(text)


def test_labels_are_apart_and_say_the_ends(lanes: dict[str, Lane]) -> None:
    for kind in KINDS[1:]:
        labels = time_axis(kind, lanes["flow"]).labels()
        places = [place for place, _ in labels]
        assert min(np.diff(places)) > 0.1, labels
        assert labels[0][1].endswith("noise")
        assert labels[-1][1].endswith("data")
    assert next(text for _, text in time_axis("ddpm", lanes["diffusion"]).labels()) == "1,000 noise"


def test_a_step_is_reached_at_its_round_time_though_its_path_begins_a_little_after_0() -> None:
    times = np.linspace(1e-4, 1.0, 26)
    assert [locate(times, t, glide=False).row for t in (0.0, 0.7995, 0.8, 0.84, 1.0)] == [0, 19, 20, 21, 25]
    moved = locate(times, 0.82)
    assert (moved.row, moved.fraction) == (20, pytest.approx(0.4998, abs=1e-3))
