"""Train the digit classifier of image metrics on MNIST's 60,000 training images: minutes of one core.

    python tools/train_classifier.py [OUT.safetensors]

OUT is the shipped file without a name. Every batch is a function of its number: order and shifts of up to two pixels
come from the counter-based noise, so the same machine gives the same weights. AdamW, one cycle of the learning rate,
averaged weights with batch statistics of their own.
"""

from __future__ import annotations

import copy
import math
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

import resources
from core.datasets.mnist import Mnist
from core.images.classifier import Classifier, accuracy
from core.numerics.noise import uniform

SEED, EPOCHS, BATCH, PEAK, DECAY, EMA, SHIFT = 1, 12, 256, 4e-3, 0.05, 0.99, 2
COMMAND = "python tools/train_classifier.py"
SCALED_BY = 10_000
"""Training images over which the features get a mean square of 1."""


def train() -> Classifier:
    """The averaged network."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    data = Mnist(train_on="all")
    network = Classifier()
    average = copy.deepcopy(network).requires_grad_(False)
    n_steps = EPOCHS * data.n_train // BATCH
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=DECAY)
    began = time.monotonic()
    for step in range(n_steps):
        for group in optimiser.param_groups:
            group["lr"] = _learning_rate(step / n_steps)
        images, labels = data.training(BATCH, SEED, step * BATCH)
        assert labels is not None  # MNIST has classes
        with torch.autocast("cpu", torch.bfloat16):
            loss = F.cross_entropy(network(_shifted(images, step)).scores.float(), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        keep = min(EMA, (1 + step) / (10 + step))
        for mean, value in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
            mean.lerp_(value, 1 - keep) if mean.is_floating_point() else mean.copy_(value)
        if step % 100 == 0:
            left = (time.monotonic() - began) / (step + 1) * (n_steps - step - 1)
            print(f"step {step} of {n_steps}, loss {float(loss.detach()):.4f}, {left:.0f} s left", file=sys.stderr)
    return average.eval()


def _learning_rate(done: float) -> float:
    """A linear rise over the first fifth, a half cosine down to zero over the rest."""
    return PEAK * (done / 0.2 if done < 0.2 else 0.5 + 0.5 * math.cos(math.pi * (done - 0.2) / 0.8))


def _shifted(images: Tensor, step: int) -> Tensor:
    """Each image moved by whole pixels, background moving in."""
    index = torch.arange(step * BATCH, step * BATCH + len(images))
    move = (uniform(SEED, "step", index, 2) * (2 * SHIFT + 1)).long()  # 0 to 2 SHIFT
    padded = F.pad(images, (SHIFT,) * 4, value=-1.0)
    side = torch.arange(images.shape[2])
    rows, columns = move[:, :1] + side, move[:, 1:] + side
    return padded[torch.arange(len(images))[:, None, None], 0, rows[:, :, None], columns[:, None, :]][:, None]


def _halves(network: Classifier) -> dict[str, Tensor]:
    """The weights at half precision."""
    return {name: value.half() if value.is_floating_point() else value for name, value in network.state_dict().items()}


def _rounded(network: Classifier) -> Classifier:
    """The same with the weights as they are stored."""
    network.load_state_dict({name: value.float() for name, value in _halves(network).items()})
    return network


def main(out: Path) -> None:
    began = time.monotonic()
    network = _rounded(train())
    with torch.inference_mode():
        features = network(Mnist(train_on="all").training(SCALED_BY, SEED).x).features
    network.scale = features.square().mean().sqrt().half().float()
    images, labels = Mnist().test(Mnist.n_test)
    assert labels is not None  # MNIST has classes
    right = accuracy(network, images, labels)
    metadata = {
        "command": COMMAND,
        "data": "MNIST, 60,000 training images, twelve times",
        "test accuracy": f"{right:.4f} of 10,000 test images, with these half-precision weights",
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file(_halves(network), out, metadata)
    print(f"{100 * right:.2f} % of the test images, {time.monotonic() - began:.0f} s, {out}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else resources.path("weights", "mnist-classifier.safetensors"))
