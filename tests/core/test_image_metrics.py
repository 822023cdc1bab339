"""Distances of images against closed forms and scipy; the classifier and the real sets on the shipped sample."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import scipy.linalg
import torch
from PIL import Image

import resources
from core.datasets.cifar10 import Cifar10
from core.datasets.image_folder import ImageFolder
from core.datasets.mnist import Mnist
from core.errors import SpecError
from core.features.efficientnet_lite0 import EfficientNetLite0
from core.features.mnist_classifier import MnistClassifier
from core.images.classifier import Classifier, accuracy, load_classifier
from core.images.files import DATA_VARIABLE
from core.images.judge import Judge, blurred, noised
from core.images.metrics import ImageSet
from core.images.metrics.frechet import Frechet, frechet_distance
from core.images.metrics.kernel import Kernel, cubic_mmd
from core.images.metrics.label_agreement import LabelAgreement
from core.images.metrics.nearest_training import NearestTraining, nearest
from core.images.reference import real_sets, to_bytes
from core.images.sample import SHIPPED, shipped
from core.networks import count_parameters
from core.numerics.noise import normal
from core.run import real_images, started
from core.setup import resolve
from core.spec import Part, RunSpec

CPU = torch.device("cpu")
DIGITS = torch.arange(10)


@pytest.fixture(autouse=True)
def no_data(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))


def drawn(n: int, dim: int, draw: int) -> torch.Tensor:
    return normal(5, "data", torch.arange(n), dim, draw)


def only(features: torch.Tensor) -> ImageSet:
    return ImageSet(torch.zeros(len(features), 1, 1, 1, dtype=torch.uint8), None, features, None)


class TestFrechet:
    def test_of_two_gaussians_is_the_closed_form(self) -> None:
        """|m - n|^2 + sum (sqrt a - sqrt b)^2 where covariances are diagonal: of points that have exactly those."""
        a, b = torch.tensor([2.0, 0.5, 1.0, 0.1]).double(), torch.tensor([0.3, 0.5, 4.0, 0.0]).double()
        m = torch.tensor([1.0, 0.0, -2.0, 0.5]).double()
        x, y = (exactly(drawn(200, 4, draw)) for draw in (0, 1))
        wanted = float(m.square().sum() + (a.sqrt() - b.sqrt()).square().sum())
        assert frechet_distance(x * a.sqrt() + m, y * b.sqrt()) == pytest.approx(wanted)

    @pytest.mark.parametrize("sizes", [(400, 300), (400, 12), (9, 12)])
    def test_is_that_of_scipys_matrix_root(self, sizes: tuple[int, int]) -> None:
        """For more samples than features, for fewer, and for both; covariances are then singular."""
        mix = drawn(20, 20, 2)
        x, y = drawn(sizes[0], 20, 0) @ mix, drawn(sizes[1], 20, 1) + 0.3
        covariances = [torch.cov(values.T).numpy() for values in (x, y)]
        root = scipy.linalg.sqrtm(covariances[0] @ covariances[1] + 1e-12 * torch.eye(20).numpy())
        apart = (x.mean(0) - y.mean(0)).square().sum()
        wanted = float(apart) + (covariances[0] + covariances[1] - 2 * root.real).trace()
        assert frechet_distance(x, y) == pytest.approx(wanted, rel=1e-3)

    def test_of_a_set_with_itself_is_zero(self) -> None:
        x = drawn(60, 100, 0)
        assert frechet_distance(x, x) == pytest.approx(0.0, abs=1e-9)


def exactly(x: torch.Tensor) -> torch.Tensor:
    """The points moved and sheared so that their mean is 0 and their covariance 1."""
    centred = x - x.mean(0)
    return torch.linalg.solve_triangular(torch.linalg.cholesky(torch.cov(centred.T)), centred.T, upper=False).T


class TestKernel:
    def test_is_the_sum_over_pairs(self) -> None:
        x, y = drawn(6, 3, 0), drawn(5, 3, 1) + 0.5
        k = lambda a, b: float((a @ b / 3 + 1) ** 3)  # noqa: E731
        within_x = [k(x[i], x[j]) for i in range(6) for j in range(6) if i != j]
        within_y = [k(y[i], y[j]) for i in range(5) for j in range(5) if i != j]
        across = [k(a, b) for a in x for b in y]
        wanted = sum(within_x) / 30 + sum(within_y) / 20 - 2 * sum(across) / 30
        assert cubic_mmd(x, y) == pytest.approx(wanted)

    def test_of_two_halves_is_zero_within_its_spread_whatever_their_size(self) -> None:
        for n in (60, 400):
            halves = drawn(2 * n, 8, 0).split(n)
            values = [cubic_mmd(drawn(n, 8, 2 * i), drawn(n, 8, 2 * i + 1)) for i in range(40)]
            error = torch.tensor(values).std() / len(values) ** 0.5
            assert abs(sum(values) / len(values)) < 4 * error
            score = Kernel(size=n // 2).measure(*(only(half) for half in halves))
            assert score.std is not None
            assert abs(score.value) < 3 * score.std

    @pytest.mark.parametrize(("n", "size"), [(9, 4), (25, 10)])
    def test_subsets_that_do_not_go_up_in_a_set_leave_it_zero_on_average(self, n: int, size: int) -> None:
        pairs = [(drawn(n, 8, 2 * i), drawn(n, 8, 2 * i + 1)) for i in range(60)]
        values = torch.tensor([Kernel(size=size).measure(only(x), only(y)).value for x, y in pairs])
        assert abs(float(values.mean())) < 3 * float(values.std()) / len(pairs) ** 0.5

    def test_grows_with_the_distance_and_not_with_the_number(self) -> None:
        def moved(by: float, n: int) -> float:
            return Kernel(n_subsets=3).measure(only(drawn(n, 8, 0) + by), only(drawn(n, 8, 1))).value

        near, far = ([moved(by, n) for n in (300, 1200)] for by in (0.3, 0.9))
        assert min(far) > 3 * max(near) > 0
        assert far[0] == pytest.approx(far[1], rel=0.25)


def test_the_shipped_classifier_tells_digits_and_says_how_well() -> None:
    from safetensors import safe_open

    file = resources.path("weights", "mnist-classifier.safetensors")
    images, labels = shipped("mnist")
    assert accuracy(load_classifier(file), images / 127.5 - 1.0, labels) >= 0.99
    assert 50_000 <= count_parameters(Classifier()) <= 150_000
    with safe_open(file, framework="pt") as tensors:
        metadata = tensors.metadata()
    assert float(metadata["test accuracy"].split()[0]) >= 0.993
    assert metadata["command"] == "python tools/train_classifier.py"


def test_features_have_the_size_that_a_kernel_distance_is_made_for() -> None:
    seen = MnistClassifier().look(shipped("mnist")[0])
    assert float(seen.features.square().mean()) == pytest.approx(1.0, rel=0.1)


def test_copies_of_training_images_are_found(tmp_path) -> None:
    training = shipped("mnist")[0]
    distances, which = nearest(training[[7, 3]], training)
    assert distances.tolist() == [0.0, 0.0]
    assert which.tolist() == [7, 3]
    changed = (training[20:30].int() + 5).clamp(max=255).to(torch.uint8)
    found = nearest(changed, training)
    assert found[1].tolist() == list(range(20, 30))
    assert float(found[0].max()) == pytest.approx(5.0, abs=0.2)


def test_real_sets_are_disjoint_and_have_the_classes_that_were_sampled() -> None:
    labels = torch.tensor([3, 3, 3, 8, 0, 0])
    one, two = real_sets(Mnist(), 6, labels)
    assert one.shipped
    for some in (one, two):
        assert some.labels is not None
        assert sorted(some.labels.tolist()) == sorted(labels.tolist())
    assert float(nearest(one.images, two.images)[0].min()) > 0
    with pytest.raises(SpecError, match="MNIST has 50 images of class 3: 25 for each of 2 sets"):
        real_sets(Mnist(), 26, torch.full((26,), 3))


def test_real_sets_go_on_in_the_training_part_where_the_test_part_ends(tmp_path, monkeypatch) -> None:
    from tests.core.test_images import SmallMnist, write_mnist

    write_mnist(tmp_path)
    one, two = real_sets(SmallMnist(), 8, None)
    numbers = [some.images[:, 0, 0, 0].tolist() for some in (one, two)]
    assert all(number >= 100 for number in numbers[0])
    assert (one.n_training, two.n_training) == (0, 6)
    assert len(set(numbers[0] + numbers[1])) == 16


def test_bytes_are_those_of_a_saved_picture() -> None:
    x = torch.tensor([-3.0, -1.0, 0.0, 1.0, 9.0, torch.nan])
    assert to_bytes(x).tolist() == [0, 0, 128, 255, 255, 128]


@pytest.fixture(scope="module")
def judge() -> Judge:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DATA_VARIABLE, "/nowhere")
        return Judge(Mnist(), MnistClassifier(), 200, DIGITS.repeat(20), CPU)


class TestJudge:
    def test_real_images_made_worse_are_farther_than_real_ones(self, judge: Judge) -> None:
        metrics = [Frechet(), Kernel(), LabelAgreement()]
        floor = judge.floor(metrics)
        assert floor["label-agreement"]["value"] >= 0.99
        for rung in judge.rungs(metrics).values():
            assert rung["frechet"]["value"] > 1.5 * floor["frechet"]["value"]
            assert rung["kernel"]["value"] > floor["kernel"]["value"] + floor["kernel"]["std"]

    def test_classes_are_measured_by_themselves(self, judge: Judge) -> None:
        wrong = judge.seen(judge.other.images, (judge.other.labels + 1) % 10)
        row = judge.measure(wrong, [LabelAgreement(), Frechet()])
        assert row["label-agreement"]["value"] <= 0.01
        assert list(row["frechet"]["classes"]) == list(Mnist.class_names)
        # sevens that are called eights are far from eights, whatever the sets look like together
        assert row["frechet"]["value"] == pytest.approx(judge.floor([Frechet()])["frechet"]["value"], rel=1e-4)
        rightly = judge.floor([Frechet()])["frechet"]["classes"]
        assert all(row["frechet"]["classes"][name]["value"] > 2 * rightly[name]["value"] for name in Mnist.class_names)

    def test_real_images_that_were_trained_on_are_no_floor_for_copies(self, tmp_path) -> None:
        values = np.random.default_rng(0).integers(0, 256, (60, 16, 16, 3), dtype=np.uint8)
        for i, pixels in enumerate(values):
            Image.fromarray(pixels).save(tmp_path / f"{i:02}.png")
        folder, network = ImageFolder(folder=str(tmp_path), size=16), EfficientNetLite0(side=32)
        # a tenth is the test part, six images: two sets of four take two of the training part, of ten all of the second
        some = Judge(folder, network, 4, None, CPU).floor([NearestTraining()])["nearest-training"]
        assert some["least"] > 10.0
        none = Judge(folder, network, 10, None, CPU).floor([NearestTraining()])["nearest-training"]
        assert none == {"left out": "All images of the second real set were trained on. Take fewer."}

    def test_what_does_not_apply_is_left_out_with_its_reason(self, judge: Judge) -> None:
        row = judge.measure(judge.other, [NearestTraining()])["nearest-training"]
        assert "MNIST is not here" in row["left out"]
        with pytest.raises(SpecError, match="grey images of 28 × 28"):
            Judge(Cifar10(), MnistClassifier(), 10, None, CPU)


def test_photographs_are_seen_by_what_they_show_and_not_by_their_side() -> None:
    """In these features an image is nearer to its mirror image than to other images, at either size."""
    network = EfficientNetLite0(side=64)
    images = shipped("cifar10")[0][:12]
    one, mirrored = (network.look(some).features for some in (images, images.flip(3)))
    assert one.shape == (12, 1280)
    apart = torch.cdist(one, mirrored)
    assert apart.argmin(1).tolist() == list(range(12))
    grey = network.look(shipped("mnist")[0][:2])
    assert grey.features.isfinite().all()
    assert grey.scores is None


def test_a_feature_network_that_is_not_installed_says_how_to_get_it(monkeypatch) -> None:
    from core.features import efficientnet_lite0

    efficientnet_lite0._load.cache_clear()
    monkeypatch.setitem(sys.modules, "efficientnet_lite_pytorch", None)
    with pytest.raises(SpecError, match=r"pip install -e '\.\[evaluation\]'"):
        Judge(Cifar10(), EfficientNetLite0(), 20, None, CPU)


def test_blur_keeps_the_mean_and_noise_has_its_size() -> None:
    images = shipped("cifar10")[0]
    assert float(blurred(images, 1.0).float().mean()) == pytest.approx(float(images.float().mean()), rel=0.01)
    impulse = torch.zeros(1, 1, 15, 15, dtype=torch.uint8)
    impulse[..., 7, 7] = 255
    assert int(blurred(impulse, 1.0)[0, 0, 7, 7]) == round(255 / (2 * torch.pi))
    grey = torch.full((50, 1, 20, 20), 128, dtype=torch.uint8)
    assert float(noised(grey, 25.0).float().std()) == pytest.approx(25.0, rel=0.03)


@pytest.mark.parametrize(
    ("data", "label", "count"),
    [("mnist", "", 64), ("mnist", "7,3", 64), ("cifar10", "0,1,2,3,4,5,6,7,8,9", 64), ("cifar10", "ship", 6)],
)
def test_where_the_data_are_absent_real_images_are_those_that_ship(data: str, label: str, count: int) -> None:
    """Each of the class of the particle beside it, none twice, as far as the sample reaches."""
    setup = resolve(RunSpec(data=Part(data), n_samples=100, label=label))
    images, labels = shipped(data)
    real = real_images(setup)["data"]
    assert len(real) == count
    assert len(np.unique(real.reshape(count, -1), axis=0)) == count
    places = [int(torch.nonzero((images == image).flatten(1).all(1))) for image in to_bytes(torch.from_numpy(real))]
    assert not label or labels[places].tolist() == setup.labels(count).tolist()
    assert started(setup).meta["data_from"] == SHIPPED


def test_where_none_ship_there_are_none() -> None:
    setup = resolve(RunSpec(data=Part("fashion-mnist"), n_samples=4))
    assert real_images(setup) == {}
    assert "data_from" not in started(setup).meta
