"""The messages between the window and its engine: msgspec bytes, numpy arrays as extensions, nothing pickled."""

from __future__ import annotations

from typing import Literal

import msgspec

from core import events as ev
from core.events import Event

# --- from the window to the engine -----------------------------------------------------------------------------------


class StartJob(msgspec.Struct, frozen=True, tag="start"):
    """Run a spec. Sampling jobs go before training jobs; training jobs take turns, step by step.

    ``replaces`` names a job that this one supersedes: it is dropped, with whatever it had still to send. ``record``
    names the trace file to write; ``place`` is the folder where a training keeps its checkpoint, or the trace that a
    report is of.
    """

    job: int
    spec: str
    replaces: int | None = None
    record: str | None = None
    place: str | None = None


class PauseJob(msgspec.Struct, frozen=True, tag="pause"):
    job: int


class ResumeJob(msgspec.Struct, frozen=True, tag="resume"):
    job: int


class StopJob(msgspec.Struct, frozen=True, tag="stop"):
    """End a job between two steps and keep what it made: it finishes with the status ``stopped``."""

    job: int


class Ack(msgspec.Struct, frozen=True, tag="ack"):
    """The window has taken the last batch of a job; the next one may come."""

    job: int


class Shutdown(msgspec.Struct, frozen=True, tag="shutdown"):
    pass


Command = StartJob | PauseJob | ResumeJob | StopJob | Ack | Shutdown

# --- from the engine to the window -----------------------------------------------------------------------------------


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """Runs may be asked for: on these devices, with these versions by name."""

    devices: list[str]
    versions: dict[str, str]


class Offer(msgspec.Struct, frozen=True, tag="offer"):
    """What can be chosen, as JSON of `core.catalog.Catalog`: before the `Hello`, where it is more than what ships."""

    catalog: bytes


class Refusal(msgspec.Struct, frozen=True, tag="refusal"):
    """Why no engine can start, as one line for the user, in the place of a `Hello`: another one would not either."""

    message: str


class Batch(msgspec.Struct, frozen=True, tag="batch"):
    """The next events of a job; the engine holds further ones back until an `Ack`."""

    job: int
    events: list[Event]


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """``done`` of ``total`` steps, and how many of them a second."""

    job: int
    done: int
    total: int
    rate: float
    paused: bool = False


class JobEnded(msgspec.Struct, frozen=True, tag="ended"):
    """The job is over; its last batch was sent before. ``message`` is one line for the user, ``detail`` for the log.

    ``unrecorded`` says why what was sampled could not be recorded, whatever came of it.
    """

    job: int
    status: Literal["finished", "stopped", "failed"]
    message: str = ""
    detail: str = ""
    unrecorded: str = ""


class Stats(msgspec.Struct, frozen=True, tag="stats"):
    """Measured: engine steps a second, waiting jobs, bytes written to traces since the start."""

    steps_per_second: float
    queue: int
    written: int


Report = Hello | Offer | Refusal | Batch | Progress | JobEnded | Stats

_command_decoder = msgspec.msgpack.Decoder(Command)
_report_decoder = msgspec.msgpack.Decoder(Report, ext_hook=ev.decode_array)


def encode(message: Command | Report) -> bytes:
    return ev.encoder.encode(message)


def decode_command(data: bytes) -> Command:
    command: Command = _command_decoder.decode(data)
    return command


def decode_report(data: bytes) -> Report:
    report: Report = _report_decoder.decode(data)
    return report
