"""The cursor: stepping, playing, following a run that grows, and the training step beside it."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import SpecError
from workbench.model.playhead import HOLD_SECONDS, SECONDS, Playhead, SnapshotHead


@pytest.fixture
def head() -> Playhead:
    """Two lanes, one with steps at every 0.1, one at every 0.25."""
    head = Playhead()
    head.set_steps([np.linspace(0, 1, 11), np.linspace(0, 1, 5)])
    return head


def test_steps_visit_the_union_of_all_lanes_once_each_way(head: Playhead) -> None:
    union = sorted({*np.round(np.linspace(0, 1, 11), 9), *np.linspace(0, 1, 5)})
    there, back = [head.t], []
    for _ in range(len(union)):
        head.step(1)
        there.append(head.t)
    for _ in range(len(union)):
        back.append(head.t)
        head.step(-1)
    assert there == [*union, 1.0]
    assert back == union[::-1]


def test_a_step_between_recorded_times_goes_to_the_neighbour(head: Playhead) -> None:
    head.seek(0.37)
    head.step(1)
    assert head.t == 0.4
    head.seek(0.37)
    head.step(-1)
    assert head.t == 0.3


def test_a_typed_time_snaps_to_the_nearest_recorded_step_and_stops(head: Playhead) -> None:
    head.play()
    head.type_time(" 0,23 ")
    assert head.t == 0.25
    assert not head.playing


@pytest.mark.parametrize("text", ["", "noise", "1.2", "-0.1", "nan", "0.5 s"])
def test_nonsense_is_refused_and_leaves_the_cursor(head: Playhead, text: str) -> None:
    head.seek(0.4)
    with pytest.raises(SpecError, match="Given"):
        head.type_time(text)
    assert head.t == 0.4


@pytest.mark.parametrize("speed", [0.25, 1.0, 4.0])
def test_a_run_takes_five_seconds_divided_by_speed_at_any_frame_rate(head: Playhead, speed: float) -> None:
    head.set_speed(speed)
    head.set_loop(False)
    head.play()
    frames = 0
    while head.playing:
        head.advance(1 / 60)
        frames += 1
    assert head.t == 1.0
    assert frames / 60 == pytest.approx(SECONDS / speed, abs=2 / 60)


@pytest.mark.parametrize(("direction", "end"), [(1, 1.0), (-1, 0.0)])
def test_a_loop_rests_at_its_end_and_starts_at_the_other(head: Playhead, direction: int, end: float) -> None:
    head.seek(end - direction * 0.01)
    head.play(direction)
    head.advance(1.0)
    assert head.t == end
    head.advance(HOLD_SECONDS * 0.9)
    assert head.t == end
    head.advance(HOLD_SECONDS * 0.2)
    assert head.t == 1.0 - end
    assert head.playing


def test_playing_from_the_end_starts_again(head: Playhead) -> None:
    head.seek(1.0)
    head.play()
    assert head.t == 0.0
    head.toggle(-1)
    assert (head.t, head.direction, head.playing) == (1.0, -1, True)
    head.toggle(-1)
    assert not head.playing


def test_scrubbing_while_playing_pauses_and_resumes(head: Playhead) -> None:
    head.play(-1)
    head.grab()
    head.seek(0.5)
    head.advance(1.0)
    assert (head.t, head.playing) == (0.5, False)
    head.release()
    assert (head.direction, head.playing) == (-1, True)
    head.pause()
    head.grab()
    head.release()
    assert not head.playing


def test_a_growing_run_is_followed_until_touched_and_again_from_end() -> None:
    head = Playhead()
    head.follow()
    head.play()
    for n in (2, 3):
        head.set_steps([np.linspace(0, 1, 11)[:n]], growing=True)
        head.advance(1.0)
        assert head.t == pytest.approx((n - 1) / 10)
    head.seek(0.05)
    head.pause()
    head.set_steps([np.linspace(0, 1, 11)[:6]], growing=True)
    assert head.t == 0.05
    head.to_end()
    assert (head.t, head.following) == (0.5, True)
    head.set_steps([np.linspace(0, 1, 11)], growing=False)
    assert (head.t, head.following) == (1.0, False)


def test_the_shown_run_is_not_followed_before_the_new_one_grows(head: Playhead) -> None:
    head.seek(0.3)
    head.follow()
    head.set_steps(head.steps)
    assert (head.t, head.following) == (0.3, True)


def test_signals_tell_only_what_changed(head: Playhead) -> None:
    heard: list[object] = []
    head.t_changed.connect(heard.append)
    head.state_changed.connect(lambda: heard.append("state"))
    head.seek(0.0)
    head.pause()
    assert heard == []
    head.seek(0.5)
    head.set_speed(2.0)
    assert heard == [0.5, "state"]


def test_snapshots_follow_the_newest_weights_until_one_is_chosen() -> None:
    head = SnapshotHead()
    assert head.step is None
    head.set_steps(np.array([0.0, 100.0, 200.0]), 1000)
    assert (head.step, head.total) == (200.0, 1000.0)
    head.seek(120.0)
    assert (head.step, head.following) == (100.0, False)
    head.set_steps(np.array([0.0, 100.0, 200.0, 300.0]), 1000)
    assert head.step == 100.0
    head.move(-1)
    head.move(-1)
    assert head.step == 0.0
    head.follow()
    assert head.step == 300.0


def test_a_snapshot_that_is_gone_gives_way_to_the_newest() -> None:
    head = SnapshotHead()
    head.set_steps(np.array([0.0, 100.0]), 1000)
    head.seek(100.0)
    head.set_steps(np.array([0.0, 50.0]), 500)
    assert (head.step, head.following) == (50.0, True)
    head.set_steps(np.empty(0), 500)
    assert head.step is None
