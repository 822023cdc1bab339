"""One analysis in a process of its own, for an export that needs it: a spec comes in as JSON, a trace file comes out.

An error is one line on stderr and exit code 2, and leaves no file that says it is finished.
"""

from __future__ import annotations

import sys
from pathlib import Path

from core import spec as specs
from core.errors import FlowscopeError
from core.events import Tick
from core.trace import TraceWriter


def main(file: Path) -> int:
    """Run the analysis whose spec stands on standard input."""
    from core.analysis import analyse

    try:
        events = analyse(specs.from_json(sys.stdin.read()))
        first = next(events)  # whatever is wrong with the spec shows before there is a file
        with TraceWriter(file) as writer:
            for event in (first, *events):
                if not isinstance(event, Tick):
                    writer.feed(event)
    except FlowscopeError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
