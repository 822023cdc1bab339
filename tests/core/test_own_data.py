"""A picture or points of one's own become data, and a file that is neither is refused in one clear sentence."""

from __future__ import annotations

import io
import math
import os
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Pictures

from core import registry
from core.datasets import Dataset
from core.datasets.image import Image
from core.datasets.points import Points
from core.errors import SpecError
from core.numerics.epochs import split
from core.numerics.mixture import Mixture, MixtureField
from core.parts.schema import properties
from core.paths.linear import Linear
from core.spec import Action, Part, RunSpec
from trainers.jobs import start

OF_FILE = {name: cls for name, cls in registry.entries("data").items() if "file" in properties(cls)}


def mixture_of(dataset: Dataset) -> Mixture:
    mixture = dataset.mixture()
    assert mixture is not None
    return mixture


def picture(path: Path, mode: str = "L", corner: int = 0) -> Path:
    """White, 60 wide and 40 high, with a black square in the upper left corner."""
    grey = np.full((40, 60), 255, dtype=np.uint8)
    grey[:20, :20] = corner
    Pictures.fromarray(grey).convert(mode).save(path)
    return path


def claiming(png: bytes, side: int) -> bytes:
    """The same file with a header that says it has this many pixels on either side."""
    header = png[12:16] + side.to_bytes(4, "big") * 2 + png[24:29]
    return png[:12] + header + zlib.crc32(header).to_bytes(4, "big") + png[33:]


class TestImage:
    @pytest.mark.parametrize(
        ("name", "mode"),
        [("a.png", "L"), ("a.png", "RGB"), ("a.png", "P"), ("a.png", "1"), ("a.jpg", "RGB"), ("a.gif", "P"),
         ("a.webp", "RGB"), ("a.bmp", "RGB"), ("a.tif", "F"), ("a.tif", "CMYK"), ("named-otherwise.txt", "L")],
    )  # fmt: skip
    def test_dark_pixels_of_every_format(self, tmp_path: Path, name: str, mode: str) -> None:
        path = tmp_path / name
        if name.endswith("txt"):
            picture(tmp_path / "a.png").rename(path)
        else:
            picture(path, mode)
        mixture = mixture_of(Image(file=str(path)))
        assert mixture.overall_std() == pytest.approx(2.0)
        assert 500 < len(mixture.centres) <= 1000
        # a square: as wide as high, filled evenly
        low, high = mixture.centres.amin(0), mixture.centres.amax(0)
        assert float((high - low)[0] / (high - low)[1]) == pytest.approx(1.0, abs=0.05)
        _, std = mixture.mean_std()
        assert std.tolist() == pytest.approx([2.0, 2.0], rel=0.02)

    def test_light_pixels_and_up_is_up(self, tmp_path: Path) -> None:
        x = Image(file=str(picture(tmp_path / "a.png")), invert=True).training(4000, seed=0).x
        low, high = x.amin(0), x.amax(0)
        where = (x - low) / (high - low)
        corner = (where[:, 0] < 0.28) & (where[:, 1] > 0.55)
        assert corner.sum() == 0
        assert ((where[:, 0] < 0.28) & (where[:, 1] < 0.45)).sum() > 400

    def test_darkness_is_likelihood(self, tmp_path: Path) -> None:
        grey = np.full((60, 120), 255, dtype=np.uint8)
        grey[:, :40], grey[:, 80:] = 0, 170
        Pictures.fromarray(grey).save(tmp_path / "two.png")
        x = Image(file=str(tmp_path / "two.png")).training(20_000, seed=0).x
        middle = (x[:, 0].max() + x[:, 0].min()) / 2
        assert float((x[:, 0] < middle).double().mean()) == pytest.approx(0.75, abs=0.015)

    def test_what_is_transparent_is_paper(self, tmp_path: Path) -> None:
        rgba = np.zeros((40, 40, 4), dtype=np.uint8)
        rgba[10:30, 18:22, 3] = 255
        Pictures.fromarray(rgba).save(tmp_path / "bar.png")
        _, std = mixture_of(Image(file=str(tmp_path / "bar.png"))).mean_std()
        assert float(std[1] / std[0]) > 4

    def test_a_picture_taken_sideways_stands_upright(self, tmp_path: Path) -> None:
        exif = Pictures.Exif()
        exif[0x0112] = 6  # turn by a quarter to the right to see it upright
        bar = np.full((90, 120), 255, dtype=np.uint8)
        bar[40:50] = 0
        Pictures.fromarray(bar).save(tmp_path / "turned.jpg", exif=exif, quality=95)
        _, std = mixture_of(Image(file=str(tmp_path / "turned.jpg"))).mean_std()
        assert std[1] > 4 * std[0]

    def test_a_changed_file_is_read_again(self, tmp_path: Path) -> None:
        path = picture(tmp_path / "a.png")
        before = mixture_of(Image(file=str(path))).centres
        Pictures.fromarray(np.tile(np.arange(90, dtype=np.uint8), (30, 1))).save(path)
        os.utime(path, ns=(1, 1))
        after = mixture_of(Image(file=str(path))).centres
        assert before.std(0).tolist() == pytest.approx([2.0, 2.0], rel=0.02)
        assert float(after.std(0)[0] / after.std(0)[1]) > 2

    def test_the_thinnest_pictures_do(self, tmp_path: Path) -> None:
        Pictures.new("L", (3000, 1)).save(tmp_path / "line.png")
        _, std = mixture_of(Image(file=str(tmp_path / "line.png"))).mean_std()
        assert float(std[0]) == pytest.approx(2 * math.sqrt(2), rel=0.01)

    def test_a_blank_picture_says_which_way_round(self, tmp_path: Path) -> None:
        Pictures.new("L", (20, 20), 255).save(tmp_path / "white.png")
        with pytest.raises(SpecError, match=r"no dark pixels.* on"):
            Image(file=str(tmp_path / "white.png")).mixture()
        Pictures.new("L", (20, 20), 0).save(tmp_path / "black.png")
        with pytest.raises(SpecError, match=r"no light pixels.* off"):
            Image(file=str(tmp_path / "black.png"), invert=True).mixture()

    def test_files_that_are_no_pictures(self, tmp_path: Path) -> None:
        good = picture(tmp_path / "good.png").read_bytes()
        postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"
        bad = {
            "bomb.png": (claiming(good, 60_000), "bomb"),
            "large.png": (claiming(good, 10_000), "claims 10,000"),
            "half.png": (good[: len(good) // 2], "truncated"),
            "text.png": (b"not a picture", "identify"),
            "page.eps": (postscript, "identify"),
            "noise.jpg": (bytes(range(256)) * 8, "identify"),
        }
        for name, (content, why) in bad.items():
            (tmp_path / name).write_bytes(content)
            with pytest.raises(SpecError, match=f"{name} .*{why}") as raised:
                Image(file=str(tmp_path / name)).mixture()
            assert raised.value.field == "data.file"


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def archive() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, x=np.zeros((5, 2)))
    return buffer.getvalue()


def promising() -> bytes:
    """A header that announces a terabyte, and ten points."""
    small, large = npy(np.zeros((10, 2))), b"(99999999999, 2), }"
    return small.replace(b"(10, 2), }" + b" " * 9, large)


X = np.random.default_rng(0).normal(size=(50, 2)) * [3.0, 1.0] + [100.0, -5.0]
WRONG = {
    "empty": (b"", "is empty"),
    "blank lines": (b"\n\n  \n", "no points"),
    "header alone": (b"x,y\n", "no points"),
    "one column": (b"1\n2\n3\n", "1 column. Two"),
    "four columns": (b"1,2,3,4\n1,2,3,4\n", "4 columns"),
    "text": (b"x,y\n1,2\n3,abc\n", "“abc” in line 3"),
    "prose": (b"this is a letter\nto a friend\n", "4 columns"),
    "missing value": (b"1,2\n3,\n", "“” in line 2"),
    "ragged": (b"1,2\n3,4,5\n", "3 columns in line 2, 2 before"),
    "nan": (b"1,2\nnan,4\n5,6\n", "not finite .point 2"),
    "infinite": (b"1,2\n3,inf\n5,6\n", "not finite .point 2"),
    "beyond": (b"1,2\n3,1e30\n5,6\n", "beyond"),
    "one point": (b"1,2\n", "fewer than 2"),
    "picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "neither an NPY"),
    "zeros": (b"1,2\n\x003,4\n", "neither an NPY"),
    "utf-16": ("1,2\n3,4\n".encode("utf-16"), "neither an NPY"),
    "quotes": (b'1,2\n"' + b"9" * 200_000 + b"\n", "neither an NPY"),
    "too many classes": ("\n".join(f"{i},{i},{i / 7}" for i in range(200)).encode(), "more than 100 different values"),
    "npy of objects": (npy(np.array([[1, None]], dtype=object)), "cannot be read as an array"),
    "npy of text": (npy(np.array([["a", "b"]])), "holds <U1"),
    "npy, complex": (npy(np.zeros((4, 2), dtype=complex)), "holds complex128"),
    "npy, one axis": (npy(np.zeros(7)), "shape 7. N × 2"),
    "npy, one column": (npy(np.zeros((7, 1))), "shape 7 × 1"),
    "npy, on its side": (npy(np.zeros((2, 50))), "transposed"),
    "npy, images": (npy(np.zeros((5, 4, 4))), "5 × 4 × 4"),
    "npy, nan": (npy(np.array([[0.0, 1.0], [2.0, np.nan]])), "not finite .point 2"),
    "npy, no points": (npy(np.zeros((0, 2))), "array|points"),
    "npy, broken classes": (npy(np.array([[0.0, 1.0, 0.5], [0.0, 1.0, 1.0]])), "third column"),
    "npy, cut short": (npy(X)[:-8], "cannot be read as an array"),
    "npy, promises": (promising(), "cannot be read as an array"),
    "npy, broken header": (npy(X).replace(b"(50, 2)", b"(50, 2["), "cannot be read as an array"),
    "npz": (archive(), "archive"),
}


def csv_of(x: np.ndarray, mark: str = ",", header: str = "") -> str:
    return header + "\n".join(mark.join(f"{v:.17g}" for v in row) for row in x) + "\n"


class TestPoints:
    def points(self, folder: Path, content: str | bytes, **params: object) -> Points:
        path = folder / "points.data"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return Points(file=str(path), **params)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "content",
        [
            csv_of(X), csv_of(X, ";"), csv_of(X, "\t"), csv_of(X, "   "), csv_of(X, ", "), npy(X),
            npy(np.asfortranarray(X)), npy(X.astype(">f8")),
            csv_of(X, header="x,y\n"), csv_of(X, ";", "# a comment\n\nlongitude;latitude\n"), "\ufeff" + csv_of(X),
            csv_of(X, ";").replace(".", ","), csv_of(X).replace("\n", "\r\n"), csv_of(X, header='"x","y"\n'),
        ],
    )  # fmt: skip
    def test_every_way_to_write_the_same_points(self, tmp_path: Path, content: str | bytes) -> None:
        data = self.points(tmp_path, content, scale="none")
        both = torch.cat([data.parts().training.x, data.parts().held_out.x])
        assert sorted(map(tuple, both.tolist())) == sorted(map(tuple, X.tolist()))

    def test_a_header_may_say_that_y_comes_first(self, tmp_path: Path) -> None:
        data = self.points(tmp_path, csv_of(X[:, ::-1], header="Y, X\n"), scale="none")
        both = torch.cat([data.parts().training.x, data.parts().held_out.x])
        assert sorted(map(tuple, both.tolist())) == sorted(map(tuple, X.tolist()))

    def test_a_header_says_where_x_and_y_are(self, tmp_path: Path) -> None:
        numbered = np.column_stack([np.arange(len(X)), X])
        for mark, header in ((",", ",x,y\n"), (";", "kind;X;Y\n")):
            content = csv_of(numbered, mark, header)
            data = self.points(tmp_path, content if mark == "," else content.replace(".", ","), scale="none")
            both = torch.cat([data.parts().training.x, data.parts().held_out.x])
            assert sorted(map(tuple, both.tolist())) == sorted(map(tuple, X.tolist()))
            assert len(data.class_names) == (0 if mark == "," else len(X))

    def test_a_fifth_is_held_out(self, tmp_path: Path) -> None:
        data = self.points(tmp_path, csv_of(X))
        training, held_out = data.training(40, seed=5).x, data.held_out(10, seed=5).x
        assert len(training.unique(dim=0)) == 40
        assert len(held_out.unique(dim=0)) == 10
        assert torch.cdist(training, held_out).min() > 0
        assert torch.cdist(data.held_out(25, seed=5).x, held_out).min(1).values.max() < 1e-12
        assert not torch.equal(data.training(40, seed=5, first=40).x, training)
        assert torch.equal(data.training(40, seed=5, first=40).x.sort(0).values, training.sort(0).values)
        assert torch.equal(data.training(30, seed=5, first=20).x, data.training(50, seed=5).x[20:])

    def test_the_density_is_that_of_the_training_points(self, tmp_path: Path) -> None:
        data = self.points(tmp_path, csv_of(X))
        mixture = mixture_of(data)
        assert mixture.std == 0.0
        assert torch.equal(mixture.centres.sort(0).values, data.training(40, seed=0).x.sort(0).values)
        end = MixtureField(mixture, Linear(), torch.device("cpu"))(mixture.centres, torch.tensor(0.999).double())
        torch.testing.assert_close(end.x1, mixture.centres, rtol=0, atol=1e-6)
        blurred = self.points(tmp_path, csv_of(X), width=0.3)
        assert mixture_of(blurred).std == 0.3
        noise = blurred.training(4000, seed=0).x - data.training(4000, seed=0).x
        assert float(noise.std()) == pytest.approx(0.3, rel=0.03)

    def test_scaling_keeps_the_shape(self, tmp_path: Path) -> None:
        data = self.points(tmp_path, csv_of(X))
        both = torch.cat([data.parts().training.x, data.parts().held_out.x])
        assert float(both.square().mean().sqrt()) == pytest.approx(2.0)
        assert both.mean(0).abs().max() < 1e-12
        ratio = both.std(0)[0] / both.std(0)[1]
        assert float(ratio) == pytest.approx(X.std(0)[0] / X.std(0)[1])

    @pytest.mark.parametrize("as_npy", [False, True])
    def test_a_third_column_is_a_class(self, tmp_path: Path, as_npy: bool) -> None:
        classes = np.array([10, 9, 2, 9, 10] * 10)
        whole = np.column_stack([X, classes])
        data = self.points(tmp_path, npy(whole) if as_npy else csv_of(whole), scale="none")
        assert data.class_names == ("2", "9", "10")
        x, labels = data.training(40, seed=0)
        assert labels is not None
        of = dict(zip(map(tuple, X.tolist()), classes.tolist(), strict=True))
        assert [int(data.class_names[k]) for k in labels.tolist()] == [of[tuple(row)] for row in x.tolist()]
        assert mixture_of(data).n_classes <= 3

    def test_classes_may_have_names(self, tmp_path: Path) -> None:
        data = self.points(tmp_path, 'x,y,kind\n1,2,"wolf, grey"\n3,4,dog\n5,6,dog\n7,8,dog\n9,9,"wolf, grey"\n')
        assert data.class_names == ("dog", "wolf, grey")

    @pytest.mark.parametrize("case", WRONG)
    def test_a_wrong_file_is_one_clear_error(self, tmp_path: Path, case: str) -> None:
        content, says = WRONG[case]
        with pytest.raises(SpecError, match=says) as raised:
            self.points(tmp_path, content).mixture()
        assert raised.value.field == "data.file"
        assert "\n" not in str(raised.value)

    def test_points_in_one_place_have_no_scale(self, tmp_path: Path) -> None:
        with pytest.raises(SpecError, match="one place"):
            self.points(tmp_path, "1,2\n" * 9).mixture()
        assert len(mixture_of(self.points(tmp_path, "1,2\n" * 10, scale="none")).centres) == 8


class TestEverySetOfAFile:
    @pytest.mark.parametrize("name", OF_FILE)
    def test_before_a_file_is_chosen(self, name: str) -> None:
        assert OF_FILE[name].facts() == {"dim": 2}
        with pytest.raises(SpecError, match="Choose a file") as raised:
            OF_FILE[name]().mixture()
        assert raised.value.field == "data.file"
        assert OF_FILE[name]().class_names == ()

    @pytest.mark.parametrize("name", OF_FILE)
    @pytest.mark.parametrize(
        ("make", "says"),
        [
            (lambda folder: folder / "none.csv", "There is no file"),
            (lambda folder: folder, "not a file"),
            (lambda folder: Path("/dev/zero"), "not a file|no file"),
            (lambda folder: "a\0b", "cannot be opened|no file"),
            (lambda folder: "~nobody-of-that-name/x.csv", "cannot be opened|no file"),
            (lambda folder: "x" * 5000, "cannot be opened|no file"),
        ],
    )
    def test_what_is_no_file(self, tmp_path: Path, name: str, make: Callable[[Path], object], says: str) -> None:
        with pytest.raises(SpecError, match=says) as raised:
            OF_FILE[name](file=str(make(tmp_path))).mixture()
        assert raised.value.field == "data.file"

    @pytest.mark.parametrize("name", OF_FILE)
    def test_files_that_are_too_large_are_not_opened(self, tmp_path: Path, name: str) -> None:
        with (tmp_path / "large").open("wb") as file:
            file.truncate(64 * 1024**2 + 1)
        with pytest.raises(SpecError, match="64 MB are allowed"):
            OF_FILE[name](file=str(tmp_path / "large")).mixture()


@pytest.mark.parametrize("rare", ["a", "c"], ids=["first", "last"])
def test_a_class_of_held_out_points_alone_is_refused_wherever_its_density_is_asked_for(rare: str, tmp_path) -> None:
    held_out = int(split(50, 10)[1][0])
    names = [rare if i == held_out else ("b", "d")[i % 2] for i in range(50)]
    file = tmp_path / "points.csv"
    file.write_text("x,y,class\n" + "".join(f"{i % 7},{i % 5},{name}\n" for i, name in enumerate(names)))
    spec = RunSpec(data=Part("points", {"file": str(file), "width": 0.5}), n_samples=4, label=rare)
    of_field = Part("network", {"weights": "shipped:swiss-roll-flow"})
    actions: list[tuple[Action, Part, Part]] = [
        ("sample", Part("exact"), Part("none")), ("sample", Part("exact"), Part("cfg")),
        ("sample", Part("exact"), Part("tilted")), ("exact-field", of_field, Part("none")),
    ]  # fmt: skip
    for action, field, guidance in actions:
        with pytest.raises(SpecError, match=f"is of class “{rare}”"):
            list(start(spec.replace(action=action, field=field, guidance=guidance)))
        for label in ("b", "d"):  # numbers 1 and 2, or 0 and 2
            assert next(start(spec.replace(action=action, field=field, guidance=guidance, label=label)))
