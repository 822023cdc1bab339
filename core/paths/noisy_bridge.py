"""A straight line with noise of its own: x_t = t x1 + (1 - t) x0 + gamma(t) z, gamma = scale sqrt(t (1 - t)).

With normal x0, independent of x1, x_t has the marginals of the path (t, sqrt((1 - t)^2 + gamma^2)), by which fields are
read; the pair's own velocity carries d_gamma z, without which the learned field is that of another density.
Reference: Albergo, Boffi and Vanden-Eijnden, "Stochastic Interpolants" (2023), eq. 2.1 and 2.9; the path of
harshm121/Diffusion-v-FlowMatching (scale 0.1).
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import torch
from msgspec import Meta
from torch import Tensor

from core.paths import Blend, Coefficients, Path
from core.registry import register

_END = 1e-3
"""Nearer to an end d_gamma grows without limit."""


@register("path")
class NoisyBridge(Path, frozen=True):
    """A straight line that trembles on its way."""

    name = "noisy-bridge"
    title = "Noisy bridge"
    reference = "Albergo et al. 2023, Stochastic Interpolants, eq. 2.1"
    formula: ClassVar[str] = r"\alpha_t = t,  \sigma_t^2 = (1 - t)^2 + c^2 t (1 - t)"
    needs: ClassVar[tuple[str, ...]] = ("normal-source",)
    bridge: ClassVar[bool] = True

    scale: Annotated[float, Meta(ge=0, le=2, title="Noise", description="Of the bridge; 0 is the straight line")] = 0.1

    @property
    def t_min(self) -> float:
        return _END

    @property
    def t_max(self) -> float:
        return 1.0 - _END

    def at(self, t: Tensor) -> Coefficients:
        gap, one = 1.0 - t, torch.ones_like(t)
        sigma = torch.sqrt(gap**2 + self.scale**2 * t * gap)
        d_square = -2.0 * gap + self.scale**2 * (1.0 - 2.0 * t)
        # sigma falls to 0 like a square root at t = 1, where its derivative has no finite value: t_max stands in
        end = (_END**2 + self.scale**2 * _END * (1 - _END)) ** 0.5
        return Coefficients(t, sigma, one, 0.5 * d_square / sigma.clamp_min(end))

    def blend(self, x1: Tensor, x0: Tensor, z: Tensor | None, t: Tensor) -> Blend:
        assert z is not None  # `bridge` asks for it
        c = self.at(t).over(x1)
        u = t.reshape(c.alpha.shape)
        gamma = self.scale * torch.sqrt(u * (1.0 - u))
        d_gamma = 0.5 * self.scale * (1.0 - 2.0 * u) / torch.sqrt(u * (1.0 - u))
        noise = (1.0 - u) * x0 + gamma * z
        return Blend(u * x1 + noise, noise / c.sigma, x1 - x0 + d_gamma * z)
