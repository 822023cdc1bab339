"""Analyses in a process of its own, for an export that needs them.

On standard input comes a line for each, JSON of the file to make and of the spec; each is answered by a line that says
what is wrong, JSON as well: empty where the trace file is finished. An error leaves no file that says so.
"""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path

from core import spec as specs
from core.errors import FlowscopeError
from core.events import Tick
from core.trace import TraceWriter


def main() -> None:
    """Make one after the other, until nobody asks for more."""
    for line in sys.stdin:
        file, spec = json.loads(line)
        with redirect_stdout(sys.stderr):  # a plug-in may print, which is no answer
            problem = _problem(Path(file), spec)
        print(json.dumps(problem), flush=True)


def _problem(file: Path, spec: str) -> str:
    from core.analysis import analyse

    try:
        events = analyse(specs.from_json(spec))
        first = next(events)  # whatever is wrong with the spec shows before there is a file
        with TraceWriter(file) as writer:
            for event in (first, *events):
                if not isinstance(event, Tick):
                    writer.feed(event)
    except FlowscopeError as error:
        return str(error)
    return ""


if __name__ == "__main__":
    main()
