"""What a trace says of the processor: enough to know whether two of them give the same bits."""

from __future__ import annotations

import pytest
import torch

from core.machine import device
from core.machine.device import make_of

LINUX = "processor\t: 0\nvendor_id\t: {}\ncpu family\t: {}\nmodel\t\t: {}\nmodel name\t: Processor 9000\n"
ARM = "processor\t: 0\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU part\t: 0xd0c\n"


@pytest.mark.parametrize(
    ("words", "make"),
    [
        (LINUX.format("GenuineIntel", 6, 207), "GenuineIntel 6 207"),
        (LINUX.format("AuthenticAMD", 26, 2), "AuthenticAMD 26 2"),
        ("AMD64 Family 26 Model 2 Stepping 1, AuthenticAMD", "AuthenticAMD 26 2"),
        (ARM, "0x41 8 0xd0c"),
        ("arm", ""),
    ],
)
def test_a_processor_is_told_by_its_make(words, make) -> None:
    """Two makes with vectors of one width multiply matrices by different code of MKL."""
    assert make_of(words) == make


@pytest.mark.parametrize(
    ("words", "there"),
    [("flags : fpu avx512f avx512_bf16", True), ("Features : fp asimd bf16", True), ("flags : avx2", False)],
)
def test_units_for_bfloat16_are_told_by_their_names(monkeypatch: pytest.MonkeyPatch, words: str, there: bool) -> None:
    monkeypatch.setattr(
        torch.cpu, "get_capabilities", lambda: {"avx512_bf16": False, "cpu_name": "bf16"}, raising=False
    )
    monkeypatch.setattr(device, "_cpu", lambda: words)
    assert device.has_bfloat16.__wrapped__(torch.device("cpu")) == there
