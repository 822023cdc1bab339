"""What a machine lacks is told in its line of the report, and is no traceback."""

from __future__ import annotations

import subprocess
import sys
from typing import Any
from unittest.mock import patch

import pytest

from workbench import display
from workbench.commands import main


def test_a_driver_that_hangs_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    ask = subprocess.run

    def hanging(command: list[str], **how: Any) -> Any:
        if how.get("timeout"):
            raise subprocess.TimeoutExpired(command, how["timeout"])
        return ask(command, **how)

    monkeypatch.setattr(subprocess, "run", hanging)
    monkeypatch.setattr(display, "has_display", lambda: True)
    assert main(["doctor"]) == 0
    assert "gl               no answer within 60 s" in capsys.readouterr().out


def test_a_lacking_encoder_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with patch.dict(sys.modules, {"imageio_ffmpeg": None}):
        main(["doctor"])
    assert "ffmpeg           none, no films as MP4 or WebM: " in capsys.readouterr().out
