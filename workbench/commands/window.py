"""Opening the workbench, or, where no window can be shown, the same comparison headless."""

from __future__ import annotations

from pathlib import Path

from core.errors import SpecError, no_file
from workbench.display import has_display


def run(traces: list[Path], *, reset: bool = False) -> int:
    """Open the workbench with the traces that are named; ``reset`` forgets settings, layout and session before."""
    for trace in traces:
        if not trace.is_file():
            raise SpecError("", no_file(trace))
    if reset:
        from workbench.model.settings import Store

        Store().reset()
    if has_display():
        from workbench.app import run as open_window

        return open_window(traces)
    from workbench.commands.demo import start_comparison

    return start_comparison()
