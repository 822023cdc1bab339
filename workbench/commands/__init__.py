"""The headless verbs: one file each, found by name, over the same core as the window.

A verb's module has ``HELP``, ``configure(parser)`` and ``run(args) -> int``; its name is the module's. Exit codes:
0 done, 1 something differs or failed a check, 2 the input was wrong, with one line on stderr that says what would work.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import pkgutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from core.errors import FlowscopeError, SpecError, shown, unknown
from workbench.model import kinds

_HELPERS = ("outputs", "progress", "reports", "tracking", "window")
"""Modules here that are no verbs."""


class _Parser(argparse.ArgumentParser):
    """An argument parser whose mistakes are one line."""

    def error(self, message: str) -> None:  # type: ignore[override]  # argparse says NoReturn; exit() does not return
        given = message.partition("unrecognized arguments: ")[2]
        if "=" in given.partition(" ")[0] and not given.startswith("-"):
            message = f"{given} is a setting. Write --set {given}"
        self.exit(2, f"flowscope: {message}. See: {self.prog} --help\n")


def _verbs() -> dict[str, str]:
    """Verb -> module name; a module may end in an underscore where its verb is a Python name."""
    modules = (item.name for item in pkgutil.iter_modules(__path__) if not item.ispkg)
    return {name.rstrip("_"): name for name in modules if name not in _HELPERS}


def _module(verb: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{_verbs()[verb]}")


def main(arguments: list[str]) -> int:
    """Open the workbench, or run a verb; returns the exit code."""
    _open_closed()
    if not arguments or (arguments[0] not in _verbs() and _opens_the_window(arguments[0])):
        return _window(arguments)
    parser = _Parser(prog="flowscope", description="An oscilloscope for generative flows.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB", parser_class=_Parser)
    if arguments[0] not in _verbs() and not arguments[0].startswith("-"):
        print(f"flowscope: {unknown('verb', arguments[0], _verbs())}", file=sys.stderr)
        return 2
    # Only the verb that was asked for is imported: torch costs a second.
    wanted = arguments[0] if arguments[0] in _verbs() else None
    for verb in [wanted] if wanted else sorted(_verbs()):
        module = _module(verb)
        sub = verbs.add_parser(verb, help=module.HELP, description=module.HELP)
        module.configure(sub)
        _add_data(sub)
        sub.set_defaults(run=module.run, parser=sub)
    args = _parsed(parser, arguments)

    def run() -> int:
        _take_data(args.data_folder, must_exist=args.verb != "fetch")
        with _ended_in_order():
            code: int = args.run(args)
        return code

    return _guarded(run)


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """A verb that a queue or a closed terminal ends leaves no more behind than after Ctrl+C.

    What somebody has set already, as `nohup` does, stays. Processes of torchrun wait for each other where no Python
    runs, so they end at once; and only the main thread can be asked.
    """
    apart = "RANK" in os.environ or threading.current_thread() is not threading.main_thread()
    there = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name) and not apart]
    ours = [number for number in there if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _open_closed() -> None:
    """Whoever closed an output, as ``>&-`` does, wants to hear nothing of it; Python leaves None in its place."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115  # it stays until the end, as the usual one does


def _opens_the_window(argument: str) -> bool:
    """Whether the first argument is the window's: an option of its own, or a file, of a kind that it takes or not."""
    named = Path(argument)
    return argument.partition("=")[0] in ("--reset", "--data") or kinds.openable(named) or os.path.isfile(named)


def _window(arguments: list[str]) -> int:
    parser = _Parser(prog="flowscope", description="Open the workbench.")
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="traces, weights, a set-up, points or a picture to open"
    )
    parser.add_argument("--reset", action="store_true", help="with settings, layout and session as they were first")
    parser.set_defaults(parser=parser)
    _add_data(parser)
    args = _parsed(parser, arguments)

    def run() -> int:
        _take_data(args.data_folder)
        code: int = importlib.import_module("workbench.commands.window").run(args.files, reset=args.reset)
        return code

    return _guarded(run)


def _add_data(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """The option of every verb, also where it comes after the verb's own verb."""
    for nested in parser._actions:
        if isinstance(nested, argparse._SubParsersAction):
            for sub in nested.choices.values():
                _add_data(sub, argparse.SUPPRESS)  # None would undo what came before
    parser.add_argument(
        "--data",
        dest="data_folder",  # “data” is what a verb may call its own
        metavar="DIR",
        default=default,
        help="the folder of downloaded data sets (or set FLOWSCOPE_DATA)",
    )


def _parsed(parser: argparse.ArgumentParser, arguments: list[str]) -> argparse.Namespace:
    args, unknown_ones = parser.parse_known_args(arguments)
    if unknown_ones:
        args.parser.error(f"unrecognized arguments: {' '.join(unknown_ones)}")
    return args


def _take_data(folder: str | None, *, must_exist: bool = True) -> None:
    """Tell the folder of data sets to this process and those that it starts.

    Raises:
        SpecError: there is none where there must be. One that the environment names may be away, as on a disk that is
            not mounted: what ships needs none.
    """
    if folder is None:
        return
    from core.machine.local_file import place

    if must_exist and not place("--data", folder).is_dir():
        raise SpecError("--data", f"There is no folder {folder}.")
    os.environ["FLOWSCOPE_DATA"] = folder


def _guarded(call: Callable[[], int]) -> int:
    try:
        code = call()
        sys.stdout.flush()
        return code
    except FlowscopeError as error:
        print(f"flowscope: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # whoever asks only whether there is such a file is told so, too
            print(f"flowscope: {shown(str(error.filename))} is too long a name. Choose a shorter one.", file=sys.stderr)
            return 2
        if error.filename is not None:
            raise
        print(f"flowscope: The output cannot be written: {error.strerror or error}.", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left of it goes at exit
        return 2
    except KeyboardInterrupt:
        print("flowscope: interrupted", file=sys.stderr)
        return 130


def script() -> int:
    """The installed command."""
    return main(sys.argv[1:])
