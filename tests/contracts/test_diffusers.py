"""Trajectories equal those of diffusers' schedulers on DDPM's linear betas, wherever diffusers is right.

Both step through the same k of T = 1,000 with the same noise estimate, the exact one of the eight Gaussians. Their
timestep k - 1 is our t = 1 - k / T.
"""

from __future__ import annotations

import itertools

import pytest
import torch

from core.grids.ddpm_stride import DdpmStride
from core.numerics.noise import normal
from core.parts.making import make
from core.paths.vp_linear import VpLinear
from core.spec import Part
from tests.contracts import registered

diffusers = pytest.importorskip("diffusers")
# diffusers turns torch's tensors to arrays in a way that NumPy 2 gives up
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")

PATH, N = VpLinear(), 20
TIMES = DdpmStride().times(PATH, N)
FIELD = registered.exact(PATH)
START = normal(1, "source", torch.arange(64), 2)
BETAS = {
    "num_train_timesteps": 1000, "beta_start": 1e-4, "beta_end": 0.02, "beta_schedule": "linear",
    "timestep_spacing": "trailing",
}  # fmt: skip


@pytest.mark.parametrize(("name", "schedule"), [("vp-linear", "linear"), ("vp-quadratic", "scaled_linear")])
@pytest.mark.parametrize("n", [200, 500, 1000])
def test_levels_of_noise_are_those_of_diffusers(name: str, schedule: str, n: int) -> None:
    path = make("path", Part(name, {"T": n}))
    theirs = diffusers.DDPMScheduler(**BETAS | {"num_train_timesteps": n, "beta_schedule": schedule}).alphas_cumprod
    ours = path.at(1.0 - torch.arange(1, n + 1, dtype=torch.float64) / n).alpha.square()
    torch.testing.assert_close(ours, theirs.double(), rtol=1e-4, atol=0)  # theirs are in single precision


class StepNoise:
    """A draw of its own for each step, the same for us and for them."""

    def __init__(self) -> None:
        self.z = [normal(2, "step", torch.arange(len(START)), 2, draw) for draw in range(N)]

    def increment(self, t: float, s: float) -> torch.Tensor:
        return self.z[int((TIMES - t).abs().argmin())]

    def fresh(self, t: float, draw: int) -> torch.Tensor:
        raise AssertionError("no sampler here draws twice")


NOISE = StepNoise()


def ours(name: str, **params: object) -> list[torch.Tensor]:
    """x at each time, 20 steps of which the last is x1_hat."""
    sampler, x, state = registered.sampler(name, n_steps=N, **params), START, None
    out = [x]
    for t, s in itertools.pairwise(TIMES):
        if s < 1.0:
            step = sampler.step(FIELD, x, t, s, state, NOISE)
            x, state = step.x, step.state
        else:
            x = FIELD(x, t).x1
        out.append(x)
    return out


def eps(x: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
    return FIELD(x, registered.moment(1 - (float(timestep) + 1) / 1000)).x0


def theirs(scheduler, **options: object) -> list[torch.Tensor]:
    """x after each of their steps; an option that is a list has a value for each step."""
    scheduler.set_timesteps(N)
    expected = [round((1 - float(t)) * 1000) - 1 for t in TIMES[:-1]]
    assert scheduler.timesteps.tolist() == expected
    x, out = START, [START]
    for i, timestep in enumerate(scheduler.timesteps):
        chosen = {name: value[i] if isinstance(value, list) else value for name, value in options.items()}
        x = scheduler.step(eps(x, timestep), timestep, x, **chosen).prev_sample
        out.append(x)
    return out


def assert_equal(ours: list[torch.Tensor], theirs: list[torch.Tensor]) -> None:
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b.double(), rtol=0, atol=1e-4)


@pytest.fixture
def injected(monkeypatch):
    """DDPM's scheduler draws its noise itself: it gets ours, step by step."""
    draws = iter(NOISE.z)
    monkeypatch.setattr("diffusers.schedulers.scheduling_ddpm.randn_tensor", lambda *_, **__: next(draws))


def test_ddpm_with_posterior_variance(injected) -> None:
    scheduler = diffusers.DDPMScheduler(**BETAS, variance_type="fixed_small", clip_sample=False)
    assert_equal(ours("ddpm"), theirs(scheduler))


def test_ddpm_with_variance_beta_but_for_the_noise_that_diffusers_leaves_in_the_data(injected) -> None:
    """diffusers leaves out the noise of the last step only if its timestep is 0 (Ho et al. 2020, algorithm 2: z = 0
    for the step to the data). In strided sampling the last step starts at a later timestep, 49 here, and the samples
    come out blurred by beta of the whole stride."""
    scheduler = diffusers.DDPMScheduler(**BETAS, variance_type="fixed_large", clip_sample=False)
    mine, other = ours("ddpm", variance="beta"), theirs(scheduler)
    assert_equal(mine[:-1], other[:-1])
    blur = (1 - PATH.alpha_bar(1000 // N)) ** 0.5
    torch.testing.assert_close(other[-1].double() - mine[-1], blur * NOISE.z[-1], rtol=0, atol=1e-4)
    assert blur > 0.15


@pytest.mark.parametrize("eta", [0.0, 0.4, 1.0])
def test_ddim(eta: float) -> None:
    scheduler = diffusers.DDIMScheduler(**BETAS, clip_sample=False, set_alpha_to_one=True)
    assert_equal(ours("ddim", eta=eta), theirs(scheduler, eta=eta, variance_noise=NOISE.z))


def dpm_solver(**options: object):
    return diffusers.DPMSolverMultistepScheduler(
        **BETAS, final_sigmas_type="zero", lower_order_final=False, **{"algorithm_type": "dpmsolver++", **options}
    )


def test_dpm_solver_pp_2m() -> None:
    assert_equal(ours("dpmpp-2m"), theirs(dpm_solver(solver_order=2)))


def test_dpm_solver_pp_2m_sde() -> None:
    scheduler = dpm_solver(solver_order=2, algorithm_type="sde-dpmsolver++")
    assert_equal(ours("dpmpp-2m-sde"), theirs(scheduler, variance_noise=NOISE.z))


def test_dpm_solver_pp_3m_is_our_published_variant_and_not_of_third_order() -> None:
    """diffusers, like the publication, takes the second divided difference for the second derivative, which is twice
    that: of second order, as `test_orders` measures. The corrected form is another trajectory."""
    other = theirs(dpm_solver(solver_order=3))
    assert_equal(ours("dpmpp-3m", variant="published"), other)
    assert float((ours("dpmpp-3m")[-2] - other[-2]).abs().max()) > 1e-3


def unipc(p: int, b: str):
    """Its ``lower_order_final`` makes the last step one of first order, as it always is here."""
    return diffusers.UniPCMultistepScheduler(
        **BETAS, solver_order=p, solver_type=b, final_sigmas_type="zero", lower_order_final=True
    )


@pytest.mark.parametrize("p", [1, 2])
def test_unipc(p: int) -> None:
    assert_equal(ours("unipc", p=p, b="bh2"), theirs(unipc(p, "bh2")))


@pytest.mark.parametrize("p", [1, 2])
def test_unipc_with_bh1_but_for_the_last_step_which_diffusers_cannot_make(p: int) -> None:
    """To sigma = 0 the step in log-SNR is infinite. The first-order step then has a limit, x1_hat, but diffusers adds
    B(h) = -h times a correction of 0 to it, which is not a number."""
    mine, other = ours("unipc", p=p, b="bh1"), theirs(unipc(p, "bh1"))
    assert_equal(mine[:-1], other[:-1])
    assert other[-1].isnan().all()
    assert mine[-1].isfinite().all()


def test_unipc_with_three_points_up_to_the_steps_of_lower_order() -> None:
    """diffusers lowers the order of the step before the last as well, and corrects the last by it."""
    assert_equal(ours("unipc", p=3)[:-2], theirs(unipc(3, "bh2"))[:-2])


def test_heun_in_the_noise_level() -> None:
    """Their samples are x / alpha, and each step is two of theirs, except for the last."""
    scheduler = diffusers.HeunDiscreteScheduler(**BETAS)
    scheduler.set_timesteps(N)
    y = START / PATH.at(TIMES[0]).alpha
    out = [START]
    for i, timestep in enumerate(scheduler.timesteps):
        y = scheduler.step(eps(scheduler.scale_model_input(y, timestep).double(), timestep), timestep, y).prev_sample
        if i % 2 == 1 or i == 2 * N - 2:
            out.append(y * PATH.at(TIMES[len(out)]).alpha)
    assert_equal(ours("edm-heun"), out)
