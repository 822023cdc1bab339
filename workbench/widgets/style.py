"""The style sheet: every colour and size of the interface, from the theme's tokens."""

from __future__ import annotations

import re
from string import Template

from PyQt6.QtWidgets import QWidget

import resources
from workbench.painters import fonts
from workbench.views.theme import Theme

_SHEET = Template(
    """
* { font-family: Inter; font-size: 13px; color: $t1; outline: none; }
QWidget#win { background: $win; }
QWidget#panel, QWidget#rail, QWidget#status, QScrollArea, QWidget#form { background: $panel; border: none; }
QWidget#topbar { background: $panel; border-bottom: 1px solid $line; }
QWidget#rail { border-right: 1px solid $line; }
QWidget#panel { border-left: 1px solid $line; }
QWidget#transport { background: $panel; border-top: 1px solid $line; }
QWidget#status { background: $panel; border-top: 1px solid $line; }
QWidget#card { background: $panel; border: 1px solid $line; border-radius: 8px; }
QFrame#hairline { background: $line; border: none; }
QLabel { background: transparent; }
QLabel#t2 { color: $t2; } QLabel#t3 { color: $t3; font-size: 12px; } QLabel#small { color: $t2; font-size: 12px; }
QLabel#name { font-weight: 600; } QLabel#section { color: $t1; font-size: 13px; font-weight: 600; }
QLabel#title { font-size: 15px; font-weight: 600; } QLabel#lead { font-size: 20px; font-weight: 600; }
QLabel#error { color: $t1; font-size: 12px; }
QLabel#brand { font-weight: 600; }

QLabel#loud { font-size: 12px; font-weight: 500; } QLabel#heading { color: $t3; font-size: 12px; font-weight: 600; }
QLabel#key { color: $t2; font-size: 12px; background: $panel; border: 1px solid $line2; border-radius: 4px;
  padding: 1px 6px; }

QPushButton { background: $raised; border: 1px solid $line2; border-radius: 6px; padding: 0 12px; min-height: 30px;
  font-weight: 500; }
QPushButton:hover { background: $hover; border-color: $ctl; }
QPushButton:pressed { background: $sel; }
QPushButton:disabled { color: $t3; border: 1px dashed $line2; background: transparent; }
QPushButton::menu-indicator { image: url($chevron); width: 14px; height: 14px; subcontrol-position: right center;
  right: 8px; }
QPushButton#menu { padding: 0 30px 0 12px; } QPushButton#copy { padding: 0 28px 0 12px; }
QPushButton#primary { background: $prim; color: $on_prim; border-color: $prim; font-weight: 600; }
QPushButton#primary:hover { background: $prim_hover; }
QPushButton#primary:disabled { background: transparent; color: $t3; border: 1px dashed $line2; }
QPushButton#bare { background: transparent; border: none; padding: 0; min-height: 20px; }
QPushButton#search { background: $raised; border: 1px solid $line2; border-radius: 6px; min-height: 26px; padding: 0; }
QPushButton#quiet { background: transparent; border-color: transparent; color: $t2; font-size: 12px; min-height: 24px;
  padding: 0 4px; }
QPushButton#quiet:hover { color: $t1; background: $hover; }
QPushButton#small { min-height: 26px; padding: 0 10px; }
QPushButton#chip { min-height: 22px; max-height: 22px; padding: 0 8px; background: transparent; border-color: $line2; }
QPushButton#chip:hover { background: $hover; border-color: $ctl; }
QPushButton#chip:checked { background: $sel; border-color: $ctl; }
QPushButton#segment { min-height: 26px; max-height: 26px; padding: 0 8px; border-radius: 0; background: $raised;
  border: 1px solid $line2; border-right: none; color: $t2; font-weight: 400; }
QPushButton#segment[place="first"] { border-top-left-radius: 6px; border-bottom-left-radius: 6px; }
QPushButton#segment[place="last"] { border-top-right-radius: 6px; border-bottom-right-radius: 6px;
  border-right: 1px solid $line2; }
QPushButton#segment[place="only"] { border-radius: 6px; border-right: 1px solid $line2; }
QPushButton#segment:hover { background: $hover; }
QPushButton#segment:checked { background: $sel; color: $t1; font-weight: 600; }

QToolButton { background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 4px; }
QToolButton:hover { background: $hover; }
QToolButton:checked { background: $sel; }
QToolButton::menu-indicator { image: none; width: 0; }
QToolButton#play { background: $prim; border-radius: 6px; }
QToolButton#play:hover { background: $prim_hover; }

QLineEdit, QComboBox { background: $raised; border: 1px solid $line2; border-radius: 6px; min-height: 26px;
  padding: 0 8px; selection-background-color: $ctl; }
QComboBox { padding-left: 10px; }
QLineEdit:hover, QComboBox:hover { border-color: $ctl; }
QLineEdit:focus, QComboBox:focus { border: 2px solid $t1; padding: 0 7px; min-height: 24px; }
QComboBox:focus { padding-left: 9px; }
QLineEdit#bare, QLineEdit#bare:focus, QLineEdit#bare:hover { background: transparent; border: none; font-size: 15px;
  padding: 0; }
QLineEdit { placeholder-text-color: $t3; }
QListView#found { background: transparent; border: none; padding: 4px 0; }
QLineEdit:disabled, QComboBox:disabled { color: $t3; border: 1px dashed $line2; background: transparent; }
QLineEdit[wrong="true"] { border: 2px solid $error; padding: 0 7px; min-height: 24px; }
QComboBox::drop-down { border: none; width: 18px; subcontrol-position: right center; right: 4px; }
QComboBox::down-arrow { image: url($chevron); width: 14px; height: 14px; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $line2; border-radius: 6px; padding: 4px;
  selection-background-color: $sel; selection-color: $t1; }
QComboBox QAbstractItemView::item { min-height: 28px; padding: 0 6px; }
QMenu { background: $raised; border: 1px solid $line2; border-radius: 8px; padding: 4px; }
QMenu::item { min-height: 24px; padding: 4px 24px 4px 12px; border-radius: 4px; }
QMenu::item:selected { background: $sel; } QMenu::item:disabled { color: $t3; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QToolTip { background: $raised; color: $t1; border: 1px solid $line2; padding: 6px 8px; font-size: 12px; }

QSlider { min-height: 20px; background: transparent; }
QSlider::groove:horizontal { height: 2px; background: $line2; border-radius: 1px; }
QSlider::sub-page:horizontal { background: $t1; height: 2px; }
QSlider::handle:horizontal { width: 10px; height: 10px; margin: -4px 0; border-radius: 5px; background: $t1; }
QSlider::handle:horizontal:hover { width: 12px; height: 12px; margin: -5px 0; border-radius: 6px; }
QSlider::groove:horizontal:disabled { background: $line; } QSlider::handle:horizontal:disabled { background: $ctl; }
QSlider::sub-page:horizontal:disabled { background: $line2; }
QHeaderView::up-arrow { image: none; } QHeaderView::down-arrow { image: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $line2; border-radius: 4px; margin: 1px; }
QScrollBar::handle:vertical { min-height: 32px; } QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $ctl; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { background: none;
  border: none; width: 0; height: 0; }
QTableView { background: $panel; alternate-background-color: $panel; border: 1px solid $line; border-radius: 8px;
  selection-background-color: $sel; selection-color: $t1; gridline-color: $line; }
QTableView::item { padding: 0 12px; border-bottom: 1px solid $line; }
QTableView::item:hover { background: $hover; } QTableView::item:selected { background: $sel; color: $t1; }
QTableView:focus { border-color: $t1; }
QTableView QLineEdit { min-height: 30px; }
QHeaderView { background: $panel; border: none; }
QHeaderView::section { background: $panel; color: $t2; font-size: 12px; font-weight: 600; border: none;
  border-bottom: 1px solid $line; padding: 8px 15px; }
QHeaderView::section:hover { color: $t1; }
QProgressBar { background: $line2; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: $t1; border-radius: 3px; }
QWidget#dialog { background: $raised; border: 1px solid $line2; border-radius: 10px; }
QWidget#toast { background: $raised; border: 1px solid $line2; border-radius: 8px; }
QSplitter::handle { background: transparent; }

/* Dialogs of Qt's own, where the system has none to choose files: their icons are dark, whatever the theme. */
QDialog { background: $panel; }
QDialog QListView, QDialog QTreeView { background: $raised; border: 1px solid $line2; border-radius: 6px;
  alternate-background-color: $raised; selection-background-color: $sel; selection-color: $t1; }
QDialog QListView::item, QDialog QTreeView::item { min-height: 24px; }
QDialog QListView::item:selected, QDialog QTreeView::item:selected { background: $sel; color: $t1; }
QFileDialog QToolButton { background: $under_icons; } QFileDialog QToolButton:hover { border-color: $ctl; }
QFileDialog QToolButton:disabled { background: $line2; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
"""
)


def stylesheet(theme: Theme) -> str:
    """The whole application's style sheet in a theme."""
    tokens = {name: value for name, value in vars(theme).items() if isinstance(value, str)}
    sheet = _SHEET.substitute(
        tokens,
        error=theme.methods["error"],
        under_icons=theme.t2 if theme.name == "dark" else theme.raised,
        prim_hover="#FFFFFF" if theme.name == "dark" else "#2A2F36",
        chevron=resources.path("icons", f"chevron-{theme.name}.svg").as_posix(),
    )
    return re.sub(r"font-size: (\d+)px", lambda size: f"font-size: {fonts.px(int(size[1]))}px", sheet)


def mark(field: QWidget, *, wrong: bool) -> None:
    """Frame a field in the error colour, or no longer."""
    if bool(field.property("wrong")) != wrong:
        field.setProperty("wrong", wrong)
        style = field.style()
        assert style is not None  # every widget has one
        style.unpolish(field)
        style.polish(field)
