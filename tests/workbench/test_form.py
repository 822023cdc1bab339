"""The set-up form as a person meets it: values in, changes out, mistakes named and mended at their row."""

from __future__ import annotations

from typing import Any

import pytest
from PyQt6.QtCore import QPoint, QPointF, QRect, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from core import catalog, presets
from core.spec import RunSpec
from workbench.model import setup
from workbench.model.setup import Row, Section
from workbench.painters import fonts
from workbench.views.theme import THEMES, Theme
from workbench.widgets.setup.form import Form, widget_for
from workbench.widgets.setup.form_rows import ChoiceRow, RowWidget, SegmentRow, number
from workbench.widgets.setup.number_row import NumberRow
from workbench.widgets.style import stylesheet

CATALOG = catalog.shipped()
DARK = THEMES["dark"]


class Bench:
    """A form joined to a spec as the application joins it."""

    def __init__(self, preset: str) -> None:
        self.spec: RunSpec = presets.load_one(preset)
        self.changes: list[tuple[str, Any]] = []
        self.form = Form()
        self.form.retheme(DARK)
        self.form.changed.connect(self._change)
        self.show()

    def show(self) -> None:
        self.form.show_sections(setup.sections(CATALOG, self.spec, ["cpu"]))

    def _change(self, field: str, value: Any) -> None:
        self.changes.append((field, value))
        self.spec = setup.set_value(CATALOG, self.spec, field, value)
        self.show()

    def control(self, field: str, kind: type[QWidget]) -> Any:
        return self.form.rows[field].findChild(kind)

    def type_into(self, field: str, text: str) -> None:
        line = self.control(field, QLineEdit)
        line.setFocus()
        line.selectAll()
        QTest.keyClicks(line, text)
        QTest.keyClick(line, Qt.Key.Key_Return)


@pytest.fixture
def bench(qtbot) -> Bench:
    made = Bench("swiss-roll-diffusion")
    qtbot.addWidget(made.form)
    made.form.resize(296, 900)
    made.form.show()
    made.form.activateWindow()
    qtbot.waitUntil(made.form.isActiveWindow)
    return made


def test_every_row_of_every_preset_has_its_control_and_a_name(qtbot) -> None:
    for preset in ("swiss-roll-flow", "swiss-roll-gated-diffusion", "three-gaussians-diffusion", "default"):
        made = Bench(preset)
        qtbot.addWidget(made.form)
        wanted = [row.field for section in setup.sections(CATALOG, made.spec, ["cpu"]) for row in section.rows]
        assert list(made.form.rows) == wanted
        for row in made.form.rows.values():
            assert row.control.accessibleName()
        assert made.changes == []


def test_typing_a_number_changes_it(bench) -> None:
    bench.type_into("sampler.n_steps", "20")
    assert bench.changes == [("sampler.n_steps", 20)]
    bench.type_into("n_samples", "2,500")
    assert bench.spec.n_samples == 2500
    assert bench.control("n_samples", QLineEdit).text() == "2,500"


def test_a_wrong_number_is_named_at_its_row_and_mended_by_one_button(qtbot, bench) -> None:
    bench.type_into("sampler.n_steps", "0")
    row = bench.form.rows["sampler.n_steps"]
    assert row.problem == "Steps must be 1 to 1,000. Given 0."
    assert bench.control("sampler.n_steps", QLineEdit).property("wrong") is True
    assert bench.changes == []
    (mend,) = (button for button in row.findChildren(QPushButton) if button.text() == "Use 1")
    qtbot.mouseClick(mend, Qt.MouseButton.LeftButton)
    assert bench.changes == [("sampler.n_steps", 1)]
    assert row.problem == ""
    assert bench.control("sampler.n_steps", QLineEdit).property("wrong") is False


def test_a_wrong_number_stays_while_others_change_and_goes_when_its_value_does(bench) -> None:
    bench.type_into("sampler.n_steps", "0")
    row = bench.form.rows["sampler.n_steps"]
    bench.type_into("n_samples", "70")
    assert row.problem
    assert bench.control("sampler.n_steps", QLineEdit).text() == "0"
    bench.spec = setup.set_value(CATALOG, bench.spec, "sampler.n_steps", 9)
    bench.show()
    assert row.problem == ""
    assert bench.control("sampler.n_steps", QLineEdit).text() == "9"


def test_where_no_number_is_nearest_no_button_offers_one(bench) -> None:
    bench.type_into("training.learning_rate", "0")
    row = bench.form.rows["training.learning_rate"]
    assert "more than 0" in row.problem
    assert not any(b.isVisible() for b in row.findChildren(QPushButton))


def test_a_dragged_slider_tells_the_first_value_at_once_and_the_last_a_moment_later(qtbot, bench) -> None:
    slider = bench.control("sampler.n_steps", QSlider)
    slider.setSliderDown(True)
    for stop in range(100, 300):
        slider.setValue(stop)
    slider.setSliderDown(False)
    told = len(bench.changes)
    assert 1 <= told < 50
    expected = round(1000 ** (299 / 400))
    qtbot.waitUntil(lambda: bench.changes[-1] == ("sampler.n_steps", expected), timeout=1000)
    assert bench.control("sampler.n_steps", QLineEdit).text() == str(expected)


@pytest.mark.parametrize(
    ("start", "key", "end"), [(1, "Right", 2), (999, "Right", 1000), (3, "Left", 2), (1, "Left", 1)]
)
def test_arrow_keys_step_through_every_whole_number(qtbot, bench, start: int, key: str, end: int) -> None:
    bench.type_into("sampler.n_steps", str(start))
    slider = bench.control("sampler.n_steps", QSlider)
    slider.setFocus()
    QTest.keyClick(slider, getattr(Qt.Key, f"Key_{key}"))
    qtbot.waitUntil(lambda: bench.spec.sampler.params["n_steps"] == end, timeout=1000)


def test_the_slider_reaches_both_limits_and_shows_every_value_between(bench) -> None:
    row = bench.form.rows["sampler.n_steps"]
    assert isinstance(row, NumberRow)
    assert (row._stop_of(1), row._stop_of(1000)) == (0, 400)
    eta = bench.control("sampler.eta", QSlider)
    eta.setValue(eta.maximum())
    assert bench.changes[-1] == ("sampler.eta", 1.0)


def test_the_wheel_scrolls_the_form_and_changes_nothing(bench) -> None:
    for field, kind in (("sampler.name", QComboBox), ("sampler.n_steps", QSlider)):
        control = bench.control(field, kind)
        control.setFocus()
        event = QWheelEvent(
            QPointF(5, 5), QPointF(5, 5), QPoint(0, -120), QPoint(0, -120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(control, event)
        assert not event.isAccepted()
    assert bench.changes == []


def test_another_sampler_brings_its_rows_and_keeps_the_focus_and_the_other_rows(bench) -> None:
    kept = bench.form.rows["data.name"]
    box = bench.control("sampler.name", QComboBox)
    box.setFocus()
    names = list(CATALOG.parts["sampler"])
    box.setCurrentIndex(names.index("ddpm"))
    box.activated.emit(names.index("ddpm"))
    assert "sampler.variance" in bench.form.rows
    assert "sampler.eta" not in bench.form.rows
    assert bench.form.rows["data.name"] is kept
    assert bench.form.rows["sampler.name"].isAncestorOf(QApplication.focusWidget())


def test_digits_in_place_of_points_make_no_row_anew_that_both_have(bench) -> None:
    """To make a row takes much longer than to show another value in it."""
    before = {row.row.field: row for row in bench.form.findChildren(RowWidget)}
    bench.form.changed.emit("data.name", "mnist")
    assert bench.form.rows
    after = {row.row.field: row for row in bench.form.findChildren(RowWidget) if not row.isHidden()}
    sections = setup.sections(CATALOG, bench.spec, ["cpu"])
    both = {field for field in before if field in after and before[field].row.schema == after[field].row.schema}
    assert {"data.name", "network.name", "sampler.name", "sampler.n_steps", "seed", "training.n_steps"} <= both
    assert all(after[field] is before[field] for field in both)
    assert not set(after) <= set(before)
    for section in sections:
        rows = [after[row.field] for row in section.rows if row.field in after]
        places = [row.parentWidget().layout().itemAt(1).layout().indexOf(row) for row in rows]
        assert places == sorted(places), section.title
        for row in rows:
            assert row.row in section.rows
            assert row.findChild(QLabel).toolTip() == row.row.help


def test_a_menu_says_facts_and_why_an_entry_is_greyed(qtbot) -> None:
    made = Bench("swiss-roll-flow")
    qtbot.addWidget(made.form)
    model = made.control("grid.name", QComboBox).model()
    texts = {model.item(i).text(): model.item(i) for i in range(model.rowCount())}
    assert not texts["DDPM steps"].isEnabled()
    assert texts["DDPM steps"].data(Qt.ItemDataRole.AccessibleTextRole) == "DDPM steps, needs a discrete path"
    samplers = made.control("sampler.name", QComboBox)
    sides = [samplers.itemData(i, Qt.ItemDataRole.UserRole) for i in range(samplers.count())]
    assert "order 2 · 2 NFE a step" in sides


def test_a_menu_draws_its_entries_in_both_themes(qtbot) -> None:
    for theme in THEMES.values():
        spec = presets.load_one("swiss-roll-flow")
        rows = {r.field: r for s in setup.sections(CATALOG, spec, ["cpu"]) for r in s.rows}
        row = ChoiceRow(rows["grid.name"], theme)
        qtbot.addWidget(row)
        row.show()
        box = row.findChild(QComboBox)
        box.showPopup()
        popup = box.view().window()
        qtbot.waitUntil(popup.isVisible)
        image = popup.grab().toImage()
        box.hidePopup()
        assert len({image.pixel(x, y) for x in range(0, image.width(), 2) for y in range(image.height())}) > 10


def test_a_change_that_is_refused_is_taken_back(qtbot) -> None:
    spec = presets.load_one("swiss-roll-flow")
    rows = {row.field: row for section in setup.sections(CATALOG, spec, ["cpu"]) for row in section.rows}
    menu, steps = widget_for(rows["sampler.name"], DARK), widget_for(rows["sampler.n_steps"], DARK)
    for widget in (menu, steps):  # nobody listens
        qtbot.addWidget(widget)
    box, before = menu.findChild(QComboBox), menu.findChild(QComboBox).currentIndex()
    box.setCurrentIndex(0)
    box.activated.emit(0)
    assert box.currentIndex() == before != 0
    steps.findChild(QSlider).setValue(400)
    assert steps.findChild(QLineEdit).text() == "25"


def test_segments_are_symbols_and_give_the_catalogs_values(qtbot, bench) -> None:
    row = bench.form.rows["objective.prediction"]
    buttons = {button.text(): button for button in row.findChildren(QPushButton) if button.isCheckable()}
    assert list(buttons) == ["ε", "x₁", "v", "score"]
    assert buttons["ε"].isChecked()
    qtbot.mouseClick(buttons["x₁"], Qt.MouseButton.LeftButton)
    assert bench.changes == [("objective.prediction", "data")]


@pytest.mark.parametrize(
    ("schema", "value", "kind", "other"),
    [
        ({"type": "boolean"}, False, SegmentRow, True),
        ({"enum": [1, 2, 4]}, 1, SegmentRow, 4),
        ({"enum": list("abcde")}, "a", ChoiceRow, "e"),
        ({"type": "string"}, "here", NumberRow, "12"),
        ({"type": "number"}, 0.5, NumberRow, -2.5),
    ],
)
def test_a_plug_ins_parameter_of_any_type_has_a_row(
    qtbot, schema: dict[str, Any], value: object, kind: type, other: object
) -> None:
    row = setup._row("sampler.x", schema, value)
    widget = widget_for(row, DARK)
    qtbot.addWidget(widget)
    widget.show()
    assert isinstance(widget, kind)
    changes: list[object] = []
    widget.changed.connect(lambda _field, new: changes.append(new))
    if isinstance(widget, SegmentRow):
        words = [b for b in widget.findChildren(QPushButton) if b.isCheckable()]
        qtbot.mouseClick(words[-1], Qt.MouseButton.LeftButton)
    elif isinstance(widget, ChoiceRow):
        widget.findChild(QComboBox).activated.emit(4)
    else:
        line = widget.findChild(QLineEdit)
        line.selectAll()
        QTest.keyClicks(line, str(other))
        QTest.keyClick(line, Qt.Key.Key_Return)
    assert changes == [other]
    assert type(changes[0]) is type(other)


def test_details_open_with_their_section_and_show_themselves_where_they_are_wrong(qtbot, bench) -> None:
    beta = bench.form.rows["path.beta_1"]
    assert not beta.isVisible()
    (more,) = (b for b in bench.form.findChildren(QToolButton) if b.accessibleName().startswith("More: Steps T"))
    qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
    assert beta.isVisible()
    bench.type_into("path.beta_1", "7")
    qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
    assert beta.isVisible()
    assert beta.problem


def made_rows(bench: Bench) -> list[str]:
    """The fields that have a row by now."""
    return [row.row.field for row in bench.form.findChildren(RowWidget)]


def test_what_is_folded_away_is_made_when_it_is_first_seen(qtbot, bench) -> None:
    sections = setup.sections(CATALOG, bench.spec, ["cpu"])
    assert sorted(made_rows(bench)) == sorted(row.field for s in sections for row in s.rows if not row.detail)
    section = next(s for s in sections if any(row.field == "path.beta_1" for row in s.rows))
    (more,) = (b for b in bench.form.findChildren(QToolButton) if b.accessibleName().startswith("More: Steps T"))
    qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bench.form.rows["path.beta_1"].y() > 0)
    assert {row.field for row in section.rows} <= set(made_rows(bench))
    tops = [bench.form.rows[row.field].y() for row in section.rows]
    assert tops == sorted(tops), "in their order"


def opened_in(qtbot: QtBot, theme: Theme) -> Bench:
    """A form in a window of its own, with a wrong number in it."""
    made = Bench("swiss-roll-diffusion")
    qtbot.addWidget(made.form)
    made.form.setStyleSheet(stylesheet(theme))
    made.form.retheme(theme)
    made.form.resize(296, 2000)  # room for all rows
    made.form.show()
    made.type_into("sampler.n_steps", "0")
    made.control("sampler.n_steps", QLineEdit).clearFocus()
    return made


def test_another_theme_makes_no_row_anew_and_leaves_none_in_the_old_colours(qtbot) -> None:
    light = THEMES["light"]
    turned, fresh = opened_in(qtbot, DARK), opened_in(qtbot, light)
    before = turned.form.rows
    turned.form.setStyleSheet(stylesheet(light))
    turned.form.retheme(light)
    turned.show()
    assert turned.form.rows == before
    QApplication.processEvents()
    for field, row in fresh.form.rows.items():
        if row.isVisible():
            pictures = [each.grab().toImage() for each in (turned.form.rows[field], row)]
            assert pictures[0] == pictures[1], field


def test_type_of_another_size_has_rows_of_that_size(bench, large_type) -> None:
    small = bench.form.rows["sampler.n_steps"].findChild(QLineEdit).width()
    fonts.set_scale(1.25)
    bench.form.retheme(DARK)
    bench.show()
    assert bench.form.rows["sampler.n_steps"].findChild(QLineEdit).width() == round(1.25 * small)


def test_the_dice_roll_another_seed(qtbot, bench) -> None:
    qtbot.mouseClick(bench.control("seed", QToolButton), Qt.MouseButton.LeftButton)
    ((field, value),) = bench.changes
    assert field == "seed"
    assert 0 <= value < 1000


def test_a_row_keeps_its_field_and_takes_another_schema(qtbot) -> None:
    form = Form()
    qtbot.addWidget(form)
    for limits in ({"minimum": 1, "maximum": 4}, {"minimum": 1}):
        schema = {"title": "Layers", "type": "integer", **limits}
        form.show_sections([Section("Network", (Row("network.depth", "Layers", 3, schema),))])
    assert form.rows["network.depth"].findChild(QSlider) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(2500, "2,500"), (-3, "−3"), (0.5, "0.5"), (0.0, "0"), (1e-4, "1e−4"), (1.5e-5, "1.5e−5"), (12500.5, "12,500.5")],
)
def test_numbers_are_shown_as_they_are_read(value: float, text: str) -> None:
    assert number(value) == text
    assert setup.parse({"type": "number"}, text) == value


@pytest.mark.parametrize("focused", [False, True])
def test_words_begin_at_one_place_in_fields_and_menus(qtbot, focused: bool) -> None:
    both, starts = QWidget(), []
    qtbot.addWidget(both)
    both.setStyleSheet(stylesheet(DARK))
    line, menu = QLineEdit("H", both), QComboBox(both)
    menu.addItem("H")
    line.setReadOnly(True)  # no cursor
    both.show()
    both.activateWindow()
    qtbot.waitUntil(both.isActiveWindow)
    for each in (line, menu):
        each.setGeometry(0, 0, 100, 30)
        each.setFocus() if focused else each.clearFocus()
        image = each.grab(QRect(4, 6, 40, 18)).toImage()  # without the border
        starts.append(next(x for x in range(image.width()) if image.pixelColor(x, 9).lightness() > 128))
    assert starts[0] == starts[1]
