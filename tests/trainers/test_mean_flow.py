"""MeanFlow's target: its derivative against differences, its identity against a flow whose averages are known."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from core.networks.mlp import Mlp
from core.numerics.noise import normal, uniform
from core.parts.making import make
from core.paths import Path
from core.spec import Part, RunSpec, Training
from core.trace.build import collect
from trainers.average_velocity import over
from trainers.loop import train
from trainers.mean_flow import mean_flow_target, span_ends, weighted

# torch itself compiles its forward derivatives so when it first needs one
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")

N = 64
INDEX = torch.arange(N)
X = normal(1, "source", INDEX, 2)
U = uniform(1, "step", INDEX, 2)
T, S = U.min(1).values * 0.98 + 0.01, U.max(1).values * 0.98 + 0.01
MEAN, STD = torch.tensor([1.5, -0.5], dtype=torch.float64), 0.4


class GaussianFlow:
    """The flow from noise to N(MEAN, STD^2): x_s = m_s + (x - m_t) d_s / d_t with mean m = alpha MEAN and deviation
    d = sqrt(alpha^2 STD^2 + sigma^2)."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def flow_map(self, x: Tensor, t: Tensor, s: Tensor) -> Tensor:
        m, d = self._moments(t, x)
        m_s, d_s = self._moments(s, x)
        return m_s + (x - m) * d_s / d

    def average(self, x: Tensor, t: Tensor, cond: Tensor | None, s: Tensor) -> Tensor:
        return (self.flow_map(x, t, s) - x) / over(s - t, x)

    def velocity(self, x: Tensor, t: Tensor) -> Tensor:
        """From the definition: the mean of a span that shrinks to nothing."""
        step = 1e-6
        return (self.flow_map(x, t, t + step) - self.flow_map(x, t, t - step)) / (2 * step)

    def _moments(self, t: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        c = self.path.at(t).over(x)
        return c.alpha * MEAN, torch.sqrt((c.alpha * STD) ** 2 + c.sigma**2)


@pytest.mark.parametrize("name", ["linear", "ve"])
def test_the_average_velocity_of_a_gaussian_satisfies_the_identity(name: str) -> None:
    flow = GaussianFlow(make("path", Part(name)))
    u, v = flow.average(X, T, None, S), flow.velocity(X, T)
    target = mean_flow_target(flow.average, X, T, S, v)
    scale = float(u.abs().max())
    torch.testing.assert_close(target, u, rtol=0, atol=1e-6 * scale)
    # with the minus of the published form, whose time is reversed, it does not hold
    assert float((2 * v - target - u).abs().max()) > 0.1 * scale


def test_the_derivative_equals_finite_differences() -> None:
    torch.manual_seed(0)
    network = Mlp(width=32).build((2,), two_times=True).double()
    torch.nn.init.normal_(network.outlet.weight)
    v, h = normal(2, "source", INDEX, 2), 1e-5
    with torch.no_grad():
        ahead, behind = (network(X + sign * h * v, T + sign * h, None, S) for sign in (1, -1))
        slope = (mean_flow_target(network, X, T, S, v) - v) / over(S - T, X)
        torch.testing.assert_close(slope, (ahead - behind) / (2 * h), rtol=1e-3, atol=1e-3)


def test_no_span_learns_the_velocity_of_the_pair() -> None:
    network = Mlp(width=8).build((2,), two_times=True).double()
    v = normal(2, "source", INDEX, 2)
    torch.testing.assert_close(mean_flow_target(network, X, T, T, v), v)


def test_spans_run_forwards_and_the_rest_stand_still() -> None:
    n = 48
    ends = span_ends(T, U[:, 0], n, 0.25)
    assert bool((ends[:n] > T[:n]).all())
    assert torch.equal(ends[n:], T[n:])
    assert 6 <= int((ends == 1.0).sum()) <= 18  # 12 on average
    assert float(span_ends(T, U[:, 0], N, 0.0).max()) < 1.0


def test_weights_bring_large_errors_down_but_not_their_sign() -> None:
    errors = torch.tensor([1e-2, 1.0, 1e2], requires_grad=True)
    for power in (0.0, 0.5, 1.0):
        (gradient,) = torch.autograd.grad(weighted(errors, power), errors)
        assert bool((gradient > 0).all())
        ratio = float(gradient[2] / gradient[0])
        assert ratio == pytest.approx((1e2 / 1.1e-2) ** -power, rel=0.01)


@pytest.mark.parametrize("objective", ["mean-flow", "shortcut"])
def test_jumps_come_closer_to_the_exact_flow_while_they_are_learned(objective: str) -> None:
    """The measure that says how far training is: the losses of these models do not."""
    spec = RunSpec(
        action="train", n_samples=8, data=Part("three-gaussians"), network=Part("mlp", {"width": 32}), threads=1,
        objective=Part(objective), sampler=Part("mean-flow"),
        training=Training(n_steps=300, batch_size=128, n_snapshots=3),
    )  # fmt: skip
    error = collect(train(spec))["metric/jump_error"]
    assert error.axis.tolist() == [0, 106, 300]
    assert error[-1] < 0.7 * error[0]
