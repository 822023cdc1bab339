"""The page of a report on images: what is drawn of one run, as frozen values; numpy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.words import counted
from workbench.views.marks import Method

Floats = NDArray[np.float64]
Images = NDArray[np.uint8]

GRID = 8
"""Images across and down a grid."""


@dataclass(frozen=True, eq=False)
class Bars:
    """A pair of bars for each class: generated and real, both [K], with standard deviations where there are some."""

    title: str
    what: str
    names: tuple[str, ...]
    generated: Floats
    real: Floats
    spread: tuple[Floats, Floats] | None = None


@dataclass(frozen=True, eq=False)
class Tiles:
    """At most 64 images [N, H, W, C] under a caption."""

    caption: str
    images: Images


@dataclass(frozen=True, eq=False)
class Pair:
    """Two grids side by side under one title."""

    title: str
    left: Tiles
    right: Tiles


@dataclass(frozen=True, eq=False)
class ImagePage:
    """Everything on a page: lines of facts, a table of (metric, generated, real), bars, pairs of grids."""

    title: str
    facts: tuple[str, ...]
    method: Method
    table: tuple[tuple[str, str, str], ...]
    bars: tuple[Bars, ...]
    pairs: tuple[Pair, ...]

    @property
    def rows(self) -> int:
        """Of each grid: as many as the fullest needs."""
        return max(-(-len(tiles.images) // GRID) for pair in self.pairs for tiles in (pair.left, pair.right))


@dataclass(frozen=True, eq=False)
class Pictures:
    """The images of a page: generated and real ones [N, H, W, C] with their classes [N] or None, and the generated
    images that come closest to training images, with those, both [M, H, W, C], or None."""

    generated: Images
    labels: NDArray[np.int64] | None
    real: Images
    real_labels: NDArray[np.int64] | None
    closest: tuple[Images, Images] | None = None


def image_page(report: Mapping[str, Any], run: Mapping[str, Any], pictures: Pictures) -> ImagePage:
    """The page of one run of a report as `evaluate` writes it; grids show the first images, none chosen."""
    return ImagePage(
        title=f"{report['title'] or report['subject']}: {report['n']:,} images beside real ones",
        facts=_facts(report, run),
        method=run["method"],
        table=_table(report, run),
        bars=_bars(report, run),
        pairs=_pairs(report["classes"], pictures),
    )


def _facts(report: Mapping[str, Any], run: Mapping[str, Any]) -> tuple[str, ...]:
    options = "".join(f", {run[kind]['name']}" for kind in ("guidance", "clipping") if run[kind]["name"] != "none")
    how = f"{run['title']}{options}, guidance scale {run['guidance scale']:g}, NFE {run['NFE']}, seed {report['seed']}"
    if "images a second" in run:
        how += f"; {run['images a second']:g} images a second with {counted(run['threads'], 'thread')}"
    reference = report["reference"]
    what = (
        f"The first {report['n']:,} particles, none left out, beside as many images of {report['data']}, "
        f"{reference['from']}; features of {report['features']['title']}"
    )
    return how, what


def _table(report: Mapping[str, Any], run: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    floor = report["floor"]["metrics"]
    return tuple(
        (", ".join(filter(None, (said["title"], said["unit"]))), _number(run["metrics"][name]), _number(floor[name]))
        for name, said in report["metrics"].items()
    )


def _number(row: Mapping[str, Any]) -> str:
    if "left out" in row:
        return "–"
    spread = f" ± {row['std']:.2g}" if "std" in row else ""
    return f"{row['value']:.4g}{spread}".replace("-", "−")


def _bars(report: Mapping[str, Any], run: Mapping[str, Any]) -> tuple[Bars, ...]:
    out = []
    for name, said in report["metrics"].items():
        made, real = (rows[name].get("classes", {}) for rows in (run["metrics"], report["floor"]["metrics"]))
        names = tuple(label for label in made if label in real)
        if not names:
            continue
        values = [np.array([rows[label]["value"] for label in names]) for rows in (made, real)]
        spread = None
        if "std" in made[names[0]]:
            spread = (np.array([made[n]["std"] for n in names]), np.array([real[n]["std"] for n in names]))
        title = said["title"]
        if said["better"] == "higher":  # what is missing to 1, since bars that all end near 1 show nothing
            title, values = f"1 − {title[:1].lower()}{title[1:]}", [1.0 - value for value in values]
        out.append(Bars(title, "of each class, lower is better", names, values[0], values[1], spread))
    return tuple(out)


def _pairs(classes: list[str], pictures: Pictures) -> tuple[Pair, ...]:
    out = []
    if pictures.labels is None or pictures.real_labels is None:
        out.append(Pair("All", _tiles("generated", pictures.generated), _tiles("real", pictures.real)))
    else:
        for label, name in enumerate(classes):
            made, real = pictures.generated[pictures.labels == label], pictures.real[pictures.real_labels == label]
            if len(made):
                out.append(Pair(name, _tiles("generated", made), _tiles("real", real)))
    if pictures.closest is not None:
        most = max(len(pair.left.images) for pair in out)  # so that this grid is no larger than the others
        made, training = (images[:most] for images in pictures.closest)
        out.append(Pair("Closest to training images", Tiles("generated", made), Tiles("training", training)))
    return tuple(out)


def _tiles(what: str, images: Images) -> Tiles:
    return Tiles(f"{what}, first {min(len(images), GRID * GRID)}", images[: GRID * GRID])
