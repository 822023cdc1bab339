"""flowscope verify: make a trace's run again and hold the trace to it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import resources
from core import spec as specs
from core.checker import checked
from core.errors import FlowscopeError, SpecError, no_file
from core.spec import SHIPPED, Part, RunSpec
from core.trace import Trace, open_trace
from core.trace.prolong import BEGUN_AS, RESUMED_AT
from core.trace.verify import FACTS, TOLERANCE, Verdict
from core.words import counted
from workbench import folders
from workbench.commands.progress import ProgressLine

HELP = "make the run of a trace again and say where the trace differs from it"
_FIRST_STEPS = 200
"""Steps of a training that are made again."""
_WEIGHTS = "*.safetensors"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("trace", type=Path, metavar="TRACE")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="where the weights are that it was sampled with")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(args: argparse.Namespace) -> int:
    trace = open_trace(checked(args.trace))
    line = ProgressLine("making the run again")
    try:
        verdict = check(trace, args.weights, line)
    finally:
        line.close()
        trace.close()
    print(json.dumps(_report(verdict), indent=2, ensure_ascii=False) if args.json else _text(verdict, trace))
    return 0 if verdict.equal else 1


def check(trace: Trace, weights: Path | None = None, line: ProgressLine | None = None) -> Verdict:
    """Make a trace's run again, a training's for its first steps, and compare.

    Raises:
        FlowscopeError: its weights are not here, or it is a training of another machine.
    """
    from core.errors import TraceError
    from core.events import RunStarted, Tick
    from core.machine.device import IN_BFLOAT16
    from core.trace.verify import unlike, verify
    from trainers.jobs import start

    if not any(len(stream) for stream in trace.streams.values()):
        raise TraceError(f"{trace.source} holds no rows: there is nothing to verify.")
    training = trace.spec.action == "train"
    if training and "loss" in trace and len(trace["loss"]) and trace["loss"].axis[0] != 1:
        raise FlowscopeError(
            f"This training was resumed at step {trace['loss'].axis[0] - 1:,.0f}; only a beginning can be made again."
        )

    def events() -> Iterator[Any]:
        for event in start(_spec(trace, weights)):
            facts = unlike(event.meta, trace.meta) if isinstance(event, RunStarted) else []
            if training and facts:
                raise FlowscopeError(
                    f"A training can be verified only on the machine that recorded it: {_facts(facts, trace, event)}."
                )
            if "precision" in facts and trace.meta.get("precision", "").endswith(IN_BFLOAT16):
                raise FlowscopeError(
                    "Samples in bfloat16 can be verified only on a device with units for that: "
                    f"{_facts(['precision'], trace, event)}."
                )
            yield event

    for item in verify(trace, events(), _first_steps(trace) if training else float("inf")):
        if isinstance(item, Tick):
            if line is not None:
                line.update(item.done, item.total)
        elif item.equal and not any(item.rows.values()):
            raise TraceError(f"{trace.source} holds no rows of a run's beginning: there is nothing to verify.")
        else:
            return item
    raise AssertionError("a verification ends with its verdict")


def _first_steps(trace: Trace) -> int:
    """Of a training: before it was resumed, and with a set-up that may be another since."""
    resumed_at = trace.meta.get(RESUMED_AT, "")
    return min(_FIRST_STEPS, int(resumed_at) - 1) if resumed_at.isdecimal() else _FIRST_STEPS


def _facts(names: list[str], trace: Trace, event: Any) -> str:
    return "; ".join(f"{name} {trace.meta.get(name, 'not recorded')}, here {event.meta.get(name)}" for name in names)


def _spec(trace: Trace, given: Path | None) -> RunSpec:
    """The spec as this machine can run it: the trace's device and threads, and its weights wherever they lie now.

    Products that were computed in the precision of all else, though bfloat16 was asked for, are so here too.
    """
    from core.machine.device import IN_BFLOAT16, available

    begun_as = trace.meta.get(BEGUN_AS)
    spec = trace.spec if begun_as is None else specs.from_json(begun_as)
    device = trace.meta.get("device", "cpu").partition(":")[0]
    threads = trace.meta.get("threads", "0")
    spec = spec.replace(
        device=device if device in available() else "auto",
        threads=int(threads) if threads.isdecimal() else 0,
    )
    if spec.action == "train" or not spec.field.params.get("weights"):
        return spec
    params = {**spec.field.params, "weights": str(_find(trace, given))}
    if not trace.meta.get("precision", "").endswith(IN_BFLOAT16):
        params.pop("autocast", None)
    return spec.replace(field=Part(spec.field.name, params))


def _find(trace: Trace, given: Path | None) -> Path:
    """The file with the trace's weights, known by their sha256."""
    from core.checkpoint import locate, sha256

    wanted = trace.meta.get("weights_sha256", "")
    named = str(trace.spec.field.params["weights"])
    if given is not None:
        if not given.is_file():
            raise SpecError("--weights", no_file(given))
        if sha256(given) != wanted:
            raise SpecError("--weights", f"{given} holds other weights than the trace names (sha256 {wanted[:12]}…).")
        return checked(given, "checkpoint")
    places = [] if named.startswith(SHIPPED) else [locate(named)]
    places += sorted(resources.path("weights").glob(_WEIGHTS))
    if trace.source is not None:
        places += sorted(trace.source.parent.glob(_WEIGHTS))
    places += sorted(folders.runs().glob(f"*/{_WEIGHTS}"))
    for place in places:
        # a spec from elsewhere may name anything, such as a device that never ends
        if place.suffix == ".safetensors" and place.is_file() and sha256(place) == wanted:
            return checked(place, "checkpoint")
    raise SpecError(
        "field.weights",
        f"The weights of this trace (sha256 {wanted[:12] or 'not recorded'}…) are not here. "
        "Name their file with --weights FILE.",
    )


def _report(verdict: Verdict) -> dict[str, Any]:
    parting = verdict.parting
    return {
        "equal": verdict.equal,
        "exact": verdict.equal and verdict.unequal == 0,
        "tolerance": verdict.tolerance,
        "rows": verdict.rows,
        "numbers": verdict.numbers,
        "unequal": verdict.unequal,
        "left out": verdict.left_out,
        "differing facts": verdict.unlike,
        "problem": verdict.problem,
        "first difference": None if parting is None else {
            "stream": parting.stream, "row": parting.row, parting.axis: parting.at, "part": parting.part,
            "place": dict(parting.place), "trace": parting.first, "run": parting.second,
        },
    }  # fmt: skip


def _text(verdict: Verdict, trace: Trace) -> str:
    lines = []
    if verdict.parting is not None:
        lines.append(f"differs first at {verdict.parting.sentence('the trace', 'its run')}")
    elif verdict.problem:
        lines.append(f"differs: {verdict.problem}")
    else:
        rows = ", ".join(f"{name} {counted(n, 'row')}" for name, n in verdict.rows.items())
        how = "bit for bit" if verdict.unequal == 0 else f"within {TOLERANCE:g} of each row's root mean square"
        lines.append(f"equal {how}: {rows}")
    if verdict.unlike:
        lines.append(f"compared within {TOLERANCE:g}: this machine differs in, or the trace lacks, "
                     f"{', '.join(verdict.unlike)}")  # fmt: skip
        if verdict.unequal and verdict.equal:
            lines.append(f"{verdict.unequal:,} of {verdict.numbers:,} numbers are not the same bit for bit")
    else:
        lines.append(f"the same {', '.join(FACTS)}: compared bit for bit")
    if trace.spec.action == "train":
        n = min(_first_steps(trace), trace.spec.training.n_steps)
        lines.append(f"a training is made again for its first {counted(n, 'step')}")
    if verdict.left_out:
        lines.append(f"not made by the run, and so not compared: {', '.join(verdict.left_out)}")
    return "\n".join(lines)
