"""What a lane says at a time: one wording for window, page and export."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from workbench.views.marks import Lane, locate

#: How values of a parameter are written where there is little room, in the order in which they are offered.
SHORT = {"eps": "ε", "data": "x₁", "v": "v", "score": "score", "velocity": "u", "posterior": "posterior", "beta": "β"}


_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")


@dataclass(frozen=True)
class LaneWords:
    """Header and foot of a lane at one time."""

    evaluations: str
    time: str
    facts: tuple[str, ...]


def lane_words(lane: Lane, t: float) -> LaneWords:
    """Evaluations spent, the time shown, and alpha and sigma (or the lane's own facts)."""
    row = locate(lane.times, t, glide=False).row
    if lane.nfe_total == 0 and len(lane.times) == 1:
        return LaneWords("No network", "t = 1", lane.facts)
    if len(lane.times) == 0:
        return LaneWords(_first(lane, 0, 0.0), lane.status or "waiting", ())
    shown = float(np.clip(t, lane.times[0], lane.times[-1])) if lane.glide else float(lane.times[row])
    # a sigma of minus zero, as the end of a path may have it, is shown as zero
    alpha, sigma = (float(np.interp(shown, lane.times, values)) + 0.0 for values in (lane.alpha, lane.sigma))
    return LaneWords(
        _first(lane, row, shown),
        lane.status or f"t = {shown:.3f}",
        (f"α {alpha:.3f}", f"σ {sigma:.3f}"),
    )


def _first(lane: Lane, row: int, shown: float) -> str:
    """The error shown, or the evaluations spent."""
    if lane.rms is not None:
        return f"RMS {np.interp(shown, lane.times, lane.rms):.3f}" if len(lane.rms) else "RMS"
    if lane.nfe_total == 0:
        return "No network"
    return _spent(int(lane.nfe[row]) if len(lane.nfe) else 0, lane.nfe_total)


def _spent(nfe: int, total: int) -> str:
    """Evaluations so far; of how many is not known where they hang on a tolerance."""
    return f"NFE {nfe} of {total}" if total >= 0 else f"NFE {nfe}"


def shortened(evaluations: str) -> tuple[str, ...]:
    """``NFE 12 of 50``, ``12 of 50``, ``NFE 12``, nothing: how few words say them, from the most to the least."""
    if " of " not in evaluations:
        return (evaluations, "")
    return (evaluations, evaluations.removeprefix("NFE "), evaluations.partition(" of ")[0], "")


def first_parts(words: str, fits: Callable[[str], bool]) -> str:
    """As many of the parts between commas as fit, each of them whole: they stand in the order of what matters."""
    parts = words.split(", ")
    return first_fitting([", ".join(parts[:n]) for n in range(len(parts), 0, -1)], fits)


def first_fitting(wordings: Iterable[str], fits: Callable[[str], bool]) -> str:
    """The first of some wordings, from the longest to the shortest, that fits; nothing where none does."""
    return next(filter(fits, wordings), "")


def sampler_words(title: str, steps: object) -> str:
    """``Heun 25``; ``DPM-Solver-2, 4 steps``, where a number after the name would be read as one with it."""
    return f"{title}, {steps} steps" if title[-1:].isdigit() and f"{steps}" else f"{title} {steps}".strip()


def typed_number(text: str) -> float:
    """The number that somebody typed: 2,500 with commas between thousands, 0.5, and 0,5 as many write it.

    Raises:
        ValueError: it is none.
    """
    cleaned = text.strip().replace("−", "-").replace("\u202f", "")
    return float(cleaned.replace(",", "" if _GROUPED.fullmatch(cleaned) else "."))
