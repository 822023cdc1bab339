"""Noise belongs to a particle: it has the right law, and neither batch nor steps change it."""

from __future__ import annotations

import itertools

import pytest
import torch
from scipy import stats

from core.numerics.noise import BrownianPath, Noise, normal, uniform

CPU = torch.device("cpu")


def test_numbers_are_standard_normal() -> None:
    z = normal(3, "source", torch.arange(50_000), 2)
    assert stats.kstest(z.flatten().numpy(), "norm").pvalue > 0.01
    assert abs(float((z[:, 0] * z[:, 1]).mean())) < 0.02


def test_numbers_are_uniform() -> None:
    assert stats.kstest(uniform(3, "index", torch.arange(100_000))[:, 0].numpy(), "uniform").pvalue > 0.01


@pytest.mark.parametrize("other", [(4, "source", 0), (3, "pair", 0), (3, "source", 1)])
def test_seed_purpose_and_draw_each_give_independent_numbers(other) -> None:
    seed, purpose, draw = other
    index = torch.arange(20_000)
    a, b = normal(3, "source", index)[:, 0], normal(seed, purpose, index, draw=draw)[:, 0]
    assert abs(float((a * b).mean())) < 0.03


def test_a_particle_keeps_its_noise_in_any_batch() -> None:
    full = Noise(11, 1024, (2,), CPU, torch.float32).source()
    assert torch.equal(full[:512], Noise(11, 512, (2,), CPU, torch.float32).source())
    assert torch.equal(normal(11, "source", torch.tensor([700]), 2).float()[0], full[700])


def test_more_steps_follow_the_same_brownian_path() -> None:
    def at_half(n_steps: int) -> torch.Tensor:
        path = BrownianPath(5, torch.arange(64), (2,), torch.float64)
        times = torch.linspace(0, 0.5, n_steps + 1, dtype=torch.float64).tolist()
        steps = itertools.pairwise(times)
        return sum(path.increment(t, s) * (s - t) ** 0.5 for t, s in steps)  # type: ignore[return-value]

    torch.testing.assert_close(at_half(3), at_half(400), rtol=0, atol=2e-3)


def test_brownian_increments_are_normal_and_independent() -> None:
    path = BrownianPath(5, torch.arange(40_000), (1,), torch.float64)
    a, b = path.increment(0.1, 0.37)[:, 0], path.increment(0.37, 0.9)[:, 0]
    for z in (a, b):
        assert stats.kstest(z.numpy(), "norm").pvalue > 0.01
    assert abs(float((a * b).mean())) < 0.02


def test_crowded_ends_are_told_apart_and_middles_cost_few_levels() -> None:
    path = BrownianPath(5, torch.arange(20_000), (1,), torch.float64)
    times = [1 - 1e-4, 1 - 1.0e-7, 1 - 0.9e-7, 1 - 1e-9, 1.0]
    increments = [path.increment(t, s)[:, 0] for t, s in itertools.pairwise(times)]
    for z in increments:
        assert stats.kstest(z.numpy(), "norm").pvalue > 0.01
    assert torch.corrcoef(torch.stack(increments)).fill_diagonal_(0).abs().max() < 0.03


def test_times_that_the_path_cannot_tell_apart_are_refused() -> None:
    path = BrownianPath(5, torch.arange(2), (1,), torch.float64)
    with pytest.raises(ValueError, match="closer"):
        path.increment(0.5, 0.5)
