"""Where tensors live and how exactly they are computed: device, precision and threads of a run."""

from __future__ import annotations

import os
import platform
import re
from functools import cache
from pathlib import Path
from typing import Any

import torch

from core.errors import SpecError
from core.spec import RunSpec

DTYPES = {"float32": torch.float32, "float64": torch.float64}
CORES = os.cpu_count() or 2
IN_BFLOAT16 = ", products in bfloat16"
"""What a trace adds to the precision that a run was computed in."""
_ZEN_5 = 26
_BFLOAT16 = {"avx512_bf16", "amx_bf16", "bf16", "arm_bf16"}
"""What torch and Linux call a CPU's units for it."""


def available() -> list[str]:
    """The devices of this machine, the fastest first."""
    found = ["cpu"]
    if torch.backends.mps.is_available():
        found.insert(0, "mps")
    if torch.cuda.is_available():
        found.insert(0, "cuda")
    return found


def processor(device: torch.device) -> str:
    """What computes, as far as its arithmetic hangs on it: a GPU's name, or a CPU's make, widest vectors and the kernel
    of its products, which is oneDNN's where no other is named. MKL has code of its own for each make, so vectors of the
    same width do not give the same last bits."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    kernel = "" if _prefers_onednn() else ", default products"
    words = (platform.machine(), make_of(_cpu()), torch.backends.cpu.get_cpu_capability())
    return " ".join(filter(None, words)) + kernel


def make_of(words: str) -> str:
    """Who made a CPU, its family and its model, such as ``AuthenticAMD 26 2``, of what the system says of it.

    Empty where it does not say.
    """
    maker = re.search(r"GenuineIntel|AuthenticAMD|(?<=CPU implementer\t: )\w+", words)
    family = re.search(r"(?:cpu family\s*:|CPU architecture\s*:|Family)\s*(\w+)", words)
    model = re.search(r"(?:^model\s*:|CPU part\s*:|Model)\s*(\w+)", words, re.MULTILINE)
    return " ".join(found[found.lastindex or 0] for found in (maker, family, model) if found)


def choose(spec: RunSpec) -> tuple[torch.device, torch.dtype]:
    """The device and dtype that a spec asks for.

    Raises:
        SpecError: this machine has no such device, or the device no such precision.
    """
    devices = available()
    name = devices[0] if spec.device == "auto" else spec.device
    if name not in devices:
        raise SpecError(
            "device", f"This machine has no {name} device. It has {', '.join(devices)}; auto takes the first."
        )
    if name == "mps" and spec.precision == "float64":
        if spec.device == "auto":
            return torch.device("cpu"), torch.float64
        raise SpecError("precision", "mps has no float64. Choose float32, or device cpu.")
    return torch.device(name), DTYPES[spec.precision]


@cache
def has_bfloat16(device: torch.device) -> bool:
    """Whether a device has units for products in bfloat16. A CPU without them takes up to ten times as long for these
    as for products in float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return True
    told: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()  # newer versions know it of every system
    return not _BFLOAT16.isdisjoint({name for name, there in told.items() if there is True}.union(_cpu().split()))


def configure(spec: RunSpec) -> int:
    """Set threads and the matrix products' kernel for a run; returns with how many threads it is computed: a training
    those within its operations, a sampling those that compute its blocks."""
    # Threads within an operation wait for each other, and one that must share its core delays them all.
    within = spec.threads or max(1, (CORES - 1) // _side_by_side())
    use_threads(within)
    if not torch.cuda.is_available() and _prefers_onednn():
        # There "medium" only chooses oneDNN's kernel; on CUDA and with AMX it would round to bfloat16.
        torch.set_float32_matmul_precision("medium")
    return within if spec.action == "train" else cores(spec)


def cores(spec: RunSpec) -> int:
    """How many cores a run may keep busy: as many as it names threads, or all, or fewer beside a window."""
    # of torch's own numbers the one that says how many pieces of work go on at one time
    return spec.threads or max(1, torch.get_num_interop_threads() // _side_by_side())


def _side_by_side() -> int:
    """How many processes that torchrun started share this machine's cores."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def use_threads(n: int) -> None:
    """Compute with n threads from here on, in the thread that asks: torch keeps the number for each."""
    if torch.get_num_threads() != n:
        torch.set_num_threads(n)


@cache
def _prefers_onednn() -> bool:
    """Whether float32 products are faster by oneDNN than by MKL: twice as fast on AMD's family 26 (Zen 5), up to 1.7
    times slower in layers of a small network on family 25. By name and not by a clock, which could choose otherwise in
    the next run and change its last bits."""
    match make_of(_cpu()).split():
        case "AuthenticAMD", family, *_:
            return int(family) >= _ZEN_5
    return False


@cache
def _cpu() -> str:
    """What the system says of its CPUs."""
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()  # Windows has it in one line
