"""Two processes of one machine that share a training: the numbers of one, whoever computes them and however it ends."""

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

from core.setup import resolve
from core.spec import Part, RunSpec, Training
from trainers.training import pair
from trainers.training.trainer import Trainer

TOP = Path(__file__).resolve().parents[2]
_STEPS, _PATIENCE = 4, 60.0
SPEC = RunSpec(
    action="train", data=Part("three-gaussians"), coupling=Part("minibatch-ot"), precision="float64", threads=2,
    network=Part("mlp", {"width": 512, "depth": 1}), device="cpu",
    training=Training(n_steps=pair._WORTH_STEPS, batch_size=256, accumulation=2, n_snapshots=0, warm_up=0),
)  # fmt: skip


#: An objective whose loss asks the averaged weights too, and gives the first samples another part than the last.
SHORTCUT = SPEC.replace(objective=Part("shortcut"), sampler=Part("mean-flow", {"n_steps": 2}))


@contextmanager
def pupils(spec: RunSpec) -> Iterator[Trainer]:
    """A training that has started a second process."""
    with closing(Trainer(resolve(spec))) as trainer:
        trainer.pair_up()
        yield trainer


def partner(trainer: Trainer) -> pair._Partner:
    assert trainer._pair is not None
    assert trainer._pair._partner is not None
    return trainer._pair._partner


def joined(trainer: Trainer) -> pair._Partner:
    """The other process, once it is ready to learn."""
    assert trainer.wait_for_partner(_PATIENCE), "the other process never came"
    return partner(trainer)


def steps(trainer: Trainer, n: int = _STEPS) -> torch.Tensor:
    """The losses of so many steps, and the weights after them."""
    losses = [trainer.step()[0] for _ in range(n)]
    return torch.cat([torch.tensor(losses, dtype=torch.float64), trainer._weights.detach(), trainer._average])


def by_one(spec: RunSpec) -> torch.Tensor:
    """Both halves learned here, where no process can be started."""
    with closing(Trainer(resolve(spec))) as alone, refused():
        alone.pair_up()
        return steps(alone)


def refused() -> AbstractContextManager[object]:
    return patch.object(pair, "_Partner", side_effect=OSError("no semaphores"))


def test_two_processes_compute_what_one_does_to_the_bit_and_none_is_left() -> None:
    with pupils(SHORTCUT) as trainer:
        other = joined(trainer)
        together = steps(trainer)
        assert other._there, "nobody helped"
    assert torch.equal(together, by_one(SHORTCUT))
    assert other._process not in multiprocessing.active_children()


def test_the_second_process_may_come_late_and_end_early(caplog) -> None:
    with pupils(SPEC) as trainer:
        first = steps(trainer, 1)
        other = joined(trainer)
        second = steps(trainer, 2)
        assert other._there, "nobody helped"
        other._process.kill()
        third = steps(trainer, 1)
        assert not other._there
    assert torch.equal(torch.cat([first[:1], second[:2], third]), by_one(SPEC))
    assert "second process of a training ended" in caplog.text


_UNGUARDED = """
print("begun", flush=True)
from core.setup import resolve
from tests.trainers.test_pair import SPEC, joined
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


def test_a_training_goes_on_by_itself_where_there_is_no_memory_to_share(caplog) -> None:
    full = RuntimeError("unable to allocate shared memory(shm) for file </torch_1>: No space left on device (28)")
    with patch.object(pair, "_shared", side_effect=full), closing(Trainer(resolve(SPEC))) as trainer:
        trainer.pair_up()
        made = steps(trainer)
    assert torch.equal(made, by_one(SPEC))
    assert "No space left" in caplog.text


def test_a_network_that_draws_numbers_of_its_own_is_trained_by_one_process() -> None:
    setup = resolve(SPEC)
    with closing(Trainer(setup)) as trainer:
        network = trainer.state.network
        assert pair.pays(setup, trainer.objective, network)
        assert not pair.pays(setup, trainer.objective, torch.nn.Sequential(network, torch.nn.Dropout(0.1)))


@pytest.mark.parametrize("spec", [SPEC, SHORTCUT], ids=["flow-matching", "shortcut"])
def test_the_halves_are_the_whole_batch(spec: RunSpec) -> None:
    whole = steps(Trainer(resolve(spec)))
    torch.testing.assert_close(by_one(spec), whole, rtol=1e-7, atol=1e-9)


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="Windows ends processes in another way")
def test_the_other_process_ends_soon_after_a_first_that_is_killed() -> None:
    program = (
        "import sys, time\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "if __name__ == '__main__':\n"
        "    from core.setup import resolve\n"
        "    from tests.trainers.test_pair import SPEC, joined\n"
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


def paired(spec: RunSpec) -> bool:
    with closing(Trainer(resolve(spec))) as trainer:
        trainer.pair_up()
        assert trainer.cores == (2 * trainer.threads if trainer._pair else trainer.threads)
        return trainer._pair is not None


def changed(**training: object) -> RunSpec:
    return SPEC.replace(training=msgspec.structs.replace(SPEC.training, **training))


@pytest.mark.parametrize(
    "other",
    [
        SPEC.replace(threads=1),
        SPEC.replace(network=Part("mlp")),
        changed(n_steps=pair._WORTH_STEPS - 1),
        changed(batch_size=257),
        changed(compile=True),
        SPEC.replace(objective=Part("reflow"), coupling=Part("independent")),
    ],
    ids=["one core", "a small network", "few steps", "an odd batch", "compiled", "rounds"],
)
def test_one_process_does_where_two_would_not_pay(other: RunSpec) -> None:
    with refused():
        assert paired(SPEC)
        assert not paired(other)


def test_a_system_that_refuses_a_second_process_is_told_of(caplog) -> None:
    by_one(SPEC)
    assert "no second process to train with: no semaphores" in caplog.text


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Windows has no masks of signals")
def test_ctrl_c_is_the_first_process_to_answer() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, set())
    with pair._deaf():
        assert signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, set())
    assert signal.pthread_sigmask(signal.SIG_BLOCK, set()) == before
