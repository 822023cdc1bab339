"""What a trace says of the processor: enough to know whether two of them give the same bits."""

from __future__ import annotations

import pytest

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
