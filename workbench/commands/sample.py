"""flowscope sample: sample a spec or a checkpoint into a trace."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from core import presets
from core import spec as specs
from core.assignments import apply_sets
from core.checker import checked
from core.checkpoint import locate
from core.checkpoint import spec_of as spec_of_checkpoint
from core.errors import SpecError
from core.spec import Part, RunSpec
from core.words import counted
from workbench.commands import outputs
from workbench.commands.progress import record, told

HELP = "sample a preset, a TOML file or a checkpoint into a trace"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "spec", metavar="SPEC|CHECKPOINT", help="a preset's name, a TOML file, a .safetensors file or shipped:NAME"
    )
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="such as sampler.n_steps=20")
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        default=Path("sample.h5"),
        metavar="TRACE",
        help="the trace to write, a file that ends in .h5 (%(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    outputs.check_trace(args.out)
    spec = spec_of(args.spec, args.set).replace(action="sample")
    from core.run import sample

    trace = record(sample(spec), spec.title or args.spec, args.out)
    print(f"{trace.status}: {counted(spec.n_samples, 'particle')}, NFE {trace['x'].column('nfe')[-1]:.0f}")
    print(f"trace {args.out}")
    return 1 if told(trace) else 0


def spec_of(name: str, sets: list[str]) -> RunSpec:
    """What a preset, a TOML file or a checkpoint is sampled as.

    Raises:
        SpecError: there is none of that name, a setting is wrong, or a network has no weights yet.
    """
    if specs.names_weights(name):
        return of_weights(name, sets)
    spec = presets.load_one(name, sets)
    if spec.field.name == "network" and not spec.field.params.get("weights"):
        shipped = presets.shipped_weights(name)
        if shipped is None:
            raise SpecError(
                "field", f"{name} has no trained weights. Run `flowscope train {name} -o DIR` first and sample its "
                "checkpoint, or add --set field=exact."
            )  # fmt: skip
        spec = spec.replace(field=spec.field.with_params(weights=shipped))
    _check_asked(spec, sets)
    return spec


def of_weights(name: str, sets: Sequence[str]) -> RunSpec:
    """What a checkpoint is sampled as: as its training says, but for what is set.

    Raises:
        SpecError: there is no such checkpoint, a setting is wrong, or asks for another network than made it.
    """
    trained = spec_of_checkpoint(checked(locate(name), "checkpoint"))
    trained = trained.replace(action="sample", field=Part("network", {"weights": name}))
    spec = presets.placed(specs.from_dict(apply_sets(specs.to_dict(trained), list(sets))))
    _check_asked(spec, sets)
    return spec


def _check_asked(spec: RunSpec, sets: Sequence[str]) -> None:
    """Even the usual network is refused where it was asked for by name."""
    from core.trained import MADE_BY, check_as_trained

    if any(each.partition("=")[0].partition(".")[0] in MADE_BY for each in sets):
        check_as_trained(spec)
