"""flowscope fetch: bring a published data set from its publisher, checked and resumable."""

from __future__ import annotations

import argparse

from core.errors import FlowscopeError
from workbench.commands.progress import ProgressLine

HELP = "download a published data set: mnist, fashion-mnist or cifar10"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="mnist, fashion-mnist or cifar10")


def run(args: argparse.Namespace) -> int:
    from core.images.download import fetch

    lines: dict[str, ProgressLine] = {}

    def show(file: str, have: int, total: int) -> None:
        lines.setdefault(file, ProgressLine(file)).update(have, total or have)

    try:
        folder = fetch(args.name, show)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise FlowscopeError(f"{args.name} could not be downloaded: {error.strerror or error}{where}.") from None
    finally:
        for line in lines.values():
            line.close()
    print(f"{args.name} is in {folder}")
    return 0
