"""The one place where the parts of the application are joined: session, playhead, engine, window."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from pathlib import Path

import numpy.ma  # noqa: F401  # quantiles and sets import it when first asked for: in the open window, for three frames
from PyQt6.QtCore import QCoreApplication, Qt, QTimer
from PyQt6.QtWidgets import QApplication

import resources
from core import catalog, presets
from core.errors import FlowscopeError
from core.trace import open_trace
from workbench import log
from workbench.control import memory
from workbench.control.controller import Controller
from workbench.control.runs import Runs
from workbench.engine.client import EngineClient
from workbench.model.playhead import Playhead
from workbench.model.session import Session
from workbench.painters import fonts

START = ("swiss-roll-diffusion", "swiss-roll-flow")
START_TITLE = "Diffusion beside flow matching"
_HOUSEKEEPING_MS, _READS_MS, _SETTLES_MS = 60_000, 1000, 3000
"""Between two looks at memory; from the start until there is time to read ahead; and until what the window is made of
has been loaded."""


def application() -> QApplication:
    """Qt's application, set up once: shared GL contexts keep the stage alive, fusion looks the same everywhere."""
    # Where GL is software (llvmpipe) it would take every core; the engine needs one.
    os.environ.setdefault("LP_NUM_THREADS", str(max(1, (os.cpu_count() or 2) - 1)))
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("Flowscope")
    memory.give_back()
    app.setStyle("fusion")
    app.setFont(fonts.ui(13))  # a style sheet that names a font forgets the tabular numbers of a window's
    return app


class App:
    """The running application."""

    def __init__(self, files: list[Path], *, start_page: bool = False, resume: bool = False) -> None:
        """Opens files as Ctrl+O does; ``resume`` brings back the layout and, where none is named, the last lanes."""
        self.session, self.playhead = Session(), Playhead()
        self.engine = EngineClient()
        known = catalog.shipped()
        self.runs = Runs(self.session, self.engine, known)
        self.controller = Controller(self.session, self.playhead, self.engine, self.runs)
        self.window = self.controller.window
        shell = self.controller.shell
        if resume:
            shell.resume()
        if files or not (resume and shell.resume_lanes()):
            self._open(files)
        if start_page:
            self.controller.desk.show_start()
        self._housekeeping = QTimer(self.window)
        self._housekeeping.timeout.connect(memory.compact)
        self._housekeeping.start(_HOUSEKEEPING_MS)

    def _open(self, files: list[Path]) -> None:
        self.controller.desk.open_files(files, now=True)
        if not self.session.lanes:
            self.controller.workspace.show_traces(
                [open_trace(resources.path("traces", f"{name}.h5")) for name in START], START_TITLE
            )

    def start(self) -> None:
        """Show the window, play what is seen, and spawn the engine once the first frame is there."""
        self.window.show()
        if self.window.place == "lanes":
            self.playhead.play()
        QTimer.singleShot(0, self.engine.start)
        QTimer.singleShot(_READS_MS, _read_ahead)
        QTimer.singleShot(_SETTLES_MS, memory.settle)


def _read_ahead() -> None:
    """Presets, which menus and another data set ask for: all of them take longer than a frame."""
    threading.Thread(target=presets.load_all, name="presets", daemon=True).start()


def run(files: list[Path]) -> int:
    """Open the workbench, with files where some are named, and stay until it is closed; returns the exit code."""
    log.begin()
    began = time.monotonic()
    qt = application()
    try:
        app = App(files, start_page=not files, resume=True)
    except FlowscopeError as error:
        print(f"flowscope: {error}", file=sys.stderr)
        return 2
    sys.excepthook = app.controller.shell.unexpected
    app.start()
    logging.info("window after %.2f s", time.monotonic() - began)
    return qt.exec()
