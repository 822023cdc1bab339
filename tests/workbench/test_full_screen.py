"""The full screen: lanes in type that is measured from the last row, and the large time line."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtGui import QFontMetricsF, QImage
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QLabel

from workbench.app import App
from workbench.painters import fonts

LEAST_PX, CONTRAST = 22, 4.5
_DOT = 6
"""Rows between a dot and its letter, at most."""


def lines_of_text(shot: np.ndarray) -> list[tuple[int, float]]:
    """Height in pixels and contrast of each line of ink on a ground of one colour (WCAG 2.2, relative luminance)."""
    linear = np.where(shot <= 0.04045, shot / 12.92, ((shot + 0.055) / 1.055) ** 2.4)
    light = linear @ [0.2126, 0.7152, 0.0722]
    values, counts = np.unique(light.round(6), return_counts=True)
    ground = values[counts.argmax()]
    contrast = (np.maximum(light, ground) + 0.05) / (np.minimum(light, ground) + 0.05)
    inked = (contrast > 1.6).any(axis=1)
    for row in np.flatnonzero(inked[:-1] & ~inked[1:]):  # the dot of an i belongs to its line
        inked[row : row + _DOT] |= inked[row : row + _DOT + 1].any() and inked[row + 1 : row + _DOT + 1].any()
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inked, [False]]).astype(int)))
    return [(int(end - start), float(contrast[start:end].max())) for start, end in edges.reshape(-1, 2)]


def crop(app: App, shot: QImage, widget, area: QRect) -> np.ndarray:
    area = area.translated(widget.mapTo(app.window, QPoint(0, 0)))
    image = shot.copy(area).convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits().asstring(image.sizeInBytes()), np.uint8)
    return rows.reshape(image.height(), image.bytesPerLine())[:, : 3 * image.width()].reshape(
        image.height(), image.width(), 3
    ) / 255.0  # fmt: skip


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_full_screen_hides_the_bars_and_is_read_from_afar(qtbot, started, theme: str) -> None:
    app = started()
    app.session.view.theme = theme
    QTest.keyClick(app.window, Qt.Key.Key_F11)
    app.window.setGeometry(0, 0, 1280, 720)
    app.playhead.seek(0.76)
    qtbot.waitUntil(lambda: len(app.controller.scenes.shown) == 3 and app.controller.lanes.width() > 1200)
    assert not [each.text() for each in app.window.findChildren(QLabel) if each.isVisible() and each.text()]
    bars = (
        app.window.top,
        app.window.rail,
        app.window.status,
        app.window.overlays,
        app.window.transport,
        app.window.charts,
    )
    assert not [bar for bar in bars if bar.isVisible()]
    capital = fonts.fixed(LEAST_PX)
    least = int(QFontMetricsF(capital).capHeight()) - 1  # what a line of 22 px type is high, without its air
    texts = []
    for big in app.controller.lanes._big[:3]:
        texts.append((big.head, QRect(34, 4, big.head.width() - 38, big.head.height() - 8)))
    line = app.window.big_bar.line
    texts += [(line, QRect(0, 0, 80, line.height())), (line, QRect(line.width() - 130, 0, 130, line.height()))]
    shot = app.window.grab().toImage()
    for widget, area in texts:
        lines = lines_of_text(crop(app, shot, widget, area))
        assert lines, widget
        assert min(height for height, _ in lines) >= least, (widget, lines)
        assert min(contrast for _, contrast in lines) >= CONTRAST, (widget, lines)
    QTest.keyClick(app.window, Qt.Key.Key_Escape)
    assert app.window.top.isVisible()
    assert app.controller.lanes._headers[0].isVisible()


@pytest.mark.parametrize(
    ("axis", "words"),
    [("t", "t = 0.6"), ("1-t", "1 − t = 0.39"), ("sigma", "σ = 0."), ("log-snr", "log-SNR = −"), ("ddpm", "DDPM step "),
     ("nfe", "NFE ")],
)  # fmt: skip
def test_the_large_time_line_is_dragged_and_reads_time_as_the_slider_does(qtbot, started, axis, words) -> None:
    app = started()
    app.playhead.set_axis(axis)
    app.controller.actions["full-screen"].trigger()
    line = app.window.big_bar.line
    place = QPoint(round(line.x_of(0.602)), line.height() // 2)
    qtbot.mousePress(line, Qt.MouseButton.LeftButton, pos=place)
    assert app.playhead.t == pytest.approx(0.602, abs=0.01)
    assert line.x_of(app.playhead.t) == pytest.approx(place.x(), abs=1)
    assert line.words(app.playhead.t).startswith(words)
    assert app.window.transport.time.text() in line.words(app.playhead.t) or axis == "t"
    app.controller.actions["library"].trigger()
    assert app.window.place == "library"
    assert app.window.rail.isVisible()
