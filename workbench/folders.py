"""Where the application keeps what it makes: runs, settings and the log."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from platformdirs import user_data_path

HOME_VARIABLE = "FLOWSCOPE_HOME"


def home() -> Path:
    """``FLOWSCOPE_HOME``, or the system's folder for application data."""
    given = os.environ.get(HOME_VARIABLE)
    return Path(given) if given else user_data_path("flowscope", appauthor=False)


def new_run(name: str) -> Path:
    """A folder for a run that begins now; it is made by whoever writes into it."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S-%f")[:-3]
    return home() / "runs" / f"{stamp}-{name}"
