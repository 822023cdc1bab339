"""flowscope doctor: what this machine has, what it lacks, and what that means."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

from core.machine.local_file import one_line

HELP = "check this machine: libraries, devices, display"
_PACKAGES = (
    "torch",
    "numpy",
    "scipy",
    "h5py",
    "PyQt6",
    "vispy",
    "pyqtgraph",
    "imageio-ffmpeg",
    "msgspec",
    "safetensors",
)
_GL_SECONDS = 60.0


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(args: argparse.Namespace) -> int:
    report = {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": str(os.cpu_count()),
        "packages": {name: _version(name) for name in _PACKAGES},
        "devices": _devices(),
        "display": _display(),
        "gl": _gl(),
        "ffmpeg": _ffmpeg(),
        "free disk": f"{shutil.disk_usage(os.getcwd()).free / 1e9:.1f} GB",
    }
    if args.json:
        print(json.dumps(report, indent=2))
    else:
        for name, value in report.items():
            for key, text in value.items() if isinstance(value, dict) else [(name, value)]:
                print(f"{key:16} {text}")
    return 1 if "missing" in report["packages"].values() else 0  # type: ignore[attr-defined]  # a dict by construction


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _devices() -> str:
    try:
        from core.machine.device import available
    except ImportError as error:
        return f"torch cannot be imported: {error}"
    return ", ".join(available())


def _display() -> str:
    from workbench.display import has_display

    return "yes" if has_display() else "none: the verbs work headless, the window needs a display"


def _gl() -> str:
    """The GL renderer, asked in a child process: a broken driver must not take the report with it."""
    from workbench.display import has_display

    if not has_display():
        return "not asked without a display"
    code = (
        "from PyQt6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext\n"
        "import vispy.gloo.gl as gl\n"
        "app = QGuiApplication([]); s = QOffscreenSurface(); s.create(); c = QOpenGLContext(); c.create()\n"
        "c.makeCurrent(s); print(gl.glGetParameter(gl.GL_RENDERER), gl.glGetParameter(gl.GL_VERSION))"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=_GL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {_GL_SECONDS:.0f} s: start the window with LIBGL_ALWAYS_SOFTWARE=1"
    return done.stdout.strip() or f"no context: {(done.stderr.strip().splitlines() or ['unknown'])[-1]}"


def _ffmpeg() -> str:
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_version())
    except (ImportError, RuntimeError) as error:  # RuntimeError: no program of that name either
        return f"none, no films as MP4 or WebM: {one_line(error)}"
