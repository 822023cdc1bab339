"""Measuring a field afterwards: good weights are good, and good for their own data only."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from core.errors import SpecError
from core.events import Tick
from core.predictions import Estimate
from core.setup import Setup
from core.spec import Part, RunSpec
from core.trace.build import TraceBuilder
from trainers.jobs import start


def errors(spec: RunSpec) -> np.ndarray:
    builder = TraceBuilder()
    for event in start(spec.replace(action="measure")):
        if not isinstance(event, Tick):
            builder.feed(event)
    assert builder.trace.status == "finished"
    stream = builder.trace["metric/velocity_error"]
    assert (np.diff(stream.axis) > 0).all()
    return stream[:]


def shipped(name: str) -> RunSpec:
    return RunSpec(
        path=Part("linear" if name == "flow" else "vp-linear"),
        objective=Part("flow-matching" if name == "flow" else "diffusion"),
        field=Part("network", {"weights": f"shipped:swiss-roll-{name}"}),
        sampler=Part("euler"),
    )


@pytest.mark.parametrize("name", ["flow", "diffusion"])
def test_shipped_weights_know_their_data_and_no_other(name: str) -> None:
    spec = shipped(name)
    own, other = errors(spec), errors(spec.replace(data=Part("moons")))
    assert np.median(own) < 0.2
    assert np.median(other) > 2 * np.median(own)


class Still:
    """A field whose velocity is zero everywhere."""

    def __call__(self, x: Tensor, t: Tensor, cond: Tensor | None = None) -> Estimate:
        return Estimate(torch.zeros_like(x), torch.zeros_like(x))


def test_the_error_is_that_where_the_pairs_of_the_run_are(monkeypatch) -> None:
    """At the start the exact velocity is E[x1] - x0 = -x0, so that who stands still errs by the size of the source."""
    monkeypatch.setattr(Setup, "field", lambda _: Still())
    spec = shipped("flow").replace(data=Part("eight-gaussians"))
    for source, std in (("normal", 1.0), ("shape", 2.0)):
        assert errors(spec.replace(source=Part(source)))[0] == pytest.approx(std * 2**0.5, rel=0.2)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"field": Part("exact")}, "no error"), ({"coupling": Part("minibatch-ot")}, "no exact field to compare with")],
)
def test_what_cannot_be_measured_is_said_in_one_line(change: dict[str, Part], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        next(start(shipped("flow").replace(action="measure", **change)))
