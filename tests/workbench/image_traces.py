"""Traces of images for tests: noise that becomes a picture on straight lines, recorded as a run would record it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from core import spec as specs
from core.events import Chunk, RunFinished, RunStarted, StreamDeclared
from core.spec import Part, RunSpec
from core.trace import Trace, TraceBuilder
from core.trace.trace import SAMPLING_COLUMNS

DIMS = ("t", "particle", "channel", "row", "column")


def image_trace(rows: int = 5, count: int = 4, channels: int = 1, side: int = 8, *, seed: int = 0) -> Trace:
    """``count`` images of ``side`` pixels: x_t = t x1 + (1 - t) x0, the true x1 as its preview, real images beside."""
    rng = np.random.default_rng(seed)
    x0 = rng.normal(size=(count, channels, side, side)).astype(np.float32)
    x1 = np.sign(rng.normal(size=x0.shape)).astype(np.float32) * 0.5
    t = np.linspace(0, 1, rows)
    spec = {"data": "mnist", "field": "network", "network": "unet", "n_samples": count, "label": "3,7"}
    meta = {
        "method": "flow", "method_title": "Flow matching", "data_title": "MNIST", "sampler_title": "Euler",
        "path_title": "Linear", "stochastic": "false", "nfe_total": str(rows - 1), "equation": "ode",
        "class_names": "0, 1, 2, 3, 4, 5, 6, 7, 8, 9",
    }  # fmt: skip
    builder = TraceBuilder()
    builder.feed(RunStarted(json.dumps(spec), meta))
    static = {"label": np.resize([3, 7], count), "data": x1}
    for name, extra in (("x", static), ("x1_hat", {})):
        builder.feed(
            StreamDeclared(
                name=name,
                row_shape=x0.shape,
                dims=DIMS,
                kind="images",
                columns=SAMPLING_COLUMNS,
                capacity=rows,
                static=extra,
            )
        )
    for row, at in enumerate(t):
        values = (at, at, 1 - at, 1.0, -1.0, float(row))
        columns = {name: np.array([value]) for name, value in zip(SAMPLING_COLUMNS, values, strict=True)}
        builder.feed(Chunk("x", (at * x1 + (1 - at) * x0)[None].astype(np.float32), columns))
        builder.feed(Chunk("x1_hat", x1[None], columns))
    builder.feed(RunFinished("finished"))
    return builder.trace


def tiny_checkpoint(file: Path) -> RunSpec:
    """A network of a few hundred weights that nobody trained, told classes; returns the spec that samples it."""
    import torch
    from safetensors.torch import save_file

    from core.checkpoint import EMA, N_CLASSES, PREDICTION, SHAPE, SPEC
    from core.learned import build_network

    network = Part("unet", {"base": 8, "multipliers": "1", "blocks": 1, "attention": False})
    trained = RunSpec(action="train", data=Part("mnist"), network=network, field=Part("network"))
    module = build_network(trained, (1, 28, 28), 10)
    with torch.no_grad():  # its last layer starts at zero, which would make every image grey
        for n, weights in enumerate(module.parameters()):
            weights.copy_(torch.randn(weights.shape, generator=torch.Generator().manual_seed(n)) * 0.1)
    metadata = {SPEC: specs.to_json(trained), PREDICTION: "velocity", SHAPE: "[1, 28, 28]", N_CLASSES: "10"}
    save_file({EMA + name: value for name, value in module.state_dict().items()}, file, metadata)
    return trained.replace(action="sample", field=Part("network", {"weights": str(file)}), n_samples=4)
