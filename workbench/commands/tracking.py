"""A training's parameters, metrics and files in MLflow, where that is installed.

Where the runs are kept is MLflow's own setting, MLFLOW_TRACKING_URI.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from types import TracebackType
from typing import Any

from core import spec as specs
from core.errors import FlowscopeError
from core.events import Chunk, Event, RunFinished, RunStarted

_STATUS = {"finished": "FINISHED", "stopped": "KILLED", "failed": "FAILED", "running": "FAILED"}


class Tracker:
    """Hears a run's events and logs them as one MLflow run of an experiment.

    The spec is logged field by field, scalar streams as metrics over the training step (losses as the mean of those
    that come together), versions and checksums as tags.

    Raises:
        FlowscopeError: MLflow is not installed.
    """

    def __init__(self, experiment: str, title: str) -> None:
        try:
            # an optional package, whose types are not here to be checked
            self._mlflow: Any = importlib.import_module("mlflow")
        except ModuleNotFoundError:
            raise FlowscopeError(
                "MLflow is not installed. Install it with: pip install mlflow. Or leave out --mlflow."
            ) from None
        self._experiment, self._title, self._status = experiment, title, "FAILED"

    def __enter__(self) -> Tracker:
        return self

    def feed(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._mlflow.set_experiment(self._experiment)
                self._mlflow.start_run(run_name=self._title)
                self._mlflow.log_params(flat(specs.to_dict(specs.from_json(event.spec))))
                self._mlflow.set_tags(event.meta)
            case Chunk() if event.data.ndim == 1:
                step = int(event.columns["step"][-1])
                # a name that is another's folder cannot be kept in files
                values = {event.stream.replace("/", "."): float(event.data.mean())}
                if "learning_rate" in event.columns:
                    values["learning_rate"] = float(event.columns["learning_rate"][-1])
                self._mlflow.log_metrics(values, step=step)
            case RunFinished():
                self._status = _STATUS[event.status]

    def keep(self, *files: Path) -> None:
        """Log files as artifacts of the run, those that are there."""
        for file in filter(Path.is_file, files):
            self._mlflow.log_artifact(str(file))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._mlflow.active_run() is not None:
            self._mlflow.end_run("FAILED" if error is not None else self._status)


def flat(tables: dict[str, Any]) -> dict[str, Any]:
    """``training.n_steps`` and so on from nested tables."""
    out: dict[str, Any] = {}
    for name, value in tables.items():
        if isinstance(value, dict):
            out |= {f"{name}.{key}": item for key, item in value.items()}
        else:
            out[name] = value
    return out
