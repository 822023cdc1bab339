"""The layers of images: one texture per grid, exchanged when another recorded step is to be shown."""

from __future__ import annotations

import numpy as np
from vispy import gloo

from workbench.painters.atlas import atlas
from workbench.painters.stage import shaders
from workbench.painters.stage.errors import StageError
from workbench.painters.stage.layer import Layer, View
from workbench.painters.stage.table import TEXTURE_LIMIT
from workbench.views.marks import Frame, Images, locate

#: The corners of a box, as a strip: (across, up), 0 or 1.
_BOX = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float32)


class ImagesLayer(Layer):
    """A grid of images, nearest neighbour: pixels stay pixels."""

    def __init__(self) -> None:
        super().__init__(shaders.IMAGES_VERTEX, shaders.IMAGES_FRAGMENT)
        self.fill("a_corner", _BOX)
        self._texture: gloo.Texture2D | None = None
        self._row = -1

    def set_mark(self, mark: Images) -> None:
        self.mark = mark
        self.empty = 0 in mark.values.shape
        self._row = -1  # a growing stream is the same array with more in it
        self.program["u_place"] = mark.place

    def draw(self, view: View, t: float) -> None:
        row = locate(self.mark.times, t, glide=False).row
        if row != self._row:
            self._show(row)
        view.set(self.program)
        self.program.draw("triangle_strip")

    def _show(self, row: int) -> None:
        self._row = row
        pixels = atlas(self.mark, row)
        if max(pixels.shape) > TEXTURE_LIMIT:
            raise StageError(
                f"A grid of {pixels.shape[1]:,} × {pixels.shape[0]:,} pixels is more than the stage holds."
            )
        if self._texture is None or self._texture.shape != pixels.shape:
            self._forget()
            self._texture = gloo.Texture2D(pixels.shape, format="rgb", interpolation="nearest")
            self.program["u_image"] = self._texture
        self._texture.set_data(pixels)

    def _forget(self) -> None:
        if self._texture is not None:
            self._texture.delete()
            self._texture = None

    def delete(self) -> None:
        self._forget()
        super().delete()


class FrameLayer(Layer):
    """The outline of a box."""

    def __init__(self) -> None:
        super().__init__(shaders.FRAME_VERTEX, shaders.FRAME_FRAGMENT)
        self.fill("a_corner", _BOX)
        self.empty = False

    def set_mark(self, mark: Frame) -> None:
        self.mark = mark
        self.program["u_place"] = mark.box
        self.program["u_colour"] = mark.colour
        self.program["u_width"] = mark.width

    def draw(self, view: View, t: float) -> None:
        view.set(self.program)
        self.program.draw("triangle_strip")
