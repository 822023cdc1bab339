"""Any folder of images: cut square, resized, in [-1, 1]. Sub-folders are read too; there are no classes.

What is transparent is white, and shades of more than 8 bits reach from the darkest of the picture to its lightest.

A tenth of the images is kept for validation and a tenth for the test, both chosen by hash
(`core.numerics.epochs.split`) of the place in the order of names.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated

import torch
from msgspec import Meta

from core.errors import SpecError
from core.images.dataset import ImageDataset, Pixels
from core.images.pictures import read_pictures
from core.machine.local_file import place
from core.numerics.epochs import split
from core.registry import register


@register("data")
class ImageFolder(ImageDataset, frozen=True):
    """Your own pictures, cut square and resized."""

    name = "image-folder"
    title = "Folder of images"
    reference = ""

    folder: Annotated[
        str,
        Meta(
            title="Folder", description="Where the images are, sub-folders included",
            extra_json_schema={"file": "folder"},
        ),
    ] = ""  # fmt: skip
    size: Annotated[
        int, Meta(ge=8, le=256, multiple_of=8, title="Size", description="Side of the images after resizing, pixels")
    ] = 32

    @property
    def shape(self) -> tuple[int, ...]:
        return (3, self.size, self.size)

    def pixels(self) -> Pixels:
        if not self.folder:
            raise SpecError("data.folder", "Choose the folder that holds the images.")
        return _read(place("data.folder", self.folder), self.size)


@lru_cache(maxsize=2)
def _read(folder: Path, size: int) -> Pixels:
    images = read_pictures(folder, size)
    tenth = len(images) // 10
    training, test = split(len(images), tenth)
    return Pixels(images[torch.cat([training, test])], None, n_test=tenth, n_validation=tenth)
