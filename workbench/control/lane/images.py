"""Lanes of images: the chosen image large, its history, and what all lanes are asked to make."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, QTimer
from PyQt6.QtWidgets import QWidget

from core.errors import SpecError
from core.trace import Trace
from workbench.control.lane.scenes import Scenes
from workbench.control.runs import Runs
from workbench.model.session import LaneState, Session
from workbench.model.setup import Row, by_name
from workbench.views.image.closeup import closeup
from workbench.views.image.images import class_name, shows_images
from workbench.views.image.key_frames import key_frames
from workbench.views.image.layout import Layout
from workbench.views.marks import Method
from workbench.views.theme import THEMES, Theme
from workbench.widgets.lane.key_frames import KeyFrameStrip, Stacked
from workbench.widgets.lane.lane_states import MessageSpec
from workbench.widgets.lane.lanes import LanesView
from workbench.widgets.setup.image_panel import Asked, ImagePanel

_MOST_GUIDANCE = 8.0
"""End of the slider; further, images only burn out."""

_LOW = 820
"""Windows lower than this have room for charts or pictures below the lanes, not both."""


class ImageControl(QObject):
    """Owns the panel of the chosen image and the strip of key frames."""

    def __init__(
        self,
        session: Session,
        runs: Runs,
        scenes: Scenes,
        refuse: Callable[[str], None],
        lanes: LanesView,
        charts: QWidget,
    ) -> None:
        super().__init__()
        self._lanes_view = lanes
        self._session, self._runs, self._scenes, self._refuse = session, runs, scenes, refuse
        self.panel, self.strip = ImagePanel(), KeyFrameStrip()
        self._charts, self._cursor, self._plain = charts, 0.0, False
        self.panel.class_chosen.connect(self._ask_class)
        self.panel.guidance_chosen.connect(self._guide)
        self.panel.what_chosen.connect(lambda _: self.show())
        # later: the strip changes its size while it is being shown
        self.strip.room_changed.connect(lambda: QTimer.singleShot(0, self.show))

    def below(self) -> QWidget:
        """The lanes with the strip below them, for which charts give way in a low window, as for the lanes' own."""
        both = Stacked(self._lanes_view, self.strip)
        both.resized.connect(self._make_room)
        self._lanes_view.strips_changed.connect(self._make_room)
        return both

    def set_plain(self, plain: bool) -> None:
        """Lanes alone, without key frames and charts."""
        self._plain = self._scenes.plain = plain
        self.show()

    def _make_room(self) -> None:
        if self._plain:
            self._charts.hide()
            return
        low = self.strip.window().height() < _LOW  # type: ignore[union-attr]  # it stands in the window
        strips = self._lanes_view.has_strips or self.strip.isVisibleTo(self.strip.parentWidget())
        self._charts.setVisible(not (low and strips))

    @property
    def _theme(self) -> Theme:
        return THEMES[self._session.view.theme]

    def _lanes(self) -> list[tuple[Method, LaneState, Trace]]:
        """The lanes that show runs of images."""
        shown = zip(self._session.lanes, self._scenes.shown, strict=False)
        there = [(scene.lane.method, lane, lane.trace) for lane, scene in shown if scene is not None and not lane.real]
        return [(method, lane, trace) for method, lane, trace in there if trace is not None and shows_images(trace)]

    def show(self) -> None:
        """Bring panel and strip up to what the lanes show."""
        lanes, view = self._lanes(), self._session.view
        chosen = self._session.working_lane()
        self.panel.setVisible(bool(lanes) and chosen is not None and self._of_images(chosen))
        if not lanes:
            self.strip.show_frames(None, self._theme)
            self._make_room()
            return
        trace = next((trace for _, lane, trace in lanes if lane is chosen), None)
        look, index = self._scenes.image_look(), self._index(trace or lanes[0][2])
        self._show_chosen(trace, index)
        self.panel.show_asked(self._asked())
        frames = None
        if "keys" in view.overlays and not self._plain:
            runs = [(method, trace) for method, _, trace in lanes]
            frames = key_frames(runs, index, view.field_kind, look.limit, self.strip.gap)
        self.strip.show_frames(frames, self._theme)
        self._make_room()
        self.set_cursor(self._cursor)

    def _of_images(self, lane: LaneState) -> bool:
        """Whether a lane shows images, or will as soon as it has some."""
        if lane.trace is not None:
            return shows_images(lane.trace)
        return lane.spec is not None and self._runs.kind(lane.spec) == "images"

    def _index(self, trace: Trace) -> int:
        return min(max(self._session.view.image, 0), Layout.of(trace["x"].declared.row_shape).count - 1)

    def _show_chosen(self, trace: Trace | None, index: int) -> None:
        """The image of the lane that the set-up below it is of, or that it has none yet."""
        name = "" if trace is None else class_name(trace, index)
        title = f"Image {index + 1}" + (f", {name}" if name else "")
        scene = None if trace is None else closeup(trace, index, self.panel.what, self._scenes.image_look())
        self.panel.show_image(scene, title, self._theme)

    def message(self, lane: LaneState) -> MessageSpec | None:
        """Why a lane has no real images to show: the data set is not on this machine, and no sample of it ships."""
        runs = self._lanes()
        if lane.real and runs and "data" not in runs[0][2]["x"].static:
            name = runs[0][2].spec.data.name
            title = self._runs.catalog.entry("data", name).title
            return MessageSpec("No real images here", f"Download {title} with “main.py fetch {name}”", "folder")
        return None

    def set_cursor(self, t: float) -> None:
        self._cursor = t
        self.panel.set_cursor(t)
        self.strip.set_cursor(t)

    def pick(self, lane: int, x: float, y: float) -> None:
        """Choose the image at a point of a lane's plane."""
        scene = self._scenes.shown[lane] if lane < len(self._scenes.shown) else None
        runs = any(each is self._session.lanes[lane] for _, each, _ in self._lanes())
        found = scene.image_at(x, y) if scene is not None and runs else None
        if found is not None:
            self._session.view.image = found[1]

    def _asked(self) -> Asked:
        lane = self._session.working_lane()
        if lane is None or lane.spec is None:
            return Asked((), "", None)
        spec, catalog = lane.spec, self._runs.catalog
        names = catalog.entry("data", spec.data.name).facts.get("classes", [])
        schema = catalog.entry("guidance", "cfg").params["scale"]
        scale = catalog.values("guidance", spec.guidance)["scale"] if spec.guidance.name == "cfg" else 1.0
        help_ = f"{schema['description']}; two evaluations a step unless it is 1"
        row = Row("guidance.scale", "Guidance w", scale, schema | {"maximum": _MOST_GUIDANCE}, help=help_)
        # as the chips say it: a spec may give numbers
        label = by_name(spec.label, names)
        return Asked(names, spec.label if label is None else label, row if names else None)

    def _guide(self, scale: float) -> None:
        """Guidance of 1 is none: half the evaluations for the same images."""
        self._ask({"guidance.name": "none"} if scale == 1.0 else {"guidance.name": "cfg", "guidance.scale": scale})

    def _ask_class(self, label: str) -> None:
        self._ask({"label": label})

    def _ask(self, changes: dict[str, object]) -> None:
        """Of the lanes of one data set: digits, photographs and points side by side have classes of their own."""
        lane = self._session.working_lane()
        assert lane is not None
        assert lane.spec is not None  # its classes were shown
        try:
            self._runs.change_all(changes, lane.spec.data.name)
        except SpecError as error:
            self._refuse(error.message)
        self.show()
