"""What all samples share of one time is worked out once, and the field is the same."""

from __future__ import annotations

import torch

import resources
from core.checkpoint import spec_of
from core.learned import Evaluation, build_network, load_field
from core.parts.making import make
from core.predictions import Reading
from core.spec import Part, RunSpec


def test_one_time_for_all_says_what_as_many_equal_times_say() -> None:
    file = resources.path("weights", "swiss-roll-flow.safetensors")
    path = make("path", spec_of(file).path)
    field = load_field(file, path, torch.device("cpu"), torch.float32, (2,))
    x, t = torch.randn(300, 2, generator=torch.Generator().manual_seed(1)), torch.tensor(0.37)
    one, many = field(x, t), field(x, t.expand(300))
    torch.testing.assert_close(one.x1, many.x1, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(one.x0, many.x0, rtol=1e-5, atol=1e-5)


def test_it_is_so_with_classes_and_two_times_too() -> None:
    spec = RunSpec(data=Part("eight-gaussians"), objective=Part("mean-flow"))
    network = build_network(spec, (2,), 8)
    with torch.no_grad():  # the last layer of a fresh network is zero
        for parameter in network.parameters():
            parameter.normal_(0.0, 0.1, generator=torch.Generator().manual_seed(2))
    u = Evaluation(network, make("path", spec.path), Reading("velocity", 1.0))
    x, cond = torch.randn(40, 2, generator=torch.Generator().manual_seed(3)), torch.arange(40) % 9
    t, s = torch.tensor([0.2]), torch.tensor([0.9])
    with torch.no_grad():
        one, many = u(x, t, cond, s), u(x, t.expand(40), cond, s.expand(40))
    torch.testing.assert_close(one, many, rtol=1e-5, atol=1e-5)
    assert one.std() > 0.01
