"""The export dialog: what is to be made of the lanes, and how; it says how many frames follow and what they weigh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLineEdit, QWidget

from workbench.export.formats import (
    FILMS,
    LEAST_SIDE,
    MOST_SIDE,
    PICTURES,
    PIXELS,
    SCALES,
    TABLES,
    fitted,
    pixels,
    weight,
)
from workbench.export.pacing import PACINGS, frame_counts
from workbench.export.scenes import Layout
from workbench.views.theme import Theme, ThemeName
from workbench.views.words import typed_number
from workbench.widgets.cards.dialogs import Card
from workbench.widgets.controls import Segments, button, label
from workbench.widgets.style import mark

Kind = Literal["film", "picture", "numbers"]
_ENDINGS: dict[Kind, dict[str, str]] = {
    "film": {ending: film.title for ending, film in FILMS.items()}, "picture": PICTURES, "numbers": TABLES,
}  # fmt: skip


@dataclass(frozen=True)
class ExportChoice:
    """What the dialog was asked for. All but the ending are fields of an `Order`."""

    suffix: str = ".gif"
    width: int = 1200
    height: int = 640
    fps: int = 20
    seconds: float = 5.0
    hold: float = 1.0
    pacing: str = "linear"
    theme: ThemeName = "dark"
    layout: Layout = "row"
    over: Literal["sampling", "training"] = "sampling"
    at: float | None = None
    title: str = ""
    captions: tuple[str, ...] = ()
    words: bool = True
    scale: int = 1


@dataclass(frozen=True)
class _Number:
    """A field for a number; what is empty may mean all."""

    name: str
    least: float
    most: float
    empty: bool = False

    def read(self, text: str, scale: int = 1) -> float | None:
        """The number typed, or None where it is none or does not fit."""
        try:
            value = typed_number(text)
        except ValueError:
            return None
        return value if self.least <= value <= self.most / scale else None

    def fits(self, text: str, scale: int = 1) -> bool:
        return (self.empty and not text.strip()) or self.read(text, scale) is not None


_WIDTH, _HEIGHT = _Number("Width", LEAST_SIDE, MOST_SIDE), _Number("Height", LEAST_SIDE, MOST_SIDE)
_FPS, _SECONDS, _HOLD = _Number("Frames a second", 1, 50), _Number("Seconds", 0.1, 600), _Number("Hold", 0, 60)
_AT = _Number("Time", 0, 1, empty=True)


class ExportDialog(Card):
    """Shows the rows that matter for what is to be made."""

    chosen = pyqtSignal(object)
    cancelled = pyqtSignal()

    def __init__(self, start: ExportChoice, lanes: tuple[str, ...] = (), *, trained: bool = False) -> None:
        """``start`` fills the fields, ``lanes`` are the titles that captions replace; ``trained`` offers training."""
        super().__init__("Export", 520)
        self._lanes = lanes
        self._form = QGridLayout()
        self.body.addLayout(self._form)  # before its parts come, so that Tab visits them in their order
        self._form.setVerticalSpacing(8)
        self._form.setColumnMinimumWidth(0, 104)
        self._form.setColumnStretch(1, 1)
        self._rows: list[tuple[set[str], tuple[QWidget, QWidget]]] = []
        self.fields: dict[_Number, QLineEdit] = {}

        self.kind = self._segments("Make", [("film", "Film"), ("picture", "Picture"), ("numbers", "Numbers")], "film")
        self.formats = {
            kind: self._segments("Format", list(endings.items()), next(iter(endings)), kind)
            for kind, endings in _ENDINGS.items()
        }
        self.over = self._segments(
            "Over", [("sampling", "Sampling"), ("training", "Training")], start.over, *(["film"] if trained else [""])
        )
        size = self._pair(_WIDTH, start.width, "×", _HEIGHT, start.height)
        self.scale = Segments([(str(scale), f"{scale}×") for scale in SCALES], "Pixels for one of the size")
        self.scale.set_value(str(start.scale))
        self.scale.setToolTip("2× is as large and twice as sharp: 1920 × 1080 fills a screen of 3840 × 2160")
        self.scale.chosen.connect(lambda _: self._summarise())
        size.layout().addWidget(self.scale)  # type: ignore[union-attr]  # a pair is laid out
        self._add("Size", size, "film", "picture")
        self.pacing = QComboBox()
        self.pacing.addItems([name.replace("-", " ").capitalize() for name in PACINGS])
        self.pacing.setAccessibleName("Pacing")
        self.pacing.setToolTip("How time passes in the film: quadratic starts slowly, its inverse ends slowly")
        self._add("Pacing", self.pacing, "film")
        self._add("Seconds", self._pair(_SECONDS, start.seconds, "then held", _HOLD, start.hold), "film")
        self._add("Frames a second", self._field(_FPS, start.fps), "film")
        time = self._field(_AT, "" if start.at is None else f"{start.at:.3f}")
        time.setPlaceholderText("all recorded steps, or the end of a picture")
        self._add("Time t", time, "picture", "numbers")
        self.layout_ = self._segments(
            "Lanes",
            [("row", "In a row"), ("grid", "Rows by model"), ("rows", "Rows by lane")],
            start.layout,
            "film",
            "picture",
        )
        self.theme = self._segments("Theme", [("dark", "Dark"), ("light", "Light")], start.theme, "film", "picture")
        self._themed = False
        self.theme.chosen.connect(self._choose_theme)
        self.words = self._segments("Words", [("all", "Headers and feet"), ("", "None")], "all", "film", "picture")
        self.title = self._line("Title", start.title, "film", "picture")
        self.captions = self._line("Captions", "", "film", "picture")
        self.captions.setPlaceholderText(", ".join(lanes))
        self.captions.setToolTip("In place of the lanes' titles, in their order, with commas between them")

        self.problem = label("", "small")
        self.problem.setWordWrap(True)
        self.body.addWidget(self.problem)
        self.summary = label("", "small")
        self.footer.addWidget(self.summary, 1)
        self.footer.addWidget(button("Cancel", self.cancelled.emit))
        self._export = button("Export", lambda: self.chosen.emit(self.choice()), role="primary")
        self.footer.addWidget(self._export)
        self._show_rows()

    # --- parts ---------------------------------------------------------------------------------------------------

    def _add(self, name: str, control: QWidget, *kinds: str) -> None:
        """A row that is there for some kinds of export; without any, for all."""
        row, title = len(self._rows), label(name, "t2")
        self._form.addWidget(title, row, 0)
        self._form.addWidget(control, row, 1)
        self._rows.append((set(kinds), (title, control)))

    def _segments(self, name: str, choices: list[tuple[str, str]], value: str, *kinds: str) -> Segments:
        out = Segments(choices, name)
        out.set_value(value)
        out.chosen.connect(lambda _: self._show_rows())
        self._add(name, out, *kinds)
        return out

    def _line(self, name: str, text: str, *kinds: str) -> QLineEdit:
        field = QLineEdit(text)
        field.setAccessibleName(name)
        field.textChanged.connect(self._summarise)
        self._add(name, field, *kinds)
        return field

    def _field(self, number: _Number, value: object) -> QLineEdit:
        field = self.fields[number] = QLineEdit(f"{value:g}" if isinstance(value, float) else str(value))
        field.setAccessibleName(number.name)
        field.setToolTip(f"{number.least:g} to {number.most:,g}")
        field.textChanged.connect(self._summarise)
        return field

    def _pair(self, one: _Number, first: object, between: str, other: _Number, second: object) -> QWidget:
        out = QWidget()
        row = QHBoxLayout(out)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._field(one, first), 1)
        row.addWidget(label(between, "t2"))
        row.addWidget(self._field(other, second), 1)
        return out

    def _choose_theme(self, _theme: str) -> None:
        self._themed = True

    def retheme(self, theme: Theme) -> None:
        """The theme is the window's until somebody chooses one."""
        if not self._themed:
            self.theme.set_value(theme.name)

    # --- what they say -------------------------------------------------------------------------------------------

    def choice(self) -> ExportChoice | None:
        """What the fields say, or None where one that matters makes no sense."""
        if self._wrong() is not None:
            return None
        kind, number = self.kind.value(), {n: n.read(field.text()) or 0.0 for n, field in self.fields.items()}
        captions = tuple(word.strip() for word in self.captions.text().split(",")) if self.captions.text() else ()
        return ExportChoice(
            suffix=self._suffix(), width=round(number[_WIDTH]), height=round(number[_HEIGHT]), scale=self._scale(),
            fps=round(number[_FPS]), seconds=number[_SECONDS], hold=number[_HOLD],
            pacing=list(PACINGS)[self.pacing.currentIndex()],
            theme="light" if self.theme.value() == "light" else "dark",
            layout=next((each for each in get_args(Layout) if each == self.layout_.value()), "row"),
            over="training" if self.over.value() == "training" and kind == "film" else "sampling",
            at=_AT.read(self.fields[_AT].text()) if kind != "film" else None,
            title=self.title.text().strip(), captions=captions, words=bool(self.words.value()),
        )  # fmt: skip

    def _suffix(self) -> str:
        return next(box for kind, box in self.formats.items() if kind == self.kind.value()).value()

    def _scale(self) -> int:
        return int(self.scale.value()) if self._suffix() in PIXELS else 1

    def _wrong(self) -> tuple[QWidget, str] | None:
        """The first visible field that makes no sense, and what would."""
        for number, field in self.fields.items():
            scale = self._scale() if number in (_WIDTH, _HEIGHT) else 1
            if not number.fits(field.text(), scale) and not field.isHidden() and self._matters(field):
                given, most = field.text() or "nothing", f"{number.most / scale:,g}" + (f" at {scale}×" * (scale > 1))
                return field, f"{number.name} must be {number.least:g} to {most}. Given {given}."
        captions = self.captions.text().count(",") + 1
        if self.captions.text() and captions > len(self._lanes):
            return self.captions, f"Captions are one for each lane. Given {captions} for {len(self._lanes)}."
        return None

    def _matters(self, field: QWidget) -> bool:
        """Whether the row of a field is there for what is to be made."""
        kind = self.kind.value()
        return any(
            (not kinds or kind in kinds) and (control is field or control.isAncestorOf(field))
            for kinds, (_, control) in self._rows
        )

    def _show_rows(self) -> None:
        kind = self.kind.value()
        for kinds, parts in self._rows:
            for part in parts:
                part.setVisible(not kinds or kind in kinds)
        self._summarise()

    def _summarise(self) -> None:
        self.scale.setVisible(self._suffix() in PIXELS)  # shapes are sharp at any size
        wrong = self._wrong()
        for field in (*self.fields.values(), self.captions):
            mark(field, wrong=wrong is not None and wrong[0] is field)
        self.problem.setText(wrong[1] if wrong else "")
        self.problem.setVisible(wrong is not None)
        self._export.setEnabled(wrong is None)
        choice = self.choice()
        self.summary.setText("" if choice is None else _made(choice))
        self.adjustSize()


def _made(choice: ExportChoice) -> str:
    """How many pixels it will have where these are not those that the fields say, and what a film will weigh."""
    if choice.suffix not in PIXELS:
        return ""
    width, height = fitted(choice.suffix, (choice.width, choice.height), choice.scale)
    size = (width * choice.scale, height * choice.scale)
    facts = [pixels(size)] if size != (choice.width, choice.height) else []
    if choice.suffix in FILMS:
        facts.append(weight(choice.suffix, size, *frame_counts(choice.fps, choice.seconds, choice.hold)))
    return ", ".join(facts)
