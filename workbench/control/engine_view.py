"""What the engine does, told in the window: its state and numbers, how far trainings are, and when one has ended."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

from PyQt6.QtCore import QObject

from core import catalog
from core.machine.pace import speed
from workbench.control import memory
from workbench.control.form import FormControl
from workbench.control.job import Job
from workbench.control.runs import Runs
from workbench.engine.client import EngineClient
from workbench.engine.commands import Hello, Offer, Stats
from workbench.model.recents import size_words
from workbench.model.titles import in_titles
from workbench.views.chart.charts import steps_done
from workbench.widgets.setup.training_panel import training_facts
from workbench.widgets.window import MainWindow

_STARTING, _AGAIN = "The engine is still starting", "There was no engine, one is starting"


class EngineView(QObject):
    """Keeps the status bar and the panel of trainings true."""

    def __init__(
        self,
        window: MainWindow,
        form: FormControl,
        runs: Runs,
        engine: EngineClient,
        charts_again: Callable[[], None],
    ) -> None:
        """``charts_again`` asks for new charts soon."""
        super().__init__()
        self._window, self._form, self._runs, self._engine = window, form, runs, engine
        self._panel, self._charts_again = form.panel, charts_again
        self._awaited: dict[str, Callable[[], None]] = {}
        """What is done as soon as there is an engine, by what was promised."""
        self._panel.training.paused.connect(self._pause)
        runs.training_progress.connect(self._show_training)
        runs.sampling_progress.connect(self._say_what_goes_on)
        runs.trained.connect(self._trained)
        engine.wording = lambda spec, message: in_titles(runs.catalog, spec, message)
        engine.hello.connect(self._hello)
        engine.offered.connect(self._offered)
        engine.died.connect(self._died)
        engine.refused.connect(lambda text: self._window.message("The engine cannot start", text))
        engine.unavailable.connect(self._unavailable)
        engine.stats.connect(self._show_stats)

    def when_ready(self, call: Callable[[], None], promise: str) -> None:
        """Do now what needs the engine, or as soon as there is one: a line says why it waits, and the ``promise``."""
        if self._runs.ready:
            call()
            return
        self._awaited[promise] = call
        gone = self._engine.gone
        if gone:  # none would come by itself
            self.start_again()
        self._window.refuse(_AGAIN if gone else _STARTING, promise)

    def _say(self, text: str, *, busy: bool = False, gone: bool = False) -> None:
        self._window.status.show_engine(text, busy=busy, gone=gone)

    def _hello(self, hello: Hello) -> None:
        self._form.devices = hello.devices
        self._runs.engine_ready()
        best = {"cuda": "CUDA", "mps": "Metal"}.get(hello.devices[0], "CPU")
        self._window.status.device.setText(f"{best} · torch {hello.versions['torch'].partition('+')[0]}")
        self._say("Engine ready")
        self._form.show()
        for text in (_STARTING, _AGAIN):
            self._window.toast.withdraw(text)
        awaited, self._awaited = self._awaited, {}
        for call in awaited.values():
            call()

    def _offered(self, offer: Offer) -> None:
        self._runs.catalog = catalog.load(offer.catalog)
        self._form.show()

    def _died(self, code: int) -> None:
        logging.error("the engine ended with code %s", code)
        self._runs.engine_gone()
        self._say("Engine stopped, a new one is starting", gone=True)
        for number in ("Engine", "Queue", "Memory"):
            self._window.status.show_number(number, "")
        self._window.refuse("The engine stopped", "everything recorded is kept, a new one is starting")

    def _unavailable(self, text: str) -> None:
        self._awaited.clear()
        self._say(text, gone=True)
        what, _, rest = text.rstrip(".").partition(". ")
        self._window.toast.tell(what, f"{rest[:1].lower()}{rest[1:]}", "Try again", self.start_again, done=False)
        self._form.show()

    def start_again(self) -> None:
        """Start an engine where none would come by itself."""
        self._say("Engine starting")
        self._engine.start()

    def _show_stats(self, stats: Stats) -> None:
        status = self._window.status
        status.show_number("Engine", speed(stats.steps_per_second))
        status.show_number("Queue", str(stats.queue))
        status.show_number("Written", size_words(stats.written))
        status.show_number("Memory", memory.words(os.getpid(), self._engine.pid))

    def _say_what_goes_on(self) -> None:
        if not self._runs.ready:  # jobs end with their engine too
            return
        busy = "Training" if self._runs.training else "Sampling" if self._runs.sampling_long else ""
        self._say(busy or "Engine ready", busy=bool(busy))

    # --- trainings -----------------------------------------------------------------------------------------------

    def _pause(self) -> None:
        self._runs.pause_training(not any(job.progress and job.progress.paused for job in self._runs.training))

    def _show_training(self) -> None:
        training = self._runs.training
        self._say_what_goes_on()
        if not training:
            self._panel.training.hide()
            self._form.show()
            return
        begun = [(job, job.progress) for job in training if job.progress is not None]
        # methods take turns, so what is told is one method's steps, and the turns of all are one rate
        done = min(progress.done for _, progress in begun) if len(begun) == len(training) else 0
        total = max(job.spec.training.n_steps for job in training)
        rate = sum(progress.rate for _, progress in begun) / max(1, len(begun))
        paused = bool(begun) and all(progress.paused for _, progress in begun)
        stopping = all(job.stopping for job in training)
        self._panel.training.show_progress(done, total, rate, paused=paused, stopping=stopping)
        self._panel.training.show_facts(training_facts([job.builder.trace for job in training if job.builder.begun]))
        self._panel.show_buttons(running=True, needs_training=False, enabled=True)
        self._charts_again()

    def _trained(self, job: Job, status: str, _weights: str) -> None:
        trace = job.builder.trace
        name, steps = trace.meta.get("method_title", "Network"), steps_done(trace)
        self._window.tell(f"{name} {'stopped' if status == 'stopped' else 'trained'}", f"{steps:,.0f} steps, kept")
