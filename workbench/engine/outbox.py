"""What a job has still to tell the window: events in order, handed out in batches with joined chunks."""

from __future__ import annotations

import numpy as np

from core.events import Chunk, Event


class Outbox:
    """Events wait here until the window has taken those before them. ``n_bytes`` counts the arrays of their chunks."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self.n_bytes = 0

    def __len__(self) -> int:
        return len(self._events)

    def put(self, event: Event) -> None:
        self._events.append(event)
        self.n_bytes += _size(event)

    def take(self, most: int) -> list[Event]:
        """The oldest events up to ``most`` bytes, at least one, with the chunks of each stream joined."""
        n, size = 1, _size(self._events[0])
        while n < len(self._events) and size + _size(self._events[n]) <= most:
            size += _size(self._events[n])
            n += 1
        taken, self._events = self._events[:n], self._events[n:]
        self.n_bytes -= size
        return merged(taken)


def _size(event: Event) -> int:
    return event.data.nbytes if isinstance(event, Chunk) else 0


def merged(events: list[Event]) -> list[Event]:
    """The same events with the chunks of each stream joined; every other event keeps its place among them."""
    out: list[Event] = []
    waiting: dict[str, list[Chunk]] = {}
    for event in events:
        if isinstance(event, Chunk):
            waiting.setdefault(event.stream, []).append(event)
            continue
        out += [_joined(chunks) for chunks in waiting.values()]
        waiting.clear()
        out.append(event)
    return out + [_joined(chunks) for chunks in waiting.values()]


def _joined(chunks: list[Chunk]) -> Chunk:
    if len(chunks) == 1:
        return chunks[0]
    columns = {name: np.concatenate([chunk.columns[name] for chunk in chunks]) for name in chunks[0].columns}
    return Chunk(chunks[0].stream, np.concatenate([chunk.data for chunk in chunks]), columns)
