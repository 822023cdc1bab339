"""From points to images and back, and from images to others: other networks, other weights, fewer samples."""

from __future__ import annotations

import msgspec

from core import presets
from core.catalog import Catalog
from core.spec import Part, RunSpec, Training

N_IMAGES = 16
"""A grid that one can look at."""


def shape_of(catalog: Catalog, data: str) -> str:
    """What a data set holds: ``points`` or ``images``."""
    return "images" if len(catalog.entry("data", data).facts.get("shape", ())) > 1 else "points"


def crosses(catalog: Catalog, spec: RunSpec, data: str) -> bool:
    """Whether another data set asks for more than itself: one of another kind, or images for which weights ship."""
    kind = shape_of(catalog, data)
    if kind != shape_of(catalog, spec.data.name):
        return True
    return kind == "images" and data != spec.data.name and bool(_weights(data, spec.objective.name))


def _weights(data: str, objective: str) -> list[str]:
    """Presets of one run of this method on these data whose weights ship."""
    return [
        name
        for name in presets.names()
        if presets.shipped_weights(name) and _answers(presets.load(name), data, objective)
    ]


def crossed(catalog: Catalog, spec: RunSpec, data: str) -> RunSpec:
    """The spec on such a data set: that of the preset for this method, with the weights that ship for it
    where some do; without a preset the same method with a network that reads such data. Seed and device stay."""
    images = shape_of(catalog, data) == "images"
    kept = {"seed": spec.seed, "device": spec.device, "precision": spec.precision, "threads": spec.threads}
    kept["n_samples"] = N_IMAGES if images else RunSpec().n_samples
    network = Part("unet" if images else "mlp")
    fitting = [name for name in presets.names() if _answers(presets.load(name), data, spec.objective.name)]
    # what can be sampled at once comes first, and among that the usual network
    fitting.sort(key=lambda name: (presets.shipped_weights(name) is None, presets.load_one(name).network != network))
    if fitting:
        return _with_weights(presets.load_one(fitting[0]), fitting[0]).replace(action="sample", title="", **kept)
    entry = catalog.entry("data", data)
    training = msgspec.structs.replace(Training(), conditional=bool(entry.facts.get("classes")), autocast=images)
    usual = {kind: RunSpec().part(kind) for kind in ("source", "coupling", "guidance", "clipping")}
    changed = {"data": Part(data), "network": network, "field": Part("network"), "training": training, "label": ""}
    return spec.replace(**changed, **usual, **kept)


def _answers(lanes: list[RunSpec], data: str, objective: str) -> bool:
    """Whether a preset is one run of this method on these data."""
    return len(lanes) == 1 and (lanes[0].data.name, lanes[0].objective.name) == (data, objective)


def _with_weights(spec: RunSpec, preset: str) -> RunSpec:
    weights = presets.shipped_weights(preset)
    return spec if weights is None else spec.replace(field=Part("network", {"weights": weights}))
