"""The gallery: pictures of the real window, by a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

from workbench.commands import main

TOP = Path(__file__).resolve().parent.parent.parent


def test_a_state_is_rendered_at_a_larger_scale(qapp, tmp_path: Path) -> None:
    call = [sys.executable, "main.py", "gallery", "-o", str(tmp_path), "--only", "help", "--scale", "2"]
    done = subprocess.run(call, cwd=TOP, env=dict(os.environ), capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(tmp_path / "help.png")]
    picture = Image.open(tmp_path / "help.png").convert("L")
    assert picture.size == (2880, 1800)
    assert len(picture.resize((144, 90)).getcolors() or ()) > 20  # neither black nor empty


def test_a_state_that_there_is_not_and_a_missing_display_are_one_line(capsys, tmp_path: Path, monkeypatch) -> None:
    assert main(["gallery", "-o", str(tmp_path), "--only", "nothing"]) == 2
    assert "There is no state nothing. There are: start," in capsys.readouterr().err
    monkeypatch.setattr("workbench.commands.gallery.has_display", lambda: False)
    assert main(["gallery", "-o", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
