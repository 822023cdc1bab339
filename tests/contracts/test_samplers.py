"""Every sampler reaches the right distribution, and equalities between them hold."""

from __future__ import annotations

import itertools

import pytest
import torch

from core.grids.log_snr import LogSnr
from core.grids.uniform import Uniform
from core.numerics.noise import Noise, normal
from core.numerics.posterior import variance
from core.numerics.solve import solve
from core.parts.making import make
from core.paths.linear import Linear
from core.paths.vp_linear import VpLinear
from core.paths.vp_sde import VpSde
from core.run import StepNoises
from core.spec import Part
from tests.contracts import registered

STEPS = {"dormand-prince": 5, "mean-flow": 1, "consistency": 1}


def one_step(name: str, path, t: float, s: float, z: torch.Tensor | None = None, **params: object) -> torch.Tensor:
    x = normal(1, "source", torch.arange(256), 2)
    noise = registered.FixedNoise(torch.zeros_like(x) if z is None else z)
    times = (torch.tensor(value, dtype=torch.float64) for value in (t, s))
    return registered.sampler(name, **params).step(registered.exact(path), x, *times, None, noise).x


def three_steps(name: str, path, **params: object) -> torch.Tensor:
    x0 = normal(1, "source", torch.arange(256), 2)
    times = torch.linspace(0.4, 0.55, 4, dtype=torch.float64)
    *_, end = solve(registered.exact(path), registered.sampler(name, **params), x0, times)
    return end


def test_euler_on_the_linear_path_is_ddim() -> None:
    torch.testing.assert_close(one_step("euler", Linear(), 0.4, 0.5), one_step("ddim", Linear(), 0.4, 0.5))


def test_euler_maruyama_without_diffusion_is_euler() -> None:
    for path in (Linear(), VpLinear()):
        silent = one_step("euler-maruyama", path, 0.4, 0.45, torch.ones(256, 2, dtype=torch.float64), strength=0.0)
        assert torch.equal(silent, one_step("euler", path, 0.4, 0.45))


def test_euler_maruyama_with_the_paths_own_diffusion_is_the_reverse_sde_of_vp() -> None:
    """Song et al. 2021, eq. 6 with f = -beta x / 2 and g^2 = beta, and their time tau = 1 - t."""
    path, t, h = VpSde(), registered.moment(0.4), 0.01
    z, x = normal(2, "step", torch.arange(256), 2), normal(1, "source", torch.arange(256), 2)
    beta = 0.1 + 19.9 * (1.0 - t)
    score = registered.exact(path)(x, t).score(path.at(t))
    expected = x + h * (0.5 * beta * x + beta * score) + torch.sqrt(beta * h) * z
    torch.testing.assert_close(one_step("euler-maruyama", path, 0.4, 0.4 + h, z, diffusion="path"), expected)


def test_unipc_with_one_point_and_no_correction_is_ddim() -> None:
    for path in (Linear(), VpLinear()):
        ours = three_steps("unipc", path, p=1, corrector=False)
        torch.testing.assert_close(ours, three_steps("ddim", path), rtol=1e-9, atol=1e-9)


def test_dpm_solver_pp_2m_sde_without_noise_is_2m() -> None:
    for path in (Linear(), VpLinear()):
        torch.testing.assert_close(three_steps("dpmpp-2m-sde", path, eta=0.0), three_steps("dpmpp-2m", path))


def test_dpm_solver_pp_2m_sde_is_ddpm_in_its_first_step() -> None:
    """Both solve the SDE exactly where the data estimate does not change: Lu et al. 2022 (DPM-Solver++), section 5."""
    z = normal(2, "step", torch.arange(256), 2)
    for path in (Linear(), VpLinear()):
        torch.testing.assert_close(
            one_step("dpmpp-2m-sde", path, 0.4, 0.5, z), one_step("ddpm", path, 0.4, 0.5, z), rtol=1e-9, atol=1e-9
        )


def test_edm_heun_is_heun_where_sigma_falls_evenly() -> None:
    path = make("path", Part("edm", {"rho": 1.0}))
    torch.testing.assert_close(one_step("edm-heun", path, 0.9, 0.95), one_step("heun", path, 0.9, 0.95))


def test_edm_heun_with_churn_is_the_published_algorithm() -> None:
    """Karras et al. 2022, algorithm 2, lines 4 to 11, in its own symbols."""
    path = make("path", Part("edm"))
    z, x = normal(2, "step", torch.arange(256), 2), normal(1, "source", torch.arange(256), 2)
    field = registered.exact(path)

    def time(sigma: torch.Tensor) -> torch.Tensor:
        return path.t_of_lam(-torch.log(sigma))

    t_i, t_next = path.at(registered.moment(0.6)).sigma, path.at(registered.moment(0.7)).sigma
    t_hat = t_i + (30.0 / 100) * t_i
    x_hat = x + torch.sqrt(t_hat**2 - t_i**2) * 1.007 * z
    d = (x_hat - field(x_hat, time(t_hat)).x1) / t_hat
    x_next = x_hat + (t_next - t_hat) * d
    d_next = (x_next - field(x_next, time(t_next)).x1) / t_next
    expected = x_hat + (t_next - t_hat) * 0.5 * (d + d_next)
    ours = one_step("edm-heun", path, 0.6, 0.7, z, s_churn=30.0, n_steps=100, s_noise=1.007)
    torch.testing.assert_close(ours, expected, rtol=1e-8, atol=1e-8)
    unchurned = one_step("edm-heun", path, 0.6, 0.7, z, s_churn=30.0, n_steps=100, s_min=float(t_i) * 1.1)
    assert torch.equal(unchurned, one_step("edm-heun", path, 0.6, 0.7))


def test_predictor_without_corrector_is_ddpm() -> None:
    z = normal(2, "step", torch.arange(256), 2)
    alone = one_step("predictor-corrector", VpLinear(), 0.5, 0.52, z, n_corrector=0)
    torch.testing.assert_close(alone, one_step("ddpm", VpLinear(), 0.5, 0.52, z))


def test_corrections_mend_a_distribution() -> None:
    """From a spread that is wrong by half, Langevin steps come close to that of the Gaussian."""
    field = registered.GaussianField([1.0, -2.0], 0.5, VpSde())
    t, s = registered.moment(0.6), registered.moment(0.6 + 1e-4)
    wrong = field.path.at(t).alpha * field.mean + 1.5 * field.spread(t) * normal(1, "source", torch.arange(4096), 2)
    noise = StepNoises(Noise(7, 4096, (2,), registered.CPU, torch.float64))
    off = []
    for n in (0, 5, 20):
        sampler = registered.sampler("predictor-corrector", n_corrector=n, snr=0.3)
        spread = sampler.step(field, wrong, t, s, None, noise).x.std(0)
        off.append(float((spread / field.spread(s) - 1.0).abs().max()))
    assert off == sorted(off, reverse=True)
    assert off[0] > 0.45
    assert off[2] < 0.08


@pytest.mark.parametrize("path", ["linear", "vp-sde", "edm"])
def test_jumps_reach_the_flows_own_end_in_any_number_of_steps(path: str) -> None:
    """The closed-form flow map of a Gaussian, beside RK4 on its field; a preview extends the chord of a jump."""
    field = registered.GaussianField([1.0, -2.0], 0.5, registered.path(path))
    times = torch.linspace(field.path.t_min, 0.9, 201, dtype=torch.float64)
    x = field.path.at(times[0]).sigma * normal(1, "source", torch.arange(64), 2)
    *_, end = solve(field, registered.sampler("rk4"), x, times)
    for n in (1, 4):
        *_, jumped = solve(field, registered.sampler("mean-flow", n_steps=n), x, times[:: 200 // n])
        torch.testing.assert_close(jumped, end, rtol=1e-5, atol=1e-5)
    one = registered.moment(1.0)
    first, again = (
        registered.sampler(name).step(field, x, times[0], one, None, registered.FixedNoise(x))
        for name in ("mean-flow", "consistency")
    )
    assert torch.equal(first.x, again.x)
    assert torch.equal(again.x, again.estimate.x1)
    if path == "linear":  # where a velocity that stays leads straight to the preview
        torch.testing.assert_close(first.x, first.estimate.x1, rtol=1e-9, atol=1e-9)


def test_dpm_solver_1_is_ddim() -> None:
    for path in (Linear(), VpLinear()):
        ours, ddim = one_step("dpm-solver-1", path, 0.4, 0.45), one_step("ddim", path, 0.4, 0.45)
        torch.testing.assert_close(ours, ddim, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("path", [Linear(), VpLinear()], ids=["linear", "vp-linear"])
def test_time_is_found_from_log_snr(path) -> None:
    for t in (path.t_min, 0.1, 0.5, 0.9, path.t_max):
        lam = path.at(torch.tensor(t, dtype=torch.float64)).lam
        assert float(path.t_of_lam(lam)) == pytest.approx(t, abs=1e-10)


def test_ddpm_with_posterior_variance_is_ddim_with_all_noise() -> None:
    z = normal(2, "step", torch.arange(256), 2)
    torch.testing.assert_close(
        one_step("ddpm", VpLinear(), 0.5, 0.52, z), one_step("ddim", VpLinear(), 0.5, 0.52, z, eta=1.0)
    )


def test_ddpm_step_is_the_published_one() -> None:
    """Ho et al. 2020, algorithm 2 line 4, in its own symbols, at k = 400 of T = 1000."""
    path, k = VpLinear(), 400
    betas = torch.from_numpy(path.betas())
    abar = torch.cumprod(1 - betas, 0)
    z, x = normal(2, "step", torch.arange(256), 2), normal(1, "source", torch.arange(256), 2)
    t = torch.tensor(1 - k / 1000, dtype=torch.float64)
    eps = registered.exact(path)(x, t).x0
    beta, bar = betas[k - 1], abar[k - 1]
    posterior = beta * (1 - abar[k - 2]) / (1 - bar)
    expected = (x - beta / torch.sqrt(1 - bar) * eps) / torch.sqrt(1 - beta) + torch.sqrt(posterior) * z
    torch.testing.assert_close(
        one_step("ddpm", path, 1 - k / 1000, 1 - (k - 1) / 1000, z), expected, rtol=1e-8, atol=1e-8
    )


def test_posterior_variance_is_that_of_the_joint_gaussian() -> None:
    """By simulation: x_s from data, x_t from x_s; the variance of x_s given x_t and x1 is a regression residual."""
    path = VpLinear()
    here, there = (path.at(torch.tensor(t, dtype=torch.float64)) for t in (0.5, 0.6))
    z1, z2 = normal(3, "source", torch.arange(400_000), 2).T
    x_s = there.sigma * z1
    ratio = here.alpha / there.alpha
    x_t = ratio * x_s + torch.sqrt(here.sigma**2 - (ratio * there.sigma) ** 2) * z2
    slope = (x_s * x_t).mean() / x_t.square().mean()
    assert float((x_s - slope * x_t).var()) == pytest.approx(float(variance(here, there)), rel=0.01)


@registered.variants
@pytest.mark.parametrize("path", ["linear", "vp-linear", "edm"])
def test_a_gaussian_comes_out_with_its_mean_and_spread(name: str, params: dict[str, object], path: str) -> None:
    # less noise than EDM starts from, for which first order needs thousands of steps
    there = make("path", Part(path, {"sigma_max": 5.0, "rho": 3.0} if path == "edm" else {}))
    field = registered.GaussianField([1.0, -2.0], 0.5, there)
    sampler = registered.sampler(name, **{"n_steps": STEPS.get(name, 200), **params})
    noise = Noise(7, 2048, (2,), registered.CPU, torch.float64)
    times = (LogSnr() if sampler.adaptive else Uniform()).times(field.path, sampler.n_steps)
    start = field.path.at(times[0]).alpha * field.mean + field.spread(times[0]) * noise.source()
    draws, x, state = StepNoises(noise), start, None
    for t, s in itertools.pairwise(times):
        if s < 1.0 or sampler.jumps:
            step = sampler.step(field, x, t, s, state, draws)
            x, state = step.x, step.state
        else:
            x = field(x, t).x1
    torch.testing.assert_close(x.mean(0), torch.tensor([1.0, -2.0], dtype=torch.float64), rtol=0, atol=0.03)
    torch.testing.assert_close(x.std(0), torch.full((2,), 0.5, dtype=torch.float64), rtol=0.05, atol=0)
