"""Weights of another run as a start: they fit or are refused, and one time becomes two without a change."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import torch

from core import registry
from core.checkpoint import sha256, spec_of
from core.errors import SpecError
from core.learned import build_network
from core.spec import Part, RunSpec, Training
from core.trace.build import collect
from core.weights import averaged
from trainers.checkpoint import FILE_NAME
from trainers.loop import train
from trainers.training import origin

SPEC = RunSpec(
    action="train", n_samples=8, data=Part("moons"), network=Part("mlp", {"width": 16}), sampler=Part("euler"),
    training=Training(n_steps=6, batch_size=16, n_snapshots=0, n_validations=0, warm_up=0), threads=1,
)  # fmt: skip
MEAN_FLOW = SPEC.replace(objective=Part("mean-flow"), sampler=Part("mean-flow"))


def begun(spec: RunSpec, file: Path | str, **training: object) -> RunSpec:
    return spec.replace(training=msgspec.structs.replace(spec.training, init_from=str(file), **training))


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    collect(train(SPEC, tmp_path / "first"))
    return tmp_path / "first" / FILE_NAME


def test_a_run_goes_on_from_another_and_names_it(checkpoint: Path, tmp_path: Path) -> None:
    """At a vanishing learning rate the weights end where they began: at the averages of the other run."""
    trace = collect(train(begun(SPEC, checkpoint, learning_rate=1e-30), tmp_path / "second"))
    ours, theirs = (averaged(file).weights for file in (tmp_path / "second" / FILE_NAME, checkpoint))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    for spec in (trace.spec, spec_of(tmp_path / "second" / FILE_NAME)):
        assert spec.training.init_from == str(checkpoint)
        assert spec.training.init_sha256 == sha256(checkpoint)
    collect(train(trace.spec, tmp_path / "again"))
    again = averaged(tmp_path / "again" / FILE_NAME).weights
    assert all(torch.equal(ours[name], again[name]) for name in ours)


def test_a_resumed_run_needs_its_start_no_more(checkpoint: Path, tmp_path: Path) -> None:
    spec = begun(SPEC, checkpoint)
    collect(train(spec, tmp_path / "second"))
    checkpoint.unlink()
    longer = SPEC.replace(training=msgspec.structs.replace(SPEC.training, n_steps=8))
    trace = collect(train(longer, tmp_path / "second", resume=True))
    assert list(trace["loss"].axis) == [7.0, 8.0]
    assert trace.spec.training.init_from == str(checkpoint)
    with pytest.raises(SpecError, match="cannot be read: No such file"):
        collect(train(spec))


def test_what_does_not_fit_is_refused_in_one_line(checkpoint: Path, tmp_path: Path) -> None:
    told = msgspec.structs.replace(SPEC.training, conditional=True)
    wrong = {
        "with the network": begun(SPEC.replace(network=Part("mlp", {"width": 24})), checkpoint),
        "classes 0, and this run asks for 2": begun(SPEC.replace(training=told), checkpoint),
        "is another file": begun(SPEC, checkpoint, init_sha256="0" * 64),
        "has a zero byte": begun(SPEC, "a\0b.safetensors"),
        "is not a safetensors file": begun(SPEC, __file__),
    }
    for words, spec in wrong.items():
        with pytest.raises(SpecError, match=words) as caught:
            collect(train(spec))
        assert "\n" not in str(caught.value)
    collect(train(MEAN_FLOW, tmp_path / "two"))
    with pytest.raises(SpecError, match="two times"):
        collect(train(begun(SPEC, tmp_path / "two" / FILE_NAME)))


@pytest.mark.parametrize("name", [n for n, cls in registry.entries("network").items() if cls.reads == "points"])
def test_one_time_starts_two(name: str, tmp_path: Path) -> None:
    """The average velocity is the velocity until it is trained, wherever the jump ends."""
    collect(train(SPEC.replace(network=Part(name)), tmp_path))
    spec = begun(MEAN_FLOW.replace(network=Part(name)), tmp_path / FILE_NAME)
    one, two = (build_network(each, (2,), 0) for each in (SPEC.replace(network=Part(name)), spec))
    one.load_state_dict(averaged(tmp_path / FILE_NAME).weights)
    origin.load(two, spec, (2,), 0)
    x, t, s = torch.randn(9, 2, generator=torch.Generator().manual_seed(1)), torch.full((9,), 0.3), torch.rand(9)
    torch.testing.assert_close(two(x, t, None, s), one(x, t))
    assert collect(train(spec)).status == "finished"


@pytest.mark.parametrize("name", [n for n, cls in registry.entries("network").items() if cls.reads == "images"])
def test_image_networks_of_two_times_begin_as_those_of_one(name: str) -> None:
    one, two = (build_network(each.replace(network=Part(name)), (1, 16, 16), 0) for each in (SPEC, MEAN_FLOW))
    known = one.state_dict()
    for value in known.values():
        if value.is_floating_point():
            value.add_(0.01 * torch.randn(value.shape, generator=torch.Generator().manual_seed(value.numel())))
    fresh = two.state_dict()
    two.load_state_dict({key: origin._widened(known.get(key), value) for key, value in fresh.items()})
    x, t = torch.randn(2, 1, 16, 16, generator=torch.Generator().manual_seed(1)), torch.tensor([0.2, 0.6])
    assert origin._same(one, two, (1, 16, 16), 0)
    torch.testing.assert_close(two(x, t, None, t + 0.3), one(x, t))
