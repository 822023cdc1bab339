"""The scenes of an export: the lanes of some traces, and the real data beside them."""

from __future__ import annotations

from collections.abc import Sequence

from core.trace import Trace
from core.trace.derive import FieldKind, snapshot
from workbench.views.lane2d import Look, real_scene, scene
from workbench.views.marks import Scene
from workbench.views.theme import Theme


def lanes(
    traces: Sequence[Trace], theme: Theme, *, real: bool = True, field_kind: FieldKind = "velocity", factor: float = 1.0
) -> list[Scene]:
    """One lane per trace (a training trace shows its last snapshot), and one of real data if asked for."""
    out = []
    for i, trace in enumerate(traces):
        shown = sampled(trace)
        out.append(scene(shown, Look(theme, field_kind, factor, first=i == 0), shown["x"].static.get("data")))
    data = next((t["x"].static["data"] for t in map(sampled, traces) if "data" in t["x"].static), None)
    if real and data is not None:
        out.append(real_scene(data, traces[0].meta.get("data_title", traces[0].spec.data.name), Look(theme)))
    return out


def sampled(trace: Trace) -> Trace:
    """A sampling trace as it is; of a training trace its last snapshot."""
    return snapshot(trace, len(trace["snapshot/x"]) - 1) if "snapshot/x" in trace else trace
