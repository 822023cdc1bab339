"""Exact fields of any source and class, and the fields around fields: guidance, clipping, another path."""

from __future__ import annotations

import pytest
import torch

from core.clipping.clip import Clip
from core.clipping.clip_input import ClipInput
from core.clipping.threshold import Threshold
from core.errors import SpecError
from core.evaluation import CountedField
from core.guidance.cfg import Cfg
from core.guidance.tilted import Tilted, tilt
from core.learned import RetimedField
from core.numerics.mixture import Mixture, MixtureField
from core.numerics.noise import normal
from core.parts.making import make
from core.paths.linear import Linear
from core.paths.ve import Ve
from core.paths.vp_cosine import VpCosine
from core.paths.vp_linear import VpLinear
from core.run import sample
from core.setup import resolve
from core.spec import Part, RunSpec
from core.trace.build import collect
from tests.contracts import registered

CPU = torch.device("cpu")
DATA = Mixture(
    torch.tensor([[2.0, 1.0], [-2.0, 0.0], [0.0, -1.5]], dtype=torch.float64), 0.4,
    labels=torch.tensor([0, 1, 1]),
)  # fmt: skip
SOURCE = Mixture(torch.tensor([[0.0, 2.0], [1.0, -1.0]], dtype=torch.float64), 0.3)
X = normal(3, "pair", torch.arange(700), 2)
T = torch.tensor(0.6, dtype=torch.float64)


def test_the_exact_field_of_two_mixtures_is_the_regression_of_their_pairs() -> None:
    """By simulation: among many pairs, x1 and x0 near a point average to the field there."""
    n, t = 2_000_000, torch.tensor(0.55, dtype=torch.float64)
    x1, x0 = DATA.sample(n, 1), SOURCE.sample(n, 2, "source", draw=3)
    x_t = t * x1 + (1 - t) * x0
    field = MixtureField(DATA, Linear(), CPU, SOURCE)
    for place in (0, 1000, 20_000):
        near = (x_t - x_t[place]).square().sum(1) < 0.03**2
        estimate = field(x_t[place : place + 1], t)
        error = 4 * float(x1[near].std(0).max()) / float(near.sum()) ** 0.5
        torch.testing.assert_close(estimate.x1[0], x1[near].mean(0), rtol=0, atol=error + 0.02)
        torch.testing.assert_close(estimate.x0[0], x0[near].mean(0), rtol=0, atol=error + 0.02)


def test_a_standard_normal_mixture_as_source_is_the_usual_noise() -> None:
    one = Mixture(torch.zeros(1, 2, dtype=torch.float64), 1.0)
    for plain, made in zip(
        MixtureField(DATA, Linear(), CPU)(X, T), MixtureField(DATA, Linear(), CPU, one)(X, T), strict=True
    ):
        torch.testing.assert_close(plain, made, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("source", [None, SOURCE])
def test_the_field_of_a_class_is_that_of_its_components(source: Mixture | None) -> None:
    field = MixtureField(DATA, VpLinear(), CPU, source)
    labels = torch.arange(len(X)) % 3  # 2 stands for no class
    mixed = field(X, T, labels)
    for label, alone in ((0, DATA.of_class(0)), (1, DATA.of_class(1)), (2, DATA)):
        expected = MixtureField(alone, VpLinear(), CPU, source)(X, T)
        for given, wanted in zip(mixed, expected, strict=True):
            torch.testing.assert_close(given[labels == label], wanted[labels == label], rtol=1e-9, atol=1e-9)


def test_log_density_is_that_of_torch_distributions() -> None:
    components = torch.distributions.MultivariateNormal(DATA.centres, torch.eye(2).double() * DATA.std**2)
    mixture = torch.distributions.MixtureSameFamily(torch.distributions.Categorical(torch.ones(3)), components)
    torch.testing.assert_close(DATA.log_density(X), mixture.log_prob(X), rtol=1e-6, atol=1e-6)


def test_guidance_of_one_is_the_conditional_field_and_counts_two_evaluations_otherwise() -> None:
    x, labels = X[:512], torch.zeros(512, dtype=torch.int64)
    exact = MixtureField(DATA, Linear(), CPU)
    for scale, nfe in ((1.0, 1), (2.0, 2)):
        counted = CountedField(exact)
        estimate = Cfg(scale=scale).wrap(counted)(x, T, labels)
        assert counted.nfe == nfe
        conditional, plain = exact(x, T, labels), exact(x, T)
        torch.testing.assert_close(estimate.x1 - plain.x1, scale * (conditional.x1 - plain.x1))
    outside = Cfg(scale=3.0, start=0.7).wrap(exact)(x, T, labels)
    assert torch.equal(outside.x1, exact(x, T, labels).x1)


def test_an_interval_of_guidance_holds_for_each_particle_at_its_own_time() -> None:
    field = Cfg(scale=3.0, start=0.3, end=0.6).wrap(MixtureField(DATA, Linear(), CPU))
    x, times, labels = X[:4], torch.tensor([0.1, 0.3, 0.5, 0.9], dtype=X.dtype), torch.tensor([0, 1, 0, 1])
    together = field(x, times, labels)
    alone = [field(x[i : i + 1], times[i], labels[i : i + 1]) for i in range(4)]
    for name in ("x1", "x0"):
        wanted = torch.cat([getattr(each, name) for each in alone])
        torch.testing.assert_close(getattr(together, name), wanted, rtol=1e-12, atol=1e-12)
    free = MixtureField(DATA, Linear(), CPU)(x, times, labels)
    assert (together.x1 != free.x1).any(1).tolist() == [False, True, True, False]


def test_the_tilted_density_is_the_product_it_is_said_to_be() -> None:
    """p(x) p(class | x)^w by importance weights on samples of p: the same mean and spread."""
    w, label = 3.0, 1
    tilted = tilt(DATA, w).of_class(label)
    x = DATA.sample(400_000, 5)
    posterior = DATA.of_class(label).log_density(x).exp() * 2 / 3 / DATA.log_density(x).exp()
    weights = posterior**w / (posterior**w).sum()
    mean = weights @ x
    spread = (weights @ (x - mean) ** 2).sqrt()
    given_mean, given_spread = tilted.mean_std()
    torch.testing.assert_close(given_mean, mean, rtol=0, atol=0.01)
    torch.testing.assert_close(given_spread, spread, rtol=0.01, atol=0)
    plain = tilt(DATA, 1.0).of_class(label)
    for ours, theirs in zip(plain.mean_std(), DATA.of_class(label).mean_std(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0.01, atol=0.01)
    assert isinstance(Tilted().base(MixtureField(DATA, Linear(), CPU), DATA), MixtureField)


def test_data_too_narrow_for_the_mesh_are_not_tilted() -> None:
    tilt(make("data", Part("moons", {"width": 0.01})).mixture(), 2.0)
    with pytest.raises(SpecError, match=r"a width of 0\.003 where 0\.00\d+ would do") as caught:
        tilt(make("data", Part("moons", {"width": 0.003})).mixture(), 2.0)
    enough = float(str(caught.value).split("where ")[1].split()[0])
    tilt(make("data", Part("moons", {"width": enough})).mixture(), 2.0)


def test_clipping_bounds_the_preview_and_keeps_the_blend() -> None:
    field = MixtureField(DATA, Linear(), CPU)
    c = Linear().at(T)
    for clipping, limit in ((Clip(limit=1.0), 1.0), (Threshold(limit=1.0, percentile=50.0), 1.0)):
        estimate = clipping.wrap(field)(X, T)
        assert float(estimate.x1.abs().max()) <= limit + 1e-12
        torch.testing.assert_close(c.alpha * estimate.x1 + c.sigma * estimate.x0, X)
    free = field(X, T)
    inside = (free.x1.abs() <= 1.0).all(1)
    assert torch.equal(Clip(limit=1.0).wrap(field)(X, T).x0[inside], free.x0[inside])
    # clipping is of every number, thresholding scales a sample as a whole: its direction stays
    x1 = torch.tensor([[4.0, 2.0]])
    assert Clip(limit=1.0).bound(x1).tolist() == [[1.0, 1.0]]
    assert Threshold(limit=1.0, percentile=100.0).bound(x1).tolist() == [[1.0, 0.5]]


def test_cutting_what_the_field_sees_changes_only_particles_outside_and_keeps_the_blend() -> None:
    field, c = MixtureField(DATA, Linear(), CPU), Linear().at(T)
    cut, free = ClipInput(limit=1.0).wrap(field)(X, T), field(X, T)
    torch.testing.assert_close(cut.x1, field(X.clamp(-1.0, 1.0), T).x1)
    torch.testing.assert_close(c.alpha * cut.x1 + c.sigma * cut.x0, X)
    inside = (X.abs() <= 1.0).all(1)
    assert inside.any()
    torch.testing.assert_close(cut.x1[inside], free.x1[inside])
    assert not torch.allclose(cut.x1[~inside], free.x1[~inside])


@pytest.mark.parametrize(
    "wrap",
    [
        Clip(limit=1.0).wrap,
        Threshold(limit=1.0).wrap,
        ClipInput().wrap,
        Cfg(scale=2.0).wrap,
        lambda f: RetimedField(f, VpLinear()),
    ],
    ids=["clip", "threshold", "clip-input", "cfg", "retimed"],
)
def test_a_wrapped_field_answers_in_the_precision_of_the_points(wrap) -> None:
    """Samplers that step each particle on its own give times that are more exact than a network's points."""
    field, labels = wrap(MixtureField(DATA, Linear(), CPU)), torch.arange(len(X)) % 2
    for t in (T, T.expand(len(X))):
        assert {each.dtype for each in field(X.float(), t, labels)} == {torch.float32}


@pytest.mark.parametrize("path", [VpLinear(), Ve()], ids=["vp", "ve"])
def test_a_field_on_another_path_is_that_paths_exact_field(path) -> None:
    """The exact field of one path, re-timed, equals the exact field of the other."""
    moved = RetimedField(MixtureField(DATA, Linear(), CPU), path)
    times = torch.tensor([0.3, 0.8], dtype=torch.float64)[torch.arange(len(X)) % 2]
    for t in (torch.tensor(0.7, dtype=torch.float64), times):
        for given, wanted in zip(moved(X, t), MixtureField(DATA, path, CPU)(X, t), strict=True):
            torch.testing.assert_close(given, wanted, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("path", [VpLinear(), Ve()], ids=["vp", "ve"])
def test_jumps_on_another_path_are_that_paths_own(path) -> None:
    """The closed-form flow map of a Gaussian on one path, re-timed, equals that on the other, up to the data too."""
    moved = RetimedField(registered.GaussianField([1.0, -2.0], 0.5, Linear()), path)
    wanted = registered.GaussianField([1.0, -2.0], 0.5, path)
    for start, end in ((0.5, 0.8), (0.8, 1.0)):
        t, s = (torch.tensor(value, dtype=torch.float64) for value in (start, end))
        given = moved.flow_map(X, t, s)
        # VE ends with the noise that it leaves, the linear path with none
        torch.testing.assert_close(given, wanted.flow_map(X, t, s), rtol=0, atol=1e-7 if s < 1 else 2e-3)


def test_a_field_beyond_the_noise_that_it_was_trained_on_still_sees_noise_of_its_size() -> None:
    path = VpCosine()
    start = torch.tensor(path.t_min, dtype=torch.float64)
    assert path.at(start).lam < Linear().at(torch.tensor(Linear().t_min, dtype=torch.float64)).lam - 0.5
    moved, wanted = RetimedField(MixtureField(DATA, Linear(), CPU), path)(X, start), MixtureField(DATA, path, CPU)
    torch.testing.assert_close(moved.x0, wanted(X, start).x0, rtol=1e-3, atol=1e-3)


def test_a_class_is_sampled_alone_by_name_or_number_and_in_turn() -> None:
    spec = RunSpec(data=Part("eight-gaussians"), n_samples=90, sampler=Part("heun", {"n_steps": 20}), threads=1)
    mixture = resolve(spec).mixture
    assert mixture is not None
    for label, expected in (("3", [3]), ("1, 6", [1, 6])):
        trace = collect(sample(spec.replace(label=label)))
        wanted = torch.tensor(expected)[torch.arange(90) % len(expected)]
        assert trace["x"].static["label"].tolist() == wanted.tolist()
        ends = torch.from_numpy(trace["x"][-1]).double()
        assert torch.equal(mixture.labels[torch.cdist(ends, mixture.centres).argmin(1)], wanted)


FEW = Part("exact-points", {"n_points": 3})


def test_of_a_few_points_a_class_that_is_among_them_is_sampled_and_another_is_refused() -> None:
    spec = RunSpec(data=Part("eight-gaussians"), n_samples=8, sampler=Part("heun", {"n_steps": 20}), field=FEW)
    points = resolve(spec).dataset.training(3, spec.seed)
    there = points.labels.tolist()
    for label in range(8):
        of_class = spec.replace(label=str(label))
        if label not in there:
            with pytest.raises(SpecError, match="None of the points of the exact field is of class"):
                resolve(of_class).field()
            continue
        ends = torch.from_numpy(collect(sample(of_class))["x"][-1]).double()
        assert points.labels[torch.cdist(ends, points.x).argmin(1)].tolist() == [label] * 8
    field, past = resolve(spec).field(), torch.full((8,), 8)  # one more than the last class is none
    assert torch.equal(field(X[:8], T, past).x1, field(X[:8], T).x1)


@pytest.mark.parametrize(
    ("guidance", "spent", "told"),
    [({"scale": 2.0}, 26, 26), ({"scale": 1.0}, 13, 13), ({"scale": 2.0, "start": 0.5}, 19, -1)],
)
def test_a_run_tells_beforehand_what_guidance_costs(guidance: dict[str, float], spent: int, told: int) -> None:
    """Seven steps of Heun's method, the last one evaluation; guidance in an interval is not told beforehand."""
    spec = RunSpec(data=Part("eight-gaussians"), n_samples=4, sampler=Part("heun", {"n_steps": 7}), label="3")
    trace = collect(sample(spec.replace(guidance=Part("cfg", guidance))))
    assert trace["x"].column("nfe")[-1] == spent
    assert int(trace.meta["nfe_total"]) == told


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data": Part("swiss-roll"), "label": "1"}, "has no classes"),
        ({"label": "frog"}, "There is no class “frog”"),
        ({"data": Part("swiss-roll"), "guidance": Part("cfg")}, "needs data with classes"),
        ({"coupling": Part("minibatch-ot")}, "needs independent pairs"),
        ({"source": Part("shape"), "sampler": Part("ddpm")}, "needs normal, independent noise"),
        ({"source": Part("shape"), "sampler": Part("ddim", {"eta": 0.5})}, "needs normal, independent noise"),
        ({"source": Part("shape"), "path": Part("noisy-bridge")}, "needs normal, independent noise"),
    ],
)
def test_what_does_not_go_together_is_refused_with_a_reason(changes: dict[str, object], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        resolve(RunSpec(data=Part("eight-gaussians")).replace(**changes))
