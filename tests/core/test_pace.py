"""The time left is told from the time of steps alone, and not before some were timed."""

from __future__ import annotations

import pytest

from core.machine.pace import Pace


def test_snapshots_do_not_count() -> None:
    """0.1 s a step, with a snapshot of 100 s before the first and another in the middle."""
    pace, now = Pace(1000.0), 0.0
    assert pace.seconds_left(0, 100) is None
    for _ in range(10):  # the rows of a snapshot, each with a report that brings no step
        now += 10.0
        pace.count(now, 0)
        assert pace.seconds_left(0, 100) is None
    for done in range(1, 51):
        if done == 25:
            for _ in range(10):
                now += 10.0
                pace.count(now, done - 1)
                assert pace.seconds_left(done - 1, 100) == pytest.approx((101 - done) * 0.1)
        now += 0.1
        pace.count(now, done)
    assert pace.seconds_left(50, 100) == pytest.approx(5.0)
    assert pace.seconds_left(100, 100) is None


def test_a_pause_does_not_count_and_the_last_stretch_decides() -> None:
    pace = Pace(1.0)
    for done in range(20):
        pace.count(0.01 * done, done)
    pace.pause()
    for done in range(20, 60):
        pace.count(100.0 + 0.1 * done, done)
    assert pace.rate == pytest.approx(10.0)


@pytest.mark.parametrize("asleep", [20.0, 3600.0])
def test_a_sleep_in_the_middle_of_a_step_does_not_count(asleep: float) -> None:
    """0.1 s a step, and a while in which the process was stopped: what is left is what it was."""
    pace = Pace(30.0)
    for done in range(600):
        pace.count(0.1 * done, done)
    for done in range(600, 610):
        pace.count(asleep + 0.1 * done, done)
        assert pace.seconds_left(done, 1000) == pytest.approx((1000 - done) * 0.1)


def test_steps_that_have_become_slow_count() -> None:
    pace, now = Pace(30.0), 0.0
    for done in range(600):
        now += 0.1
        pace.count(now, done)
    for done in range(600, 605):
        now += 60.0
        pace.count(now, done)
    assert pace.rate == pytest.approx(1 / 60.0)
