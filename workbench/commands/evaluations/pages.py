"""Pages of pictures for `evaluate`: the numbers of each run, and its images beside real ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from core.errors import SpecError
from core.images.judge import Judge
from core.images.metrics.nearest_training import nearest
from core.reports.images import Made
from workbench.views.image.image_report import GRID, Images, Pictures, image_page
from workbench.views.theme import THEMES, ThemeName


def check_page(path: Path) -> None:
    """Raise `SpecError` where a page cannot have that name."""
    if path.suffix not in (".png", ".pdf"):
        raise SpecError("--page", f"The name must end in .png or .pdf. Given {path.name}.")


def write_pages(path: Path, report: dict[str, Any], runs: Sequence[Made], judge: Judge, theme: ThemeName) -> list[Path]:
    """A page for each run of the report; returns the files."""
    from workbench import headless
    from workbench.painters.paper.image_report import save_pages

    headless.application()
    pages = [image_page(report, said, _pictures(made, judge)) for said, made in zip(report["runs"], runs, strict=True)]
    return save_pages(pages, THEMES[theme], path)


def _pictures(made: Made, judge: Judge) -> Pictures:
    real = judge.reference
    return Pictures(
        _rows(made.images), _classes(made.labels), _rows(real.images), _classes(real.labels), _closest(made, judge)
    )


def _closest(made: Made, judge: Judge) -> tuple[Images, Images] | None:
    """The images nearest to training images, and those; None where the training images are not here."""
    try:
        training = judge.training.images
    except SpecError:
        return None
    distances, which = nearest(made.images, training)
    first = distances.argsort()[: GRID * GRID]
    return _rows(made.images[first]), _rows(training[which[first]])


def _rows(images: Tensor) -> Images:
    """[N, H, W, C] of images [N, C, H, W]."""
    out: Images = images.permute(0, 2, 3, 1).numpy()
    return out


def _classes(labels: Tensor | None) -> NDArray[np.int64] | None:
    if labels is None:
        return None
    out: NDArray[np.int64] = labels.numpy()
    return out
