"""Several processes that train one network, as `torchrun` starts them: each computes a part of every batch.

The gradient of all is the mean of the parts', so the run is that of one process but for the order of additions.
Reference: Li et al., "PyTorch Distributed: Experiences on Accelerating Data Parallel Training" (2020), section 3.1.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

from core.errors import SpecError

RANK, SIZE, LOCAL_RANK = "RANK", "WORLD_SIZE", "LOCAL_RANK"
"""What `torchrun` sets in the environment."""


@dataclass(frozen=True)
class Processes:
    """This process's number among those that train together; one alone talks to nobody."""

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the one that keeps files and reports."""
        return self.rank == 0

    def rows(self, batch_size: int) -> slice:
        """This process's part of a batch: every so many samples one, so that what only its first ones learn is shared.

        Raises:
            SpecError: the batch cannot be shared equally.
        """
        if batch_size % self.size:
            raise SpecError(
                "training.batch_size", f"{batch_size} samples cannot be shared equally by {self.size} processes."
            )
        return slice(self.rank, batch_size, self.size)

    def mean(self, values: Tensor) -> None:
        """Replace values by their mean over all processes."""
        if self.size > 1:
            dist.all_reduce(values)
            values.div_(self.size)

    def agree(self, values: Tensor) -> None:
        """Replace values by those of the first process."""
        if self.size > 1:
            dist.broadcast(values, 0)

    def leave(self) -> None:
        if self.size > 1:
            dist.destroy_process_group()


def join() -> Processes:
    """The processes that were started together; this one alone where `torchrun` started none."""
    size = int(os.environ.get(SIZE, "1"))
    if size == 1:
        return Processes()
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get(LOCAL_RANK, "0")))
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    return Processes(dist.get_rank(), size)
