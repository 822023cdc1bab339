"""Maps over the plane: all recorded rows lie side by side in one texture, which the hardware interpolates."""

from __future__ import annotations

import numpy as np
from vispy import gloo

from workbench.painters.heat import ALPHA
from workbench.painters.stage import shaders
from workbench.painters.stage.errors import StageError
from workbench.painters.stage.layer import Layer, View
from workbench.painters.stage.table import TEXTURE_LIMIT
from workbench.views.maps import table
from workbench.views.marks import Heat

_NOWHERE = 1e9


class HeatLayer(Layer):
    """A map, and its white level lines."""

    def __init__(self) -> None:
        super().__init__(shaders.HEAT_VERTEX, shaders.HEAT_FRAGMENT)
        self.fill("a_corner", np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float32))
        self._tiles: gloo.Texture2D | None = None
        self._map: gloo.Texture2D | None = None
        self.program["u_alpha"] = ALPHA

    def set_mark(self, mark: Heat) -> None:
        self.mark = mark
        rows, high, wide = mark.values.shape
        self.empty = rows == 0 or mark.top <= 0
        if self.empty:
            return
        if self.changed("values", mark.values):
            self._upload(mark, rows, high, wide)
        if self.changed("map", mark.colours):
            colours = np.ascontiguousarray(table(mark.colours)[None])
            if self._map is None:
                self._map = gloo.Texture2D(colours.shape, format="rgb", internalformat="rgb32f", interpolation="linear")
                self.program["u_map"] = self._map
            self._map.set_data(colours)
        x0, x1, y0, y1 = mark.extent
        self.program["u_extent"] = (x0, y0, x1, y1)
        self.program["u_top"] = mark.top
        self.program["u_soft"] = float(mark.soft)
        self.program["u_levels"] = (*mark.levels, *[_NOWHERE] * 3)[:3]
        self.program["u_lines"] = float(mark.relief is not None)

    def _upload(self, mark: Heat, rows: int, high: int, wide: int) -> None:
        across = min(rows, TEXTURE_LIMIT // wide)
        down = -(-rows // across)
        if down * high > TEXTURE_LIMIT:
            raise StageError(f"{rows:,} maps are more than the stage can hold. Record fewer steps.")
        relief = np.zeros_like(mark.values) if mark.relief is None else mark.relief
        tiles = np.zeros((down * across, high, wide, 3), np.float32)
        tiles[:rows] = np.stack([mark.values * mark.cover, mark.cover, relief], axis=-1)
        texels = tiles.reshape(down, across, high, wide, 3).swapaxes(1, 2).reshape(down * high, across * wide, 3)
        if self._tiles is None:
            self._tiles = gloo.Texture2D(texels.shape, format="rgb", internalformat="rgb32f", interpolation="linear")
            self.program["u_tiles"] = self._tiles
        self._tiles.set_data(np.ascontiguousarray(texels))
        self.program["u_cells"], self.program["u_grid"] = (wide, high), (across, down)

    def draw(self, view: View, t: float) -> None:
        view.set(self.program)
        self.program["u_moment"] = self.at(self.mark.times, t, glide=self.mark.glide)
        self.program.draw("triangle_strip")

    def delete(self) -> None:
        for texture in (self._tiles, self._map):
            if texture is not None:
                texture.delete()
        super().delete()
