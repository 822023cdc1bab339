"""Films, pictures and numbers of traces: the same frames in every format, at the right times, from anywhere."""

from __future__ import annotations

import base64
import csv
import html
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import imageio_ffmpeg
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import resources
from core.errors import FlowscopeError, SpecError, TraceError
from core.run import sample
from core.spec import Part, RunSpec
from core.trace import open_trace, save
from core.trace.build import collect
from tests.workbench.image_traces import image_trace
from workbench.export import workers
from workbench.export.film import Film, Painter
from workbench.export.job import Order, film_of, make
from workbench.export.pacing import PACINGS
from workbench.export.scenes import arranged, lanes
from workbench.views.marks import Heat
from workbench.views.theme import DARK

TRACES = [resources.path("traces", f"swiss-roll-{name}.h5") for name in ("diffusion", "flow")]
GOLDEN = Path(__file__).parent / "golden"
MOVING, HELD = 9, 3


def order(out: Path, **more: object) -> Order:
    """A film of 12 small frames at 30 a second, which no whole number of hundredths divides."""
    usual = {"traces": [str(TRACES[1])], "out": str(out), "width": 320, "height": 240, "fps": 30, "real": False,
             "seconds": MOVING / 30, "hold": HELD / 30}  # fmt: skip
    return Order(**(usual | more))  # type: ignore[arg-type]


def rendered(film: Film) -> NDArray[np.int64]:
    """Every frame as it is painted, RGB."""
    painter = Painter(film)
    return np.stack([painter.frame(shot)[..., 2::-1] for shot in film.shots]).astype(int)


def opened(path: Path) -> tuple[NDArray[np.int64], float]:
    """The frames of a film as another library reads them, each as often as it is shown, and its length in seconds."""
    frames, total = [], 0.0
    with Image.open(path) as film:
        for i in range(film.n_frames):  # type: ignore[attr-defined]
            film.seek(i)
            frame = np.asarray(film.convert("RGB"))
            lasts = film.info["duration"] / 1000
            frames += [frame] * max(1, round(lasts * 30))
            total += lasts
    return np.stack(frames).astype(int), total


@pytest.mark.parametrize("images", [False, True])
def test_a_mark_that_is_asked_for_is_seen_or_refused_with_those_that_work(qapp, tmp_path, images: bool) -> None:
    file = TRACES[1]
    if images:
        save(image_trace(), file := tmp_path / "images.h5")

    def picture(name: str, *more: str) -> bytes:
        make(order(tmp_path / name, traces=[str(file)], strict=True, more=list(more), width=400, height=400, at=0.5))
        return (tmp_path / name).read_bytes()

    plain, works = picture("plain.png"), ["arrows", "labels"] if images else ["ways", "preview", "density"]
    for mark in works:
        assert picture(f"{mark}.png", mark) != plain
    for mark in ("density", "exact", "ways") if images else ("arrows", "labels"):
        with pytest.raises(SpecError, match=f"{mark} shows nothing of {file.name}.*What works: {', '.join(works)}"):
            picture("none.png", works[0], mark)
    assert not (tmp_path / "none.png").exists()


def test_a_mark_that_one_of_two_traces_has_not_is_told(qapp, tmp_path) -> None:
    exact = collect(sample(RunSpec(data=Part("moons"), field=Part("exact"), n_samples=8)))
    save(exact, file := tmp_path / "exact.h5")
    told: list[str] = []
    more = {"traces": [str(file), str(TRACES[1])], "more": ["error"], "strict": True}
    film_of(order(tmp_path / "film.gif", **more), told.append)
    assert told[0].startswith("error shows nothing of exact.h5, which holds points that no network has made.")


def test_a_gif_shows_the_frames_that_were_painted_in_the_colours_of_one_palette(qapp, tmp_path) -> None:
    seen: list[tuple[int, int]] = []
    assert make(order(tmp_path / "film.gif"), lambda done, total: seen.append((done, total))).endswith("12 frames")
    assert seen == [(i + 1, MOVING + HELD) for i in range(MOVING + HELD)]
    frames, seconds = opened(tmp_path / "film.gif")
    assert seconds == pytest.approx(0.4, abs=0.0101)
    painted = rendered(film_of(order(tmp_path / "film.gif")))
    assert len(frames) == len(painted)
    assert len(np.unique(frames.reshape(-1, 3), axis=0)) <= 256
    off = np.abs(frames - painted).max(axis=3)
    assert off.mean() < 1.0
    assert (off > 40).mean() < 0.002


@pytest.mark.parametrize("name", ["film.apng", "frames"])
def test_pictures_without_loss_are_what_was_painted_to_the_bit(qapp, tmp_path, name: str) -> None:
    make(order(tmp_path / name))
    painted = rendered(film_of(order(tmp_path / name)))
    if name == "frames":
        files = sorted((tmp_path / name).iterdir())
        assert len(files) == MOVING + HELD
        frames = np.stack([np.asarray(Image.open(file).convert("RGB")) for file in files]).astype(int)
    else:
        frames, seconds = opened(tmp_path / name)
        assert seconds == pytest.approx(0.4, abs=0.01)
    assert np.array_equal(frames, painted)


SIZES = [
    ({}, "film.gif", (401, 301)), ({}, "film.webp", (401, 301)), ({}, "film.apng", (401, 301)),
    ({}, "film.mp4", (400, 300)), ({}, "one.png", (401, 301)), ({}, "frames", (401, 301)),
    ({"scale": 2}, "film.mp4", (802, 602)), ({"scale": 2}, "film.gif", (802, 602)),
    ({"scale": 2}, "one.png", (802, 602)), ({"scale": 2}, "frames", (802, 602)),
]  # fmt: skip


@pytest.mark.parametrize(("more", "name", "size"), SIZES)
def test_pixels_are_those_that_were_asked_for_and_a_size_that_is_rounded_is_told(
    qapp, tmp_path, more: dict[str, object], name: str, size: tuple[int, int]
) -> None:
    said: list[str] = []
    make(order(tmp_path / name, width=401, height=301, seconds=0.1, **more), tell=said.append)
    out = tmp_path / name
    if name.endswith(".mp4"):
        read = imageio_ffmpeg.read_frames(str(out))
        seen = tuple(next(read)["source_size"])
        read.close()
    else:
        with Image.open(next(out.iterdir()) if out.is_dir() else out) as picture:
            seen = picture.size
    assert seen == size
    told = [words for words in said if "even numbers" in words]
    assert told == (["400 × 300 pixels, since frames of MP4 have even numbers of them. Given 401 × 301."]
                    if size == (400, 300) else [])  # fmt: skip


@pytest.mark.parametrize("name", ["film.mp4", "film.webp"])
def test_films_with_loss_are_close_and_last_as_long(qapp, tmp_path, name: str) -> None:
    make(order(tmp_path / name))
    painted = rendered(film_of(order(tmp_path / name)))
    if name == "film.webp":
        frames, seconds = opened(tmp_path / name)
    else:
        read = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(tmp_path / name), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
        done = subprocess.run(read, capture_output=True, check=True)
        frames = np.frombuffer(done.stdout, np.uint8).reshape(-1, 240, 320, 3).astype(int)
        clock = re.search(rb"Duration: 00:00:(\d\d\.\d\d)", done.stderr)
        assert clock is not None
        seconds = float(clock[1])
    assert seconds == pytest.approx(0.4, abs=0.0101)
    assert len(frames) == len(painted)
    assert np.abs(frames - painted).mean() < 4


def test_a_hand_out_replays_the_frames_and_asks_nobody_for_anything(qapp, tmp_path) -> None:
    title = '</script><b>"Mine" & yours @frames@'
    asked = order(tmp_path / "film.HTML", title=title)
    assert make(asked).endswith("12 frames")
    page = (tmp_path / "film.HTML").read_text(encoding="utf-8")
    film = film_of(asked)
    data = json.loads(re.search(r'<script type="application/json" id="film">(.*?)</script>', page, re.DOTALL)[1])
    shots = film.shots[:MOVING]
    assert data["labels"] == [f"t = {shot.t:.3f}" for shot in shots]
    assert (data["starts"], data["fps"], data["hold"]) == (list(range(MOVING)), 30, HELD + 1)
    assert len(data["frames"]) == MOVING
    painted = rendered(film)
    for code, frame in zip(data["frames"], painted, strict=False):
        seen = np.asarray(Image.open(io.BytesIO(base64.b64decode(code))).convert("RGB")).astype(int)
        assert np.abs(seen - frame).mean() < 4
    around = page.replace(",\n".join(json.dumps(code) for code in data["frames"]), "")
    assert not re.search(r"https?:|//[a-z]|<link|@import|url\(|src=(?!\")", around)
    assert "default-src 'none'" in page
    assert title not in page.replace(html.escape(title), "")
    assert page.count("<script") == 2


@pytest.mark.parametrize("pacing", PACINGS)
def test_every_film_goes_from_noise_to_data(qapp, tmp_path, pacing: str) -> None:
    shots = film_of(order(tmp_path / "film.gif", pacing=pacing)).shots
    assert (shots[0].t, shots[MOVING - 1].t, shots[-1].t) == (0.0, 1.0, 1.0)
    assert len(shots) == MOVING + HELD


def test_frames_painted_in_other_processes_are_the_same_and_in_order(qapp, tmp_path, monkeypatch) -> None:
    film = film_of(order(tmp_path / "film.gif"))
    monkeypatch.setattr(workers, "WORTH", 2)
    with workers.painted(film, tmp_path) as frames:
        apart = np.stack([frame.copy() for frame in frames])[..., 2::-1]
    assert np.array_equal(apart, rendered(film))


def test_what_is_cancelled_or_cannot_be_written_leaves_nothing(qapp, tmp_path) -> None:
    class Enough(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done == 2:
            raise Enough

    with pytest.raises(Enough):
        make(order(tmp_path / "film.mp4"), stop)
    (tmp_path / "file").write_text("")
    for name in ("film.gif", "moment.svg", "numbers.csv"):
        with pytest.raises(FlowscopeError, match="cannot be written"):
            make(order(tmp_path / "file" / name))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_export_in_a_process_of_its_own_is_the_same_and_ends_when_nobody_waits(tmp_path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "DISPLAY"}

    def run(given: dict[str, object], *, wait: bool = True) -> tuple[int, str, str]:
        with subprocess.Popen(
            [sys.executable, "-m", "workbench.export.job"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=environment, text=True,
        ) as child:  # fmt: skip
            assert child.stdin is not None
            assert child.stdout is not None
            assert child.stderr is not None
            child.stdin.write(json.dumps(given) + "\n")
            child.stdin.flush()
            if not wait:
                child.stdin.close()
            said = child.stdout.read(), child.stderr.read()
            return child.wait(), *said

    given = {"traces": [str(TRACES[1])], "out": str(tmp_path / "f.gif"), "width": 320, "height": 240, "fps": 5,
             "seconds": 1.0, "real": False}  # fmt: skip
    code, out, error = run(given)
    assert code == 0, error
    assert json.loads(out.splitlines()[-1]) == {"done": 10, "total": 10}
    make(Order(**(given | {"out": str(tmp_path / "here.gif")})))  # type: ignore[arg-type]
    assert (tmp_path / "f.gif").read_bytes() == (tmp_path / "here.gif").read_bytes()
    code, _, error = run(given | {"traces": [str(tmp_path / "none.h5")]})
    assert (code, error.strip()) == (2, f"There is no file {tmp_path / 'none.h5'}.")
    code, _, error = run(given | {"out": str(tmp_path / "never.gif"), "seconds": 60.0}, wait=False)
    assert (code, error) == (3, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.gif", "here.gif"]


@pytest.mark.parametrize(("name", "theme", "at"), [("noise", "dark", 0.1), ("data", "light", 0.9)])
def test_a_page_looks_as_it_did(qapp, tmp_path, name: str, theme: str, at: float) -> None:
    """Golden pictures. Letters may be rasterised a little differently elsewhere, so that 1 % of pixels may be off."""
    asked = order(tmp_path / "page.png", traces=[str(trace) for trace in TRACES], width=640, theme=theme, at=at)
    make(asked)
    now, golden = (
        np.asarray(Image.open(path).convert("RGB")).astype(int)
        for path in (tmp_path / "page.png", GOLDEN / f"{name}.png")
    )
    off = np.abs(now - golden).max(axis=2)
    assert (off > 12).mean() < 0.01
    assert off.mean() < 0.5


def test_svg_and_pdf_hold_shapes_and_text(qapp, tmp_path) -> None:
    for name in ("page.svg", "page.pdf"):
        assert make(order(tmp_path / name, at=0.5)) == f"picture {tmp_path / name}"
    svg = (tmp_path / "page.svg").read_text()
    assert svg.count("<circle") > 2700  # particles and real data, but for the few that lie outside
    assert "<image" not in svg
    assert ">t = 0.500</text>" in svg
    assert "nan" not in svg
    pdf = (tmp_path / "page.pdf").read_bytes()
    assert b"Inter" in pdf
    assert b"/Subtype /Image" not in pdf


def test_more_marks_than_a_reader_can_open_become_a_picture(qapp, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("workbench.painters.paper.vector.MOST_SHAPES", 500)
    assert "too many" in make(order(tmp_path / "page.svg"))
    svg = (tmp_path / "page.svg").read_text()
    assert svg.count("<image") == 1
    assert ">t = 1.000</text>" in svg


def test_numbers_are_those_of_the_traces(qapp, tmp_path) -> None:
    traces = [open_trace(path) for path in TRACES]
    both = [str(path) for path in TRACES]
    make(order(tmp_path / "all.npz", traces=both))
    with np.load(tmp_path / "all.npz") as arrays:
        for name, trace in zip(("1-diffusion", "2-flow-matching"), traces, strict=True):
            for stream in trace.streams.values():
                assert np.array_equal(arrays[f"{name}/{stream.name}"], stream[:])
                assert np.array_equal(arrays[f"{name}/{stream.name}.t"], stream.column("t"))
    make(order(tmp_path / "moment.csv", traces=both, at=0.5))
    with (tmp_path / "moment.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 1400
    for i, trace in enumerate(traces):
        x = trace["x"]
        row = int((x.column("t") <= 0.5 + 1e-9).sum()) - 1
        mine = rows[i * 1400 : (i + 1) * 1400]
        table = np.array([[float(line["x"]), float(line["y"])] for line in mine], np.float32)
        assert np.array_equal(table, x[row])
        assert {float(line["t"]) for line in mine} == {float(f"{x.column('t')[row]:.9g}")}


@pytest.mark.parametrize("name", ["numbers.csv", "numbers.npz", "film.gif"])
def test_a_trace_whose_numbers_lie_in_another_file_is_refused(tmp_path, name: str) -> None:
    """HDF5 would read any file of this machine as a trace's data, and an export would hand them on."""
    secret, trace = tmp_path / "secret", tmp_path / "evil.h5"
    secret.write_bytes(bytes(1 << 20))
    shutil.copy(TRACES[0], trace)
    with h5py.File(trace, "r+") as file:
        x = file["streams/x"]
        shape, dtype = x["data"].shape, x["data"].dtype
        del x["data"]
        x.create_dataset("data", shape, dtype, external=[(str(secret), 0, h5py.h5f.UNLIMITED)])
    with pytest.raises(TraceError, match="lies in another file"):
        make(order(tmp_path / name, traces=[str(trace)]))
    assert not (tmp_path / name).exists()


def test_a_grid_has_a_row_for_each_model_and_a_column_for_each_sample() -> None:
    scenes = lanes([open_trace(path) for path in [*TRACES, TRACES[0]]], DARK)
    a, b, c, real = scenes
    assert arranged(scenes, ["one", "two", "one", None], "grid") == [[a, c], [b, real]]
    assert arranged([real, a, b, c], [None, "one", "two", "one"], "grid") == [[a, c], [b, real]]
    assert arranged(scenes, ["one", "two", "one", None], "row") == [scenes]


def test_lanes_that_would_read_alike_say_in_what_they_differ() -> None:
    traces = []
    for eta in (0.0, 0.5):
        spec = RunSpec(
            path=Part("vp-linear"), objective=Part("diffusion"), field=Part("exact"), n_samples=8,
            sampler=Part("ddim", {"n_steps": 2, "eta": eta}),
        )  # fmt: skip
        traces.append(collect(sample(spec)))
    said = [scene.lane.subtitle for scene in lanes(traces, DARK, real=False)]
    assert [words.split(", VP")[0] for words in said] == ["η 0, DDIM 2", "η 0.5, DDIM 2"]


def test_captions_and_hidden_marks(qapp, tmp_path) -> None:
    film = film_of(order(tmp_path / "f.gif", captions=("Mine",), hidden=["trails", "field"]))
    (lane,) = film.reel.rows(0)[0]
    assert lane.lane.title == "Mine"
    assert {mark.overlay for mark in lane.marks} == {"particles", "real"}


def test_previews_and_density_are_there_where_they_are_asked_for(qapp, tmp_path) -> None:
    traces = [str(trace) for trace in TRACES]
    lanes = film_of(order(tmp_path / "f.gif", traces=traces, more=["preview", "density"], hidden=["field"])).reel.rows(
        0
    )
    for lane in lanes[0]:
        assert {mark.overlay for mark in lane.marks} == {"density", "real", "trails", "preview", "particles"}
    tops = {mark.top for lane in lanes[0] for mark in lane.marks if isinstance(mark, Heat)}
    assert len(tops) == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"out": "film.avi"}, r"The name must end in \.gif, \.mp4, .* for PNG frames\. Given film\.avi\."),
        ({"width": 100}, "Width must be 240 to 3,840. Given 100."),
        ({"width": 1921, "scale": 2}, "Width must be 240 to 1,920 at scale 2. Given 1921."),
        ({"scale": 3}, "Scale must be 1 or 2. Given 3."),
        ({"layout": "grid", "traces": [str(path) for path in TRACES]}, "Height must be at least 416 for these lanes."),
        ({"captions": ("a", "b")}, "Captions are one for each trace, in their order. Given 2 for 1."),
        ({"pacing": "linnear"}, "Did you mean linear?"),
        ({"layout": "frames"}, r"Key frames make a picture, \.png \.svg \.pdf, and have times of their own\."),
        ({"over": "training"}, "No trace here shows how samples changed in training"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_refused_in_one_line(qapp, tmp_path, wrong: dict[str, object], words: str) -> None:
    with pytest.raises(FlowscopeError, match=words) as refused:
        make(order(**({"out": tmp_path / "film.gif"} | wrong)))  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)
    assert isinstance(refused.value, SpecError) or "over" in wrong
