"""A report as it is printed and kept: as JSON for programs, as text or Markdown for people, with the same numbers."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import FlowscopeError, SpecError
from workbench.commands import outputs

_BEGIN = {".json": outputs.REPORT, ".txt": b"flowscope ", ".md": b"# flowscope "}
"""How a report of each kind begins, by which its own kind is known again."""
IN_FOLDER = ("report.json", "report.txt")
"""What a verb that fills a folder calls its report."""
HELP = "keep the report: .json for programs, .txt or .md to read"


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON")


def check(file: Path | None) -> None:
    """Told before hours of work, not after.

    Raises:
        SpecError: the name says no kind of report.
        FlowscopeError: there is no such folder, or something else of that name.
    """
    if file is None:
        return
    kind = _BEGIN.get(file.suffix.lower())
    if kind is None:
        raise SpecError("", f"A report ends in {', '.join(_BEGIN)}. Given {file}.")
    if not file.parent.is_dir():
        raise FlowscopeError(f"{file} cannot be written: there is no folder {file.parent}.")
    outputs.check(file, kind)


def dumped(report: dict[str, Any]) -> str:
    return json.dumps(report, indent=2, ensure_ascii=False)


def write(file: Path, title: str, report: dict[str, Any], text: str) -> None:
    """Keep a report as its name says; ``text`` is how it is printed, ``title`` what made it, such as ``bench train``.

    Raises:
        FlowscopeError: the file cannot be written.
    """
    match file.suffix.lower():
        case ".json":
            content = dumped(report)
        case ".md":
            body = text if "\n|---" in text else f"```text\n{text}\n```"  # columns are aligned for one width of type
            content = f"# flowscope {title}\n\n{body}"
        case _:
            content = f"flowscope {title}\n\n{text}"
    try:
        file.write_text(f"{content}\n", encoding="utf-8")
    except OSError as error:
        raise FlowscopeError(f"{file} cannot be written: {error.strerror or error}.") from None


def tell(title: str, report: dict[str, Any], text: str, *, as_json: bool, files: Sequence[Path | None] = ()) -> None:
    """Keep a report where files are named, and print it."""
    for file in filter(None, files):
        write(file, title, report, text)
    print(dumped(report) if as_json else text)
