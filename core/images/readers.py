"""Readers of image files: IDX (MNIST, Fashion-MNIST), CIFAR's binary records. Pixels are uint8; nothing is unpickled.

Sources: the IDX format at yann.lecun.com/exdb/mnist, and "Binary version" at cs.toronto.edu/~kriz/cifar.html. What a
file claims is checked against what it holds before memory is taken for it.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import torch
from torch import Tensor

from core.errors import SpecError

_GZIP_MAGIC = b"\x1f\x8b"
_IDX_BYTES = b"\x00\x00\x08"
"""An IDX file of unsigned bytes; the number of dimensions follows."""
_CIFAR_SHAPE = (3, 32, 32)


def read_idx(path: Path, shape: tuple[int, ...]) -> Tensor:
    """The entries of an IDX file, gzipped or not: uint8, with exactly this shape.

    Raises:
        SpecError: the file is no IDX file of that shape, or is shorter or longer than its header says.
    """
    try:
        with open(path, "rb") as file:
            packed = file.read(2) == _GZIP_MAGIC
        with gzip.open(path) if packed else open(path, "rb") as file:
            return _idx_entries(file, path, shape)
    except (OSError, EOFError, zlib.error) as error:
        raise damaged(path, f"it cannot be read ({error})") from error


def _idx_entries(file: BinaryIO | gzip.GzipFile, path: Path, shape: tuple[int, ...]) -> Tensor:
    header = file.read(4 + 4 * len(shape))
    if header[:3] != _IDX_BYTES or header[3] != len(shape) or len(header) != 4 + 4 * len(shape):
        raise damaged(path, f"it does not begin as an IDX file of {len(shape)} dimensions")
    claimed = struct.unpack(f">{len(shape)}I", header[4:])
    if claimed != shape:
        raise damaged(path, f"it holds {_times(claimed)} entries where {_times(shape)} belong")
    size = math.prod(shape)
    entries = file.read(size + 1)
    if len(entries) != size:
        raise damaged(path, "it is longer than its header says" if len(entries) > size else "it is truncated")
    return torch.frombuffer(bytearray(entries), dtype=torch.uint8).reshape(shape)


def read_cifar(path: Path, n: int) -> tuple[Tensor, Tensor]:
    """The n records of a file of CIFAR-10's binary version: pixels [n, 3, 32, 32] uint8 and labels [n] uint8.

    Raises:
        SpecError: the file does not hold exactly n records.
    """
    record = 1 + math.prod(_CIFAR_SHAPE)
    try:
        size = path.stat().st_size
        if size != n * record:
            raise damaged(path, f"it holds {size:,} bytes where {n * record:,} belong")
        records = torch.frombuffer(bytearray(path.read_bytes()), dtype=torch.uint8).reshape(n, record)
    except OSError as error:
        raise damaged(path, f"it cannot be read ({error})") from error
    return records[:, 1:].reshape(n, *_CIFAR_SHAPE), records[:, 0]


def checked_labels(labels: Tensor, n_classes: int, path: Path) -> Tensor:
    """Labels [n] as int64.

    Raises:
        SpecError: one of them is no class.
    """
    if int(labels.max()) >= n_classes:
        raise damaged(path, f"it holds a label {int(labels.max())} where 0 to {n_classes - 1} belong")
    return labels.long()


def damaged(path: Path, what: str) -> SpecError:
    """The error for a file that is there but not what it should be."""
    return SpecError("data", f"{path} is damaged: {what}. Delete it and download it again.")


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(str(n) for n in shape)
