"""Every optimiser takes torch's own steps, also the one that leaves out what torch does around them."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from core.parts.making import make
from core.spec import Part


@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
def test_adamw_of_one_vector_is_torchs_to_the_bit_also_after_its_state_was_read_back(weight_decay: float) -> None:
    generator = torch.Generator().manual_seed(1)
    start = torch.randn(1000, generator=generator)
    ours, theirs = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    optimiser = make("optimiser", Part("adamw")).build(ours, weight_decay)
    wanted = torch.optim.AdamW([theirs], lr=0.0, betas=(0.9, 0.99), weight_decay=weight_decay, fused=True)
    for step in range(8):
        if step == 4:
            kept = copy.deepcopy(optimiser.state_dict())
            optimiser = make("optimiser", Part("adamw")).build(ours, weight_decay)
            optimiser.load_state_dict(kept)
        gradient = torch.randn(1000, generator=generator)
        for weights, method in ((ours, optimiser), (theirs, wanted)):
            weights.grad = gradient.clone()
            method.param_groups[0]["lr"] = 1e-3 * (step + 1)
            method.step()
    assert torch.equal(ours, theirs)
    assert not torch.equal(ours, start)
    moments, others = (method.state_dict()["state"][0] for method in (optimiser, wanted))
    assert moments.keys() == others.keys()
    assert all(torch.equal(moments[name], others[name]) for name in others)
