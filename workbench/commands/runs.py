"""flowscope runs: the recorded runs, one a line."""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.checker import checked
from core.errors import SpecError, shown
from workbench.commands.progress import ProgressLine
from workbench.model import library
from workbench.model.kinds import TRACES
from workbench.model.library import Run, Unreadable
from workbench.model.recents import size_words, when_words

HELP = "list recorded runs: what each did, how far it came, its loss, size and date"
_WIDTH, _GAP = 120, "  "
"""Characters of a line where nobody looks at a terminal, and between columns."""
_HEADS = ("run", "action", "data", "method", "steps", "NFE", "loss", "status", "written", "size")
_CUT, _NUMBERS = {0: 18, 3: 12, 2: 12}, (4, 5, 6, 9)
"""Columns that give way where a line is too long, with the characters that they keep; and those at the right."""


def _text_key(words: Callable[[Run], str]) -> Callable[[Run], Any]:
    return lambda run: words(run).casefold()


_ORDERS: dict[str, Callable[[Run], Any]] = {
    "when": lambda run: -run.when.timestamp(),
    "name": _text_key(lambda run: run.name),
    "action": lambda run: run.spec.action,
    "data": lambda run: run.data,
    "method": lambda run: _method(run),
    "steps": lambda run: -run.steps,
    "nfe": lambda run: -(run.nfe or 0),
    "loss": lambda run: math.inf if run.loss is None or math.isnan(run.loss) else run.loss,
    "status": lambda run: run.status,
    "size": lambda run: -run.n_bytes,
}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folders",
        nargs="*",
        type=Path,
        metavar="FOLDER",
        help="every trace in and below it; without, the window's runs",
    )
    parser.add_argument(
        "--sort", choices=_ORDERS, default="when",
        help="by words from A to Z, by loss the lowest first, by others the newest or largest first (%(default)s)",
    )  # fmt: skip
    parser.add_argument("--files", action="store_true", help="name each by its file, as other verbs take it")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(args: argparse.Namespace) -> int:
    found, problems = _read(*_places(args.folders))
    found.sort(key=lambda run: -run.when.timestamp())
    found.sort(key=_ORDERS[args.sort])
    if args.json:
        report = {"runs": [_entry(run) for run in found], "unreadable": [_trouble(each) for each in problems]}
        print(json.dumps(report, indent=2, ensure_ascii=False))
        return 0
    if found:
        width = shutil.get_terminal_size((_WIDTH, 0)).columns if sys.stdout.isatty() else _WIDTH
        print(_table([_row(run, files=args.files) for run in found], 0 if args.files else width))
    for each in problems:
        print(f"flowscope: {each.problem}", file=sys.stderr)
    if not found and not problems:
        print("no runs " + (f"in {', '.join(map(str, args.folders))}" if args.folders else "yet"))
    return 0


def _places(named: list[Path]) -> tuple[list[Path], list[Unreadable]]:
    """Where runs lie, and what cannot be looked into.

    Raises:
        SpecError: what is named is neither a folder nor a trace.
    """
    if not named:
        return library.places(), []
    found: list[Path | Unreadable] = []
    for folder in named:
        if folder.is_dir():
            found += library.places_below(folder)
        elif folder.is_file() and folder.suffix.lower() in TRACES:
            found.append(folder)
        else:
            raise SpecError("", f"There is no folder {folder}. Name one that holds traces, or a trace.")
    places = {each.resolve(): each for each in reversed(found) if isinstance(each, Path)}  # each as it is named first
    return list(reversed(places.values())), [each for each in found if isinstance(each, Unreadable)]


def _read(places: list[Path], problems: list[Unreadable]) -> tuple[list[Run], list[Unreadable]]:
    found, line = list[Run](), ProgressLine("reading runs")
    try:
        for i, each in enumerate(library.read(places, checked)):
            line.update(i + 1, len(places))
            if isinstance(each, Run):
                found.append(each)
            else:
                problems.append(each)
    finally:
        line.close()
    return found, problems


def _method(run: Run) -> str:
    return "/".join((run.spec.path.name, run.spec.objective.name, run.spec.sampler.name))


def _row(run: Run, *, files: bool) -> list[str]:
    return [
        str(run.trace) if files else shown(run.name), run.spec.action, shown(run.data), shown(_method(run)),
        f"{run.steps:,}" if run.steps else "", "" if run.nfe is None else f"{run.nfe:,}",
        "" if run.loss is None else f"{run.loss:.4f}", run.status, when_words(run.when), size_words(run.n_bytes),
    ]  # fmt: skip


def _table(rows: list[list[str]], width: int) -> str:
    """Aligned columns, cut down to ``width`` characters a line, first what the others say too; 0 cuts nothing.

    A column without a word, such as losses where nothing was trained, is left out.
    """
    table = [list(_HEADS), *rows]
    held = [i for i in range(len(_HEADS)) if any(row[i] for row in rows)]
    widths = {i: max(len(row[i]) for row in table) for i in held}
    over = sum(widths.values()) + len(_GAP) * (len(held) - 1) - width if width else 0
    for i, least in _CUT.items():
        cut = max(0, min(over, widths.get(i, 0) - least))
        widths[i] = widths.get(i, 0) - cut
        over -= cut
    lines = [_GAP.join(_cell(row[i], widths[i], right=i in _NUMBERS) for i in held) for row in table]
    return "\n".join(line.rstrip() for line in lines)


def _cell(text: str, width: int, *, right: bool) -> str:
    cut = text if len(text) <= width else f"{text[: width - 1]}…"
    return f"{cut:>{width}}" if right else f"{cut:{width}}"


def _entry(run: Run) -> dict[str, Any]:
    spec, finite = run.spec, run.loss is not None and math.isfinite(run.loss)
    return {
        "file": str(run.trace), "name": run.name, "title": spec.title, "action": spec.action, "data": run.data,
        "path": spec.path.name, "objective": spec.objective.name, "network": spec.network.name,
        "sampler": spec.sampler.name, "steps": run.steps, "nfe": run.nfe, "loss": run.loss if finite else None,
        "status": run.status, "written": run.when.isoformat(), "bytes": run.n_bytes,
    }  # fmt: skip


def _trouble(each: Unreadable) -> dict[str, str]:
    return {"file": str(each.place), "problem": each.problem}
