"""Every objective trains on every path that it allows, and every sampler samples it or says why it cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core import registry
from core.errors import SpecError
from core.parts.needs import sentence
from core.run import sample
from core.setup import resolve
from core.spec import Part, RunSpec, Training
from core.trace.build import collect
from trainers.checkpoint import FILE_NAME
from trainers.loop import train

OBJECTIVES = list(registry.entries("objective"))
SAMPLERS = registry.entries("sampler")
SPEC = RunSpec(
    action="train", n_samples=8, data=Part("three-gaussians"), network=Part("mlp", {"width": 8, "depth": 1}), threads=1,
    training=Training(n_steps=3, batch_size=16, n_snapshots=0),
)  # fmt: skip
#: parameters with which the slow ones take a moment
SMALL = {"reflow": {"n_pairs": 64, "n_ode": 2}}
PATHS = ("linear", "vp-linear", "vp-sde", "edm", "noisy-bridge")


def spec_of(objective: str, path: str) -> RunSpec:
    wanted = SMALL.get(objective, {})
    known = registry.find("objective", objective).__struct_fields__
    return SPEC.replace(
        objective=Part(objective, {name: value for name, value in wanted.items() if name in known}),
        path=Part(path),
        sampler=Part(registry.find("objective", objective).sampler or "euler", {"n_steps": 3}),
    )


def why_not(spec: RunSpec) -> str:
    try:
        resolve(spec)
    except SpecError as error:
        return str(error)
    return ""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """A checkpoint of each legal pair of objective and path."""
    top, out = tmp_path_factory.mktemp("pairs"), {}
    for objective in OBJECTIVES:
        for path in PATHS:
            spec = spec_of(objective, path)
            if not why_not(spec):
                collect(train(spec, top / f"{objective}-{path}"))
                out[objective, path] = top / f"{objective}-{path}" / FILE_NAME
    return out


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_an_objective_trains_on_a_path_or_says_what_it_needs(objective: str, path: str, trained) -> None:
    if (objective, path) in trained:
        assert trained[objective, path].exists()
    else:
        assert any(sentence(need) in why_not(spec_of(objective, path)) for need in ("finite-velocity", "normal-source"))


@pytest.mark.parametrize("sampler", list(SAMPLERS))
def test_a_sampler_samples_an_objective_or_says_what_it_needs(sampler: str, trained) -> None:
    sampled = 0
    for (objective, path), weights in trained.items():
        spec = spec_of(objective, path).replace(
            action="sample", field=Part("network", {"weights": str(weights)}), sampler=Part(sampler, {"n_steps": 3})
        )
        facts = registry.find("objective", objective)
        reason = why_not(spec)
        expected = [need for need in ("field", "flow-map") if need in SAMPLERS[sampler]().needs]
        if all(need in facts.provides for need in expected) and not facts.spoils:
            assert reason == ""
        if reason:
            assert " needs " in reason
            continue
        x = collect(sample(spec))["x"]
        assert x[-1].shape == (8, 2)
        assert np.isfinite(x[-1]).all()
        sampled += 1
    assert sampled > 0


def test_jumps_count_one_evaluation_each(trained) -> None:
    for (objective, path), weights in trained.items():
        if "flow-map" in registry.find("objective", objective).provides:
            spec = spec_of(objective, path).replace(
                action="sample",
                field=Part("network", {"weights": str(weights)}),
                sampler=Part("mean-flow", {"n_steps": 1}),
            )
            if "field" in registry.find("objective", objective).provides:
                assert collect(sample(spec))["x"].column("nfe").tolist() == [0, 1]


@pytest.mark.parametrize("coupling", list(registry.entries("coupling")))
@pytest.mark.parametrize("source", ["normal", "shape"])
def test_flow_matching_learns_from_every_source_under_every_coupling(coupling: str, source: str) -> None:
    params = {"n_pairs": 64} if coupling == "exact-ot" else {}
    spec = SPEC.replace(source=Part(source), coupling=Part(coupling, params))
    trace = collect(train(spec.replace(training=Training(n_steps=3, batch_size=16, n_snapshots=2))))
    assert np.isfinite(trace["loss"][:]).all()
    assert ("metric/velocity_error" in trace) == (coupling == "independent")
    refused = why_not(spec.replace(sampler=Part("ddpm")))
    if (coupling, source) == ("independent", "normal"):
        assert refused == ""
    else:
        assert "normal, independent noise" in refused
