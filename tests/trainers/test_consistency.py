"""Consistency models: the truth is a fixed point, the end holds on any path, times are even and double in number."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from core import registry
from core.errors import SpecError
from core.numerics.mixture import Mixture, MixtureField
from core.numerics.noise import normal
from core.numerics.solve import solve
from core.parts.making import make
from core.paths import Path
from core.paths.linear import Linear
from core.predictions import Reading
from core.setup import resolve
from core.spec import Part, RunSpec
from trainers.consistency import Consistency, angle_times, heun_step, n_steps, pseudo_huber
from trainers.objective import Lesson

N = 256
X1, X0 = normal(1, "data", torch.arange(N), 2), normal(1, "source", torch.arange(N), 2)
STD = 1.0
PATHS = [name for name in registry.entries("path") if not make("path", Part(name)).bridge]


def lesson(network: object, path: Path, teacher: object = None, progress: float = 0.0) -> Lesson:
    t = path.t_min + (path.t_max - path.t_min) * (torch.arange(N).double() + 0.5) / N
    return Lesson(
        network=network, average=network, path=path, reading=Reading("edm", STD),
        x1=X1, x0=X0, z=None, t=t, u=t[:, None], cond=None, rows=slice(None), batch_size=N,
        progress=progress, teacher=teacher,
    )  # type: ignore[arg-type]  # fmt: skip


def ends_of_normal_data(path: Path) -> object:
    """The network that knows the flow from normal noise to normal data, x_t / sqrt(alpha^2 + sigma^2): its end."""

    def network(x: Tensor, t: Tensor, cond: Tensor | None = None, s: Tensor | None = None) -> Tensor:
        c = path.at(t).over(x)
        spread = torch.sqrt(c.alpha**2 + c.sigma**2)
        # with unit data the edm row decodes as x1_hat = (alpha x + sigma spread y) / spread^2
        return (x / spread - c.alpha * x / spread**2) * spread / c.sigma

    return network


@pytest.mark.parametrize("name", PATHS)
def test_the_flow_itself_agrees_with_itself_along_a_teacher(name: str) -> None:
    """The loss of the true map vanishes with the square of the steps' number, and a wrong map's does not."""
    path = make("path", Part(name))
    field = MixtureField(Mixture(torch.zeros(1, 2, dtype=torch.float64), STD), path, torch.device("cpu"))
    few, many = (
        float(Consistency(first=n, last=n).loss(lesson(ends_of_normal_data(path), path, field))) for n in (16, 128)
    )
    assert many < 1e-3
    assert many < few / 8
    wrong = float(Consistency(first=128, last=128).loss(lesson(lambda x, *_: x, path, field)))
    assert wrong > 10 * many


@pytest.mark.parametrize("name", PATHS)
def test_times_go_from_end_to_end_in_even_angles(name: str) -> None:
    path = make("path", Part(name))
    times = angle_times(path, 2.0, 40)
    c = path.at(times)
    steps = torch.atan2(2.0 * c.alpha, c.sigma).diff()
    torch.testing.assert_close(times[[0, -1]], torch.tensor([path.t_min, path.t_max], dtype=torch.float64))
    torch.testing.assert_close(steps, steps.mean().expand(40), rtol=0.03, atol=0)


def test_where_no_noise_is_left_the_model_returns_what_it_is_given() -> None:
    path, reading = Linear(), Reading("edm", 2.0)
    t = torch.full((N,), 1.0 - 1e-6, dtype=torch.float64)
    network = lambda x, t, cond=None, s=None: torch.sin(7 * x)  # noqa: E731  # any
    x = Consistency().flow_map(network, path, reading, X1, t, torch.ones_like(t), None)  # type: ignore[arg-type]
    torch.testing.assert_close(x, X1, rtol=0, atol=1e-5)


def test_the_number_of_steps_doubles_from_first_to_last() -> None:
    numbers = [n_steps(i / 1000, 10, 100) for i in range(1000)]
    assert sorted(set(numbers)) == [10, 20, 40, 80, 100]
    assert numbers == sorted(numbers)
    assert {n_steps(i / 10, 16, 16) for i in range(10)} == {16}


def test_one_heun_step_is_of_second_order() -> None:
    path = Linear()
    mixture = Mixture(torch.tensor([[1.0, 0.0], [-1.0, 0.5]], dtype=torch.float64), 0.3)
    field = MixtureField(mixture, path, torch.device("cpu"))
    t = torch.full((N,), 0.3, dtype=torch.float64)
    errors = []
    for h in (0.08, 0.04):
        fine = torch.linspace(0.3, 0.3 + h, 33, dtype=torch.float64)
        *_, truth = solve(field, make("sampler", Part("rk4")), X0, fine)
        errors.append(float((heun_step(field, X0, t, t + h, None) - truth).norm()))
    assert errors[0] / errors[1] > 6.0  # 8 for a step whose local error is of third order


def test_the_distance_is_square_near_zero_and_straight_far_away() -> None:
    d = torch.tensor([[1e-5, 0.0], [2e-5, 0.0], [3.0, 4.0], [6.0, 8.0]], dtype=torch.float64)
    near, twice, far, double = pseudo_huber(d)
    assert float(twice / near) == pytest.approx(4.0, rel=0.01)
    assert float(double / far) == pytest.approx(2.0, rel=0.05)


def test_distillation_learns_from_the_exact_field_unless_told_otherwise() -> None:
    setup = resolve(RunSpec(action="train", objective=Part("consistency"), sampler=Part("consistency"), threads=1))
    assert Consistency().teacher(setup) is not None
    assert Consistency(mode="training").teacher(setup) is None
    with pytest.raises(SpecError, match=r"objective\.weights"):
        Consistency(weights="nowhere.safetensors").teacher(setup)
    with pytest.raises(SpecError, match="only grows"):
        make("objective", Part("consistency", {"first": 20, "last": 10}))
