"""Metrics against closed forms and against scipy: sets of points, the ways of particles, the likelihood of a field."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.spatial
import scipy.stats
import torch

from core import registry
from core.datasets.swiss_roll import SwissRoll
from core.datasets.three_gaussians import ThreeGaussians
from core.errors import SpecError
from core.metrics import SampleMetric
from core.metrics.chamfer import Chamfer
from core.metrics.detour import Detour
from core.metrics.energy import Energy
from core.metrics.mmd import Mmd
from core.metrics.nll import Nll
from core.metrics.path_length import PathLength
from core.metrics.sliced_w2 import SlicedW2
from core.metrics.straightness import Straightness
from core.metrics.velocity_error import VelocityError, velocity_error, velocity_error_over_t
from core.metrics.w2 import W2
from core.numerics.mixture import Mixture, MixtureField
from core.numerics.noise import normal
from core.parts.making import make
from core.paths.linear import Linear
from core.predictions import Estimate
from core.spec import Part

CPU = torch.device("cpu")
TIMES = torch.linspace(0, 1, 201, dtype=torch.float64)


def points(n: int, dim: int, draw: int) -> torch.Tensor:
    return normal(3, "data", torch.arange(n), dim, draw)


OF_SAMPLES = [name for name, cls in registry.entries("metric").items() if cls.reads == "samples"]
OF_PATHS = [name for name, cls in registry.entries("metric").items() if cls.reads == "paths"]


@pytest.mark.parametrize("name", OF_SAMPLES)
class TestEveryMetricOfSamples:
    def test_does_not_see_the_order_of_points(self, name) -> None:
        metric, x, y = make("metric", Part(name)), points(300, 2, 0), 0.5 + points(300, 2, 1)
        shuffled = x[torch.randperm(300, generator=torch.Generator().manual_seed(1))]
        assert metric.measure(shuffled, y.flip(0)) == pytest.approx(metric.measure(x, y), rel=1e-9)

    def test_agrees_with_itself_and_grows_with_distance(self, name) -> None:
        metric, x = make("metric", Part(name)), points(400, 2, 0)
        far = [metric.measure(x + torch.tensor([shift, 0.0]), points(400, 2, 1)) for shift in (0.0, 0.5, 1.0, 2.0)]
        assert far == sorted(far)
        assert metric.measure(x, x) < far[1] / 5

    def test_takes_single_precision_and_another_number_of_points(self, name) -> None:
        metric, x, y = make("metric", Part(name)), points(200, 2, 0), points(300, 2, 1)
        assert metric.measure(x.float(), y) == pytest.approx(metric.measure(x, y), rel=1e-4, abs=1e-6)

    @pytest.mark.parametrize("lost", [math.nan, math.inf])
    def test_of_lost_points_is_no_number(self, name, lost: float) -> None:
        metric, x, y = make("metric", Part(name)), points(40, 2, 0), points(40, 2, 1)
        x[7] = lost
        assert not math.isfinite(metric.measure(x, y))
        x[:] = lost
        assert not math.isfinite(metric.measure(x, y))


def test_two_real_rolls_free_of_noise_score_the_known_floor() -> None:
    """0.36 to 0.39, as EliasSf73/Diffusion-and-Flow-Models-implementations states it for 2,048 points."""
    roll = SwissRoll(width=0.002).mixture()
    floors = [Chamfer().measure(roll.sample(2048, seed), roll.sample(2048, seed + 100)) for seed in range(8)]
    assert 0.36 <= sum(floors) / len(floors) <= 0.39


def test_chamfer_of_points_that_are_counted_by_hand() -> None:
    x, y = torch.tensor([[0.0, 0.0], [3.0, 0.0]]), torch.tensor([[0.0, 1.0], [0.0, 4.0]])
    # nearest: 1 and 3 to the right set (squares 1 and 10), 1 and 4 to the left one (squares 1 and 16)
    assert Chamfer().measure(x, y) == pytest.approx(1 + 10 + 1 + 16)
    assert Chamfer(n_points=1).measure(x, y) == pytest.approx(2.0)


def test_w2_of_a_moved_set_is_the_move() -> None:
    x, move = points(200, 2, 0), torch.tensor([0.3, -0.4], dtype=torch.float64)
    assert W2().measure(x + move, x) == pytest.approx(0.5)
    # each line sees the move's shadow: E cos^2 = 1/2 of its square, over the lines that are used
    assert SlicedW2(n_projections=4000).measure(x + move, x) == pytest.approx(0.5 / math.sqrt(2), rel=0.02)


def test_w2_of_two_gaussians_is_that_of_bures() -> None:
    """|m - n|^2 + tr(A + B - 2 (A^1/2 B A^1/2)^1/2): of points, too, where one set is the other's optimal image."""
    a, b = torch.tensor([[2.0, 0.6], [0.6, 0.5]]).double(), torch.tensor([[0.4, -0.1], [-0.1, 0.9]]).double()
    x = points(300, 2, 0)
    x = (x - x.mean(0)) @ torch.linalg.cholesky(torch.linalg.inv(x.T.cov(correction=0)))  # its own covariance is 1
    root = _root(a)
    middle = _root(root @ b @ root)
    to_b = torch.linalg.inv(root) @ middle @ torch.linalg.inv(root)
    generated, real = x @ root, x @ root @ to_b + torch.tensor([1.0, 0.0])
    bures = 1.0 + float(torch.trace(a + b - 2 * middle))
    assert W2().measure(generated, real.flip(0)) ** 2 == pytest.approx(bures, rel=1e-9)


def _root(matrix: torch.Tensor) -> torch.Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag(values.sqrt()) @ vectors.T


def test_w2_refuses_what_would_take_minutes() -> None:
    with pytest.raises(SpecError, match=r"at most 4,096 points\. Given 5,000; take fewer, or choose sliced-w2"):
        W2().measure(points(5000, 2, 0), points(6000, 2, 1))


@pytest.mark.parametrize(("n", "m"), [(60, 40), (30, 1), (7, 12)])
def test_w2_leaves_no_point_of_the_larger_set_out(n: int, m: int) -> None:
    """On a line the exact plan joins quantiles, of sets of any size, as `SlicedW2` does."""
    x, y = points(n, 1, 0), 0.7 * points(m, 1, 1) + 0.2
    assert W2().measure(x, y) == pytest.approx(SlicedW2(n_projections=1).measure(x, y), rel=1e-9)
    assert W2().measure(y, x) == pytest.approx(W2().measure(x, y), rel=1e-9)


def test_w2_refuses_sets_whose_points_cannot_all_be_paired() -> None:
    with pytest.raises(SpecError, match=r"of 101 and 100 points asks for 10,100 pairs.* Take as many of each"):
        W2().measure(points(101, 2, 0), points(100, 2, 1))


def test_a_kernel_distance_refuses_a_single_point() -> None:
    with pytest.raises(SpecError, match="at least 2 points"):
        Mmd().measure(points(1, 2, 0), points(5, 2, 1))


@pytest.mark.parametrize("metric", [Chamfer(), Energy(), Mmd(), SlicedW2(), W2()], ids=lambda metric: metric.name)
def test_distances_are_the_same_far_from_the_origin(metric: SampleMetric) -> None:
    x, y, far = points(200, 2, 0), 1.2 * points(200, 2, 1), 1e7
    assert metric.measure(x + far, y + far) == pytest.approx(metric.measure(x, y), rel=1e-6)


@pytest.mark.parametrize(("n", "m"), [(50, 50), (60, 40), (37, 101)])
def test_on_a_line_scipy_finds_the_same(n: int, m: int) -> None:
    x, y = points(n, 1, 0), 0.7 * points(m, 1, 1) + 0.2
    a, b = x[:, 0].numpy(), y[:, 0].numpy()
    assert Energy().measure(x, y) == pytest.approx(scipy.stats.energy_distance(a, b), rel=1e-9)
    # W2 of sets of unlike size: both repeated to one size, paired in order
    pairs = np.sort(np.repeat(a, m)) - np.sort(np.repeat(b, n))
    assert SlicedW2(n_projections=3).measure(x, y) == pytest.approx(np.sqrt(np.mean(pairs**2)), rel=1e-9)
    # points that all move one way move as far in the mean as in the root of the mean square
    assert SlicedW2(n_projections=3).measure(x, x + 2.0) == pytest.approx(scipy.stats.wasserstein_distance(a, a + 2.0))


def test_mmd_is_that_of_two_gaussians() -> None:
    """With E k(x, y) = prod (1 + (s^2 + r^2) / h^2)^(-1/2) exp(-|m|^2 / 2 (h^2 + s^2 + r^2)), averaged over sets."""
    shift, n, found, expected = 0.6, 400, [], []
    for draw in range(0, 16, 2):
        x, y = points(n, 2, draw), points(n, 2, draw + 1) + torch.tensor([shift, 0.0])
        found.append(Mmd().measure(x, y))
        median = float(np.median(scipy.spatial.distance.pdist(y)))
        total = 0.0
        for factor in (0.25, 0.5, 1.0, 2.0, 4.0):
            square = (factor * median) ** 2
            total += 2 * square / (square + 2) * (1 - math.exp(-(shift**2) / (2 * (square + 2)))) / 5
        expected.append(total)
    assert np.mean(found) == pytest.approx(np.mean(expected), rel=0.05)


def test_mmd_has_no_kernel_where_the_real_points_are_in_one_place() -> None:
    with pytest.raises(SpecError, match="in one place"):
        Mmd().measure(points(20, 2, 0), torch.ones(20, 2))


def test_mmd_without_a_difference_is_zero_on_average() -> None:
    found = [Mmd().measure(points(200, 2, draw), points(200, 2, draw + 1)) for draw in range(0, 60, 2)]
    assert min(found) < 0 < max(found)
    assert abs(np.mean(found)) < 3 * np.std(found) / math.sqrt(len(found))


class TestWays:
    x0, x1 = points(64, 2, 0), points(64, 2, 1) + 3.0

    def straight(self, share: torch.Tensor) -> torch.Tensor:
        return self.x0 + share[:, None, None] * (self.x1 - self.x0)

    def test_straight_ways_at_constant_speed_have_straightness_zero(self) -> None:
        uneven = TIMES**2
        assert Straightness().measure(self.straight(uneven), uneven) == pytest.approx(0.0, abs=1e-20)
        assert Detour().measure(self.straight(uneven), uneven) == pytest.approx(1.0)
        chord = float((self.x1 - self.x0).norm(dim=1).mean())
        assert PathLength().measure(self.straight(uneven), uneven) == pytest.approx(chord)

    def test_straight_ways_at_another_speed_are_told_apart(self) -> None:
        """dx/dt = 2 t (x1 - x0): the integral of (2t - 1)^2 is 1/3."""
        square = float((self.x1 - self.x0).square().sum(1).mean())
        x = self.straight(TIMES**2)
        assert Straightness().measure(x, TIMES) == pytest.approx(square / 3, rel=1e-3)
        assert Detour().measure(x, TIMES) == pytest.approx(1.0)

    @pytest.mark.parametrize("angle", [0.5, math.pi, 5.0])
    def test_an_arc_of_a_circle(self, angle: float) -> None:
        radius, turn = 2.0, angle * TIMES
        x = radius * torch.stack([turn.cos(), turn.sin()], dim=1)[:, None]
        assert PathLength().measure(x, TIMES) == pytest.approx(radius * angle, rel=1e-3)
        chord = 2 * radius * abs(math.sin(angle / 2))
        assert Detour().measure(x, TIMES) == pytest.approx(radius * angle / chord, rel=1e-3)
        # E |v|^2 - |chord|^2, with |v| = r angle
        assert Straightness().measure(x, TIMES) == pytest.approx((radius * angle) ** 2 - chord**2, rel=1e-3)

    @pytest.mark.parametrize("name", OF_PATHS)
    def test_the_length_of_the_time_axis_does_not_matter(self, name) -> None:
        x, metric = self.straight(TIMES**2), make("metric", Part(name))
        assert metric.measure(x, TIMES) == pytest.approx(metric.measure(x, 0.1 + 0.8 * TIMES))


class TestLikelihood:
    @pytest.mark.parametrize("path", ["linear", "vp-linear", "vp-sde"])
    def test_of_an_exact_field_is_that_of_the_mixture(self, path) -> None:
        mixture = ThreeGaussians(std=0.5).mixture()
        field = MixtureField(mixture, make("path", Part(path)), CPU)
        x = mixture.sample(48, 2, draw=1)
        nll = Nll(n_steps=80).measure(field, x, mixture)
        assert nll == pytest.approx(-float(mixture.log_density(x).mean()) / 2, abs=1e-3)

    @pytest.mark.parametrize("path", [Part("vp-cosine", {"T": 20}), Part("linear", {"sigma_min": 0.1})])
    def test_floor_is_what_the_exact_field_scores_with_the_noise_that_its_path_leaves(self, path) -> None:
        """Along thin curves it is far above the likelihood that the data's own density gives."""
        mixture, there = SwissRoll().mixture(), make("path", path)
        x = mixture.sample(48, 2, draw=1)
        nll = Nll(n_steps=80).measure(MixtureField(mixture, there, CPU), x, mixture)
        assert nll == pytest.approx(Nll().floor(there, x, mixture), abs=1e-3)
        assert nll > -float(mixture.log_density(x).mean()) / 2 + 0.1

    def test_of_a_flow_from_another_source(self) -> None:
        mixture, source = ThreeGaussians(std=0.5).mixture(), Mixture(torch.tensor([[0.5, -0.5]]).double(), 0.8)
        x = mixture.sample(16, 2, draw=1)
        found = Nll(n_steps=60).log_density(MixtureField(mixture, Linear(), CPU, source), x, source)
        torch.testing.assert_close(found, mixture.log_density(x), rtol=0, atol=2e-3)

    def test_a_field_of_other_data_explains_the_points_worse(self) -> None:
        right, wrong = ThreeGaussians(std=0.5).mixture(), ThreeGaussians(std=0.9).mixture()
        x = right.sample(48, 2, draw=1)
        found = [Nll(n_steps=30).measure(MixtureField(data, Linear(), CPU), x, None) for data in (right, wrong)]
        assert found[1] - found[0] > 0.05

    def test_refuses_more_dimensions_than_exact_traces_are_good_for(self) -> None:
        field = MixtureField(ThreeGaussians().mixture(), Linear(), CPU)
        with pytest.raises(SpecError, match="at most 3 dimensions"):
            Nll().measure(field, points(4, 4, 0), None)


class Scaled:
    """A field whose velocity is the exact one's times a factor that depends on t."""

    def __init__(self, exact: MixtureField) -> None:
        self.exact, self.path = exact, exact.path

    def __call__(self, x: torch.Tensor, t: torch.Tensor, cond: torch.Tensor | None = None) -> Estimate:
        # on the linear path the velocity is x1 - x0, and scaling both scales it
        factor = (1.0 + t).reshape(-1, 1)
        estimate = self.exact(x, t)
        return Estimate(factor * estimate.x1, factor * estimate.x0)


def test_velocity_error_over_t_and_as_one_number() -> None:
    mixture = ThreeGaussians().mixture()
    exact = MixtureField(mixture, Linear(), CPU)
    times = torch.tensor([0.1, 0.5, 0.9])
    # normal data: the exact velocity is (2 t - 1) x / r^2, and x has the variance r^2 = t^2 + (1 - t)^2 along each axis
    alone = Mixture(torch.zeros(1, 2).double(), 1.0)
    normal_exact = MixtureField(alone, Linear(), CPU)
    curve = velocity_error_over_t(Scaled(normal_exact), normal_exact, alone, 1, times, n=50_000)
    r2 = times.double() ** 2 + (1 - times.double()) ** 2
    torch.testing.assert_close(curve, times * (2 * times - 1).abs() * (2 / r2).sqrt(), rtol=0.01, atol=1e-6)
    assert 0.1 < velocity_error(Scaled(exact), exact, mixture, 1) < 0.9
    assert velocity_error(exact, exact, mixture, 1) == 0.0
    source = Mixture(torch.zeros(1, 2).double(), 3.0)
    with_source = velocity_error(Scaled(exact), exact, mixture, 1, source=source)
    assert with_source != velocity_error(Scaled(exact), exact, mixture, 1)


def test_velocity_error_asks_for_a_density() -> None:
    field = MixtureField(ThreeGaussians().mixture(), Linear(), CPU)
    assert VelocityError().measure(field, points(4, 2, 0), ThreeGaussians().mixture()) == 0.0
    with pytest.raises(SpecError, match="have no exact field"):
        VelocityError().measure(field, points(4, 2, 0), None)
