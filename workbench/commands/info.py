"""flowscope info: what a trace holds."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

from core import spec as specs
from core.checker import checked
from core.trace import Trace, open_trace
from core.trace.lock import is_written, left_open
from core.words import counted
from workbench.model.recents import size_words

HELP = "say what a trace holds"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("trace", type=Path, metavar="TRACE")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(args: argparse.Namespace) -> int:
    trace = open_trace(checked(args.trace))
    try:
        report = describe(trace) | _file(args.trace, trace.status)
    finally:
        trace.close()
    print(json.dumps(report, indent=2, ensure_ascii=False) if args.json else _text(report))
    return 0


def describe(trace: Trace) -> dict[str, Any]:
    return {
        "status": trace.status,
        "message": trace.message,
        "spec": specs.to_dict(trace.spec),
        "meta": trace.meta,
        "streams": {
            name: {
                "rows": len(stream),
                "of": stream.declared.capacity,
                "row": list(stream.declared.row_shape),
                "dims": list(stream.declared.dims),
                "units": stream.declared.units,
                "columns": list(stream.declared.columns),
            }
            for name, stream in trace.streams.items()
        },
    }


def _file(path: Path, status: str) -> dict[str, Any]:
    """What is known of the file itself."""
    goes_on = status == "running" or is_written(path)
    writer = "writing" if goes_on else "killed" if left_open(path) else "done"
    return {"bytes": path.stat().st_size, "writer": writer}


_WRITERS = {
    "writing": "is being written",
    "killed": "its writer was killed: flowscope repair makes it an ordinary file",
}


def _part(table: dict[str, Any]) -> str:
    """A part with its parameters, such as ``euler (n_steps 50)``."""
    rest = ", ".join(f"{key} {value}" for key, value in table.items() if key != "name" and value != "")
    return f"{table['name']} ({rest})" if rest else str(table["name"])


def _made(meta: dict[str, str]) -> str:
    """When and on what a run was made, as far as its trace says."""
    where, threads = meta.get("processor") or meta.get("device"), meta.get("threads", "")
    words = [f"made {meta.get('created') or 'at an unknown time'}" + (f" on {where}" if where else "")]
    words += [counted(int(threads), "thread")] if _is_count(threads) else []
    words += [f"torch {meta['torch']}"] if "torch" in meta else []
    return ", ".join(words)


def _is_count(text: str) -> bool:
    """Of what a trace from elsewhere says, whether it is a number."""
    return re.fullmatch("[0-9]{1,12}", text) is not None


def _text(report: dict[str, Any]) -> str:
    spec, meta = report["spec"], report["meta"]
    parts = ", ".join(f"{kind} {_part(spec[kind])}" for kind in specs.PARTS)
    asked = f", class {spec['label']}" if spec["label"] else ""
    lines = [
        f"{spec['title'] or 'Untitled'}: {report['status']}{', ' + report['message'] if report['message'] else ''}",
        f"{spec['action']}, seed {spec['seed']}, {counted(spec['n_samples'], 'particle')}{asked}, {parts}",
        _made(meta),
        size_words(report["bytes"]) + (f", {_WRITERS[report['writer']]}" if report["writer"] != "done" else ""),
    ]
    if "weights_sha256" in meta:
        lines.append(f"weights sha256 {meta['weights_sha256']}")
    if _is_count(meta.get("parameters", "")):
        lines.append(f"network of {int(meta['parameters']):,} parameters")
    for name, stream in report["streams"].items():
        shape = " × ".join(str(size) for size in stream["row"]) or "one number"
        of = f" of {stream['of']:,}" if stream["rows"] <= stream["of"] else ""  # a resumed training may have more
        lines.append(f"  {name:26} {stream['rows']:,}{of} rows, each {shape}; along {stream['columns'][0]}")
    return "\n".join(lines)
