"""Make the moving pictures of the start page's cards: python tools/make_cards.py [PRESET...]

A preset whose recorded runs are shipped needs none. Images are made by the networks that ship; where a preset is to be
trained first, by the exact field of the images that ship, which returns some of them. In 2D the exact field is run, in
closed form and without training; a method that jumps is shown as the chord from its noise to where the exact flow ends,
one that draws noise on its way by the flow of the same marginals, whose ways can be told apart on so small a picture.
"""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray

import resources
from core import presets
from core.run import sample
from core.setup import resolve
from core.spec import Part
from core.trace.build import collect
from workbench.model.cards import CARDS
from workbench.views.image.thumbnails import as_bytes

_PARTICLES, _ROWS = 320, 21
_IMAGES, _IMAGE_ROWS, _MOST_FILMS = 9, 6, 2
_CHORDS = ("mean-flow", "consistency", "shortcut", "reflow")


def make(name: str) -> None:
    arrays: dict[str, NDArray[np.generic]] = {}
    for i, lane in enumerate(_lanes(name)):
        arrays[f"x_{i}"], arrays[f"t_{i}"] = film(lane)
    file = resources.path("cards", f"{name}.npz")
    file.parent.mkdir(exist_ok=True)
    np.savez_compressed(file, **arrays)
    print(f"{name}: {file.stat().st_size / 1e3:.0f} kB")


def film(lane: str) -> tuple[NDArray[np.generic], NDArray[np.float32]]:
    """A few rows of a preset's run: particles as float16, images as grey values."""
    spec, weights = presets.load_one(lane).replace(action="sample", device="cpu"), presets.shipped_weights(lane)
    setup = resolve(spec)
    images = setup.dataset.mixture() is None
    chord = spec.objective.name in _CHORDS
    if images:
        field = Part("exact-points") if weights is None else Part("network", {"weights": weights})
        run = spec.replace(field=field, n_samples=_IMAGES)
    else:
        sampler = Part("euler", {"n_steps": 40}) if chord or setup.sampler.stochastic else spec.sampler
        flow = spec.replace(objective=Part("flow-matching"), sampler=sampler)
        run = flow.replace(field=Part("exact"), n_samples=_PARTICLES)
    trace = collect(sample(run))
    x, t = trace["x"][:], trace["x"].column("t")
    rows = [0, len(x) - 1] if chord else np.unique(np.linspace(0, len(x) - 1, _IMAGE_ROWS if images else _ROWS).round())
    keep = np.asarray(rows, int)
    return as_bytes(x[keep]) if images else x[keep].astype(np.float16), t[keep].astype(np.float32)


def _lanes(name: str) -> list[str]:
    """One lane of each data set that a preset compares, or its first two."""
    lanes = presets.describe(name).lanes
    by_data = {presets.load_one(lane).data.name: lane for lane in reversed(lanes)}
    return list(reversed(by_data.values())) if len(by_data) > 1 else lanes[:_MOST_FILMS]


def shipped(name: str) -> bool:
    return all(resources.path("traces", f"{lane}.h5").is_file() for lane in presets.describe(name).lanes)


if __name__ == "__main__":
    for card in sys.argv[1:] or CARDS:
        if not shipped(card):
            make(card)
