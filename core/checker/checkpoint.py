"""The header of a safetensors file: small, sound, and promising just what the file holds.

Format: https://github.com/huggingface/safetensors, "Format": 8 bytes of length, a JSON header, then the tensors.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from core import spec as specs
from core.errors import FlowscopeError, SpecError

MOST_HEADER = 8 << 20
MOST_TENSORS = 20_000
_METADATA = "__metadata__"
_SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}


def walk_checkpoint(path: Path) -> None:
    """Raise `FlowscopeError` where a file is not a checkpoint whose header its size backs."""
    try:
        _walk(path)
    except SpecError as error:
        raise FlowscopeError(f"{path} is not a readable checkpoint: {error}") from None
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
        reason = error.args[0] if error.args and isinstance(error, ValueError) else "its header is damaged"
        raise FlowscopeError(f"{path} is not a readable checkpoint: {reason}.") from None


def _walk(path: Path) -> None:
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= size - 8:
            raise ValueError("it is cut short, or no safetensors file")
        if length > MOST_HEADER:
            raise ValueError(f"its header claims {length:,} bytes")
        header = json.loads(file.read(length))
    metadata = header.pop(_METADATA, {})
    if not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError("its metadata are not text")
    if len(header) > MOST_TENSORS:
        raise ValueError(f"it names {len(header):,} tensors")
    spans = sorted(_span(entry) for entry in header.values())
    end = 0
    for start, stop in spans:
        if start != end:
            raise ValueError("its tensors overlap or leave gaps")
        end = stop
    if end != size - 8 - length:
        raise ValueError("its header promises another size than the file has")
    if "spec" in metadata:
        specs.from_json(metadata["spec"])


def _span(entry: dict[str, Any]) -> tuple[int, int]:
    """Where a tensor lies behind the header; the header must give it the bytes that its shape takes."""
    start, stop = entry["data_offsets"]
    shape = entry["shape"]
    if not all(type(n) is int and n >= 0 for n in (*shape, start, stop)):
        raise ValueError("a tensor's place is no whole number")
    if entry["dtype"] not in _SIZES:
        raise ValueError("a tensor is of a kind that networks do not have")
    if stop - start != math.prod(shape) * _SIZES[entry["dtype"]]:
        raise ValueError("a tensor's shape and size do not agree")
    return start, stop
