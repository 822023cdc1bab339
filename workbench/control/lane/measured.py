"""What charts ask of the engine: computed when such a chart is shown, and kept; no knob of a sampler changes it."""

from __future__ import annotations

from core.spec import Part, RunSpec
from core.trace import Trace
from workbench.control.lane.answers import Answers
from workbench.model.session import LaneState

_WAITING, _UNTRAINED = "Waits for the engine", "Train first: there are no weights for this"


class Measured(Answers):
    """The velocity error over t of lanes' weights."""

    def of(self, lane: LaneState, *, ready: bool, trained: bool) -> tuple[Trace | None, str]:
        """What is known of a lane's field, and why not more; asks the engine where nothing is known yet."""
        if lane.spec is None:
            return None, ""
        if not trained:
            return None, _UNTRAINED
        answer = self.to(question(lane.spec), ready=ready)
        return (None, _WAITING) if answer is None else (answer.trace, answer.reason)


def question(spec: RunSpec) -> RunSpec:
    """What has to be known to measure a spec's field; samplers, steps and particles do not count."""
    return RunSpec(
        action="measure", data=spec.data, source=spec.source, coupling=spec.coupling, path=spec.path,
        objective=spec.objective, network=spec.network, field=spec.field, grid=Part("uniform"),
        sampler=Part("euler"), device=spec.device,
    )  # fmt: skip
