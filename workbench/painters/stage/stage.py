"""The stage: one OpenGL canvas for all lanes. It draws scenes at a cursor and tells where the pointer is.

Scenes go to graphics memory when they are given; `Stage.set_cursor` changes uniforms only. Every change asks for one
redraw, however many come before the next frame.
"""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QObject, QPointF, Qt, pyqtSignal
from PyQt6.QtGui import QImage, QMouseEvent, QResizeEvent, QWheelEvent
from PyQt6.QtWidgets import QWidget
from vispy import gloo

from workbench.painters import fonts
from workbench.painters.signs import Key, signs
from workbench.painters.stage.camera import BORDER, Camera, fit, lane_spans, union
from workbench.painters.stage.canvas import CardCanvas, PictureCanvas
from workbench.painters.stage.furniture import Furniture, Ground
from workbench.painters.stage.layer import View
from workbench.painters.stage.layers import AnyLayer, matched
from workbench.painters.stage.opengl import in_software
from workbench.views.marks import OVERLAYS, Overlay, Scene
from workbench.views.theme import DARK, Theme, rgba

_LINE = 20
_FAR = 2.0
"""How much larger words on images are where lanes stand alone and are read from the last row."""
"""Logical pixels of a line of words with its halo and air, at scale 1 of the type."""
_CLICK = 4
"""Logical pixels that the pointer may move between press and release of a click."""


class Stage(QWidget):
    """Lanes side by side, each a scene or None (an empty lane)."""

    pointer_moved = pyqtSignal(int, float, float)
    """Lane index and the data coordinates under the pointer."""
    pointer_left = pyqtSignal()
    lane_pressed = pyqtSignal(int)
    clicked = pyqtSignal(int, float, float)
    """Lane index and data coordinates of a press that was let go where it began."""
    drawn = pyqtSignal()
    """A frame has gone to the screen."""
    fitted = pyqtSignal()
    """Images are shown at another scale than before: `line` is another."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = (PictureCanvas if in_software() else CardCanvas)(self, self)
        self._canvas.drawn.connect(self.drawn)
        self.native: QWidget = self._canvas.widget
        self.native.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.native.installEventFilter(self)
        self._scenes: tuple[Scene | None, ...] = ()
        self._keys: tuple[int, ...] = ()
        self._planes: dict[int, bool] = {}
        """Whether a lane shows images, by its key: points and images share no plane."""
        self._layers: list[list[AnyLayer]] = []
        self._theme = DARK
        self._cursor = 0.0
        self._overlays: frozenset[Overlay] = frozenset(OVERLAYS)
        self._selected = -1
        self._linked = True
        self._plain = False
        self._cameras: list[Camera] = []
        self._home = True
        self._awaited: list[Camera] = []
        self._image_scale = 0.0
        self._scenes_dirty = self._furniture_dirty = True
        self._arranged_for: tuple[tuple[int, int], float] | None = None
        self._furniture: Furniture | None = None
        self._drag: tuple[int, QPointF] | None = None
        self._pressed: QPointF | None = None

    # What is shown

    def set_scenes(self, scenes: tuple[Scene | None, ...], theme: Theme, keys: Sequence[int] = ()) -> None:
        """Show these lanes. Arrays that are the same objects as before are not uploaded again.

        ``keys`` tell which lane is which: one that moves takes along where it looks, and others are seen as a whole.
        """
        keys = tuple(keys or range(len(scenes)))
        if theme is self._theme and _same(scenes, self._scenes) and keys == self._keys:
            return
        self._turn_to(keys, scenes)
        self._scenes, self._theme = scenes, theme
        self._scenes_dirty = True
        self._refit()
        if scenes and len(self._awaited) == len(scenes):
            self._cameras, self._home = self._awaited, False
        self._awaited = []

    def _turn_to(self, keys: tuple[int, ...], scenes: tuple[Scene | None, ...]) -> None:
        """Keep the cameras of lanes that were there before, if only in another place and on the plane they were on."""
        planes = {key: scene.pixels for key, scene in zip(keys, scenes, strict=True) if scene is not None}
        if sorted(keys) != sorted(self._keys) or any(self._planes.get(key, on) != on for key, on in planes.items()):
            self._home, self._planes = True, {}
        elif len(self._cameras) == len(keys):
            self._cameras = [self._cameras[self._keys.index(key)] for key in keys]
        self._keys, self._planes = keys, self._planes | planes

    def set_cursor(self, t: float) -> None:
        if t != self._cursor:
            self._cursor = t
            self.redraw()

    def set_overlays(self, overlays: frozenset[Overlay]) -> None:
        """Draw only marks of these overlays, in lanes that do not choose their own."""
        before = [signs(scene, self._shown_in(scene)) for scene in self._scenes if scene is not None]
        self._overlays = overlays
        after = [signs(scene, self._shown_in(scene)) for scene in self._scenes if scene is not None]
        self._furniture_dirty |= before != after
        self.redraw()

    def set_plain(self, plain: bool) -> None:
        """Leave out grid, axis numbers and the key: for large type from afar."""
        self._plain = plain
        self._rearrange()

    def set_selected(self, lane: int) -> None:
        """Frame this lane; -1 for none."""
        if lane != self._selected:
            self._selected = lane
            self._rearrange()

    # Cameras

    @property
    def linked(self) -> bool:
        """Whether all lanes look at the same part of the plane."""
        return self._linked

    def set_linked(self, linked: bool) -> None:
        self._linked = linked
        if self._home:
            self._refit()
        elif linked and self._cameras:
            self._cameras = [self._cameras[max(self._selected, 0)]] * len(self._cameras)
            self._rearrange()

    def camera(self, lane: int) -> Camera:
        return self._cameras[lane]

    def set_camera(self, lane: int, camera: Camera) -> None:
        """Look there with this lane, and with all lanes while they are linked."""
        self._home = False
        lanes = range(len(self._cameras)) if self._linked else [lane]
        for i in lanes:
            self._cameras[i] = camera
        self._rearrange()

    @property
    def looks(self) -> list[Camera]:
        """Where each lane looks; empty where all fit what they show."""
        return [] if self._home else list(self._cameras)

    def look_again(self, cameras: list[Camera]) -> None:
        """Look there with the next scenes, if there are so many."""
        self._awaited = cameras

    def home(self) -> None:
        """Fit all that the scenes show."""
        self._home = True
        self._refit()

    @property
    def line(self) -> float:
        """What a line of words needs in height, in units of the planes of images when all of them is seen; 0 where
        no lane shows images."""
        return self._zoom * fonts.px(_LINE) / self._image_scale if self._image_scale else 0.0

    @property
    def _zoom(self) -> float:
        return _FAR if self._plain else 1.0

    def spans(self) -> list[tuple[int, int]]:
        """(left, width) of each lane in logical pixels of this widget."""
        return lane_spans(self.width(), len(self._scenes)) if self._scenes else []

    def _refit(self) -> None:
        if self._home or len(self._cameras) != len(self._scenes):
            height, width = self.height(), min((width for _, width in self.spans()), default=1)
            self._cameras = []
            for scene in self._scenes:
                # points and images do not share a plane
                alike = [
                    each.extent for each in self._scenes if each and (scene is None or each.pixels == scene.pixels)
                ]
                extent = union(alike) if self._linked or scene is None else scene.extent
                camera = fit(extent, width - 2 * BORDER, height)
                self._cameras.append(camera.even() if scene is not None and scene.pixels else camera)
            self._tell_scale()
        self._rearrange()

    def _tell_scale(self) -> None:
        pairs = zip(self._scenes, self._cameras, strict=True)
        scale = min((camera.scale for scene, camera in pairs if scene is not None and scene.pixels), default=0.0)
        if scale != self._image_scale:
            self._image_scale = scale
            self.fitted.emit()

    def _rearrange(self) -> None:
        self._furniture_dirty = True
        self.redraw()

    # The pointer

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self.native.setGeometry(0, 0, self.width(), self.height())
        self._refit()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is None:
            return False
        kind = event.type()
        if isinstance(event, QWheelEvent):
            self._wheel(event)
            return True
        if isinstance(event, QMouseEvent):
            self._mouse(kind, event)
            return True
        if kind == QEvent.Type.Leave:
            self.pointer_left.emit()
        return False

    def _lane_at(self, x: float) -> int:
        for lane, (left, width) in enumerate(self.spans()):
            if left <= x < left + width:
                return lane
        return -1

    def _from_middle(self, lane: int, where: QPointF) -> tuple[float, float]:
        left, width = self.spans()[lane]
        return where.x() - left - width / 2, where.y() - self.height() / 2

    def _wheel(self, event: QWheelEvent) -> None:
        lane = self._lane_at(event.position().x())
        if lane >= 0:
            factor = 1.0015 ** event.angleDelta().y()
            self.set_camera(lane, self._cameras[lane].zoomed(factor, *self._from_middle(lane, event.position())))

    def _mouse(self, kind: QEvent.Type, event: QMouseEvent) -> None:
        where = event.position()
        lane = self._lane_at(where.x())
        if kind == QEvent.Type.MouseButtonPress and event.button() == Qt.MouseButton.LeftButton and lane >= 0:
            self._drag, self._pressed = (lane, where), where
            self.lane_pressed.emit(lane)
        elif kind == QEvent.Type.MouseButtonRelease:
            self._drag = None
            if self._pressed is not None and lane >= 0:
                self.clicked.emit(lane, *self._cameras[lane].data(*self._from_middle(lane, where)))
            self._pressed = None
            self.native.unsetCursor()
        elif kind == QEvent.Type.MouseMove:
            if self._drag is not None:
                held, last = self._drag
                if self._pressed is not None and (where - self._pressed).manhattanLength() < _CLICK:
                    return
                self._pressed = None
                self.native.setCursor(Qt.CursorShape.ClosedHandCursor)
                self._drag = (held, where)
                step = where - last
                self.set_camera(held, self._cameras[held].panned(step.x(), step.y()))
            if lane >= 0:
                self.pointer_moved.emit(lane, *self._cameras[lane].data(*self._from_middle(lane, where)))

    # Drawing

    def redraw(self) -> None:
        """Ask for a frame, also where nothing changed."""
        self._canvas.update()

    def picture(self) -> QImage:
        """What the stage shows now, in physical pixels."""
        return self._canvas.picture()

    def start(self) -> None:
        self._furniture = Furniture()
        gloo.set_state(preset=None, depth_test=False, cull_face=False, blend=True)

    def draw(self, size: tuple[int, int], ratio: float) -> None:
        if self._furniture is None:
            return
        self._sync(size, ratio)
        gloo.set_viewport(0, 0, *size)
        gloo.set_state(scissor_test=False)
        gloo.clear(rgba(self._theme.win))
        # The window behind must not shine through: the canvas keeps alpha 1.
        gloo.set_blend_func("src_alpha", "one_minus_src_alpha", "one", "one_minus_src_alpha")
        if not self._scenes:
            return
        self._furniture.draw_below()
        gloo.set_state(scissor_test=True)
        for scene, layers, camera, (left, width) in zip(
            self._scenes, self._layers, self._cameras, self.spans(), strict=True
        ):
            seen = [layer for layer in layers if not layer.empty and layer.mark.overlay in self._shown_in(scene)]
            self._draw_lane(seen, camera, left + BORDER, width - 2 * BORDER, size[1], ratio)
        gloo.set_viewport(0, 0, *size)
        gloo.set_state(scissor_test=False)
        gloo.set_blend_func("one", "one_minus_src_alpha")
        self._furniture.draw_above()

    def _draw_lane(
        self, layers: list[AnyLayer], camera: Camera, left: int, width: int, height: int, ratio: float
    ) -> None:
        x, wide = round(left * ratio), round(width * ratio)
        gloo.set_viewport(x, 0, wide, height)
        gloo.set_scissor(x, 0, wide, height)
        gain = 2 * camera.scale * ratio
        view = View((camera.x, camera.y), (gain / wide, gain / height), (2 / wide, 2 / height), ratio)
        for layer in layers:
            layer.draw(view, self._cursor)

    def _shown_in(self, scene: Scene | None) -> frozenset[Overlay]:
        return self._overlays if scene is None or scene.overlays is None else scene.overlays

    def _sync(self, size: tuple[int, int], ratio: float) -> None:
        """Bring graphics memory up to the scenes; nothing to do on a scrub."""
        if self._scenes_dirty:
            self._scenes_dirty = False
            marks = [scene.marks if scene is not None else () for scene in self._scenes]
            for unused in self._layers[len(marks) :]:
                matched(unused, ())
            kept = self._layers + [[]] * (len(marks) - len(self._layers))
            self._layers = [matched(layers, wanted) for layers, wanted in zip(kept, marks, strict=False)]
            for layer in (one for layers in self._layers for one in layers):
                layer.attach(self._canvas.context.glir)
        if (
            self._furniture is not None
            and self._scenes
            and (self._furniture_dirty or self._arranged_for != (size, ratio))
        ):
            self._furniture_dirty = False
            self._arranged_for = (size, ratio)
            self._furniture.arrange(self._grounds(), size, ratio, self._theme, self._zoom)

    def _grounds(self) -> list[Ground]:
        grounds = []
        for lane, (scene, camera, (left, width)) in enumerate(
            zip(self._scenes, self._cameras, self.spans(), strict=True)
        ):
            seen = () if scene is None else signs(scene, self._shown_in(scene))
            if self._plain:
                seen = tuple(sign for sign in seen if not isinstance(sign, Key))
            axes = scene is not None and not self._plain
            chosen = lane == self._selected and not self._plain
            axes, words = axes and scene is not None and not scene.pixels, () if scene is None else scene.words
            grounds.append(Ground(left, width, self.height(), camera, axes, chosen, seen, words))
        return grounds


def _same(scenes: tuple[Scene | None, ...], others: tuple[Scene | None, ...]) -> bool:
    """Whether these are the very same scenes, one by one."""
    return len(scenes) == len(others) and all(a is b for a, b in zip(scenes, others, strict=True))
