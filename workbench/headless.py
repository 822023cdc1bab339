"""Qt without a display, for the page painter."""

from __future__ import annotations

import os
import sys

from PyQt6.QtGui import QGuiApplication

_kept: QGuiApplication | None = None
"""Held for the life of the process: fonts and images go with it."""


def application() -> QGuiApplication:
    """The Qt application of this process; where there is none yet, one that needs no display."""
    global _kept
    running = QGuiApplication.instance()
    if isinstance(running, QGuiApplication):
        return running
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    _kept = QGuiApplication(sys.argv[:1])
    return _kept
