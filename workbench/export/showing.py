"""Which of the marks that somebody asks for, or to leave out, a trace has: one that it has not is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.errors import SpecError
from core.trace import Trace
from workbench.export.known import learned
from workbench.views.image import images
from workbench.views.lane2d import MOST_DISCS
from workbench.views.marks import Overlay


def check(runs: Sequence[Trace], asked: Sequence[Overlay], *, in_line: bool, tell: Callable[[str], None]) -> None:
    """Hold what is asked for to what some runs can show; ``in_line`` draws images in one row.

    ``tell`` hears of a run that lacks what another one has.

    Raises:
        SpecError: none of the runs can show it.
    """
    there = [_shows(run, in_line=in_line) for run in runs]
    for mark in dict.fromkeys(asked):
        lacking = [
            _lacks(mark, run, can, in_line=in_line) for run, can in zip(runs, there, strict=True) if mark not in can
        ]
        if len(lacking) == len(runs):
            raise SpecError("--show", lacking[0])
        for sentence in lacking:
            tell(sentence)


def check_hidden(runs: Sequence[Trace], hidden: Sequence[Overlay]) -> None:
    """Hold what is left out to what is there: pictures of images have none of the marks of points.

    Raises:
        SpecError: none of the runs shows it.
    """
    if hidden and all(map(images.shows_images, runs)):
        raise SpecError(
            "--hide", f"{hidden[0]} is a mark of points, and {_name(runs[0])} holds images. Leave --hide out."
        )


def _shows(run: Trace, *, in_line: bool) -> tuple[Overlay, ...]:
    """The marks that a run shows where somebody asks for them."""
    previews = "x1_hat" in run
    if images.shows_images(run):
        marks: dict[Overlay, bool] = {"arrows": previews and not in_line, "labels": "label" in run["x"].static}
    else:
        few = run["x"].declared.row_shape[0] <= MOST_DISCS
        marks = {
            "ways": True, "preview": previews and few, "density": True, "exact": True, "error": learned(run),
        }  # fmt: skip
    return tuple(mark for mark, there in marks.items() if there)


def _lacks(mark: Overlay, run: Trace, can: Sequence[Overlay], *, in_line: bool) -> str:
    what = "points"
    if images.shows_images(run):
        what = "images" + (" in one row" if in_line else "") + ("" if "label" in run["x"].static else " of no class")
    elif mark == "error" and not learned(run):
        what = "points that no network has made"
    elif mark == "preview" and "x1_hat" in run:
        what = f"more than {MOST_DISCS:,} points"
    instead = f"What works: {', '.join(can)}." if can else "Leave it out."
    return f"{mark} shows nothing of {_name(run)}, which holds {what}. {instead}"


def _name(run: Trace) -> str:
    return "the trace" if run.source is None else run.source.name
