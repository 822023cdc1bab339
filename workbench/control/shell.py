"""The window's manners: palette, shortcuts, undo, settings, full screen, the log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from PyQt6.QtCore import QObject, Qt, QUrl, pyqtSignal
from PyQt6.QtGui import QAction, QDesktopServices, QGuiApplication, QKeySequence
from PyQt6.QtWidgets import QWidget

from core import presets
from workbench import actions as table
from workbench import log
from workbench.control.disk import keep
from workbench.control.disk.desk import Desk
from workbench.control.lane.charts import Charts
from workbench.control.shortcuts import Shortcuts
from workbench.control.undo import Undo
from workbench.control.workspace import Workspace
from workbench.model import analyses, live
from workbench.model.recents import size_words, when_words
from workbench.model.settings import Store
from workbench.pages.settings import SettingsPage
from workbench.painters import fonts
from workbench.painters.stage import Stage
from workbench.views.theme import ThemeName
from workbench.widgets.cards.palette import TOP, Entry, Palette
from workbench.widgets.window import FIRST_SIZE

#: The actions that `Shell.handlers` answers; it is made after them.
SHELL = ("palette", "undo", "redo", "settings", "reset", "copy-log", "full-screen")


class Shell(QObject):
    """Keeps what belongs to the window as a whole."""

    restyled = pyqtSignal()
    """Type has another size, or pictures move or stand still: everything is to be drawn anew."""
    plain_switched = pyqtSignal(bool)
    """Lanes stand alone from now on, or no longer."""

    def __init__(
        self, workspace: Workspace, actions: Mapping[str, QAction], settings: Store, desk: Desk, panel: QWidget,
        stage: Stage, charts: Charts,
    ) -> None:  # fmt: skip
        super().__init__(workspace.window)
        self._workspace, self._actions, self.settings = workspace, actions, settings
        self._shown = keep.Shown(workspace, panel, stage, charts, settings)
        self._window, self._session, self._playhead = workspace.window, workspace.session, workspace.playhead
        self._desk, self._runs = desk, workspace.runs
        self.shortcuts = Shortcuts(actions, settings)
        self.undo = Undo(self, self._session, self._runs, self._show_undo)
        self._show_undo()
        self.page: SettingsPage | None = None
        self.plain = False
        self._unrecorded = False
        """Somebody knows that runs cannot be recorded now."""
        self._state = Qt.WindowState.WindowNoState
        self._runs.record = lambda spec: live.new_file(spec) if self.settings.now.live_bytes else None
        self._runs.recorded.connect(lambda _: self._recorded())
        self._runs.unrecorded.connect(self._not_recorded)
        fonts.set_scale(self.settings.now.scale)
        self.settings.changed.connect(self._setting_changed)
        self._session.view.events.theme.connect(self._theme_chosen)
        hints = QGuiApplication.styleHints()
        assert hints is not None  # there is an application
        hints.colorSchemeChanged.connect(self._show_theme)
        self._window.place_shown.connect(self._place_shown)
        bar, head = self._window.big_bar, self._playhead
        bar.played.connect(head.toggle)
        bar.moved.connect(head.seek)
        head.t_changed.connect(bar.line.set_t)
        head.state_changed.connect(lambda: bar.show_playing(head.playing))
        self._show_theme()

    def handlers(self) -> dict[str, Callable[[], None]]:
        """What the actions of the table do that belong here."""
        return {
            "palette": self.show_palette, "undo": self.undo.undo, "redo": self.undo.redo,
            "settings": self.show_settings, "reset": self.reset, "copy-log": self.copy_log,
            "full-screen": self.toggle_full_screen,
        }  # fmt: skip

    # --- settings ------------------------------------------------------------------------------------------------

    def show_settings(self) -> None:
        window = self._window
        if self.page is None:
            self.page = SettingsPage(self.shortcuts.keys, self.shortcuts.set)
            self.page.changed.connect(lambda name, value: self.settings.set(**{name: value}))
            self.page.reset_asked.connect(self.reset)
            self.page.log_asked.connect(self.copy_log)
            window.add_place("settings", self.page)
            self.retheme()
        self.page.show_settings(self.settings.now)
        self.page.show_used(live.used(), analyses.used())
        window.show_place("settings")
        self._playhead.pause()

    def retheme(self) -> None:
        if self.page is not None:
            self.page.retheme(self._workspace.theme)

    def reset(self) -> None:
        """Everything as it was first, with a way back."""
        keep.keep(self._shown)
        before = self.settings.now
        self.settings.reset()
        self._laid_out_anew()

        def back() -> None:
            self.settings.set(**{name: getattr(before, name) for name in before.__struct_fields__})
            self._laid_out_anew()

        self._window.toast.tell("Settings and layout are as they were first", "", "Undo", back)

    def _laid_out_anew(self) -> None:
        keep.restore_layout(self._shown)
        if not self.settings.now.window:
            self._window.showNormal()
            self._window.resize(*FIRST_SIZE)
        self.shortcuts.apply()
        if self.page is not None:
            self.page.show_settings(self.settings.now)

    def resume(self) -> None:
        """The layout of the last time."""
        keep.restore_layout(self._shown)
        self._window.closing.connect(self._keep)

    def _keep(self) -> None:
        if self.plain:
            self.toggle_full_screen()
        keep.keep(self._shown)

    def resume_lanes(self) -> bool:
        """The lanes of the last time; False where there are none."""
        return keep.restore_lanes(self._shown)

    def _setting_changed(self, name: str) -> None:
        if self.page is not None:
            self.page.show_values(self.settings.now)
        if name == "theme":
            self._show_theme()
        elif name == "live_bytes":
            self._trim()
        elif name in ("scale", "still"):
            fonts.set_scale(self.settings.now.scale)
            self.restyled.emit()

    # --- live runs -----------------------------------------------------------------------------------------------

    def _trim(self) -> None:
        traces = [trace for lane in self._session.lanes for trace in (lane.trace, lane.training)]
        shown = [trace.source for trace in traces if trace is not None and trace.source is not None]
        live.trim(self.settings.now.live_bytes, [*self._runs.files.values(), *shown], self._runs.growing)
        if self.page is not None:
            self.page.show_used(live.used(), analyses.used())

    def _recorded(self) -> None:
        self._unrecorded = False
        self._trim()

    def _not_recorded(self, why: str) -> None:
        """Said once, until one is recorded: the next runs would say the same, at every turn of a knob."""
        if not self._unrecorded:
            self._unrecorded = True
            self._window.refuse("This run is shown and not recorded", why.rstrip("."))

    # --- theme ---------------------------------------------------------------------------------------------------

    def _theme_chosen(self, name: ThemeName) -> None:
        """Somebody has switched by hand: from now on it is that one."""
        if name != self._wanted():
            self.settings.set(theme=name)

    def _wanted(self) -> ThemeName:
        choice = self.settings.now.theme
        if choice != "system":
            return choice
        hints = QGuiApplication.styleHints()
        light = hints is not None and hints.colorScheme() == Qt.ColorScheme.Light
        return "light" if light else "dark"

    def _show_theme(self) -> None:
        if self._session.view.theme != self._wanted():
            self._session.view.theme = self._wanted()

    # --- full screen ---------------------------------------------------------------------------------------------

    def toggle_full_screen(self) -> None:
        """Lanes alone in large type, or everything."""
        window, self.plain = self._window, not self.plain
        if self.plain:
            window.show_place("lanes")
            window.big_bar.line.set_t(self._playhead.t)
        window.set_plain(self.plain)
        self.plain_switched.emit(self.plain)
        self._workspace.changed.emit()
        if self.plain:
            self._state = window.windowState()
            window.showFullScreen()
        else:
            window.setWindowState(self._state)

    def _place_shown(self, name: str) -> None:
        """Other places have their bars: going there ends the full screen."""
        if self.plain and name != "lanes":
            self.toggle_full_screen()

    # --- the log -------------------------------------------------------------------------------------------------

    def copy_log(self) -> None:
        clipboard = QGuiApplication.clipboard()
        assert clipboard is not None  # there is an application
        clipboard.setText(log.text())
        folder = QUrl.fromLocalFile(str(log.file().parent))
        self._window.toast.tell("Copied the log", "paste it into your report", "Show in folder", lambda: _open(folder))

    def unexpected(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """A failing slot is written down and told, and does not end the program."""
        logging.error("unexpected", exc_info=(kind, error, trace))
        self._window.toast.tell("Something went wrong", "it is in the log", "Copy the log", self.copy_log, done=False)

    # --- undo ----------------------------------------------------------------------------------------------------

    def _show_undo(self) -> None:
        self._actions["undo"].setEnabled(self.undo.can_undo)
        self._actions["redo"].setEnabled(self.undo.can_redo)

    # --- the palette ---------------------------------------------------------------------------------------------

    def show_palette(self) -> None:
        window = self._window
        card = Palette([*self._action_entries(), *self._preset_entries(), *self._run_entries()], window.theme)
        scrim = window.over(card, TOP)
        card.done.connect(scrim.close_)

    def _action_entries(self) -> list[Entry]:
        """Every action of the table but the one that opened the palette."""
        entries = []
        for spec in table.TABLE:
            action = self._actions[spec.id]
            if spec.id == "palette":
                continue
            key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            hint = spec.help.replace("<br>", " ")
            entries.append(
                Entry("Actions", spec.text, hint, action.trigger, key, spec.icon, enabled=action.isEnabled())
            )
        return entries

    def _preset_entries(self) -> list[Entry]:
        desk, entries = self._desk, []
        for name in presets.names():
            card = desk.card(name)
            entries.append(
                Entry(
                    "Presets", card.title, card.help, lambda name=name: desk.open_preset(name),  # type: ignore[misc]
                    method=card.methods[0], also=lambda name=name: desk.open_preset(name, add=True),  # type: ignore[misc]
                )
            )  # fmt: skip
        return entries

    def _run_entries(self) -> list[Entry]:
        desk, entries = self._desk, []
        for recent in desk.recents.entries:
            if not recent.missing:
                hint = f"{when_words(recent.when)} · {size_words(recent.n_bytes)}"
                path = Path(recent.path)
                entries.append(
                    Entry(
                        "Runs", recent.title, hint, lambda path=path: desk.open_files([path]),  # type: ignore[misc]
                        method=recent.method, also=lambda path=path: desk.add_trace(path),  # type: ignore[misc]
                    )
                )  # fmt: skip
        return entries


def _open(url: QUrl) -> None:
    QDesktopServices.openUrl(url)
