"""What all layers of the stage have in common: how data become pixels, and values that stay in graphics memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vispy import gloo
from vispy.gloo.glir import GlirQueue

from workbench.painters.stage.table import Table
from workbench.views.marks import Times, locate


@dataclass(frozen=True)
class View:
    """How data become pixels in one lane; the names are those of the shaders' uniforms."""

    centre: tuple[float, float]
    gain: tuple[float, float]
    pixel: tuple[float, float]
    ratio: float

    def set(self, program: gloo.Program) -> None:
        program["u_centre"] = self.centre
        program["u_gain"] = self.gain
        program["u_pixel"] = self.pixel
        program["u_ratio"] = self.ratio


class Layer:
    """The common part: a program, the buffers and tables that belong to it, and an orderly end."""

    def __init__(self, vertex: str, fragment: str, *tables: str) -> None:
        self.program = gloo.Program(vertex, fragment)
        self.tables = {name: Table() for name in tables}
        self.buffers: dict[str, gloo.VertexBuffer] = {}
        self.indices: gloo.IndexBuffer | None = None
        self.empty = True
        self._shown: dict[str, object] = {}

    def changed(self, name: str, value: object) -> bool:
        """Whether this value is not the one that was uploaded last under this name (arrays by identity)."""
        old = self._shown.get(name)
        self._shown[name] = value
        return old is not value and (isinstance(value, np.ndarray) or old != value)

    def fill(self, name: str, data: NDArray[Any]) -> None:
        """Upload a vertex attribute, into the buffer it already has."""
        if name in self.buffers:
            self.buffers[name].set_data(data)
        else:
            self.buffers[name] = gloo.VertexBuffer(data)
            self.program[name] = self.buffers[name]

    def fill_indices(self, indices: NDArray[np.uint32] | None) -> None:
        """Draw these vertices, or without indices all in their order."""
        if self.indices is not None:
            self.indices.delete()
        self.indices = None if indices is None else gloo.IndexBuffer(indices)

    def fill_table(self, name: str, values: NDArray[np.float32]) -> None:
        table = self.tables[name]
        fresh = table.texture is None
        table.set(values)
        if fresh:
            self.program[name] = table.texture
        self.program["u_fold"] = table.fold

    def attach(self, queue: GlirQueue) -> None:
        """Let uploads run with the canvas's next commands, whether or not this layer is drawn then."""
        queue.associate(self.program.glir)
        if self.indices is not None:
            queue.associate(self.indices.glir)

    def at(self, times: Times, t: float, *, glide: bool) -> tuple[float, float, float]:
        """The two rows to mix at t, and by how much."""
        moment = locate(times, t, glide=glide)
        return (float(moment.row), float(min(moment.row + 1, len(times) - 1)), moment.fraction)

    def delete(self) -> None:
        self.fill_indices(None)
        for thing in (*self.tables.values(), *self.buffers.values(), self.program):
            thing.delete()
