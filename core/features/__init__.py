"""Feature networks: what images are compared in. One network, one file; distances of different ones do not compare."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import msgspec
import torch
from torch import Tensor, nn

from core.stepwise import Report, Steps, at_once, silent

#: images that are looked at together
_BATCH = 100


class Seen(NamedTuple):
    """What a network sees in images: features [N, F] float64, and the scores of classes [N, K] where it tells them."""

    features: Tensor
    scores: Tensor | None


class FeatureNetwork(msgspec.Struct, frozen=True):
    """A trained network whose last hidden layer says what an image is of."""

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    #: the data set whose classes it tells, none for a network of other classes
    knows: ClassVar[str] = ""

    def load(self) -> nn.Module:
        """The network in evaluation mode, read once and then kept.

        Raises:
            SpecError: its weights are not here; the message says how to get them.
        """
        raise NotImplementedError  # abstract

    def check(self, shape: tuple[int, ...]) -> None:
        """Raise `SpecError` where the network cannot read images of this shape (C, H, W)."""

    def see(self, network: nn.Module, x: Tensor) -> Seen:
        """Features and scores of images [B, C, H, W] in [-1, 1]."""
        raise NotImplementedError  # abstract

    def look(self, images: Tensor, device: torch.device | None = None, report: Report = silent) -> Seen:
        """Features and scores of images [N, C, H, W] uint8, on the processor; ``report`` hears how many are done.

        Raises:
            SpecError: the network cannot be had, or reads images of another shape.
        """
        return at_once(self.looking(images, device), report)

    def looking(self, images: Tensor, device: torch.device | None = None) -> Steps[Seen]:
        """The same a batch at a time."""
        self.check(tuple(images.shape[1:]))
        where = device or torch.device("cpu")
        network = self.load().to(where)
        parts: list[Seen] = []
        for some in torch.split(images, _BATCH):
            yield _BATCH * len(parts), len(images)
            with torch.inference_mode():  # left before every yield: whoever runs in between may be training
                parts.append(self.see(network, some.to(where).float() / 127.5 - 1.0))
        scores = [part.scores.float().cpu() for part in parts if part.scores is not None]
        return Seen(torch.cat([part.features.double().cpu() for part in parts]), torch.cat(scores) if scores else None)

    @classmethod
    def facts(cls) -> dict[str, Any]:
        return {"knows": cls.knows}
