"""Which request the engine is asked, without an engine: the first answer, the newest one, and what is dropped."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from weakref import ref

import numpy as np
import pytest
from PyQt6.QtCore import QObject, pyqtSignal

from core import catalog, presets
from core import spec as specs
from core.events import Chunk, RunStarted, StreamDeclared
from core.spec import Part, RunSpec
from workbench.control import runs as module
from workbench.control import undo as undo_module
from workbench.control.runs import PREVIEW, Runs
from workbench.control.undo import Undo
from workbench.engine.commands import JobEnded, Progress
from workbench.model.session import Session


class Engine(QObject):
    """Remembers what it is asked; answers when a test says so."""

    batch = pyqtSignal(int, list)
    progress = pyqtSignal(object)
    ended = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.asked: dict[int, RunSpec] = {}
        self.directories: dict[int, Path | None] = {}
        self.stopped: list[int] = []

    def stop(self, job: int) -> None:
        self.stopped.append(job)

    def submit(
        self, spec: RunSpec, *, replaces: int | None = None, place: Path | None = None, record: Path | None = None
    ) -> int:
        self.asked.pop(replaces or -1, None)
        number = max(self.asked, default=0) + 1
        self.asked[number], self.directories[number] = spec, place
        return number

    def learn(self, number: int) -> None:
        """What a training has from its first step on."""
        directory = self.directories[number]
        assert directory is not None  # a training has one
        directory.mkdir(parents=True)
        (directory / "checkpoint.safetensors").touch()

    def answer(self, number: int, rows: int | None = None) -> None:
        """All rows of a job, or the first few; all of them end it."""
        spec = self.asked[number]
        n = spec.sampler.params["n_steps"] + 1
        t = np.linspace(0, 1, n)[: rows or n]
        declared = StreamDeclared(
            name="x", row_shape=(spec.n_samples, 2), dims=("t", "particle", "xy"), kind="points", columns=("t",),
            capacity=n, static={"data": np.full((spec.n_samples, 2), spec.seed, np.float32)},
        )  # fmt: skip
        data = np.zeros((len(t), spec.n_samples, 2), np.float32)
        self.batch.emit(number, [RunStarted(specs.to_json(spec), {}), declared, Chunk("x", data, {"t": t})])
        if rows is None:
            self.asked.pop(number)
            self.ended.emit(JobEnded(number, "finished"))


@pytest.fixture
def engine(qapp: object) -> Engine:
    return Engine()


@pytest.fixture
def runs(engine: Engine) -> Runs:
    known = catalog.shipped()
    made = Runs(Session(), engine, known)  # type: ignore[arg-type]  # it needs no more of an engine
    spec = RunSpec(
        n_samples=2000, path=Part("linear"), objective=Part("flow-matching"), sampler=Part("euler", {"n_steps": 50}),
        field=Part("network", {"weights": "shipped:swiss-roll-flow"}),
    )  # fmt: skip
    made.adopt(made.session.add(spec))
    made.engine_ready()
    return made


def asked(engine: Engine) -> list[tuple[str, int, int]]:
    return [(spec.action, spec.n_samples, spec.sampler.params["n_steps"]) for spec in engine.asked.values()]


def turn(runs: Runs, steps: int) -> None:
    runs.change(runs.session.lanes[0].key, "sampler.n_steps", steps)


def test_a_few_particles_come_first_and_all_of_them_when_the_knob_rests(engine: Engine, runs: Runs) -> None:
    lane = runs.session.lanes[0]
    turn(runs, 40)
    assert asked(engine) == [("preview", PREVIEW, 40)]
    engine.answer(1)
    assert lane.trace["x"][:].shape == (41, PREVIEW, 2)
    assert asked(engine) == [("sample", 2000, 40)]
    engine.answer(1)
    assert lane.trace["x"][:].shape == (41, 2000, 2)
    assert asked(engine) == []


def test_the_real_points_stay_as_they_are_while_a_few_particles_answer(engine: Engine, runs: Runs) -> None:
    lane = runs.session.lanes[0]
    turn(runs, 40)
    engine.answer(1)
    engine.answer(1)
    shown = lane.trace["x"].static["data"]
    turn(runs, 41)
    engine.answer(1)
    assert lane.trace["x"][:].shape == (42, PREVIEW, 2)
    assert lane.trace["x"].static["data"] is shown, "as many as before, and nothing to draw anew"
    engine.answer(1)
    assert lane.trace["x"].static["data"] is shown
    runs.change(lane.key, "seed", 5)
    engine.answer(1)
    assert np.all(lane.trace["x"].static["data"] == 5), "another seed draws other points"


def test_while_the_knob_moves_only_the_newest_request_waits_for_the_answer_on_its_way(
    engine: Engine, runs: Runs
) -> None:
    for steps in (40, 41, 42, 43):
        turn(runs, steps)
    assert asked(engine) == [("preview", PREVIEW, 40)]
    engine.answer(1)
    assert asked(engine) == [("preview", PREVIEW, 43)]
    engine.answer(1)
    assert asked(engine) == [("sample", 2000, 43)]
    turn(runs, 30)
    assert asked(engine) == [("preview", PREVIEW, 30)], "the run of all particles is dropped at once"


def test_a_slow_answer_gives_way(engine: Engine, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    turn(runs, 900)
    turn(runs, 20)
    assert asked(engine) == [("preview", PREVIEW, 20)]


@pytest.mark.parametrize(("n", "steps"), [(PREVIEW, 50), (2000, 8)])
def test_what_is_quick_anyway_is_asked_whole(engine: Engine, runs: Runs, n: int, steps: int) -> None:
    lane = runs.session.lanes[0]
    lane.spec = lane.spec.replace(n_samples=n)
    turn(runs, steps)
    assert asked(engine) == [("sample", n, steps)]


def test_the_old_picture_stays_until_the_new_one_has_reached_the_cursor(engine: Engine, runs: Runs) -> None:
    lane = runs.session.lanes[0]
    turn(runs, 8)
    engine.answer(1)
    old = lane.trace
    runs.cursor = lambda: 0.5
    turn(runs, 4)
    engine.answer(1, rows=2)
    assert lane.trace is old
    turn(runs, 5)
    engine.answer(1, rows=4)
    assert lane.trace is not old


def test_other_data_ask_for_training_and_nothing_is_sampled(engine: Engine, runs: Runs) -> None:
    lane = runs.session.lanes[0]
    runs.change(lane.key, "data.name", "moons")
    assert asked(engine) == []
    assert runs.misfits(lane) == ["data"]
    runs.change(lane.key, "field.name", "exact")
    assert runs.misfits(lane) == []
    assert asked(engine) == [("preview", PREVIEW, 50)]


def test_points_that_come_late_do_not_take_the_place_of_images(engine: Engine, runs: Runs) -> None:
    lane = runs.session.lanes[0]
    turn(runs, 30)
    runs.change(lane.key, "data.name", "fashion-mnist")  # no weights ship for it
    engine.answer(1)
    assert lane.trace is None
    assert engine.stopped == [1]
    assert runs.sampling == set()


def test_weights_are_those_of_what_they_were_trained_for_in_a_copied_lane_and_after_undo(
    engine: Engine, runs: Runs
) -> None:
    lane = runs.session.lanes[0]
    runs.change(lane.key, "data.name", "moons")
    untrained = lane.spec
    copied = runs.session.duplicate(lane.key)
    assert runs.misfits(copied) == ["data"]
    runs.run()
    engine.learn(1)
    engine.ended.emit(JobEnded(1, "stopped"))
    assert runs.misfits(lane) == []
    learned, lane.spec = lane.spec, untrained  # as undo does
    assert runs.misfits(lane) == ["data"]
    lane.spec = learned  # and redo
    assert runs.misfits(lane) == []


@pytest.mark.parametrize(("field", "value"), [("field.name", "exact"), ("data.name", "moons")])
def test_what_was_learned_is_taken_up_again_where_a_choice_is_taken_back(runs: Runs, field: str, value: str) -> None:
    lane = runs.session.lanes[0]
    first = lane.spec
    section = field.partition(".")[0]
    runs.change(lane.key, field, value)
    runs.change(lane.key, field, getattr(first, section).name)
    assert (lane.spec.field, runs.misfits(lane)) == (first.field, [])


@pytest.mark.parametrize(
    ("field", "value"), [("training.n_steps", 99), ("training.conditional", True), ("optimiser.name", "sgd")]
)
def test_what_a_training_would_make_otherwise_asks_for_one(runs: Runs, field: str, value: object) -> None:
    lane = runs.session.lanes[0]
    runs.change(lane.key, field, value)
    assert runs.misfits(lane) == [field.partition(".")[0]]


def test_undo_holds_the_newest_runs_and_has_older_ones_sampled_again(engine: Engine, runs: Runs, monkeypatch) -> None:
    lane, parent = runs.session.lanes[0], QObject()
    row = 2000 * 2 * 4
    monkeypatch.setattr(undo_module, "MOST_BYTES", (43 + 44 + 45) * row)  # the rows of the last three
    undo = Undo(parent, runs.session, runs, lambda: None)
    held = []
    for n_steps in (40, 41, 42, 43, 44):
        turn(runs, n_steps)
        while engine.asked:  # a few particles, then all
            engine.answer(max(engine.asked))
        held.append(ref(lane.trace))
        undo.record()
    gc.collect()
    assert [trace() is not None for trace in held] == [False, False, True, True, True]
    for n_steps in (43, 42):
        undo.undo()
        assert len(lane.trace["x"]) == n_steps + 1
        assert not engine.asked
    undo.undo()
    assert [spec.sampler.params["n_steps"] for spec in engine.asked.values()] == [41], "the run that went is asked for"
    while engine.asked:
        engine.answer(max(engine.asked))
    assert len(lane.trace["x"]) == 42


def test_what_samples_for_lanes_that_are_gone_is_stopped_and_a_training_goes_on(engine: Engine, runs: Runs) -> None:
    """As when a preset is opened over what is there: the engine's next answer is for what is seen."""
    turn(runs, 40)
    (sampling,) = engine.asked
    runs.session.add(runs.session.lanes[0].spec.replace(field=Part("network")))
    runs.run()
    (training,) = (n for n, spec in engine.asked.items() if spec.action == "train")
    runs.session.clear()
    assert sampling in engine.stopped
    assert training not in engine.stopped
    assert [job.spec.action for job in runs.training] == ["train"]
    assert runs.sampling == set()


def test_a_training_that_was_stopped_before_its_first_step_leaves_the_lane_untrained(
    engine: Engine, runs: Runs
) -> None:
    """Such as one that waited for its turn behind those of other lanes."""
    lane = runs.session.lanes[0]
    runs.change(lane.key, "data.name", "moons")
    runs.run()
    (training,) = engine.asked
    engine.asked.clear()
    engine.ended.emit(JobEnded(training, "stopped"))
    assert runs.misfits(lane) == ["data"]
    assert lane.failure == ""
    assert asked(engine) == []


def test_the_end_of_a_training_leaves_alone_what_was_chosen_meanwhile(engine: Engine, runs: Runs) -> None:
    lane, done = runs.session.lanes[0], []
    runs.trained.connect(lambda _key, status, weights: done.append((status, Path(weights).name)))
    before = lane.spec.field

    def trained_while(meanwhile: str, value: str) -> None:
        time.sleep(0.002)  # the folders of runs are named by the millisecond
        runs.change(lane.key, "path.name", "vp-linear")
        runs.run()
        (training,) = (number for number, spec in engine.asked.items() if spec.action == "train")
        runs.change(lane.key, meanwhile, value)
        engine.learn(training)
        engine.asked.pop(training)
        engine.ended.emit(JobEnded(training, "finished"))

    trained_while("path.name", "linear")
    assert (lane.spec.field, runs.misfits(lane)) == (before, []), "its own weights were taken up again"
    runs.change(lane.key, "path.name", "vp-linear")
    assert runs.misfits(lane) == [], "what was learned meanwhile is known"
    runs.weights._trained.popitem()
    trained_while("field.name", "exact")
    assert lane.spec.field == Part("exact")
    assert done == [("finished", "checkpoint.safetensors")] * 2


def test_a_training_whose_lane_shows_something_else_ends_with_what_it_has(engine: Engine, runs: Runs) -> None:
    lane, told, done = runs.session.lanes[0], [], []
    runs.change(lane.key, "path.name", "vp-linear")
    runs.run()
    (training,) = engine.asked
    wanted = lane.spec
    runs.let_go(lane.key)
    lane.spec = lane.training = None
    assert (engine.stopped, len(runs.training)) == ([training], 1), "it goes on until the engine says that it has ended"
    engine.answer(training, rows=3)
    assert lane.training is None, "what it sends is not for this lane any more"
    runs.trained.connect(lambda job, status, _weights: done.append((job.spec.path.name, status)))
    runs.training_progress.connect(lambda: told.append(len(runs.training)))
    engine.learn(training)
    engine.asked.pop(training)
    engine.ended.emit(JobEnded(training, "stopped"))
    assert told == [0]
    assert done == [("vp-linear", "stopped")]
    lane.spec = wanted
    assert runs.misfits(lane) == ["path"]
    runs.change(lane.key, "seed", 5)
    assert runs.misfits(lane) == [], "what was learned is known"


def test_reset_keeps_what_the_weights_can_do_and_what_all_lanes_share(engine: Engine, runs: Runs) -> None:
    lane = runs.session.lanes[0]
    other = runs.session.add(lane.spec.replace(sampler=Part("heun", {"n_steps": 7})))
    runs.adopt(other)
    trained = lane.spec
    turn(runs, 13)
    runs.change(lane.key, "training.n_steps", 77)
    assert runs.misfits(lane) == runs.misfits(other) == ["training"]
    runs.reset(lane.key)
    assert runs.misfits(lane) == runs.misfits(other) == []
    assert lane.spec.training == other.spec.training == trained.training
    assert lane.spec.sampler == Part("euler")
    assert other.spec.sampler == Part("heun", {"n_steps": 7}), "that is its own"


def test_what_was_learned_goes_with_a_lane_and_comes_back_with_it(engine: Engine, runs: Runs) -> None:
    parent, lane = QObject(), runs.session.lanes[0]
    undo = Undo(parent, runs.session, runs, lambda: None)
    turn(runs, 30)
    while engine.asked:
        engine.answer(max(engine.asked))
    other = runs.session.duplicate(lane.key)
    other.training = lane.trace
    undo.record()
    runs.session.remove(other.key)
    undo.record()
    assert (other.trace, other.training) == (None, None), "what is gone holds nothing"
    undo.undo()
    assert other.training is lane.trace
    undo.redo()
    assert (other.trace, other.training) == (None, None)


def test_what_belongs_to_one_data_set_leaves_lanes_of_another_alone(engine: Engine, runs: Runs) -> None:
    """Points have no classes, and digits beside them are guided all the same."""
    points = runs.session.lanes[0]
    digits = runs.session.add(presets.load_one("mnist-flow"))
    before = points.spec
    runs.change_all({"guidance.name": "cfg", "guidance.scale": 2.0}, "mnist")
    assert digits.spec.guidance == Part("cfg", {"scale": 2.0})
    assert points.spec == before


def test_undo_brings_back_what_a_lane_showed_beside_its_spec(engine: Engine, runs: Runs) -> None:
    parent, first = QObject(), runs.session.lanes[0]
    undo = Undo(parent, runs.session, runs, lambda: None)
    lane = runs.session.add_aspect("real", first.key)
    lane.name, lane.overlays = "Mine", frozenset({"particles"})
    undo.record()
    lane.overlays = frozenset({"trails"})
    runs.session.touch(lane.key)
    undo.record()
    lane.real, lane.aspect, lane.of, lane.name, lane.overlays, lane.spec = False, "run", -1, "", None, first.spec
    undo.record()
    undo.undo()
    assert (lane.real, lane.aspect, lane.of, lane.name, lane.spec) == (True, "real", first.key, "Mine", None)
    assert lane.overlays == {"trails"}
    undo.undo()
    assert lane.overlays == {"particles"}, "a lane's own overlays are a step of their own"


def test_undo_to_a_lane_that_needs_training_takes_the_newer_samples_away(engine: Engine, runs: Runs) -> None:
    parent, lane = QObject(), runs.session.lanes[0]
    undo = Undo(parent, runs.session, runs, lambda: None)
    runs.sample(lane)
    while engine.asked:
        engine.answer(max(engine.asked))
    before = lane.trace
    runs.change(lane.key, "data.name", "moons")
    undo.record()
    assert runs.needs_training(lane)
    runs.change(lane.key, "field.name", "exact")
    (number,) = engine.asked
    engine.answer(number, rows=3)
    undo.record()
    undo.undo()
    assert runs.needs_training(lane)
    assert lane.trace is before, "what was there, and not the samples of the exact field"
    engine.answer(number)
    assert lane.trace is before, "nor what was on its way"
    assert runs.sampling == set()


def test_what_answers_a_knob_soon_is_not_told_and_what_takes_long_is_until_it_ends(
    engine: Engine, runs: Runs, monkeypatch
) -> None:
    told: list[dict[int, tuple[int, int]]] = []
    runs.sampling_progress.connect(
        lambda: told.append({lane: (each.done, each.total) for lane, each in runs.sampling_long.items()})
    )
    for steps in (40, 41, 42):
        turn(runs, steps)
        engine.progress.emit(Progress(max(engine.asked), 10, steps, 100.0))
        engine.answer(max(engine.asked))
        runs._tell_sampling()
    assert told == []
    monkeypatch.setattr(module, "SHORT", 0.0)
    runs._tell_sampling()
    (number,) = engine.asked
    engine.progress.emit(Progress(number, 7, 42, 100.0))
    runs._tell_sampling()
    engine.answer(number)
    assert told == [{0: (0, 42)}, {0: (7, 42)}, {}]


@pytest.mark.parametrize("whole", [False, True])
def test_a_sampling_that_is_stopped_keeps_its_rows_and_asks_for_no_more(
    engine: Engine, runs: Runs, monkeypatch, whole: bool
) -> None:
    lane = runs.session.lanes[0]
    runs.cursor = lambda: 1.0
    turn(runs, 40)
    if whole:
        engine.answer(1)
    runs.stop()
    assert engine.stopped == [], "one that is over soon anyway goes on"
    monkeypatch.setattr(module, "SHORT", 0.0)
    (number,) = engine.asked
    engine.answer(number, rows=5)
    assert lane.trace is None or len(lane.trace["x"]) == 41, "it has not come to the cursor"
    runs.stop()
    assert engine.stopped == [number]
    engine.asked.clear()
    engine.ended.emit(JobEnded(number, "stopped"))
    assert lane.trace["x"][:].shape == (5, 2000 if whole else PREVIEW, 2)
    assert asked(engine) == []
    assert runs.sampling == set()
