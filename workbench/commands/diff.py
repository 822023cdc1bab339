"""flowscope diff: what sets two traces apart."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from core import catalog
from core.checker import checked
from core.trace import open_trace
from core.trace.diff import Difference, Pair, diff

HELP = "say in which fields two traces' specs differ, and at which step and stream their numbers part"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("first", type=Path, metavar="A")
    parser.add_argument("second", type=Path, metavar="B")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(args: argparse.Namespace) -> int:
    known = catalog.shipped()
    first = open_trace(checked(args.first))
    try:
        second = open_trace(checked(args.second))
        try:
            found = diff(first, second, known)
        finally:
            second.close()
    finally:
        first.close()
    print(json.dumps(_report(found), indent=2, ensure_ascii=False) if args.json else _text(found, args))
    return 0 if found.equal else 1


def _report(found: Difference) -> dict[str, Any]:
    parting = found.parting
    return {
        "equal": found.equal,
        "spec": found.spec,
        "meta": found.meta,
        "status": found.status,
        "problems": found.problems,
        "numbers": found.numbers,
        "first difference": None if parting is None else {
            "stream": parting.stream, "row": parting.row, parting.axis: parting.at, "part": parting.part,
            "place": dict(parting.place), "first": parting.first, "second": parting.second,
        },
    }  # fmt: skip


def _text(found: Difference, args: argparse.Namespace) -> str:
    if found.equal:
        return f"no difference: {found.numbers:,} numbers are the same bit for bit"
    pairs = {f"spec {name}": pair for name, pair in found.spec.items()} | found.meta
    if found.status is not None:
        pairs["status"] = found.status
    width = max((len(name) for name in pairs), default=0)
    lines = [f"{name:{width}}  {_pair(pair)}" for name, pair in pairs.items()]
    lines += found.problems
    if found.parting is not None:
        files: tuple[Path, Path] = args.first, args.second
        names = [file.name if files[0].name != files[1].name else str(file) for file in files]
        lines.append(f"part first at {found.parting.sentence(*names)}")
    elif found.numbers == 0:
        lines.append("there are no numbers to compare")
    else:
        lines.append(f"the {found.numbers:,} numbers that both hold are the same bit for bit")
    return "\n".join(lines)


def _pair(pair: Pair) -> str:
    first, second = ("none" if value is None else str(value) for value in pair)
    return f"{first} | {second}"
