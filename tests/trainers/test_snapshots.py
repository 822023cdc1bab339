"""When snapshots are taken, and how many there are."""

from __future__ import annotations

import re

import pytest

from core.parts.schema import properties
from core.spec import Training
from trainers.training.snapshots import snapshot_steps


@pytest.mark.parametrize("n_snapshots", [1, 2, 24])
def test_snapshots_stand_at_both_ends(n_snapshots: int) -> None:
    steps = snapshot_steps(5000, n_snapshots)
    assert steps[0] == 0
    assert steps[-1] == 5000
    assert snapshot_steps(10, 0) == []


def test_how_many_snapshots_there_are_is_what_the_form_says() -> None:
    said = properties(Training)["n_snapshots"]["description"]
    none, least = (int(each) for each in re.findall(r"\d+", said))
    assert snapshot_steps(10, none) == []
    assert {len(snapshot_steps(10, n)) for n in (1, least)} == {least}
