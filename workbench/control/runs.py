"""What runs for which lane: asks the engine, builds traces from what it sends, and keeps the session up to date.

A lane samples with the weights it has as soon as a knob moves, the newest request replacing the older. The first answer
is that of a few particles: noise belongs to a particle, so they are those of the whole run, and all follow as soon as
the knob rests. While a knob moves faster than that, the newest request waits for the answer that is on its way, so
that there is one at all. What asks for other weights waits for `run`, which trains; while a network trains the lane
shows its newest snapshot, and afterwards it samples what was learned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from core.catalog import Catalog
from core.events import Event
from core.spec import Part, RunSpec
from core.trace import Trace
from core.trace.derive import snapshot
from workbench import folders
from workbench.control.job import Job, beside_what_is_shown
from workbench.control.known_weights import KnownWeights, weights_of
from workbench.engine.client import EngineClient
from workbench.engine.commands import JobEnded, Progress
from workbench.model import setup
from workbench.model.crossing import shape_of
from workbench.model.session import LaneState, Session

PREVIEW = 256
"""Particles of the first answer: half a block in which fields are evaluated, for half the time."""
_FEW_EVALUATIONS = 8
"""So few of all particles are quick enough."""
_PATIENCE = 0.4
"""Seconds after which an answer on its way gives way to a newer request."""
SHORT = 0.3
"""Seconds that a sampling may take before it is told that it goes on."""
_CLOCK_MS = 100
#: Fields that belong to all lanes, so that methods meet on the same data and the same noise.
SHARED = ("seed", "n_samples", "device", "precision", "threads", "data", "training")


class Runs(QObject):
    """Joins session and engine."""

    training_progress = pyqtSignal()
    sampling_progress = pyqtSignal()
    """Samplings that take long go on, or have ended."""
    rows_arrived = pyqtSignal(int)
    failed = pyqtSignal(int, str)
    trained = pyqtSignal(object, str, str)
    """The `Job`, status, file of the weights."""
    recorded = pyqtSignal(int)
    """A lane's run lies on disk."""
    unrecorded = pyqtSignal(str)
    """Why a run could not be recorded."""

    def __init__(self, session: Session, engine: EngineClient, catalog: Catalog) -> None:
        super().__init__()
        self.session, self.engine, self.catalog = session, engine, catalog
        self._jobs: dict[int, Job] = {}
        self._waiting: set[int] = set()
        self._newer: set[int] = set()
        """Lanes of which a knob has moved while their preview was on its way."""
        self.ready = False
        self.cursor: Callable[[], float] = lambda: 0.0
        """The time that a new answer has to reach before it is shown in place of the old one."""
        self.record: Callable[[RunSpec], Path | None] = lambda spec: None
        """Where a run that somebody samples is recorded."""
        self.files: dict[int, Path] = {}
        """Where the run that a lane shows was recorded."""
        self.weights = KnownWeights()
        self._told = False
        self._clock = QTimer(self)
        self._clock.setInterval(_CLOCK_MS)
        self._clock.timeout.connect(self._tell_sampling)
        session.lanes_changed.connect(self._let_go_of_gone)
        engine.batch.connect(self._on_batch)
        engine.progress.connect(self._on_progress)
        engine.ended.connect(self._on_ended)

    # --- what a person asks for ----------------------------------------------------------------------------------

    def adopt(self, lane: LaneState) -> None:
        """A lane opened from a trace or a preset: its weights are those of its spec."""
        if lane.spec is not None:
            self.weights.adopt(lane.spec)

    def needs_training(self, lane: LaneState) -> bool:
        """Whether the lane's spec asks for weights that do not exist yet."""
        return bool(self.misfits(lane))

    def misfits(self, lane: LaneState) -> list[str]:
        """The parts for which the lane's weights were not trained; none where it needs no training."""
        return [] if lane.spec is None or lane.real else self.weights.misfits(lane.spec)

    def change(self, key: int, name: str, value: Any) -> None:
        """Change a field of a lane; what belongs to all of them, `SHARED`, changes in every lane.

        Raises:
            SpecError: the value is outside what the field allows; nothing has changed.
        """
        shared = name.partition(".")[0] in SHARED
        lanes = [lane for lane in self.session.lanes if not lane.real and lane.spec and (shared or lane.key == key)]
        changed = [setup.set_value(self.catalog, lane.spec, name, value) for lane in lanes if lane.spec]
        for lane, spec in zip(lanes, changed, strict=True):
            self._take(lane, spec, sample=not name.startswith("training."))

    def change_all(self, changes: Mapping[str, Any], data: str = "") -> None:
        """Change fields in every lane at once, or in those of one data set, so that each is sampled anew only once.

        Raises:
            SpecError: a value is outside what its field allows; nothing has changed.
        """
        every = [lane for lane in self.session.lanes if not lane.real and lane.spec]
        lanes = [lane for lane in every if lane.spec and (not data or lane.spec.data.name == data)]
        changed = [lane.spec for lane in lanes if lane.spec]
        for name, value in changes.items():
            changed = [setup.set_value(self.catalog, spec, name, value) for spec in changed]
        for lane, spec in zip(lanes, changed, strict=True):
            self._take(lane, spec)

    def reset(self, key: int) -> None:
        """Give a lane the defaults of its parts and of its weights; what is `SHARED` changes in every lane."""
        lane = self.session.lane(key)
        assert lane.spec is not None  # of a lane that runs something
        spec = setup.defaults(lane.spec, self.weights.behind(lane.spec))
        shared = {name: getattr(spec, name) for name in SHARED}
        for each in self.session.lanes:
            if each is not lane and not each.real and each.spec is not None:
                others = each.spec.replace(**shared)
                if others != each.spec:
                    self._take(each, others)
        self._take(lane, spec)

    def kind(self, spec: RunSpec) -> str:
        """What a spec makes: ``points`` or ``images``."""
        return shape_of(self.catalog, spec.data.name)

    def _take(self, lane: LaneState, spec: RunSpec, *, sample: bool = True) -> None:
        """A lane's new spec; weights that it brings along are its own."""
        waited = self.needs_training(lane)
        before, lane.spec = lane.spec, self.weights.taken_up(spec)
        if before is None or weights_of(before) != weights_of(spec):
            self.adopt(lane)
        if before is not None and self.kind(before) != self.kind(spec):
            lane.trace = lane.training = None  # points do not stand in for images,
            self.let_go(lane.key)  # nor do those that are on their way
        if (sample or waited) and not self.needs_training(lane):
            self.sample(lane)  # first of all: the engine works while the form is brought up
        self.session.touch(lane.key)

    def run(self) -> None:
        """Train every lane that needs it, and sample the others afresh."""
        for lane in self.session.lanes:
            if lane.real or lane.spec is None or self._training_job(lane.key) is not None:
                continue
            if self.needs_training(lane):
                self._train(lane)
            else:
                self.sample(lane, whole=True)

    def sample(self, lane: LaneState, *, whole: bool = False) -> None:
        """Sample a lane's spec now, or all of its particles from the start; an older request of the lane is dropped."""
        if lane.spec is None or not self.ready:
            self._waiting.add(lane.key)
            return
        if whole:
            self._submit(lane, "sample")
            return
        older = next((job for job in self._jobs.values() if job.lane == lane.key and job.directory is None), None)
        if older is not None and older.preview and older.age < _PATIENCE:
            self._newer.add(lane.key)
            return
        self._submit(lane, "preview" if self._worth_a_preview(lane.spec) else "sample")

    def _submit(self, lane: LaneState, action: Literal["preview", "sample"], preview: Job | None = None) -> None:
        """Ask the engine, which drops what it does for the lane; or go on from a preview."""
        assert lane.spec is not None  # `sample` asked
        self._newer.discard(lane.key)
        self.files.pop(lane.key, None)
        older = next((n for n, job in self._jobs.items() if job.lane == lane.key and job.directory is None), None)
        spec = lane.spec if lane.spec.action == "forward" else lane.spec.replace(action=action)
        if action == "preview":
            spec = spec.replace(n_samples=min(spec.n_samples, PREVIEW))
        file = self.record(spec) if action == "sample" else None
        number = self.engine.submit(spec, replaces=older, record=file)
        self._jobs.pop(older or -1, None)
        job = self._jobs[number] = Job(lane.key, spec, file=file, progress=Progress(number, 0, self._steps(spec), 0.0))
        if preview is not None and preview.age > SHORT:
            job.began = preview.began  # somebody waits already
        if not self._clock.isActive():
            self._clock.start()

    def _worth_a_preview(self, spec: RunSpec) -> bool:
        """Whether all particles take much longer than a block of them."""
        if spec.n_samples <= PREVIEW:
            return False
        facts = self.catalog.entry("sampler", spec.sampler.name).facts
        return self._steps(spec) * int(facts["nfe_per_step"]) > _FEW_EVALUATIONS

    def _steps(self, spec: RunSpec) -> int:
        return int(self.catalog.values("sampler", spec.sampler).get("n_steps", 1))

    def _train(self, lane: LaneState) -> None:
        assert lane.spec is not None  # `run` asked
        spec = lane.spec.replace(action="train", field=Part("network"))
        directory = folders.new_run(f"{spec.data.name}-{spec.objective.name}-{lane.key}")
        number = self.engine.submit(spec, record=directory / folders.RECORD, place=directory)
        self.files.pop(lane.key, None)
        if lane.trace is not None and lane.trace.spec.data != spec.data:
            lane.trace = None  # what was made of other data does not stand in for what is awaited
            self.forget_sampling(lane.key)
        self._jobs[number] = Job(lane.key, spec, directory=directory)
        lane.failure, lane.training = "", None
        self.session.touch(lane.key)
        self.training_progress.emit()

    def pause_training(self, pause: bool) -> None:
        for number, job in self._jobs.items():
            if job.directory is not None:
                (self.engine.pause if pause else self.engine.resume)(number)

    def stop(self) -> None:
        """End every training and keep what was learned, and every sampling that takes long and keep its rows."""
        self._end(lambda job: job.directory is not None or job.age > SHORT)
        self.training_progress.emit()

    def stop_sampling(self, key: int) -> None:
        """End the sampling of a lane and keep its rows."""
        self._end(lambda job: job.directory is None and job.lane == key)

    def _end(self, which: Callable[[Job], bool]) -> None:
        for number, job in self._jobs.items():
            if which(job) and not job.stopping:
                job.stopping = True
                self.engine.stop(number)

    def forget_sampling(self, key: int) -> None:
        """Nothing more is shown of what is being sampled for a lane."""
        self._end(lambda job: job.lane == key and job.directory is None)
        self._jobs = {n: job for n, job in self._jobs.items() if job.lane != key or job.directory is not None}
        self._waiting.discard(key)

    def let_go(self, key: int) -> None:
        """A lane is taken away or shows something else: its runs end, and a training keeps what it has."""
        self.forget_sampling(key)
        self._end(lambda job: job.lane == key)
        for job in self.training:
            job.let_go = job.let_go or job.lane == key
        self.files.pop(key, None)

    def _let_go_of_gone(self) -> None:
        """What was sampled for lanes that are not there any more holds up the others; a training goes on."""
        needed = {lane.key for lane in self.session.lanes} | {job.lane for job in self.training}
        for key in {job.lane for job in self._jobs.values()} - needed:
            self.let_go(key)

    def engine_ready(self) -> None:
        self.ready = True
        waiting, self._waiting = self._waiting, set()
        for lane in self.session.lanes:
            if lane.key in waiting:
                self.sample(lane)

    def engine_gone(self) -> None:
        self.ready = False
        self._clock.stop()

    # --- what is known -------------------------------------------------------------------------------------------

    @property
    def training(self) -> list[Job]:
        """The trainings that go on."""
        return [job for job in self._jobs.values() if job.directory is not None]

    @property
    def sampling(self) -> set[int]:
        """The lanes whose trace still grows."""
        return {job.lane for job in self._jobs.values() if job.directory is None}

    @property
    def sampling_long(self) -> dict[int, Progress]:
        """How far the samplings are that take long, by lane."""
        return {
            job.lane: job.progress
            for job in self._jobs.values()
            if job.directory is None and job.progress is not None and job.age > SHORT
        }

    @property
    def growing(self) -> set[Path]:
        """The files that samplings are being recorded in."""
        return {job.file for job in self._jobs.values() if job.file is not None}

    def _training_job(self, key: int) -> Job | None:
        return next((job for job in self.training if job.lane == key and not job.let_go), None)

    def _tell_sampling(self) -> None:
        told, self._told = self._told, bool(self.sampling_long)
        if told or self._told:
            self.sampling_progress.emit()
        if not self.sampling:
            self._clock.stop()

    # --- what the engine says ------------------------------------------------------------------------------------

    def _on_batch(self, number: int, events: list[Event]) -> None:
        job = self._jobs.get(number)
        if job is None:
            return
        lane = self._lane(job)
        for event in events:
            job.builder.feed(event if lane is None else beside_what_is_shown(job, lane, event))
        if lane is None:
            return
        if job.directory is not None:
            self._show_training(job, lane)
        elif "x" in job.builder.trace and len(job.builder.trace["x"]) > 1:
            trace = job.trace = job.builder.trace
            if trace is lane.trace or trace["x"].complete or trace["x"].latest >= self.cursor():
                self._show(lane, trace)

    def _show(self, lane: LaneState, trace: Trace) -> None:
        lane.trace, lane.failure = trace, ""
        self.rows_arrived.emit(lane.key)

    def _show_training(self, job: Job, lane: LaneState) -> None:
        trace = lane.training = job.builder.trace
        newest = min((len(each) for name, each in trace.streams.items() if name.startswith("snapshot/")), default=0) - 1
        if newest > job.shown:
            job.shown = newest
            lane.trace = snapshot(trace, newest)
            self.rows_arrived.emit(lane.key)
        self.training_progress.emit()

    def _on_progress(self, progress: Progress) -> None:
        if (job := self._jobs.get(progress.job)) is not None:
            job.progress = progress
            if job.directory is not None:
                self.training_progress.emit()

    def _on_ended(self, end: JobEnded) -> None:
        job = self._jobs.pop(end.job, None)
        if job is None:
            return
        lane = self._lane(job)
        if job.directory is not None and end.status != "failed":
            if lane is not None:
                lane.failure = ""
            self._learned(job, lane, end)
        elif lane is None:
            pass  # nobody waits for it any more
        elif end.status == "failed":
            self._newer.discard(lane.key)
            lane.failure = end.message
            self.failed.emit(lane.key, end.message)
        elif job.preview and not job.stopping and lane.spec is not None and not self.needs_training(lane):
            if lane.key in self._newer:
                self.sample(lane)
            else:
                self._submit(lane, "sample", job)
        else:
            self._sampled(job, lane, end)
        self._tell_sampling()
        if lane is not None:
            self.session.touch(lane.key)
        self.training_progress.emit()

    def _sampled(self, job: Job, lane: LaneState, end: JobEnded) -> None:
        lane.failure = ""
        self._newer.discard(lane.key)
        if job.stopping and job.trace is not None:  # also where it has not come to the cursor
            self._show(lane, job.trace)
        if job.file is None or job.trace is None:
            return
        if end.unrecorded:
            self.unrecorded.emit(end.unrecorded.replace(str(job.file), "the file"))  # its name is nobody's concern
        else:
            self.files[lane.key] = job.file
            self.recorded.emit(lane.key)

    def _learned(self, job: Job, lane: LaneState | None, end: JobEnded) -> None:
        """Training is over: its weights are known, and its lane samples with them unless it shows something else."""
        assert job.directory is not None  # a training
        weights = str(job.directory / folders.CHECKPOINT)
        if not Path(weights).is_file():  # it was stopped before its first step: there is nothing to keep
            return
        self.weights.learned(weights, job.spec)
        if lane is not None and lane.spec is not None and self.needs_training(lane):
            lane.spec = self.weights.taken_up(lane.spec)
        self.trained.emit(job, end.status, weights)
        if lane is not None and not self.needs_training(lane):
            self.sample(lane)

    def _lane(self, job: Job) -> LaneState | None:
        """The lane that a job runs for, None where it waits for it no longer."""
        return None if job.let_go else next((lane for lane in self.session.lanes if lane.key == job.lane), None)
