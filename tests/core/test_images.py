"""Sets of images, read from files that the tests write."""

from __future__ import annotations

import gzip
import struct
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.datasets.cifar10 import Cifar10
from core.datasets.fashion_mnist import FashionMnist
from core.datasets.image_folder import ImageFolder
from core.datasets.mnist import Mnist
from core.errors import SpecError
from core.images.labelled import LabelledImages
from core.numerics.epochs import shuffled, split

N_TRAIN, N_TEST, N_VALIDATION = 40, 10, 4


class SmallMnist(Mnist, frozen=True):
    n_train, n_test, n_validation = N_TRAIN, N_TEST, N_VALIDATION


class SmallCifar(Cifar10, frozen=True):
    n_train, n_test, n_validation = N_TRAIN, N_TEST, N_VALIDATION


def idx(entries: np.ndarray) -> bytes:
    return struct.pack(f">HBB{entries.ndim}I", 0, 8, entries.ndim, *entries.shape) + entries.tobytes()


def numbered(n: int, shape: tuple[int, ...], first: int = 0) -> np.ndarray:
    """Images that can be told apart: the first pixel is the image's number, the rest is noise."""
    images = np.random.default_rng(first).integers(0, 256, (n, *shape), dtype=np.uint8)
    images.reshape(n, -1)[:, 0] = np.arange(first, first + n)
    return images


def write_mnist(base: Path, packed: bool = True) -> Path:
    folder = base / "mnist"
    folder.mkdir(parents=True)
    for part, n, first in (("train", N_TRAIN, 0), ("t10k", N_TEST, 100)):
        files = {
            f"{part}-images-idx3-ubyte": idx(numbered(n, (28, 28), first)),
            f"{part}-labels-idx1-ubyte": idx(np.arange(n, dtype=np.uint8) % 10),
        }
        for name, content in files.items():
            if packed:
                (folder / f"{name}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / name).write_bytes(content)
    return folder


def write_cifar(base: Path) -> Path:
    folder = base / "cifar-10-batches-bin"
    folder.mkdir(parents=True)
    images = np.concatenate([numbered(N_TRAIN, (3, 32, 32)), numbered(N_TEST, (3, 32, 32), 100)])
    labels = (np.arange(N_TRAIN + N_TEST) % 10).astype(np.uint8)
    records = np.concatenate([labels[:, None], images.reshape(-1, 3072)], axis=1)
    for i in range(5):
        (folder / f"data_batch_{i + 1}.bin").write_bytes(records[8 * i : 8 * i + 8].tobytes())
    (folder / "test_batch.bin").write_bytes(records[N_TRAIN:].tobytes())
    return folder


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FLOWSCOPE_DATA", str(tmp_path))
    return tmp_path


def numbers(x: torch.Tensor) -> list[int]:
    """Which images these are, from their first pixel."""
    return [round(float(value)) for value in (x.flatten(1)[:, 0] + 1) * 127.5]


@pytest.mark.parametrize("packed", [True, False])
def test_pixels_come_back_as_they_were_written(data: Path, packed: bool) -> None:
    write_mnist(data, packed)
    test = SmallMnist().test(N_TEST)
    written = torch.from_numpy(numbered(N_TEST, (28, 28), 100))
    assert torch.equal(((test.x[:, 0] + 1) * 127.5).round().byte(), written)
    assert test.labels is not None
    assert test.labels.tolist() == list(range(10))
    assert test.x.dtype == torch.float32


def test_colour_planes_and_labels_of_cifar(data: Path) -> None:
    write_cifar(data)
    test = SmallCifar().test(3)
    written = torch.from_numpy(numbered(N_TEST, (3, 32, 32), 100))[:3]
    assert torch.equal(((test.x + 1) * 127.5).round().byte(), written)
    assert test.labels is not None
    assert test.labels.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("cls", "sizes"), [(Mnist, (54_000, 6_000, 10_000)), (Cifar10, (45_000, 5_000, 10_000)), (FashionMnist, (54_000,))]
)
def test_facts_need_no_data(data: Path, cls: type[LabelledImages], sizes: tuple[int, ...]) -> None:
    facts = cls.facts()
    assert (facts["n_train"], facts["n_validation"], facts["n_test"])[: len(sizes)] == sizes
    assert facts["shape"] == list(cls().shape)
    assert len(facts["classes"]) == 10
    assert cls().mixture() is None
    training, validation = split(cls.n_train, cls.n_validation)
    assert len(training) == facts["n_train"]
    assert sorted([*training.tolist(), *validation.tolist()]) == list(range(cls.n_train))


def test_training_goes_through_its_part_once_an_epoch_in_new_order(data: Path) -> None:
    write_mnist(data)
    size = N_TRAIN - N_VALIDATION
    first = numbers(SmallMnist().training(size, seed=3).x)
    second = numbers(SmallMnist().training(size, seed=3, first=size).x)
    validation = numbers(SmallMnist().held_out(N_VALIDATION, seed=3).x)
    assert sorted(first) == sorted(second)
    assert first != second
    assert sorted(first + validation) == list(range(N_TRAIN))
    everything = SmallMnist(train_on="all")
    assert sorted(numbers(everything.training(N_TRAIN, seed=3).x)) == list(range(N_TRAIN))
    assert min(numbers(everything.held_out(N_TEST, seed=3).x)) == 100  # all of the rest is trained on


def test_the_sequence_does_not_depend_on_how_it_is_cut(data: Path) -> None:
    write_cifar(data)
    whole = SmallCifar().training(100, seed=1)
    pieces = [SmallCifar().training(n, seed=1, first=first) for first, n in ((0, 17), (17, 50), (67, 33))]
    assert torch.equal(whole.x, torch.cat([piece.x for piece in pieces]))
    assert len(whole.x) == 100


def test_flips_are_drawn_anew_each_epoch(data: Path) -> None:
    write_cifar(data)
    size = N_TRAIN - N_VALIDATION
    unflipped = {tuple(row): i for i, row in enumerate(SmallCifar().pixels().images[:, 0, 0].tolist())}
    mirrored = []
    for epoch in range(8):
        flags = {}
        x = SmallCifar().training(size, seed=0, first=epoch * size).x
        for row in ((x[:, 0, 0] + 1) * 127.5).round().int().tolist():
            here = tuple(row) in unflipped
            flags[unflipped[tuple(row) if here else tuple(row[::-1])]] = not here
        mirrored.append(flags)
    share = sum(sum(flags.values()) for flags in mirrored) / (8 * size)
    assert abs(share - 0.5) < 4 * 0.5 / (8 * size) ** 0.5
    frozen = [i for i in mirrored[0] if len({flags[i] for flags in mirrored}) == 1]
    assert len(frozen) <= 3  # 2^-7 of them by chance
    assert not SmallMnist.flips


def test_a_folder_of_nobody_is_refused_in_one_line() -> None:
    for name, words in (("~nobodyx/a", "a user who does not exist"), ("a\0b", "has a zero byte")):
        with pytest.raises(SpecError, match=words) as caught:
            ImageFolder(folder=name).pixels()
        assert str(caught.value).startswith("data.folder: ")
        assert str(caught.value).isprintable()


def test_an_order_is_a_permutation_and_hangs_on_seed_and_epoch() -> None:
    index = torch.arange(150)
    orders = shuffled(5, index, 50).reshape(3, 50)
    assert all(sorted(order.tolist()) == list(range(50)) for order in orders)
    assert not torch.equal(orders[0], orders[1])
    assert not torch.equal(orders, shuffled(6, index, 50).reshape(3, 50))


@pytest.mark.parametrize("n", [1, 3, 50])
def test_the_orders_of_many_epochs_are_those_of_each_and_take_no_longer_than_a_moment(n: int) -> None:
    index = torch.arange(7, 65_536)
    began = time.monotonic()
    together = shuffled(5, index, n)
    assert time.monotonic() - began < 5.0
    for first in (0, 1000, 65_000):
        assert torch.equal(
            together[first : first + 90], torch.cat([shuffled(5, i[None], n) for i in index[first : first + 90]])
        )


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("train-images-idx3-ubyte.gz", gzip.compress(idx(numbered(N_TRAIN, (28, 28))))[:-500], "cannot be read"),
        ("train-images-idx3-ubyte.gz", idx(numbered(N_TRAIN, (28, 28)))[:-1], "truncated"),
        ("train-images-idx3-ubyte.gz", idx(numbered(N_TRAIN, (28, 28))) + b"x", "longer"),
        ("train-images-idx3-ubyte.gz", idx(numbered(N_TRAIN - 1, (28, 28))), "39 × 28 × 28"),
        ("train-images-idx3-ubyte.gz", b"<html>not found</html>", "IDX"),
        ("train-images-idx3-ubyte.gz", b"", "IDX"),
        ("t10k-labels-idx1-ubyte.gz", idx(np.full(N_TEST, 10, dtype=np.uint8)), "label 10"),
        ("t10k-labels-idx1-ubyte.gz", idx(numbered(N_TEST, (28, 28))), "1 dimensions"),
    ],
)
def test_a_damaged_file_is_one_clear_error(data: Path, name: str, content: bytes, says: str) -> None:
    folder = write_mnist(data)
    (folder / name).write_bytes(content)
    with pytest.raises(SpecError, match=f"{name} is damaged: .*{says}") as raised:
        SmallMnist().training(4, seed=0)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("cut", "says"), [(1, "bytes"), (3073, "bytes")])
def test_a_truncated_record_file(data: Path, cut: int, says: str) -> None:
    path = write_cifar(data) / "data_batch_3.bin"
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(SpecError, match=f"data_batch_3.bin is damaged.*{says}"):
        SmallCifar().training(4, seed=0)


def test_missing_data_say_where_they_were_looked_for(data: Path) -> None:
    with pytest.raises(SpecError, match="MNIST is not here") as raised:
        Mnist().training(1, seed=0)
    assert raised.value.field == "data"
    assert str(data / "mnist") in str(raised.value)
    assert "FLOWSCOPE_DATA" in str(raised.value)


def test_more_than_there_is(data: Path) -> None:
    write_mnist(data)
    with pytest.raises(SpecError, match="validation part has 4 images"):
        SmallMnist().held_out(5, seed=0)
    with pytest.raises(SpecError, match="test part has 10 images"):
        SmallMnist().test(11)


class TestFolder:
    def write(self, folder: Path) -> None:
        (folder / "deep").mkdir()
        for i in range(20):
            red = Image.new("RGB", (40 + i, 30), (255, 0, 0))
            red.save(folder / ("deep" if i % 2 else ".") / f"{i:02}.png")
        (folder / "notes.txt").write_text("no image")

    def test_images_are_cut_square_and_split(self, tmp_path: Path) -> None:
        self.write(tmp_path)
        data = ImageFolder(folder=str(tmp_path), size=16)
        x, labels = data.training(16, seed=0)
        assert x.shape == (16, 3, 16, 16)
        assert labels is None
        assert torch.equal(x.amin((0, 2, 3)), torch.tensor([1.0, -1.0, -1.0]))
        assert len(data.held_out(2, seed=0).x) == len(data.test(2).x) == 2

    def test_the_square_is_the_middle(self, tmp_path: Path) -> None:
        wide = np.zeros((16, 48, 3), dtype=np.uint8)
        wide[:, 16:32] = 255
        Image.fromarray(wide).save(tmp_path / "wide.png")
        assert float(ImageFolder(folder=str(tmp_path), size=16).training(1, seed=0).x.min()) == 1.0

    @pytest.mark.parametrize("ending", ["png", "tif"])
    def test_a_picture_of_16_bits_is_that_of_8(self, tmp_path: Path, ending: str) -> None:
        grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
        for folder, values in (("8", grey), ("16", grey.astype(np.uint16) * 257)):
            (tmp_path / folder).mkdir()
            Image.fromarray(values).save(tmp_path / folder / f"shades.{ending}")
        plain, deep = (ImageFolder(folder=str(tmp_path / name), size=16).training(1, seed=0).x for name in ("8", "16"))
        assert torch.equal(plain, deep)

    @pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
    def test_what_is_transparent_is_white_whatever_its_colour_in_the_file(self, tmp_path: Path, mode: str) -> None:
        disc = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
        disc.paste((0, 0, 0, 255), (4, 4, 12, 12))
        disc.convert(mode).save(tmp_path / "disc.png")
        x = ImageFolder(folder=str(tmp_path), size=16).training(1, seed=0).x
        assert x[0, :, 0, 0].min() == 1.0
        assert x[0, :, 8, 8].max() == -1.0

    def test_what_is_wrong_is_said(self, tmp_path: Path) -> None:
        for folder, says in (
            ("", "Choose the folder"),
            (tmp_path / "none", "There is no folder"),
            (tmp_path, "no pictures"),
        ):
            with pytest.raises(SpecError, match=says):
                ImageFolder(folder=str(folder)).training(1, seed=0)
        (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nrest")
        with pytest.raises(SpecError, match=r"broken\.png cannot be read"):
            ImageFolder(folder=str(tmp_path)).training(1, seed=0)

    @pytest.mark.parametrize("ending", ["png", "ppm"])
    def test_a_picture_that_is_damaged_inside_is_named_in_one_line(self, tmp_path: Path, ending: str) -> None:
        """Pillow raises SyntaxError of a PNG's chunks, and ValueError of the numbers in a PPM's head."""
        file = tmp_path / f"broken.{ending}"
        Image.new("RGB", (24, 24)).save(file)
        whole, place = file.read_bytes(), file.read_bytes().find(b"IDAT")
        shorter = whole[: place - 4] + struct.pack(">I", 5) + whole[place:]
        file.write_bytes(shorter if ending == "png" else whole.replace(b"P6\n24", b"P6\n2\xf7"))
        with pytest.raises(SpecError, match=rf"broken\.{ending} cannot be read") as raised:
            ImageFolder(folder=str(tmp_path)).training(1, seed=0)
        assert str(raised.value).isprintable()
