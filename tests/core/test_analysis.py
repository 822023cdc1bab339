"""Analyses of a run: the exact field, the map of errors, the forward process."""

from __future__ import annotations

import numpy as np
import pytest

from core.analysis import analyse, density_on
from core.errors import SpecError
from core.events import Tick
from core.images.files import DATA_VARIABLE
from core.images.sample import shipped
from core.setup import resolve
from core.spec import Part, RunSpec
from core.trace.build import collect
from core.trace.trace import Trace
from trainers.jobs import start
from workbench.model.analyses import analysis_spec

SPEC = RunSpec(data=Part("three-gaussians"), path=Part("vp-linear"), sampler=Part("ddim", {"n_steps": 6}), n_samples=40)


def run(spec: RunSpec) -> Trace:
    return collect(event for event in start(spec) if not isinstance(event, Tick))


def test_the_exact_field_is_what_an_exact_run_records() -> None:
    derived, sampled = run(SPEC.replace(action="exact-field")), run(SPEC)
    np.testing.assert_array_equal(derived["field/exact"].column("t"), sampled["field/velocity"].column("t"))
    np.testing.assert_array_equal(derived["field/exact"][:], sampled["field/velocity"][:])
    assert derived.status == "finished"


def test_the_forward_process_of_a_run_that_only_jumps() -> None:
    jumps = SPEC.replace(objective=Part("consistency"), path=Part("edm"), sampler=Part("consistency"))
    forward = run(analysis_spec(jumps.replace(field=Part("network")), "forward"))
    assert (forward.status, len(forward["x"])) == ("finished", 51)


def test_a_field_that_learned_points_by_heart_errs_more_the_fewer_they_are() -> None:
    few, many = (run(SPEC.replace(action="error-map", field=Part("exact-points", {"n_points": n}))) for n in (20, 5000))
    own = run(SPEC.replace(action="error-map", field=Part("exact")))
    here = own["density"][:] >= 1e-3
    assert np.nanmax(np.abs(own["error/velocity"][:])) == 0.0
    a, b = (trace["error/velocity"][:][here].mean() for trace in (few, many))
    assert a > 3 * b > 0
    assert np.isnan(few["error/velocity"][:][own["density"][:] < 1e-5]).all()
    assert float(own["density"].column("t")[-1]) < 1.0


@pytest.mark.parametrize("source", [Part("normal"), Part("shape", {"shape": "eight-gaussians"})])
def test_the_density_of_x_t_sums_to_one_and_has_its_moments(source: Part) -> None:
    import torch

    setup = resolve(SPEC.replace(source=source, path=Part("linear")))
    axis = np.linspace(-8, 8, 201)
    cell = axis[1] - axis[0]
    rng = np.random.default_rng(0)
    assert setup.mixture is not None
    x1 = setup.mixture.sample(40_000, 1).numpy()
    x0 = setup.source.draw((2,), 40_000, 2, "source").numpy()
    for t in (0.0, 0.4, 0.9):
        p = density_on(setup, axis, torch.tensor(t)) * cell**2
        x_t = t * x1 + (1 - t) * rng.permutation(x0)
        assert p.sum() == pytest.approx(1.0, abs=1e-3)
        mean = [float((p.sum(0) * axis).sum()), float((p.sum(1) * axis).sum())]
        np.testing.assert_allclose(mean, x_t.mean(axis=0), atol=0.03)
        second = [float((p.sum(0) * axis**2).sum()), float((p.sum(1) * axis**2).sum())]
        np.testing.assert_allclose(second, (x_t**2).mean(axis=0), rtol=0.03)


def test_the_forward_process_runs_from_data_to_the_noise_of_the_lanes() -> None:
    forward, sampled = run(SPEC.replace(action="forward")), run(SPEC)
    x, alpha, sigma = forward["x"][:], forward["x"].column("alpha"), forward["x"].column("sigma")
    centres = resolve(SPEC).mixture.centres.numpy()  # type: ignore[union-attr]  # sets of points have one
    assert np.linalg.norm(x[-1][:, None] - centres, axis=2).min(axis=1).max() < 2.5
    # every pair stays on its way between the same two points
    np.testing.assert_allclose(x[3], alpha[3] * x[-1] + sigma[3] * (x[0] - alpha[0] * x[-1]) / sigma[0], atol=1e-5)
    noise = sampled["x"][0] / sampled["x"].column("sigma")[0]
    np.testing.assert_allclose((x[0] - alpha[0] * x[-1]) / sigma[0], noise, atol=1e-5)


def test_the_forward_process_of_images_ends_at_those_that_ship_where_the_data_are_absent(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))
    forward = run(SPEC.replace(action="forward", data=Part("cifar10"), n_samples=100))
    x, alpha, sigma = forward["x"][:], forward["x"].column("alpha"), forward["x"].column("sigma")
    images = shipped("cifar10")[0].numpy() / 127.5 - 1
    assert x.shape == (7, 64, 3, 32, 32), "there are no more"
    noise = (x[0] - alpha[0] * images) / sigma[0]
    assert noise.std() == pytest.approx(1.0, abs=0.02)
    for row in (3, 6):
        np.testing.assert_allclose(x[row], alpha[row] * images + sigma[row] * noise, atol=1e-4)


def test_what_has_no_exact_field_is_one_clear_line() -> None:
    with pytest.raises(SpecError, match="independent"):
        next(analyse(SPEC.replace(action="exact-field", path=Part("linear"), coupling=Part("minibatch-ot"))))
    with pytest.raises(SpecError, match="no weights yet"):
        next(analyse(SPEC.replace(action="error-map", field=Part("network"))))
