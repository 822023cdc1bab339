"""Grids stand where their papers put them; that every grid rises on every path is swept in `test_paths`."""

from __future__ import annotations

import pytest
import torch

from core.parts.making import make
from core.spec import Part
from tests.contracts import registered


def test_karras_levels_are_the_published_ones() -> None:
    """Karras et al. 2022, eq. 5, rho = 7 and sigma from 80 to 0.002: the first levels of their 18 for CIFAR-10."""
    path = registered.path("edm")
    levels = path.at(make("grid", Part("karras")).times(path, 18)[:-1]).sigma
    assert float(levels[0]) == pytest.approx(80.0)
    assert levels[1:3].tolist() == pytest.approx([57.6, 40.8], rel=5e-3)
    assert float(levels[-1]) == pytest.approx(0.002, rel=5e-3)


@pytest.mark.parametrize("name", registered.PATHS)
def test_karras_roots_of_the_noise_level_fall_evenly_on_every_path(name: str) -> None:
    path, rho = registered.path(name), 5.0
    times = make("grid", Part("karras", {"rho": rho})).times(path, 40)[:-1]
    roots = torch.exp(-path.at(times).lam / rho)
    steps = roots.diff()
    torch.testing.assert_close(steps, steps.mean().expand(39), rtol=1e-5, atol=1e-9)


def test_the_end_of_the_grid_gets_more_steps_the_larger_rho_is() -> None:
    path = registered.path("vp-sde")
    low = [int((make("grid", Part("karras", {"rho": rho})).times(path, 50) > 0.9).sum()) for rho in (1.0, 3.0, 7.0)]
    assert low == sorted(low)
    assert low[0] < low[-1]
