"""Every path: its derivatives are autograd's, lam rises, and nothing is infinite at either end."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.interpolate import PchipInterpolator

from core import registry
from core.grids import Grid
from core.numerics.discrete import DiscretePath
from core.numerics.noise import normal
from core.parts.making import make
from core.predictions import PREDICTIONS, Reading
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
        (gradient,) = torch.autograd.grad((value + 0.0 * t).sum(), t, retain_graph=True)  # alpha may be constant
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
    assert path.signal_left() == pytest.approx(float(first.alpha / first.sigma))
    assert path.signal_left() < 0.06
    assert float(last.alpha) == pytest.approx(1.0)
    assert float(last.sigma) <= 0.011
    if path.bounded:
        assert float(first.sigma) == pytest.approx(1.0, abs=2e-3)
        assert float(last.sigma) == pytest.approx(0.0, abs=1e-12)


class Steep(DiscretePath, frozen=True):
    """Steps of all sizes, the second and the last but one so large that a parabola would rise at both ends."""

    T: int = 40

    def betas(self) -> np.ndarray:
        betas = np.random.default_rng(1).uniform(0.001, 0.5, self.T)
        betas[[0, -1]], betas[[1, -2]] = 0.001, 0.9
        return betas


@pytest.mark.parametrize("name", ["vp-linear", "vp-quadratic", "vp-cosine", "steep"])
@pytest.mark.parametrize("steps", [10, 40, 1000])
def test_between_its_steps_a_schedule_is_the_spline_of_scipy(name: str, steps: int) -> None:
    path = Steep(steps) if name == "steep" else make("path", Part(name, {"T": steps}))
    knots = [0.5 * np.log(path.alpha_bar(k)) for k in range(steps + 1)]
    t = torch.linspace(0.0, 1.0, 777, dtype=torch.float64)
    expected = PchipInterpolator(np.arange(steps + 1), knots)((1.0 - t.numpy()) * steps)
    np.testing.assert_allclose(path.at(t).alpha.log().numpy(), expected, rtol=1e-9, atol=1e-12)


def test_zero_terminal_snr_gap_is_reported_not_hidden() -> None:
    """The published schedules never reach pure noise (Lin et al. 2024, table 1: sqrt(abar_T) = 0.0064 for DDPM at 1,000
    steps, and 0.0797 at 500)."""
    gaps = [make("path", Part("vp-linear", {"T": steps})).signal_left() for steps in (1000, 500)]
    assert gaps == pytest.approx([4.04e-5**0.5, 6.35e-3**0.5], rel=5e-3)
    assert registry.entries("path")["vp-linear"].facts()["signal_left"] == pytest.approx(0.00635, rel=1e-2)
    assert make("path", Part("linear")).signal_left() < 2e-4


def test_sigma_min_is_what_is_left_at_the_data() -> None:
    path = make("path", Part("linear", {"sigma_min": 0.01}))
    t = torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64)
    torch.testing.assert_close(path.at(t).sigma, torch.tensor([1.0, 0.505, 0.01], dtype=torch.float64))
    blend = path.blend(torch.ones(3, 1), torch.full((3, 1), -2.0), None, t)
    torch.testing.assert_close(blend.velocity, torch.full((3, 1), 1 + 2 * 0.99, dtype=torch.float64))


def test_noise_of_a_bridge_belongs_to_its_velocity() -> None:
    """d Var(x_t) / dt = 2 Cov(x_t, dx_t/dt), within three standard errors; without the derivative of gamma it fails."""
    path, n = make("path", Part("noisy-bridge", {"scale": 0.5})), 400_000
    x1, x0, z = (normal(4, "pair", torch.arange(n), 1, draw) for draw in (0, 1, 2))
    for at in (0.1, 0.3, 0.8):
        t = torch.full((n,), at, dtype=torch.float64)
        blend = path.blend(x1, x0, z, t)
        c = path.at(t[0])
        slope = 2 * c.alpha * c.d_alpha + 2 * c.sigma * c.d_sigma  # of alpha^2 + sigma^2, the variance of x_t
        products = 2 * blend.x_t * blend.velocity
        error = float(products.std()) / n**0.5
        assert float(products.mean()) == pytest.approx(float(slope), abs=3 * error)
        naive = 2 * blend.x_t * (x1 - x0)
        assert abs(float(naive.mean() - slope)) > 10 * error
        torch.testing.assert_close(c.alpha * x1 + c.sigma * blend.x0, blend.x_t)
        assert float(blend.x0.std()) == pytest.approx(1.0, rel=5e-3)


@paths
def test_the_velocity_of_a_pair_is_the_derivative_of_its_way(name: str) -> None:
    """By forward differentiation of the way, which knows no formula of the velocity."""
    path = registered.path(name)
    x1, x0, z = (normal(4, "pair", torch.arange(50), 2, draw) for draw in (0, 1, 2))
    t = torch.linspace(path.t_min + 0.01, path.t_max - 0.01, 50, dtype=torch.float64)
    _, slope = torch.func.jvp(lambda time: path.blend(x1, x0, z, time).x_t, (t,), (torch.ones_like(t),))
    torch.testing.assert_close(path.blend(x1, x0, z, t).velocity, slope, rtol=1e-9, atol=1e-9)


@paths
def test_times_are_found_by_their_noise(name: str) -> None:
    """Alone and many at once, and at the ends where there is more noise, or less, than the path has."""
    path = registered.path(name)
    times = torch.linspace(path.t_min, path.t_max, 9, dtype=torch.float64)
    lams = path.at(times).lam
    torch.testing.assert_close(path.times_of_lam(lams), times, rtol=0, atol=1e-9)
    torch.testing.assert_close(torch.stack([path.t_of_lam(lam) for lam in lams]), times, rtol=0, atol=1e-9)
    beyond = torch.stack([lams[0] - 1.0, lams[-1] + 1.0])
    torch.testing.assert_close(path.times_of_lam(beyond), times[[0, -1]], rtol=0, atol=1e-9)


@paths
@pytest.mark.parametrize("kind", PREDICTIONS)
def test_decoding_undoes_encoding_at_both_ends_and_between(name: str, kind) -> None:
    path = registered.path(name)
    generator = torch.Generator().manual_seed(0)
    x1, x0 = torch.randn(2, 64, 2, dtype=torch.float64, generator=generator)
    for t in (path.t_min, 0.3, 0.7, path.t_max):
        c = path.at(torch.tensor(t, dtype=torch.float64))
        reading = Reading(kind, data_std=1.7)
        estimate = reading.decode(reading.target(x1, x0, c), c.alpha * x1 + c.sigma * x0, c)
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
@pytest.mark.parametrize("n_steps", [1, 2, 3, 50, 120])
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
