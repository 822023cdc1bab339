"""What MLflow is told of a training, by a stand-in that keeps it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import h5py
import numpy as np
import pytest

from workbench.commands import main

FEW = ["--set", "training.n_steps=45", "--set", "training.n_snapshots=2", "--set", "n_samples=20"]


class StandIn(ModuleType):
    """The part of MLflow's interface that is used; a second run before the first has ended is an error, as there."""

    def __init__(self) -> None:
        super().__init__("mlflow")
        self.experiment = self.name = self.status = ""
        self.params: dict[str, Any] = {}
        self.tags: dict[str, str] = {}
        self.metrics: dict[str, dict[int, float]] = {}
        self.artifacts: dict[str, int] = {}
        self.open = False

    def set_experiment(self, name: str) -> None:
        self.experiment = name

    def start_run(self, run_name: str) -> None:
        assert not self.open
        self.name, self.open = run_name, True

    def active_run(self) -> object | None:
        return self if self.open else None

    def log_params(self, params: dict[str, Any]) -> None:
        self.params |= params

    def set_tags(self, tags: dict[str, str]) -> None:
        self.tags |= tags

    def log_metrics(self, metrics: dict[str, float], step: int) -> None:
        for name, value in metrics.items():
            assert not any(other.startswith(f"{name}/") or name.startswith(f"{other}/") for other in self.metrics)
            self.metrics.setdefault(name, {})[step] = value

    def log_artifact(self, path: str) -> None:
        self.artifacts[Path(path).name] = Path(path).stat().st_size

    def end_run(self, status: str) -> None:
        self.status, self.open = status, False


@pytest.fixture
def mlflow(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    module = StandIn()
    monkeypatch.setitem(sys.modules, "mlflow", module)
    return module


def test_a_training_is_logged_with_parameters_metrics_and_files(mlflow: StandIn, tmp_path: Path) -> None:
    assert main(["train", "three-gaussians-flow", *FEW, "-o", str(tmp_path), "--mlflow", "trials"]) == 0
    assert (mlflow.experiment, mlflow.name, mlflow.status) == ("trials", "Three Gaussians, flow matching", "FINISHED")
    assert mlflow.params["training.n_steps"] == 45
    assert mlflow.params["optimiser.name"] == "adamw"
    assert mlflow.tags["parameters"].isdigit()
    with h5py.File(tmp_path / "train.h5") as trace:
        for name in ("validation/loss", "metric/velocity_error"):
            stream = trace[f"streams/{name}"]
            told = mlflow.metrics[name.replace("/", ".")]
            np.testing.assert_allclose(list(told.values()), stream["data"][:], rtol=1e-6)
            assert list(told) == list(stream["step"][:])
        # losses come in pieces; the last mean is told at the last step
        assert max(mlflow.metrics["loss"]) == max(mlflow.metrics["learning_rate"]) == 45
        loss = trace["streams/loss/data"][:]
        assert loss.min() < mlflow.metrics["loss"][45] < loss.max()
    assert set(mlflow.artifacts) == {"checkpoint.safetensors", "best.safetensors", "spec.toml", "train.h5"}
    assert mlflow.artifacts["train.h5"] == (tmp_path / "train.h5").stat().st_size


def test_a_run_that_breaks_off_is_not_left_open(mlflow: StandIn, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(mlflow, "log_metrics", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["train", "three-gaussians-flow", *FEW, "-o", str(tmp_path), "--mlflow", "trials"])
    assert mlflow.status == "FAILED"


def test_without_mlflow_one_line_says_what_to_do(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    assert main(["train", "three-gaussians-flow", "-o", str(tmp_path / "out"), "--mlflow", "trials"]) == 2
    assert capsys.readouterr().err == (
        "flowscope: MLflow is not installed. Install it with: pip install mlflow. Or leave out --mlflow.\n"
    )
    assert not (tmp_path / "out").exists()
