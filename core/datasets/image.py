"""A picture as a density: its dark pixels, scaled to a global standard deviation of 2.

Up to 1,000 centres stand where it is dark, each as likely as the darkness around it. What is lighter than a tenth of
black counts as paper.
"""

from __future__ import annotations

import warnings
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from msgspec import Meta
from numpy.typing import NDArray
from PIL import Image as Pictures
from PIL import ImageOps
from torch import Tensor

from core.datasets import Dataset
from core.errors import SpecError
from core.images.pictures import DAMAGED, in_bytes
from core.machine.local_file import PICTURES, find_picture, one_line, stamp
from core.numerics.mixture import Mixture
from core.plane.curves import CENTRES, scaled
from core.plane.quasirandom import stipple
from core.registry import register

_SIDE = 160
"""Pixels of the longer side that are looked at: five to a centre's distance from the next."""
_PAPER = 0.1


@register("data")
class Image(Dataset, frozen=True):
    """The dark parts of a picture of yours."""

    name = "image"
    title = "A picture"
    reference = "Secord 2002, Weighted Voronoi Stippling"

    file: Annotated[
        str,
        Meta(
            title="File", description="A picture: PNG, JPEG, WebP, GIF, BMP or TIFF",
            extra_json_schema={"file": "pictures"},
        ),
    ] = ""  # fmt: skip
    invert: Annotated[bool, Meta(title="Invert", description="Take the light parts instead of the dark ones")] = False
    width: Annotated[float, Meta(gt=0, le=1, title="Width", description="Blur of the centres")] = 0.08

    def mixture(self) -> Mixture:
        path = find_picture(self.file, "Choose a file with a picture, such as a PNG or a JPEG.")
        places, log_shares = _stippled(path, stamp(path), self.invert)
        return scaled(places, self.width, log_weights=log_shares)

    @classmethod
    def facts(cls) -> dict[str, Any]:
        """What is known before a file is chosen."""
        return {"dim": 2}


@lru_cache(maxsize=8)
def _stippled(path: Path, _: tuple[int, int], invert: bool) -> tuple[Tensor, Tensor]:
    """Centres [K, 2] in pixels and the logarithms [K] of their shares."""
    darkness = _darkness(path, invert)
    if not darkness.any():
        raise SpecError(
            "data.invert" if invert else "data.file",
            f"{path.name} has no {'light' if invert else 'dark'} pixels. "
            f"Choose another picture, or turn “Invert” {'off' if invert else 'on'}.",
        )
    places, share = stipple(darkness, CENTRES)
    if len(places) < 2:
        raise SpecError("data.file", f"{path.name} has a single such pixel. Choose a picture with more to it.")
    return torch.from_numpy(places), torch.from_numpy(share).log()


def _darkness(path: Path, invert: bool) -> NDArray[np.float64]:
    """0 (paper) to 1 (black), [H, W] with row 0 at the top; what is transparent is paper either way.

    Raises:
        SpecError: the file is no picture, is damaged, or claims more pixels than a camera makes.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of odd but harmless metadata
            warnings.simplefilter("error", Pictures.DecompressionBombWarning)
            with Pictures.open(path, formats=PICTURES) as file:
                grey, alpha = _small(file)
    except DAMAGED as error:
        raise SpecError(
            "data.file", f"{path.name} cannot be read as a picture ({one_line(error)}). PNG and JPEG would work."
        ) from error
    darkness = (grey if invert else 1.0 - grey) * alpha
    return np.where(darkness < _PAPER, 0.0, darkness)


def _small(file: Pictures.Image) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Grey and opacity [H, W], both 0 to 1, upright and as large as needed."""
    file.draft("RGB", (2 * _SIDE, 2 * _SIDE))  # a JPEG is decoded at a fraction of its size; others ignore it
    upright = in_bytes(ImageOps.exif_transpose(file))
    scale = _SIDE / max(upright.size)
    size = tuple(max(1, round(side * scale)) for side in upright.size)
    small = upright.convert("RGBA").resize((size[0], size[1]), Pictures.Resampling.BICUBIC)
    grey, alpha = (np.asarray(band, dtype=np.float64) / 255.0 for band in (small.convert("L"), small.getchannel("A")))
    return grey, alpha
