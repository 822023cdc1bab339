"""Undo and redo beside an engine that may still be at work: what a lane shows agrees with its set-up."""

from __future__ import annotations

import gc
from weakref import ref

import pytest
from PyQt6.QtCore import QObject

from tests.workbench.answering import Engine, runs_of, turn
from workbench.control import undo as undo_module
from workbench.control.runs import Runs
from workbench.control.undo import Undo
from workbench.engine.commands import JobEnded


@pytest.fixture
def engine(qapp: object) -> Engine:
    return Engine()


@pytest.fixture
def runs(engine: Engine) -> Runs:
    return runs_of(engine)


def answer_all(engine: Engine) -> None:
    """The newest first, as the engine does."""
    while engine.asked:
        engine.answer(max(engine.asked))


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
    answer_all(engine)
    assert len(lane.trace["x"]) == 42


def test_what_was_learned_goes_with_a_lane_and_comes_back_with_it(engine: Engine, runs: Runs) -> None:
    parent, lane = QObject(), runs.session.lanes[0]
    undo = Undo(parent, runs.session, runs, lambda: None)
    turn(runs, 30)
    answer_all(engine)
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


def test_a_lane_that_trained_comes_back_with_what_it_showed_last(engine: Engine, runs: Runs) -> None:
    parent, lane = QObject(), runs.session.lanes[0]
    undo = Undo(parent, runs.session, runs, lambda: None)
    turn(runs, 30)
    answer_all(engine)
    newest, other = lane.trace, runs.session.duplicate(lane.key)
    other.trace = other.training = None
    undo.record()
    other.trace = other.training = newest  # rows of a training come without a word
    runs.session.remove(other.key)
    undo.record()
    undo.undo()
    assert other.trace is newest
    assert other.training is newest


def test_why_a_training_failed_goes_with_what_was_to_be_trained(engine: Engine, runs: Runs) -> None:
    parent, lane = QObject(), runs.session.lanes[0]
    undo = Undo(parent, runs.session, runs, lambda: None)
    runs.sample(lane)
    answer_all(engine)
    undo.record()
    runs.change(lane.key, "data.name", "moons")
    runs.run()
    engine.ended.emit(JobEnded(max(engine.asked), "failed", "The disk is full."))
    assert lane.failure == "The disk is full."
    undo.undo()
    assert (lane.spec.data.name, lane.failure) == ("swiss-roll", ""), "its samples are shown, and nothing over them"


def test_what_is_done_after_an_undo_is_not_gone_over_by_a_quick_redo(engine: Engine, runs: Runs) -> None:
    parent, view = QObject(), runs.session.view
    undo = Undo(parent, runs.session, runs, lambda: None)
    undo.record()
    view.equations = True
    undo.undo()
    view.linked = False
    undo.redo()
    assert (view.equations, view.linked) == (False, False)


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
    answer_all(engine)
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
