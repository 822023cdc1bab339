"""Evenly spread random numbers: a scrambled Sobol sequence, each row a function of the seed and of its number alone.

Every number of it is uniform as of any generator, but rows know of each other: they leave no gaps, so that a mean over
n of them errs by about 1/n where one of independent rows errs by 1/sqrt(n). Scrambling keeps it without bias.
References: Sobol, "On the distribution of points in a cube" (1967); Matoušek, "On the L2-discrepancy for anchored
boxes" (1998), for the scrambling; Joe and Kuo (2008), for the direction numbers, which come with torch.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.quasirandom import SobolEngine

_SPAN = 1 << 24
"""Rows of one scrambling: torch knows 2^30 of them, and passes this many over in a tenth of a second."""
_NEXT_SPAN = 0x9E3779B1
_SEEDS = 1 << 32
_HALF = 2.0**-31
"""Half of the distance of two numbers: none is 0 or 1 then."""


class Sobol:
    """Rows of ``n_numbers`` uniform numbers; any can be asked for, and those that follow the last ones cost least."""

    def __init__(self, seed: int, n_numbers: int) -> None:
        self.n_numbers = n_numbers
        self._seed = seed
        self._span, self._engine = -1, SobolEngine(1)  # type: ignore[no-untyped-call]

    def rows(self, first: int, n: int) -> Tensor:
        """Rows first..first+n-1: [n, n_numbers] float64 in (0, 1)."""
        parts = []
        while n > 0:
            span, place = divmod(first, _SPAN)
            here = min(n, _SPAN - place)
            parts.append(self._at(span, place).draw(here, dtype=torch.float64).add_(_HALF))
            first, n = first + here, n - here
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _at(self, span: int, place: int) -> SobolEngine:
        if span != self._span or place < self._engine.num_generated:
            self._span = span
            seed = (self._seed + span * _NEXT_SPAN) % _SEEDS
            self._engine = SobolEngine(self.n_numbers, scramble=True, seed=seed)  # type: ignore[no-untyped-call]
        if place > self._engine.num_generated:
            self._engine.fast_forward(place - self._engine.num_generated)  # type: ignore[no-untyped-call]
        return self._engine
