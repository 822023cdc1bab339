"""The presets that have a card on the start page, in their order."""

from __future__ import annotations

#: One row adds a card; the first one opens recorded runs and needs no engine.
CARDS = (
    "swiss-roll",
    "reflow",
    "one-step",
    "digits-and-photographs",
    "mnist",
    "cifar10",
    "guidance",
    "three-gaussians",
    "swiss-roll-gated",
    "moons-to-eight",
    "mnist-networks",
    "three-gaussians-small",
    "mnist-conditional",
)
