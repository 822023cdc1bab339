"""The memory of Qt's images as arrays, and the other way round."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QBuffer, QIODevice
from PyQt6.QtGui import QImage
from PyQt6.sip import voidptr


def pixels(image: QImage) -> NDArray[np.uint8]:
    """An image as BGRA, [height, width, 4]."""
    return memory(image).copy()


def memory(image: QImage) -> NDArray[np.uint8]:
    """The memory of an image, [height, width, 4], in the order of its format; it lives no longer than the image."""
    bits = image.bits()
    assert bits is not None  # a painted image
    bits.setsize(image.sizeInBytes())
    flat: NDArray[np.uint8] = np.frombuffer(bits, np.uint8)  # type: ignore[call-overload]  # sip's pointers are buffers
    return flat.reshape(image.height(), image.bytesPerLine() // 4, 4)[:, : image.width()]


def image_on(page: NDArray[np.uint8], scale: float) -> QImage:
    """An image on the memory of ``page`` [height, width, 4], which must outlive it."""
    height, width, _ = page.shape
    where: Any = voidptr(page.ctypes.data)  # which the stubs do not know to be taken
    image = QImage(where, width, height, 4 * width, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    return image


def in_memory() -> QBuffer:
    """Where Qt may write a file: on a disk it does not tell that there is no room, and says that all went well."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return buffer


def encoded(image: QImage, kind: str, quality: int = -1) -> bytes:
    """The file of an image, such as a ``PNG``.

    Raises:
        OSError: this Qt writes none of that kind.
    """
    made = in_memory()
    if not image.save(made, kind, quality):
        raise OSError(f"this Qt writes no {kind}")
    return made.data().data()
