"""Key frames: a lane at some of its recorded times, as panels side by side on one page."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from workbench.views.marks import Frame, Lane, Mark, Scene, Times, Trails, evenly

FRAMES = 6
END = 1.0
"""The time at which a page of such panels is painted: that of each panel is moved there."""


def key_frames(scenes: Sequence[Scene], n: int = FRAMES) -> list[list[Scene]]:
    """A row for each lane that moves: n panels, each a state that was recorded, under its own t."""
    return [
        [_panel(scene, row) for row in evenly(scene.lane.times, n)] for scene in scenes if scene.lane.method != "real"
    ]


def _panel(scene: Scene, row: int) -> Scene:
    t = float(scene.lane.times[row])
    return dataclasses.replace(scene, lane=_at(scene.lane, row), marks=tuple(_moved(mark, t) for mark in scene.marks))


def _at(lane: Lane, row: int) -> Lane:
    """The lane as if one step were all that it had recorded: its header says that step's t, and never another."""
    one = slice(row, row + 1)
    return dataclasses.replace(
        lane, times=lane.times[one], nfe=lane.nfe[one], alpha=lane.alpha[one], sigma=lane.sigma[one], glide=False,
        rms=None if lane.rms is None else lane.rms[one],
    )  # fmt: skip


def _moved(mark: Mark, t: float) -> Mark:
    """The mark with its own t at the end, and of a trail only what was before."""
    if isinstance(mark, Frame):
        return mark
    times: Times = mark.times - t + END
    if isinstance(mark, Trails):
        past = times <= END
        return dataclasses.replace(mark, times=times[past], positions=mark.positions[past])
    return dataclasses.replace(mark, times=times)
