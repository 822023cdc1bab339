"""Shortcut models: half jumps meet, jumps tile the way, and the true average velocity is a fixed point."""

from __future__ import annotations

import torch
from torch import Tensor

from core.numerics.noise import normal, uniform
from core.paths.linear import Linear
from trainers.average_velocity import jump, over
from trainers.shortcut import jumps, two_jumps

N = 512
INDEX = torch.arange(N)
X = normal(1, "source", INDEX, 2)
PATH = Linear()
T = PATH.t_min + (PATH.t_max - PATH.t_min) * ((INDEX.double() * 0.6180339887498949) % 1.0)
U = uniform(1, "step", INDEX, 1)[:, 0]


def shrink(x: Tensor, t: Tensor, cond: Tensor | None, s: Tensor) -> Tensor:
    """The average velocity of dx/dt = -3x, whose flow map is x exp(-3 (s - t)); at s = t its velocity."""
    span = over(s - t, x)
    return x * torch.where(span > 0, torch.expm1(-3.0 * span) / span.clamp(min=1e-12), -3.0)


def test_two_true_jumps_are_one_true_jump() -> None:
    t, s = jumps(T, U, N, 7, PATH)
    torch.testing.assert_close(two_jumps(shrink, X, t, s), shrink(X, t, None, s))
    torch.testing.assert_close(jump(shrink, X, t, s), X * torch.exp(-3.0 * (s - t))[:, None])


def test_the_shortest_halves_are_steps_of_the_velocity() -> None:
    """Nothing teaches them: two Euler steps stand in."""
    t = torch.full((N,), 0.25, dtype=torch.float64)
    target = two_jumps(shrink, X, t, t + 2 / 128, None, shortest=1 / 128)
    there = X * (1 - 3 / 128) ** 2
    torch.testing.assert_close(X + target * 2 / 128, there)


def test_jumps_tile_the_way_and_every_length_comes_equally_often() -> None:
    t, s = jumps(T, U, N, 4, PATH)
    length = torch.log2(s - t).round()
    assert set(length.tolist()) == {-3.0, -2.0, -1.0, 0.0}
    assert all(int((length == k).sum()) > N / 8 for k in (-3.0, -2.0, -1.0, 0.0))
    torch.testing.assert_close((s * 8).round(), s * 8)
    assert bool((t >= PATH.t_min).all())
    assert float(s.max()) == 1.0


def test_the_rest_of_the_batch_stands_still() -> None:
    t, s = jumps(T, U, 100, 7, PATH)
    assert torch.equal(t[100:], T[100:])
    assert torch.equal(s[100:], T[100:])
    assert bool((s[:100] > t[:100]).all())
