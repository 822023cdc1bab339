"""Which analysis belongs to which run, and that a snapshot of a training is compared at its own times."""

from __future__ import annotations

import os

import numpy as np

from core.events import Tick
from core.spec import Part, RunSpec, Training
from core.trace import begun
from core.trace.build import collect
from core.trace.derive import snapshot
from trainers.jobs import start
from workbench.control.lane.memo import Memo
from workbench.model import analyses
from workbench.model.analyses import analysis_spec, fingerprint
from workbench.views.heat import recorded
from workbench.views.lane2d import presence_on

SPEC = RunSpec(data=Part("three-gaussians"), n_samples=60)


def test_one_exact_field_for_every_sampler_and_another_for_every_path() -> None:
    exact = lambda spec: fingerprint(analysis_spec(spec, "exact-field"))  # noqa: E731
    same = SPEC.replace(sampler=Part("heun", {"n_steps": 7}), seed=3, n_samples=9, network=Part("gated-mlp"))
    assert exact(same) == exact(SPEC)
    assert exact(SPEC.replace(path=Part("vp-cosine"))) != exact(SPEC)
    assert exact(SPEC.replace(data=Part("moons"))) != exact(SPEC)


def test_a_map_of_errors_is_that_of_its_weights(tmp_path) -> None:
    file = tmp_path / "w.safetensors"
    spec = SPEC.replace(field=Part("network", {"weights": str(file)}))
    file.write_bytes(b"one")
    first = fingerprint(analysis_spec(spec, "error-map"))
    assert fingerprint(analysis_spec(spec.replace(seed=99), "error-map")) == first
    file.write_bytes(b"other")
    assert fingerprint(analysis_spec(spec, "error-map")) != first


def test_an_exact_field_is_that_of_the_points_as_they_are_now(tmp_path) -> None:
    file = tmp_path / "points.csv"
    file.write_text("0,0\n1,1\n")
    spec = SPEC.replace(data=Part("points", {"file": str(file)}))
    first = fingerprint(analysis_spec(spec, "exact-field"))
    assert fingerprint(analysis_spec(spec, "exact-field")) == first
    file.write_text("0,0\n1,1\n2,2\n")
    assert fingerprint(analysis_spec(spec, "exact-field")) != first


def test_a_snapshot_of_a_training_is_compared_at_its_own_times(tmp_path) -> None:
    spec = SPEC.replace(
        action="train", field=Part("network"), network=Part("mlp", {"width": 32, "depth": 1}),
        sampler=Part("euler", {"n_steps": 8}),
        training=Training(n_steps=150, batch_size=256, learning_rate=1e-2, warm_up=5, ema=0.0, n_snapshots=3),
    )  # fmt: skip
    trained = collect(event for event in start(spec, tmp_path) if not isinstance(event, Tick | None))
    derived = collect(
        event for event in start(analysis_spec(trained.spec, "exact-field")) if not isinstance(event, Tick)
    )
    rms = []
    for k in (0, len(trained["snapshot/x"]) - 1):
        shown = snapshot(trained, k)
        field = shown["field/velocity"]
        np.testing.assert_array_equal(field.column("t"), derived["field/exact"].column("t"))
        presence = presence_on(field.static["grid"], shown["x"][:])
        known = recorded(field, derived["field/exact"], presence)
        assert known is not None
        rms.append(known.rms[:-1].mean())
    assert rms[1] < 0.8 * rms[0]


def test_a_memo_makes_anew_what_is_made_of_other_parts() -> None:
    memo, made = Memo(), []
    part = np.zeros(2)
    for parts in ((part, 1), (part, 1), (part, 2), (np.zeros(2), 2)):
        memo.get("key", parts, lambda: made.append(1))
    assert len(made) == 3


def test_the_oldest_analyses_go_when_all_take_more_than_their_budget(monkeypatch) -> None:
    analyses.folder().mkdir(parents=True)
    files = [analyses.place(name) for name in ("d", "a", "c", "b")]  # not in the order of their names
    for i, file in enumerate(files):
        file.write_bytes(bytes(100 + i))
        os.utime(file, (1000 + i, 1000 + i))
    assert analyses.used() == 406
    analyses.trim()
    assert analyses.used() == 406
    monkeypatch.setattr(analyses, "BUDGET", 250)
    analyses.trim({files[0]})
    assert set(analyses.folder().iterdir()) == {files[0], files[2], files[3]}
    growing = begun(analyses.place("e"))
    growing.write_bytes(bytes(300))
    os.utime(growing, (900, 900))
    analyses.trim({analyses.place("e")})
    assert growing.exists(), "its writer is about to put it in its place"
    analyses.trim({files[0]})
    assert not growing.exists(), "a writer that was killed left it"
