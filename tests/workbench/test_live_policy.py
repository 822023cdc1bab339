"""Which request the engine is asked, without an engine: the first answer, the newest one, and what is dropped."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from core import presets
from core.events import RunFinished
from core.spec import Part
from tests.workbench.answering import Engine, asked, runs_of, turn
from workbench.control import runs as module
from workbench.control.runs import PREVIEW, Runs
from workbench.engine.commands import JobEnded, Progress
from workbench.views.lane2d import what_became


@pytest.fixture
def engine(qapp: object) -> Engine:
    return Engine()


@pytest.fixture
def runs(engine: Engine) -> Runs:
    return runs_of(engine)


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


def test_what_belongs_to_one_data_set_leaves_lanes_of_another_alone(engine: Engine, runs: Runs) -> None:
    """Points have no classes, and digits beside them are guided all the same."""
    points = runs.session.lanes[0]
    digits = runs.session.add(presets.load_one("mnist-flow"))
    before = points.spec
    runs.change_all({"guidance.name": "cfg", "guidance.scale": 2.0}, "mnist")
    assert digits.spec.guidance == Part("cfg", {"scale": 2.0})
    assert points.spec == before


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


def test_a_run_with_something_to_say_is_recorded_and_its_lane_says_it(
    engine: Engine, runs: Runs, tmp_path: Path
) -> None:
    lane, unrecorded, words = runs.session.lanes[0], list[str](), "2 of 4 particles end as NaN or infinity. Try steps."
    runs.record = lambda spec: tmp_path / "run.h5"
    runs.unrecorded.connect(unrecorded.append)
    turn(runs, 40)
    engine.answer(1)
    ((number, spec),) = engine.asked.items()
    engine.answer(number, rows=spec.sampler.params["n_steps"] + 1)
    engine.batch.emit(number, [RunFinished("finished", words)])
    engine.ended.emit(JobEnded(number, "finished", words))
    assert runs.files == {lane.key: tmp_path / "run.h5"}
    assert unrecorded == []
    assert lane.failure == ""
    assert what_became(lane.trace) == ("2 of 4 particles end as NaN or infinity", "Try steps")


def test_why_a_run_is_not_recorded_is_said_without_the_name_of_its_file(
    engine: Engine, runs: Runs, tmp_path: Path
) -> None:
    unrecorded, file = list[str](), tmp_path / "run.h5"
    runs.record = lambda spec: file
    runs.unrecorded.connect(unrecorded.append)
    turn(runs, 40)
    engine.answer(1)
    ((number, spec),) = engine.asked.items()
    engine.answer(number, rows=spec.sampler.params["n_steps"] + 1)
    engine.ended.emit(JobEnded(number, "finished", unrecorded=f"{file} cannot be written: its disk is full."))
    assert unrecorded == ["the file cannot be written: its disk is full."]
