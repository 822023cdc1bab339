"""Batches: joined chunks say what the single ones said, and a batch has a size."""

from __future__ import annotations

import numpy as np

from core.events import Chunk, Event, RunFinished, RunStarted, StreamDeclared, Tick
from core.spec import RunSpec
from core.trace import TraceBuilder
from tests.workbench.engine import fake
from workbench.engine.outbox import Outbox, merged


def events(n: int) -> list[Event]:
    return [event for event in fake.start(RunSpec(n_samples=n)) if event is not None and not isinstance(event, Tick)]


def test_merged_events_build_the_same_trace() -> None:
    source = events(7)
    builders = TraceBuilder(), TraceBuilder()
    for builder, each in zip(builders, (source, merged(source)), strict=True):
        for event in each:
            builder.feed(event)
    assert [type(event) for event in merged(source)] == [RunStarted, StreamDeclared, Chunk, RunFinished]
    one, other = (builder.trace["x"] for builder in builders)
    np.testing.assert_array_equal(one[:], other[:])
    np.testing.assert_array_equal(one.axis, other.axis)


def test_chunks_of_two_streams_keep_their_order_within_each() -> None:
    chunks: list[Event] = [
        Chunk(name, np.full((1, 2), i, np.float32), {"t": np.array([float(i)])})
        for i in range(5)
        for name in ("a", "b")
    ]
    joined = merged(chunks)
    assert [chunk.stream for chunk in joined if isinstance(chunk, Chunk)] == ["a", "b"]
    assert all(chunk.data[:, 0].tolist() == [0, 1, 2, 3, 4] for chunk in joined if isinstance(chunk, Chunk))


def test_batches_of_limited_size_hold_everything_once() -> None:
    outbox, source = Outbox(), events(20)
    for event in source:
        outbox.put(event)
    row = 8  # bytes of one fake row
    assert outbox.n_bytes == 20 * row
    batches = []
    while len(outbox):
        batches.append(outbox.take(3 * row))
    sizes = [sum(event.data.nbytes for event in batch if isinstance(event, Chunk)) for batch in batches]
    assert max(sizes) == 3 * row
    assert outbox.n_bytes == 0
    rows = [row for batch in batches for event in batch if isinstance(event, Chunk) for row in event.data[:, 0]]
    assert rows == list(range(20))


def test_a_chunk_larger_than_a_batch_goes_alone() -> None:
    outbox = Outbox()
    for event in events(3):
        outbox.put(event)
    batches = []
    while len(outbox):
        batches.append(outbox.take(1))
    assert [len(batch) for batch in batches] == [2, 1, 1, 1, 1]
