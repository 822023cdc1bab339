"""One image of a run, large: as it is at a time, its preview, its end, or the noise that it came from."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from core.trace import Trace
from core.trace.trace import Rows
from workbench.views.image.images import (
    ARROWS,
    SHORT_ARROWS,
    ImageLook,
    arrows,
    images_of,
    magnitude,
    run_lane,
)
from workbench.views.image.layout import Layout
from workbench.views.marks import Images, Mark, Scene, Times, Words

What = Literal["x", "preview", "final", "noise"]
WHATS: tuple[What, ...] = get_args(What)
_STILL: Times = np.array([0.0])


def closeup(trace: Trace, index: int, what: What, look: ImageLook) -> Scene:
    """Image ``index`` of a sampling trace on a plane of its pixels, with arrows where the look has them."""
    one, times = _values(trace, slice(index, index + 1), what)
    layout = Layout.of(one.shape[1:])
    marks: list[Mark] = [Images("image", one, times, 1, layout.place)]
    sizes = magnitude(trace, "velocity", slice(index, index + 1)) if "arrows" in look.overlays else None
    if sizes is not None and what in ("x", "preview"):
        marks.append(arrows(sizes, trace["x"].column("t"), layout))
    said = Words(ARROWS, 0.02 * layout.width, 0.04 * layout.height, shorter=SHORT_ARROWS)
    words = (said,) if len(marks) > 1 else ()
    return Scene(run_lane(trace), tuple(marks), layout.place, words=words, pixels=True)


def _values(trace: Trace, which: slice, what: What) -> tuple[Rows, Times]:
    x = trace["x"]
    if what == "preview" and "x1_hat" in trace:
        return images_of(trace["x1_hat"], which), trace["x1_hat"].column("t")
    if what == "final":
        return x.part(slice(-1, None), which), _STILL
    if what == "noise":
        sigma, first = x.column("sigma")[0], x.part(slice(1), which)
        return (first / sigma if sigma > 0 else first).astype(np.float32), _STILL
    return images_of(x, which), x.column("t")
