"""Opening the workbench, or, where no window can be shown, the same comparison headless."""

from __future__ import annotations

from pathlib import Path

from core.errors import SpecError, no_file
from workbench.display import has_display
from workbench.model import kinds


def run(files: list[Path], *, reset: bool = False) -> int:
    """Open the workbench with the files that are named; ``reset`` forgets settings, layout and session before.

    Raises:
        SpecError: a file is not there, the window does not take its kind, or there is no window to open it in.
    """
    for file in files:
        if not file.is_file():
            raise SpecError("", no_file(file))
        if not kinds.openable(file):
            raise SpecError("", kinds.not_openable(file))
    if files and not has_display():
        raise SpecError("", f"There is no display to open {files[0]} on. --help names the verbs, which need none.")
    if reset:
        from workbench.model.settings import Store

        Store().reset()
    if has_display():
        from workbench.app import run as open_window

        return open_window(files)
    from workbench.commands.demo import start_comparison

    return start_comparison()
