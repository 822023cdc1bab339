"""The cosine schedule as a variance-preserving path.

Reference: Nichol and Dhariwal, "Improved Denoising Diffusion Probabilistic Models" (2021), eq. 17, with s = 0.008 and
betas clipped at 0.999.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from core.numerics.discrete import DiscretePath
from core.registry import register


@register("path")
class VpCosine(DiscretePath, frozen=True):
    """Noise power follows a squared cosine, gentle at both ends."""

    name = "vp-cosine"
    title = "VP, cosine"
    reference = "Nichol and Dhariwal 2021, Improved Denoising Diffusion Probabilistic Models, eq. 17"
    formula: ClassVar[str] = (
        r"\alpha_t = \cos(\frac{\pi}{2} \frac{1 - t + c}{1 + c}) / \cos(\frac{\pi}{2} \frac{c}{1"
        r" + c})"
    )

    T: Annotated[int, Meta(ge=10, le=10_000, title="Steps T", description="Discrete noise levels")] = 1000
    offset: Annotated[float, Meta(ge=0, lt=1, title="Offset s", description="Keeps the first β above zero")] = 0.008

    def betas(self) -> NDArray[np.float64]:
        u = np.arange(self.T + 1) / self.T
        abar = np.cos((u + self.offset) / (1 + self.offset) * np.pi / 2) ** 2
        betas: NDArray[np.float64] = np.clip(1.0 - abar[1:] / abar[:-1], 0.0, 0.999)
        return betas
