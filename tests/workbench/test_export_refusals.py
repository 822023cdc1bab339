"""Exports that cannot be made: each says why in one line, keeps what was there, and leaves nothing beside it."""

from __future__ import annotations

import numpy as np
import pytest

import resources
from core.errors import FlowscopeError
from core.trace import save
from tests.workbench.image_traces import image_trace
from workbench.export.job import Order, make

FLOW = resources.path("traces", "swiss-roll-flow.h5")


@pytest.mark.parametrize("name", ["moment.png", "moment.svg", "moment.pdf", "frames"])
def test_a_picture_without_room_is_refused_and_the_older_one_stays(qapp, tmp_path, little_room, name: str) -> None:
    if "." in name:
        (tmp_path / name).write_text("older")
    with pytest.raises(FlowscopeError, match=f"{name} cannot be written: File too large."):
        make(Order([str(FLOW)], str(tmp_path / name), width=400, height=300, seconds=0.2, hold=0.0))
    assert [each.read_text() for each in tmp_path.iterdir()] == ["older"] * ("." in name)


def test_points_and_images_do_not_go_into_one_table_but_into_one_archive(tmp_path) -> None:
    save(image_trace(), images := tmp_path / "images.h5")
    with pytest.raises(FlowscopeError, match=r"images.h5 has \d+ numbers .* and swiss-roll-flow.h5 2: .* \.npz"):
        make(Order([str(FLOW), str(images)], str(tmp_path / "all.csv")))
    assert [each.name for each in tmp_path.iterdir()] == ["images.h5"]
    make(Order([str(FLOW), str(images)], str(tmp_path / "all.npz")))
    assert {name.partition("-")[0] for name in np.load(tmp_path / "all.npz").files} == {"1", "2"}
