"""The cursor: stepping, playing, following a run that grows, and the training step beside it."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.model.playhead import FRAME_SECONDS, HOLD_SECONDS, SECONDS, Playhead
from workbench.model.snapshots import SnapshotHead


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


def test_a_jump_goes_to_the_nearest_recorded_step_and_stops(head: Playhead) -> None:
    head.play()
    head.jump(0.23)
    assert (head.t, head.playing) == (0.25, False)


@pytest.mark.parametrize("speed", [0.25, 1.0, 4.0])
def test_a_run_takes_five_seconds_divided_by_speed_at_any_frame_rate(head: Playhead, speed: float) -> None:
    head.set_speed(speed)
    head.set_mode("once")
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


def run(head: Playhead, seconds: float, frame: float = 1 / 60) -> list[float]:
    """The times at each frame while time passes."""
    out = []
    for _ in range(round(seconds / frame)):
        head.advance(frame)
        out.append(head.t)
    return out


@pytest.mark.parametrize("direction", [1, -1])
def test_ping_pong_runs_there_and_back_and_one_key_still_pauses(head: Playhead, direction: int) -> None:
    head.set_mode("ping-pong")
    head.play(direction)
    seen = run(head, 2 * (SECONDS + HOLD_SECONDS) + 0.5)
    steps = np.diff(seen)
    assert np.abs(steps).max() < 0.01, "it jumps nowhere"
    assert (max(seen), min(seen)) == (1.0, 0.0)
    turns = np.count_nonzero(np.diff(np.sign(steps[steps != 0])))
    assert turns == 2
    head.toggle(direction)
    assert not head.playing


def test_a_part_is_played_alone_forwards_and_backwards(head: Playhead) -> None:
    head.set_span(0.6, 0.3)
    head.seek(0.95)
    head.play()
    seen = run(head, 6.0)
    assert (min(seen), max(seen)) == (0.3, 0.6)
    head.seek(0.1)
    head.play(-1)
    seen = run(head, 6.0)
    assert (min(seen), max(seen)) == (0.3, 0.6)
    head.set_span(0.4, 0.401)
    assert head.whole


def test_marks_of_a_part_are_set_at_the_cursor(head: Playhead) -> None:
    head.seek(0.7)
    head.span_to()
    head.seek(0.2)
    head.span_from()
    assert head.span == (0.2, 0.7)
    head.seek(0.9)
    head.span_from()
    assert head.span == (0.9, 1.0)


@pytest.mark.parametrize("direction", [1, -1])
def test_every_frame_shows_every_recorded_step_however_slow_the_machine(direction: int) -> None:
    head = Playhead()
    times = np.linspace(0, 1, 700) ** 2
    head.set_steps([times])
    head.set_keep_time(False)
    head.set_mode("once")
    head.seek(0.0 if direction > 0 else 1.0)
    head.play(direction)
    seen = {head.t}
    while head.playing:
        head.advance(1.5)
        seen.add(head.t)
    assert {round(float(t), 9) for t in times} <= {round(t, 9) for t in seen}
    gaps = np.diff(sorted(seen))
    assert gaps.max() < FRAME_SECONDS / SECONDS + 1e-9


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
    head = SnapshotHead(lambda: "once")
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


def test_a_training_plays_up_to_the_newest_weights_and_a_hand_stops_it() -> None:
    head = SnapshotHead(lambda: "once")
    head.toggle()
    assert not head.playing, "there is nothing to play"
    head.set_steps(np.array([0.0, 100.0, 200.0]), 1000)
    head.toggle()
    passed = [head.step]
    while head.playing:
        head.advance()
        passed.append(head.step)
    assert (passed, head.following) == ([0.0, 100.0, 200.0], True)
    head.seek(100.0)
    head.toggle()
    assert head.step == 100.0, "from here"
    for hand in (lambda: head.seek(0.0), lambda: head.move(1), head.follow, head.toggle, head.pause):
        if not head.playing:
            head.toggle()
        hand()
        assert not head.playing
    head.toggle()
    head.advance()
    head.set_steps(np.array([0.0, 50.0]), 500)
    assert not head.playing, "what was shown is gone"


@pytest.mark.parametrize(
    ("mode", "span", "passed"),
    [
        ("loop", (0.0, 1.0), [0, 100, 200, 300, 0, 100]),
        ("ping-pong", (0.0, 1.0), [0, 100, 200, 300, 200, 100, 0, 100]),
        ("loop", (0.09, 0.21), [100, 200, 100, 200]),
        ("ping-pong", (0.1, 0.3), [100, 200, 300, 200, 100, 200]),
        ("once", (0.1, 0.2), [100, 200]),
        ("loop", (0.11, 0.19), [0, 100, 200, 300, 0]),  # nothing moves in it
    ],
)
def test_a_part_of_a_training_plays_as_a_part_of_a_run_does(mode, span, passed) -> None:
    head = SnapshotHead(lambda: mode)
    head.set_steps(np.array([0.0, 100.0, 200.0, 300.0]), 1000)
    head.set_span(*span)
    head.toggle()
    shown = [head.step]
    while head.playing and len(shown) < len(passed):
        head.advance()
        shown.append(head.step)
    assert shown == passed
    assert head.playing is (mode != "once")
    assert not head.following  # it stopped before the newest weights, or goes on


def test_a_training_comes_into_the_part_that_is_chosen_while_it_plays() -> None:
    for at, heading in ((0.0, 200.0), (400.0, 200.0)):
        head = SnapshotHead(lambda: "loop")
        head.set_steps(np.arange(5) * 100.0, 400)
        head.seek(at)
        head.playing = True
        head.set_span(0.5, 0.8)
        head.advance()
        assert head.step == heading


def test_a_snapshot_that_is_gone_gives_way_to_the_newest() -> None:
    head = SnapshotHead(lambda: "once")
    head.set_steps(np.array([0.0, 100.0]), 1000)
    head.seek(100.0)
    head.set_steps(np.array([0.0, 50.0]), 500)
    assert (head.step, head.following) == (50.0, True)
    head.set_steps(np.empty(0), 500)
    assert head.step is None
