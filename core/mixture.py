"""A Gaussian mixture with one width: sampling, and its exact field in closed form.

If x1 ~ sum_k w_k N(m_k, s^2 I) and x0 ~ N(0, I) independently, then given component k x_t ~ N(alpha m_k, V I) with
V = alpha^2 s^2 + sigma^2, and with responsibilities r_k = softmax(log w_k - |x_t - alpha m_k|^2 / 2V) and
m = sum_k r_k m_k

    E[x1 | x_t] = m + (alpha s^2 / V) (x_t - alpha m),        E[x0 | x_t] = (sigma / V) (x_t - alpha m).

Both are finite wherever V > 0; nothing is divided by the determinant of a prediction. s = 0 is a finite data set, for
which this is "exact for these points". Source: Bishop, Pattern Recognition and Machine Learning (2006), eq. 2.113.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core.noise import Purpose, normal, uniform
from core.numbers import widest
from core.paths import Coefficients, Path
from core.predictions import Estimate

# Above this ratio |m|^2 / V the logits of float32 cancel by more than about 1e-3.
_FLOAT32_LIMIT = 1e4


@dataclass(frozen=True, eq=False)
class Mixture:
    """Centres [K, D] (float64), equally likely without ``log_weights`` [K], and one standard deviation."""

    centres: Tensor
    std: float
    log_weights: Tensor | None = None

    @property
    def dim(self) -> int:
        return int(self.centres.shape[1])

    def sample(self, n: int, seed: int, purpose: Purpose = "data", first: int = 0, draw: int = 0) -> Tensor:
        """Points first..first+n-1 of the endless sequence of this seed: [n, D] float64."""
        index = torch.arange(first, first + n)
        u = uniform(seed, "index", index, 1, draw)[:, 0]
        if self.log_weights is None:
            k = (u * len(self.centres)).long()
        else:
            k = torch.searchsorted(torch.softmax(self.log_weights, 0).cumsum(0), u).clamp_max(len(self.centres) - 1)
        return self.centres[k] + self.std * normal(seed, purpose, index, self.dim, draw)

    def mean_std(self) -> tuple[Tensor, Tensor]:
        """Mean [D] and standard deviation [D] of the mixture, exact."""
        weights = self._weights()
        mean = weights @ self.centres
        return mean, torch.sqrt(weights @ (self.centres - mean) ** 2 + self.std**2)

    def _weights(self) -> Tensor:
        if self.log_weights is None:
            return torch.full((len(self.centres),), 1.0 / len(self.centres), dtype=torch.float64)
        return torch.softmax(self.log_weights, 0)


class MixtureField:
    """The exact field of a mixture on a path."""

    def __init__(self, mixture: Mixture, path: Path, device: torch.device) -> None:
        self.path, self.device = path, device
        self._std = mixture.std
        # Centring keeps the logits small; it is undone in the estimate.
        self._wide = widest(device)
        self._offset = mixture.centres.mean(0).to(device, self._wide)
        self._centres = mixture.centres.to(device, self._wide) - self._offset
        self._reach = float(self._centres.square().sum(1).max())
        self._log_weights = None if mixture.log_weights is None else mixture.log_weights.to(device, self._wide)

    def __call__(self, x: Tensor, t: Tensor, cond: Tensor | None = None) -> Estimate:
        c = self.path.at(t.to(widest(t.device))).over(x)
        v = (c.alpha * self._std) ** 2 + c.sigma**2
        dtype = self._wide if self._reach * float((c.alpha**2 / v).max()) > _FLOAT32_LIMIT else x.dtype
        mean = self._posterior_mean(x.to(dtype), c, v, dtype)
        rest = x - c.alpha * mean
        x1 = mean + c.alpha * self._std**2 / v * rest
        return Estimate(x1.to(x.dtype), (c.sigma / v * rest).to(x.dtype))

    def _posterior_mean(self, x: Tensor, c: Coefficients, v: Tensor, dtype: torch.dtype) -> Tensor:
        """sum_k r_k m_k, as attention: the query is x_t, a key a centre, |m_k|^2 rides along as one more feature."""
        alpha, width = c.alpha.to(dtype), v.to(dtype)
        centres = self._centres.to(dtype)
        offset = self._offset.to(dtype)
        scale = alpha / width
        query = torch.cat([(x - alpha * offset) * scale, (-0.5 * alpha * scale).expand(len(x), 1)], dim=1)
        key = torch.cat([centres, centres.square().sum(1, keepdim=True)], dim=1)
        bias = None if self._log_weights is None else self._log_weights.to(dtype)[None, :].expand(len(x), -1)
        mean = F.scaled_dot_product_attention(
            query[None], key[None], _pad(centres, key.shape[1])[None], attn_mask=bias, scale=1.0
        )[0, :, : centres.shape[1]]
        return mean + offset


def _pad(values: Tensor, width: int) -> Tensor:
    """Append zero columns: the fused attention wants values as wide as keys."""
    return F.pad(values, (0, width - values.shape[1]))
