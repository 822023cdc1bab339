"""What draws OpenGL here, if anything does."""

from __future__ import annotations

from functools import cache

from PyQt6.QtGui import QOffscreenSurface, QOpenGLContext
from vispy.gloo import gl

from workbench.painters.stage.errors import StageError

_SOFTWARE = ("llvmpipe", "softpipe", "swrast", "swiftshader", "software", "basic render", "gdi generic")
"""Parts of the names of renderers that compute on the processor."""


@cache
def renderer() -> str:
    """The name of what draws.

    Raises:
        StageError: no OpenGL context can be made here.
    """
    context, surface = QOpenGLContext(), QOffscreenSurface()
    surface.create()
    if not (context.create() and context.makeCurrent(surface)):
        raise StageError("OpenGL cannot be started here, so the stage cannot draw. Is a graphics driver installed?")
    name = str(gl.glGetParameter(gl.GL_RENDERER))
    context.doneCurrent()
    return name


def in_software() -> bool:
    """Whether OpenGL is computed on the processor. Raises as `renderer` does."""
    return any(part in renderer().lower() for part in _SOFTWARE)
