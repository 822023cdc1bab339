"""Exports that cannot be made: each says why in one line, keeps what was there, and leaves nothing beside it."""

from __future__ import annotations

import pytest

import resources
from core.errors import FlowscopeError
from workbench.export.job import Order, make

FLOW = resources.path("traces", "swiss-roll-flow.h5")


@pytest.mark.parametrize("name", ["moment.png", "moment.svg", "moment.pdf", "frames"])
def test_a_picture_without_room_is_refused_and_the_older_one_stays(qapp, tmp_path, little_room, name: str) -> None:
    if "." in name:
        (tmp_path / name).write_text("older")
    with pytest.raises(FlowscopeError, match=f"{name} cannot be written: File too large."):
        make(Order([str(FLOW)], str(tmp_path / name), width=400, height=300, seconds=0.2, hold=0.0))
    assert [each.read_text() for each in tmp_path.iterdir()] == ["older"] * ("." in name)
