"""Every sampler: its order is the declared one, it reaches the right distribution, and equalities between them hold."""

from __future__ import annotations

import itertools
import textwrap

import pytest
import torch

from core import registry
from core.catalog import live
from core.metrics.solver_order import measured_order
from core.mixture import Mixture, MixtureField
from core.noise import Noise, normal
from core.paths.linear import Linear
from core.paths.vp_linear import VpLinear
from core.posterior import variance
from core.spec import Part, RunSpec
from tests.contracts import registered
from workbench.model.setup import sections

DETERMINISTIC = [name for name in registered.SAMPLERS if not registry.find("sampler", name).stochastic]
CPU = torch.device("cpu")


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_measured_order_is_the_declared_one(name: str) -> None:
    sampler = registered.sampler(name)
    assert measured_order(sampler) == pytest.approx(sampler.order, abs=0.2)


def one_step(name: str, path, t: float, s: float, z: torch.Tensor | None = None, **params: object) -> torch.Tensor:
    x = normal(1, "source", torch.arange(256), 2)
    noise = registered.FixedNoise(torch.zeros_like(x) if z is None else z)
    times = (torch.tensor(value, dtype=torch.float64) for value in (t, s))
    return registered.sampler(name, **params).step(registered.exact(path), x, *times, None, noise).x


def test_euler_on_the_linear_path_is_ddim() -> None:
    torch.testing.assert_close(one_step("euler", Linear(), 0.4, 0.5), one_step("ddim", Linear(), 0.4, 0.5))


def test_dpm_solver_1_is_ddim() -> None:
    for path in (Linear(), VpLinear()):
        ours, ddim = one_step("dpm-solver-1", path, 0.4, 0.45), one_step("ddim", path, 0.4, 0.45)
        torch.testing.assert_close(ours, ddim, rtol=1e-9, atol=1e-9)


def test_the_published_third_order_multistep_method_is_of_second_order() -> None:
    assert measured_order(registered.sampler("dpmpp-3m", variant="published")) == pytest.approx(2, abs=0.2)


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


@pytest.mark.parametrize("name", registered.SAMPLERS)
@pytest.mark.parametrize("path", [Linear(), VpLinear()], ids=["linear", "vp-linear"])
def test_a_gaussian_comes_out_with_its_mean_and_spread(name: str, path) -> None:
    field = MixtureField(Mixture(torch.tensor([[1.0, -2.0]], dtype=torch.float64), 0.5), path, CPU)
    sampler = registered.sampler(name, n_steps=200)
    noise = Noise(7, 20_000, (2,), CPU, torch.float64)
    times = torch.linspace(path.t_min, path.t_max, sampler.n_steps, dtype=torch.float64)
    x, state, brownian = path.at(times[0]).sigma * noise.source(), None, noise.brownian()
    for t, s in itertools.pairwise(times):
        step = sampler.step(field, x, t, s, state, brownian)
        x, state = step.x, step.state
    x = field(x, times[-1]).x1
    torch.testing.assert_close(x.mean(0), torch.tensor([1.0, -2.0], dtype=torch.float64), rtol=0, atol=0.02)
    torch.testing.assert_close(x.std(0), torch.full((2,), 0.5, dtype=torch.float64), rtol=0.05, atol=0)


PLUGIN = '''
from typing import Annotated, Any
from msgspec import Meta
from core.registry import register
from core.samplers import Sampler, Step

@register("sampler")
class Midpoint(Sampler, frozen=True, kw_only=True):
    """Follows the velocity at the middle of each step."""
    name = "midpoint-plugin"
    title = "Midpoint"
    reference = "Runge 1895"
    order = 2
    nfe_per_step = 2
    twist: Annotated[float, Meta(ge=0, le=1, title="Twist")] = 0.5

    def step(self, field, x, t, s, state, noise):
        estimate = field(x, t)
        middle = 0.5 * (t + s)
        half = x + (middle - t) * estimate.velocity(field.path.at(t))
        return Step(x + (s - t) * field(half, middle).velocity(field.path.at(middle)), state, estimate)
'''


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    (tmp_path / "my_sampler.py").write_text(textwrap.dedent(PLUGIN))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(registry.PLUGINS_VARIABLE, "my_sampler")
    monkeypatch.setattr(registry, "_discovered", False)
    before = dict(registry._entries["sampler"])
    yield "midpoint-plugin"
    registry._entries["sampler"].clear()
    registry._entries["sampler"].update(before)


def test_a_sampler_in_one_new_file_is_found_and_measured(plugin: str) -> None:
    entry = live().parts["sampler"][plugin]
    assert entry.facts["order"] == 2
    assert entry.params["twist"]["maximum"] == 1
    assert "n_steps" in entry.params
    form = {section.title: section for section in sections(live(), RunSpec(sampler=Part(plugin)), ["cpu"])}
    rows = {row.field: row for row in form["Sampler"].rows}
    assert "Midpoint" in [choice.title for choice in rows["sampler.name"].choices]
    assert rows["sampler.twist"].value == 0.5
    assert form["Sampler"].fact == "order 2 · 2 NFE a step"
    assert measured_order(registered.sampler(plugin)) == pytest.approx(2, abs=0.2)
