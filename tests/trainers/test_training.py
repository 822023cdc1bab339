"""Accumulation, layout, and which checkpoints a run keeps."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import resources
from core.checkpoint import history_of, spec_of
from core.datasets.swiss_roll import SwissRoll
from core.errors import FlowscopeError, SpecError
from core.events import RunStarted, StopRun, Tick
from core.learned import build_network, load_field
from core.metrics.velocity_error import velocity_error
from core.numerics.mixture import MixtureField
from core.parts.making import make
from core.run import sample
from core.setup import resolve
from core.spec import Part, RunSpec, Training, to_json
from core.trace.build import collect
from core.weights import averaged
from trainers import checkpoint
from trainers.checkpoint import FILE_NAME
from trainers.loop import train
from trainers.mean_flow import mean_flow_target
from trainers.training.keeper import BEST, kept_name
from trainers.training.pupil import ChannelsLast
from trainers.training.trainer import Trainer

TOP = Path(__file__).resolve().parents[2]
SPEC = RunSpec(action="train", n_samples=8, data=Part("three-gaussians"), network=Part("mlp", {"width": 16}), threads=1)


def training(**changes: object) -> RunSpec:
    usual = {"n_steps": 20, "batch_size": 16, "n_snapshots": 0, "n_validations": 0, "warm_up": 0}
    return SPEC.replace(training=Training(**(usual | changes)))


def test_accumulated_batches_are_one_large_batch(tmp_path: Path) -> None:
    """Same samples, same step, but for the order of additions; a resumed run reads on where it stopped."""
    large = collect(train(training(batch_size=64)))["loss"][:]
    spec = training(accumulation=4)
    np.testing.assert_allclose(collect(train(spec))["loss"][:], large, rtol=2e-5)
    run = train(spec, tmp_path)
    for event in run:
        if isinstance(event, Tick) and event.done == 7:
            break
    assert [run.throw(StopRun()), *run]
    rest = collect(train(spec, tmp_path, resume=True))["loss"][:]
    np.testing.assert_allclose(rest, large[7:], rtol=2e-5)


@pytest.mark.parametrize(("width", "batch_size", "threads"), [(128, 256, 1), (128, 16_384, 3), (512, 2048, 3)], ids=str)
def test_small_products_are_left_to_one_thread(width: int, batch_size: int, threads: int) -> None:
    spec = training(n_steps=1, batch_size=batch_size).replace(network=Part("mlp", {"width": width}), threads=3)
    run = train(spec)
    assert next(event for event in run if isinstance(event, RunStarted)).meta["threads"] == str(threads)
    run.close()
    assert torch.get_num_threads() == threads


def test_keeps_the_latest_the_best_and_one_every_so_many_steps(tmp_path: Path) -> None:
    """With a rate that is far too high after a good start, the best comes before the end."""
    spec = training(n_steps=60, batch_size=256, n_validations=13, keep_every=25, learning_rate=1.0, ema=0.0)
    spec = spec.replace(schedule=Part("one-cycle", {"rise": 0.9, "start": 1e-3}))
    trace = collect(train(spec, tmp_path))
    assert {file.name for file in tmp_path.iterdir()} == {FILE_NAME, BEST, kept_name(25), kept_name(50)}
    loss = trace["validation/loss"]
    steps = {name: step(tmp_path / name) for name in (FILE_NAME, BEST, kept_name(25))}
    assert steps == {FILE_NAME: 60, BEST: int(loss.axis[loss[:].argmin()]), kept_name(25): 25}
    assert steps[BEST] < 60
    (tmp_path / kept_name(25)).rename(tmp_path / FILE_NAME)
    again = collect(train(spec, tmp_path, resume=True))
    np.testing.assert_array_equal(again["loss"][:], trace["loss"][25:])
    assert step(tmp_path / BEST) == steps[BEST]  # a resumed run knows what was best


def step(file: Path) -> int:
    return int(metadata(file)["step"])


def test_half_precision_loses_nothing_that_a_field_shows(tmp_path: Path) -> None:
    """Read back as float32, the shipped weights' error against the exact field stays as it is within a hundredth."""
    whole = resources.path("weights", "swiss-roll-flow.safetensors")
    checkpoint.slim(whole, tmp_path / "half.safetensors", half=True)
    assert (tmp_path / "half.safetensors").stat().st_size < 0.6 * whole.stat().st_size
    path, mixture = make("path", spec_of(whole).path), SwissRoll().mixture()
    cpu = torch.device("cpu")
    errors = [
        velocity_error(load_field(file, path, cpu, torch.float32, (2,)), MixtureField(mixture, path, cpu), mixture, 3)
        for file in (whole, tmp_path / "half.safetensors")
    ]
    assert errors[1] == pytest.approx(errors[0], rel=0.01)
    weights = averaged(tmp_path / "half.safetensors").weights
    assert {value.dtype for value in weights.values()} == {torch.float32}


def test_products_in_bfloat16_change_a_field_little(tmp_path: Path) -> None:
    """Rounding to eight bits is there, and is a hundredth of the velocity at most; states keep their precision."""
    file, cpu = resources.path("weights", "mnist-flow.safetensors"), torch.device("cpu")
    path = make("path", spec_of(file).path)
    full, half = (load_field(file, path, cpu, torch.float32, (1, 28, 28), half=half) for half in (False, True))
    generator = torch.Generator().manual_seed(1)
    x, t, cond = torch.randn(4, 1, 28, 28, generator=generator), torch.tensor(0.5), torch.arange(4)
    velocity, rounded = (field(x, t, cond).velocity(path.at(t)) for field in (full, half))
    assert rounded.dtype == torch.float32
    assert 0 < ((rounded - velocity).norm() / velocity.norm()).item() < 0.02


@pytest.mark.parametrize("units", [True, False])
def test_products_are_in_bfloat16_where_the_device_has_units_for_it(
    monkeypatch: pytest.MonkeyPatch, units: bool
) -> None:
    """Elsewhere they would take ten times as long as those in float32; the trace says which were computed."""
    monkeypatch.setattr("trainers.training.pupil.has_bfloat16", lambda device: units)
    full, half = (collect(train(training(n_steps=3, autocast=autocast))) for autocast in (False, True))
    assert np.array_equal(full["loss"][:], half["loss"][:]) != units
    assert np.allclose(full["loss"][:], half["loss"][:], rtol=0.05)
    assert full.meta["precision"] == "float32"
    assert half.meta["precision"] == ("float32, products in bfloat16" if units else "float32")


def test_what_ships_names_its_origin_without_a_place_and_fits_half_precision(tmp_path: Path) -> None:
    collect(train(training(n_steps=1), tmp_path / "first"))
    collect(train(training(n_steps=1, init_from=str(tmp_path / "first" / FILE_NAME)), tmp_path))
    checkpoint.slim(tmp_path / FILE_NAME, tmp_path / "small.safetensors")
    kept = spec_of(tmp_path / "small.safetensors").training
    assert kept.init_from == f"first/{FILE_NAME}"
    assert len(kept.init_sha256) == 64
    told = history_of(tmp_path / "small.safetensors")
    assert [stage.spec.training.init_from for stage in told] == ["", f"first/{FILE_NAME}"]
    assert told[0] == (spec_of(tmp_path / "first" / FILE_NAME), 1)
    values = load_file(tmp_path / FILE_NAME)
    save_file({name: value * 1e9 for name, value in values.items()}, tmp_path / "large", metadata(tmp_path / FILE_NAME))
    with pytest.raises(FlowscopeError, match="beyond 65,504"):
        checkpoint.slim(tmp_path / "large", tmp_path / "small.safetensors", half=True)
    bad = metadata(tmp_path / "small.safetensors") | {"before": "{"}
    save_file(load_file(tmp_path / "small.safetensors"), tmp_path / "spoiled.safetensors", bad)
    with pytest.raises(SpecError, match="does not tell what it went on from"):
        history_of(tmp_path / "spoiled.safetensors")


def test_weights_that_have_gone_say_what_would_work(tmp_path: Path) -> None:
    spec = RunSpec(field=Part("network", {"weights": str(tmp_path / "checkpoint.safetensors")}))
    with pytest.raises(SpecError, match=r"There is no file .*Put it back, choose others, or train again"):
        collect(sample(spec))


def test_weights_tell_of_all_the_runs_that_made_them_and_how_far_each_came(tmp_path: Path) -> None:
    files = [tmp_path / name / FILE_NAME for name in ("first", "second", "third")]
    collect(train(training(n_steps=3), files[0].parent))
    run = train(training(n_steps=9, init_from=str(files[0])), files[1].parent)
    for event in run:
        if isinstance(event, Tick) and event.done == 4:
            break
    assert [run.throw(StopRun()), *run]
    collect(train(training(n_steps=2, init_from=str(files[1])), files[2].parent))
    collect(train(training(n_steps=5, init_from=str(files[1])), files[2].parent, resume=True))
    for file in files[:2]:
        file.unlink()
    checkpoint.slim(files[2], tmp_path / "small.safetensors")
    stages = history_of(tmp_path / "small.safetensors")
    assert [stage.steps for stage in stages] == [3, 4, 5]
    assert [stage.spec.training.init_from for stage in stages] == ["", f"first/{FILE_NAME}", f"second/{FILE_NAME}"]
    assert str(tmp_path) not in json.dumps(metadata(tmp_path / "small.safetensors"))


def test_weights_of_an_earlier_version_tell_what_they_went_on_from(tmp_path: Path) -> None:
    """Their checkpoints said nothing of it before they were made small, and then only the specs."""
    first, second, small = tmp_path / "first" / FILE_NAME, tmp_path / FILE_NAME, tmp_path / "small.safetensors"
    collect(train(training(n_steps=3), first.parent))
    collect(train(training(n_steps=1, init_from=str(first)), tmp_path))
    old = {name: text for name, text in metadata(second).items() if name != "before"}
    save_file(load_file(second), second, old)
    checkpoint.slim(second, small)
    assert [stage.steps for stage in history_of(small)] == [3, 1]
    save_file(load_file(small), small, old | {"before": json.dumps([to_json(spec_of(first))])})
    assert [stage.steps for stage in history_of(small)] == [3, 1]
    first.write_bytes(second.read_bytes())
    with pytest.raises(FlowscopeError, match="no longer the file"):
        checkpoint.slim(second, small)


def metadata(file: Path) -> dict[str, str]:
    with safe_open(file, framework="pt") as tensors:
        return tensors.metadata()


def test_the_layout_of_images_changes_no_output() -> None:
    network = build_network(SPEC.replace(network=Part("unet", {"base": 8})), (3, 8, 8), 0)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1, generator=torch.Generator().manual_seed(parameter.numel()))
    x, t = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(1)), torch.tensor([0.2, 0.6])
    torch.testing.assert_close(ChannelsLast(network)(x, t), network(x, t), rtol=1e-4, atol=1e-4)


BACKWARDS = """
import torch
from core.networks.conditional_unet import ConditionalUNet
from trainers.training.pupil import ChannelsLast

network = ConditionalUNet(base=8).build((3, 8, 8))
for parameter in network.parameters():
    torch.nn.init.normal_(parameter, std=0.1)
x, t = torch.randn(4, 3, 8, 8), torch.rand(4)
gradients = []
for called in (network, ChannelsLast(network)):
    network.zero_grad()
    called(x, t).square().mean().backward()
    gradients.append([parameter.grad for parameter in network.parameters()])
for plain, other in zip(*gradients, strict=True):
    torch.testing.assert_close(plain, other, rtol=1e-3, atol=1e-4)
assert not x.requires_grad
"""


def test_a_network_that_begins_with_a_normalisation_learns_in_that_layout() -> None:
    """In a process of its own: what can go wrong within torch takes the process along."""
    ended = subprocess.run([sys.executable, "-c", BACKWARDS], cwd=TOP, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")  # torch's own, as it derives
@pytest.mark.parametrize("name", ["conditional-unet", "residual-unet"])
def test_a_forward_derivative_is_the_same_in_that_layout(name: str) -> None:
    spec = SPEC.replace(network=Part(name, {"base": 8}), objective=Part("mean-flow"))
    network = build_network(spec, (3, 16, 16), 0)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1, generator=torch.Generator().manual_seed(parameter.numel()))
    x, velocity = torch.randn(2, 2, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    t, s = torch.tensor([0.1, 0.3]), torch.tensor([0.5, 0.9])
    plain, other = (mean_flow_target(called, x, t, s, velocity) for called in (network, ChannelsLast(network)))
    torch.testing.assert_close(other, plain, rtol=1e-4, atol=1e-4)


def test_points_have_no_channels() -> None:
    with pytest.raises(SpecError, match="Only images have channels"):
        collect(train(training(channels_last=True)))


def test_a_coupling_with_points_of_its_own_refuses_another_number_of_them() -> None:
    """It took no notice of them; a run that is resumed goes on as it began."""
    spec = training(n_points=100).replace(coupling=Part("exact-ot", {"n_pairs": 64}))
    with pytest.raises(SpecError, match=r"^training\.n_points: .* coupling\.n_pairs = 64\. Set training\.n_points = 0"):
        next(train(spec))
    Trainer(resolve(spec), fresh=False)
    Trainer(resolve(training(n_points=0).replace(coupling=spec.coupling)))
