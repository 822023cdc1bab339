"""How far training is, while it goes on: amount, time left, bar, pause, and what was measured."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from core.machine.pace import speed, time_left
from core.trace import Trace
from workbench.painters import fonts
from workbench.widgets.controls import button, hairline, label
from workbench.widgets.setup.form_rows import number

_SPEED, _LOSS = "Speed", "Loss"
_NEWEST = 100
"""Losses whose mean is told."""


def training_facts(traces: Sequence[Trace]) -> list[tuple[str, str]]:
    """What the traces of trainings say of themselves, one value for all of them or one for each."""

    def losses(trace: Trace) -> str:
        loss = trace.streams.get("loss")
        return f"{float(loss[-min(_NEWEST, len(loss)) :].mean()):.3f}" if loss is not None and len(loss) else ""

    def rates(trace: Trace) -> str:
        loss = trace.streams.get("loss")
        return number(float(f"{loss.column('learning_rate')[-1]:.2g}")) if loss is not None and len(loss) else ""

    def errors(trace: Trace, kind: str = "velocity") -> str:
        error = trace.streams.get(f"metric/{kind}_error")
        return f"{100 * float(error[-1]):.1f} %" if error is not None and len(error) else ""

    def held_out(trace: Trace) -> str:
        loss = trace.streams.get("validation/loss")
        return f"{float(loss[-1]):.3f}" if loss is not None and len(loss) else ""

    def parameters(trace: Trace) -> str:
        return f"{int(trace.meta['parameters']):,}" if "parameters" in trace.meta else ""

    named = {
        _LOSS: [losses(trace) for trace in traces],
        "Learning rate": [rates(trace) for trace in traces],
        "Batch": [number(trace.spec.training.batch_size) for trace in traces],
        "Parameters": [parameters(trace) for trace in traces],
        "Held-out loss": [held_out(trace) for trace in traces],
        "Error against exact": [errors(trace) for trace in traces],
        "Error of jumps": [errors(trace, "jump") for trace in traces],
    }
    known = {name: list(dict.fromkeys(filter(None, values))) for name, values in named.items()}
    each = " each" if len(traces) > 1 else ""
    return [
        (name, values[0] + (each if name == "Parameters" else "") if len(values) == 1 else " and ".join(values))
        for name, values in known.items()
        if values
    ]


class TrainingPanel(QWidget):
    """Hidden until something trains. Stopping is the button at the foot of the set-up panel."""

    paused = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 0)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(4)
        self._done, self._total, self._left = label("", "lead"), label("", "t2"), label("")
        for part in (self._done, self._total, self._left):
            head.addWidget(part, 0, Qt.AlignmentFlag.AlignBottom)
        head.insertStretch(2, 1)
        column.addLayout(head)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Training")
        column.addWidget(self._bar)
        self.pause = button("Pause", self.paused.emit)
        column.addWidget(self.pause)
        self._grid = QGridLayout()
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 1)
        self._values: dict[str, tuple[QLabel, QLabel]] = {}
        for name in (_SPEED, _LOSS):  # first, whatever comes first
            self._show_value(name, "")
        column.addLayout(self._grid)
        column.addSpacing(4)
        line = hairline()
        column.addWidget(line)
        self.hide()

    def show_progress(self, done: int, total: int, rate: float, *, paused: bool, stopping: bool = False) -> None:
        """Steps done of one method, and how many of them a second; 0 where that is not known yet."""
        drop = QFontMetrics(fonts.ui(20, 600)).descent() - QFontMetrics(fonts.ui(13)).descent()
        for small in (self._total, self._left):  # on the line of the large number
            small.setContentsMargins(0, 0, 0, drop)
        self._done.setText(f"{done:,}")
        self._total.setText(f"of {total:,} steps")
        known = time_left((total - done) / rate) if rate > 0 else "" if done else "before the first step"
        self._left.setText("Stopping" if stopping else "Paused" if paused else known)
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self.pause.setText("Go on" if paused else "Pause")
        self.pause.setAccessibleName(self.pause.text())
        self._show_value(_SPEED, speed(rate) if rate > 0 else "")
        self.show()

    def show_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """The further rows, as name and value; what an earlier training said goes."""
        for name in self._values.keys() - {_SPEED}:
            self._show_value(name, "")
        for name, value in facts:
            self._show_value(name, value)

    def _show_value(self, name: str, value: str) -> None:
        if name not in self._values:
            row = len(self._values)
            self._values[name] = (label(name, "t2"), label(""))
            for column, part in enumerate(self._values[name]):
                part.setAlignment(Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft)
                self._grid.addWidget(part, row, column)
        for part in self._values[name]:
            part.setVisible(bool(value))
        self._values[name][1].setText(value)
