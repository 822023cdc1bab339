"""Where the stage's pixels appear: a widget of the graphics card, or a picture where OpenGL is computed in software.

A window with an OpenGL widget is put together by OpenGL, all of it, for every frame. That is nothing to a graphics card
and most of a frame's time to llvmpipe; there the stage alone is drawn, off screen, and read back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PyQt6.QtCore import QCoreApplication, QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QImage, QOffscreenSurface, QOpenGLContext, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget
from vispy import app, gloo
from vispy.gloo.context import FakeCanvas, GLContext, set_current_canvas

from workbench.painters.bits import memory
from workbench.painters.stage.errors import StageError

_STRIP_BYTES = 1 << 19
"""As much is found again on the heap; the system would have to give more anew, which costs half a frame."""


class Drawing(Protocol):
    """What draws into a canvas; its context is current in both calls."""

    def start(self) -> None:
        """Make what lives as long as the context; called once, before the first frame."""

    def draw(self, size: tuple[int, int], ratio: float) -> None:
        """Draw a frame of ``size`` physical pixels, ``ratio`` of them to a logical one."""


class Canvas(QObject):
    """One OpenGL context and the widget that shows what is drawn with it."""

    drawn = pyqtSignal()
    """A frame has gone to the screen."""
    widget: QWidget
    context: GLContext

    def update(self) -> None:
        """Ask for one frame, however many changes come before it."""
        raise NotImplementedError

    def picture(self) -> QImage:
        """What the canvas shows now, in physical pixels."""
        raise NotImplementedError


class CardCanvas(Canvas):
    """An OpenGL widget: its frames never leave the graphics card."""

    def __init__(self, drawing: Drawing, parent: QWidget) -> None:
        super().__init__(parent)
        self._drawing = drawing
        self._started = False
        app.use_app("pyqt6")
        self._canvas = app.Canvas(parent=parent, autoswap=False, config={"depth_size": 0, "stencil_size": 0})
        self.widget, self.context = self._canvas.native, self._canvas.context
        for event in (self._canvas.events.draw, self._canvas.events.initialize):
            event.ignore_callback_errors = False
        self._canvas.events.initialize.connect(self._start)
        self._canvas.events.draw.connect(self._draw)
        self.widget.frameSwapped.connect(self.drawn)  # type: ignore[attr-defined]  # a QOpenGLWidget

    def update(self) -> None:
        self.widget.update()

    def picture(self) -> QImage:
        image: QImage = self.widget.grabFramebuffer()  # type: ignore[attr-defined]  # a QOpenGLWidget
        return image

    def _start(self, _event: object) -> None:
        # A second start is another context: what was uploaded is there only if all contexts share.
        if not self._started:
            self._started = True
            self._drawing.start()
        elif not QCoreApplication.testAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts):
            raise StageError("The graphics context was lost. Close the window and open it again to go on drawing.")

    def _draw(self, _event: object) -> None:
        ratio = self.widget.devicePixelRatioF()
        self._drawing.draw((round(self.widget.width() * ratio), round(self.widget.height() * ratio)), ratio)


class PictureCanvas(Canvas):
    """A plain widget with a picture that is drawn off screen: what else changes in the window costs no OpenGL."""

    def __init__(self, drawing: Drawing, parent: QWidget) -> None:
        super().__init__(parent)
        self._drawing = drawing
        # in this order: children end one after the other, and a context must not outlive what it draws on
        self._gl, self._surface = QOpenGLContext(self), QOffscreenSurface(None, self)
        self._surface.create()
        self._gl.create()
        self._commands = FakeCanvas()
        self.context = self._commands.context
        self._target: gloo.FrameBuffer | None = None
        self._image = QImage()
        self._stale = True
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.drawn)
        self.widget = _Picture(self._paint, parent)

    def update(self) -> None:
        self._stale = True
        self.widget.update()

    def picture(self) -> QImage:
        self._refresh()
        return self._image.copy()

    def _paint(self) -> QImage:
        if self._refresh():
            self._soon.start(0)  # when this event is over, Qt has sent the picture to the screen
        return self._image

    def _refresh(self) -> bool:
        """Draw the picture anew, where something changed since."""
        ratio = self.widget.devicePixelRatioF()
        size = (round(self.widget.width() * ratio), round(self.widget.height() * ratio))
        if not self._stale and (self._image.width(), self._image.height()) == size:
            return False
        self._stale = False
        self._render(size, ratio)
        return True

    def _render(self, size: tuple[int, int], ratio: float) -> None:
        if not self._gl.makeCurrent(self._surface):
            raise StageError("The graphics context was lost. Close the window and open it again to go on drawing.")
        set_current_canvas(self._commands)
        shape = (size[1], size[0])
        if self._target is None:
            self._drawing.start()
            self._target = gloo.FrameBuffer(gloo.Texture2D((*shape, 4)))
        elif self._target.shape != shape:
            self._target.resize(shape)
        if (self._image.width(), self._image.height()) != size:
            self._image = QImage(*size, QImage.Format.Format_RGBX8888)
        with self._target:
            self._drawing.draw(size, ratio)
            self._read(self._target)
        self._commands.flush()
        self._gl.doneCurrent()
        self._image.setDevicePixelRatio(ratio)

    def _read(self, target: gloo.FrameBuffer) -> None:
        """The target's pixels into the image, strip by strip: each is read into memory that is new every time."""
        pixels = memory(self._image)
        height, width, _ = pixels.shape
        rows = max(1, _STRIP_BYTES // (4 * width))
        for below in range(0, height, rows):
            n = min(rows, height - below)
            pixels[height - below - n : height - below] = target.read(crop=(0, below, width, n))


class _Picture(QWidget):
    def __init__(self, picture: Callable[[], QImage], parent: QWidget) -> None:
        super().__init__(parent)
        self._picture = picture
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.drawImage(0, 0, self._picture())
        painter.end()
