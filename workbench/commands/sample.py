"""flowscope sample: sample a spec or a checkpoint into a trace."""

from __future__ import annotations

import argparse
from pathlib import Path

from core import presets
from core import spec as specs
from core.checker import checked
from core.checkpoint import spec_of as spec_of_checkpoint
from core.errors import SpecError
from core.spec import Part, RunSpec
from workbench.commands import outputs
from workbench.commands.progress import record

HELP = "sample a preset, a TOML file or a checkpoint into a trace"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "spec", metavar="SPEC|CHECKPOINT", help="a preset's name, a TOML file, a .safetensors file or shipped:NAME"
    )
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="such as sampler.n_steps=20")
    parser.add_argument("-o", "--out", type=Path, default=Path("sample.h5"), metavar="TRACE", help="the trace to write")


def run(args: argparse.Namespace) -> int:
    outputs.check(args.out, outputs.TRACE)
    spec = spec_of(args.spec, args.set).replace(action="sample")
    from core.run import sample

    trace = record(sample(spec), spec.title or args.spec, args.out)
    print(f"{trace.status}: {spec.n_samples:,} particles, NFE {trace['x'].column('nfe')[-1]:.0f}")
    print(f"trace {args.out}")
    return 0


def spec_of(name: str, sets: list[str]) -> RunSpec:
    """What a preset, a TOML file or a checkpoint is sampled as.

    Raises:
        SpecError: there is none of that name, a setting is wrong, or a network has no weights yet.
    """
    if specs.names_weights(name):
        from core.checkpoint import locate

        trained = spec_of_checkpoint(checked(locate(name), "checkpoint"))
        trained = trained.replace(field=Part("network", {"weights": name}))
        return specs.from_dict(specs.apply_sets(specs.to_dict(trained), sets))
    spec = presets.load_one(name, sets)
    if spec.field.name == "network" and not spec.field.params.get("weights"):
        shipped = presets.shipped_weights(name)
        if shipped is None:
            raise SpecError(
                "field", f"{name} has no trained weights. Run `flowscope train {name} -o DIR` first and sample its "
                "checkpoint, or add --set field=exact."
            )  # fmt: skip
        spec = spec.replace(field=Part("network", {"weights": shipped}))
    return spec
