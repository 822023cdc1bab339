"""Inception v3 as FID uses it: 2,048 features of images of 299 x 299 pixels, without its classes.

Layers have the names of the weights file that PyTorch ports of FID share (pt_inception-2015-12-05), whose network
differs from the published one in its pools: averages leave out the padding, and the last block takes a maximum.
Reference: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision" (2016), figures 5 to 7 and
table 1; Heusel et al. (2017) for its use.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

N_FEATURES = 2048


class _Conv(nn.Module):
    """A convolution whose padding keeps the size (none where the stride is 2), batch normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: tuple[int, int] = (1, 1), stride: int = 1, pad: bool = True):
        super().__init__()
        padding = (kernel[0] // 2, kernel[1] // 2) if pad and stride == 1 else (0, 0)
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)))


#: a convolution of a branch: the end of its name, its outputs, kernel and stride
_Step = tuple[str, int, tuple[int, int], int]
_ONE, _THREE, _FIVE, _WIDE, _TALL = (1, 1), (3, 3), (5, 5), (1, 7), (7, 1)


class _Block(nn.Module):
    """Branches side by side, their outputs one after the other; the last one is a pool, convolved where ``pooled``.

    A last step with two convolutions, ``a`` and ``b``, puts both outputs side by side.
    """

    def __init__(self, inputs: int, branches: dict[str, Sequence[_Step]], pool: str, pooled: int = 0) -> None:
        super().__init__()
        self._branches = {name: [f"{name}{end}" for end, *_ in steps] for name, steps in branches.items()}
        self._pool = pool
        for name, steps in branches.items():
            width = before = inputs
            for end, outputs, kernel, stride in steps:
                # "b" stands beside "a" and reads what that reads
                before, width = (before if end.endswith("b") else width), outputs
                self.add_module(f"{name}{end}", _Conv(before, outputs, kernel, stride))
        if pooled:
            self.branch_pool = _Conv(inputs, pooled)
        self._pooled = bool(pooled)

    def forward(self, x: Tensor) -> Tensor:
        out = []
        for names in self._branches.values():
            y = x
            for name in names:
                if name.endswith("b"):
                    continue
                z = self.get_submodule(name)(y)
                twin = name[:-1] + "b"
                y = torch.cat([z, self.get_submodule(twin)(y)], dim=1) if twin in names else z
            out.append(y)
        pooled = _pool(x, self._pool)
        return torch.cat([*out, self.branch_pool(pooled) if self._pooled else pooled], dim=1)


def _pool(x: Tensor, kind: str) -> Tensor:
    match kind:
        case "average":
            return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
        case "maximum":
            return F.max_pool2d(x, 3, stride=1, padding=1)
        case _:
            return F.max_pool2d(x, 3, stride=2)


def _a(inputs: int, pooled: int) -> _Block:
    """Figure 5: 35 x 35."""
    branches: dict[str, Sequence[_Step]] = {
        "branch1x1": [("", 64, _ONE, 1)],
        "branch5x5": [("_1", 48, _ONE, 1), ("_2", 64, _FIVE, 1)],
        "branch3x3dbl": [("_1", 64, _ONE, 1), ("_2", 96, _THREE, 1), ("_3", 96, _THREE, 1)],
    }
    return _Block(inputs, branches, "average", pooled)


def _b(inputs: int) -> _Block:
    """From 35 x 35 to 17 x 17."""
    branches: dict[str, Sequence[_Step]] = {
        "branch3x3": [("", 384, _THREE, 2)],
        "branch3x3dbl": [("_1", 64, _ONE, 1), ("_2", 96, _THREE, 1), ("_3", 96, _THREE, 2)],
    }
    return _Block(inputs, branches, "halve")


def _c(inner: int) -> _Block:
    """Figure 6: 17 x 17."""
    branches: dict[str, Sequence[_Step]] = {
        "branch1x1": [("", 192, _ONE, 1)],
        "branch7x7": [("_1", inner, _ONE, 1), ("_2", inner, _WIDE, 1), ("_3", 192, _TALL, 1)],
        "branch7x7dbl": [
            ("_1", inner, _ONE, 1), ("_2", inner, _TALL, 1), ("_3", inner, _WIDE, 1), ("_4", inner, _TALL, 1),
            ("_5", 192, _WIDE, 1),
        ],
    }  # fmt: skip
    return _Block(768, branches, "average", 192)


def _d(inputs: int) -> _Block:
    """From 17 x 17 to 8 x 8."""
    branches: dict[str, Sequence[_Step]] = {
        "branch3x3": [("_1", 192, _ONE, 1), ("_2", 320, _THREE, 2)],
        "branch7x7x3": [("_1", 192, _ONE, 1), ("_2", 192, _WIDE, 1), ("_3", 192, _TALL, 1), ("_4", 192, _THREE, 2)],
    }
    return _Block(inputs, branches, "halve")


def _e(inputs: int, pool: str) -> _Block:
    """Figure 7: 8 x 8."""
    branches: dict[str, Sequence[_Step]] = {
        "branch1x1": [("", 320, _ONE, 1)],
        "branch3x3": [("_1", 384, _ONE, 1), ("_2a", 384, (1, 3), 1), ("_2b", 384, (3, 1), 1)],
        "branch3x3dbl": [
            ("_1", 448, _ONE, 1), ("_2", 384, _THREE, 1), ("_3a", 384, (1, 3), 1), ("_3b", 384, (3, 1), 1),
        ],
    }  # fmt: skip
    return _Block(inputs, branches, pool, 192)


class Inception(nn.Module):
    """For images [B, 3, 299, 299] in [-1, 1]: features [B, 2048]."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = _Conv(3, 32, _THREE, 2)
        self.Conv2d_2a_3x3 = _Conv(32, 32, _THREE, pad=False)
        self.Conv2d_2b_3x3 = _Conv(32, 64, _THREE)
        self.Conv2d_3b_1x1 = _Conv(64, 80)
        self.Conv2d_4a_3x3 = _Conv(80, 192, _THREE, pad=False)
        self.Mixed_5b, self.Mixed_5c, self.Mixed_5d = _a(192, 32), _a(256, 64), _a(288, 64)
        self.Mixed_6a = _b(288)
        self.Mixed_6b, self.Mixed_6c, self.Mixed_6d, self.Mixed_6e = _c(128), _c(160), _c(160), _c(192)
        self.Mixed_7a = _d(768)
        self.Mixed_7b, self.Mixed_7c = _e(1280, "average"), _e(2048, "maximum")

    def forward(self, x: Tensor) -> Tensor:
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(F.max_pool2d(x, 3, stride=2)))
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(F.max_pool2d(x, 3, stride=2))))
        x = self.Mixed_6e(self.Mixed_6d(self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(x)))))
        return self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x))).mean((2, 3))  # type: ignore[no-any-return]  # a module's
