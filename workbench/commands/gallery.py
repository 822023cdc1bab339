"""flowscope gallery: every state of the real window as a picture, or a newcomer's walk with a picture for each step."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import SpecError
from workbench.display import has_display

if TYPE_CHECKING:
    from workbench.tour import Tour

HELP = "render every state of the real window to PNG, or walk through it as a newcomer would"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="DIR", help="folder for the pictures")
    parser.add_argument("--walk", action="store_true", help="a newcomer's walk instead of the states")
    parser.add_argument("--scale", type=int, choices=(1, 2), default=1, help="device pixels to a logical one (1)")
    parser.add_argument("--only", action="append", metavar="STATE", help=f"of {', '.join(STATES)}; may be given again")


def run(args: argparse.Namespace) -> int:
    for name in args.only or ():
        if name not in STATES:
            raise SpecError("--only", f"There is no state {name}. There are: {', '.join(STATES)}.")
    if not has_display():
        raise SpecError("", "Pictures of the window need a display; xvfb-run gives one.")
    os.environ["QT_SCALE_FACTOR"] = str(args.scale)
    from workbench.app import application
    from workbench.tour import Tour

    qt = application()
    tour = Tour(args.out)
    try:
        if args.walk:
            walk(tour)
        else:
            for name in args.only or STATES:
                STATES[name](tour)
    finally:
        tour.close()
        qt.processEvents()
    for file in tour.files:
        print(file)
    print(f"{len(tour.files)} pictures", file=sys.stderr)
    return 0


# --- states ----------------------------------------------------------------------------------------------------------


def start(tour: Tour) -> None:
    desk = tour.app.controller.desk
    desk.show_start()
    tour.wait(lambda: desk.start is not None and desk.start.ready, "the cards")
    tour.shot("start")


def compare(tour: Tour) -> None:
    tour.open("swiss-roll")
    tour.rest_at(0.76)
    tour.shot("compare2d")
    tour.do("theme")
    tour.shot("compare2d-light")
    tour.do("theme")


def oracle(tour: Tour) -> None:
    tour.open("swiss-roll")
    tour.rest_at(0.5)
    for overlay in ("exact", "error"):
        tour.do(overlay)
    tour.wait(lambda: not any(_computing(tour)), "the exact field")
    tour.shot("oracle")
    for overlay in ("exact", "error"):
        tour.do(overlay)


#: Samplers and steps of the state `four`.
_FOUR = (("ddim", 8), ("dpm-solver-2", 4), ("euler", 8), ("heun", 4))


def four(tour: Tour) -> None:
    """Both methods by two samplers each, at eight evaluations."""
    tour.open("swiss-roll")
    session, control = tour.app.session, tour.app.controller.lane_control
    session.select(next(lane.key for lane in session.lanes if lane.real))
    tour.do("remove-lane")
    for lane in tour.lanes:
        control.duplicate(lane.key)
    for lane, (sampler, steps) in zip(tour.lanes, _FOUR, strict=True):
        session.select(lane.key)
        tour.set("sampler.name", sampler)
        tour.set("sampler.n_steps", steps)
    tour.wait(lambda: [_steps(lane) for lane in tour.lanes] == [steps for _, steps in _FOUR], "four answers")
    for action in ("field", "panel"):
        tour.do(action)
    tour.rest_at(1.0)
    tour.shot("four")
    for action in ("field", "panel"):
        tour.do(action)


def empty(tour: Tour) -> None:
    tour.open("swiss-roll")
    tour.do("add-lane")
    tour.shot("empty-lane")
    tour.do("remove-lane")


def equations(tour: Tour) -> None:
    tour.open("swiss-roll")
    tour.rest_at(0.5)
    tour.do("equations")
    tour.shot("equations")
    tour.do("equations")


def forward(tour: Tour) -> None:
    tour.open("swiss-roll")
    tour.do("strip")
    tour.wait(lambda: tour.app.controller.lanes.strip.complete, "the forward process")
    tour.rest_at(0.3)
    tour.shot("forward")
    tour.do("strip")


def ways(tour: Tour) -> None:
    """The whole ways of a few particles, and key frames of all."""
    tour.open("swiss-roll")
    for action in ("ways", "frames", "field"):
        tour.do(action)
    tour.wait(lambda: tour.app.controller.lanes.frames.complete, "the key frames")
    tour.rest_at(0.8)
    tour.shot("ways")
    for action in ("ways", "frames", "field"):
        tour.do(action)


def training(tour: Tour) -> None:
    tour.open("swiss-roll")
    tour.set("data.name", "three-gaussians")
    tour.set("n_samples", 400)
    tour.set("training.n_steps", 20_000)
    tour.do("run")
    tour.wait(lambda: _trained(tour) > 300, "300 training steps")
    tour.shot("training")
    tour.do("stop")
    tour.wait(lambda: not tour.app.runs.training, "the end of the training")


def charts(tour: Tour) -> None:
    tour.open("swiss-roll")
    tour.rest_at(0.76)
    tour.do("charts")
    tour.wait(lambda: not tour.app.controller.chart_control.measuring, "the error over t")
    tour.shot("charts")
    tour.do("lanes")


def measure(tour: Tour) -> None:
    """Points in both themes, and images beside the sample that ships where the data are not here."""
    reports, runs = tour.app.controller.reports, tour.app.runs
    tour.open("swiss-roll")
    tour.wait(lambda: not runs.sampling, "all samples")
    tour.do("measure")
    tour.wait(lambda: reports.page is not None and reports.page.progress > 0.2, "a fifth of the numbers")
    tour.shot("measuring")
    tour.wait(lambda: not reports.busy, "the numbers of points")
    tour.shot("measurements")
    tour.do("theme")
    tour.shot("measurements-light")
    tour.do("theme")
    tour.open("mnist")
    tour.wait(lambda: not runs.sampling, "all images")
    tour.do("measure")
    tour.wait(lambda: not reports.busy, "the numbers of images")
    tour.shot("measurements-images")
    tour.do("lanes")


def palette(tour: Tour) -> None:
    tour.open("swiss-roll")
    tour.rest_at(0.76)
    tour.app.controller.shell.show_palette()
    tour.shot("palette")
    tour.escape()


def help_sheet(tour: Tour) -> None:
    tour.do("help")
    tour.shot("help")
    tour.escape()


def export_dialog(tour: Tour) -> None:
    tour.open("swiss-roll")
    tour.do("export")
    tour.shot("export")
    tour.escape()


def settings(tour: Tour) -> None:
    tour.do("settings")
    tour.shot("settings")
    tour.do("lanes")


def runs(tour: Tour) -> None:
    tour.do("runs")
    folder = tour.app.controller.desk.runs_folder
    assert folder is not None  # one is there
    tour.wait(lambda: bool(folder.page.names), "the runs")
    tour.shot("runs")
    tour.do("lanes")


def full_screen(tour: Tour) -> None:
    tour.open("swiss-roll")
    tour.rest_at(0.76)
    tour.do("full-screen")
    tour.shot("full-screen")
    tour.do("full-screen")


def images(tour: Tour) -> None:
    tour.open("mnist")
    tour.rest_at(0.8)
    tour.shot("images")


def photographs(tour: Tour) -> None:
    tour.open("cifar10")
    tour.rest_at(1.0)
    tour.shot("photographs")


STATES: dict[str, Callable[[Tour], None]] = {
    "start": start, "compare": compare, "oracle": oracle, "four": four, "empty": empty, "equations": equations,
    "forward": forward, "ways": ways, "palette": palette, "help": help_sheet, "export": export_dialog,
    "settings": settings, "full-screen": full_screen, "images": images, "photographs": photographs,
    "training": training, "runs": runs, "charts": charts, "measure": measure,
}  # fmt: skip


def _computing(tour: Tour) -> list[object]:
    """What lanes still say is being computed, and how far it is where a part can be seen already."""
    control = tour.app.controller
    scenes = [scene for scene in control.scenes.shown if scene is not None]
    notes = [note for scene in scenes for note in scene.notes if note.startswith("Computing")]
    return [*notes, *filter(None, (control.analyses.progress(lane.key) for lane in tour.app.session.lanes))]


def _trained(tour: Tour) -> int:
    from workbench.views.chart.charts import steps_done

    return int(min((steps_done(lane.training) for lane in tour.lanes if lane.training is not None), default=0))


# --- the walk --------------------------------------------------------------------------------------------------------


def walk(tour: Tour) -> None:
    """What a newcomer does in the first minutes, in the order of the README."""
    from PyQt6.QtCore import QPoint

    from workbench.widgets.cards.export_dialog import ExportDialog

    app = tour.app
    control = app.controller
    tour.shot("01-start-page")
    assert control.desk.start is not None  # it was shown first
    card = next(card for card in control.desk.start.grid.cards if card.spec.preset == "swiss-roll")
    tour.click(card)
    tour.wait(lambda: app.playhead.t > 0.05, "the first frames")
    tour.shot("02-shipped-run")
    track = control.transport.track
    tour.click(track, QPoint(round(track.x_of(0.6)), track.height() // 2))
    app.playhead.pause()
    tour.shot("03-scrubbed")
    control.lane_control.duplicate(tour.lanes[1].key)
    tour.wait(lambda: len(app.session.lanes) == 4, "a fourth lane")
    tour.shot("04-a-lane-more")
    for overlay in ("exact", "error"):
        tour.do(overlay)
    tour.wait(lambda: not any(_computing(tour)), "the exact field and the error map")
    tour.shot("05-exact-field-and-error")
    for overlay in ("exact", "error"):
        tour.do(overlay)
    tour.do("remove-lane")
    tour.set("sampler.name", "midpoint")
    for steps in (30, 20, 12, 8):  # as a slider does while it is dragged
        tour.set("sampler.n_steps", steps)
    tour.wait(lambda: any(_steps(lane) == 8 for lane in tour.lanes), "the answer of the last knob")
    tour.shot("06-sampler-and-steps")
    tour.set("data.name", "moons")
    tour.set("n_samples", 600)
    tour.set("training.n_steps", 800)
    tour.do("run")
    tour.wait(lambda: _trained(tour) > 200, "200 training steps")
    tour.shot("07-training")
    tour.wait(lambda: not app.runs.training, "the end of the training")
    snapshots = control.transport.snapshots
    app.playhead.snapshots.seek(300)
    tour.rest_at(1.0)
    assert snapshots.isVisible()
    tour.shot("08-training-slider")
    tour.do("charts")
    tour.wait(lambda: not control.chart_control.measuring, "the error over t")
    tour.shot("09-charts")
    tour.do("lanes")
    file = tour.home / "mine.h5"
    saved: list[str] = []
    control.exporter.saved.connect(lambda path, problem: saved.append(problem))
    trace = tour.lanes[0].trace
    assert trace is not None
    control.exporter.save_trace(trace, file)
    tour.wait(lambda: bool(saved), "the saved trace")
    control.desk.open_files([file])
    tour.wait(lambda: any(lane.trace is not None and lane.trace.source == file for lane in tour.lanes), "the trace")
    tour.shot("10-saved-and-opened-again")
    tour.do("export")
    tour.shot("11-export")
    (dialog,) = app.window.findChildren(ExportDialog)
    choice = dialog.choice()
    assert choice is not None  # what the dialog offers at first can be made
    tour.escape()
    exported: list[Path] = []
    control.exporter.exported.connect(exported.append)
    control.exporter.export(tour.home / "moons.gif", choice)
    tour.wait(lambda: bool(exported), "the film")
    tour.shot("12-exported")


def _steps(lane: object) -> int:
    spec = getattr(lane, "spec", None)
    trace = getattr(lane, "trace", None)
    if spec is None or trace is None or trace.status != "finished":
        return -1
    return int(trace.spec.sampler.params.get("n_steps", -1))
