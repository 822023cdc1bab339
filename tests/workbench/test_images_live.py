"""Images in the real window: choosing one, its history, and asking all lanes for another class."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from PyQt6.QtCore import QPoint, QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QImage

import resources
from core import catalog, presets
from core.datasets.cifar10 import Cifar10
from core.images.files import DATA_VARIABLE
from core.spec import Part
from core.trace import save
from tests.workbench.image_traces import image_trace, tiny_checkpoint
from tests.workbench.test_charts import training_of
from tests.workbench.test_images import on_screen
from workbench.app import App
from workbench.model import setup
from workbench.model.crossing import N_IMAGES, crossed
from workbench.model.settings import SCALES
from workbench.painters.atlas import as_bytes, sheet
from workbench.painters.fonts import ui
from workbench.painters.stage import furniture
from workbench.painters.stage.furniture import Ground
from workbench.views.image.key_frames import History, key_frames, spread
from workbench.views.image.layout import Layout
from workbench.views.marks import Images

CIFAR = Cifar10.class_names
CATALOG = catalog.shipped()


def shown(qtbot, paths) -> App:
    made = App(paths)
    qtbot.addWidget(made.window)
    made.window.resize(1400, 880)
    made.window.show()
    made.playhead.pause()
    qtbot.waitUntil(lambda: len(made.controller.scenes.shown) == len(made.session.lanes) and bool(made.playhead.steps))
    return made


@pytest.fixture
def app(qtbot, tmp_path):
    for name, seed in (("one", 1), ("two", 2)):
        save(image_trace(rows=5, seed=seed), tmp_path / f"{name}.h5")
    made = shown(qtbot, [tmp_path / "one.h5", tmp_path / "two.h5"])
    yield made
    made.engine.shutdown()
    made.window.close()


def colour(widget, x: float, y: float) -> QColor:
    picture = widget.grab().toImage()
    ratio = picture.devicePixelRatio()
    return picture.pixelColor(round(x * ratio), round(y * ratio))


def test_a_click_enlarges_the_image_under_the_pointer_in_all_lanes(qtbot, app) -> None:
    stage, panel = app.controller.lanes.stage, app.controller.images.panel
    x0, x1, y0, y1 = Layout.of((4, 1, 8, 8)).box(3, Layout.of((4, 1, 8, 8)).preview)
    camera, (left, width) = stage.camera(1), stage.spans()[1]
    where = QPointF((x0 + x1) / 2 - camera.x, camera.y - (y0 + y1) / 2) * camera.scale
    spot = QPoint(round(left + width / 2 + where.x()), round(stage.height() / 2 + where.y()))
    qtbot.mouseClick(stage.native, Qt.MouseButton.LeftButton, pos=spot)
    qtbot.waitUntil(lambda: panel.title.text() == "Image 4, 7")
    app.playhead.seek(0.5)
    last = as_bytes(app.session.lanes[1].trace["x"][2])[3]  # the clicked lane is the selected one
    side = panel.picture.width()
    for line, column in ((0, 0), (2, 5), (7, 3)):
        seen = colour(panel.picture, (column + 0.5) * side / 8, (line + 0.5) * side / 8)
        assert (seen.red(), seen.green(), seen.blue()) == tuple(last[line, column])
    panel.whats.set_value("final")
    panel.what_chosen.emit("final")
    final = as_bytes(app.session.lanes[1].trace["x"][4])[3]
    assert colour(panel.picture, 3.5 * side / 8, 0.5 * side / 8).red() == final[0, 3, 0]
    assert panel._when.text().endswith("t = 1.000")


def test_words_between_two_grids_have_the_height_they_need_however_small_the_grids_are(qtbot, tmp_path) -> None:
    paths = [tmp_path / f"{seed}.h5" for seed in range(4)]
    for seed, path in enumerate(paths):
        save(image_trace(rows=3, count=16, side=28, seed=seed), path)
    app = shown(qtbot, paths)
    stage = app.controller.lanes.stage
    for size in ((1400, 880), (1280, 800)):
        app.window.resize(*size)
        qtbot.waitUntil(lambda: _gap(app) >= 19, timeout=3000)  # letters of 12, their halo, and air
    speed = next(mark for mark in app.controller.scenes.shown[0].marks if mark.overlay == "speed")
    x0, x1, y0, y1 = speed.place
    camera, (left, width) = stage.camera(0), stage.spans()[0]
    where = QPointF(x0 + 0.6 * (x1 - x0) - camera.x, camera.y - y1 + 0.02 * (y1 - y0)) * camera.scale
    spot = QPoint(round(left + width / 2 + where.x()), round(stage.height() / 2 + where.y()))
    qtbot.mouseClick(stage.native, Qt.MouseButton.LeftButton, pos=spot)
    assert app.session.view.image == 2  # the third of the first row, at its upper edge
    app.engine.shutdown()
    app.window.close()


@pytest.mark.parametrize("count", [2, 4])
def test_words_over_narrow_lanes_lie_over_nothing_else(qtbot, tmp_path, large_type, count: int) -> None:
    """In the smallest window with the set-up open; what is left of each is at least its symbol."""
    paths = [tmp_path / f"{seed}.h5" for seed in range(count)]
    for seed, path in enumerate(paths):
        save(image_trace(rows=3, count=16, side=28, seed=seed), path)
    app = shown(qtbot, paths)
    stage = app.controller.lanes.stage
    app.controller.shell.settings.set(scale=max(SCALES))
    app.session.view.overlays |= {"labels"}
    for size in ((1400, 880), (900, 600)):
        app.window.resize(*size)
        qtbot.waitUntil(lambda: app.controller.scenes.title == stage.line > 0, timeout=3000)
        _check_words(app, zoom=1.0)
    app.controller.actions["full-screen"].trigger()  # where words are as large again
    qtbot.waitUntil(lambda: app.controller.scenes.title * stage.camera(0).scale == pytest.approx(2 * 25), timeout=3000)
    _check_words(app, zoom=2.0)
    app.engine.shutdown()
    app.window.close()


def _check_words(app: App, zoom: float) -> None:
    for lane, ground in zip(app.session.lanes, app.controller.lanes.stage._grounds(), strict=True):
        boxes, wanted = _boxes(ground, zoom), ["real"] if lane.real else ["xₜ", "x̂₁", "|v|"]
        titles = [
            text.split()[-1] for text, _ in boxes if not text[0].isdigit() and text not in ("units / time", "≥ 4")
        ]
        assert titles == wanted
        for text, box in boxes:
            assert ground.left <= box.left() < box.right() <= ground.left + ground.width, text
            assert [other for other, at in boxes if at is not box and at.intersects(box)] == [], text


def _boxes(ground: Ground, zoom: float) -> list[tuple[str, QRectF]]:
    """Where the words of a lane stand on the stage, without the air above and below the letters."""
    metrics, labels = QFontMetricsF(ui(12)), furniture._labels(ground, zoom)
    sizes = [(zoom * metrics.horizontalAdvance(text), zoom * metrics.capHeight()) for text, *_ in labels]
    return [
        (text, QRectF(x - anchor * width, y - height / 2, width, height))
        for (text, x, y, anchor), (width, height) in zip(labels, sizes, strict=True)
    ]


def _gap(app: App) -> float:
    """Pixels between the previews and the speeds of the first lane, as they are shown."""
    places = {mark.overlay: mark.place for mark in app.controller.scenes.shown[0].marks if isinstance(mark, Images)}
    return (places["image-preview"][2] - places["speed"][3]) * app.controller.lanes.stage.camera(0).scale


def test_the_panel_speaks_of_the_chosen_lane_also_before_that_has_an_image(qtbot, app) -> None:
    first, second, _ = app.session.lanes
    panel, came = app.controller.images.panel, first.trace
    first.trace = None
    app.controller._restyle()
    assert (panel.title.text(), panel._when.text()) == ("Image 1", "No image yet")  # the set-up below is that of first
    assert panel.picture._scene is None
    app.session.select(second.key)
    qtbot.waitUntil(lambda: panel.title.text() == "Image 1, 3")
    app.session.select(first.key)
    first.trace = came
    app.controller._restyle()
    assert panel.picture._scene is not None
    assert panel._size.isVisible()


def test_key_frames_name_a_class_only_where_it_is_that_of_all_lanes() -> None:
    digits, others = image_trace(rows=3), image_trace(rows=3, seed=1)
    runs = [("flow", digits), ("diffusion", others)]
    assert key_frames(runs, 0, "velocity", 1.0).title == "image 1, 3"
    others.meta["class_names"] = ", ".join(CIFAR)
    assert key_frames(runs, 0, "velocity", 1.0).title == "image 1"


def test_a_chip_shows_the_classes_that_a_spec_gives_by_number(qtbot, app) -> None:
    picker = app.controller.images.panel.classes
    for label, chip in (("0,1,2,3,4,5,6,7,8,9", "One of each"), ("4", "4"), ("", "Any")):
        lane = app.session.lanes[0]
        lane.spec = lane.spec.replace(data=Part("cifar10"), label=label)
        app.controller.images.show()
        names = dict(zip(CIFAR, "0123456789", strict=True))
        shown = [names.get(each.words, each.words) for each in picker.chips.values() if each.isChecked()]
        assert shown == [chip]


def test_the_scale_stands_beside_the_key_frames_or_in_the_lanes(qtbot, app) -> None:
    scene = lambda: app.controller.scenes.shown[0]  # noqa: E731
    assert app.controller.images.strip.isVisible()
    assert "units / time" not in [word.text for word in scene().words]
    low = scene().extent[2]
    app.controller.actions["keys"].trigger()
    qtbot.waitUntil(lambda: "units / time" in [word.text for word in scene().words])
    assert scene().extent[2] < low  # the room below the grid is the scale's


def test_a_class_is_asked_of_lanes_that_have_it(qtbot, app) -> None:
    digits, photographs = app.session.lanes[:2]
    photographs.spec = photographs.spec.replace(data=Part("cifar10"), label="ship")
    app.controller.images._ask_class("7")
    assert (digits.spec.label, photographs.spec.label) == ("7", "ship")


def test_key_frames_stand_at_recorded_times_and_the_current_one_is_framed(qtbot, app) -> None:
    strip = app.controller.images.strip
    assert strip.isVisible()
    app.playhead.seek(0.8)
    qtbot.waitUntil(lambda: len(strip._frames.histories[0].times) == 5)
    histories = strip._frames.histories
    assert [list(history.times) for history in histories] == [[0.0, 0.25, 0.5, 0.75, 1.0]] * 2
    frame, side = strip.frame_at(1, 3), strip.frame_at(1, 3).width()
    line = colour(strip, frame.left() - 2, frame.center().y())
    assert line.lightness() > 200
    wanted = as_bytes(app.session.lanes[1].trace["x"][3])[0]
    seen = colour(strip, frame.left() + 4.5 * side / 8, frame.top() + 2.5 * side / 8)
    assert seen.red() == pytest.approx(int(wanted[2, 4, 0]), abs=2)
    app.controller.actions["keys"].trigger()
    assert not strip.isVisible()


def test_key_frames_are_rows_that_were_recorded_each_once() -> None:
    assert spread(np.linspace(0, 1, 101), 0.25) == [0, 25, 50, 75, 100]
    assert spread(np.array([0.0, 0.5, 0.95, 1.0]), 0.1) == [0, 1, 3]  # the end counts more than what is close to it
    assert spread(np.linspace(0, 0.4, 5), 0.1) == [0, 1, 2, 3, 4]  # a run that still grows
    times = np.linspace(0, 1, 26)
    whole = spread(times, 0.115)
    assert all(spread(times[:n], 0.115) == [row for row in whole if row < n] for n in range(26))  # none comes and goes
    assert (spread(np.zeros(0), 0.1), spread(np.zeros(1), 0.1)) == ([], [0])


_METHODS = {"flow-matching": "flow", "diffusion": "diffusion"}


@pytest.mark.parametrize("objective", _METHODS)
def test_another_kind_of_data_brings_what_its_networks_need(objective: str) -> None:
    points = presets.load_one(f"swiss-roll-{_METHODS[objective]}")
    images = setup.set_value(CATALOG, points, "data.name", "mnist")
    assert (images.network.name, images.field.name, images.n_samples) == ("unet", "network", N_IMAGES)
    assert (images.seed, images.objective.name) == (points.seed, objective)
    assert "swiss" not in str(images.field.params)
    clothes = setup.set_value(CATALOG, images, "data.name", "fashion-mnist")  # nothing ships: only the set changes
    assert clothes.replace(data=images.data) == images
    photographs = setup.set_value(CATALOG, clothes, "data.name", "cifar10")
    assert photographs.field.params["weights"] == f"shipped:cifar10-{_METHODS[objective]}"
    CATALOG.check(photographs)
    back = setup.set_value(CATALOG, photographs, "data.name", "swiss-roll")
    assert back.network.name == points.network.name
    assert back.field.params["weights"] == presets.shipped_weights(f"swiss-roll-{_METHODS[objective]}")


def test_images_without_a_preset_are_learned_by_a_network_that_reads_them() -> None:
    folder = crossed(CATALOG, presets.load_one("moons-to-eight"), "image-folder")
    CATALOG.check(folder)
    assert setup.reason_not(CATALOG, folder, "network", folder.network.name) is None
    assert (folder.source.name, folder.label, folder.training.conditional) == ("normal", "", False)


def test_a_class_is_made_by_all_lanes_at_once_and_streams(qtbot, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("FLOWSCOPE_DATA", str(tmp_path))  # no images on this machine: weights alone are needed
    spec = tiny_checkpoint(tmp_path / "tiny.safetensors")
    app = shown(qtbot, [])
    app.session.clear()
    for steps in (6, 3):
        lane = app.session.add(spec.replace(sampler=spec.sampler.with_params(n_steps=steps)))
        app.runs.adopt(lane)
        app.runs.sample(lane)
    app.session.add(None, real=True)
    with qtbot.waitSignal(app.engine.hello, timeout=60_000):
        app.engine.start()
    first, second, real = app.session.lanes
    qtbot.waitUntil(lambda: all(each.trace is not None for each in (first, second)), timeout=30_000)
    qtbot.waitUntil(lambda: len(first.trace["x"]) == 7 and len(second.trace["x"]) == 4, timeout=30_000)
    panel = app.controller.images.panel
    qtbot.waitUntil(lambda: panel.isVisible() and "3" in panel.classes.chips)
    before = first.trace["x"][6]
    assert app.controller._message_for(real) is None
    header = app.controller.lanes._headers[2]
    assert header.accessibleName() == "Real data, MNIST, 4 of the shipped sample"

    qtbot.mouseClick(panel.classes.chips["3"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "label" in first.trace["x"].static and len(first.trace["x"]) == 7, timeout=30_000)
    qtbot.waitUntil(lambda: "label" in second.trace["x"].static and len(second.trace["x"]) == 4, timeout=30_000)
    np.testing.assert_array_equal(first.trace["x"].static["label"], [3] * 4)
    np.testing.assert_allclose(first.trace["x"][0], second.trace["x"][0], atol=1e-6)  # the same noise
    assert np.abs(first.trace["x"][6] - before).max() > 1e-3  # and another picture

    nfe = first.trace["x"].column("nfe")[-1]
    panel.guidance_chosen.emit(2.0)
    qtbot.waitUntil(lambda: first.trace["x"].column("nfe")[-1] == 2 * nfe, timeout=30_000)
    assert (first.spec.guidance.name, second.spec.guidance.params["scale"]) == ("cfg", 2.0)
    app.playhead.seek(1.0)
    app.session.view.overlays = frozenset({"image"})
    app.session.view.image = -1
    qtbot.waitUntil(lambda: len(app.controller.scenes.all()[0].marks) == 1)
    app.controller._show_scenes()
    pixels = on_screen(app, 0, Layout.of((4, 1, 28, 28)).place, 56, 56)
    np.testing.assert_array_equal(pixels, sheet(as_bytes(first.trace["x"][6]), 2))
    pixels = on_screen(app, 2, Layout.of((4, 1, 28, 28)).place, 56, 56)
    threes = digits()[3::10][:4]  # of the sample that ships, its classes in turn
    np.testing.assert_array_equal(pixels, sheet(np.repeat(threes[..., None], 3, axis=3), 2))
    app.engine.shutdown()
    app.window.close()


def digits() -> np.ndarray:
    """The digits that ship [N, 28, 28], as their file shows them."""
    with Image.open(resources.path("images", "mnist.png")) as picture:
        tiles = np.array(picture)
    return tiles.reshape(-1, 28, tiles.shape[1] // 28, 28).swapaxes(1, 2).reshape(-1, 28, 28)


def test_a_lane_of_real_images_says_how_to_get_them_where_none_ship(qtbot, app) -> None:
    first, second, real = app.session.lanes
    for lane in (first, second):
        lane.trace.spec = lane.trace.spec.replace(data=Part("fashion-mnist"))
        del lane.trace["x"].static["data"]
    said = app.controller._message_for(real)
    assert said.title == "No real images here"
    assert said.text == "Download Fashion-MNIST with “main.py fetch fashion-mnist”"


def test_charts_of_a_training_of_images_hold_no_error_that_they_cannot_have(qtbot, app) -> None:
    for lane in app.session.lanes[:2]:
        lane.training = training_of(np.ones(50), np.ones(2), held_out=np.ones((3, 16)), status="finished")
        app.session.touch(lane.key)
    strip = app.controller.charts
    qtbot.waitUntil(lambda: [chart.key for chart in strip._charts] == ["loss", "held-out"], timeout=5000)
    assert all(curve.name.endswith("step 50") for curve in strip._charts[1].curves)


def test_choosing_images_in_the_form_empties_lanes_whose_weights_are_for_points(qtbot, monkeypatch) -> None:
    monkeypatch.setattr(presets, "shipped_weights", lambda _: None)  # also once weights for digits ship
    app = shown(qtbot, [])
    app.controller.panel.form.changed.emit("data.name", "mnist")
    qtbot.waitUntil(lambda: app.controller.scenes.shown == (None, None, None))
    assert [lane.spec.n_samples for lane in app.session.lanes if not lane.real] == [N_IMAGES] * 2
    assert app.controller._message_for(app.session.lanes[0]).title == "Not trained yet"
    assert app.controller.panel.run.text() == "Train"
    chips = app.window.overlays.chips
    assert {name for name in ("image", "particles") if chips[name].isVisible()} == {"image"}, "before there are any"
    assert app.session.title == "MNIST, two methods on one noise"
    app.engine.shutdown()
    app.window.close()


def test_the_forward_process_of_images_is_a_strip_of_them(qtbot, app, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))
    strip = app.controller.lanes.strip
    app.controller.actions["strip"].trigger()
    app.engine.start()
    words = "q(xₜ), MNIST to noise, linear path, the shipped sample"  # the set itself is not here
    qtbot.waitUntil(lambda: strip.words == words and strip.complete, timeout=60_000)
    noise, data = (_ink(strip._pictures[place]) for place in (0, 8))
    assert noise > 0.3 > 0.2 > data > 0.05, "noise is grey and white all over, digits are thin on black"


def _ink(picture) -> float:
    """The share of pixels that are not dark."""
    image = picture.convertToFormat(QImage.Format.Format_Grayscale8)
    pixels = np.frombuffer(image.constBits().asarray(image.sizeInBytes()), np.uint8)
    return float((pixels.reshape(image.height(), -1)[:, : image.width()] > 100).mean())


def test_the_current_frame_is_the_nearest_to_the_step_that_the_lane_shows() -> None:
    """Frames are fewer than steps; and a lane of one jump shows its noise until it has jumped."""
    recorded = np.linspace(0.0, 1.0, 26)
    frames = recorded[spread(recorded, 0.12)]
    still = np.zeros((len(frames), 1, 2, 2), np.float32)
    flow = History("flow", frames, still, None, recorded)
    jump = History("one-step", np.array([0.0, 1.0]), still[:2], None, np.array([0.0, 1.0]))
    assert [round(float(frames[flow.current(t)]), 2) for t in (0.0, 0.5, 0.8, 0.99, 1.0)] == [0.0, 0.48, 0.84, 1.0, 1.0]
    assert [jump.current(t) for t in (0.0, 0.8, 1.0)] == [0, 0, 1]
