"""A hand-out: one HTML file that replays a film with a slider, without a server and without anything from elsewhere.

Its page is ``resources/handout.html``, where names between @ are filled in; frames are WebP in base 64, one a line.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import resources
from workbench.export.film import Film, Frame, Shot
from workbench.painters.bits import encoded, image_on

QUALITY = 82
"""Of WebP: particles keep their colours, and a frame weighs a tenth of a PNG."""


def write_handout(film: Film, shots: Sequence[Shot], frames: Iterable[Frame], out: Path) -> None:
    """Write every frame once; the page itself holds the end.

    Args:
        shots: what each of ``frames`` shows; neighbours that show the same become one.

    Raises:
        OSError: the file cannot be written.
    """
    starts = [i for i, shot in enumerate(shots) if i == 0 or shot != shots[i - 1]]
    head, tail = _page(film, shots, starts)
    with out.open("w", encoding="utf-8") as file:
        file.write(head)
        for i, frame in enumerate(frames):
            if i in starts:
                file.write(",\n" * (i > 0))
                file.write(json.dumps(base64.b64encode(encoded(image_on(frame, 1.0), "WEBP", QUALITY)).decode("ascii")))
        file.write(tail)


def _page(film: Film, shots: Sequence[Shot], starts: Sequence[int]) -> list[str]:
    """The page before and behind the frames. Its slider says t, or in a film over training how far that is."""
    theme = film.theme
    labels = [shots[i].caption.capitalize() or f"t = {shots[i].t:.3f}" for i in starts]
    words = {
        "title": html.escape(film.title or "Flowscope"), "theme": theme.name, "width": film.size[0],
        "height": film.size[1], "across": film.pixels[0], "down": film.pixels[1], "fps": film.fps,
        "hold": len(shots) - starts[-1], "starts": json.dumps(starts),
        # a title may hold anything: nothing of it may end the script
        "labels": json.dumps(labels).replace("<", "\\u003c"),
        **{name: getattr(theme, name) for name in ("win", "raised", "hover", "line2", "ctl", "t1", "t2", "t3")},
    }  # fmt: skip
    page = resources.path("handout.html").read_text(encoding="utf-8").split("@frames@")
    # in one pass: what a title holds is no name to be filled in
    return [re.sub("@([a-z0-9]+)@", lambda found: str(words[found[1]]), part) for part in page]
