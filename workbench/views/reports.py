"""What lanes were measured to be, side by side: one table for the page, the clipboard and files."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from core.reports import LEFT_OUT, LOST, figures
from workbench.views.marks import Method

REAL = "Two real sets"
LEGEND = (
    "Two real sets: the same between two sets of real data as large as a lane's, which share no sample; where a field "
    "is measured, what the exact one scores"
)
BEST = "the best of these lanes; none where all come as near as two real sets do, or differ by less than their spread"
_FEW = 1000
"""Images below which a distance in features is mostly bias."""
_COLUMNS = ("lane", "sampler", "NFE", "n", "metric", "unit", "better", "value", "std", "two real sets", "left out")


@dataclass(frozen=True)
class LaneReport:
    """A lane: its report as `core.reports` writes it, or why there is none; neither while nothing is known."""

    title: str
    sampler: str
    method: Method
    report: Mapping[str, Any] | None = None
    problem: str = ""


@dataclass(frozen=True)
class Head:
    """A column: a lane, or the real sets that the lanes before it were held against."""

    title: str
    method: Method


@dataclass(frozen=True)
class Cell:
    text: str
    best: bool = False


@dataclass(frozen=True)
class Line:
    """A row: a metric, with its unit and when it is better, or how the samples were made."""

    title: str
    better: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """``captions`` say what was held against what, ``notes`` why something was not measured."""

    heads: tuple[Head, ...]
    lines: tuple[Line, ...]
    captions: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Row:
    title: str
    unit: str
    better: str
    value: Mapping[str, Any]
    floor: Mapping[str, Any] | None


def table(lanes: Sequence[LaneReport]) -> Table:
    """Lanes in their order; after those that were held against the same real sets, these sets."""
    found = [_rows(lane.report) for lane in lanes]
    groups = list(_groups(lanes))
    heads: list[Head] = []
    for group in groups:
        heads += [Head(lanes[i].title, lanes[i].method) for i in group]
        heads.append(Head(REAL, "real"))
    lines = [
        _facts("Sampler", lanes, groups, lambda lane: lane.sampler),
        _facts("NFE", lanes, groups, lambda lane: _said(lane, "NFE")),
        _facts("Guidance", lanes, groups, _guidance),
    ]
    lines = [line for line in lines if any(cell.text not in ("", "–") for cell in line.cells)]
    for name, row in {name: row for rows in reversed(found) for name, row in rows.items()}.items():
        cells: list[Cell] = []
        for group in groups:
            cells += _cells([found[i].get(name) for i in group], [lanes[i] for i in group])
        title = ", ".join(filter(None, (row.title, row.unit)))
        better = next((rows[name].better for rows in found if name in rows and rows[name].better), "")
        lines.append(Line(title, better, tuple(cells)))
    return Table(tuple(heads), tuple(lines), tuple(_captions(lanes)), tuple(_notes(lanes, found)))


def as_text(lanes: Sequence[LaneReport]) -> str:
    """The table as lines of text with columns of one width each, numbers at the right."""
    shown = table(lanes)
    rows = [["", "better", *(f"{head.title}  " for head in shown.heads)]]
    rows += [
        [line.title, line.better, *(f"{cell.text}{' *' if cell.best else '  '}" for cell in line.cells)]
        for line in shown.lines
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = ["<", "<", *">" * len(shown.heads)]
    lines = [
        "  ".join(f"{text:{side}{width}}" for text, side, width in zip(row, sides, widths, strict=True)) for row in rows
    ]
    ends = [LEGEND, *((f"* {BEST}",) if "*" in "".join(lines) else ())]
    return "\n".join([*shown.captions, *(line.rstrip() for line in lines), *shown.notes, *ends]) + "\n"


def as_json(lanes: Sequence[LaneReport]) -> str:
    """All that the reports say, as `evaluate` writes it, lane by lane."""
    out = [{"lane": lane.title} | (dict(lane.report) if lane.report else {"problem": lane.problem}) for lane in lanes]
    return json.dumps({"lanes": out}, indent=2, ensure_ascii=False) + "\n"


def as_csv(lanes: Sequence[LaneReport]) -> str:
    """A line for each lane and metric, numbers in full."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(_COLUMNS)
    for lane in lanes:
        if lane.report is None:
            continue
        for row in _rows(lane.report).values():
            value, floor = row.value, row.floor or {}
            lines.writerow([
                lane.title, lane.sampler, _said(lane, "NFE"), lane.report["n"], row.title, row.unit, row.better,
                value.get("value", ""), value.get("std", ""), floor.get("value", ""), value.get(LEFT_OUT, ""),
            ])  # fmt: skip
    return text.getvalue()


# --- reports ---------------------------------------------------------------------------------------------------------


def _rows(report: Mapping[str, Any] | None) -> dict[str, _Row]:
    """The metrics of a report of points, or of images, whose floor and titles stand beside its one run."""
    if report is None:
        return {}
    rows = report["metrics"]
    if "runs" not in report:
        return {
            name: _Row(
                row["title"], row.get("unit", ""), row.get("better", ""), row,
                {"value": row["floor"]} if row.get("floor") is not None else None,
            )
            for name, row in rows.items()
        }  # fmt: skip
    values, floors = report["runs"][0]["metrics"], report["floor"]["metrics"]
    return {
        name: _Row(said["title"], said["unit"], said["better"], values[name], floors[name])
        for name, said in rows.items()
    }


def _run(lane: LaneReport) -> Mapping[str, Any]:
    """What a report says of how its samples were made."""
    report: Mapping[str, Any] = lane.report or {}
    return report["runs"][0] if "runs" in report else report


def _said(lane: LaneReport, name: str) -> str:
    value = _run(lane).get(name)
    return f"{value:,}" if value is not None else "–" if lane.report else ""


def _guidance(lane: LaneReport) -> str:
    run = _run(lane)
    guidance = run.get("guidance", {"name": "none"})
    if guidance["name"] == "none":
        return "–" if lane.report else ""
    scale = run.get("guidance scale", guidance.get("scale"))
    return str(guidance["name"]) if scale is None else f"{scale:g}"


def _beside(lane: LaneReport) -> str:
    """What a lane was held against, in words; the same words of lanes whose numbers compare."""
    report = lane.report
    if report is None:
        return ""
    n, label = report["n"], report["label"]
    classes = "classes" if "," in label else "class"
    seed = f"{f', {classes} {label}' if label else ''}, seed {report['seed']}"
    if "reference" not in report:
        return f"{report['data']}: {n:,} samples beside two sets of {n:,} held-out points{seed}"
    images = f"{report['data']}: {n:,} images beside two sets of {n:,} real ones from {report['reference']['from']}"
    return f"{images}{seed}, in the features of {report['features']['title']}"


# --- the table -------------------------------------------------------------------------------------------------------


def _groups(lanes: Sequence[LaneReport]) -> Iterator[list[int]]:
    """Neighbours that were held against the same; one of which nothing is known yet stays with those before it."""
    starts, known = [0], ""
    for i, lane in enumerate(lanes):
        words = _beside(lane)
        if words and known and words != known:
            starts.append(i)
        known = words or known
    yield from (list(range(a, b)) for a, b in pairwise([*starts, len(lanes)]))


def _facts(
    title: str, lanes: Sequence[LaneReport], groups: Sequence[Sequence[int]], say: Callable[[LaneReport], str]
) -> Line:
    cells = [Cell(text) for group in groups for text in (*(say(lanes[i]) for i in group), "")]
    return Line(title, "", tuple(cells))


def _cells(rows: Sequence[_Row | None], lanes: Sequence[LaneReport]) -> list[Cell]:
    """The numbers of one metric in lanes that compare, then that of the real sets."""
    pairs = zip(rows, lanes, strict=True)
    texts = ["–" if lane.problem else "" if row is None else _shown(row.value) for row, lane in pairs]
    best = _best([row for row in rows if row is not None])
    floor = next((row.floor for row in rows if row is not None and row.floor is not None), None)
    return [*(Cell(text, text in best) for text in texts), Cell(_shown(floor) if floor is not None else "")]


def _shown(row: Mapping[str, Any] | None) -> str:
    return figures(row).replace("e-0", "e-").replace("-", "−")


def _best(rows: Sequence[_Row]) -> frozenset[str]:
    """How the best numbers are written: nearer than two real sets, or than a spread, no difference can be told.

    None is where all lanes are alike.
    """
    known = {_shown(row.value): _loss(row) for row in rows if math.isfinite(row.value.get("value", math.nan))}
    if len(known) < 2:
        return frozenset()
    spread = max(row.value.get("std", 0.0) for row in rows)
    best = frozenset(text for text, loss in known.items() if loss <= min(known.values()) + spread)
    return best if len(best) < len(known) else frozenset()


def _loss(row: _Row) -> float:
    """How far a number is from the best that can be told."""
    value, sign = float(row.value["value"]), -1.0 if row.better == "higher" else 1.0
    if row.floor is None or "value" not in row.floor:
        return sign * value
    floor = float(row.floor["value"])
    if row.better == "as real images":
        return abs(value - floor)
    return max(0.0, sign * (value - floor))


def _captions(lanes: Sequence[LaneReport]) -> Iterator[str]:
    yield from dict.fromkeys(filter(None, map(_beside, lanes)))
    few = [lane.report["n"] for lane in lanes if lane.report and "runs" in lane.report and lane.report["n"] < _FEW]
    if few:
        yield f"{min(few):,} images are few: distances are mostly bias, and compare with those of two real sets only"


def _notes(lanes: Sequence[LaneReport], found: Sequence[Mapping[str, _Row]]) -> Iterator[str]:
    """Why a lane has no number: of the lane, then metric by metric."""
    for lane in lanes:
        if lane.problem:
            yield f"– {lane.title}: {lane.problem}"
        if gone := _run(lane).get(LOST):
            yield f"– {lane.title}: {gone}"
    whys: dict[str, list[str]] = {}
    for lane, rows in zip(lanes, found, strict=True):
        for row in rows.values():
            if why := row.value.get(LEFT_OUT):
                words = why if why.startswith(row.title) else f"{row.title}: {why}"
                whys.setdefault(words, []).append(lane.title)
    measured = sum(bool(rows) for rows in found)
    for why, titles in whys.items():
        yield f"– {why}" if len(titles) == measured else f"– {', '.join(titles)}: {why}"
