"""Films as files: frames of the page painter through the ffmpeg that imageio-ffmpeg brings.

A GIF has one palette, made from frames spread over the film; every frame goes through a pipe once, so that memory does
not grow with the number of frames.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from core.errors import FlowscopeError
from workbench.export.film import Film, Frame, Painter
from workbench.export.formats import FILMS
from workbench.export.handout import write_handout
from workbench.export.whole import whole
from workbench.export.workers import painted
from workbench.painters.bits import encoded, image_on

Report = Callable[[int, int], None]
_PALETTE_FRAMES = 10
_PIPE = 1 << 20
_THREADS = str(max(1, (os.cpu_count() or 1) // 2))
"""Of the encoder: painting takes the other half, and a thread more than there are cores only makes both wait."""


def write_film(film: Film, out: Path, report: Report = lambda done, total: None) -> int:
    """Write a film in the format that its name's ending says; returns the number of frames.

    The file appears only when it is complete; where ``report`` raises, nothing is left.

    Raises:
        FlowscopeError: it cannot be written; the message says why.
    """
    shots, suffix = film.shots, out.suffix.lower()
    with whole(out) as part, painted(film, part.parent) as frames:
        counted = _counted(frames, len(shots), report)
        if suffix == "":
            _write_pictures(counted, part)
        elif suffix == ".gif":
            _write_gif(film, counted, part)
        elif suffix == ".html":
            write_handout(film, shots, counted, part)
        else:
            _ffmpeg(film, counted, [*FILMS[suffix].ffmpeg], part)
    return len(shots)


def _counted(frames: Iterable[Frame], total: int, report: Report) -> Iterable[Frame]:
    for i, frame in enumerate(frames):
        yield frame
        report(i + 1, total)


def _write_pictures(frames: Iterable[Frame], folder: Path) -> None:
    folder.mkdir()
    for i, frame in enumerate(frames):
        (folder / f"frame-{i:05d}.png").write_bytes(encoded(image_on(frame, 1.0), "PNG"))


def _write_gif(film: Film, frames: Iterable[Frame], out: Path) -> None:
    palette, shots = out.with_name("palette.png"), film.shots
    some = np.linspace(0, len(shots) - 1, min(_PALETTE_FRAMES, len(shots))).astype(int)
    painter = Painter(film)
    _ffmpeg(film, (painter.frame(shots[i]) for i in some), ["-vf", "palettegen=stats_mode=full"], palette)
    # the last frame stays as long as every other
    last = str(round(100 / film.fps))
    paint = ["-i", str(palette), "-lavfi", "paletteuse=dither=none:diff_mode=rectangle", "-final_delay", last]
    _ffmpeg(film, frames, paint, out)


def _ffmpeg(film: Film, frames: Iterable[Frame], options: list[str], out: Path) -> None:
    """Feed frames to ffmpeg as raw BGRA."""
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "bgr0", "-s",
        f"{film.size[0]}x{film.size[1]}", "-r", str(film.fps), "-i", "-", *options, "-threads", _THREADS, str(out),
    ]  # fmt: skip
    # a wide pipe, so that painter and encoder take turns less often
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, pipesize=_PIPE)
    assert process.stdin is not None  # asked for
    assert process.stderr is not None  # asked for
    try:
        for frame in frames:
            process.stdin.write(frame.data)
        process.stdin.close()
        error = process.stderr.read().decode(errors="replace").strip()
        if process.wait() != 0:
            raise FlowscopeError(
                f"{out.name} could not be made: {error.splitlines()[-1] if error else 'ffmpeg failed'}."
            )
    except BrokenPipeError:
        error = process.stderr.read().decode(errors="replace").strip()
        raise FlowscopeError(
            f"{out.name} could not be made: {error.splitlines()[-1] if error else 'disk full'}."
        ) from None
    finally:
        process.kill()
        process.wait()
        with suppress(BrokenPipeError):  # what it did not read
            process.stdin.close()
        process.stderr.close()
