"""Charts as they are drawn: curves, glyphs, axes and names, and that a moving cursor draws no curve again."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import QRect
from PyQt6.QtGui import QColor, QImage
from PyQt6.QtWidgets import QApplication, QMenu

import resources
from tests.workbench.test_charts import sampling_charts, shifted, trace_of, training_charts, training_of
from workbench.painters.bits import pixels
from workbench.views.chart.chart_table import TABLE, ChartKind
from workbench.views.chart.charts import Chart
from workbench.views.theme import DARK, THEMES
from workbench.widgets.charts import ChartsStrip
from workbench.widgets.chip import TitleMenu


@pytest.fixture
def strip(qtbot) -> ChartsStrip:
    made = ChartsStrip()
    qtbot.addWidget(made)
    made.resize(900, 160)
    x, data = shifted()
    lanes = [("diffusion", trace_of(2 * x, np.linspace(0, 1, 11), data))]
    made.set_charts(sampling_charts(lanes), DARK)
    made.show()
    qtbot.waitExposed(made)
    return made


def picture(strip: ChartsStrip) -> QImage:
    """The strip as it is once its layout has settled."""
    QApplication.processEvents()
    return strip.grab().toImage()


def count(image: QImage, colour: str) -> int:
    """Pixels that are nearly of that colour: thin lines are smoothed at their sides."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    bits = image.constBits().asarray(image.sizeInBytes())
    pixels = np.array(bits).reshape(image.height(), -1)[:, : 3 * image.width()].reshape(-1, 3)
    return int((np.abs(pixels.astype(int) - QColor(colour).getRgb()[:3]).max(axis=1) < 40).sum())


def ink(image: QImage) -> float:
    """How much of the colour of flow matching there is."""
    above = pixels(image.convertToFormat(QImage.Format.Format_RGB32))[..., 0].astype(float) - QColor(DARK.panel).blue()
    return float((above - 30).clip(0).sum())  # the grid is darker


TWICE = np.full((3, 16), 2.0)
"""A held-out loss that is twice the loss."""


def test_curves_glyph_and_cursor_are_drawn(strip) -> None:
    strip.set_cursor(0.5)
    image = picture(strip)
    assert count(image, DARK.methods["diffusion"]) > 100
    assert count(image, DARK.t1) > 100


def test_a_moving_cursor_draws_no_curve_again(strip, monkeypatch) -> None:
    from workbench.painters.charts import ChartPlot

    picture(strip)
    drawn: list[object] = []
    monkeypatch.setattr(ChartPlot, "_draw_curves", lambda *args: drawn.append(args))
    images = []
    for t in (0.2, 0.8):
        strip.set_cursor(t)
        images.append(picture(strip))
    assert drawn == []
    assert images[0] != images[1]


def test_only_charts_that_are_given_are_shown_in_either_theme(strip) -> None:
    for theme in THEMES.values():
        strip.set_charts(training_charts([("flow", training_of(np.ones(50), np.ones(2)))]), theme)
        assert [cell.isVisible() for cell in strip._cells] == [True, True, False]
        strip.set_step(20)
        assert count(picture(strip), theme.methods["flow"]) > 50


def test_a_method_that_is_behind_shows_where_it_is(strip) -> None:
    lanes = [("flow", training_of(np.ones(n), np.ones(2), n_steps=100)) for n in (80, 30)]
    strip.set_charts(training_charts([lanes[0], ("diffusion", lanes[1][1])]), DARK)
    strip.set_step(80)
    ahead = count(picture(strip), DARK.methods["diffusion"])
    strip.set_step(-1)  # before every curve: no glyphs
    assert ahead > count(picture(strip), DARK.methods["diffusion"]) + 50


def test_the_cursor_stands_no_further_than_what_is_measured(qtbot) -> None:
    from workbench.painters.charts import ChartPlot

    curve = training_charts([("flow", training_of(np.ones(80), np.ones(2), n_steps=100))])[0].curves[0]
    plot = ChartPlot()
    qtbot.addWidget(plot)
    plot.resize(300, 100)
    plot.show_chart(
        Chart(
            "error", "", "", (replace(curve, x=np.array([0.0, 40.0]), y=np.ones(2), raw=None),), over_steps=True, end=80
        ),
        DARK,
    )
    seen = []
    for step in (40.0, 80.0, 30.0):
        plot.set_cursor(step)
        seen.append(plot.grab().toImage())
    assert seen[0] == seen[1] != seen[2]


def test_the_line_of_the_cursor_leaves_the_words_at_a_curves_end_readable(qtbot, large_type) -> None:
    from workbench.painters.charts import ChartPlot

    x, data = shifted()
    curve = sampling_charts([("flow", trace_of(x, np.linspace(0, 1, 11), data))])[2].curves[0]
    plot = ChartPlot()
    qtbot.addWidget(plot)
    plot.resize(160, 120)
    drawn = {}
    for name in ("", "S 3.38 of all"):
        plot.show_chart(Chart("straightness", "", "", (replace(curve, name=name, y=curve.x),)), DARK)
        for t in (0.8, None):
            plot.set_cursor(t)
            drawn[name, t] = pixels(plot.grab().toImage().convertToFormat(QImage.Format.Format_RGB32))[..., :3]
    assert plot._inside
    line = (np.abs(drawn["", 0.8].astype(int) - drawn["", None]).max(axis=2) > 100).sum(axis=0).argmax()
    letters = (drawn["S 3.38 of all", None] != drawn["", None]).any(axis=2)
    rows = np.flatnonzero(letters.any(axis=1))
    assert letters[:, line].any(), "the line passes where the words stand"
    with_line, without = (drawn["S 3.38 of all", t][rows[0] : rows[-1], line] for t in (0.8, None))
    np.testing.assert_array_equal(with_line, without)


def test_names_that_would_cover_a_small_chart_are_in_its_tool_tip(qtbot, large_type) -> None:
    x, data = shifted()
    one = sampling_charts([("flow", trace_of(x, np.linspace(0, 1, 11), data))])[2].curves[0]
    names = ("DDIM 8", "DPM-Solver-2, 4 steps", "Euler 8", "Heun 4")
    curves = tuple(replace(one, name=name, y=one.x, variant=i % 2) for i, name in enumerate(names))
    strip = ChartsStrip()
    qtbot.addWidget(strip)
    strip.resize(260, 160)
    chart = Chart("speed", "Mean speed", "", curves)
    strip.set_charts([chart], DARK)
    strip.show()
    (cell,) = strip._cells
    small = picture(strip)
    strip.set_charts([replace(chart, curves=tuple(replace(curve, name="") for curve in curves))], DARK)
    assert picture(strip) == small
    strip.set_charts([chart], DARK)
    assert cell.toolTip() == "DDIM 8: solid\nDPM-Solver-2, 4 steps: dashed\nEuler 8: solid\nHeun 4: dashed"
    strip.resize(900, 160)  # with room for all of them beside the curves
    large = picture(strip)
    strip.set_charts([replace(chart, curves=tuple(replace(curve, name="") for curve in curves))], DARK)
    assert picture(strip) != large


def test_the_held_out_loss_is_thinner_and_named(strip) -> None:
    strip.set_charts(training_charts([("flow", training_of(np.ones(50), np.ones(2), held_out=TWICE))])[:1], DARK)
    strip.set_step(-1)
    image = picture(strip)
    loss, held_out = (ink(image.copy(250, top, 100, 30)) for top in (105, 40))
    assert loss > 1.5 * held_out > 0
    assert count(image.copy(800, 30, 100, 50), DARK.methods["flow"]) > 30, "its name"
    assert count(image.copy(800, 80, 100, 50), DARK.methods["flow"]) == 0


def test_empty_charts_say_so(strip) -> None:
    full = picture(strip)
    strip.set_charts(sampling_charts([]), DARK)
    assert count(picture(strip), DARK.t3) > count(full, DARK.t3)


def test_the_title_is_a_menu_of_all_charts(strip) -> None:
    asked: list[tuple[int, str]] = []
    strip.chosen.connect(lambda place, key: asked.append((place, key)))
    menu = strip._cells[1]._title.menu()
    *titles, line, save = menu.actions()
    assert [action.text() for action in titles] == [kind.title for kind in TABLE.values()]
    assert (line.isSeparator(), save.text(), save.isEnabled()) == (True, "Save chart…", True)
    assert [action.text() for action in menu.actions() if action.isChecked()] == ["Noise left"]
    next(action for action in menu.actions() if action.text() == "Straightness").trigger()
    assert asked == [(1, "straightness")]


def test_pyqtgraph_leaves_the_exception_hook_alone() -> None:
    code = "import sys; hook = sys.excepthook; import workbench.painters.charts; assert sys.excepthook is hook"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=resources.path("..").resolve())


@pytest.mark.parametrize(
    ("low", "high", "least", "expected"),
    [
        (0, 1, 4, [0, 0.25, 0.5, 0.75, 1]),
        (0, 1, 2, [0, 0.5, 1]),
        (0, 5000, 4, [0, 1000, 2000, 3000, 4000, 5000]),
        (-0.3, 0.9, 2, [0, 0.5]),
    ],
)
def test_ticks_are_round_numbers(low: float, high: float, least: int, expected: list[float]) -> None:
    from workbench.painters.charts import steps

    np.testing.assert_allclose(steps(low, high, least), expected, atol=1e-12)


@pytest.mark.parametrize("span", [0.05, 0.4, 0.9, 1.2, 2.5, 6.0])
@pytest.mark.parametrize("low", [-3.3, -0.2, 0.1])
def test_a_logarithmic_axis_has_numbers(low: float, span: float) -> None:
    from workbench.painters.charts import decades

    ticks = decades(low, low + span)
    assert 1 <= len(ticks) <= 9
    for place, text in ticks:
        assert float(text.replace("−", "-")) == pytest.approx(10.0**place)


def test_names_at_curve_ends_stay_in_order_apart_and_inside() -> None:
    from workbench.painters.charts import apart

    rng = np.random.default_rng(3)
    for _ in range(50):
        places = rng.uniform(0, 100, size=4)
        moved = np.array(apart(list(places), 14, 100))
        assert (np.argsort(moved) == np.argsort(places)).all()
        assert np.diff(np.sort(moved)).min() >= 14 - 1e-9
        assert moved.max() <= 100


def test_a_long_title_ends_before_its_arrow(qapp: QApplication) -> None:
    menu = TitleMenu("Chart", QMenu())
    menu.resize(90, 20)
    arrows = []
    for title in ("", "Velocity error over t"):
        menu.show_title(title, DARK)
        arrows.append(menu.grab(QRect(70, 0, 20, 20)).toImage())
    assert arrows[0] == arrows[1]


@pytest.mark.parametrize("kind", TABLE.values(), ids=lambda kind: kind.key)
def test_a_title_that_has_room_is_whole(qapp: QApplication, kind: ChartKind) -> None:
    menu, pictures = TitleMenu("Chart", QMenu()), []
    menu.show_title(kind.title, DARK)
    hint = menu.sizeHint()
    for more in (0, 100):
        menu.resize(hint.width() + more, 20)
        pictures.append(menu.grab(QRect(0, 0, hint.width() - 14, 20)).toImage())
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("width", [110, 130, 180, 300, 900])
@pytest.mark.parametrize("name", ["S 3.38", "DDIM 50, exact field of these points"])
def test_names_leave_their_curves_room(qtbot, width: int, name: str) -> None:
    from workbench.painters.charts import ChartPlot

    x, data = shifted()
    curve = sampling_charts([("flow", trace_of(x, np.linspace(0, 1, 11), data))])[2].curves[0]
    plot = ChartPlot()
    qtbot.addWidget(plot)
    plot.resize(width, 100)
    areas, inks = [], []
    for each in ("", name):
        plot.show_chart(Chart("speed", "", "", (replace(curve, name=each),)), DARK)
        inks.append(ink(plot.grab().toImage()))
        areas.append(plot._area().width())
    assert areas[1] >= min(0.6 * areas[0], 100), "most of what there is without the name"
    assert inks[1] > inks[0], "it is there"
