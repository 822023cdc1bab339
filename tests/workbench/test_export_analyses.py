"""What an export shows beside what traces recorded: the exact field and errors, computed where nobody has yet."""

from __future__ import annotations

import os
import re

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from core import registry
from core.spec import Part, RunSpec
from core.trace import open_trace, save
from tests.workbench.test_export import TRACES, order
from tests.workbench.trained import training_file
from workbench import folders
from workbench.export import scenes as export_scenes
from workbench.export.job import film_of, make
from workbench.export.known import Analyst
from workbench.painters.paper.page import Rows
from workbench.views.marks import Arrows, Heat
from workbench.views.theme import DARK


def test_the_exact_field_and_the_error_are_computed_drawn_and_kept(qapp, tmp_path) -> None:
    """Where the learned field is right the map is blue; the scale beside it ends in yellow; arrows add their colour."""
    told: list[str] = []

    def picture(name: str, **more: object) -> NDArray[np.int64]:
        bare = ["particles", "trails", "field", "real"]
        make(order(tmp_path / name, at=0.5, width=400, height=400, hidden=bare, **more), tell=told.append)
        return np.asarray(Image.open(tmp_path / name).convert("RGB")).astype(int)

    plain, error = picture("plain.png"), picture("error.png", more=["error"])
    assert told == ["computing the error map of swiss-roll-flow.h5"]
    both = picture("both.png", more=["error", "exact"])
    assert told[1:] == ["computing the exact field of swiss-roll-flow.h5"]
    again = picture("again.png", more=["error", "exact"])
    assert len(told) == 2
    assert np.array_equal(again, both)
    middle = np.s_[120:280, 120:280]
    blue = error[middle][..., 2] - error[middle][..., 0]
    assert np.median(blue) > 40 > np.median(plain[middle][..., 2] - plain[middle][..., 0])
    bar = error[-140:-60, -230:]  # above the foot, at the right
    assert ((bar[..., :2].min(axis=2) > 190) & (bar[..., 2] < 90)).sum() > 40
    exact = np.array([int(DARK.methods["exact"][i : i + 2], 16) for i in (1, 3, 5)])
    nearer = np.abs(both - exact).sum(axis=2) < np.abs(error - exact).sum(axis=2)
    drawn = (both != error).any(axis=2)
    assert drawn.mean() > 0.01
    assert nearer[drawn].mean() > 0.9


def test_maps_and_arrows_of_a_film_over_training_have_one_scale(qapp, tmp_path) -> None:
    """A network with hardly any training errs more than a trained one: scales of their own would hide it."""
    given = {"traces": [str(training_file(tmp_path))], "over": "training", "more": ["error", "density"]}
    reel = film_of(order(tmp_path / "film.gif", **given)).reel
    assert isinstance(reel, export_scenes.Training)
    assert len(reel.steps) >= 3

    def tops(rows: Rows) -> dict[str, float]:
        return {mark.overlay: mark.top for row in rows for lane in row for mark in lane.marks if isinstance(mark, Heat)}

    shown = [tops(reel.rows(part)) for part in range(len(reel.steps))]
    alone = [tops(reel.choice.rows(step)) for step in reel.steps]
    assert len({top["error"] for top in alone}) > 1
    assert shown == [{name: max(top[name] for top in alone) for name in ("density", "error")}] * len(reel.steps)

    def longest(rows: Rows) -> list[float]:
        return [mark.full_length_at for lane in rows[0] for mark in lane.marks if isinstance(mark, Arrows)]

    last = longest(reel.choice.rows(reel.steps[-1]))
    assert longest(reel.choice.rows(reel.steps[0])) != last
    assert [longest(reel.rows(part)) for part in range(len(reel.steps))] == [last] * len(reel.steps)


def test_an_analysis_that_fails_is_told_and_one_that_nobody_waits_for_is_ended(qapp, tmp_path) -> None:
    trace = open_trace(TRACES[1])
    gone = Part("network", {"weights": str(tmp_path / "gone.safetensors")})
    trace.spec, trace.source = trace.spec.replace(field=gone), None
    trace.meta = {name: value for name, value in trace.meta.items() if name != "weights_sha256"}  # as old files have it
    save(trace, tmp_path / "run.h5")
    asked = order(tmp_path / "moment.png", traces=[str(tmp_path / "run.h5")], at=0.5, more=["error"])
    told: list[str] = []
    (lane,) = film_of(asked, told.append).reel.rows(0)[0]
    assert re.search(r"The error map of run.h5 cannot be computed: .*gone\.safetensors", told[1])
    assert lane.notes == ("The error map could not be computed",)

    class Enough(Exception):
        pass

    def stop() -> None:
        raise Enough

    with pytest.raises(Enough):
        film_of(asked, alive=stop)
    assert list((folders.home() / "derived").iterdir()) == []


def test_a_process_that_ended_is_told_and_another_one_makes_the_next(tmp_path, monkeypatch) -> None:
    (tmp_path / "chatty.py").write_text('print("loaded")\n')
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv(registry.PLUGINS_VARIABLE, "chatty")
    file = tmp_path / "exact.h5"
    spec = RunSpec(action="exact-field", n_samples=8, sampler=Part("euler", {"n_steps": 2}))
    with Analyst(lambda: None) as analyst:
        analyst._started().kill()
        assert analyst.make(spec, file) == "its process ended."
        assert analyst.make(spec.replace(seed=-1), file).startswith("seed")
        assert analyst.make(spec, file) == ""
    made = open_trace(file)
    assert made.status == "finished"
    made.close()
