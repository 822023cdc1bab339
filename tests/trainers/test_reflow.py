"""Reflow: its pairs lie on one flow, are made again bit for bit, and make ways straighter."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import numpy as np
import pytest
import torch

from core.errors import SpecError
from core.events import Event, StopRun, Tick
from core.numerics.mixture import MixtureField
from core.numerics.noise import normal
from core.numerics.solve import solve
from core.parts.making import make
from core.samplers import Sampler
from core.setup import Setup, resolve
from core.spec import Part, RunSpec, Training
from core.trace.build import collect
from trainers.checkpoint import FILE_NAME
from trainers.loop import train
from trainers.objective import Pairs
from trainers.reflow import Reflow

SPEC = RunSpec(action="train", data=Part("three-gaussians"), objective=Part("reflow"), threads=1)


def pairs(objective: Reflow, setup: Setup) -> Pairs:
    """What a round learns, made by the exact flow."""
    assert setup.mixture is not None
    run = objective.prepare(setup, MixtureField(setup.mixture, setup.path, setup.device))
    while True:
        try:
            next(run)
        except StopIteration as done:
            return done.value


def test_pairs_are_ends_of_one_flow() -> None:
    setup = resolve(SPEC)
    made = pairs(Reflow(n_pairs=600, n_ode=60), setup)
    assert made.x1.shape == made.x0.shape == (600, 2)
    exact = MixtureField(setup.mixture, setup.path, setup.device)
    times = torch.linspace(setup.path.t_min, setup.path.t_max, 200, dtype=torch.float64)
    sampler: Sampler = make("sampler", Part("rk4"))
    *_, end = solve(exact, sampler, made.x0, times)
    assert float((made.x1 - end).norm(dim=1).median()) < 5e-3


def test_pairs_are_made_as_samples_would_be() -> None:
    """Previews that are held to an interval for samples are so for pairs: no pair ends beyond."""
    free = pairs(Reflow(n_pairs=600, n_ode=20), resolve(SPEC))
    held = pairs(Reflow(n_pairs=600, n_ode=20), resolve(SPEC.replace(clipping=Part("clip", {"limit": 1.0}))))
    assert free.x1.abs().max() > 1.5
    assert held.x1.abs().max() < 1.01
    assert torch.equal(held.x0, free.x0)


def test_pairs_are_the_same_whenever_they_are_made_and_not_those_that_are_looked_at() -> None:
    setup = resolve(SPEC)
    first, again = (pairs(Reflow(n_pairs=600, n_ode=2), setup) for _ in range(2))
    assert torch.equal(first.x1, again.x1)
    assert torch.equal(first.x0, again.x0)
    more = pairs(Reflow(n_pairs=1200, n_ode=2), setup)
    assert torch.equal(more.x0[:600], first.x0)
    assert not torch.equal(first.x0[:600], normal(SPEC.seed, "source", torch.arange(600), 2))


def test_pairs_need_no_transport_that_crosses() -> None:
    """Liu et al., theorem 3.5: every convex cost falls, here the squared way from noise to data."""
    setup = resolve(SPEC)
    made = pairs(Reflow(n_pairs=2048, n_ode=20), setup)
    independent = setup.dataset.training(2048, SPEC.seed).x
    way = lambda x1: float((x1 - made.x0).square().sum(1).mean())  # noqa: E731
    assert way(made.x1) < 0.8 * way(independent)


def test_each_pair_keeps_its_class() -> None:
    spec = SPEC.replace(data=Part("eight-gaussians"), training=Training(conditional=True))
    setup = resolve(spec)
    made = pairs(Reflow(n_pairs=256, n_ode=20), setup)
    assert made.labels is not None
    assert setup.mixture is not None
    nearest = torch.cdist(made.x1.double(), setup.mixture.centres).argmin(1)
    assert torch.equal(setup.mixture.labels[nearest], made.labels)


def test_rounds_stand_at_even_intervals() -> None:
    assert Reflow().rounds(5000) == [2500]
    assert Reflow(n_rounds=3).rounds(100) == [25, 50, 75]
    assert Reflow(n_rounds=3, weights="flow.safetensors").rounds(100) == [0]


def test_weights_that_cannot_teach_are_refused() -> None:
    with pytest.raises(SpecError, match=r"objective\.weights"):
        pairs(Reflow(weights="nowhere.safetensors"), resolve(SPEC))


SMALL = SPEC.replace(
    objective=Part("reflow", {"n_pairs": 64, "n_ode": 2}), network=Part("mlp", {"width": 8}),
    training=Training(n_steps=20, batch_size=16, n_snapshots=0),
)  # fmt: skip


def test_a_run_resumed_within_a_round_has_the_same_losses(tmp_path) -> None:
    whole = collect(train(SMALL))["loss"][:]
    run = train(SMALL, tmp_path)
    # the tick of step 15 comes after the pairs of step 10 were made
    assert any(isinstance(event, Tick) and event.done == 15 for event in run)
    list(run_out(run))
    rest = collect(train(SMALL, tmp_path, resume=True))["loss"][:]
    assert len(rest) == 5
    np.testing.assert_array_equal(rest, whole[15:])


def run_out(run: Generator[Event | Tick]) -> Iterator[Event | Tick]:
    """Stop a run; what it still says."""
    yield run.throw(StopRun())
    yield from run


def test_a_trained_flow_makes_the_first_pairs(tmp_path) -> None:
    flow = SMALL.replace(objective=Part("flow-matching"))
    collect(train(flow, tmp_path))
    weights = str(tmp_path / FILE_NAME)
    setup, objective = resolve(SMALL), Reflow(n_pairs=64, n_ode=2, weights=weights)
    made = pairs(objective, setup)  # from the file, not from the exact field that is handed in
    assert not torch.equal(made.x1, pairs(Reflow(n_pairs=64, n_ode=2), setup).x1)
    told = resolve(SMALL.replace(data=Part("moons"), training=Training(conditional=True)))
    with pytest.raises(SpecError, match="know no classes"):
        pairs(objective, told)


def test_weights_that_only_jump_make_no_pairs(tmp_path) -> None:
    collect(train(SMALL.replace(objective=Part("consistency"), sampler=Part("consistency")), tmp_path))
    with pytest.raises(SpecError, match="no field to follow"):
        pairs(Reflow(weights=str(tmp_path / FILE_NAME)), resolve(SMALL))


def test_weights_that_only_jump_teach_no_consistency(tmp_path) -> None:
    student = SMALL.replace(objective=Part("consistency"), sampler=Part("consistency"))
    collect(train(student, tmp_path))
    taught = Part("consistency", {"weights": str(tmp_path / FILE_NAME)})
    with pytest.raises(SpecError, match="no field to follow"):
        collect(train(student.replace(objective=taught)))


def test_a_reflowed_network_is_no_diffusion() -> None:
    with pytest.raises(SpecError, match="independent noise"):
        resolve(SPEC.replace(sampler=Part("euler-maruyama")))
    spoiled = resolve(SPEC).provided
    assert "normal-source" not in spoiled
    assert "independent-pairs" not in spoiled
