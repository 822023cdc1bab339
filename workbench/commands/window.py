"""Opening the workbench, or, where no window can be shown, the same comparison headless."""

from __future__ import annotations

from pathlib import Path

from core.errors import SpecError, no_file
from workbench.display import has_display

RESET = "--reset"
"""Forget settings, layout and session, and start as if for the first time; files and runs stay."""


def run(arguments: list[str]) -> int:
    """Open the workbench with the traces that are named."""
    traces = [Path(argument) for argument in arguments if argument != RESET]
    for trace in traces:
        if not trace.is_file():
            raise SpecError("", no_file(trace))
    if RESET in arguments:
        from workbench.model.settings import Store

        Store().reset()
    if has_display():
        from workbench.app import run as open_window

        return open_window(traces)
    from workbench.commands.demo import start_comparison

    return start_comparison()
