"""A Gaussian mixture with one width: sampling, its density, and its exact field in closed form.

If x1 ~ sum_k w_k N(m_k, s^2 I) and x0 ~ sum_j v_j N(n_j, r^2 I) independently (a standard normal x0 is the case of one
n = 0 and r = 1), then given the components k and j x_t ~ N(alpha m_k + sigma n_j, V I) with
V = alpha^2 s^2 + sigma^2 r^2. With responsibilities
p_kj = softmax(log w_k v_j - |x_t - alpha m_k - sigma n_j|^2 / 2V), their means m = sum p_kj m_k and
n = sum p_kj n_j, and the rest d = x_t - alpha m - sigma n

    E[x1 | x_t] = m + (alpha s^2 / V) d,        E[x0 | x_t] = n + (sigma r^2 / V) d.

Both are finite wherever V > 0; nothing is divided by the determinant of a prediction. s = 0 is a finite data set, for
which this is "exact for these points". Given a class, only its components take part.
Source: Bishop, Pattern Recognition and Machine Learning (2006), eq. 2.113.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from core.errors import SpecError
from core.numerics.distances import distances
from core.numerics.noise import Purpose, normal, uniform
from core.numerics.numbers import widest
from core.paths import Coefficients, Path
from core.predictions import Estimate

# Above this ratio of |alpha m|^2 + |sigma n|^2 to V the logits of float32 cancel by more than about 1e-3.
_FLOAT32_LIMIT = 1e4
# Added to the logits of components of other classes. They differ by |m|^2 / V, which grows without bound where a set of
# points has no width and little noise is left; -inf would make 0 * inf of the classes that are asked for.
_EXCLUDED = -1e30


class Samples(NamedTuple):
    """Points or images x [n, ...] and their class labels [n] (int64), None where the set has no classes."""

    x: Tensor
    labels: Tensor | None = None


@dataclass(frozen=True, eq=False)
class Mixture:
    """Centres [K, D] (float64), equally likely without ``log_weights`` [K], one standard deviation, and the class of
    each centre (``labels`` [K], int64) where there are classes; ``n_known`` of them, if some may have no centre."""

    centres: Tensor
    std: float
    log_weights: Tensor | None = None
    labels: Tensor | None = None
    n_known: int = 0

    @property
    def dim(self) -> int:
        return int(self.centres.shape[1])

    @property
    def n_classes(self) -> int:
        """The label of this number means no class."""
        return 0 if self.labels is None else max(self.n_known, int(self.labels.max()) + 1)

    @property
    def classes(self) -> frozenset[int]:
        """Those that have a centre."""
        return frozenset() if self.labels is None else frozenset(self.labels.tolist())

    def sample(self, n: int, seed: int, purpose: Purpose = "data", first: int = 0, draw: int = 0) -> Tensor:
        """Points first..first+n-1 of the endless sequence of this seed: [n, D] float64."""
        return self.sample_labelled(n, seed, purpose, first, draw).x

    def sample_labelled(self, n: int, seed: int, purpose: Purpose = "data", first: int = 0, draw: int = 0) -> Samples:
        """The same points with their classes."""
        index = torch.arange(first, first + n)
        u = uniform(seed, "index", index, 1, draw)[:, 0]
        return self._samples(u, normal(seed, purpose, index, self.dim, draw))

    def at(self, u: Tensor) -> Samples:
        """The points that uniform numbers u [n, 1 + D] stand for: the first chooses the component."""
        return self._samples(u[:, 0].contiguous(), torch.special.ndtri(u[:, 1:]))

    def _samples(self, u: Tensor, z: Tensor) -> Samples:
        """Points of uniform numbers u [n] and normal ones z [n, D]."""
        if self.log_weights is None:
            k = (u * len(self.centres)).long()
        else:
            k = torch.searchsorted(torch.softmax(self.log_weights, 0).cumsum(0), u).clamp_max(len(self.centres) - 1)
        return Samples(self.centres[k] + self.std * z, None if self.labels is None else self.labels[k])

    def of_class(self, label: int) -> Mixture:
        """The mixture of the components of one class.

        Raises:
            SpecError: no component is of this class.
        """
        inside = None if self.labels is None else self.labels == label
        if inside is None or not inside.any():
            raise SpecError("label", f"The density of the data has nothing of class {label}. Choose another class.")
        weights = None if self.log_weights is None else self.log_weights[inside]
        return Mixture(self.centres[inside], self.std, weights)

    def log_density(self, x: Tensor) -> Tensor:
        """log p(x) [B] in nats at x [B, D], float64; -inf everywhere for a finite set (std 0)."""
        squares = distances(x.double(), self.centres.to(x.device)).square()
        normaliser = 0.5 * self.dim * math.log(2 * math.pi * self.std**2) if self.std > 0 else math.inf
        logits = -squares / (2 * self.std**2 or math.inf) + self.weights().log().to(x.device)
        return torch.logsumexp(logits, 1) - normaliser

    def mean_std(self) -> tuple[Tensor, Tensor]:
        """Mean [D] and standard deviation [D] of the mixture, exact."""
        weights = self.weights()
        mean = weights @ self.centres
        return mean, torch.sqrt(weights @ (self.centres - mean) ** 2 + self.std**2)

    def overall_std(self) -> float:
        """Standard deviation of all numbers of the set together, whatever their axis."""
        mean, std = self.mean_std()
        return float((std.square() + (mean - mean.mean()).square()).mean().sqrt())

    def weights(self) -> Tensor:
        """Shares of the components: [K] float64, together one."""
        if self.log_weights is None:
            return torch.full((len(self.centres),), 1.0 / len(self.centres), dtype=torch.float64)
        return torch.softmax(self.log_weights, 0)


class MixtureField:
    """The exact field of a mixture on a path, from standard normal noise or from another mixture as source."""

    def __init__(self, mixture: Mixture, path: Path, device: torch.device, source: Mixture | None = None) -> None:
        self.path, self.device, self.dim = path, device, mixture.dim
        self._std, self._source_std = mixture.std, 1.0 if source is None else source.std
        self._wide = widest(device)
        weights = mixture.weights().log()
        centres, labels = mixture.centres, mixture.labels
        origins = torch.zeros(1, mixture.dim, dtype=torch.float64) if source is None else source.centres
        if source is not None:  # every pair of components is a component
            n = len(origins)
            weights = (weights[:, None] + source.weights().log()).reshape(-1)
            centres, origins = centres.repeat_interleave(n, 0), origins.repeat(len(centres), 1)
            labels = None if labels is None else labels.repeat_interleave(n)
        # Centring keeps the logits small; it is undone in the estimate.
        self._centre, self._origin = (values.mean(0).to(device, self._wide) for values in (centres, origins))
        m, n_ = centres.to(device, self._wide) - self._centre, origins.to(device, self._wide) - self._origin
        self._m, self._n = m, None if source is None else n_
        self._reach, self._source_reach = (float(values.square().sum(1).max()) for values in (m, n_))
        self._n_classes, self.classes = mixture.n_classes, mixture.classes
        keys = [m, m.square().sum(1, keepdim=True)]
        if self._n is not None:
            keys += [n_, (m * n_).sum(1, keepdim=True), n_.square().sum(1, keepdim=True)]
        self._uniform = bool((weights == weights[0]).all())
        if not self._uniform:
            keys.append(weights[:, None].to(device, self._wide))
        self._keys = torch.cat(keys, dim=1)
        self._classes = None if labels is None else F.one_hot(labels.to(device), self._n_classes).to(self._wide)

    def __call__(self, x: Tensor, t: Tensor, cond: Tensor | None = None) -> Estimate:
        """The estimate at x [B, ...], whose axes after the first are the D of the mixture."""
        shape, x = x.shape, x.flatten(1)
        c = self.path.at(t.to(widest(t.device))).over(x)
        v = (c.alpha * self._std) ** 2 + (c.sigma * self._source_std) ** 2
        logits = (self._reach * c.alpha**2 + self._source_reach * c.sigma**2) / v
        dtype = self._wide if float(logits.max()) > _FLOAT32_LIMIT else x.dtype
        m, n = self._posterior_means(x.to(dtype), c, v, dtype, cond)
        rest = x - c.alpha * m - c.sigma * n
        x1 = m + c.alpha * self._std**2 / v * rest
        x0 = n + c.sigma * self._source_std**2 / v * rest
        return Estimate(x1.to(x.dtype).reshape(shape), x0.to(x.dtype).reshape(shape))

    def _posterior_means(
        self, x: Tensor, c: Coefficients, v: Tensor, dtype: torch.dtype, cond: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """sum p m and sum p n, as attention: the query is x_t, the keys are the components; squares and products of
        the centres, log weights and classes ride along as more features."""
        alpha, sigma, width = c.alpha.to(dtype), c.sigma.to(dtype), v.to(dtype)
        centre, origin = self._centre.to(dtype), self._origin.to(dtype)
        x = (x - alpha * centre - sigma * origin) / width
        one = x.new_ones(len(x), 1)
        queries = [alpha * x, -0.5 * alpha**2 / width * one]
        if self._n is not None:
            queries += [sigma * x, -alpha * sigma / width * one, -0.5 * sigma**2 / width * one]
        if not self._uniform:
            queries.append(one)
        keys = self._keys.to(dtype)
        if cond is not None and self._classes is not None:
            keys = torch.cat([keys, self._classes.to(dtype)], dim=1)
            queries.append(_exclusion(cond, self._n_classes, dtype))
        query = torch.cat(queries, dim=1)
        values = self._m if self._n is None else torch.cat([self._m, self._n], dim=1)
        mean = F.scaled_dot_product_attention(
            query[None], keys[None], _pad(values.to(dtype), keys.shape[1])[None], scale=1.0
        )[0]
        dim = self._m.shape[1]
        return mean[:, :dim] + centre, origin if self._n is None else mean[:, dim : 2 * dim] + origin


def _exclusion(cond: Tensor, n_classes: int, dtype: torch.dtype) -> Tensor:
    """[B, n_classes]: 0 for the class asked for, a large negative number for the others; all 0 for "no class"."""
    wanted = F.one_hot(cond, n_classes + 1)[:, :n_classes].to(dtype)
    asked = (cond < n_classes).to(dtype)[:, None]
    return _EXCLUDED * asked * (1.0 - wanted)


def _pad(values: Tensor, width: int) -> Tensor:
    """Append zero columns: the fused attention wants values as wide as keys."""
    return F.pad(values, (0, width - values.shape[1]))
