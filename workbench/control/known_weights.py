"""Which weights the window knows, and for which set-ups each of them was trained."""

from __future__ import annotations

from collections.abc import Sequence

from core.spec import RunSpec
from workbench.model import setup


class KnownWeights:
    """Weights by their file, each with what it was trained for, in the words of each run that was opened with it."""

    def __init__(self) -> None:
        self._trained: dict[str, list[RunSpec]] = {}

    def adopt(self, spec: RunSpec) -> None:
        """A run that was opened: the weights that it names are those of its spec."""
        if weights := weights_of(spec):
            self._trained.setdefault(weights, []).append(spec)

    def learned(self, weights: str, spec: RunSpec) -> None:
        """Weights that a training of this spec has left."""
        self._trained[weights] = [spec]

    def behind(self, spec: RunSpec) -> Sequence[RunSpec]:
        """What the weights that a spec names were trained for."""
        return self._trained.get(weights_of(spec), ())

    def misfits(self, spec: RunSpec) -> list[str]:
        """The parts for which the weights of a spec were not trained; none where it needs no training."""
        if spec.field.name != "network" or spec.action == "forward":
            return []
        claims: Sequence[RunSpec | None] = self.behind(spec) or [None]
        return min((setup.misfits(trained, spec) for trained in claims), key=len)

    def taken_up(self, spec: RunSpec) -> RunSpec:
        """The spec with what was learned for such a one before, or came with it: the newest."""
        if not self.misfits(spec):
            return spec
        fitting = (file for file, claims in reversed(self._trained.items()) if any(setup.fits(c, spec) for c in claims))
        known = next(fitting, None)
        return spec if known is None else spec.replace(field=spec.field.with_params(weights=known))


def weights_of(spec: RunSpec) -> str:
    """The weights that a spec names, or nothing."""
    return str(spec.field.params.get("weights", ""))
