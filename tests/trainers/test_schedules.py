"""Learning rates follow torch's own schedules, and an interrupted run goes on as if it had not been."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torch.optim import lr_scheduler

from core import registry
from core.errors import SpecError
from core.events import Tick
from core.parts.making import make
from core.spec import Part, RunSpec, Training
from core.trace.build import collect
from trainers.checkpoint import FILE_NAME
from trainers.loop import train
from trainers.optimisers import Optimiser
from trainers.schedules import Schedule, rate

N = 200
SPEC = RunSpec(
    action="train", n_samples=8, data=Part("three-gaussians"), network=Part("mlp", {"width": 16, "depth": 1}),
    training=Training(n_steps=24, batch_size=16, n_snapshots=0, n_validations=13, warm_up=4), threads=1,
)  # fmt: skip
OPTIMISERS = list(registry.entries("optimiser"))
SCHEDULES = list(registry.entries("schedule"))


def kill_at(spec: RunSpec, folder: Path, step: int) -> None:
    """Run until a step is done, and no further."""
    for event in train(spec, folder):
        if isinstance(event, Tick) and event.done == step:
            return


ORACLES = {
    "constant": lambda o: lr_scheduler.ConstantLR(o, factor=1.0),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, N, eta_min=0.25),
    "step": lambda o: lr_scheduler.StepLR(o, 30, 0.3),
    "exponential": lambda o: lr_scheduler.ExponentialLR(o, 0.05 ** (1 / N)),
    "one-cycle": lambda o: lr_scheduler.OneCycleLR(o, 1.0, N, cycle_momentum=False, final_div_factor=1e4),
    "linear": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.ConstantLR(o, 1.0), lr_scheduler.LinearLR(o, 1.0, 0.0, N // 2)], [N // 2]
    ),
}
PARAMS = {"cosine": {"end": 0.25}, "step": {"every": 30, "drop": 0.3}, "exponential": {"end": 0.05}}


@pytest.mark.parametrize("name", ORACLES)
def test_a_schedule_is_that_of_torch(name: str) -> None:
    schedule: Schedule = make("schedule", Part(name, PARAMS.get(name, {})))
    ours = [schedule.factor(step, N, {}) for step in range(N)]
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    oracle, theirs = ORACLES[name](optimiser), []
    for _ in range(N):
        theirs.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        oracle.step()
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


def test_plateau_drops_when_torch_does() -> None:
    """Losses that fall, stall, jump and fall again."""
    losses = [1.0, 0.9, 0.9, 0.95, 0.89999, 0.9, 0.7, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.1, 0.2, 0.2, 0.2, 0.2]
    schedule: Schedule = make("schedule", Part("plateau", {"patience": 2, "drop": 0.1, "threshold": 1e-3}))
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    oracle = lr_scheduler.ReduceLROnPlateau(optimiser, factor=0.1, patience=2, threshold=1e-3, eps=0.0)
    state, ours, theirs = {}, [], []
    for loss in losses:
        state = schedule.observe(state, loss)
        oracle.step(loss)
        ours.append(schedule.factor(0, 1, state))
        theirs.append(optimiser.param_groups[0]["lr"])
    assert ours[-1] < 1e-2
    np.testing.assert_allclose(ours, theirs)


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("n", [1, 2, 3, 50])
def test_rates_stay_between_zero_and_the_peak(name: str, n: int) -> None:
    """However few steps there are, and with a warm-up longer than the run; a warm-up never raises a rate."""
    schedule: Schedule = make("schedule", Part(name))
    plain, warmed = ([rate(schedule, {}, step, n, 0.5, warm) for step in range(n)] for warm in (0, 80))
    assert all(0.0 <= low <= high <= 0.5 for low, high in zip(warmed, plain, strict=True))
    assert not schedule.warms_up or plain == warmed


@pytest.mark.parametrize(
    ("optimiser", "schedule"),
    [*((name, "cosine") for name in OPTIMISERS), *(("sgd", name) for name in SCHEDULES if name != "cosine")],
)
def test_an_interrupted_run_goes_on_bit_for_bit(optimiser: str, schedule: str, tmp_path: Path, monkeypatch) -> None:
    """Losses, learning rates, validation losses and the final weights; plateau drops on both sides of the break."""
    monkeypatch.setattr("trainers.training.keeper._SECONDS", -1.0)  # one after each step
    params = {"plateau": {"patience": 0, "threshold": 0.5}}
    spec = SPEC.replace(optimiser=Part(optimiser), schedule=Part(schedule, params.get(schedule, {})))
    whole = collect(train(spec, tmp_path / "whole"))
    kill_at(spec, tmp_path / "broken", 11)
    rest = collect(train(spec, tmp_path / "broken", resume=True))
    assert list(rest["loss"].axis) == list(range(12, 25))
    for name in ("loss", "validation/loss", "validation/loss_over_t"):
        here, there = rest[name], whole[name]
        same = len(here)
        assert list(here.axis) == list(there.axis[-same:])
        np.testing.assert_array_equal(here[:], there[-same:])
    assert list(rest["loss"].column("learning_rate")) == list(whole["loss"].column("learning_rate")[11:])
    ends = [load_file(tmp_path / folder / FILE_NAME) for folder in ("whole", "broken")]
    assert ends[0].keys() == ends[1].keys()
    assert all(torch.equal(ends[0][key], ends[1][key]) for key in ends[0])


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_optimiser_descends_and_applies_weight_decay(name: str) -> None:
    """Without a gradient only decay moves the weights: towards zero, and not at all when it is off."""
    optimiser: Optimiser = make("optimiser", Part(name))

    def after(gradient: float, decay: float) -> float:
        weights = nn.Parameter(torch.ones(3))
        built = optimiser.build(weights, decay)
        for group in built.param_groups:
            group["lr"] = 0.01
        for _ in range(5):
            weights.grad = torch.full((3,), gradient)
            built.step()
        return float(weights.detach().mean())

    assert after(0.0, 0.0) == 1.0
    assert after(0.0, 0.5) < 0.99
    assert after(1.0, 0.0) < 0.99


def test_only_adamw_decays_apart_from_the_gradient() -> None:
    """Decoupled decay shrinks by (1 - rate decay) whatever the gradient's size; Adam's is rescaled with it."""

    def shrinks(name: str, scale: float) -> float:
        weights = nn.Parameter(torch.tensor([1.0, 1.0]))
        built = make("optimiser", Part(name)).build(weights, 0.1)
        built.param_groups[0]["lr"] = 0.01
        weights.grad = torch.tensor([0.0, scale])
        built.step()
        return 1.0 - float(weights.detach()[0])

    assert shrinks("adamw", 1.0) == pytest.approx(0.01 * 0.1, rel=1e-3)
    assert shrinks("adam", 1.0) == pytest.approx(0.01, rel=1e-3)  # its first step is the rate, however small the decay


def test_plateau_asks_for_validation() -> None:
    spec = SPEC.replace(schedule=Part("plateau"))
    without = Training(n_steps=4, n_snapshots=0, n_validations=0)
    for wrong in (
        spec.replace(training=without),
        spec.replace(objective=Part("consistency"), sampler=Part("consistency")),
    ):
        with pytest.raises(SpecError, match="Plateau needs validation losses"):
            collect(train(wrong))


def test_validation_is_the_training_loss_of_other_pairs() -> None:
    """Held out from an endless mixture, it ends within a few standard errors of the training loss."""
    trace = collect(train(SPEC.replace(training=Training(n_steps=150, batch_size=512, n_snapshots=0, ema=0.5))))
    loss, over_t = trace["validation/loss"], trace["validation/loss_over_t"]
    assert len(loss) == len(over_t) == 24
    assert loss[-1] == pytest.approx(trace["loss"][-20:].mean(), rel=0.1)
    assert loss[-1] < 0.8 * loss[0]
    t = over_t.static["t"]
    assert (np.diff(t) > 0).all()
    assert math.isclose(t[0] + t[-1], 1.0, abs_tol=0.01)
