"""Exports that cannot be made: each says why in one line, keeps what was there, and leaves nothing beside it."""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import numpy as np
import pytest

import resources
from core.errors import FlowscopeError
from core.trace import open_trace, save
from tests.workbench.image_traces import image_trace
from workbench.commands import main
from workbench.export.job import Order, make

TOP = Path(__file__).resolve().parents[2]
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


def test_an_svg_can_be_read_whatever_its_title_holds(qapp, tmp_path) -> None:
    title = "a \x01\x0b\ufffe & <b> “q” \U0001d6fc"
    make(Order([str(FLOW)], str(tmp_path / "moment.svg"), title=title, width=400, height=300))
    assert ElementTree.parse(tmp_path / "moment.svg").getroot()[0].text == "A  & <b> “q” \U0001d6fc"


def test_a_run_that_did_not_end_well_is_told_where_it_is_drawn(qapp, tmp_path) -> None:
    trace = open_trace(FLOW)
    for status, message in (("finished", ""), ("stopped", ""), ("finished", "2 of 9 samples are not finite")):
        save(dataclasses.replace(trace, status=status, message=message), file := tmp_path / "run.h5")
        said: list[str] = []
        make(Order([str(file)] * 2, str(tmp_path / "all.npz"), at=1.0), tell=said.append)
        words = f"run.h5: {status}, {message}".removesuffix(", ")
        assert said == [] if (status, message) == ("finished", "") else said == [words]


def test_what_images_have_not_cannot_be_hidden_in_silence(capsys, tmp_path) -> None:
    save(image_trace(), images := tmp_path / "images.h5")
    assert main(["export", str(images), str(tmp_path / "moment.png"), "--hide", "trails"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "flowscope: --hide: trails is a mark of points, and images.h5 holds images. Leave --hide out."
    ]
    assert not (tmp_path / "moment.png").exists()


def film(out: Path) -> Order:
    return Order([str(FLOW)], str(out), width=320, height=240, seconds=0.2, hold=0.0)


def test_the_window_hears_of_an_export_without_the_names_of_options(tmp_path) -> None:
    asked = msgspec.json.encode(msgspec.structs.replace(film(tmp_path / "film.gif"), width=1)) + b"\n"
    child = subprocess.run(
        [sys.executable, "-m", "workbench.export.job"], input=asked, capture_output=True, check=False
    )
    assert child.stderr.decode().splitlines()[-1].startswith("Width must be ")


@pytest.mark.parametrize("ending", [".gif", ".png", ".csv", ""])
def test_a_name_that_is_too_long_is_refused_before_the_first_frame(tmp_path, ending: str) -> None:
    with pytest.raises(FlowscopeError, match=r"n+.* cannot be written: File name too long\.$"):
        make(film(tmp_path / f"{300 * 'n'}{ending}"))
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["film.gif", "film.mp4", "film.webp", "film.apng"])
def test_a_film_without_ffmpeg_says_what_is_lacking_and_what_needs_none(qapp, tmp_path, monkeypatch, name: str) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "nothing"))
    with pytest.raises(FlowscopeError, match=r"^No ffmpeg can be started.* IMAGEIO_FFMPEG_EXE; .*\.html"):
        make(film(tmp_path / name))
    assert not any(tmp_path.iterdir())
    make(film(tmp_path / "film.html"))


def test_a_film_without_room_says_so_and_not_how_it_was_made(qapp, tmp_path, little_room) -> None:
    for name in ("film.gif", "film.apng"):
        with pytest.raises(FlowscopeError, match=rf"^{tmp_path / name} cannot be written: File size limit exceeded\.$"):
            make(film(tmp_path / name))


@pytest.mark.parametrize("name", ["film.gif", "film.mp4", "film.webp", "film.apng"])
def test_a_percent_sign_in_a_name_is_one(qapp, tmp_path, name: str) -> None:
    folder = tmp_path / "50%d of it"
    make(film(folder / f"x%03d {name}"))
    assert [each.name for each in folder.iterdir()] == [f"x%03d {name}"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
def test_an_export_that_a_queue_ends_leaves_nothing(tmp_path) -> None:
    command = [sys.executable, str(TOP / "main.py"), "export", str(FLOW), str(tmp_path / "film.mp4"), "--seconds", "60"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=TOP)
    while not any(tmp_path.iterdir()):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    words = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "flowscope: interrupted" in words.splitlines()  # processes that were still starting may have the last word
    assert not any(tmp_path.iterdir())
