"""What a terminal or a log is told while a verb works, and how Ctrl+C is heard."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from core import presets
from core.events import StopRun, Tick
from core.run import sample
from workbench.commands.progress import ProgressLine, record


def test_a_log_is_told_nothing_twice(capsys, monkeypatch) -> None:
    monkeypatch.setattr("workbench.commands.progress._LOG_SECONDS", 0.0)
    line = ProgressLine("frames")
    for done in (0, 0, 1, 1):
        line.update(done, 2)
    assert capsys.readouterr().err == "frames: 0 of 2\nframes: 1 of 2\n"


def test_a_terminal_is_told_at_once_that_something_starts(capsys, monkeypatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    line = ProgressLine("MNIST")
    assert capsys.readouterr().err.endswith("MNIST: starting")
    line.close()


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="Windows sends signals in another way")
def test_ctrl_c_is_heard_in_the_middle_of_a_step(capfd) -> None:
    told: list[str] = []

    def interrupted():
        for event in (run := sample(presets.load_one("moons-to-eight"))):
            if isinstance(event, Tick) and not told:
                os.kill(os.getpid(), signal.SIGINT)
                told.append(capfd.readouterr().err)
            try:
                yield event
            except StopRun as stop:
                yield run.throw(stop)

    assert record(interrupted(), "moons").status == "stopped"
    assert told == ["\nstopping after this step\n"]
