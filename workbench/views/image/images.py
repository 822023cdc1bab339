"""The lane of a run of images: the grid of x_t, its preview and the size of a field beside it, on a plane of pixels.

One unit of the plane is a pixel of the large grid, y up. The grid's lower left corner is the origin in every lane, so
that the same image stands in the same place.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.trace import Stream, Trace
from core.trace.derive import Coefficients, FieldKind, field_as, velocity_of
from core.trace.part import part_of
from core.trace.trace import Rows
from workbench.views.image.layout import MOST, Layout, Place
from workbench.views.lane2d import ASPECTS, Aspect, data_words, lane_of, what_became
from workbench.views.marks import Arrows, Floats, Frame, Images, Lane, Mark, Overlay, Scene, Times, Words
from workbench.views.theme import Theme, rgba

BLOCK = 4
"""Side of the blocks of pixels that an arrow stands for."""
TITLES: dict[FieldKind, str] = {"velocity": "Speed |v|", "noise": "Noise |x̂₀|", "score": "Score |s|", "data": "|x̂₁|"}
PREVIEW = "Preview x̂₁"
UNITS: dict[FieldKind, str] = {"velocity": "units / time", "noise": "units", "score": "1 / units", "data": "units"}
ARROWS = f"Arrows: gradient of v over {BLOCK} × {BLOCK} blocks"
SHORT_ARROWS = ("Arrows: gradient of v", "Gradient of v")
_LEAST_SIGMA = 1e-6
_SAMPLED_ROWS = 12
_QUANTILE = 0.98
SHOWN: frozenset[Overlay] = frozenset({"image", "image-preview", "speed"})
_MARGIN = 0.02
"""Around the panes, in parts of the grid's height."""
_MIDDLE = 0.25
"""Of a bar, what the number in its middle may take: those at its ends stand beside it."""
_LEAST_LETTERS = 3
"""Of a class's name that does not fit into its image."""
_FRAME = ((rgba("#FFFFFF"), 3.0), (rgba("#000000"), 1.0))
"""White and over it a dark line around: to be seen on pictures, and where they end on any canvas."""


@dataclass(frozen=True)
class ImageLook:
    """How a lane of images is drawn, apart from what it shows."""

    theme: Theme
    overlays: frozenset[Overlay] = SHOWN
    kind: FieldKind = "velocity"
    limit: float = 1.0
    """Top of the scale of magnitudes, the same in every lane."""
    selected: int = -1
    """The image that is framed; -1 for none."""
    bar: bool = True
    """Whether the lane itself shows the scale of magnitudes, and not something beside it."""
    line: int = 0
    """So many images in one row, with nothing beside them but their labels; 0 for the grids."""
    title: float = 0.0
    """What the words above a grid need in height, in units of the plane: on a small grid a share is too little."""


def even(scale: float) -> float:
    """The largest scale of at most this one that keeps pixels nearly even: whole multiples, halves below four,
    quarters below two."""
    step = 1.0 if scale >= 4.0 else 0.5 if scale >= 2.0 else 0.25
    return max(math.floor(scale / step) * step, min(scale, step))


def shows_images(trace: Trace) -> bool:
    return "x" in trace and len(trace["x"].declared.row_shape) == 4


def shown(trace: Trace) -> int:
    """How many of a run's images a lane shows."""
    return min(trace["x"].declared.row_shape[0], MOST)


class Magnitude:
    """The length of a field over the channels of each pixel, [N, B, 1, H, W], worked out a row at a time.

    Where no noise is left (sigma = 0) the field says nothing: those rows repeat the last that has some.
    """

    def __init__(self, kind: FieldKind, x: Rows, x1_hat: Rows, c: Coefficients) -> None:
        """``c`` says how many of the rows are there in both."""
        self._kind, self._x, self._x1_hat, self._c = kind, x, x1_hat, c
        noisy = np.flatnonzero(c.sigma[:, 0, 0] > _LEAST_SIGMA)
        self._last = int(noisy[-1]) if len(noisy) else -1

    @property
    def shape(self) -> tuple[int, ...]:
        _, count, _, height, width = self._x.shape
        return (len(self._c.sigma) if self._last >= 0 else 0, count, 1, height, width)

    def __getitem__(self, row: int) -> Floats:
        out: Floats = np.sqrt(np.square(self.field(row)).sum(axis=1, keepdims=True))
        return out

    def field(self, row: int) -> Floats:
        """The field itself [B, C, H, W]."""
        row = min(row, self._last)
        c = self._c.at(slice(row, row + 1))
        images = self._x[row]
        x, x1_hat = (values.reshape(1, len(images), -1) for values in (images, self._x1_hat[row]))
        field: Floats = field_as(self._kind, velocity_of(x, x1_hat, c), x, c)
        return field.reshape(images.shape).astype(np.float32)

    @cached_property
    def top(self) -> float:
        """What few pixels of any recorded step are above."""
        rows = np.unique(np.linspace(0, self._last, min(self._last + 1, _SAMPLED_ROWS)).round().astype(int))
        values = np.stack([self[int(row)] for row in rows]) if len(rows) else np.zeros(0)
        values = values[np.isfinite(values)]
        return float(np.quantile(values, _QUANTILE)) if len(values) else 0.0


def magnitude(trace: Trace, kind: FieldKind, which: slice = slice(None)) -> Magnitude | None:
    """The field of these images of a run; None where no preview was recorded, as in snapshots of a training."""
    if "x1_hat" not in trace or len(trace["x1_hat"]) == 0:
        return None
    n = min(len(trace["x"]), len(trace["x1_hat"]))
    c = Coefficients.of(trace["x1_hat"]).at(slice(n))
    return Magnitude(kind, images_of(trace["x"], which), images_of(trace["x1_hat"], which), c)


def images_of(stream: Stream, which: slice = slice(None)) -> Rows:
    """The first images of every recorded row, or these of them: [N, B, C, H, W], to be read a row at a time."""
    these = range(min(stream.declared.row_shape[0], MOST))[which]
    return part_of(stream, slice(these.start, these.stop))


def scale_top(tops: Sequence[float]) -> float:
    """The round number at which a scale ends that serves all lanes: 1, 2, 4 or 6 times a power of ten."""
    most = max((top for top in tops if top > 0), default=1.0)
    power = 10.0 ** math.floor(math.log10(most))
    return next(factor * power for factor in (1.0, 2.0, 4.0, 6.0, 10.0) if factor * power >= most)


def class_name(trace: Trace, index: int) -> str:
    """The class that image ``index`` was asked to be; empty where none was."""
    labels = trace["x"].static.get("label")
    if labels is None or index >= len(labels):
        return ""
    names = [name for name in trace.meta.get("class_names", "").split(", ") if name]
    number = int(labels[index])
    return names[number] if number < len(names) else str(number)


def lane_scene(aspect: Aspect, trace: Trace, look: ImageLook, *, name: str = "") -> Scene | None:
    """The lane that shows an aspect of a trace of images, under a name of its own if it has one; None where there is
    nothing."""
    made = real_scene(trace, look) if aspect == "real" else scene(trace, look)
    if made is None or not name:
        return made
    return dataclasses.replace(made, lane=dataclasses.replace(made.lane, title=name))


def scene(trace: Trace, look: ImageLook) -> Scene:
    """The lane of a sampling trace of images, also of one that is still growing."""
    x = trace["x"]
    if look.line:
        return _line(trace, look)
    layout = Layout.of(x.declared.row_shape, title=look.title)
    values, times = images_of(x), x.column("t")
    marks: list[Mark] = []
    words: list[Words] = []
    right, bottom = layout.size[0], 0.0
    if "image" in look.overlays:
        title = f"{data_words(trace)}  xₜ"
        marks.append(Images("image", values, times, layout.columns, layout.place, title=title))
        words.append(_title(title, layout.place, layout))
    preview = trace["x1_hat"] if "x1_hat" in trace and len(trace["x1_hat"]) else None
    if "image-preview" in look.overlays and preview is not None:
        previews, when = images_of(preview), preview.column("t")
        marks.append(Images("image-preview", previews, when, layout.columns, layout.preview, title=PREVIEW))
        words.append(_title(PREVIEW, layout.preview, layout))
        right = layout.right
    sizes = magnitude(trace, look.kind) if look.overlays & {"speed", "arrows"} else None
    if "speed" in look.overlays and sizes is not None:
        when, title = times[: sizes.shape[0]], TITLES[look.kind]
        marks.append(Images("speed", sizes, when, layout.columns, layout.speed, look.limit, title=title))
        words.append(_title(title, layout.speed, layout))
        right = layout.right
        if look.bar:
            marks.append(_bar(layout, look))
            words += _bar_words(layout, look)
            bottom = -2.2 * layout.title
    if "arrows" in look.overlays and sizes is not None:
        marks.append(arrows(sizes, times, layout))
        words.append(Words(ARROWS, 0.0, -layout.title / 2, shorter=SHORT_ARROWS))
        bottom = min(bottom, -layout.title)
    marks += _frames(layout, look, sizes is not None, preview is not None)
    if "labels" in look.overlays:
        words += _labels(trace, layout)
    extent = _around(layout, right, bottom)
    notes = what_became(trace)
    return Scene(run_lane(trace), tuple(marks), extent, words=tuple(words), notes=notes, pixels=True)


def _line(trace: Trace, look: ImageLook) -> Scene:
    """The first images in one row: header and foot of the lane say all else."""
    x = trace["x"]
    layout = Layout.of(x.declared.row_shape, look.line)
    values = images_of(x, slice(layout.count))
    words = tuple(_labels(trace, layout)) if "labels" in look.overlays else ()
    return _in_line(run_lane(trace), Images("image", values, x.column("t"), layout.columns, layout.place), words)


def _in_line(lane: Lane, images: Images, words: tuple[Words, ...] = ()) -> Scene:
    _, right, _, height = images.place
    margin = _MARGIN * height
    return Scene(lane, (images,), (-margin, right + margin, -margin, height + margin), words=words, pixels=True)


def run_lane(trace: Trace) -> Lane:
    """What the header says: the t of the recorded step, since images never blend."""
    return dataclasses.replace(lane_of(trace, trace["x"]), glide=False)


def real_scene(trace: Trace, look: ImageLook) -> Scene | None:
    """The lane of the real images [M, C, H, W] beside a run, which stand still; None where it has none."""
    images = trace["x"].static.get("data")
    if images is None:
        return None
    layout = Layout.of(images.shape, look.line, look.title)
    shown, title = images[: layout.count], data_words(trace)
    number = f"{len(shown)} of {source}" if (source := trace.meta.get("data_from")) else f"{len(shown)} images"
    lane = Lane(
        method="real", title=ASPECTS["real"], subtitle=f"{title}, {number}", equation="data",
        times=np.array([1.0]), nfe=np.array([0]), nfe_total=0, alpha=np.array([1.0]), sigma=np.array([0.0]),
        facts=(f"{layout.width} × {layout.height} pixels", f"std {float(images.std()):.2f}"), glide=False,
    )  # fmt: skip
    said = f"{title}  real"
    grid = Images("image", shown[None], np.array([1.0]), layout.columns, layout.place, title=said)
    if look.line:
        return _in_line(lane, grid)
    words = (_title(said, layout.place, layout),)
    return Scene(lane, (grid,), _around(layout, layout.size[0], 0.0), words=words, pixels=True)


def _title(text: str, place: Place, layout: Layout) -> Words:
    """Above a grid: a plain word and the symbol beside it, or the symbol alone, as far as the next grid."""
    room = 0.9 * layout.size[0] if place == layout.place else math.inf
    return Words(text, place[0], place[3] + 0.45 * layout.title, room=room, shorter=(text.split()[-1],))


def _around(layout: Layout, right: float, bottom: float) -> Place:
    """The part of the plane that a lane shows, with a margin: from the grid to ``right``, from ``bottom`` to titles."""
    height = layout.size[1]
    margin = _MARGIN * height
    return (-margin, right + margin, bottom - margin, height + layout.title + 0.5 * margin)


def _bar(layout: Layout, look: ImageLook) -> Images:
    """The scale of the map, below it."""
    left, right, bottom, _ = layout.speed
    bar = np.linspace(0.0, look.limit, 128, dtype=np.float32)[None, None, None, None, :]
    place = (left, right, bottom - 0.55 * layout.title, bottom - 0.2 * layout.title)
    return Images("speed", bar, np.array([1.0]), 1, place, look.limit)


def _bar_words(layout: Layout, look: ImageLook) -> list[Words]:
    left, right, bottom, _ = layout.speed
    y = bottom - layout.title
    return [
        Words("0", left, y),
        Words(f"{look.limit / 2:g}", (left + right) / 2, y, centred=True, room=_MIDDLE * (right - left)),
        Words(f"≥ {look.limit:g}", right - 0.08 * (right - left), y, centred=True),
        Words(UNITS[look.kind], left, y - 0.9 * layout.title),
    ]


def _frames(layout: Layout, look: ImageLook, sizes: bool, preview: bool) -> list[Mark]:
    """The selected image, framed in every grid that is shown."""
    if not 0 <= look.selected < layout.count:
        return []
    grids: list[tuple[Overlay, Place, bool]] = [
        ("image", layout.place, True), ("image-preview", layout.preview, preview), ("speed", layout.speed, sizes),
    ]  # fmt: skip
    return [
        Frame(overlay, layout.box(look.selected, place), *stroke)
        for overlay, place, there in grids
        if there and overlay in look.overlays
        for stroke in _FRAME
    ]


def _labels(trace: Trace, layout: Layout) -> list[Words]:
    """The class that each image was asked to be, in its lower left corner."""
    out = []
    for index in range(layout.count):
        name = class_name(trace, index)
        x0, _, y0, _ = layout.box(index, layout.place)
        if name:
            shorter = tuple(f"{name[:n]}…" for n in range(len(name) - 1, _LEAST_LETTERS - 1, -1))
            left, bottom = x0 + 0.06 * layout.width, y0 + 0.16 * layout.height
            out.append(Words(name, left, bottom, room=0.94 * layout.width, shorter=shorter))
    return out


def arrows(sizes: Magnitude, times: Times, layout: Layout) -> Arrows:
    """Where the velocity rises on the image plane: the gradient of its means over blocks of pixels and channels."""
    n = sizes.shape[0]
    vectors = np.stack([block_gradient(sizes.field(row)) for row in range(n)]) if n else np.zeros((0, layout.count, 0))
    rows, columns = layout.height // BLOCK, layout.width // BLOCK
    vectors = vectors.reshape(n, layout.count * rows * columns, 2).astype(np.float32)
    boxes = np.array([layout.box(i, layout.place) for i in range(layout.count)])
    x = boxes[:, None, None, 0] + (np.arange(columns)[None, None, :] + 0.5) * BLOCK
    y = boxes[:, None, None, 3] - (np.arange(rows)[None, :, None] + 0.5) * BLOCK
    origins = np.stack(np.broadcast_arrays(x, y), axis=-1).reshape(-1, 2).astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=2)
    full = float(np.quantile(lengths[np.isfinite(lengths)], 0.98)) if lengths.size else 1.0
    presence = np.ones(vectors.shape[:2], np.float32)
    return Arrows(
        "arrows", origins, vectors, presence, times[:n], cell=float(BLOCK), full_length_at=full or 1.0,
        colour=rgba("#FFFFFF", 0.9), factor=1.0,
    )  # fmt: skip


def block_gradient(field: Floats) -> Floats:
    """The gradient [B, h, w, 2] (right, up) of the means of a field [B, C, H, W] over `BLOCK` x `BLOCK` pixels and all
    channels, in units of the field a block; h = H / `BLOCK`."""
    count, _, height, width = field.shape
    rows, columns = height // BLOCK, width // BLOCK
    cut = field[:, :, : rows * BLOCK, : columns * BLOCK].mean(axis=1)
    means = cut.reshape(count, rows, BLOCK, columns, BLOCK).mean(axis=(2, 4))
    down, across = np.gradient(means, axis=(1, 2))
    out: Floats = np.stack([across, -down], axis=-1)
    return out
