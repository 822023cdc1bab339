"""The whole ways of a few particles: a ring in the noise, a large disc where each is, a square where it ends.

Shapes, not colours, say which is which. A rim of the canvas's colour sets rings and squares off from what is around.
"""

from __future__ import annotations

import numpy as np

from workbench.views.marks import Floats, Mark, Points, Times, Trails
from workbench.views.theme import Theme, rgba

WAYS = 24
"""The first particles stand for all, the same in every lane; of more ways none could be followed by eye."""
_WIDTH, _ALPHA, _SPAN = 1.5, 0.8, 2.0
"""Of the lines; so long a span leaves the beginning of a whole way visible."""
_SIZE, _LINE, _DISC = 8.0, 1.75, 6.5
"""Of rings and squares, of the line of a ring, and of where a particle is."""
_RIM = 1.5
"""Of the canvas's colour, around a mark and not under it: paper knows no above and below."""
_ALWAYS = np.array([1.0])


def whole_ways(
    positions: Floats, times: Times, colours: Floats, theme: Theme, *, glide: bool, ended: bool
) -> list[Mark]:
    """The marks of the first particles of positions [N, B, 2], recorded at times [N], in colours [B, 4].

    Squares stand where the recorded ways end, once they have ``ended``.
    """
    if not len(times):
        return []
    some, line = np.ascontiguousarray(positions[:, :WAYS]), colours[:WAYS].copy()
    line[:, 3] = _ALPHA
    full = line.copy()
    full[:, 3] = 1.0
    ground = np.tile(np.array(rgba(theme.canvas), np.float32), (len(full), 1))
    start, end = some[:1], some[-1:]
    marks: list[Mark] = [
        Trails("ways", some, times, line, width=_WIDTH, span=_SPAN, glide=glide),
        Points("ways", start, _ALWAYS, ground, _SIZE - 2 * _LINE),
        Points("ways", start, _ALWAYS, ground, _SIZE + 2 * _RIM, line=_RIM),
        Points("ways", start, _ALWAYS, full, _SIZE, line=_LINE),
        Points("ways", some, times, full, _DISC, glide=glide),
    ]
    if ended:
        marks += [
            Points("ways", end, _ALWAYS, ground, _SIZE + 2 * _RIM, line=_RIM, square=True),
            Points("ways", end, _ALWAYS, full, _SIZE, square=True),
        ]
    return marks
