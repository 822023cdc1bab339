"""Steps that a second process shares, as halves or in pairs: the same numbers, whoever computes them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest
import torch
from PIL import Image

from core.setup import resolve
from core.spec import Part, RunSpec, Training
from trainers.checkpoint import Learned
from trainers.training import partner as partners
from trainers.training import trainer as training
from trainers.training.partner import Partner
from trainers.training.trainer import _WORTH_HALVES, _WORTH_PAIRS, Trainer
from trainers.training.ways import TwoSteps

TOP = Path(__file__).resolve().parents[2]
_STEPS, _PATIENCE = 5, 60.0
SPEC = RunSpec(
    action="train", data=Part("three-gaussians"), coupling=Part("minibatch-ot"), precision="float64", threads=2,
    network=Part("mlp", {"width": 64, "depth": 1}), device="cpu",
    training=Training(n_steps=_WORTH_PAIRS, batch_size=256, accumulation=2, n_snapshots=0, warm_up=0),
)  # fmt: skip


def changed(**changes: object) -> RunSpec:
    return SPEC.replace(training=msgspec.structs.replace(SPEC.training, **changes))


ONE_BY_ONE = changed(in_pairs=False)
#: A wide network, of whose steps two processes learn half each.
HALVES = SPEC.replace(network=Part("mlp", {"width": 512, "depth": 1}))
#: An objective whose loss asks the averaged weights too, and gives the first samples another part than the last.
SHORTCUT = HALVES.replace(objective=Part("shortcut"), sampler=Part("mean-flow", {"n_steps": 2}))


@contextmanager
def pupils(spec: RunSpec) -> Iterator[Trainer]:
    """A training that has started a second process."""
    with closing(Trainer(resolve(spec))) as trainer:
        trainer.pair_up()
        yield trainer


def partner(trainer: Trainer) -> Partner:
    assert trainer._partner is not None
    return trainer._partner


def joined(trainer: Trainer) -> Partner:
    """The other process, once it is ready to learn."""
    assert trainer.wait_for_partner(_PATIENCE), "the other process never came"
    return partner(trainer)


def steps(trainer: Trainer, n: int = _STEPS) -> torch.Tensor:
    """The losses of so many steps, and the weights after them."""
    losses = [trainer.step()[0] for _ in range(n)]
    return torch.cat([torch.tensor(losses, dtype=torch.float64), trainer._weights.detach(), trainer._average])


def by_one(spec: RunSpec) -> torch.Tensor:
    """Both steps of every pair learned here, where no process can be started."""
    with closing(Trainer(resolve(spec))) as alone, refused():
        alone.pair_up()
        return steps(alone)


def refused() -> AbstractContextManager[object]:
    return patch.object(partners, "Partner", side_effect=OSError("no semaphores"))


WAYS = pytest.mark.parametrize("spec", [SPEC, HALVES], ids=["pairs", "halves"])


@pytest.fixture(autouse=True)
def _from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pairs begin with the first step."""
    monkeypatch.setattr(training, "_FIRST_PAIR", 0)


@pytest.mark.parametrize("spec", [SPEC, SHORTCUT], ids=["pairs", "halves"])
def test_two_processes_compute_what_one_does_to_the_bit_and_none_is_left(spec: RunSpec) -> None:
    with pupils(spec) as trainer:
        other = joined(trainer)
        together = steps(trainer)
        assert other._there, "nobody helped"
    assert torch.equal(together, by_one(spec))
    assert other._process not in multiprocessing.active_children()


@WAYS
def test_the_second_process_may_come_late_and_end_early(spec: RunSpec, caplog) -> None:
    with pupils(spec) as trainer:
        first = steps(trainer, 1)
        other = joined(trainer)
        second = steps(trainer, 2)
        assert other._there, "nobody helped"
        other._process.kill()
        third = steps(trainer, 2)
        assert not other._there
    assert torch.equal(torch.cat([first[:1], second[:2], third]), by_one(spec))
    assert "second process of a training ended" in caplog.text


_UNGUARDED = """
print("begun", flush=True)
from core.setup import resolve
from tests.trainers.test_ways import SPEC, joined
from trainers.training.trainer import Trainer

trainer = Trainer(resolve(SPEC))
trainer.pair_up()
joined(trainer)
trainer.step()
trainer.close()
print("helped")
"""


def test_a_program_that_trains_at_its_top_level_is_not_run_twice(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(_UNGUARDED)
    environment = {**os.environ, "PYTHONPATH": str(TOP)}
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, cwd=TOP, env=environment)
    assert (done.stdout, done.stderr) == ("begun\nhelped\n", "")


@WAYS
def test_a_training_goes_on_by_itself_where_there_is_no_memory_to_share(spec: RunSpec, caplog) -> None:
    full = RuntimeError("unable to allocate shared memory(shm) for file </torch_1>: No space left on device (28)")
    with patch.object(partners, "_shared", side_effect=full), closing(Trainer(resolve(spec))) as trainer:
        trainer.pair_up()
        made = steps(trainer)
    assert torch.equal(made, by_one(spec))
    assert "No space left" in caplog.text


def test_a_network_that_draws_numbers_of_its_own_is_trained_by_one_process() -> None:
    setup = resolve(SPEC)
    with closing(Trainer(setup)) as trainer:
        network = trainer.state.network
        assert partners.may_share(setup, trainer.objective, network)
        assert not partners.may_share(setup, trainer.objective, torch.nn.Sequential(network, torch.nn.Dropout(0.1)))


@pytest.mark.parametrize("spec", [HALVES, SHORTCUT], ids=["flow-matching", "shortcut"])
def test_the_halves_are_the_whole_batch(spec: RunSpec) -> None:
    whole = steps(Trainer(resolve(spec)))
    torch.testing.assert_close(by_one(spec), whole, rtol=1e-7, atol=1e-9)


def test_the_first_of_a_pair_is_an_ordinary_step_and_the_second_is_one_step_old() -> None:
    plain, paired, untrained = (Trainer(resolve(spec)) for spec in (ONE_BY_ONE, SPEC, ONE_BY_ONE))
    assert torch.equal(steps(paired, 1), steps(plain, 1))
    assert plain.state.ahead is None
    ahead = paired.state.ahead
    assert ahead is not None
    gradient = untrained._weights.grad
    assert gradient is not None
    assert torch.equal(ahead.loss, untrained._pupil.learn(1))
    assert torch.equal(ahead.gradient, gradient)
    paired.step()
    plain.step()
    assert not torch.equal(paired._weights, plain._weights)


def test_the_first_steps_are_taken_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_FIRST_PAIR", 3)
    monkeypatch.setattr(training, "_WORTH_PAIRS", 0)
    trainer, ahead = Trainer(resolve(changed(n_steps=8))), []
    for _ in range(8):
        trainer.step()
        ahead.append(trainer.state.ahead is not None)
    assert ahead == [False, False, False, False, True, False, True, False]


@pytest.mark.parametrize("taken", [2, 3])
def test_a_training_stopped_within_a_pair_goes_on_bit_for_bit(taken: int, tmp_path: Path) -> None:
    file = tmp_path / "checkpoint.safetensors"
    first = Trainer(resolve(SPEC))
    steps(first, taken)
    assert (first.state.ahead is not None) == (taken % 2 == 1)
    first.save(file)
    second = Trainer(resolve(SPEC))
    second.resume(file)
    assert torch.equal(steps(second), steps(first))


REFLOW = SPEC.replace(
    objective=Part("reflow", {"n_pairs": 64, "n_ode": 2}), coupling=Part("independent"),
    training=msgspec.structs.replace(SPEC.training, n_steps=30, batch_size=16, n_validations=0),
)  # fmt: skip
NEVER = {
    "one by one": ONE_BY_ONE,
    "a wide network": HALVES,
    "too few steps": changed(n_steps=_WORTH_PAIRS - 1),
    "an objective that learns from its network": SPEC.replace(objective=SHORTCUT.objective, sampler=SHORTCUT.sampler),
    "steps as long as their gradients": SPEC.replace(optimiser=Part("sgd")),
    "compiled": changed(compile=True),
}


@pytest.mark.parametrize("spec", list(NEVER.values()), ids=list(NEVER))
def test_only_what_takes_no_harm_is_learned_in_pairs(spec: RunSpec) -> None:
    paired, trainer = Trainer(resolve(SPEC)), Trainer(resolve(spec))
    assert isinstance(paired._way, TwoSteps)
    assert not isinstance(trainer._way, TwoSteps)


def test_plain_descent_comes_as_near_as_ever() -> None:
    """In pairs its steps would be twice as long as they should be, and go astray."""
    spec = SPEC.replace(
        optimiser=Part("sgd"), schedule=Part("constant"), coupling=Part("independent"), precision="float32",
        training=msgspec.structs.replace(SPEC.training, learning_rate=0.1, clip=0.0, accumulation=1),
    )  # fmt: skip
    trainer = Trainer(resolve(spec))
    losses = [trainer.step()[0] for _ in range(700)]
    assert max(losses[600:]) < max(losses[:10])


def test_a_round_forgets_what_was_learned_ahead_of_it() -> None:
    """As where a training goes on with other rounds than it began with."""
    trainer = Trainer(resolve(REFLOW))
    trainer.state.step, gradient = 15, torch.ones_like(trainer._weights)
    trainer.state.ahead = Learned(torch.ones(()), gradient)
    list(trainer.begin_round())
    assert trainer.state.ahead is None


def test_images_are_learned_one_step_at_a_time(tmp_path: Path) -> None:
    """Theirs suffer from old gradients at first."""
    Image.effect_noise((8, 8), 50.0).save(tmp_path / "noise.png")
    spec = SPEC.replace(
        data=Part("image-folder", {"folder": str(tmp_path), "size": 8}), network=Part("tiny-unet", {"base": 4}),
        coupling=Part("independent"), precision="float32",
        training=msgspec.structs.replace(SPEC.training, batch_size=2, accumulation=1, n_validations=0),
    )  # fmt: skip
    trainer = Trainer(resolve(spec))
    trainer.step()
    assert trainer.state.ahead is None


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="Windows ends processes in another way")
def test_the_other_process_ends_soon_after_a_first_that_is_killed() -> None:
    program = (
        "import sys, time\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "if __name__ == '__main__':\n"
        "    from core.setup import resolve\n"
        "    from tests.trainers.test_ways import SPEC, joined\n"
        "    from trainers.training.trainer import Trainer\n"
        "    trainer = Trainer(resolve(SPEC))\n"
        "    trainer.pair_up()\n"
        "    print(joined(trainer)._process.pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    first = subprocess.Popen([sys.executable, "-c", program, str(TOP)], stdout=subprocess.PIPE, text=True, cwd=TOP)
    assert first.stdout is not None
    pid = int(first.stdout.readline())
    first.kill()
    first.wait()
    until = time.monotonic() + _PATIENCE
    while _alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _alive(pid)
    first.stdout.close()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def shared(spec: RunSpec) -> bool:
    with closing(Trainer(resolve(spec))) as trainer:
        trainer.pair_up()
        assert trainer.cores == (2 if trainer._shared else 1) * trainer.threads
        return trainer._shared


@pytest.mark.parametrize(
    "other",
    [
        SPEC.replace(threads=1),
        changed(n_steps=_WORTH_PAIRS - 1),
        HALVES.replace(training=changed(n_steps=_WORTH_HALVES - 1).training),
        HALVES.replace(training=changed(batch_size=257).training),
        changed(compile=True),
        REFLOW.replace(training=SPEC.training),
    ],
    ids=["one core", "few steps", "few halves", "an odd batch", "compiled", "rounds"],
)
def test_one_process_does_where_two_would_not_pay(other: RunSpec) -> None:
    with refused():
        assert shared(SPEC)
        assert shared(HALVES)
        assert not shared(ONE_BY_ONE)
        assert not shared(other)


def test_a_system_that_refuses_a_second_process_is_told_of(caplog) -> None:
    by_one(SPEC)
    assert "no second process to train with: no semaphores" in caplog.text


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Windows has no masks of signals")
def test_ctrl_c_is_the_first_process_to_answer() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, set())
    with partners._deaf():
        assert signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, set())
    assert signal.pthread_sigmask(signal.SIG_BLOCK, set()) == before
