"""The log to send when something broke: a file that never grows beyond a few megabytes."""

from __future__ import annotations

import logging
import os
import platform
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

from PyQt6.QtCore import PYQT_VERSION_STR, QT_VERSION_STR

from workbench import folders

_BYTES, _OLDER, _LINES = 1_000_000, 2, 400


def file() -> Path:
    return folders.home() / "flowscope.log"


def begin() -> None:
    """Write the log from now on; where the folder cannot be written, to standard error."""
    try:
        file().parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = RotatingFileHandler(file(), maxBytes=_BYTES, backupCount=_OLDER, encoding="utf-8")
    except OSError:
        handler = logging.StreamHandler()
    level = os.environ.get("FLOWSCOPE_LOG", "INFO").upper()
    logging.basicConfig(level=level, handlers=[handler], format="%(asctime)s %(levelname)s %(message)s")
    logging.info("%s", versions())


def versions() -> str:
    """What somebody who reads the log asks first."""
    return f"Python {platform.python_version()}, PyQt {PYQT_VERSION_STR}, Qt {QT_VERSION_STR}, {platform.platform()}"


def text() -> str:
    """The newest lines under the versions; without a file, what runs here."""
    try:
        lines = file().read_text(encoding="utf-8", errors="replace").splitlines()[-_LINES:]
    except OSError:
        lines = ["There is no log file."]
    return "\n".join([versions(), sys.executable, *lines]) + "\n"
