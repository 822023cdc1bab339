"""Where a lane looks, a centre and a scale, and the lanes' places across the canvas.

Pure arithmetic in logical pixels and data units; y points up in data and down on the screen.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.views.image.images import even

Extent = tuple[float, float, float, float]
GUTTER = 8
BORDER = 1


@dataclass(frozen=True)
class Camera:
    """The point of the plane in the middle of a lane, and logical pixels per data unit (the same in x and y)."""

    x: float
    y: float
    scale: float

    def panned(self, dx: float, dy: float) -> Camera:
        """Dragged by (dx, dy) pixels, dy downwards."""
        return Camera(self.x - dx / self.scale, self.y + dy / self.scale, self.scale)

    def zoomed(self, factor: float, px: float, py: float) -> Camera:
        """Magnified about the place (px, py) pixels right of and below the middle, which stays where it is."""
        scale = min(max(self.scale * factor, 1e-3), 1e6)
        gain = 1 / self.scale - 1 / scale
        return Camera(self.x + px * gain, self.y - py * gain, scale)

    def even(self) -> Camera:
        """At most as large, at a scale that keeps pixels even."""
        return Camera(self.x, self.y, even(self.scale))

    def data(self, px: float, py: float) -> tuple[float, float]:
        """The data coordinates (px, py) pixels right of and below the middle."""
        return self.x + px / self.scale, self.y - py / self.scale


def fit(extent: Extent, width: float, height: float) -> Camera:
    """The camera that shows all of ``extent`` (x0, x1, y0, y1), as large as an equal aspect allows."""
    x0, x1, y0, y1 = extent
    scale = min(max(width, 1.0) / max(x1 - x0, 1e-9), max(height, 1.0) / max(y1 - y0, 1e-9))
    return Camera((x0 + x1) / 2, (y0 + y1) / 2, scale)


def union(extents: list[Extent]) -> Extent:
    """The smallest extent that holds all of them; a unit square where there are none."""
    if not extents:
        return (-1.0, 1.0, -1.0, 1.0)
    x0, x1, y0, y1 = zip(*extents, strict=True)
    return (min(x0), max(x1), min(y0), max(y1))


def lane_spans(width: int, count: int) -> list[tuple[int, int]]:
    """(left, width) of each lane in logical pixels: equal to a pixel, with gutters between."""
    room = max(width - GUTTER * (count - 1), count)
    edges = [round(i * room / count) for i in range(count + 1)]
    return [(edges[i] + GUTTER * i, edges[i + 1] - edges[i]) for i in range(count)]
