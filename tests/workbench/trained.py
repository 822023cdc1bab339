"""A training that is over in a second, recorded as the engine would."""

from __future__ import annotations

from pathlib import Path

from core.events import Tick
from core.spec import Part, RunSpec, Training
from core.trace import save
from core.trace.build import collect
from trainers.jobs import start


def training_file(folder: Path) -> Path:
    """A file with three or more snapshots of what a small network made of the noise; its weights lie beside it."""
    spec = RunSpec(
        action="train", data=Part("three-gaussians"), n_samples=60, sampler=Part("euler", {"n_steps": 8}),
        field=Part("network"), network=Part("mlp", {"width": 32, "depth": 1}),
        training=Training(n_steps=150, batch_size=256, learning_rate=1e-2, warm_up=5, ema=0.0, n_snapshots=3),
    )  # fmt: skip
    file = folder / "train.h5"
    save(collect(event for event in start(spec, folder) if not isinstance(event, Tick | None)), file)
    return file
