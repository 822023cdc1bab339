"""Sets in the plane are where they say they are."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from core import registry
from core.datasets import Dataset
from core.datasets.circles import Circles
from core.datasets.moons import Moons
from core.datasets.pinwheel import Pinwheel
from core.datasets.rings import Rings
from core.datasets.s_curve import SCurve
from core.datasets.shifted_gaussian import ShiftedGaussian
from core.datasets.spirals import Spirals
from core.datasets.strokes import Strokes
from core.datasets.swiss_roll import SwissRoll
from core.datasets.three_gaussians import ThreeGaussians
from core.errors import SpecError
from core.numerics.mixture import Mixture, MixtureField
from core.parts.schema import properties
from core.paths.linear import Linear
from core.plane.quasirandom import r2, stipple

ALL = {name: cls for name, cls in registry.entries("data").items() if "shape" not in cls.facts()}
OF_FILE = [name for name, cls in ALL.items() if "file" in properties(cls)]
SYNTHETIC = [name for name in ALL if name not in OF_FILE]
CURVES = [name for name in SYNTHETIC if "width" in properties(ALL[name])]


def mixture_of(dataset: Dataset) -> Mixture:
    mixture = dataset.mixture()
    assert mixture is not None
    return mixture


class TestEverySyntheticSet:
    @pytest.mark.parametrize("name", SYNTHETIC)
    def test_points_have_the_declared_mean_and_spread(self, name: str) -> None:
        facts, x = ALL[name].facts(), ALL[name]().training(100_000, seed=3).x
        assert float(x.mean()) == pytest.approx(facts["mean"], abs=0.02)
        assert float(x.std()) == pytest.approx(facts["std"], rel=0.01)
        assert facts["dim"] == 2

    @pytest.mark.parametrize("name", SYNTHETIC)
    def test_spread_is_about_two(self, name: str) -> None:
        assert ALL[name].facts()["std"] == pytest.approx(2.0, rel=0.15)

    @pytest.mark.parametrize("name", SYNTHETIC)
    def test_there_are_at_most_a_thousand_finite_centres(self, name: str) -> None:
        centres = mixture_of(ALL[name]()).centres
        assert centres.dtype == torch.float64
        assert len(centres) <= 1000
        assert centres.isfinite().all()

    @pytest.mark.parametrize("name", SYNTHETIC)
    def test_every_class_that_is_named_has_centres(self, name: str) -> None:
        dataset = ALL[name]()
        labels = mixture_of(dataset).labels
        if labels is None:
            assert dataset.class_names == ()
        else:
            assert labels.shape == (len(mixture_of(dataset).centres),)
            assert labels.unique().tolist() == list(range(len(dataset.class_names)))
        assert ALL[name].facts()["classes"] == list(dataset.class_names)

    @pytest.mark.parametrize("name", SYNTHETIC)
    def test_held_out_points_are_not_trained_on(self, name: str) -> None:
        dataset = ALL[name]()
        held_out, trained = dataset.held_out(500, seed=1).x, dataset.training(5000, seed=1).x
        assert torch.cdist(held_out, trained).min() > 0

    @pytest.mark.parametrize("name", SYNTHETIC)
    def test_the_training_sequence_does_not_hang_on_how_it_is_asked_for(self, name: str) -> None:
        dataset = ALL[name]()
        assert torch.equal(dataset.training(10, seed=2, first=20).x, dataset.training(30, seed=2).x[20:])

    @pytest.mark.parametrize("name", CURVES)
    @pytest.mark.parametrize("width", [0.001, 0.5])
    def test_blur_is_part_of_the_spread(self, name: str, width: float) -> None:
        mixture = mixture_of(ALL[name](width=width))
        assert mixture.std == width
        assert mixture.overall_std() == pytest.approx(ALL[name].facts()["std"], rel=0.01)


def test_three_gaussians_have_the_numbers_of_the_comparison() -> None:
    x, labels = ThreeGaussians().training(5000, seed=0)
    assert labels is not None
    centres = torch.tensor([[2.0, 2.0], [-2.0, 2.0], [0.0, -2.0]]).double()
    for label, centre in enumerate(centres):
        assert float((x[labels == label].mean(0) - centre).norm()) < 0.02 * 2
    assert float((x - centres[labels]).square().mean().sqrt()) == pytest.approx(0.3, rel=0.02)


def test_a_shifted_gaussian_is_one_round_cluster() -> None:
    mean, std = mixture_of(ShiftedGaussian(x=-3.0, y=4.0, std=0.7)).mean_std()
    assert mean.tolist() == [-3.0, 4.0]
    assert std.tolist() == pytest.approx([0.7, 0.7])


def test_a_noise_free_swiss_roll_is_a_spiral_with_its_hole() -> None:
    x = SwissRoll(width=0.0).training(2000, seed=0).x
    fine = SwissRoll(width=0.001).training(2000, seed=0).x
    torch.testing.assert_close(fine, x, rtol=0, atol=0.01)
    # steps grow with the radius, which triples, and are 3/2 as long where the hole takes points away
    centres = mixture_of(SwissRoll(width=0.0)).centres
    step = (centres[1:] - centres[:-1]).norm(dim=1)
    assert step.max() < 4 * step.min()


@pytest.mark.parametrize("width", [0.0, 0.001])
def test_single_precision_bears_the_narrowest_curve(width: float) -> None:
    field = MixtureField(mixture_of(SwissRoll(width=width)), Linear(), torch.device("cpu"))
    x = SwissRoll().training(64, seed=0).x
    for t in (0.5, 0.9, 0.999):
        time = torch.tensor(t, dtype=torch.float64)
        noisy = (t * x + (1 - t) * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))).float()
        single, double = field(noisy, time), field(noisy.double(), time)
        torch.testing.assert_close(single.x1.double(), double.x1, rtol=0, atol=5e-3)


class TestCurves:
    """Properties of scikit-learn's and others' generators that survive a change of scale."""

    @pytest.mark.parametrize("n_rings", [1, 3, 8])
    def test_rings_lie_on_circles_at_even_distances(self, n_rings: int) -> None:
        rings = Rings(n_rings=n_rings, width=0.01)
        x, labels = rings.training(8000, seed=0)
        assert labels is not None
        radius = x.norm(dim=1)
        means = torch.stack([radius[labels == k].mean() for k in range(n_rings)])
        assert max(float(radius[labels == k].std()) for k in range(n_rings)) < 0.012
        torch.testing.assert_close(means / means[0], torch.arange(1.0, n_rings + 1).double(), rtol=5e-3, atol=0)
        assert rings.class_names == tuple(f"ring {k + 1}" for k in range(n_rings))
        assert labels.bincount().min() > 0.8 * 8000 / n_rings

    @pytest.mark.parametrize("factor", [0.5, 0.8])
    def test_the_inner_circle_is_a_factor_of_the_outer(self, factor: float) -> None:
        x, labels = Circles(factor=factor, width=0.01).training(4000, seed=0)
        outer, inner = x[labels == 0].norm(dim=1), x[labels == 1].norm(dim=1)
        assert float(inner.mean() / outer.mean()) == pytest.approx(factor, rel=0.005)
        assert Circles().factor == 0.5

    def test_moons_are_half_circles_that_reach_into_each_other(self) -> None:
        mixture = mixture_of(Moons(width=0.001))
        upper, lower = mixture.of_class(0).centres, mixture.of_class(1).centres
        unit = (upper[:, 0].max() - upper[:, 0].min()) / 2
        middles = []
        for moon, side in ((upper, 1), (lower, -1)):
            ends = (moon[0] + moon[-1]) / 2
            middles.append(ends)
            torch.testing.assert_close((moon - ends).norm(dim=1), unit.expand(len(moon)), rtol=0.01, atol=0)
            assert (side * (moon - ends)[1:-1, 1] > 0).all()
        # scikit-learn: the lower one's middle is a radius to the right and half a radius up
        torch.testing.assert_close(middles[1] - middles[0], unit * torch.tensor([1.0, 0.5]).double(), rtol=0, atol=0.05)

    def test_the_s_curve_is_even_and_turns_into_itself(self) -> None:
        centres = mixture_of(SCurve(width=0.001)).centres
        step = (centres[1:] - centres[:-1]).norm(dim=1)
        assert step.max() < 1.001 * step.min()
        torch.testing.assert_close(centres.flip(0), -centres)
        low, high = centres.amin(0), centres.amax(0)
        assert float((high - low)[1] / (high - low)[0]) == pytest.approx(2.0, rel=0.001)
        # an S, and not its mirror image: open to the right at the top
        top = centres[centres[:, 1] > 0]
        assert top[top[:, 0] > 0][:, 1].min() > top[top[:, 0] < 0][:, 1].min()

    def test_spirals_are_one_another_turned_half_round(self) -> None:
        mixture = mixture_of(Spirals(turns=2.0))
        first, second = mixture.of_class(0).centres, mixture.of_class(1).centres
        torch.testing.assert_close(first, -second)
        turned = torch.atan2(first[:, 1], first[:, 0])
        steps = torch.remainder(turned[1:] - turned[:-1] + math.pi, 2 * math.pi) - math.pi
        assert (steps > 0).all()
        assert float(steps.sum()) == pytest.approx(4 * math.pi, rel=0.05)

    @pytest.mark.parametrize("arms", [2, 5])
    def test_arms_of_a_pinwheel_are_alike(self, arms: int) -> None:
        wheel = Pinwheel(arms=arms)
        mixture = mixture_of(wheel)
        first = torch.view_as_complex(mixture.of_class(0).centres)
        middle = torch.view_as_complex(mixture.centres).mean()
        for k in range(arms):
            arm = torch.view_as_complex(mixture.of_class(k).centres) - middle
            turn = torch.polar(torch.tensor(1.0).double(), torch.tensor(-2 * math.pi * k / arms).double())
            torch.testing.assert_close(arm, (first - middle) * turn, rtol=0, atol=0.05)
        assert len(wheel.class_names) == arms
        # further out is turned further, with the clock
        inner, outer = (first[[*order[:50]]].mean() for order in (first.abs().argsort(), first.abs().argsort().flip(0)))
        assert torch.angle(outer / inner) < -0.2


def ink(text: str, cells: int = 24) -> np.ndarray:
    """How many centres of a text stand in each cell of its box, row 0 at the top: [cells, cells]."""
    x = mixture_of(Strokes(text=text)).centres.numpy()
    low, high = x.min(0), x.max(0)
    return np.histogram2d(-x[:, 1], x[:, 0], bins=cells, range=[[-high[1], -low[1]], [low[0], high[0]]])[0]


class TestStrokes:
    @pytest.mark.parametrize(
        ("letter", "empty", "full"),
        [
            ("O", np.s_[8:16, 8:16], np.s_[:2, 8:16]),
            ("O", np.s_[8:16, 8:16], np.s_[-2:, 8:16]),
            ("L", np.s_[:16, 8:], np.s_[-2:, 8:20]),
            ("T", np.s_[8:, :7], np.s_[:2, :7]),
            ("T", np.s_[8:, -7:], np.s_[:2, -7:]),
            ("7", np.s_[-4:, -8:], np.s_[:2, -8:]),
            ("u", np.s_[:12, 8:16], np.s_[:12, :4]),
            ("n", np.s_[-12:, 8:16], np.s_[:4, 8:16]),
        ],
    )
    def test_letters_have_their_shapes(
        self, letter: str, empty: tuple[slice, slice], full: tuple[slice, slice]
    ) -> None:
        cells = ink(letter)
        assert cells[empty].sum() == 0
        assert cells[full].sum() > 10

    @pytest.mark.parametrize(("letter", "axis"), [("I", 1), ("-", 0)])
    def test_bars_are_upright_or_lie(self, letter: str, axis: int) -> None:
        spread = mixture_of(Strokes(text=letter)).centres.std(0)
        assert float(spread[axis] / spread[1 - axis]) > 2.5

    def test_letters_stand_in_the_order_of_the_text(self) -> None:
        word = Strokes(text="flow")
        mixture = mixture_of(word)
        left = [float(mixture.of_class(k).centres[:, 0].min()) for k in range(4)]
        right = [float(mixture.of_class(k).centres[:, 0].max()) for k in range(4)]
        assert left == sorted(left)
        assert all(end < start for end, start in zip(right[1:], left[2:], strict=False))
        assert word.class_names == ("f", "l", "o", "w")
        # upright letters stand on one line and reach higher than round ones
        low = [float(mixture.of_class(k).centres[:, 1].min()) for k in range(4)]
        assert max(low) - min(low) < 0.1
        assert mixture.of_class(1).centres[:, 1].max() > mixture.of_class(2).centres[:, 1].max() + 0.5

    def test_a_letter_that_comes_twice_is_one_class(self) -> None:
        word = Strokes(text="hello")
        assert word.class_names == ("h", "e", "l", "o")
        twice = mixture_of(word).of_class(2).centres[:, 0].sort().values
        assert (twice[1:] - twice[:-1]).max() > 0.1

    def test_ink_is_even(self) -> None:
        centres = mixture_of(Strokes(text="B")).centres
        nearest = torch.cdist(centres, centres).fill_diagonal_(math.inf).amin(1)
        assert float(nearest.std() / nearest.mean()) < 0.2

    def test_words_differ_and_long_ones_are_broken_into_lines(self) -> None:
        first, second = ink("noise"), ink("data")
        assert np.abs(first / first.sum() - second / second.sum()).sum() > 0.5
        spread = mixture_of(Strokes(text="noise becomes data")).centres.std(0)
        assert 0.5 < float(spread[0] / spread[1]) < 2.5
        assert len(mixture_of(Strokes(text="noise becomes data")).centres) > 900

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("", "empty"),
            ("   ", "empty"),
            ("x" * 25, "at most 24"),
            ("a漢", "漢"),
            ("a\tb", "t"),
            ("\ufffe", "Inter"),
            ("a\u034f", "Inter"),
        ],
    )
    def test_what_cannot_be_written_is_said(self, text: str, says: str) -> None:
        with pytest.raises(SpecError, match=says) as raised:
            Strokes(text=text).mixture()
        assert raised.value.field == "data.text"


class TestQuasirandom:
    def test_every_box_holds_its_share(self) -> None:
        counts = torch.histogramdd(r2(1000), bins=[5, 5], range=[0.0, 1.0, 0.0, 1.0]).hist
        assert (counts - 40).abs().max() <= 4

    def test_few_pixels_are_all_taken(self) -> None:
        darkness = np.zeros((4, 6))
        darkness[0, 5], darkness[3, 0] = 1.0, 3.0
        places, share = stipple(darkness, 10)
        assert places.tolist() == [[5.5, 3.5], [0.5, 0.5]]
        assert share.tolist() == [0.25, 0.75]

    def test_shares_carry_the_darkness(self) -> None:
        darkness = np.tile(np.linspace(0.0, 1.0, 90), (60, 1))
        places, share = stipple(darkness, 300)
        _, columns = np.indices(darkness.shape)
        mean = (darkness * (columns + 0.5)).sum() / darkness.sum()
        assert share.sum() == pytest.approx(1.0)
        assert (share * places[:, 0]).sum() == pytest.approx(mean, rel=1e-9)
        left = share[places[:, 0] < 45].sum()
        assert left == pytest.approx(darkness[:, :45].sum() / darkness.sum(), abs=0.03)
