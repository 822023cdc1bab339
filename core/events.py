"""The events that a run yields; they build a trace, and a run produces nothing else.

Order: one `RunStarted`, every `StreamDeclared`, then `Chunk`s in any interleaving, then one `RunFinished`. Arrays are
numpy arrays; `encode` and `decode` carry them over a pipe as msgpack extensions without pickling.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Status = Literal["running", "finished", "stopped", "failed"]


class RunStarted(msgspec.Struct, frozen=True, tag="started"):
    """The run begins. ``spec`` is the resolved spec as JSON; ``meta`` holds versions, device, precision, threads,
    the weights' sha256 and the time of creation (UTC, ISO 8601)."""

    spec: str
    meta: dict[str, str]


class StreamDeclared(msgspec.Struct, frozen=True, tag="stream", kw_only=True):
    """A stream exists. Every row has the same shape and comes with one number per column of its timeline.

    Attributes:
        name: such as ``x``, ``field/velocity``, ``loss`` or ``snapshot/x``.
        row_shape: shape of one row; ``()`` for a scalar stream.
        dims: names of the axes, the timeline first: ``("t", "particle", "xy")``.
        units: unit of the data, ``"1"`` where it has none.
        kind: what a view may make of it: points, vectors, scalar, trajectories, fields, images or map.
        columns: names of the timeline's columns; the first is the axis (``t`` or ``step``).
        capacity: number of rows of a complete run.
        static: arrays that hold for every row, such as the ``grid`` of a field.
    """

    name: str
    row_shape: tuple[int, ...]
    dims: tuple[str, ...]
    kind: Literal["points", "vectors", "scalar", "trajectories", "fields", "images", "map"]
    columns: tuple[str, ...]
    capacity: int
    units: str = "1"
    dtype: Literal["float32", "float64"] = "float32"
    static: dict[str, np.ndarray] = {}


class Chunk(msgspec.Struct, frozen=True, tag="chunk"):
    """The next rows of a stream: ``data`` [n, *row_shape] and each timeline column [n] (float64).

    ``continued`` says that the next chunk belongs with this one: no file gives way to one that has only some of them.
    """

    stream: str
    data: np.ndarray
    columns: dict[str, np.ndarray]
    continued: bool = False


class RunFinished(msgspec.Struct, frozen=True, tag="finished"):
    """The run has ended; ``message`` is a line for the user where there is something to say."""

    status: Status
    message: str = ""


Event = RunStarted | StreamDeclared | Chunk | RunFinished


class Tick(msgspec.Struct, frozen=True):
    """A step was done without news: ``done`` of ``total``. It is not an event and never reaches a trace."""

    done: int
    total: int


class StopRun(Exception):  # a request, not an error
    """Thrown into a run's generator to end it early: it yields what it still has, then RunFinished("stopped")."""


_ARRAY = 1


class _ArrayHead(msgspec.Struct, array_like=True):
    dtype: str
    shape: tuple[int, ...]
    data: bytes


def encode_array(value: Any) -> Any:
    """msgspec ``enc_hook``: a numpy array becomes a msgpack extension."""
    if isinstance(value, np.ndarray):
        array = np.ascontiguousarray(value)
        head = _ArrayHead(array.dtype.str, value.shape, array.tobytes())
        return msgspec.msgpack.Ext(_ARRAY, msgspec.msgpack.encode(head))
    raise NotImplementedError(f"{type(value).__name__} does not travel between processes")  # as msgspec asks of a hook


def decode_array(code: int, data: memoryview) -> Any:
    """msgspec ``ext_hook``: the inverse of `encode_array`. The array is read-only."""
    if code != _ARRAY:
        raise ValueError(f"unknown message extension {code}")
    head = msgspec.msgpack.decode(data, type=_ArrayHead)
    return np.frombuffer(head.data, dtype=np.dtype(head.dtype)).reshape(head.shape)


encoder = msgspec.msgpack.Encoder(enc_hook=encode_array)
_decoder = msgspec.msgpack.Decoder(Event, ext_hook=decode_array)


def encode(event: Event) -> bytes:
    return encoder.encode(event)


def decode(data: bytes) -> Event:
    event: Event = _decoder.decode(data)
    return event
