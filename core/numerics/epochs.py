"""Orders of a finite set, as functions of a sample's number: nothing to save, and a resumed run goes on bit for bit."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from core.numerics.noise import uniform, uniforms

_KEPT = 8
"""Orders that are kept, at most."""
_SPLIT_SEED = 0
_SPLIT_DRAW = -1
"""No epoch has this number: an epoch's order is draw 1, 2, ..."""


def shuffled(seed: int, index: Tensor, n: int) -> Tensor:
    """Which of n samples stands at each place of a sequence that goes through all of them, in a new order each epoch.

    Args:
        index: places [B] in the sequence, rising (int64).

    Returns:
        Numbers in 0..n-1, [B] int64.
    """
    epochs = range(int(index[0]) // n, int(index[-1]) // n + 1)
    if len(epochs) <= _KEPT:
        return torch.cat([_order(seed, n, epoch + 1)[index[index // n == epoch] % n] for epoch in epochs])
    # the set is small beside what is asked for: all orders at once
    hashes = uniforms(seed, "index", torch.arange(n), 1, [epoch + 1 for epoch in epochs])[..., 0]
    return torch.argsort(hashes, dim=1).reshape(-1)[index - epochs[0] * n]


def split(n: int, n_validation: int) -> tuple[Tensor, Tensor]:
    """The training part [n - n_validation] and the validation part [n_validation] of 0..n-1, each in rising order.

    The validation part are the numbers with the smallest hashes `uniform(0, "index", number, draw=-1)`: the same for
    every seed and on every machine.
    """
    order = _order(_SPLIT_SEED, n, _SPLIT_DRAW)
    return order[n_validation:].sort().values, order[:n_validation].sort().values


@lru_cache(maxsize=_KEPT)
def _order(seed: int, n: int, draw: int) -> Tensor:
    """0..n-1 sorted by hash; kept, since a training asks for the order of one epoch many times."""
    return torch.argsort(uniform(seed, "index", torch.arange(n), 1, draw)[:, 0])
