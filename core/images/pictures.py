"""Reader of a folder of pictures."""

from __future__ import annotations

import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from core.errors import SpecError
from core.machine.local_file import PICTURES, one_line

_LIMIT = 4 * 1024**3
"""Bytes that a folder may take in memory."""
DAMAGED = (
    OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError,
    struct.error, zlib.error, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip
"""What Pillow raises of a file that is damaged or pretends."""


def read_pictures(folder: Path, size: int) -> Tensor:
    """All pictures below a folder in order of path, cut to the square in their middle: [N, 3, size, size] uint8.

    Raises:
        SpecError: there is no such folder, no picture in it, too many of them, or one cannot be read.
    """
    if not folder.is_dir():
        raise SpecError("data.folder", f"There is no folder {folder}. Choose one that exists.")
    endings = {ending for ending, kind in Image.registered_extensions().items() if kind in PICTURES}
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in endings and path.is_file())
    if not paths:
        raise SpecError("data.folder", f"{folder} holds no pictures, such as PNG or JPEG files.")
    needed = len(paths) * 3 * size * size
    if needed > _LIMIT:
        raise SpecError(
            "data.size",
            f"{len(paths):,} images of {size} × {size} pixels take {needed / 1024**3:.1f} GiB of memory where "
            f"{_LIMIT // 1024**3} GiB are allowed. Take a smaller size or fewer images.",
        )
    images = torch.empty(len(paths), 3, size, size, dtype=torch.uint8)
    for row, path in zip(images, paths, strict=True):
        row.copy_(_read_picture(path, size))
    return images


def _read_picture(path: Path, size: int) -> Tensor:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of odd tags beside pixels that are there all the same
            # Pillow warns of a picture that claims more pixels than a camera makes, and refuses only twice as many
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=PICTURES) as image:
                seen = on_white(in_bytes(ImageOps.exif_transpose(image)))
                square = ImageOps.fit(seen, (size, size), Image.Resampling.LANCZOS)
    except DAMAGED as error:
        raise SpecError(
            "data.folder", f"{path} cannot be read as an image ({one_line(error)}). Remove or replace it."
        ) from error
    return torch.from_numpy(np.array(square)).permute(2, 0, 1)


def in_bytes(image: Image.Image) -> Image.Image:
    """The picture itself, or one of 16 or 32 bits spread over 0 to 255, where Pillow would cut them."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.nan_to_num(np.asarray(image, dtype=np.float64))
    span = float(np.ptp(values)) or 1.0
    return Image.fromarray(((values - values.min()) / span * 255.0).astype(np.uint8))


def on_white(image: Image.Image) -> Image.Image:
    """In red, green and blue, on white paper: what is transparent has any colour in the file, mostly black."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    seen = image.convert("RGBA")
    paper = Image.new("RGBA", seen.size, "white")
    return Image.alpha_composite(paper, seen).convert("RGB")
