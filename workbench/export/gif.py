"""Films as GIF: frames of the page painter through the ffmpeg that imageio-ffmpeg brings.

One palette is made from frames spread over the film, then every frame goes through it once, so that memory does not
grow with the number of frames.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray
from PyQt6.QtGui import QImage

from core.errors import FlowscopeError
from workbench.export.pacing import frame_times
from workbench.painters.page import paint_page
from workbench.views.marks import Scene
from workbench.views.theme import Theme

Report = Callable[[int, int], None]
_PALETTE_FRAMES = 10


@dataclass(frozen=True)
class Film:
    """What a film shows and how: size in pixels (even numbers), frames a second, seconds of motion."""

    scenes: list[Scene]
    theme: Theme
    title: str = ""
    size: tuple[int, int] = (1200, 640)
    fps: int = 20
    seconds: float = 5.0
    pacing: str = "linear"

    @property
    def times(self) -> list[float]:
        return [float(t) for t in frame_times(self.pacing, self.fps, self.seconds)]

    def frame(self, t: float) -> QImage:
        return paint_page(self.scenes, t, self.size, self.theme, title=self.title)


def write_gif(film: Film, out: Path, report: Report = lambda done, total: None) -> int:
    """Write a film; returns the number of frames. The file appears only when it is complete.

    Raises:
        FlowscopeError: it cannot be written; the message says why.
    """
    times = film.times
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".export-") as folder:
            palette, part = Path(folder) / "palette.png", Path(folder) / "film.gif"
            sample = [times[i] for i in np.linspace(0, len(times) - 1, min(_PALETTE_FRAMES, len(times))).astype(int)]
            _ffmpeg(film, (film.frame(t) for t in sample), ["-vf", "palettegen=stats_mode=full"], palette)
            paint = ["-i", str(palette), "-lavfi", "paletteuse=dither=none:diff_mode=rectangle"]
            _ffmpeg(film, _reported(film, times, report), paint, part)
            part.replace(out)
    except OSError as error:
        raise FlowscopeError(f"{out} cannot be written: {error.strerror or error}.") from None
    return len(times)


def _reported(film: Film, times: Sequence[float], report: Report) -> Iterator[QImage]:
    last: tuple[float, QImage] | None = None
    for i, t in enumerate(times):
        if last is None or last[0] != t:  # a held end is painted once
            last = (t, film.frame(t))
        yield last[1]
        report(i + 1, len(times))


def _ffmpeg(film: Film, frames: Iterator[QImage], options: list[str], out: Path) -> None:
    """Feed frames to ffmpeg as raw BGRA."""
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "bgra", "-s",
        f"{film.size[0]}x{film.size[1]}", "-r", str(film.fps), "-i", "-", *options, str(out),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin is not None  # asked for
    assert process.stderr is not None  # asked for
    try:
        for image in frames:
            process.stdin.write(pixels(image).tobytes())
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
        process.stderr.close()


def pixels(image: QImage) -> NDArray[np.uint8]:
    """The image as BGRA, [height, width, 4]."""
    bits = image.constBits()
    assert bits is not None  # a painted image
    flat = np.frombuffer(bits.asstring(image.sizeInBytes()), np.uint8)
    out: NDArray[np.uint8] = flat.reshape(image.height(), image.bytesPerLine() // 4, 4)[:, : image.width()]
    return out
