"""Which checkpoints a run keeps: the latest, the best by validation loss, and one every so many steps."""

from __future__ import annotations

import time
from pathlib import Path

from trainers.checkpoint import FILE_NAME
from trainers.training.trainer import Trainer

BEST = "best.safetensors"
_SECONDS = 30.0


class Keeper:
    """Writes a run's checkpoints into a folder, or nowhere."""

    def __init__(self, trainer: Trainer, folder: Path | None) -> None:
        self._trainer, self._folder = trainer, folder
        self._saved = time.monotonic()

    def after_step(self) -> None:
        step, every = self._trainer.state.step, self._trainer.settings.keep_every
        if every and step % every == 0:
            self._save(kept_name(step))
        if time.monotonic() - self._saved > _SECONDS:
            self.latest()

    def measured(self, loss: float) -> None:
        """A validation loss is known: the best so far is kept."""
        state = self._trainer.state
        if loss < state.best:
            state.best = loss
            self._save(BEST)

    def latest(self) -> None:
        self._save(FILE_NAME)
        self._saved = time.monotonic()

    def _save(self, name: str) -> None:
        if self._folder is not None:
            self._trainer.save(self._folder / name)


def kept_name(step: int) -> str:
    """The file of a checkpoint that stays."""
    return f"step-{step:08}.safetensors"
