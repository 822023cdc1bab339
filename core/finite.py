"""Samples that are no finite numbers, or are where no data can be: how many there are, and what would work."""

from __future__ import annotations

import numpy as np

from core.setup import Setup
from core.words import counted

_FAR = 10.0
"""Standard deviations of the data from their mean; pixels lie between -1 and 1, and this far out is no colour."""


def lost(setup: Setup, samples: np.ndarray) -> str:
    """One line for a person whose run ended with samples [B, ...] that are not finite; empty where all of them are."""
    gone = int((~np.isfinite(samples).reshape(len(samples), -1).all(axis=1)).sum())
    if not gone:
        return ""
    return f"{gone:,} of {counted(len(samples), 'particle')} end as NaN or infinity. Try {_ways(setup)}."


def astray(setup: Setup, samples: np.ndarray) -> str:
    """The same of finite samples that are far from all data, as those of a step that was too long are."""
    mean, std = (0.0, 1.0) if setup.mixture is None else (each.numpy() for each in setup.mixture.mean_std())
    far = int((np.abs(samples - mean) > _FAR * std).reshape(len(samples), -1).any(axis=1).sum())
    if not far:
        return ""
    return f"{far:,} of {counted(len(samples), 'particle')} end far from all data. Try {_ways(setup)}."


def _ways(setup: Setup) -> str:
    """What keeps samples small. Not float64: what is too large for float32 is too large for a trace."""
    ways = ["more steps"]
    if not setup.clipping.active and not setup.sampler.jumps:  # a jump has no preview to clip
        ways.append("clipping")
    if setup.classes and setup.spec.guidance.name != "none":
        ways.append("less guidance")
    *others, last = ways
    return f"{', '.join(others)} or {last}" if others else last
