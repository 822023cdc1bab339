"""The exact field is exact: against autograd of the log density, and against brute force over a finite set."""

from __future__ import annotations

import pytest
import torch

from core import registry
from core.numerics.mixture import Mixture, MixtureField
from core.numerics.noise import normal
from core.parts.making import make
from core.paths.linear import Linear
from core.paths.vp_linear import VpLinear
from core.spec import Part

CPU = torch.device("cpu")
CENTRES = torch.tensor([[2.0, 2.0], [-2.0, 2.0], [0.0, -2.0]], dtype=torch.float64)
X = normal(1, "source", torch.arange(128), 2)


def log_density(x: torch.Tensor, mixture: Mixture, alpha: float, sigma: float) -> torch.Tensor:
    """log p_t, as a logarithm of a sum over components."""
    variance = (alpha * mixture.std) ** 2 + sigma**2
    square = (x[:, None] - alpha * mixture.centres).square().sum(-1)
    weights = torch.zeros(len(mixture.centres)) if mixture.log_weights is None else mixture.log_weights
    return torch.logsumexp(weights - square / (2 * variance), 1)


@pytest.mark.parametrize("path", [Linear(), VpLinear()], ids=["linear", "vp"])
@pytest.mark.parametrize("t", [0.02, 0.3, 0.8, 0.99])
@pytest.mark.parametrize("weights", [None, torch.tensor([0.0, 1.0, -1.0], dtype=torch.float64)], ids=["even", "uneven"])
def test_score_is_the_gradient_of_the_log_density(path, t: float, weights) -> None:
    mixture, time = Mixture(CENTRES, 0.3, weights), torch.tensor(t, dtype=torch.float64)
    c = path.at(time)
    x = X.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(log_density(x, mixture, float(c.alpha), float(c.sigma)).sum(), x)
    estimate = MixtureField(mixture, path, CPU)(X, time)
    torch.testing.assert_close(estimate.score(c), gradient, rtol=1e-8, atol=1e-8)
    torch.testing.assert_close(c.alpha * estimate.x1 + c.sigma * estimate.x0, X)


def test_a_finite_set_is_returned_at_the_end() -> None:
    points = normal(2, "data", torch.arange(40), 2)
    field = MixtureField(Mixture(points, 0.0), Linear(), CPU)
    near = points.float() + 1e-5
    assert torch.cdist(field(near, torch.tensor(0.9999)).x1.double(), points).min(1).values.max() < 1e-3


@pytest.mark.parametrize("t", [0.5, 0.9, 0.98, 0.9999])
def test_a_class_of_points_without_width_is_its_own_however_little_noise_is_left(t: float) -> None:
    """Asked for the class whose point is far away, beside one of the other class."""
    mixture = Mixture(torch.tensor([[-2.0, 0.0], [2.0, 0.0]], dtype=torch.float64), 0.0, labels=torch.tensor([0, 1]))
    x, time, label = torch.tensor([[2.0, 0.1]]), torch.tensor(t, dtype=torch.float64), torch.tensor([0])
    for dtype in (torch.float32, torch.float64):
        estimate = MixtureField(mixture, Linear(), CPU)(x.to(dtype), time, label)
        torch.testing.assert_close(estimate.x1, torch.tensor([[-2.0, 0.0]], dtype=dtype), rtol=0, atol=1e-5)


def test_single_precision_agrees_with_double_at_every_time() -> None:
    field = MixtureField(Mixture(normal(2, "data", torch.arange(1000), 2) * 2, 0.02), Linear(), CPU)
    for t in torch.linspace(1e-4, 1 - 1e-4, 23, dtype=torch.float64):
        exact, single = field(X, t).x1, field(X.float(), t).x1
        torch.testing.assert_close(single.double(), exact, rtol=0, atol=5e-3)


def test_times_may_differ_from_row_to_row() -> None:
    field = MixtureField(Mixture(CENTRES, 0.3), VpLinear(), CPU)
    t = torch.linspace(0.05, 0.95, len(X), dtype=torch.float64)
    together = field(X, t)
    one = field(X[7:8], t[7])
    torch.testing.assert_close(together.x1[7:8], one.x1)


MIXTURES = [
    name
    for name, cls in registry.entries("data").items()
    if "std" in cls.facts() and len(cls.facts().get("shape", ())) < 2
]


@pytest.mark.parametrize("name", MIXTURES)
def test_data_sets_have_the_stated_spread_and_at_most_a_thousand_centres(name: str) -> None:
    cls = registry.find("data", name)
    mixture = cls().mixture()
    assert len(mixture.centres) <= 1000
    sample = mixture.sample(200_000, seed=1)
    mean, std = mixture.mean_std()
    torch.testing.assert_close(sample.mean(0), mean, rtol=0, atol=0.02)
    torch.testing.assert_close(sample.std(0), std, rtol=0.01, atol=0)
    assert torch.equal(mixture.sample(10, 1), sample[:10])
    assert torch.equal(mixture.sample(10, 1, first=50), sample[50:60])


def test_three_gaussians_stand_where_the_comparison_has_them() -> None:
    sample = registry.find("data", "three-gaussians")().mixture().sample(5000, seed=4)
    nearest = torch.cdist(sample, CENTRES).argmin(1)
    for k, centre in enumerate(CENTRES):
        cluster = sample[nearest == k]
        assert float(cluster.sub(centre).square().mean().sqrt()) == pytest.approx(0.3, rel=0.02)


def test_swiss_roll_has_a_global_standard_deviation_of_two() -> None:
    sample = registry.find("data", "swiss-roll")().mixture().sample(100_000, seed=4)
    assert float(sample.std()) == pytest.approx(2.0, rel=0.01)


def test_log_density_keeps_its_digits_far_from_the_origin() -> None:
    far = 2.0**20  # at which whole numbers and halves are exact
    near = Mixture(CENTRES, 0.01).log_density(CENTRES + 0.0078125)
    away = Mixture(CENTRES + far, 0.01).log_density(CENTRES + 0.0078125 + far)
    torch.testing.assert_close(away, near, rtol=1e-9, atol=0.0)


@pytest.mark.parametrize("t", [1e-4, 0.01, 0.05])
def test_single_precision_is_enough_or_not_used_where_a_narrow_shape_is_the_source(t: float) -> None:
    """Near the source it is the centres of the noise whose logits cancel, whatever the data are."""
    source, mixture = make("data", Part("swiss-roll")).mixture(), Mixture(CENTRES, 0.3)
    few = Mixture(source.centres[::10], source.std)
    field, at = MixtureField(mixture, Linear(), CPU, few), torch.tensor(t, dtype=torch.float64)
    x = ((1 - t) * few.sample(200, 1) + t * mixture.sample(200, 1)).float()
    exact = field(x.double(), at)
    for found, wanted in zip(field(x, at), exact, strict=True):
        torch.testing.assert_close(found.double(), wanted, rtol=0, atol=1e-6)
