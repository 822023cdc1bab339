"""Samples that are no finite numbers: how many there are, and what would work."""

from __future__ import annotations

import numpy as np

from core.setup import Setup
from core.words import counted


def lost(setup: Setup, samples: np.ndarray) -> str:
    """One line for a person whose run ended with samples [B, ...] that are not finite; empty where all of them are."""
    gone = int((~np.isfinite(samples).reshape(len(samples), -1).all(axis=1)).sum())
    if not gone:
        return ""
    *ways, last = _ways(setup)
    words = f"{', '.join(ways)} or {last}" if ways else last
    return f"{gone:,} of {counted(len(samples), 'particle')} end as NaN or infinity. Try {words}."


def _ways(setup: Setup) -> list[str]:
    """What keeps samples small. Not float64: what is too large for float32 is too large for a trace."""
    ways = ["more steps"]
    if not setup.clipping.active and not setup.sampler.jumps:  # a jump has no preview to clip
        ways.append("clipping")
    if setup.classes and setup.spec.guidance.name != "none":
        ways.append("less guidance")
    return ways
