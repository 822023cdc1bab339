"""Values over all recorded rows, resident in graphics memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from workbench.painters.stage.errors import StageError

#: Every desktop GL of the last fifteen years takes textures of this width and height.
TEXTURE_LIMIT = 8192
_CHANNELS = {1: ("red", "r32f"), 2: ("rg", "rg32f")}


class Table:
    """Values [N, items, channels] of all recorded rows in one float texture; uploads only what is a new array."""

    def __init__(self) -> None:
        self.texture: gloo.Texture2D | None = None
        self.fold = (1.0, 1.0, 1.0, 1.0)
        self._shown: NDArray[np.float32] | None = None

    def set(self, values: NDArray[np.float32]) -> None:
        if values is self._shown:
            return
        self._shown = values
        rows, items, channels = values.shape
        lines = -(-items // TEXTURE_LIMIT)
        columns = -(-items // lines)
        if rows * lines > TEXTURE_LIMIT:
            raise StageError(f"{rows:,} steps of {items:,} are more than the stage can hold. Record fewer steps.")
        texels = np.ascontiguousarray(values, np.float32)
        if columns * lines != items:
            texels = np.pad(texels, ((0, 0), (0, columns * lines - items), (0, 0)))
        texels = texels.reshape(rows * lines, columns, channels)
        self.fold = (float(columns), float(lines), float(columns), float(rows * lines))
        if self.texture is None:
            kind, internal = _CHANNELS[channels]
            self.texture = gloo.Texture2D(texels.shape, format=kind, internalformat=internal, interpolation="nearest")
        self.texture.set_data(texels)

    def delete(self) -> None:
        if self.texture is not None:
            self.texture.delete()
            self.texture = None
