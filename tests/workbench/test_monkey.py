"""A seeded monkey plays with the real window for some seconds: nothing breaks, little grows, it never stands still."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from tests.soak.monkey import Monkey, report, settled_mb
from tests.workbench.opened import opened

WARM_UP, SECONDS = 3.0, 7.0
MOST_MB, MOST_MS = 50.0, 1000.0


@pytest.mark.timeout(300)
def test_random_hands_break_nothing(qtbot: QtBot) -> None:
    with opened(qtbot) as app:
        monkey = Monkey(app, seed=20)
        monkey.play(WARM_UP)
        before = settled_mb(app)
        monkey.play(SECONDS)
        grown = settled_mb(app) - before
        print(report(monkey, grown))
        assert monkey.done > 20
        assert grown < MOST_MB
        # of its own work: how long it waits for a processor is not the window's doing
        assert max((stall.own_ms for stall in monkey.stalls), default=0.0) < MOST_MS
