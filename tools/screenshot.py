"""Take the README's picture of the real window: python tools/screenshot.py [OUT], under xvfb-run without a display."""

from __future__ import annotations

import sys
from pathlib import Path

from PyQt6.QtCore import QTimer

from workbench.app import App, application

_MOMENT = 0.76
_SETTLE_MS = 2500


def main(out: Path) -> None:
    qt = application()
    app = App([])
    app.window.resize(1440, 900)
    app.start()
    app.engine.hello.connect(lambda _: QTimer.singleShot(_SETTLE_MS, rest))

    def rest() -> None:
        app.playhead.pause()
        app.playhead.seek(_MOMENT)
        QTimer.singleShot(_SETTLE_MS, take)

    def take() -> None:
        app.window.grab().save(str(out))
        app.window.close()
        qt.quit()

    qt.exec()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/window.png"))
