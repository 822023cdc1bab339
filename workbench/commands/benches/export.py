"""Exports: a two-lane comparison as GIF and MP4, and what a frame costs, beside matplotlib's animation writers.

Both make films of the same traces at the same size. Flowscope draws more: trails that fade, headers, feet and grids.
Matplotlib makes fewer frames, since its cost a frame does not depend on their number either.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import resources

HELP = "seconds for a film of two lanes as GIF and MP4, beside matplotlib's animation writers"
_FRAMES, _PEER_FRAMES, _SIZE, _FPS = 300, 60, (1280, 720), 30
_TRACES = ("swiss-roll-diffusion", "swiss-roll-flow")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--frames", type=int, default=_FRAMES, metavar="N", help=f"frames of each film ({_FRAMES})")
    parser.add_argument(
        "--peer-frames", type=int, default=_PEER_FRAMES, metavar="N", help=f"frames by matplotlib ({_PEER_FRAMES})"
    )


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Make each film once; films of fewer than two frames are refused.

    Raises:
        SpecError: too few frames.
    """
    from core.errors import SpecError

    for field, value in (("--frames", args.frames), ("--peer-frames", args.peer_frames)):
        if value < 2:
            raise SpecError(field, f"A film has at least 2 frames. Given {value}.")
    from core.trace import open_trace
    from workbench import headless
    from workbench.export.film import Film, Sampling
    from workbench.export.scenes import lanes
    from workbench.views.theme import DARK

    headless.application()
    traces = [open_trace(resources.path("traces", f"{name}.h5")) for name in _TRACES]
    rows = [lanes(traces, DARK, real=False)]
    film = Film(Sampling(rows), DARK, "Two methods on one noise", _SIZE, _FPS, args.frames / _FPS, hold=0.0)
    with tempfile.TemporaryDirectory() as folder:
        films = [_compare(film, Path(folder) / f"film.{kind}", args.peer_frames) for kind in ("gif", "mp4")]
    return {"frames": args.frames, "size": list(_SIZE), "cores": os.cpu_count(), "films": films}


class _Clock:
    """Milliseconds, and milliseconds of the processor, of this process and of those that it waited for."""

    def __init__(self) -> None:
        self._wall, self._spent = time.perf_counter(), sum(os.times()[:4])

    def a_frame(self, n: int) -> tuple[float, float]:
        wall, spent = time.perf_counter() - self._wall, sum(os.times()[:4]) - self._spent
        return 1000 * wall / n, 1000 * spent / n


def _compare(film: Any, out: Path, peer_frames: int) -> dict[str, Any]:
    from workbench.export import peer
    from workbench.export.encode import write_film

    ticks: list[float] = []
    clock = _Clock()
    n = write_film(film, out, lambda done, total: ticks.append(time.perf_counter()))
    ours, spent = clock.a_frame(n)
    fifths = np.array_split(1000 * np.diff(ticks), min(5, len(ticks) - 1))
    report: dict[str, Any] = {
        "film": out.suffix[1:].upper(), "seconds": ours * n / 1000, "megabytes": out.stat().st_size / 1e6,
        "ms a frame": ours, "by fifths": [float(part.mean()) for part in fifths],
        "processor ms a frame": spent,
    }  # fmt: skip
    clock = _Clock()
    if peer.write(film, out.with_stem("peer"), peer_frames):
        theirs, theirs_spent = clock.a_frame(peer_frames)
        report["matplotlib"] = {
            "ms a frame": theirs, "processor ms a frame": theirs_spent, "ratio": theirs / ours,
            "processor ratio": theirs_spent / spent,
        }  # fmt: skip
    return report


def table(report: dict[str, Any]) -> str:
    width, height = report["size"]
    lines = [
        f"{report['frames']:,} frames of two lanes at {width} × {height}, {report['cores']} cores",
        f"{'':5}{'seconds':>8}{'MB':>6} │ {'ms a frame':>10}   {'by fifths of the film':30}{'processor':>10} │ "
        "matplotlib, and its ratio: ms a frame, processor",
    ]
    for film in report["films"]:
        peer, fifths = film.get("matplotlib"), "".join(f"{ms:6.1f}" for ms in film["by fifths"])
        beside = "not installed"
        if peer is not None:
            beside = (
                f"{peer['ms a frame']:8.1f} {peer['ratio']:5.1f}×"
                f"{peer['processor ms a frame']:10.1f} {peer['processor ratio']:5.1f}×"
            )
        lines.append(
            f"{film['film']:5}{film['seconds']:8.1f}{film['megabytes']:6.1f} │ {film['ms a frame']:10.1f}"
            f"   {fifths:30}{film['processor ms a frame']:10.1f} │ {beside}"
        )
    return "\n".join(lines)
