"""Which floating-point numbers a device has."""

from __future__ import annotations

import torch


def widest(device: torch.device) -> torch.dtype:
    """float64 where the device has it; Apple's GPUs end at float32."""
    return torch.float32 if device.type == "mps" else torch.float64
