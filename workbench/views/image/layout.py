"""Where the grids of a lane of images stand on its plane: the large one of x_t, its preview and the size of a field.

One unit of the plane is a pixel of the large grid, y up. The grid's lower left corner is the origin in every lane, so
that the same image stands in the same place.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

MOST = 64
"""Images that a lane shows: the first ones of its run."""
Place = tuple[float, float, float, float]
"""Left, right, bottom and top."""
_GAP, _TITLE = 0.05, 0.11
"""Between panes and above them, in parts of the grid's height."""
_MOST_TITLE = 0.5
"""Of the grid's height, however small it is on the screen."""


@dataclass(frozen=True)
class Layout:
    """Where the images of a grid stand: ``count`` images of ``height`` x ``width`` pixels in ``columns``."""

    count: int
    columns: int
    height: int
    width: int
    least_title: float = 0.0

    @classmethod
    def of(cls, shape: Sequence[int], line: int = 0, title: float = 0.0) -> Layout:
        """For images [B, C, H, W]: as square a grid as goes, wider rather than higher; or the first ones in a line.
        Words above a grid have ``title`` units of the plane or more."""
        count = min(shape[0], line or MOST)
        return cls(count, max(1, count if line else math.ceil(math.sqrt(count))), shape[2], shape[3], title)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the grid in pixels."""
        return float(self.columns * self.width), float(-(-self.count // self.columns) * self.height)

    @property
    def place(self) -> Place:
        """Of the large grid."""
        width, height = self.size
        return (0.0, width, 0.0, height)

    @property
    def preview(self) -> Place:
        """Of the small grid right of the large one and level with its top."""
        width, height = self.size
        left, part = width + _GAP * height, self._pane
        return (left, left + part * width, (1.0 - part) * height, height)

    @property
    def speed(self) -> Place:
        """Of the grid below the preview, level with the large one's bottom."""
        left, right, _, _ = self.preview
        return (left, right, 0.0, self._pane * self.size[1])

    @property
    def right(self) -> float:
        """Where preview and speed end that leave words no more than their share, so that the scale at which a lane
        shows all of its plane never grows with the room that words take at that scale."""
        width, height = self.size
        return width + _GAP * height + (1.0 - _TITLE) / 2 * width

    @property
    def title(self) -> float:
        """Height of the words above a grid."""
        height = self.size[1]
        return min(max(_TITLE * height, self.least_title), _MOST_TITLE * height)

    @property
    def _pane(self) -> float:
        """Of the grid's size: preview and speed, one above the other with words between, are as high as the grid."""
        return (1.0 - self.title / self.size[1]) / 2

    def box(self, index: int, place: Place) -> Place:
        """Where image ``index`` of a grid at ``place`` stands."""
        x0, x1, _, y1 = place
        unit = (x1 - x0) / self.size[0]
        line, column = divmod(index, self.columns)
        left, top = x0 + column * self.width * unit, y1 - line * self.height * unit
        return (left, left + self.width * unit, top - self.height * unit, top)
