"""Counter-based randomness: a normal number is a function of (seed, purpose, particle, element, draw) and nothing else.

Batch size, device and order of evaluation do not enter, so two runs with one seed share their noise particle by
particle, whatever the method or the number of steps. The hash is SplitMix64's finaliser (Steele, Lea and Flood, "Fast
splittable pseudorandom number generators", 2014); normals come from Box and Muller (1958).

Stochastic samplers draw from a `BrownianPath`: one path W per particle, refined as a dyadic tree over t, so that a run
with more steps follows the same path.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Bits = NDArray[np.uint64]
Purpose = Literal["source", "data", "path", "pair", "step", "projection", "index"]
_PURPOSES: dict[Purpose, int] = {name: i + 1 for i, name in enumerate(get_args(Purpose))}
_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_TREE_DEPTH = 50
_TIME_BITS = 20
_DRAWN_AT_ONCE = 1 << 14
"""Numbers that one call draws of several levels, at most: more of them no longer lie in the cache."""


def _mix(z: Bits) -> Bits:
    """The hash, in the place of z."""
    z ^= z >> 30
    z *= 0xBF58476D1CE4E5B9
    z ^= z >> 27
    z *= 0x94D049BB133111EB
    z ^= z >> 31
    return z


def _mix_int(value: int) -> int:
    value &= _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def _key(seed: int, purpose: Purpose, draw: int) -> int:
    key = _mix_int(seed + _GOLDEN)
    key = _mix_int(key ^ (_PURPOSES[purpose] * _GOLDEN))
    return _mix_int(key ^ _mix_int(draw + _GOLDEN))


def _bits(seed: int, purpose: Purpose, particles: Tensor, n_elements: int, draws: Sequence[int]) -> Bits:
    """Hashed counters [D, B, n_elements]. Overflow is the arithmetic of 64 bits."""
    elements = np.arange(1, n_elements + 1, dtype=np.uint64) * _GOLDEN
    keys = np.array([_key(seed, purpose, draw) for draw in draws], np.uint64)
    rows = _mix(particles.numpy().view(np.uint64) * _GOLDEN + keys[:, None])
    return _mix(rows[..., None] + elements)


def uniforms(seed: int, purpose: Purpose, particles: Tensor, n_elements: int, draws: Sequence[int]) -> Tensor:
    """Uniform numbers in (0, 1), [D, B, n_elements] float64 of several draws, for particle indices [B] (int64)."""
    high = _bits(seed, purpose, particles, n_elements, draws) >> 11
    return torch.from_numpy(high.view(np.int64)).double().add_(0.5).mul_(2.0**-53)


def uniform(seed: int, purpose: Purpose, particles: Tensor, n_elements: int = 1, draw: int = 0) -> Tensor:
    """Uniform numbers in (0, 1), [B, n_elements] float64, for particle indices [B] (int64)."""
    return uniforms(seed, purpose, particles, n_elements, [draw])[0]


def normals(seed: int, purpose: Purpose, particles: Tensor, n_elements: int, draws: Sequence[int]) -> Tensor:
    """Standard normal numbers [D, B, n_elements] float64 of several draws, for particle indices [B] (int64)."""
    pairs = (n_elements + 1) // 2
    u = uniforms(seed, purpose, particles, 2 * pairs, draws)
    radius = torch.log(u[..., 0::2]).mul_(-2.0).sqrt_()
    angle = 2.0 * math.pi * u[..., 1::2]
    both = torch.empty_like(u)
    torch.mul(radius, torch.cos(angle), out=both[..., 0::2])
    torch.mul(radius, torch.sin(angle), out=both[..., 1::2])
    return both[..., :n_elements]


def normal(seed: int, purpose: Purpose, particles: Tensor, n_elements: int = 1, draw: int = 0) -> Tensor:
    """Standard normal numbers [B, n_elements] float64, for particle indices [B] (int64)."""
    return normals(seed, purpose, particles, n_elements, [draw])[0]


def _place(t: float) -> int:
    """The place of a time in [0, 1] on the tree's 2^50 intervals: of its distance to the nearer end, 20 binary digits.

    Grids crowd at the ends, where a distance of 1e-6 may hold many steps; elsewhere fewer digits are fewer levels.
    """
    distance = min(t, 1.0 - t)
    if distance <= 0.0:
        return 0 if t <= 0.0 else 1 << _TREE_DEPTH
    bits = min(_TREE_DEPTH, _TIME_BITS - math.frexp(distance)[1])
    place = round(distance * (1 << bits)) << (_TREE_DEPTH - bits)
    return place if t <= 0.5 else (1 << _TREE_DEPTH) - place


@dataclass
class _Node:
    """An interval of the dyadic tree with W at its two ends."""

    start: int
    end: int
    w_start: Tensor
    w_end: Tensor


class BrownianPath:
    """W(t) on [0, 1] for each particle and element, with W(0) = 0, exact on the times that `_place` tells apart.

    Lévy's construction: the midpoint of an interval is the mean of its ends plus a normal of a quarter of its length.
    The way down to the last time is kept, so that rising times cost few hashes each.
    """

    def __init__(
        self,
        seed: int,
        particles: Tensor,
        shape: tuple[int, ...],
        dtype: torch.dtype,
        device: torch.device | None = None,
    ) -> None:
        self._seed, self._particles, self._shape, self._dtype = seed, particles, shape, dtype
        self._device = device or particles.device
        self._n = math.prod(shape)
        zero = torch.zeros(len(particles), self._n, dtype=torch.float64, device=particles.device)
        self._way = [_Node(0, 1 << _TREE_DEPTH, zero, normal(seed, "path", particles, self._n, 1))]

    def _at(self, place: int) -> Tensor:
        while not self._way[-1].start <= place <= self._way[-1].end:
            self._way.pop()
        node = self._way[-1]
        for middle, drawn in self._down(node.start, node.end, place):
            length = (node.end - node.start) / (1 << _TREE_DEPTH)
            bridge = (node.w_start + node.w_end).mul_(0.5).add_(drawn.mul_(0.5 * math.sqrt(length)))
            if place < middle:
                node = _Node(node.start, middle, node.w_start, bridge)
            else:
                node = _Node(middle, node.end, bridge, node.w_end)
            self._way.append(node)
        return node.w_start if place == node.start else node.w_end

    def _down(self, start: int, end: int, place: int) -> Iterator[tuple[int, Tensor]]:
        """The middles between an interval and a place in it, each with its normal numbers [B, n].

        A few particles' numbers cost less than the call that draws them, so a call draws those of many levels.
        """
        middles = []
        while place not in (start, end):
            middles.append(middle := (start + end) // 2)
            start, end = (start, middle) if place < middle else (middle, end)
        lot = max(1, _DRAWN_AT_ONCE // max(1, len(self._particles) * self._n))
        for first in range(0, len(middles), lot):
            some = middles[first : first + lot]
            draws = [middle + 2 for middle in some]  # they are distinct over the tree; 1 is the root's end
            yield from zip(some, normals(self._seed, "path", self._particles, self._n, draws), strict=True)

    def increment(self, t: float, s: float) -> Tensor:
        """(W(s) - W(t)) / sqrt(s - t): standard normal [B, *shape], for t < s in [0, 1]."""
        start, end = _place(t), _place(s)
        if end <= start:
            raise ValueError(f"times {t} and {s} are closer than the Brownian path resolves")
        before = self._at(start)
        scale = math.sqrt((end - start) / (1 << _TREE_DEPTH))
        return ((self._at(end) - before) / scale).reshape(-1, *self._shape).to(self._device, self._dtype)


@dataclass(frozen=True)
class Noise:
    """All randomness of a sampling run, for particles 0..n-1 with a given shape.

    It is drawn on the processor and then moved, so that every device gets the same bits.
    """

    seed: int
    n: int
    shape: tuple[int, ...]
    device: torch.device
    dtype: torch.dtype

    @property
    def particles(self) -> Tensor:
        return torch.arange(self.n)

    def source(self) -> Tensor:
        """x0, standard normal [n, *shape]: the same for every method."""
        x0 = normal(self.seed, "source", self.particles, math.prod(self.shape))
        return x0.reshape(self.n, *self.shape).to(self.device, self.dtype)

    def fresh(self, t: float, draw: int) -> Tensor:
        """Standard normal [n, *shape] that belongs to a particle, a time and a draw number: independent of W."""
        key = (draw << (_TREE_DEPTH + 1)) + _place(t)
        z = normal(self.seed, "step", self.particles, math.prod(self.shape), key)
        return z.reshape(self.n, *self.shape).to(self.device, self.dtype)

    def brownian(self) -> BrownianPath:
        return BrownianPath(self.seed, self.particles, self.shape, self.dtype, self.device)
