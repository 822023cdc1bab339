"""Fresh points: even over a stretch of steps, in any order within a batch, alike for every method, and worth it."""

from __future__ import annotations

import pytest
import torch

from core.datasets import Dataset
from core.metrics.velocity_error import velocity_error
from core.numerics.mixture import MixtureField
from core.parts.making import make
from core.setup import resolve
from core.spec import Part, RunSpec, Training
from trainers.batches import Batch, Batches
from trainers.training.trainer import Trainer

SPEC = RunSpec(
    action="train", data=Part("eight-gaussians"), training=Training(batch_size=64, n_snapshots=0, n_validations=0)
)
SHAPE = Part("shape", {"shape": "moons"})


def batches(spec: RunSpec, n: int, first: int = 0) -> list[Batch]:
    sequence = Batches(resolve(spec), make("objective", spec.objective))
    return [batch for step in range(first, first + n) for batch in sequence.of(step)]


def whole(spec: RunSpec, n: int) -> Batch:
    return Batch(*(None if values[0] is None else torch.cat(values) for values in zip(*batches(spec, n), strict=True)))


@pytest.mark.parametrize("source", [Part("normal"), SHAPE])
def test_data_noise_and_times_are_those_of_the_run(source: Part) -> None:
    spec = SPEC.replace(source=source)
    setup, batch = resolve(spec), whole(spec, 64)
    origin = setup.source.mixture()
    mean, std = (torch.zeros(2), torch.ones(2)) if origin is None else (v.float() for v in origin.mean_std())
    torch.testing.assert_close(batch.x0.mean(0), mean, atol=0.01, rtol=0)
    torch.testing.assert_close(batch.x0.std(0), std, atol=0.01, rtol=0)
    wanted, spread = (values.float() for values in setup.mixture.mean_std())
    torch.testing.assert_close(batch.x1.mean(0), wanted, atol=0.01, rtol=0)
    torch.testing.assert_close(batch.x1.std(0), spread, atol=0.01, rtol=0)
    assert (batch.t.sort().values - (torch.arange(4096) + 0.5) / 4096).abs().max() < 2 / 4096
    together = torch.corrcoef(torch.cat([batch.x1, batch.x0, batch.t[:, None]], 1).T)
    for ours, others in ((slice(0, 2), slice(2, 5)), (slice(2, 4), slice(4, 5))):
        assert together[ours, others].abs().max() < 0.01


def test_a_place_in_the_batch_says_nothing_of_the_sample() -> None:
    first = torch.cat([batch.t[:16] for batch in batches(SPEC, 128)])
    n = torch.bincount((first * 16).long(), minlength=16)
    assert n.min() > 0.6 * len(first) / 16  # a row's number decides its first digits: half of them would be empty


def test_methods_learn_from_the_same_pairs() -> None:
    flow, other = whole(SPEC, 3), whole(SPEC.replace(objective=Part("mean-flow")), 3)
    for name in ("x1", "x0", "t"):
        assert torch.equal(getattr(flow, name), getattr(other, name))
    diffusion = whole(SPEC.replace(path=Part("vp-linear"), objective=Part("diffusion")), 3)
    assert torch.equal(flow.x1, diffusion.x1)
    assert torch.equal(flow.x0, diffusion.x0)


def test_batches_can_be_entered_at_any_step() -> None:
    later = batches(SPEC, 2, first=70)
    for name in ("x1", "x0", "t"):
        wanted = [getattr(batch, name) for batch in batches(SPEC, 72)[70:]]
        assert torch.equal(torch.cat(wanted), torch.cat([getattr(batch, name) for batch in later]))


def test_labels_of_a_share_are_withheld() -> None:
    training = Training(batch_size=64, conditional=True, label_dropout=0.25)
    spec = SPEC.replace(data=Part("three-gaussians"), training=training)
    setup, batch = resolve(spec), whole(spec, 64)
    assert batch.cond is not None
    told = batch.cond < setup.n_classes
    assert float(told.float().mean()) == pytest.approx(0.75, abs=1e-3)
    nearest = torch.cdist(batch.x1, setup.mixture.centres.float()).argmin(1)
    assert torch.equal(setup.mixture.labels[nearest][told], batch.cond[told])


def test_a_velocity_is_learned_better_than_by_chance(monkeypatch) -> None:
    def error(seed: int) -> float:
        settings = Training(n_steps=600, batch_size=64, n_snapshots=0, n_validations=0)
        trainer = Trainer(resolve(SPEC.replace(seed=seed, training=settings)))
        for _ in range(settings.n_steps):
            trainer.step()
        setup = trainer.setup
        return velocity_error(trainer.learned, MixtureField(setup.mixture, setup.path, setup.device), setup.mixture, 0)

    even = error(1) + error(2)
    monkeypatch.setattr(Dataset, "fresh", None)
    assert even < 0.85 * (error(1) + error(2))
