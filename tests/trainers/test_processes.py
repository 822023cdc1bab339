"""Two processes that train together stay equal to the bit, and do what one does alone."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core import spec as specs
from core.errors import SpecError
from core.setup import resolve
from core.spec import Part, RunSpec, Training
from core.trace.build import collect
from trainers.checkpoint import FILE_NAME
from trainers.loop import train
from trainers.training import trainer as training
from trainers.training.processes import Processes
from trainers.training.trainer import Trainer

TOP = Path(__file__).resolve().parents[2]
SPEC = RunSpec(
    action="train", n_samples=8, data=Part("three-gaussians"), coupling=Part("minibatch-ot"), schedule=Part("plateau"),
    network=Part("mlp", {"width": 16}), threads=1, device="cpu",
    training=Training(n_steps=30, batch_size=32, accumulation=2, n_snapshots=0, n_validations=5, warm_up=0),
)  # fmt: skip
#: Each process writes what it ended with, whether it is the first or not.
PROGRAM = """
import sys
import numpy as np
from safetensors.torch import save_file
from core import spec as specs
from core.trace.build import TraceBuilder
from core.events import Tick
from pathlib import Path
from trainers.training import trainer
from trainers.loop import train

trainer._FIRST_PAIR, trainer._WORTH_PAIRS = 4, 0
made = []
step = trainer.Trainer.step
def kept(self):
    made[:] = [self]
    return step(self)
trainer.Trainer.step = kept
folder, builder = Path(sys.argv[1]), TraceBuilder()
for event in train(specs.from_json(sys.argv[2]), folder):
    if not isinstance(event, Tick):
        builder.feed(event)
rank = made[0].processes.rank
np.save(folder / f"loss-{rank}.npy", builder.trace["loss"][:])
state = made[0].state
values = {f"raw.{k}": v.clone() for k, v in state.network.state_dict().items()}
values |= {f"ema.{k}": v.clone() for k, v in state.average.state_dict().items()}
save_file(values, folder / f"weights-{rank}")
"""
TOLERANCE = 1e-4


@pytest.mark.timeout(300)
def test_two_processes_train_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights bit-equal across the two; losses and weights as with one process, to the order of additions: of steps
    that are learned one by one, and of those in pairs."""
    monkeypatch.setattr(training, "_FIRST_PAIR", 4)
    monkeypatch.setattr(training, "_WORTH_PAIRS", 0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    common = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path), specs.to_json(SPEC)],
            env=os.environ | common | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            cwd=TOP, stderr=subprocess.PIPE, text=True,
        )
        for rank in range(2)
    ]  # fmt: skip
    for process in running:
        _, err = process.communicate()
        assert process.returncode == 0, err
    first, second = (load_file(tmp_path / f"weights-{rank}") for rank in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    losses = [np.load(tmp_path / f"loss-{rank}.npy") for rank in range(2)]
    np.testing.assert_array_equal(*losses)
    alone = collect(train(SPEC, tmp_path / "alone"))
    np.testing.assert_allclose(losses[0], alone["loss"][:], rtol=TOLERANCE)
    whole = load_file(tmp_path / "alone" / FILE_NAME)
    for name, value in first.items():
        torch.testing.assert_close(value, whole[name], rtol=TOLERANCE, atol=TOLERANCE)
    assert load_file(tmp_path / FILE_NAME).keys() == whole.keys()


@pytest.mark.parametrize("objective", ["flow-matching", "mean-flow", "shortcut"])
def test_the_same_samples_learn_spans_however_many_processes_there_are(objective: str, monkeypatch) -> None:
    """The mean of the parts' gradients is that of the whole batch, and no part decides by its own size."""
    monkeypatch.setattr(training, "_FIRST_PAIR", 0)
    monkeypatch.setattr(training, "_WORTH_PAIRS", 0)
    spec = SPEC.replace(
        objective=Part(objective), sampler=Part("mean-flow"), schedule=Part("constant"), precision="float64",
        training=Training(n_steps=2, batch_size=15, n_snapshots=0, n_validations=0, warm_up=0, clip=0.0),
    )  # fmt: skip
    if objective == "flow-matching":
        spec = spec.replace(sampler=Part("euler"))
    whole, *parts = (gradient(spec, Processes(rank, size)) for rank, size in ((0, 1), (0, 3), (1, 3), (2, 3)))
    torch.testing.assert_close(torch.stack(parts).mean(0), whole, rtol=1e-9, atol=1e-12)


def gradient(spec: RunSpec, processes: Processes) -> torch.Tensor:
    """Of the loss of one process's part of the first batch, and of the next one's where both are learned together, in
    weights that are not zero anywhere."""
    trainer = Trainer(resolve(spec), processes)
    weights = 0.3 * torch.randn(len(trainer._weights), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    for vector in (trainer._weights, trainer._average):
        vector.data.copy_(weights)
    _, ahead = trainer._way.learn(0)
    return trainer._weights.grad if ahead is None else torch.cat([trainer._weights.grad, ahead.gradient])


def test_a_batch_is_shared_equally_or_not_at_all() -> None:
    rows = [Processes(rank, 4).rows(64) for rank in range(4)]
    assert sorted(i for part in rows for i in range(64)[part]) == list(range(64))
    assert {len(range(64)[part]) for part in rows} == {16}
    with pytest.raises(SpecError, match="64 samples cannot be shared equally by 3 processes"):
        Processes(0, 3).rows(64)
