"""The page of a report on images: bars as high as their numbers, images where they belong, pixel by pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.errors import FlowscopeError
from workbench.painters.bits import pixels
from workbench.painters.paper.image_report import paint_image_page, save_pages
from workbench.views.image.image_report import GRID, Pictures, image_page
from workbench.views.theme import LIGHT

NAMES = ["left", "right"]


def rows(frechet: tuple[float, float], agreement: tuple[float, float]) -> dict[str, Any]:
    def row(values: tuple[float, float]) -> dict[str, Any]:
        return {"value": sum(values) / 2, "classes": {n: {"value": v} for n, v in zip(NAMES, values, strict=True)}}

    return {"frechet": row(frechet), "label-agreement": row(agreement), "kernel": {"left out": "no"}}


@pytest.fixture
def report() -> dict[str, Any]:
    said = {
        "frechet": {"title": "Fréchet distance", "unit": "", "better": "lower"},
        "label-agreement": {"title": "Label agreement", "unit": "", "better": "higher"},
        "kernel": {"title": "Kernel distance", "unit": "", "better": "lower"},
    }
    run = {
        "method": "diffusion", "title": "DDIM", "sampler": {"name": "ddim"}, "guidance scale": 2.0, "NFE": 50,
        "guidance": {"name": "cfg"}, "clipping": {"name": "none"}, "metrics": rows((4.0, 2.0), (0.9, 1.0)),
    }  # fmt: skip
    return {
        "subject": "x", "title": "Digits", "data": "MNIST", "classes": NAMES, "n": 20, "seed": 3, "metrics": said,
        "reference": {"n": 20, "from": "the test part"}, "features": {"title": "MNIST classifier"},
        "runs": [run], "floor": {"metrics": rows((1.0, 1.0), (1.0, 1.0))},
    }  # fmt: skip


def pictures() -> Pictures:
    """Images of one value each, the classes in turn."""
    made = np.tile(np.arange(20, dtype=np.uint8)[:, None, None, None] * 10, (1, 28, 28, 1))
    return Pictures(made, np.arange(20) % 2, made[:4], np.arange(4) % 2)


def test_the_page_says_what_the_report_says(report) -> None:
    page = image_page(report, report["runs"][0], pictures())
    assert page.table == (
        ("Fréchet distance", "3", "1"), ("Label agreement", "0.95", "1"), ("Kernel distance", "–", "–"),
    )  # fmt: skip
    assert page.facts[0].startswith("DDIM, cfg, guidance scale 2, NFE 50, seed 3")
    frechet, missed = page.bars
    assert frechet.generated.tolist() == [4.0, 2.0]
    assert missed.title == "1 − label agreement"
    assert missed.generated.tolist() == pytest.approx([0.1, 0.0])
    assert [pair.title for pair in page.pairs] == NAMES
    # the first images of the class in the order of particles
    assert page.pairs[1].left.images[:, 0, 0, 0].tolist() == [10 * i for i in range(1, 20, 2)]
    assert len(page.pairs[1].right.images) == 2


def test_bars_and_images_are_drawn_as_they_are(qapp, report) -> None:
    page = image_page(report, report["runs"][0], pictures())
    drawn = pixels(paint_image_page(page, LIGHT, scale=1)).astype(int)
    colour = [int(LIGHT.methods["diffusion"][i : i + 2], 16) for i in (5, 3, 1)]
    bars = (np.abs(drawn[:360, : drawn.shape[1] // 2, :3] - colour).sum(axis=2) < 6).sum(axis=0)
    tall, low = np.unique(bars[bars > 40])[[-1, 0]]
    assert tall / low == pytest.approx(2.0, rel=0.05)
    # the second image of the first class has the grey value 20, on all of its 28 x 28 pixels and nowhere else
    assert (drawn[400:, :, :3] == 20).all(axis=2).sum() == 28 * 28 * (1 + 1)
    assert GRID * 28 * 6 < drawn.shape[1] < GRID * 28 * 7


@pytest.mark.parametrize("name", ["page.pdf", "page.png"])
def test_a_page_for_which_there_is_no_room_is_told(qapp, tmp_path, report, little_room, name: str) -> None:
    page = image_page(report, report["runs"][0], pictures())
    with pytest.raises(FlowscopeError, match=f"{name} cannot be written: File too large."):
        save_pages([page], LIGHT, tmp_path / name)
