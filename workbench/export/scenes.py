"""The scenes of an export: the lanes of some traces, and the real data beside them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from core.errors import TraceError
from core.trace import Trace
from core.trace.derive import FieldKind, snapshot
from workbench.views import images
from workbench.views.lane2d import Look, real_scene, scene
from workbench.views.marks import Scene
from workbench.views.theme import Theme


def lanes(
    traces: Sequence[Trace], theme: Theme, *, real: bool = True, field_kind: FieldKind = "velocity", factor: float = 1.0
) -> list[Scene]:
    """One lane per trace (a training trace shows its last snapshot), and one of real data if asked for."""
    if any(images.shows_images(sampled(trace)) for trace in traces):
        return with_one_extent(image_lanes(list(map(sampled, traces)), theme, real=real, kind=field_kind))
    out = []
    for i, trace in enumerate(traces):
        shown = sampled(trace)
        out.append(scene(shown, Look(theme, field_kind, factor, first=i == 0), shown["x"].static.get("data")))
    data = next((t["x"].static["data"] for t in map(sampled, traces) if "data" in t["x"].static), None)
    if real and data is not None:
        out.append(real_scene(data, traces[0].meta.get("data_title", traces[0].spec.data.name), Look(theme)))
    return with_one_extent(out)


def image_lanes(
    traces: Sequence[Trace], theme: Theme, *, real: bool = True, kind: FieldKind = "velocity"
) -> list[Scene]:
    """The lanes of runs of images, on one scale of magnitudes; runs of points cannot stand beside them.

    Raises:
        TraceError: some of the traces hold points.
    """
    if not all(map(images.shows_images, traces)):
        raise TraceError("Images and points do not fit into one picture. Name traces of one kind.")
    fields = [images.magnitude(trace, kind) for trace in traces]
    look = images.ImageLook(theme, kind=kind, limit=images.scale_top([f.top for f in fields if f is not None]))
    out = [images.scene(trace, look) for trace in traces]
    first = traces[0]
    if real and "data" in first["x"].static:
        data = first["x"].static["data"]
        out.append(images.real_scene(data, first.meta.get("data_title", first.spec.data.name), look))
    return out


def with_one_extent(scenes: list[Scene]) -> list[Scene]:
    """The same scenes, each showing the part of the plane that holds all of them."""
    corners = np.array([scene.extent for scene in scenes])
    x0, y0 = corners[:, [0, 2]].min(axis=0)
    x1, y1 = corners[:, [1, 3]].max(axis=0)
    return [dataclasses.replace(scene, extent=(float(x0), float(x1), float(y0), float(y1))) for scene in scenes]


def sampled(trace: Trace) -> Trace:
    """A sampling trace as it is; of a training trace its last snapshot.

    Raises:
        TraceError: it holds no samples.
    """
    if "x" in trace:
        return trace
    n = len(trace["snapshot/x"]) if "snapshot/x" in trace else 0
    if n == 0:
        raise TraceError(f"{trace.source or 'This trace'} holds no samples yet, only how training went.")
    return snapshot(trace, n - 1)
