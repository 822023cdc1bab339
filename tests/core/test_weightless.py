"""Networks without weights: the sizes of the real ones, and nothing that takes long to come by."""

from __future__ import annotations

import subprocess
import sys

import pytest

from core import registry
from core.architecture.weightless import Weightless
from core.events import RunStarted
from core.images.inception import Inception
from core.setup import resolve
from core.size import size
from core.spec import Part, RunSpec

_NAMES = sorted(registry.entries("network"))


@pytest.mark.parametrize("name", _NAMES)
def test_sizes_are_those_of_the_network(name: str) -> None:
    network = registry.find("network", name)()
    shape = (2,) if network.reads == "points" else (3, 32, 32)
    real = network.build(shape, 10, two_times=True)
    with Weightless():
        hollow = network.build(shape, 10, two_times=True)
    assert {name: value.shape for name, value in hollow.state_dict().items()} == {
        name: value.shape for name, value in real.state_dict().items()
    }
    assert all(parameter.is_meta for parameter in hollow.parameters())


_SAMPLES = """
import sys
from core.spec import from_dict
from trainers.jobs import start
for data, network in (("eight-gaussians", "mlp"), ("mnist", "unet")):
    field = {"name": "network", "weights": f"shipped:{data}-flow"}
    spec = from_dict({"data": data, "network": network, "field": field, "sampler": {"name": "euler", "n_steps": 1},
                      "objective": "flow-matching", "n_samples": 1, "action": "sample"})
    print(*(type(event).__name__ for event in start(spec)))
print(*(name for name in ("torch._dynamo", "torch._inductor") if name in sys.modules))
"""


def test_samples_of_shipped_weights_do_not_wait_for_the_compiler() -> None:
    out = subprocess.run([sys.executable, "-c", _SAMPLES], capture_output=True, text=True, check=True)
    points, images, imported = out.stdout.split("\n")[:3]
    assert points.endswith("RunFinished")
    assert images.endswith("RunFinished")
    assert imported == ""


def test_inception_is_made_without_it() -> None:
    with Weightless():
        assert all(parameter.is_meta for parameter in Inception().parameters())


def test_the_data_of_a_size_that_is_asked_for_have_numbers() -> None:
    """Made for the first time then, they would be kept without, for every run after it."""
    spec = RunSpec(data=Part("pinwheel", {"arms": 7}))
    (event, _) = size(spec)
    assert isinstance(event, RunStarted)
    mixture = resolve(spec).dataset.mixture()
    assert mixture is not None
    assert mixture.centres.device.type == "cpu"
