"""Readings of a recorded field against closed forms of a Gaussian: the score is -eps / sigma, never -eps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.numerics.mixture import Mixture, MixtureField
from core.paths.linear import Linear
from core.paths.vp_linear import VpLinear
from core.run import sample
from core.spec import Part, RunSpec, Training
from core.trace.build import collect
from core.trace.derive import Coefficients, field_as, snapshot
from trainers.loop import train

MEAN, STD = np.array([1.0, -0.5]), 0.7


@pytest.mark.parametrize("path", [Linear(), VpLinear()], ids=["linear", "vp"])
def test_score_is_the_gradient_of_a_gaussians_log_density(path) -> None:
    """x_t ~ N(alpha m, V) with V = alpha^2 s^2 + sigma^2, so the score is -(x - alpha m) / V."""
    x = np.random.default_rng(0).normal(size=(40, 2)) * 2
    field = MixtureField(Mixture(torch.tensor(MEAN[None]), STD), path, torch.device("cpu"))
    for t in (0.1, 0.5, 0.9):
        c = path.at(torch.tensor(t, dtype=torch.float64))
        velocity = field(torch.from_numpy(x), torch.tensor(t, dtype=torch.float64)).velocity(c).numpy()
        columns = Coefficients(*(np.full((1, 1, 1), float(value)) for value in c))
        alpha, sigma = float(c.alpha), float(c.sigma)
        expected = -(x - alpha * MEAN) / ((alpha * STD) ** 2 + sigma**2)
        score = field_as("score", velocity[None], x, columns)[0]
        np.testing.assert_allclose(score, expected, rtol=1e-6, atol=1e-8)
        noise = field_as("noise", velocity[None], x, columns)[0]
        np.testing.assert_allclose(noise, -sigma * expected, rtol=1e-6, atol=1e-8)
        data = field_as("data", velocity[None], x, columns)[0]
        np.testing.assert_allclose(alpha * data + sigma * noise, x, rtol=1e-6, atol=1e-8)


def test_recorded_velocity_is_the_finite_difference_of_a_fine_run() -> None:
    """Two neighbouring rows of a run on the grid's own field: the arrows point where particles go."""
    trace = collect(sample(RunSpec(n_samples=50, data=Part("moons"), sampler=Part("heun", {"n_steps": 200}))))
    x, t = trace["x"][:].astype(float), trace["x"].column("t")
    row = 120
    moved = (x[row + 1] - x[row]) / (t[row + 1] - t[row])
    grid, field = trace["field/velocity"].static["grid"], trace["field/velocity"][row]
    nearest = np.linalg.norm(x[row][:, None] - grid[None], axis=2)
    close = nearest.min(axis=1) < 0.12
    cosine = (moved * field[nearest.argmin(axis=1)]).sum(axis=1)[close]
    assert close.sum() > 3
    assert (cosine > 0).mean() > 0.9


def test_a_snapshot_is_a_sampling_trace() -> None:
    spec = RunSpec(
        action="train", n_samples=30, sampler=Part("euler", {"n_steps": 4}),
        training=Training(n_steps=6, batch_size=16, n_snapshots=2),
    )  # fmt: skip
    trace = collect(train(spec))
    last = snapshot(trace, len(trace["snapshot/x"]) - 1)
    assert last["x"][:].shape == (5, 30, 2)
    assert last["x"].column("t")[-1] == 1.0
    np.testing.assert_array_equal(last["x"][:], trace["snapshot/x"][-1])
    assert last["field/velocity"].static["grid"].shape[1] == 2
    assert "data" in last["x"].static
