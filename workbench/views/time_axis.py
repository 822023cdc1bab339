"""How time is read: t, 1 - t, noise left, log-SNR, DDPM step or evaluations, for the slider, its field and the charts.

Lanes stay together in t, the stored axis. A reading is a table of one lane over t, noise at its left end and data at
its right one; a *place* is how far along it a time lies, from 0 to 1. log-SNR is 2 log(alpha / sigma); without noise it
has no end, so its axis stops a little beyond the last finite number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from core.errors import SpecError
from workbench.views.axes import ticks
from workbench.views.marks import AxisKind, Lane, locate

Floats = NDArray[np.float64]
Labels = tuple[tuple[float, str], ...]

KINDS: tuple[AxisKind, ...] = get_args(AxisKind)
SYMBOLS: dict[AxisKind, str] = {
    "t": "t", "1-t": "1 − t", "sigma": "σ", "log-snr": "log-SNR", "ddpm": "DDPM step", "nfe": "NFE",
}  # fmt: skip
TITLES: dict[AxisKind, str] = {
    "t": "Time", "1-t": "Time left 1 − t", "sigma": "Noise left σ", "log-snr": "log-SNR, 2 log(α / σ)",
    "ddpm": "DDPM step k", "nfe": "Evaluations NFE",
}  # fmt: skip
_TABLE = 257
_MOST, _BEYOND = 20.0, 2.0
"""log-SNR is shown from minus this to this, and so far beyond the last number that is finite."""
_STRICT = 1e-6
_PIXELS, _LABELS_APART = 420.0, 0.13


@dataclass(frozen=True, eq=False)
class TimeAxis:
    """One lane's reading of time: ``value`` [G] at ``t`` [G], both from noise to data; ``span`` is what 0 and 1 mean.

    ``value`` is finite; ``nfe`` are evaluations at the recorded ``rows`` of t.
    """

    kind: AxisKind
    t: Floats
    value: Floats
    span: tuple[float, float]
    rows: Floats
    nfe: Floats
    endless: bool = False
    """The reading grows beyond all numbers at the data."""

    def over(self, span: tuple[float, float]) -> TimeAxis:
        """The same reading on a wider axis, as charts of several lanes share one."""
        return replace(self, span=span)

    def value_at(self, t: float) -> float:
        return float(np.interp(t, self.t, self.value))

    def places(self, t: Floats) -> Floats:
        """Where times lie along the axis, rising with them."""
        if self.kind == "t":
            return np.asarray(t, float)
        return np.interp(t, self.t, self._place)

    def place(self, t: float) -> float:
        return float(self.places(np.array([t]))[0])

    def time(self, place: float) -> float:
        """The time at a place: the inverse of `place`."""
        return place if self.kind == "t" else float(np.interp(place, self._place, self.t))

    @property
    def _place(self) -> Floats:
        start, end = self.span
        share = (self.value - start) / (end - start) if end != start else self.t
        # where the reading stands still, as noise does at the beginning of a diffusion, t decides
        out: Floats = (1 - _STRICT) * np.maximum.accumulate(share) + _STRICT * self.t
        return out

    def words(self, t: float) -> str:
        """The number to be read at t."""
        match self.kind:
            case "ddpm":
                return f"{self.value_at(t):,.0f}"
            case "nfe":
                return f"{self.nfe[locate(self.rows, t, glide=False).row]:,.0f}" if len(self.nfe) else "0"
            case "log-snr":
                return "∞" if self.endless and t >= 1.0 else _signed(f"{self.value_at(t):.2f}")
        value = self.value_at(t) + 0.0
        return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"

    def parse(self, text: str) -> float:
        """The time that somebody means who typed a number of this axis.

        Raises:
            SpecError: it is no number of the axis.
        """
        low, high = sorted((float(self.value[0]), float(self.value[-1])))
        name = TITLES[self.kind].split(",")[0]
        bounds = f"{_short(low)} to {_short(high)}"
        cleaned = text.strip().replace("−", "-").replace("∞", "inf")
        cleaned = cleaned.replace(",", "") if self.kind in ("ddpm", "nfe") else cleaned.replace(",", ".")
        try:
            value = float(cleaned)
        except ValueError:
            value = math.nan
        if value == math.inf and self.endless:
            return 1.0
        if math.isnan(value):
            raise SpecError("t", f"{name} must be a number from {bounds}. Given {text.strip()!r}.")
        if not low - 5e-4 <= value <= high + 5e-4:
            raise SpecError("t", f"{name} must be {bounds}. Given {_short(value)}.")
        rising = self.value[-1] >= self.value[0]
        known, t = (self.value, self.t) if rising else (self.value[::-1], self.t[::-1])
        return float(np.interp(value, np.maximum.accumulate(known), t))

    def labels(self) -> Labels:
        """Round numbers along the axis as (place, text), those at the ends with the words for them."""
        start, end = self.span
        low, high = min(start, end), max(start, end)
        inner = [(float((v - start) / (end - start)), v) for v in ticks(low, high, _PIXELS)] if high > low else []
        kept = [(p, _signed(f"{v:,.6g}")) for p, v in inner if _LABELS_APART <= p <= 1 - _LABELS_APART]
        last = "∞" if self.endless else _short(end)
        return ((0.0, f"{_short(start)} noise"), *sorted(kept), (1.0, f"{last} data"))

    def ticks(self) -> Labels:
        """The same for a chart, whose ends need no words."""
        start, end = self.span
        if start == end:
            return ()
        return tuple(
            ((v - start) / (end - start), _signed(f"{v:,.6g}"))
            for v in ticks(min(start, end), max(start, end), _PIXELS).tolist()
        )


PLAIN = TimeAxis("t", np.array([0.0, 1.0]), np.array([0.0, 1.0]), (0.0, 1.0), np.array([0.0, 1.0]), np.zeros(2))


def time_axis(kind: AxisKind, lane: Lane) -> TimeAxis:
    """A lane's reading of time. Between recorded rows alpha and sigma run straight, as the lane's words have them."""
    if kind == "t" or len(lane.times) < 2:
        return PLAIN
    t = np.unique(np.concatenate([np.linspace(0.0, 1.0, _TABLE), lane.times]))
    alpha, sigma = np.interp(t, lane.times, lane.alpha), np.maximum(np.interp(t, lane.times, lane.sigma), 0.0)
    match kind:
        case "1-t":
            value = 1.0 - t
        case "sigma":
            value = sigma
        case "log-snr":
            value = _log_snr(alpha, sigma)
        case "ddpm":
            value = lane.ddpm_steps * (1.0 - t)
        case "nfe":
            value = np.interp(t, lane.times, lane.nfe.astype(float))
    endless = kind == "log-snr" and sigma[-1] == 0.0
    return TimeAxis(kind, t, value, (float(value[0]), float(value[-1])), lane.times, lane.nfe.astype(float), endless)


def shared(axes: Sequence[TimeAxis]) -> list[TimeAxis]:
    """Readings of several lanes on one axis that is wide enough for all of them."""
    if not axes:
        return []
    starts, ends = [axis.span[0] for axis in axes], [axis.span[1] for axis in axes]
    falling = axes[0].span[0] > axes[0].span[1]
    span = (max(starts), min(ends)) if falling else (min(starts), max(ends))
    return [axis.over(span) for axis in axes]


def _log_snr(alpha: Floats, sigma: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        raw = 2.0 * (np.log(np.maximum(alpha, 0.0)) - np.log(sigma))
    finite = raw[np.isfinite(raw) & (raw < _MOST)]
    highest = min(_MOST, float(finite.max()) + _BEYOND) if len(finite) else _MOST
    out: Floats = np.clip(raw, -_MOST, highest)
    return out


def _short(value: float) -> str:
    return _signed(f"{round(value, 3) + 0.0:,.4g}" if abs(value) < 1000 else f"{value:,.0f}")


def _signed(text: str) -> str:
    return text.replace("-", "−")
