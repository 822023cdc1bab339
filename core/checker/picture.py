"""A picture as the data set reads it: one of the formats we name, of a size that a camera makes, decoded once."""

from __future__ import annotations

import warnings
from pathlib import Path

from PIL import Image

from core.errors import FlowscopeError
from core.machine.local_file import PICTURES, one_line

#: Decoded with an opacity that is 128 MB, which with its copies stays within what a machine spares.
MOST_PIXELS = 32_000_000
# every decoder is there before the child's limits are
Image.init()


def walk_picture(path: Path) -> None:
    """Raise `FlowscopeError` where a file is no picture that may be decoded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(path, formats=PICTURES) as image:
                width, height = image.size
                if width * height > MOST_PIXELS:
                    raise FlowscopeError(
                        f"{path} claims {width:,} × {height:,} pixels where {MOST_PIXELS / 1e6:.0f} million are "
                        "allowed. Save it smaller."
                    )
                image.load()
        except FlowscopeError:
            raise
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001  # Pillow's decoders raise a dozen kinds
            raise FlowscopeError(f"{path} cannot be read as a picture ({one_line(error)}).") from None
