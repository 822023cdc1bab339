"""Make the moving pictures of the start page's cards: python tools/make_cards.py

A preset whose recorded runs are shipped needs none. The others are run with the exact field, in closed form and
without training: of the whole set in 2D, of a few hundred points for images, which have to be in the data folder.
A method that jumps is shown as the chord from its noise to where the exact flow ends.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import resources
from core import presets
from core.run import sample
from core.spec import Part, RunSpec
from core.trace.build import collect
from workbench.model.cards import CARDS
from workbench.views.image.thumbnails import as_bytes

_PARTICLES, _ROWS = 320, 21
_IMAGES, _IMAGE_ROWS, _POINTS = {"mnist": 9, "cifar10": 10}, 6, 300
_CHORDS = ("mean-flow", "consistency", "shortcut", "reflow")


def make(name: str) -> None:
    arrays: dict[str, NDArray[np.generic]] = {}
    for i, spec in enumerate(presets.load(name)[: 1 if name == "cifar10" else 2]):
        arrays[f"x_{i}"], arrays[f"t_{i}"] = film(spec)
    file = resources.path("cards", f"{name}.npz")
    file.parent.mkdir(exist_ok=True)
    np.savez_compressed(file, **arrays)
    print(f"{name}: {file.stat().st_size / 1e3:.0f} kB")


def film(spec: RunSpec) -> tuple[NDArray[np.generic], NDArray[np.float32]]:
    """A few rows of the exact run: particles as float16, images as grey values."""
    images = spec.data.name in _IMAGES
    chord = spec.objective.name in _CHORDS
    sampler = Part("euler", {"n_steps": 40}) if chord or images else spec.sampler
    trace = collect(
        sample(
            spec.replace(
                action="sample", objective=Part("flow-matching"), sampler=sampler, device="cpu",
                field=Part("exact-points", {"n_points": _POINTS}) if images else Part("exact"),
                n_samples=_IMAGES.get(spec.data.name, _PARTICLES),
            )
        )
    )  # fmt: skip
    x, t = trace["x"][:], trace["x"].column("t")
    rows = [0, len(x) - 1] if chord else np.unique(np.linspace(0, len(x) - 1, _IMAGE_ROWS if images else _ROWS).round())
    keep = np.asarray(rows, int)
    return as_bytes(x[keep]) if images else x[keep].astype(np.float16), t[keep].astype(np.float32)


def shipped(name: str) -> bool:
    return all(resources.path("traces", f"{lane}.h5").is_file() for lane in presets.describe(name).lanes)


if __name__ == "__main__":
    for card in CARDS:
        if not shipped(card):
            make(card)
