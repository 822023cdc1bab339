"""What a lane's network predicts, and how well that can be decoded: D = alpha b - sigma a of y = a x1 + b x0."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.trace import Stream, Trace

Floats = NDArray[np.float64]


def predicts(trace: Trace) -> str:
    """The row of the prediction table that the lane's network outputs."""
    known = trace.meta.get("predicts") or trace.spec.objective.params.get("prediction")
    return str(known or ("eps" if trace.meta.get("method") == "diffusion" else "velocity"))


def data_std(stream: Stream) -> float:
    """Standard deviation of the real points that came with a run, 1 where there are none."""
    return float(np.std(stream.static["data"])) if "data" in stream.static else 1.0


def determinant(trace: Trace) -> Floats:
    """|D| at every recorded time, what decoding divides by; not finite where the prediction has no row."""
    x = trace["x"]
    alpha, sigma, d_alpha, d_sigma = (x.column(name) for name in ("alpha", "sigma", "d_alpha", "d_sigma"))
    with np.errstate(divide="ignore"):
        match predicts(trace):
            case "data":
                d = sigma
            case "eps":
                d = alpha
            case "v":
                d = alpha**2 + sigma**2
            case "score":
                d = alpha / sigma
            case "edm":
                std = data_std(x)
                d = np.sqrt((alpha * std) ** 2 + sigma**2) / std
            case _:
                d = alpha * d_sigma - sigma * d_alpha
    out: Floats = np.abs(d)
    return out
