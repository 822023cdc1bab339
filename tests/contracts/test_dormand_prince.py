"""The adaptive sampler: as exact as asked, particle by particle."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.errors import SpecError
from core.metrics.solver_order import ring
from core.numerics.noise import normal
from core.numerics.solve import solve
from core.run import sample
from core.spec import Part, RunSpec
from core.trace.build import collect
from tests.contracts import registered

X0 = normal(5, "source", torch.arange(64), 2)


def end(field, n_steps: int = 4, x0: torch.Tensor = X0, **params: object) -> torch.Tensor:
    path = field.path
    times = torch.linspace(path.t_min, path.t_max, n_steps + 1, dtype=torch.float64)
    *_, last = solve(field, registered.sampler("dormand-prince", **params), path.at(times[0]).sigma * x0, times)
    return last


@pytest.fixture(scope="module", params=["vp-sde", "linear"])
def path(request):
    return request.param


@pytest.fixture(scope="module")
def truth(path):
    return end(ring(path), rtol=1e-11, atol=1e-11)


def test_its_end_is_that_of_the_fine_runge_kutta_method(path, truth) -> None:
    there = ring(path).path
    times = torch.linspace(there.t_min, there.t_max, 401, dtype=torch.float64)
    *_, fine = solve(ring(path), registered.sampler("rk4"), there.at(times[0]).sigma * X0, times)
    torch.testing.assert_close(truth, fine, rtol=0, atol=1e-7)


def test_error_falls_with_the_tolerance_and_evaluations_rise(path, truth) -> None:
    errors, counts = [], []
    for tolerance in (1e-3, 1e-5, 1e-7):
        field = registered.Counted(ring(path))
        errors.append(float((end(field, rtol=tolerance, atol=tolerance) - truth).square().sum(1).mean().sqrt()))
        counts.append(len(field.times))
        assert errors[-1] < 100 * tolerance
    assert errors == sorted(errors, reverse=True)
    assert counts == sorted(counts)
    # fifth order: a hundredth of the error for 100^(1/5) = 2.5 times the steps
    assert counts[2] / counts[1] < 4.0


def test_particles_go_in_steps_of_their_own() -> None:
    field = registered.Counted(ring("linear"))
    end(field, n_steps=1)
    assert any(float(t.max() - t.min()) > 0.05 for t in field.times if t.ndim)
    assert all((t <= field.path.t_max).all() for t in field.times)


def test_the_last_stage_is_the_first_of_the_next_step() -> None:
    field = registered.Counted(ring("linear"))
    end(field)
    assert len(field.times) % 6 == 1


def test_its_step_length_is_carried_over_recorded_times() -> None:
    """Twenty recorded times in place of four cost no new start-up."""
    counts = []
    for n_steps in (4, 20):
        field = registered.Counted(ring("linear"))
        end(field, n_steps)
        counts.append(len(field.times))
    assert counts[1] < counts[0] + 6 * 2 * 16


def test_500_of_1000_particles_agree_bit_for_bit() -> None:
    spec = RunSpec(n_samples=1000, data=Part("eight-gaussians"), sampler=Part("dormand-prince", {"n_steps": 5}))
    many, few = (collect(sample(spec.replace(n_samples=n)))["x"][:] for n in (1000, 500))
    assert np.array_equal(many[:, :500], few)


def test_a_particle_that_starts_at_the_origin_gets_going() -> None:
    x0 = torch.stack([torch.zeros(2, dtype=torch.float64), X0[0]])
    torch.testing.assert_close(end(ring("linear"), x0=x0)[1], end(ring("linear"), x0=X0[:1])[0], rtol=0, atol=1e-9)


def test_tolerances_that_cost_too_much_are_refused_in_words() -> None:
    with pytest.raises(SpecError, match="60 evaluations did not reach") as caught:
        end(ring("linear"), rtol=1e-10, atol=1e-10, max_nfe=60)
    assert caught.value.field == "sampler.max_nfe"
