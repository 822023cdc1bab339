"""Training learns, can be stopped and resumed bit for bit, and its batches do not depend on their size."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import msgspec
import numpy as np
import pytest
import torch
from PIL import Image

from core import registry
from core.checkpoint import steps_of
from core.datasets import Dataset, Samples
from core.errors import FlowscopeError, SpecError
from core.events import Chunk, Event, RunFinished, StopRun, Tick
from core.networks import count_parameters
from core.networks.mlp import Mlp
from core.parts.making import make
from core.presets import placed
from core.run import sample
from core.setup import resolve
from core.spec import Part, RunSpec, Training, to_json
from core.trace.build import TraceBuilder, collect
from trainers.batches import Batch, Batches
from trainers.checkpoint import FILE_NAME, slim
from trainers.loop import train
from trainers.training.snapshots import snapshot_steps

FLOW = RunSpec(
    action="train", n_samples=40, data=Part("three-gaussians"), network=Part("mlp", {"width": 32}),
    sampler=Part("euler", {"n_steps": 5}), training=Training(n_steps=130, batch_size=64, n_snapshots=3), threads=1,
)  # fmt: skip
DIFFUSION = FLOW.replace(objective=Part("diffusion"), path=Part("vp-linear"), grid=Part("ddpm-stride"))


@pytest.mark.parametrize("spec", [FLOW, DIFFUSION], ids=["flow", "diffusion"])
def test_error_against_the_exact_field_falls(spec: RunSpec) -> None:
    trace = collect(train(spec))
    error = trace["metric/velocity_error"][:]
    assert len(trace["loss"]) == 130
    assert list(trace["snapshot/x"].column("step")) == snapshot_steps(130, 3)
    assert error[-1] < 0.6 * error[0]
    assert trace["snapshot/x"][0].shape == (6, 40, 2)


@pytest.mark.parametrize("prediction", ["data", "v", "score"])
def test_every_prediction_learns(prediction: str) -> None:
    error = collect(train(DIFFUSION.replace(objective=Part("diffusion", {"prediction": prediction}))))
    assert error["metric/velocity_error"][-1] < error["metric/velocity_error"][0]


def test_a_score_is_learned_where_most_of_it_is_noise() -> None:
    """Without its weight the last times, where it is largest, would be all that is learned."""
    training = Training(n_steps=400, batch_size=64, n_snapshots=2, n_validations=0)
    spec = DIFFUSION.replace(path=Part("linear"), grid=Part("uniform"), training=training)
    trace = collect(train(spec.replace(objective=Part("diffusion", {"prediction": "score"}))))
    assert trace["metric/velocity_error"][-1] < 1.0


def test_small_data_set_is_learned_by_heart_no_further_than_its_limit() -> None:
    """Overfit test: with the exact field as the limit, the loss cannot fall below the irreducible variance."""
    trace = collect(train(FLOW.replace(training=Training(n_steps=200, batch_size=64, n_points=8, n_snapshots=0))))
    assert trace["loss"][-20:].mean() < trace["loss"][:5].mean()


def test_resumed_training_has_the_same_losses(tmp_path) -> None:
    whole = collect(train(FLOW))["loss"][:]
    run, builder = train(FLOW, tmp_path), TraceBuilder()
    for event in run:
        if isinstance(event, Tick):
            if event.done == 77:
                break
            continue
        builder.feed(event)
    rest = [run.throw(StopRun()), *run]
    for event in rest:
        if not isinstance(event, Tick):
            builder.feed(event)
    assert builder.trace.status == "stopped"
    first = builder.trace["loss"][:]
    second = collect(train(FLOW, tmp_path, resume=True))["loss"][:]
    assert len(first) == 77
    np.testing.assert_array_equal(np.concatenate([first, second]), whole)


def stopped(run, after: int) -> list[Event]:
    """The events of a run that is asked to stop after so many things that it yielded."""
    out = [*itertools.islice(run, after), run.throw(StopRun()), *run]
    return [event for event in out if not isinstance(event, Tick)]


def test_a_stopped_run_without_snapshots_keeps_its_weights(tmp_path) -> None:
    few = FLOW.replace(training=Training(n_steps=100, batch_size=8, n_snapshots=0, n_validations=0))
    events = stopped(train(few, tmp_path), 7)
    assert (events[0].spec, events[-1].status) == (to_json(few), "stopped")
    assert steps_of(tmp_path / FILE_NAME) == 5


@pytest.mark.parametrize("after", range(6, 41, 5))
def test_a_run_that_is_stopped_shows_what_it_learned_once(after: int) -> None:
    """Wherever the request comes, in the middle of a snapshot as well."""
    few = FLOW.replace(training=Training(n_steps=10, batch_size=8, n_snapshots=3, n_validations=0), n_samples=4)
    builder, run = TraceBuilder(), train(few)
    for event in stopped(run, after):
        builder.feed(event)
    trace = builder.trace
    for name in ("snapshot/x", "snapshot/field/velocity", "metric/velocity_error"):
        steps = trace[name].axis.tolist()
        assert steps == sorted(set(steps))
        assert steps[-1] == len(trace["loss"])


def test_a_training_that_diverges_ends_and_leaves_its_checkpoint(tmp_path) -> None:
    kept = FLOW.replace(training=Training(n_steps=2, batch_size=8, n_snapshots=0, n_validations=0))
    collect(train(kept, tmp_path))
    before = (tmp_path / FILE_NAME).read_bytes()
    wild = Training(n_steps=500, batch_size=8, learning_rate=1.0, clip=0.0, warm_up=0, n_snapshots=0, n_validations=0)
    builder = TraceBuilder()
    with pytest.raises(FlowscopeError, match=r"not finite at step \d+. Lower training.learning_rate"):  # noqa: PT012
        for event in train(FLOW.replace(training=wild, optimiser=Part("sgd")), tmp_path):
            if not isinstance(event, Tick):
                builder.feed(event)
    assert np.isfinite(builder.trace["loss"][:-1]).all()
    assert not np.isfinite(builder.trace["loss"][-1])
    assert (tmp_path / FILE_NAME).read_bytes() == before


@pytest.mark.parametrize("network", ["mlp", "concat-mlp", "gated-mlp"])
def test_networks_of_points_train_in_double_precision(network: str) -> None:
    spec = FLOW.replace(network=Part(network), precision="float64", n_samples=4)
    trace = collect(train(spec.replace(training=Training(n_steps=2, batch_size=8, n_snapshots=2, n_validations=2))))
    assert (trace.status, len(trace["metric/velocity_error"])) == ("finished", 2)


def test_a_stop_is_not_held_up_by_a_snapshot_that_takes_long(monkeypatch) -> None:
    monkeypatch.setattr("trainers.loop._LAST_SECONDS", 0.0)
    events = stopped(train(FLOW), 60)
    rows = [event for event in events if isinstance(event, Chunk) and event.stream == "snapshot/x"]
    assert len(rows) == 1
    assert events[-1] == RunFinished("stopped")


def test_losses_of_long_steps_do_not_wait_for_each_other(monkeypatch) -> None:
    monkeypatch.setattr("trainers.loop._LOSS_SECONDS", 0.0)
    chunks = [event for event in train(FLOW) if isinstance(event, Chunk) and event.stream == "loss"]
    assert [len(chunk.data) for chunk in chunks] == [1] * FLOW.training.n_steps


def test_a_stopped_run_can_be_sampled(tmp_path) -> None:
    run = train(FLOW, tmp_path)
    for event in run:
        if isinstance(event, Tick) and event.done == 10:
            break
    assert [run.throw(StopRun()), *run]
    weights = Part("network", {"weights": str(tmp_path / FILE_NAME)})
    trace = collect(sample(FLOW.replace(action="sample", field=weights)))
    assert trace.status == "finished"
    assert len(trace.meta["weights_sha256"]) == 64


def test_a_trace_names_the_network_that_made_its_weights(tmp_path) -> None:
    """Also where the spec that samples them does not; another one is refused."""
    collect(train(DIFFUSION.replace(training=Training(n_steps=2, n_snapshots=0)), tmp_path))
    weights = Part("network", {"weights": str(tmp_path / FILE_NAME)})
    spec = DIFFUSION.replace(action="sample", field=weights)
    usual = collect(sample(spec.replace(network=RunSpec().network, objective=RunSpec().objective)))
    assert (usual.spec.network, usual.spec.objective) == (DIFFUSION.network, DIFFUSION.objective)
    for other in (
        {"network": Part("gated-mlp")},
        {"network": Part("mlp", {"width": 16})},
        {"objective": Part("reflow")},
    ):
        with pytest.raises(SpecError, match="were trained with the") as caught:
            collect(sample(spec.replace(**other)))
        assert caught.value.field in other


def test_weights_of_another_path_are_refused(tmp_path) -> None:
    collect(train(FLOW.replace(training=Training(n_steps=2, n_snapshots=0)), tmp_path))
    weights = Part("network", {"weights": str(tmp_path / FILE_NAME)})
    with pytest.raises(SpecError, match="trained on the path"):
        collect(sample(DIFFUSION.replace(action="sample", field=weights)))
    with pytest.raises(SpecError, match="another path"):
        collect(train(DIFFUSION, tmp_path, resume=True))
    (tmp_path / FILE_NAME).write_bytes(b"nothing")
    with pytest.raises(SpecError, match="not a safetensors file"):
        collect(sample(FLOW.replace(action="sample", field=weights)))


def sequence(spec: RunSpec) -> Iterator[Batch]:
    batches = Batches(resolve(spec), make("objective", spec.objective))
    return (batch for step in itertools.count() for batch in batches.of(step))


def test_a_run_goes_on_only_as_it_began(tmp_path) -> None:
    few = FLOW.replace(training=Training(n_steps=1, batch_size=8, n_snapshots=0, n_validations=0))
    collect(train(few, tmp_path))
    others = {
        "seed": 12, "data": Part("moons"), "optimiser": Part("sgd"), "schedule": Part("constant"),
        "network": Part("mlp", {"width": 16}), "objective": Part("reflow"), "path": Part("linear", {"sigma_min": 0.1}),
    }  # fmt: skip
    for name, other in others.items():
        with pytest.raises(SpecError, match=f"was trained with another {name}") as caught:
            collect(train(few.replace(**{name: other}), tmp_path, resume=True))
        assert caught.value.field == name
        assert "Part(" not in str(caught.value)
    for name, other in {"batch_size": 4, "conditional": True, "label_dropout": 0.5, "n_points": 9}.items():
        training = msgspec.structs.replace(few.training, **{name: other})
        with pytest.raises(SpecError, match=f"was trained with another training.{name}"):
            collect(train(few.replace(training=training), tmp_path, resume=True))


def test_a_default_that_is_written_out_is_no_other_network(tmp_path) -> None:
    few = FLOW.replace(training=Training(n_steps=1, batch_size=8, n_snapshots=0, n_validations=0))
    collect(train(few, tmp_path))
    longer = few.replace(
        training=msgspec.structs.replace(few.training, n_steps=2),
        network=Part("mlp", {"waves": Mlp().waves, "width": 32}),
    )
    assert len(collect(train(longer, tmp_path, resume=True))["loss"]) == 1


def test_points_of_ones_own_are_the_same_however_their_file_is_named(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.savetxt("mine.csv", np.random.default_rng(1).normal(size=(40, 2)), delimiter=",")
    few = FLOW.replace(
        data=Part("points", {"file": "mine.csv"}),
        training=Training(n_steps=1, batch_size=8, n_snapshots=0, n_validations=0),
    )
    collect(train(few, tmp_path / "run"))
    longer = placed(few.replace(training=msgspec.structs.replace(few.training, n_steps=2)))
    assert longer.data != few.data
    assert len(collect(train(longer, tmp_path / "run", resume=True))["loss"]) == 1


def test_averaged_weights_alone_are_no_run_to_go_on_with(tmp_path) -> None:
    few = FLOW.replace(training=Training(n_steps=1, batch_size=8, n_snapshots=0, n_validations=0))
    collect(train(few, tmp_path / "whole"))
    slim(tmp_path / "whole" / FILE_NAME, tmp_path / FILE_NAME)
    with pytest.raises(SpecError, match=r"holds averaged weights alone.* Start from them with --init-from"):
        collect(train(few, tmp_path, resume=True))


def test_batches_are_one_sequence_cut_to_size() -> None:
    def first(size: int) -> torch.Tensor:
        source = sequence(FLOW.replace(training=Training(batch_size=size, n_points=100)))
        some = itertools.islice(source, 192 // size)
        return torch.cat([torch.cat([b.x1, b.x0, b.t[:, None]], 1) for b in some])

    torch.testing.assert_close(first(32), first(96), rtol=1e-6, atol=1e-6)


def test_an_epoch_goes_through_every_point_once() -> None:
    spec = FLOW.replace(training=Training(batch_size=50, n_points=100))
    setup, source = resolve(spec), sequence(spec)
    epoch = torch.cat([next(source).x1, next(source).x1])
    points = setup.mixture.sample(100, FLOW.seed).float()
    assert torch.equal(torch.cdist(epoch, points).argmin(1).sort().values, torch.arange(100))


@pytest.mark.parametrize(
    ("part", "parameters"),
    [(Part("concat-mlp"), 71_778), (Part("gated-mlp"), 182_410), (Part("gated-mlp", {"depth": 5}), 314_250)],
)
def test_networks_of_the_compared_projects_have_their_sizes(part: Part, parameters: int) -> None:
    assert count_parameters(make("network", part).build((2,))) == parameters


def test_runs_take_turns_without_touching_each_other() -> None:
    """The engine interleaves runs step by step: no state of one may reach another across a yield."""
    alone = [collect(train(FLOW)), collect(train(DIFFUSION))]
    together = [TraceBuilder(), TraceBuilder()]
    runs = [train(FLOW), train(DIFFUSION)]
    while runs:
        for run, builder in zip(list(runs), list(together), strict=False):
            event = next(run, None)
            if event is None:
                runs.remove(run)
                together.append(together.pop(together.index(builder)))
                break
            if not isinstance(event, Tick):
                builder.feed(event)
    by_path = {builder.trace.spec.path.name: builder.trace for builder in together}
    for trace in alone:
        np.testing.assert_array_equal(by_path[trace.spec.path.name]["loss"][:], trace["loss"][:])


def test_a_network_that_is_told_classes_samples_each(tmp_path) -> None:
    """Trained with labels the class decides where particles go; weights without labels refuse to be asked for one."""
    training = Training(n_steps=400, batch_size=256, n_snapshots=0, conditional=True, learning_rate=5e-3)
    spec = FLOW.replace(training=training, sampler=Part("heun", {"n_steps": 12}), n_samples=90)
    collect(train(spec, tmp_path))
    weights = Part("network", {"weights": str(tmp_path / FILE_NAME)})
    trace = collect(sample(spec.replace(action="sample", field=weights, label="right,left,bottom")))
    centres = np.array([[2.0, 2.0], [-2.0, 2.0], [0.0, -2.0]])
    nearest = np.linalg.norm(trace["x"][-1][:, None] - centres, axis=2).argmin(1)
    assert (nearest == np.arange(90) % 3).mean() > 0.95
    guided = sample(spec.replace(action="sample", field=weights, label="left", guidance=Part("cfg", {"scale": 2.0})))
    assert collect(guided).status == "finished"
    collect(train(FLOW.replace(training=Training(n_steps=2, n_snapshots=0)), tmp_path))
    with pytest.raises(SpecError, match="know no classes"):
        collect(sample(spec.replace(action="sample", field=weights, label="left")))


def test_a_network_that_is_told_no_classes_is_not_asked_for_one() -> None:
    """Its snapshots would leave the class out without a word."""
    with pytest.raises(SpecError, match="is told no classes") as caught:
        collect(train(FLOW.replace(label="left")))
    assert caught.value.field == "label"


def test_a_network_is_sampled_on_another_path_when_asked_to(tmp_path) -> None:
    """Re-timed, the ways end where the same particles end on the path of the training (deterministic, many steps)."""
    collect(train(FLOW.replace(training=Training(n_steps=300, batch_size=256, n_snapshots=0)), tmp_path))
    weights = {"weights": str(tmp_path / FILE_NAME)}
    base = FLOW.replace(
        action="sample", sampler=Part("rk4", {"n_steps": 60}), grid=Part("log-snr"), precision="float64"
    )
    here = collect(sample(base.replace(field=Part("network", weights))))
    there = collect(sample(base.replace(field=Part("network", weights | {"retime": True}), path=Part("vp-sde"))))
    # both flows start from normal noise; VP-SDE's starts with a little signal less
    difference = np.linalg.norm(here["x"][-1] - there["x"][-1], axis=1)
    assert np.quantile(difference, 0.9) < 0.05


def test_images_are_trained_and_sampled_by_the_same_loop(tmp_path) -> None:
    """Any registered part of that shape will do: here a data set of eight stripes."""
    stripes = StripeImages()
    registry._entries["data"]["stripes"] = StripeImages
    try:
        spec = FLOW.replace(
            data=Part("stripes"), network=Part("unet", {"base": 8}), n_samples=4,
            training=Training(n_steps=30, batch_size=16, n_snapshots=2, conditional=True, warm_up=5),
        )  # fmt: skip
        trace = collect(train(spec, tmp_path))
        assert trace["snapshot/x"][0].shape == (6, 4, *stripes.shape)
        assert trace["loss"][-5:].mean() < 0.8 * trace["loss"][:5].mean()
        weights = Part("network", {"weights": str(tmp_path / FILE_NAME)})
        sampled = collect(sample(spec.replace(action="sample", field=weights, label="across,down")))
        assert sampled["x"][-1].shape == (4, *stripes.shape)
        assert sampled["x"].static["label"].tolist() == [0, 1, 0, 1]
    finally:
        del registry._entries["data"]["stripes"]


@pytest.mark.parametrize(("objective", "sampler"), [("edm", "euler"), ("consistency", "consistency")])
def test_data_without_spread_are_refused_where_they_are_divided_by_it(tmp_path, objective: str, sampler: str) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "black.png")
    spec = FLOW.replace(
        data=Part("image-folder", {"folder": str(tmp_path), "size": 8}), network=Part("tiny-unet", {"base": 4}),
        n_samples=1, training=Training(n_steps=1, batch_size=2, n_snapshots=0, n_validations=0),
    )  # fmt: skip
    assert collect(train(spec)).status == "finished"
    knobs = {"mode": "training"} if objective == "consistency" else {}
    with pytest.raises(SpecError, match="the same number throughout") as caught:
        collect(train(spec.replace(objective=Part(objective, knobs), sampler=Part(sampler))))
    assert caught.value.field == "data"


class StripeImages(Dataset, frozen=True):
    """Stripes across or down."""

    name = "stripes"
    title = "Stripes"
    reference = ""
    class_names = ("across", "down")

    @property
    def shape(self) -> tuple[int, ...]:
        return (1, 8, 8)

    def mixture(self) -> None:
        return None

    def training(self, n: int, seed: int, first: int = 0) -> Samples:
        labels = torch.arange(first, first + n) % 2
        across = torch.where(torch.arange(8) % 2 == 0, 1.0, -1.0).expand(8, 8)
        images = torch.where(labels[:, None, None] == 0, across, across.T)
        return Samples(images[:, None], labels)

    def held_out(self, n: int, seed: int) -> Samples:
        return self.training(n, seed)
