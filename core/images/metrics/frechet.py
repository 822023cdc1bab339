"""Frechet distance between two sets of features, each taken as one Gaussian.

    FD = |m - n|^2 + tr(A + B - 2 (A B)^(1/2))

with means m, n and covariances A, B. With A = F^T F and B = G^T G, the trace of the root is the sum of the singular
values of F G^T, so that no root of a nearly singular matrix is taken; F and G are the centred features, or the R of
their QR decomposition where there are more samples than features. Biased upwards for few samples: read it beside the
floor of the same size. Own code, since torchmetrics' class wants images and a network for every set and class anew.
References: Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium" (2017),
eq. 6; Dowson and Landau, "The Fréchet distance between multivariate normal distributions" (1982).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from core.images.metrics import ImageMetric, ImageSet, Score
from core.registry import register


@register("image-metric")
class Frechet(ImageMetric, frozen=True):
    """Distance of means and covariances of features, as FID measures it."""

    name = "frechet"
    title = "Fréchet distance"
    reference = "Heusel et al. 2017, GANs Trained by a Two Time-Scale Update Rule, eq. 6"

    def measure(self, generated: ImageSet, real: ImageSet) -> Score:
        return Score(frechet_distance(generated.features, real.features))


def frechet_distance(x: Tensor, y: Tensor) -> float:
    """Between features x [N, F] and y [M, F], N and M at least 2; computed in float64."""
    x, y = x.double(), y.double()
    f, g = _factor(x), _factor(y)
    root = torch.linalg.svdvals(f @ g.T).sum()
    apart = (x.mean(0) - y.mean(0)).square().sum()
    return float(apart + f.square().sum() + g.square().sum() - 2.0 * root)


def _factor(x: Tensor) -> Tensor:
    """F with F^T F the unbiased covariance of x [N, D], of min(N, D) rows."""
    centred = (x - x.mean(0)) / math.sqrt(len(x) - 1)
    if len(x) <= x.shape[1]:
        return centred
    factor: Tensor = torch.linalg.qr(centred, mode="r")[1]
    return factor
