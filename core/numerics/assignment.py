"""The optimal pairing of two equally large sets of points."""

from __future__ import annotations

import torch
from torch import Tensor


def optimal(x1: Tensor, x0: Tensor) -> Tensor:
    """For each row of x1 [B, ...] its row of x0 [B, ...]: the permutation [B] with the least sum of squared distances.

    Exact, by the Hungarian method (Crouse 2016, as in scipy); time grows as B^3.
    """
    from scipy.optimize import linear_sum_assignment  # not above: half a second, for few runs

    # wherever a set is moved as a whole, the best pairing stays; far from the origin the products would lose digits
    x1, x0 = (x - x.mean(0) for x in (x1.flatten(1).double(), x0.flatten(1).double()))
    costs = torch.cdist(x1, x0).square()
    return torch.from_numpy(linear_sum_assignment(costs.cpu().numpy())[1]).to(x1.device)
