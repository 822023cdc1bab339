"""The runs page and the folder behind it: reads in the background, renames, and moves to the bin and back."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from core.errors import FlowscopeError, SpecError
from core.trace.lock import is_written
from workbench.control.disk import bin
from workbench.control.disk.files import Opener
from workbench.control.workspace import Workspace
from workbench.model import library
from workbench.model.library import Run, Unreadable
from workbench.model.recents import size_words
from workbench.pages.runs import MOST_COMPARED, RunsPage
from workbench.widgets.cards.dialogs import Message


class RunsFolder(QObject):
    """Owns the runs page."""

    renamed = pyqtSignal(str, str, str)
    """Where a run's trace was and lies now, and its new name."""
    _read = pyqtSignal(int, object)
    _progress = pyqtSignal(int, int, int)

    def __init__(self, workspace: Workspace, open_files: Opener) -> None:
        """``open_files`` makes lanes of files."""
        super().__init__(workspace.window)
        self._window, self._runs = workspace.window, workspace.runs
        self._open_files = open_files
        self._reading = 0
        """The number of the newest reading; an older one that still goes on stops by itself."""
        self._began = 0.0
        self.page = RunsPage()
        self.page.shown.connect(self.refresh)
        self.page.opened.connect(self.open)
        self.page.renamed.connect(self.rename)
        self.page.thrown.connect(self.throw)
        self._read.connect(self._show)
        self._progress.connect(self._tell)
        self._window.closing.connect(self.cancel)

    # --- reading -------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read the folder anew, in a thread: many runs take a while, and the window goes on."""
        self._reading += 1
        number, self._began = self._reading, time.monotonic()

        def work() -> None:
            places, found = library.places(), []
            for i, run in enumerate(library.read(places)):
                if number != self._reading:
                    return
                if isinstance(run, Unreadable):
                    logging.warning("%s is left out of the runs: %s", run.place, run.problem)
                else:
                    found.append(run)
                self._progress.emit(number, i + 1, len(places))
            if number == self._reading:
                self._read.emit(number, found)

        threading.Thread(target=work, name="runs", daemon=True).start()

    def _tell(self, number: int, done: int, total: int) -> None:
        if number == self._reading and done < total:
            left = (time.monotonic() - self._began) / done * (total - done)
            self._window.toast.progress("Reading the runs", done, total, left, self.cancel)

    def cancel(self) -> None:
        self._reading += 1
        self._window.toast.finish()

    def _show(self, number: int, runs: list[Run]) -> None:
        if number == self._reading:
            self._window.toast.finish()
            sets = self._runs.catalog.parts["data"]
            named = [replace(run, data=sets[run.data].title) if run.data in sets else run for run in runs]
            self.page.show_runs(named)

    # --- doing ---------------------------------------------------------------------------------------------------

    def open(self, runs: list[Run]) -> None:
        """One run, or a few as lanes beside each other."""
        if len(runs) > MOST_COMPARED:
            self._window.refuse(f"{MOST_COMPARED} runs fit beside the real data", f"{len(runs)} are chosen")
        elif runs:
            self._open_files([run.trace for run in runs])

    def rename(self, run: Run, name: str) -> None:
        was = str(run.trace.resolve())
        try:
            self.renamed.emit(was, str(library.rename(run, name)), " ".join(name.split()))
        except SpecError as error:
            self._window.refuse(error.message)
        finally:
            self.refresh()  # the row shows the new name already

    def throw(self, runs: list[Run]) -> None:
        """Move runs to the bin: one at once, several after a question; the toast takes them back."""
        if any(is_written(run.trace) for run in runs):  # here, or by another window or a command
            self._window.refuse("A run that still goes on cannot be moved", "stop it first")
        elif len(runs) == 1:
            self._throw(runs)
        elif runs:
            freed = size_words(sum(run.n_bytes for run in runs))
            text = f"You can take them back from the bin of your system. {freed} are freed when it is emptied."
            card = Message(f"Move {len(runs)} runs to the bin?", text, ["Cancel", "Move to bin"])
            scrim = self._window.over(card)

            def answer(word: str) -> None:
                scrim.close_()
                if word == "Move to bin":
                    self._throw(runs)

            card.done.connect(answer)

    def _throw(self, runs: list[Run]) -> None:
        moved: list[tuple[Path, Path]] = []
        try:
            for run in runs:
                moved.append((bin.throw(run.place), run.place))
        except FlowscopeError as error:
            self._window.message("Not everything was moved", str(error))
        if moved:
            name = runs[0].name if len(moved) == 1 else f"{len(moved)} runs"
            self._window.toast.tell(f"Moved {name} to the bin", "", "Undo", lambda: self._take_back(moved))
        self.refresh()

    def _take_back(self, moved: list[tuple[Path, Path]]) -> None:
        for lies, place in moved:
            try:
                bin.take_back(lies, place)
            except FlowscopeError as error:
                self._window.message("Not everything was taken back", str(error))
        self.refresh()
