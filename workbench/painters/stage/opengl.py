"""Whether OpenGL can be used here."""

from __future__ import annotations

from PyQt6.QtGui import QOffscreenSurface, QOpenGLContext

from workbench.painters.stage.errors import StageError


def check_opengl() -> None:
    """Raise a StageError where no OpenGL context can be made."""
    context, surface = QOpenGLContext(), QOffscreenSurface()
    surface.create()
    if not (context.create() and context.makeCurrent(surface)):
        raise StageError("OpenGL cannot be started here, so the stage cannot draw. Is a graphics driver installed?")
    context.doneCurrent()
