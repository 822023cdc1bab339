"""Lanes that would read alike say in what they differ."""

from __future__ import annotations

import dataclasses
from datetime import datetime

from core import catalog, presets
from core.spec import Part, RunSpec, Training
from tests.workbench.scenes import full_scene
from workbench import folders
from workbench.views.apart import Apart, names_of, told_apart

CATALOG = catalog.shipped()
DDIM = RunSpec(path=Part("vp-linear"), objective=Part("diffusion"), sampler=Part("ddim", {"n_steps": 20}))


def names(*specs: RunSpec) -> list[str]:
    return [each.words for each in names_of(CATALOG, specs)]


def test_what_tells_lanes_apart_begins_the_line_that_narrow_lanes_cut() -> None:
    begun = {
        "Base U-Net": "Base U-Net",
        "no guidance": "No guidance",
        "η 0.5": "η 0.5",
        "seed 12": "Seed 12",
        "mine.safetensors": "mine.safetensors",
    }
    for name, words in begun.items():
        told = told_apart(full_scene(20, 11), Apart(name)).lane.subtitle
        assert told == f"{words}, {full_scene(20, 11).lane.subtitle}"
    plain = full_scene(20, 11)
    assert told_apart(plain, Apart()) is plain


def test_lanes_of_one_method_are_called_by_their_samplers_where_these_differ() -> None:
    longer = DDIM.replace(sampler=DDIM.sampler.with_params(n_steps=50))
    flow = RunSpec(path=Part("linear"), objective=Part("flow-matching"))
    assert [each.by_sampler for each in names_of(CATALOG, [DDIM, longer, flow])] == [True, True, False]
    assert not any(each.by_sampler for each in names_of(CATALOG, [DDIM, longer, DDIM]))
    made = full_scene(20, 11)
    lane = dataclasses.replace(made.lane, sampler="Euler 10")
    told = told_apart(dataclasses.replace(made, lane=lane), Apart(by_sampler=True)).lane
    assert (told.title, told.subtitle) == ("Euler 10", f"{lane.title}, linear path")


def test_presets_that_differ_in_their_network_alone_say_it() -> None:
    assert names(*presets.load("mnist-networks")) == ["Base U-Net", "Residual U-Net"]
    assert names(*presets.load("mnist")) == ["", "", ""]  # methods differ
    assert names(*presets.load("digits-and-photographs")) == [""] * 4  # the grids say their data


def test_parameters_that_differ_are_said_with_their_symbols() -> None:
    noisy = DDIM.replace(sampler=DDIM.sampler.with_params(eta=0.5))
    assert names(DDIM, noisy) == ["η 0", "η 0.5"]
    weak, strong = (DDIM.replace(guidance=Part("cfg", {"scale": scale})) for scale in (1.5, 3.0))
    assert names(DDIM, weak) == ["no guidance", "Classifier-free"]
    assert names(weak, strong) == ["w 1.5", "w 3"]
    data = DDIM.replace(objective=Part("diffusion", {"prediction": "v"}))
    assert names(DDIM, data) == ["predicts ε", "predicts v"]


def test_the_first_difference_that_suffices_is_said_and_no_more() -> None:
    again = DDIM.replace(seed=12)
    assert names(DDIM, again) == ["seed 11", "seed 12"]
    clipped = again.replace(clipping=Part("clip"))
    assert names(DDIM, clipped) == ["no clipping", "Clip"]
    assert names(DDIM, again, clipped) == ["no clipping, seed 11", "no clipping, seed 12", "Clip, seed 12"]


def test_what_the_header_says_is_not_said_twice_and_copies_stay_alike() -> None:
    longer = DDIM.replace(sampler=DDIM.sampler.with_params(n_steps=50))
    assert names(DDIM, longer) == ["", ""]
    assert names(DDIM, DDIM.replace(sampler=Part("ddpm", {"n_steps": 20}))) == ["", ""]
    assert names(DDIM, DDIM) == ["", ""]
    cosine = DDIM.replace(path=Part("vp-cosine"))  # both headers say "VP path"
    assert names(DDIM, cosine) == ["VP, linear β", "VP, cosine"]


def test_weights_are_named_last_and_plug_ins_by_their_name() -> None:
    mine, shipped = (
        DDIM.replace(field=Part("network", {"weights": weights}))
        for weights in ("/runs/monday/checkpoint.safetensors", "shipped:swiss-roll-diffusion")
    )
    assert names(mine, shipped) == ["monday/checkpoint.safetensors", "swiss-roll-diffusion"]
    assert names(DDIM, DDIM.replace(network=Part("of-a-plug-in"))) == ["Residual MLP", "of-a-plug-in"]


def weighed(*files: str, **training: int) -> list[RunSpec]:
    learned = DDIM.replace(training=Training(**training))
    return [learned.replace(field=Part("network", {"weights": file})) for file in files]


def test_weights_are_told_apart_by_as_little_of_their_paths_as_it_takes() -> None:
    assert names(*weighed("/a/b/first.safetensors", "/a/b/second.safetensors")) == [
        "first.safetensors", "second.safetensors",
    ]  # fmt: skip
    assert names(*weighed("/runs/monday/net.safetensors", "/runs/tuesday/net.safetensors")) == [
        "monday/net.safetensors", "tuesday/net.safetensors",
    ]  # fmt: skip
    far = names(*weighed("/mine/runs/a/checkpoint.safetensors", "/yours/runs/a/checkpoint.safetensors"))
    assert far == ["mine/runs/a/checkpoint.safetensors", "yours/runs/a/checkpoint.safetensors"]
    assert names(*weighed(*["/a/b/first.safetensors"] * 2)) == ["", ""]
    assert names(DDIM, DDIM.replace(field=Part("network"))) == ["", ""]


def test_weights_of_the_window_are_told_apart_by_when_their_training_began() -> None:
    folder = folders.new_run("swiss-roll-diffusion-1")
    began = folders.began(folder.name)
    assert began is not None
    assert abs((datetime.now() - began).total_seconds()) < 60
    first, second, beside = (
        f"/home/runs/{stamp}-swiss-roll-diffusion-{lane}/{folders.CHECKPOINT}"
        for stamp, lane in (("20260103-091500-120", 1), ("20260103-101500-120", 1), ("20260103-091500-129", 2))
    )
    assert names(*weighed(first, second)) == ["trained 2026-01-03 09:15:00", "trained 2026-01-03 10:15:00"]
    assert len(set(names(*weighed(first, beside)))) == 2
    assert folders.began("monday") is folders.began("2026-01-03-first") is None


def test_weights_that_were_trained_otherwise_say_how() -> None:
    short, long = weighed("/a/checkpoint.safetensors", n_steps=500) + weighed("/b/checkpoint.safetensors", n_steps=900)
    assert names(short, long) == ["training steps 500", "training steps 900"]
    other = short.replace(optimiser=Part("sgd"))
    assert names(short, other) == [CATALOG.entry("optimiser", each).title for each in ("adamw", "sgd")]
    recorded = weighed("/b/checkpoint.safetensors", n_steps=500, n_snapshots=2)[0]
    assert names(short, recorded) == ["a/checkpoint.safetensors", "b/checkpoint.safetensors"]
    assert names(short.replace(field=Part("exact")), long.replace(field=Part("exact"))) == ["", ""]
