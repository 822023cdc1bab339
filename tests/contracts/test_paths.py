"""Every path: its derivatives are autograd's, lam rises, and nothing is infinite at either end."""

from __future__ import annotations

import pytest
import torch

from core import registry
from core.grids import Grid
from core.parts import make
from core.predictions import PREDICTIONS, decode, target
from core.spec import Part
from tests.contracts import registered

paths = pytest.mark.parametrize("name", registered.PATHS)


def interior(path) -> torch.Tensor:
    # off the knots of a spline, where its second derivative jumps
    return torch.linspace(path.t_min, path.t_max, 997, dtype=torch.float64)[1:-1]


@paths
def test_derivatives_are_those_of_autograd(name: str) -> None:
    path = registered.path(name)
    t = interior(path).requires_grad_()
    c = path.at(t)
    for value, derivative in ((c.alpha, c.d_alpha), (c.sigma, c.d_sigma)):
        (gradient,) = torch.autograd.grad(value.sum(), t, retain_graph=True)
        torch.testing.assert_close(derivative, gradient, rtol=1e-9, atol=1e-9)


@paths
def test_signal_to_noise_rises_with_time(name: str) -> None:
    path = registered.path(name)
    lam = path.at(torch.linspace(path.t_min, path.t_max, 5000, dtype=torch.float64)).lam
    assert torch.isfinite(lam).all()
    assert (lam.diff() > 0).all()


@paths
def test_starts_at_noise_and_ends_at_data(name: str) -> None:
    path = registered.path(name)
    first, last = (path.at(torch.tensor(t, dtype=torch.float64)) for t in (path.t_min, 1.0))
    assert float(first.alpha) < 0.01
    assert float(first.sigma) == pytest.approx(1.0, abs=1e-3)
    assert (float(last.alpha), float(last.sigma)) == pytest.approx((1.0, 0.0), abs=1e-12)


@paths
@pytest.mark.parametrize("kind", PREDICTIONS)
def test_decoding_undoes_encoding_at_both_ends_and_between(name: str, kind) -> None:
    path = registered.path(name)
    generator = torch.Generator().manual_seed(0)
    x1, x0 = torch.randn(2, 64, 2, dtype=torch.float64, generator=generator)
    for t in (path.t_min, 0.3, 0.7, path.t_max):
        c = path.at(torch.tensor(t, dtype=torch.float64))
        estimate = decode(kind, target(kind, x1, x0, c), c.alpha * x1 + c.sigma * x0, c)
        assert torch.isfinite(estimate.velocity(c)).all()
        torch.testing.assert_close(estimate.x1, x1, rtol=1e-6, atol=1e-6)
        torch.testing.assert_close(estimate.x0, x0, rtol=1e-6, atol=1e-6)


def test_ddpm_noise_levels_match_the_published_schedule() -> None:
    assert make("path", Part("vp-linear")).alpha_bar(1000) == pytest.approx(4.04e-5, rel=5e-3)
    assert make("path", Part("vp-linear", {"T": 500})).alpha_bar(500) == pytest.approx(6.35e-3, rel=5e-3)


def test_cosine_levels_match_the_closed_form_before_the_clipped_end() -> None:
    path = make("path", Part("vp-cosine"))
    for k in (1, 250, 500, 990):
        closed = torch.cos(torch.tensor((k / 1000 + 0.008) / 1.008 * torch.pi / 2, dtype=torch.float64)) ** 2
        start = torch.cos(torch.tensor(0.008 / 1.008 * torch.pi / 2, dtype=torch.float64)) ** 2
        assert path.alpha_bar(k) == pytest.approx(float(closed / start), rel=1e-9)


@pytest.mark.parametrize("grid_name", list(registry.entries("grid")))
@pytest.mark.parametrize("n_steps", [1, 2, 3, 50, 1000])
def test_grids_rise_from_the_start_to_the_data(grid_name: str, n_steps: int) -> None:
    grid: Grid = make("grid", Part(grid_name))
    for name in registered.PATHS:
        path = registered.path(name)
        if not set(grid.needs) <= set(path.provides):
            continue
        times = grid.times(path, n_steps)
        assert len(times) == n_steps + 1
        assert (times.diff() > 0).all()
        assert float(times[0]) == path.t_min
        assert float(times[-1]) == 1.0
        assert float(times[-2]) <= path.t_max + 1e-12


def test_strided_grid_stands_exactly_on_the_discrete_steps() -> None:
    path = make("path", Part("vp-linear", {"T": 200}))
    times = make("grid", Part("ddpm-stride")).times(path, 50)
    alphas = path.at(times).alpha.square()
    expected = torch.tensor([path.alpha_bar(k) for k in range(200, -1, -4)], dtype=torch.float64)
    torch.testing.assert_close(alphas, expected, rtol=1e-10, atol=0)
