"""flowscope list: everything that a spec or a command can name."""

from __future__ import annotations

import argparse
import json

import msgspec

from core import presets
from core.errors import SpecError, unknown
from core.spec import PARTS

HELP = "list what a spec can name: samplers, paths, data sets, presets…, and metrics"
_KINDS = (*PARTS, "metric", "image-metric", "features", "preset")

_WIDTH = 28
"""Of the column of names, at least."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", nargs="?", metavar="KIND", help=f"one of {', '.join(_KINDS)}; all without")
    parser.add_argument("--json", action="store_true", help="as JSON, parameters included")


def run(args: argparse.Namespace) -> int:
    if args.kind and args.kind not in _KINDS:
        raise SpecError("", unknown("kind", args.kind, _KINDS))
    wanted = [args.kind] if args.kind else _KINDS
    if args.json:
        report = {kind: _presets() if kind == "preset" else _entries(kind) for kind in wanted}
        print(json.dumps(report, indent=2, ensure_ascii=False))
        return 0
    for kind in wanted:
        print(kind)
        lines = _lines(kind)
        width = max(_WIDTH, *(len(name) for name, _ in lines))
        for name, text in lines:
            print(f"  {name:{width}} {text}")
    return 0


def _presets() -> dict[str, dict[str, str]]:
    return {name: {"title": found.title, "help": found.help} for name, found in _described()}


def _entries(kind: str) -> object:
    from core import catalog

    return msgspec.to_builtins(catalog.entries(kind))


def _described() -> list[tuple[str, presets.Preset]]:
    return [(name, presets.describe(name)) for name in presets.names()]


def _lines(kind: str) -> list[tuple[str, str]]:
    if kind == "preset":
        return [(name, found.help) for name, found in _described()]
    from core import catalog

    return [(name, f"{entry.title}: {entry.help}") for name, entry in catalog.entries(kind).items()]
