"""One layer per mark: its values resident in graphics memory, drawn at a cursor by uniforms alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.painters.stage import shaders
from workbench.painters.stage.heat import HeatLayer
from workbench.painters.stage.images import FrameLayer, ImagesLayer
from workbench.painters.stage.layer import Layer, View
from workbench.painters.stage.trail import most_segments, window
from workbench.views.marks import Arrows, Frame, Heat, Images, Mark, Points, Trails

#: Segments of trails drawn in a lane at most, and of one trail at least and at most: what is finer is drawn by every
#: n-th recorded row. Without a limit trails took 54 of 106 ms (CPU) of a frame of 10,000 particles with software GL.
MOST_SEGMENTS, LEAST, MOST = 16_000, 6, 48
#: A span of t that holds every whole way.
_ALL = 2.0
#: The vertices of one segment of a trail: (along: 0 old end, 1 new end; across: -1 and 1 the edges). As a triangle it
#: covers more than the segment, and the shader cuts the rest: half the cost of two triangles.
_WEDGE = np.array([[0, -1], [2, -1], [0, 3]], np.float32)
#: The vertices of one arrow: (along, side).
_QUAD = np.array([[0, -1], [0, 1], [1, -1], [1, 1]], np.float32)


def quads(count: int) -> NDArray[np.uint32]:
    """Indices of two triangles for each four vertices [count * 6]."""
    corners = np.array([0, 1, 2, 2, 1, 3], np.uint32)
    return (np.arange(count, dtype=np.uint32)[:, None] * 4 + corners).ravel()


class PointsLayer(Layer):
    """Antialiased discs and squares, full or as outlines."""

    def __init__(self) -> None:
        super().__init__(shaders.POINTS_VERTEX, shaders.POINTS_FRAGMENT, "u_positions")

    def set_mark(self, mark: Points) -> None:
        self.mark = mark
        rows, particles, _ = mark.positions.shape
        self.empty = rows == 0 or particles == 0
        if self.empty:
            return
        self.fill_table("u_positions", mark.positions)
        if self.changed("particles", particles):
            self.fill("a_item", np.arange(particles, dtype=np.float32))
        if self.changed("colours", mark.colours):
            self.fill("a_colour", np.ascontiguousarray(mark.colours, np.float32))
        self.program["u_size"] = mark.size
        self.program["u_square"] = float(mark.square)

    def draw(self, view: View, t: float) -> None:
        view.set(self.program)
        self.program["u_line"] = self.mark.line * view.ratio
        self.program["u_moment"] = self.at(self.mark.times, t, glide=self.mark.glide)
        self.program.draw("points")


class TrailsLayer(Layer):
    """The last part of each particle's way, antialiased."""

    def __init__(self) -> None:
        super().__init__(shaders.TRAILS_VERTEX, shaders.TRAILS_FRAGMENT, "u_positions", "u_times")
        self._limit = MOST

    def set_mark(self, mark: Trails) -> None:
        self.mark = mark
        rows, particles, _ = mark.positions.shape
        self.empty = rows < 2 or particles == 0
        if self.empty:
            return
        if self.changed("times", mark.times):
            self.fill_table("u_times", mark.times.astype(np.float32)[:, None, None])
        self.fill_table("u_positions", mark.positions)
        self._limit = min(max(MOST_SEGMENTS // particles, LEAST), MOST)
        # Four at least: of exactly three triangles (one particle, three segments) llvmpipe drew none.
        usual = max(4, most_segments(mark.times, mark.span, self._limit))
        segments = max(usual, most_segments(mark.times, _ALL, self._limit)) if mark.whole else usual
        reshaped = self.changed("shape", (particles, segments, usual))
        if reshaped:
            self._lay_out(particles, segments)
            first = np.arange(usual * particles * len(_WEDGE), dtype=np.uint32)
            self.fill_indices(first if usual < segments else None)
        if self.changed("colours", mark.colours) or reshaped:
            colours = np.repeat(mark.colours.astype(np.float32), len(_WEDGE), axis=0)
            self.fill("a_colour", np.tile(colours, (segments, 1)))
        self.program["u_width"] = mark.width

    def _lay_out(self, particles: int, segments: int) -> None:
        """The vertices of each segment of each particle, segment by segment; none of them depends on the cursor."""
        vertices = np.empty((segments, particles, len(_WEDGE), 4), np.float32)
        vertices[..., 0] = np.arange(particles)[:, None]
        vertices[..., 1] = np.arange(segments)[:, None, None]
        vertices[..., 2:] = _WEDGE
        self.fill("a_vertex", vertices.reshape(-1, 4))

    def draw(self, view: View, t: float) -> None:
        whole = self.mark.is_whole(t)
        span = _ALL if whole else self.mark.span
        seen = window(self.mark.times, t, span, self._limit, glide=self.mark.glide)
        if seen.head <= self.mark.times[0]:
            return
        view.set(self.program)
        self.program["u_window"] = (seen.first, seen.stride, seen.row)
        self.program["u_span"] = (seen.tail, seen.head)
        self.program["u_whole"] = self.mark.whole if whole else 0.0
        self.program.draw("triangles", None if whole else self.indices)


class ArrowsLayer(Layer):
    """A vector field on a grid; each arrow is one quad, shaped in the fragment shader."""

    def __init__(self) -> None:
        super().__init__(shaders.ARROWS_VERTEX, shaders.ARROWS_FRAGMENT, "u_vectors", "u_presence")

    def set_mark(self, mark: Arrows) -> None:
        self.mark = mark
        rows, places, _ = mark.vectors.shape
        self.empty = rows == 0 or places == 0 or mark.full_length_at <= 0
        if self.empty:
            return
        self.fill_table("u_vectors", mark.vectors)
        if self.changed("presence", mark.presence):
            self.fill_table("u_presence", mark.presence[..., None])
        if self.changed("origins", mark.origins):
            self._lay_out(mark.origins)
        self.program["u_reach"] = 0.95 * mark.cell * mark.factor
        self.program["u_full"] = mark.full_length_at
        self.program["u_alpha"] = mark.colour[3]
        self.program["u_colour"] = mark.colour[:3]

    def _lay_out(self, origins: NDArray[np.float32]) -> None:
        count = len(origins)
        numbered = np.column_stack([origins, np.arange(count)]).astype(np.float32)
        self.fill("a_arrow", np.repeat(numbered, 4, axis=0))
        self.fill("a_corner", np.tile(_QUAD, (count, 1)))
        self.fill_indices(quads(count))

    def draw(self, view: View, t: float) -> None:
        view.set(self.program)
        self.program["u_moment"] = self.at(self.mark.times, t, glide=True)
        self.program.draw("triangles", self.indices)


AnyLayer = PointsLayer | TrailsLayer | ArrowsLayer | HeatLayer | ImagesLayer | FrameLayer
_LAYERS: dict[type[Mark], type[AnyLayer]] = {
    Points: PointsLayer, Trails: TrailsLayer, Arrows: ArrowsLayer, Heat: HeatLayer, Images: ImagesLayer,
    Frame: FrameLayer,
}  # fmt: skip


def matched(layers: list[AnyLayer], marks: tuple[Mark, ...]) -> list[AnyLayer]:
    """Layers for these marks: the given ones where the kind of mark is the same, new ones else; the rest is deleted."""
    spare, made = list(layers), []
    for mark in marks:
        kind = _LAYERS[type(mark)]
        layer = next((one for one in spare if type(one) is kind), None)
        if layer is None:
            layer = kind()
        else:
            spare.remove(layer)
        layer.set_mark(mark)  # type: ignore[arg-type]  # the table above pairs marks with layers
        made.append(layer)
    for layer in spare:
        layer.delete()
    return made
