"""Charts of lanes that stay as they are: nothing is read twice, and everything again when rows arrive."""

from __future__ import annotations

import numpy as np
import pytest

import resources
from core.events import Chunk, RunStarted, StreamDeclared
from core.spec import RunSpec, Training, to_json
from core.trace import Stream, TraceBuilder, open_trace
from tests.workbench.test_charts import declared, shifted, training_of
from workbench.control.lane.memo import Memo
from workbench.views.chart.chart_table import TABLE, chart
from workbench.views.chart.charts import Subject


@pytest.fixture
def reads(monkeypatch) -> list[str]:
    """The names of the streams that are read, a name for each time."""
    out: list[str] = []
    read = Stream._read
    monkeypatch.setattr(Stream, "_read", lambda stream, *key: out.append(stream.name) or read(stream, *key))
    return out


def test_nothing_is_read_again_of_a_lane_that_stays_as_it_is(reads: list[str]) -> None:
    recalled = Memo()
    lanes = [
        Subject("flow", open_trace(resources.path("traces", f"swiss-roll-{name}.h5"))) for name in ("diffusion", "flow")
    ]

    def curves() -> list[list[float]]:
        keys = [key for key, kind in TABLE.items() if not kind.over_steps]
        return [curve.y.tolist() for key in keys for curve in chart(key, lanes, recall=recalled.get).curves]

    first = curves()
    assert reads
    reads.clear()
    assert curves() == first
    assert reads == []
    for lane in lanes:
        assert lane.trace is not None
        lane.trace.close()


def test_a_lane_is_read_again_when_rows_have_arrived(reads: list[str]) -> None:
    x, data = shifted()
    t, recalled = np.linspace(0, 1, 11), Memo()
    builder = declared(x, data)
    for rows in (slice(0, 5), slice(5, 11)):
        reads.clear()
        builder.feed(Chunk("x", x[rows].astype(np.float32), {"t": t[rows], "sigma": 1 - t[rows]}))
        curve = chart("distance", [Subject("flow", builder.trace)], recall=recalled.get).curves[0]
        assert curve.x[-1] == pytest.approx(t[rows][-1])
        assert reads


def test_only_a_training_that_grew_is_read_again(reads: list[str]) -> None:
    recalled, builder, declared_loss = Memo(), TraceBuilder(), StreamDeclared(
        name="loss", row_shape=(), dims=("step",), kind="scalar", columns=("step",), capacity=100
    )  # fmt: skip
    for event in (RunStarted(to_json(RunSpec(training=Training(n_steps=100))), {}), declared_loss):
        builder.feed(event)
    rests = training_of(np.ones(50), np.ones(3), held_out=np.full((3, 4), 0.5))
    lanes = [Subject("flow", training=builder.trace), Subject("diffusion", training=rests)]

    def read(first: int, last: int) -> list[str]:
        """What is read when the loss of these steps has come."""
        steps = np.arange(first, last + 1.0)
        builder.feed(Chunk("loss", np.full(len(steps), 0.5, np.float32), {"step": steps}))
        reads.clear()
        loss = chart("loss", lanes, recall=recalled.get)
        assert loss.curves[0].x[-1] == last
        for key in ("held-out", "error"):
            assert chart(key, lanes, recall=recalled.get).curves
        return [name for name in reads if name != "loss"] + ["loss"] * reads.count("loss")

    assert {"loss", "validation/loss", "validation/loss_over_t", "metric/velocity_error"} <= set(read(1, 60))
    ends = 2 * len(("loss", "error"))  # where either lane has come to, for the axis of each chart
    assert read(61, 62) == ["loss"] * (2 + ends)
