"""Films as files: frames of the page painter through the ffmpeg that imageio-ffmpeg brings.

A GIF has one palette, made from frames spread over the film; every frame goes through a pipe once, so that memory does
not grow with the number of frames.
"""

from __future__ import annotations

import os
import re
import signal
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
    # without these, ffmpeg takes a % in a picture's path for where the numbers of many stand
    kept, read = ["-update", "1", "-vf", "palettegen=stats_mode=full"], ["-f", "png_pipe", "-i", str(palette)]
    _ffmpeg(film, (painter.frame(shots[i]) for i in some), kept, palette)
    # the last frame stays as long as every other
    last = ["-final_delay", str(round(100 / film.fps))]
    paint = [*read, "-lavfi", "paletteuse=dither=none:diff_mode=rectangle", *last]
    _ffmpeg(film, frames, paint, out)


def _ffmpeg(film: Film, frames: Iterable[Frame], options: list[str], out: Path) -> None:
    """Feed frames to ffmpeg as raw BGRA.

    Raises:
        FlowscopeError: there is no ffmpeg.
        OSError: it could not write the file.
    """
    process = _started([
        "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "bgr0", "-s", "{}x{}".format(*film.pixels),
        "-r", str(film.fps), "-i", "-", *options, "-threads", _THREADS, str(out),
    ])  # fmt: skip
    assert process.stdin is not None  # asked for
    assert process.stderr is not None  # asked for
    try:
        with suppress(BrokenPipeError):  # it has ended, and said why
            for frame in frames:
                process.stdin.write(frame.data)
            process.stdin.close()
        words = process.stderr.read().decode(errors="replace")
        if process.wait() != 0:
            raise OSError(_reason(words, process.returncode))
    finally:
        process.kill()
        process.wait()
        with suppress(BrokenPipeError):  # what it did not read
            process.stdin.close()
        process.stderr.close()


def _started(arguments: list[str]) -> subprocess.Popen[bytes]:
    try:
        # a wide pipe, so that painter and encoder take turns less often
        return subprocess.Popen(
            [imageio_ffmpeg.get_ffmpeg_exe(), *arguments], stdin=subprocess.PIPE, stderr=subprocess.PIPE, pipesize=_PIPE
        )
    except (RuntimeError, OSError):
        raise FlowscopeError(
            "No ffmpeg can be started, which films need. Install it, or name it in IMAGEIO_FFMPEG_EXE; "
            "a hand-out (.html) and a folder of PNG frames need none."
        ) from None


def _reason(words: str, code: int) -> str:
    """Why ffmpeg failed: the last that it said, without its own part that said so, or the signal that ended it."""
    *_, last = words.strip().splitlines() or [""]
    silent = (signal.strsignal(-code) if code < 0 else None) or "ffmpeg failed"
    return re.sub(r"^\[[^]]*\] ", "", last) or silent
