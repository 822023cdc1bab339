"""Make what the product ships: the catalog, and the weights and recorded runs of the start page.

    python tools/make_resources.py catalog
    python tools/make_resources.py runs CHECKPOINTS
    python tools/make_resources.py weights CHECKPOINT NAME

CHECKPOINTS is a folder that holds one folder per preset, as `flowscope train PRESET -o CHECKPOINTS/PRESET` leaves
it. The shipped networks were trained longer than the presets ask for; the spec inside each file of weights says how.
`weights` ships a checkpoint as shipped:NAME: its averaged weights in half precision.
"""

from __future__ import annotations

import sys
from pathlib import Path

import resources
from core import catalog, presets
from core.run import sample
from core.spec import Part
from trainers import checkpoint
from workbench.commands.progress import record

SHIPPED_RUNS = ("swiss-roll-diffusion", "swiss-roll-flow")


def make_catalog() -> None:
    resources.path("catalog.json").write_bytes(catalog.dump(catalog.live()))


def make_runs(checkpoints: Path) -> None:
    for name in SHIPPED_RUNS:
        checkpoint.slim(checkpoints / name / checkpoint.FILE_NAME, resources.path("weights", f"{name}.safetensors"))
        weights = presets.shipped_weights(name)
        assert weights is not None  # just written
        spec = presets.load_one(name).replace(action="sample", field=Part("network", {"weights": weights}))
        record(sample(spec), name, resources.path("traces", f"{name}.h5"))


def make_weights(file: Path, name: str) -> None:
    checkpoint.slim(file, resources.path("weights", f"{name}.safetensors"), half=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["catalog"]:
            make_catalog()
        case ["runs", folder]:
            make_runs(Path(folder))
        case ["weights", file, name]:
            make_weights(Path(file), name)
        case _:
            sys.exit(__doc__)
