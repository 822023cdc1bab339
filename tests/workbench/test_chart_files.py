"""Charts as files: pictures that show what the window shows, and the numbers of their curves."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtGui import QColor, QImage, QPainter
from PyQt6.QtSvg import QSvgRenderer
from PyQt6.QtWidgets import QFileDialog

from core.errors import FlowscopeError
from tests.workbench.opened import lanes, opened
from tests.workbench.test_charts import shifted, trace_of, training_of
from tests.workbench.test_charts_drawn import count
from workbench.export.stills import write_chart
from workbench.painters.bits import pixels
from workbench.painters.chart_page import ChartPage
from workbench.painters.keys import Key
from workbench.views.chart.chart_table import chart
from workbench.views.chart.charts import Subject
from workbench.views.marks import Method
from workbench.views.theme import DARK, LIGHT, THEMES, Theme

KEYS = [
    Key("flow", 0, "Flow matching", "Euler 10, linear path"),
    Key("flow", 1, "Flow matching", "Heun 5, linear path"),
    Key("diffusion", 0, "Diffusion", "DDIM 10, VP path"),
]
METHODS: tuple[Method, ...] = ("flow", "flow", "diffusion")


def page(key: str, theme: Theme = DARK) -> ChartPage:
    """Two lanes of flow matching, the second without a run, and one of diffusion whose particles stand farther out."""
    x, data = shifted()
    runs = (trace_of(x, np.linspace(0, 1, 11), data), None, trace_of(2 * x, np.linspace(0, 1, 11), data))
    return ChartPage(chart(key, [Subject(*each) for each in zip(METHODS, runs, strict=True)]), KEYS, theme)


def drawn(svg: Path) -> QImage:
    """What a viewer shows."""
    image = QImage(960, 540, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    QSvgRenderer(str(svg)).render(painter)
    painter.end()
    return image


def ink(image: QImage, left: int, top: int, right: int, bottom: int, theme: Theme) -> int:
    """How many pixels of a part of an image are not the ground."""
    part = image.copy(left, top, right - left, bottom - top)
    return part.width() * part.height() - count(part, theme.panel)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_a_picture_holds_title_curves_and_the_keys_of_lanes_that_have_one(qapp, tmp_path, theme: Theme) -> None:
    write_chart(page("speed", theme), 0.5, tmp_path / "new" / "speed.png")
    image = QImage(str(tmp_path / "new" / "speed.png"))
    assert (image.width(), image.height()) == (1920, 1080)
    assert image.pixelColor(1919, 1079) == QColor(theme.panel)
    for method in ("flow", "diffusion"):
        assert count(image.copy(0, 200, 1920, 880), theme.methods[method]) > 3000, "its curve"
    left, right = (image.copy(at, 72, 960, 96) for at in (0, 960))
    assert [count(part, theme.methods["flow"]) > 100 for part in (left, right)] == [True, False]
    assert [count(part, theme.methods["diffusion"]) > 100 for part in (left, right)] == [False, True]
    moved = cursor(page("speed", theme).paint(0.9), theme) - cursor(image, theme)
    assert moved == pytest.approx(0.4 * 1750, rel=0.05)


def cursor(image: QImage, theme: Theme) -> int:
    """The column in which most has the colour of the cursor."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    colour = np.array(QColor(theme.t1).getRgb()[2::-1])
    return int((np.abs(pixels(image)[200:, :, :3].astype(int) - colour).max(axis=2) < 20).sum(axis=0).argmax())


def test_svg_and_pdf_hold_lines_and_text_alone(qapp, tmp_path) -> None:
    for name in ("distance.svg", "distance.pdf"):
        write_chart(page("distance"), 0.5, tmp_path / name)
    svg = (tmp_path / "distance.svg").read_text()
    for words in ("Distance to data", "sliced Wasserstein, log, over t", "Flow matching", "DDIM 10, VP path", "0.25"):
        assert f">{words}</text>" in svg
    assert "Heun 5" not in svg
    assert "<image" not in svg
    pdf = (tmp_path / "distance.pdf").read_bytes()
    assert b"Inter" in pdf
    assert b"/Subtype /Image" not in pdf
    painted = page("distance").paint(0.5).scaled(960, 540)
    for method in ("flow", "diffusion"):
        wanted = count(painted, DARK.methods[method])
        assert count(drawn(tmp_path / "distance.svg"), DARK.methods[method]) == pytest.approx(wanted, rel=0.2)


def test_raw_values_that_leap_out_stay_on_the_plot_where_nothing_cuts_them(qapp, tmp_path) -> None:
    loss = np.where(np.arange(500) % 50 == 49, 1e6, 1.0) * np.linspace(1, 0.5, 500)
    training = training_of(loss, np.ones(2), held_out=np.full((5, 16), 2.0), status="finished")
    shown = chart("loss", [Subject("flow", training=training)])
    write_chart(ChartPage(shown, KEYS[:1], LIGHT), 100.0, tmp_path / "loss.svg")
    image = drawn(tmp_path / "loss.svg")
    assert ink(image, 500, 0, 960, 92, LIGHT) == 0
    assert ink(image, 60, 100, 900, 500, LIGHT) > 1000
    assert "<image" not in (tmp_path / "loss.svg").read_text(), "the dots of the held-out loss are shapes"


def table(file: Path) -> list[list[str]]:
    return list(csv.reader(file.read_text(encoding="utf-8").splitlines()))


def test_the_table_holds_what_the_curves_hold(qapp, tmp_path) -> None:
    write_chart(page("noise"), 0.5, tmp_path / "noise.csv")
    rows = table(tmp_path / "noise.csv")
    assert rows[0] == ["lane", "curve", "t", "value"]
    assert {row[0] for row in rows[1:]} == {KEYS[0].words, KEYS[2].words}
    t, sigma = np.array([row[2:] for row in rows[1:]], float).T
    np.testing.assert_allclose(t, [*np.linspace(0, 1, 11)] * 2, atol=1e-9)
    np.testing.assert_allclose(sigma, 1 - t, atol=1e-9)
    loss = np.linspace(2.0, 1.0, 30)
    training = training_of(loss, np.ones(2), held_out=np.full((3, 16), 1.5))
    shown = ChartPage(chart("loss", [Subject("flow", training=training)]), KEYS, DARK)
    write_chart(shown, 0.0, tmp_path / "loss.csv")
    rows = table(tmp_path / "loss.csv")
    assert rows[0] == ["lane", "curve", "step", "value", "raw"]
    np.testing.assert_allclose([float(row[4]) for row in rows[1:31]], loss, rtol=1e-6)
    assert [row[1:] for row in rows[31:]] == [["held-out", step, "1.5"] for step in ("0", "15", "30")]


def test_a_name_that_ends_in_something_else_or_cannot_be_written_leaves_nothing(qapp, tmp_path) -> None:
    with pytest.raises(FlowscopeError, match=r"must end in \.png, \.svg, \.pdf or \.csv. Given a\.jpg"):
        write_chart(page("noise"), 0.5, tmp_path / "a.jpg")
    (tmp_path / "file").write_text("")
    for name in ("a.png", "a.svg", "a.csv"):
        with pytest.raises(FlowscopeError, match="cannot be written"):
            write_chart(page("noise"), 0.5, tmp_path / "file" / name)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_menu_of_a_chart_saves_it_as_the_window_shows_it(qtbot, tmp_path) -> None:
    with opened(qtbot) as app:
        strip = app.controller.charts
        qtbot.waitUntil(lambda: len(strip._charts) == 3, timeout=10_000)
        app.controller.actions["theme"].trigger()
        app.playhead.seek(0.5)
        qtbot.waitUntil(lambda: strip._theme is LIGHT)
        strip._cells[1]._title.menu().actions()[-1].trigger()
        (dialog,) = app.window.findChildren(QFileDialog)
        assert "SVG (*.svg)" in dialog.nameFilters()
        dialog.selectNameFilter("SVG (*.svg)")
        dialog.filterSelected.emit("SVG (*.svg)")
        assert dialog.defaultSuffix() == "svg"
        dialog.fileSelected.emit(str(tmp_path / "mine.svg"))
        assert app.window.toast.text.startswith("Exported mine.svg")
        svg = (tmp_path / "mine.svg").read_text()
        for lane in lanes(app):
            assert f">{lane.trace.meta['method_title']}</text>" in svg
        assert ">Noise left</text>" in svg
        assert ink(drawn(tmp_path / "mine.svg"), 60, 100, 900, 500, LIGHT) > 1000
        dialog.fileSelected.emit(str(tmp_path / "mine.jpg"))
        dialog.reject()
    assert [path.name for path in tmp_path.glob("mine*")] == ["mine.svg"]
