"""How long a frame takes, from moving the cursor to the picture on the screen."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QEventLoop, QTimer

from workbench.painters.stage.errors import StageError
from workbench.painters.stage.stage import Stage


def frame_ms(stage: Stage, frames: int = 60) -> NDArray[np.float64]:
    """Milliseconds from `Stage.set_cursor` to the swapped frame, for cursors through t in [0, 1]: [frames].

    The stage must be in a window that is shown. Ten frames before are not counted.
    """
    taken = []
    for k in range(frames + 10):
        loop = QEventLoop()
        stage.drawn.connect(loop.quit)
        late = QTimer(loop)
        late.setSingleShot(True)
        late.timeout.connect(loop.quit)
        late.start(5000)
        begun = time.perf_counter()
        stage.set_cursor((k * 0.37) % 1.0)
        stage.redraw()  # also where the cursor was there already
        loop.exec()
        taken.append(1e3 * (time.perf_counter() - begun))
        stage.drawn.disconnect(loop.quit)
        if not late.isActive():
            raise StageError("The stage was not drawn for 5 s. Is its window shown?")
        late.stop()
    return np.array(taken[10:])
